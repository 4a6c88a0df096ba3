"""The whole way to a Hub on this machine, with the real client: downloads, and Hubs that break off."""

import os
import subprocess
import sys

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


@pytest.fixture
def hub(tiny_folder, tmp_path, start_hub):
    return start_hub(tmp_path, "--model", f"{NAME}={tiny_folder}")


@pytest.fixture
def ask(hub, environment, tmp_path):
    """Asks a new process where the weights come from: origin and sha256."""
    settings = {"HF_ENDPOINT": hub.url, "HF_HUB_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "0"}

    def run():
        done = subprocess.run(
            [sys.executable, "-c", ASK], env=environment | settings, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        origin, seconds, digest = done.stdout.split()
        assert float(seconds) < 7  # a decision in seconds, whatever the fault
        return origin, digest

    return run


@pytest.fixture
def digest(tiny_folder):
    import hashlib

    return hashlib.sha256((tiny_folder / "model.safetensors").read_bytes()).hexdigest()


def test_weights_come_from_the_hub_and_then_from_the_cache(ask, digest):
    assert ask() == ("hub", digest)
    assert ask() == ("cache", digest)


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
    origin, found = ask()
    if origin == "hub":  # one failure is got over
        assert found == digest
        assert "fail_first" in faults
    else:
        assert origin == "wheel"
        assert found != digest


def test_a_download_that_broke_off_is_made_up_for_later(hub, ask, digest):
    hub.faults(drop_after=1000, fault_path="safetensors")
    assert ask()[0] == "wheel"
    hub.faults(drop_after=0, fault_path="")
    assert ask() == ("hub", digest)
