"""Encoders that cannot be had or used: each its own reason, in seconds, and never a half download."""

import http.server
import json
import os
import shutil
import threading
import time
from typing import ClassVar

import pytest

from mtl import encoders
from mtl.errors import EncoderError

LOCALHUB = os.environ.get("MTL_LOCALHUB")
pytestmark = [pytest.mark.hub, pytest.mark.skipif(not LOCALHUB, reason="MTL_LOCALHUB names no loopback Hub")]
SECONDS = 7


def change(folder, **values):
    config = json.loads((folder / "config.json").read_text()) | values
    (folder / "config.json").write_text(json.dumps(config))


def as_bin(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def without_tokenizer(folder):
    for path in folder.glob("tokenizer*"):
        path.unlink()


HARMS = {
    "safetensors": as_bin,
    "tokenizer": without_tokenizer,
    "architecture": lambda folder: change(folder, model_type="abacus"),
    "decoder_only": lambda folder: change(folder, model_type="gpt2", architectures=["GPT2LMHeadModel"]),
    "remote_code": lambda folder: change(folder, auto_map={"AutoModel": "modeling_new.New"}),
    "format": lambda folder: (folder / "config.json").write_text("{"),
    "gated": lambda folder: None,
}


@pytest.fixture(scope="module")
def harmed(tiny_folder, tmp_path_factory, start_hub):
    """A Hub with one repository for each thing that may be wrong with it, and one that is sound."""
    root = tmp_path_factory.mktemp("harmed")
    for name, harm in {"sound": lambda folder: None, **HARMS}.items():
        harm(shutil.copytree(tiny_folder, root / "models" / "local" / name))
    return start_hub(root, "--gated", "local/gated", "--alias", "old-name=local/sound")


def refused(name, revision=None, ask=encoders.find_weights):
    began = time.monotonic()
    with pytest.raises(EncoderError) as caught:
        ask(name, revision)
    assert time.monotonic() - began < SECONDS
    assert caught.value.details["encoder"] == name
    return caught.value.details["reason"]


def cached_weights(cache):
    return [path for path in cache.rglob("*") if path.name.endswith((".safetensors", ".incomplete"))]


@pytest.mark.parametrize("reason", HARMS)
def test_a_repository_that_is_no_use_is_refused_before_its_weights_are_loaded(reason, harmed, ask_hub):
    cache = ask_hub(harmed.url)
    assert refused(f"local/{reason}") == reason
    assert refused(f"local/{reason}", ask=encoders.ask_limits) == reason
    assert not cached_weights(cache)


def test_what_the_hub_does_not_have_is_told_apart(harmed, ask_hub):
    ask_hub(harmed.url)
    assert refused("local/missing") == "repository"
    assert refused("local/sound", "v9") == "revision"


def test_a_repository_of_another_name_is_followed(harmed, ask_hub):
    ask_hub(harmed.url)
    assert encoders.find_weights("old-name").origin == "hub"
    encoders.forget()
    assert encoders.find_weights("old-name").origin == "cache"


def test_limits_are_known_without_weights(harmed, ask_hub):
    cache = ask_hub(harmed.url)
    limits = encoders.ask_limits("local/sound")
    assert (limits.num_hidden_layers, limits.hidden_size, limits.max_positions) == (2, 32, 160)
    assert not cached_weights(cache)
    with pytest.raises(KeyError):
        encoders.find_weights("local/sound", accept=lambda limits: {}[limits.hidden_size])
    assert not cached_weights(cache)


BROKEN = [
    ({"fail_rate": 1.0}, "busy"),
    ({"fail_rate": 1.0, "fault_path": "/resolve/"}, "busy"),
    ({"fail_rate": 1.0, "fault_path": "safetensors"}, "busy"),
    ({"drop_after": 1000, "fault_path": "safetensors"}, "cut"),
    ({"drop_after": 1000, "fault_path": "safetensors", "no_range": True}, "cut"),
    ({"drop_after": 10, "fault_path": "/resolve/"}, "cut"),
    ({"latency_ms": 20_000}, "offline"),
    ({"latency_ms": 20_000, "fault_path": "/resolve/"}, "offline"),
]


@pytest.mark.parametrize(("faults", "reason"), BROKEN, ids=str)
def test_a_hub_that_fails_says_how(faults, reason, harmed, ask_hub):
    cache = ask_hub(harmed.url)
    harmed.faults(**faults)
    try:
        assert refused("local/sound") == reason
    finally:
        harmed.calm()
    assert encoders.find_weights("local/sound").origin == "hub"
    assert all(path.suffix != ".incomplete" or path.stat().st_size == 0 for path in cached_weights(cache))


@pytest.mark.parametrize(
    "faults",
    [
        {"fail_first": 2},
        {"fail_first": 2, "fault_path": "/resolve/"},
        {"drop_after": 50_000, "drop_times": 2, "fault_path": "safetensors"},
        {"drop_after": 50_000, "drop_times": 2, "fault_path": "safetensors", "no_range": True},
    ],
    ids=str,
)
def test_what_passes_is_got_over(faults, harmed, ask_hub, tiny_folder):
    ask_hub(harmed.url)
    harmed.faults(**faults)
    try:
        found = encoders.find_weights("local/sound")
    finally:
        harmed.calm()
    assert found.origin == "hub"
    for path in tiny_folder.iterdir():
        assert (found.folder / path.name).read_bytes() == path.read_bytes()


def test_the_client_finds_what_was_downloaded_and_the_other_way_round(harmed, ask_hub, tmp_path):
    from huggingface_hub import snapshot_download

    cache = ask_hub(harmed.url)
    found = encoders.find_weights("local/sound")
    assert snapshot_download("local/sound", cache_dir=cache, local_files_only=True) == str(found.folder)
    encoders.forget()
    shutil.rmtree(cache)
    snapshot_download("local/sound", cache_dir=cache, endpoint=harmed.url, max_workers=1)
    assert encoders.find_weights("local/sound").origin == "cache"


def test_what_is_here_is_not_loaded_again(harmed, ask_hub):
    cache = ask_hub(harmed.url)
    found = encoders.find_weights("local/sound")
    encoders.forget()
    (found.folder / "tokenizer.json").unlink()
    before = len(harmed.log())
    assert encoders.find_weights("local/sound").origin == "hub"
    assert not [line for line in harmed.log()[before:] if "/resolve/" in str(line)]  # the blob was still there
    assert not [path for path in cache.rglob("*.incomplete")]


class Slow(http.server.BaseHTTPRequestHandler):
    """A Hub that lists a repository and then sends its weights byte by byte."""

    protocol_version = "HTTP/1.1"
    files: ClassVar = {"config.json": None, "tokenizer.json": b"{}", "model.safetensors": None}
    size = 1_000_000
    other = False
    """Whether the small files are not those that are listed."""

    def do_GET(self):
        if "/api/models/" in self.path:
            listed = [self._listed(name) for name in self.files]
            return self._send(json.dumps({"id": "a/slow", "sha": "c" * 40, "siblings": listed}).encode())
        name = self.path.rsplit("/", 1)[-1]
        if name != "model.safetensors":
            return self._send(self.content(name))
        self.send_response(200)
        self.send_header("Content-Length", str(self.size))
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 1000)
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            self.server.left.set()
        return None

    def content(self, name):
        config = {
            "model_type": "bert",
            "num_hidden_layers": 2,
            "hidden_size": 8,
            "intermediate_size": 8,
            "vocab_size": 9,
        }
        config |= {"max_position_embeddings": 9}
        return json.dumps(config).encode() if name == "config.json" else self.files[name]

    def _listed(self, name):
        import hashlib

        if name == "model.safetensors":
            lfs = {"size": self.size, "sha256": "a" * 64, "pointerSize": 1}
            return {"rfilename": name, "size": self.size, "blobId": "b" * 40, "lfs": lfs}
        data = self.content(name)
        digest = "d" * 40 if self.other else hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        return {"rfilename": name, "size": len(data), "blobId": digest}

    def _send(self, data):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *told):
        """Says nothing."""


