"""The whole way to a Hub on this machine, with the real client: downloads, and Hubs that break off."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

LOCALHUB = os.environ.get("MTL_LOCALHUB")
pytestmark = [pytest.mark.hub, pytest.mark.skipif(not LOCALHUB, reason="MTL_LOCALHUB names no loopback Hub")]

NAME = "sentence-transformers/all-MiniLM-L6-v2"
ASK = f"""
import hashlib, time
from huggingface_hub import HfApi, snapshot_download, try_to_load_from_cache
from mtl.encoders import find_weights
began = time.perf_counter()
found = find_weights({NAME!r})
digest = hashlib.sha256((found.folder / "model.safetensors").read_bytes()).hexdigest()
print(found.origin, time.perf_counter() - began, digest)
"""


class Hub:
    """A loopback Hub in a process of its own."""

    def __init__(self, url):
        self.url = url

    def faults(self, **values):
        """Has requests fail from now on."""
        data = json.dumps(values).encode()
        request = urllib.request.Request(f"{self.url}/__localhub__/faults", data, {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=10).close()


def wait_for(url):
    """Returns as soon as the server takes connections."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return urllib.request.urlopen(f"{url}/__localhub__/log", timeout=5).close()
        except urllib.error.URLError:
            assert time.monotonic() < deadline, "the loopback Hub did not start"
            time.sleep(0.02)


@pytest.fixture
def hub(tiny_folder, tmp_path):
    command = [sys.executable, str(Path(LOCALHUB) / "localhub.py"), "serve", str(tmp_path), "--port", "0"]
    served = subprocess.Popen([*command, "--model", f"{NAME}={tiny_folder}"], stdout=subprocess.PIPE, text=True)
    try:
        served.stdout.readline()
        url = served.stdout.readline().split("HF_ENDPOINT=")[1].split()[0]
        wait_for(url)
        yield Hub(url)
    finally:
        served.terminate()
        served.wait(10)
        served.stdout.close()


@pytest.fixture
def ask(hub, environment, tmp_path):
    """Asks a new process where the weights come from: origin, seconds, sha256."""
    settings = {"HF_ENDPOINT": hub.url, "HF_HUB_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "0"}

    def run():
        done = subprocess.run(
            [sys.executable, "-c", ASK], env=environment | settings, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        origin, seconds, digest = done.stdout.split()
        return origin, float(seconds), digest

    return run


@pytest.fixture
def digest(tiny_folder):
    import hashlib

    return hashlib.sha256((tiny_folder / "model.safetensors").read_bytes()).hexdigest()


def test_weights_come_from_the_hub_and_then_from_the_cache(ask, digest):
    assert ask()[::2] == ("hub", digest)
    assert ask()[::2] == ("cache", digest)


@pytest.mark.parametrize(
    "faults",
    [
        {"fail_rate": 1.0},
        {"fail_rate": 1.0, "fault_path": "/resolve/"},
        {"fail_first": 1, "fault_path": "/resolve/.*safetensors"},
        {"drop_after": 1000, "fault_path": "safetensors"},
        {"drop_after": 10, "fault_path": "/resolve/"},
        {"latency_ms": 20_000},
    ],
    ids=str,
)
def test_a_hub_that_fails_is_replaced_by_the_copy_in_the_wheel(faults, hub, ask, digest):
    hub.faults(**faults)
    origin, _, found = ask()
    if origin == "hub":  # the client got over it by itself
        assert found == digest
        assert "fail_first" in faults
    else:
        assert origin == "wheel"
        assert found != digest


def test_a_download_that_broke_off_is_made_up_for_later(hub, ask, digest):
    hub.faults(drop_after=1000, fault_path="safetensors")
    assert ask()[0] == "wheel"
    hub.faults(drop_after=0, fault_path="")
    assert ask()[::2] == ("hub", digest)
