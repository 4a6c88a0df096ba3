"""The command line, and what a Space runs: reads flags and environment, builds the page, serves it until told to end.

python app.py [--host H] [--port P] [--runs-dir FOLDER] [--slots N] [--shared | --no-shared]
"""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import gradio as gr

from demo import style
from demo.api import Api
from demo.asking import Asking
from demo.errands import Errands
from demo.estimate import Estimate
from demo.feed import Feed
from demo.keeping import in_use, prune
from demo.lessons.recording import read_recording
from demo.page import build_page
from demo.starting import Limits, Starter
from demo.tabs.services import Services
from demo.text.en import EN
from mtl import assembly
from mtl.data.table import LIMITS
from mtl.data.uploads import Uploads
from mtl.runs.launcher import Launcher, LocalLauncher
from mtl.runs.queue import RunQueue
from mtl.runs.store import UPLOADS, RunStore

RUNS = Path(__file__).resolve().parent / "checkpoints"
SETTINGS = {
    "GRADIO_ANALYTICS_ENABLED": "False",  # nothing is reported to anybody
    "HF_HUB_DISABLE_TELEMETRY": "1",
}


def parse_flags(arguments: list[str], environment: Mapping[str, str]) -> argparse.Namespace:
    """The flags; what they leave open comes from the environment. A Space is shared and open to its proxy."""
    on_space = "SPACE_ID" in environment
    host = environment.get("GRADIO_SERVER_NAME") or ("0.0.0.0" if on_space else "127.0.0.1")
    parser = argparse.ArgumentParser(prog="python app.py", description="Multi-Task Lab: watch several tasks learn.")
    parser.add_argument("--host", default=host, help="address to listen on (%(default)s)")
    # Given as a string, a default from the environment is checked as a flag would be.
    port = environment.get("GRADIO_SERVER_PORT") or None
    parser.add_argument("--port", type=_port, default=port, help="port (7860, or the next free one)")
    parser.add_argument("--runs-dir", type=Path, default=RUNS, help="where runs are kept (%(default)s)")
    parser.add_argument("--slots", type=_slots, default=1, help="runs that train at the same time (%(default)s)")
    shared = "strangers use this machine: caps on runs, and a list of one's own runs only (on a Space: on)"
    parser.add_argument("--shared", action=argparse.BooleanOptionalAction, default=on_space, help=shared)
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    return _whole(text, 1, 65535)


def _slots(text: str) -> int:
    return _whole(text, 1, 64)


def _whole(text: str, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(f"should be a whole number in [{low}, {high}]. Found {text!r}.")
    return int(text)


def build_services(
    flags: argparse.Namespace, launcher: Launcher, environment: Mapping[str, str]
) -> tuple[Services, RunQueue]:
    """Everything behind the page, wired together, and the queue, which serves from now on."""
    store = RunStore(flags.runs_dir)
    folder = flags.runs_dir.absolute() / UPLOADS
    uploads = Uploads(folder)
    # On one's own machine a run can be repeated for as long as it is kept.
    prune(uploads, in_use(store, finished=not flags.shared))
    queue = RunQueue(store, launcher, slots=flags.slots)
    recording = read_recording()
    services = Services(
        store=store,
        launcher=launcher,
        starter=Starter(store, queue, assembly.check, limits=Limits() if flags.shared else None, uploads=uploads),
        feed=Feed(store, recording),
        asking=Asking(store, recording),
        estimate=Estimate(launcher),
        uploads=uploads,
        errands=Errands(folder, environment),
        recording=recording,
    )
    return services, queue


def build_app(services: Services) -> gr.Blocks:
    """The page in both languages, with the public endpoints."""
    page = build_page(services, EN)
    with page:
        Api(services.store, services.starter, services.asking).publish()
    return page.queue(default_concurrency_limit=8, max_size=256)


def launch(page: gr.Blocks, flags: argparse.Namespace) -> str:
    """Serves the page from a thread, and returns its address.

    Raises:
        OSError: The port is taken.
    """
    _, address, _ = page.launch(
        server_name=flags.host,
        server_port=flags.port,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        # Rendering on a second, Node server gains nothing for a page that scripts draw.
        ssr_mode=False,
        max_file_size=LIMITS.file_bytes,
        blocked_paths=[str(flags.runs_dir.absolute())],
        **style.launch_options(),
    )
    return str(address)


def serve(flags: argparse.Namespace, ended: threading.Event) -> int:
    """Serves until ``ended`` is set; then ends every process it started. Returns the exit code."""
    launcher = LocalLauncher({**os.environ, "MTL_UPLOADS": str(flags.runs_dir.absolute() / UPLOADS)})
    services, queue = build_services(flags, launcher, os.environ)
    page = build_app(services)
    try:
        print(f"Multi-Task Lab: {launch(page, flags)}", flush=True)
        # Only now: the worker's imports would take the page's first seconds.
        launcher.warm()
        ended.wait()
    except OSError as error:
        print(f"The page cannot be served on {flags.host}: {error}", file=sys.stderr)
        return 1
    finally:
        queue.close()
        launcher.close()
        services.errands.close()
        page.close(verbose=False)
        style.forget_assets()
    return 0


def main() -> int:
    """Reads the flags, listens to Ctrl-C and SIGTERM, and serves."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    flags = parse_flags(sys.argv[1:], os.environ)
    ended = threading.Event()
    # The usual SIGTERM would leave the workers behind.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    return serve(flags, ended)


if __name__ == "__main__":
    sys.exit(main())
