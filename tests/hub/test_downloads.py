"""Downloads of weights: they tell their progress, stop when asked, and leave nothing half."""

import http.server
import json
import os
import threading
import time
from typing import ClassVar

import pytest

from mtl import encoders
from mtl.errors import EncoderError
from tests.hub.encoders import cached_weights, refused

LOCALHUB = os.environ.get("MTL_LOCALHUB")
pytestmark = [pytest.mark.hub, pytest.mark.skipif(not LOCALHUB, reason="MTL_LOCALHUB names no loopback Hub")]


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