@pytest.fixture
def slow():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    server.daemon_threads = True
    server.left = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


class Stop(Exception):
    pass


def test_a_download_tells_its_progress_and_stops_when_asked(slow, ask_hub):
    cache = ask_hub(f"http://127.0.0.1:{slow.server_port}")
    told, asked = [], []

    def progress(done, total):
        told.append((done, total))
        if len(told) > 1 and done > 20_000:
            asked.append(time.monotonic())
            raise Stop

    with pytest.raises(Stop):
        encoders.find_weights("a/slow", progress=progress)
    assert time.monotonic() - asked[0] < 0.5
    totals = {total for _, total in told}
    assert len(totals) == 1 and totals.pop() > Slow.size
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert slow.left.wait(5)  # the connection is given up too
    deadline = time.monotonic() + 5
    while cached_weights(cache):
        assert time.monotonic() < deadline, "a half download was left"
        time.sleep(0.05)
    with pytest.raises(EncoderError):
        encoders.local_weights("a/slow")


def test_a_file_that_is_not_the_listed_one_is_refused_and_not_kept(slow, ask_hub, monkeypatch):
    cache = ask_hub(f"http://127.0.0.1:{slow.server_port}")
    monkeypatch.setattr(Slow, "other", True)
    assert refused("a/slow") == "refused"
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_a_run_in_the_middle_of_a_download_stops_and_says_how_far_it_was(slow, ask_hub, tmp_path):
    from mtl.assembly import assemble
    from mtl.runs import events
    from mtl.runs.config import RunConfig

    ask_hub(f"http://127.0.0.1:{slow.server_port}")
    said = []

    def report(event):
        said.append(event)
        if isinstance(event, events.Download) and event.bytes_done > 20_000:
            raise Stop

    with pytest.raises(Stop):
        assemble(RunConfig.from_dict({"encoder": "a/slow"}), report=report)
    phases = [event.phase for event in said if isinstance(event, events.Phase)]
    assert phases == ["loading", "downloading"]
    assert {event.encoder for event in said if isinstance(event, events.Download)} == {"a/slow"}


def test_an_estimate_never_downloads(slow, ask_hub):
    from mtl.assembly import probe
    from mtl.runs.config import RunConfig

    ask_hub(f"http://127.0.0.1:{slow.server_port}")
    with pytest.raises(EncoderError) as caught:
        probe(RunConfig.from_dict({"encoder": "a/slow"}), lambda: False)
    assert caught.value.details == {"encoder": "a/slow", "reason": "not_here", "found": 1}
