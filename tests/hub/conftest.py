"""A loopback Hub, and small repositories that somebody might name."""

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


class Hub:
    """A loopback Hub in a process of its own."""

    def __init__(self, url):
        self.url = url

    def faults(self, **values):
        """Has requests fail from now on."""
        self._post("faults", values)

    def calm(self):
        """Takes all faults back."""
        self.faults(latency_ms=0, fail_rate=0, fail_first=0, drop_after=0, drop_times=-1, no_range=False, fault_path="")

    def log(self):
        """The requests so far, oldest first."""
        with urllib.request.urlopen(f"{self.url}/__localhub__/log", timeout=10) as answer:
            return json.load(answer)

    def forget(self):
        """Empties the log."""
        urllib.request.urlopen(
            urllib.request.Request(f"{self.url}/__localhub__/log", method="DELETE"), timeout=10
        ).close()

    def _post(self, path, values):
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/__localhub__/{path}", json.dumps(values).encode(), headers)
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


@pytest.fixture(scope="session")
def start_hub():
    """`start_hub(root, "--gated", "a/b")`: serves a folder until the tests end."""
    running = []

    def start(root, *flags):
        command = [sys.executable, str(Path(LOCALHUB) / "localhub.py"), "serve", str(root), "--port", "0", *flags]
        served = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(served)
        served.stdout.readline()
        url = served.stdout.readline().split("HF_ENDPOINT=")[1].split()[0]
        wait_for(url)
        return Hub(url)

    yield start
    for served in running:
        served.terminate()
        served.wait(10)
        served.stdout.close()


@pytest.fixture
def ask_hub(tmp_path, monkeypatch, weights_cache):
    """`ask_hub(url)`: from now on this process asks that Hub, with an empty cache and no token; gives the cache."""
    from huggingface_hub import constants

    def ask(url, cache=tmp_path / "asked"):
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.delenv("HF_TOKEN", raising=False)
        return cache

    return ask


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory):
    """Random models of every architecture the loopback Hub can make: a root to serve."""
    root = tmp_path_factory.mktemp("root")
    command = [sys.executable, str(Path(LOCALHUB) / "localhub.py"), "make-tiny", str(root)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return root


@pytest.fixture(scope="session")
def tiny_hub(tiny_models, start_hub):
    """A loopback Hub that serves them."""
    return start_hub(tiny_models)
