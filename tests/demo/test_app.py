"""The real ``python app.py``: how it starts, and how it ends."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE_PER_IMPORT = 2.5
"""Work until the page answers, in units of what importing its framework costs. Seconds are for ``tests.bench``."""

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


def gone(pids: set[int], deadline_s: float) -> bool:
    end = time.monotonic() + deadline_s
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def wait_for_children(server, deadline_s: float = 20) -> set[int]:
    end = time.monotonic() + deadline_s
    while not server.children() and time.monotonic() < end:
        time.sleep(0.05)
    assert server.children()
    return server.children()


def seconds_to_import(module: str) -> float:
    code = f"import time, {module}; print(time.process_time())"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=150).stdout)


def test_importing_the_app_starts_nothing() -> None:
    code = "import threading, app; assert threading.active_count() == 1, threading.enumerate()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=150)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
def test_the_page_comes_soon_without_torch_and_ctrl_c_is_quiet(serve, tmp_path) -> None:
    seconds_to_import("gradio")  # the first import of all may compile its files
    server = serve(tmp_path / "runs")
    server.wait()
    assert server.seconds_worked() < PAGE_PER_IMPORT * seconds_to_import("gradio")
    standby = wait_for_children(server)
    assert "libtorch" not in server.libraries()
    code, printed = server.end(signal.SIGINT, deadline_s=15)
    assert code == 0
    assert printed == f"Multi-Task Lab: {server.url}\n"
    assert gone(standby, 5)


@pytest.mark.slow
def test_sigterm_ends_every_child(serve, tmp_path) -> None:
    server = serve(tmp_path / "runs")
    server.wait()
    children = wait_for_children(server)
    assert server.end(signal.SIGTERM)[0] == 0
    assert gone(children, 10)


@pytest.mark.slow
def test_children_end_when_the_server_is_killed(serve, tmp_path) -> None:
    server = serve(tmp_path / "runs")
    server.wait()
    children = wait_for_children(server)
    server.end(signal.SIGKILL)
    assert gone(children, 20)


@pytest.mark.slow
def test_a_taken_port_is_said_in_one_line(serve, tmp_path) -> None:
    server = serve(tmp_path / "runs")
    server.wait()
    command = [sys.executable, "app.py", "--port", str(server.port), "--runs-dir", str(tmp_path / "other")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=150)
    assert done.returncode == 1
    assert str(server.port) in done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1
