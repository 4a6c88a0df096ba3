"""Encoders that cannot be had or used: each its own reason, in seconds, and never a half download."""

import json
import os
import shutil

import pytest

from mtl import encoders
from tests.hub.encoders import cached_weights, refused

LOCALHUB = os.environ.get("MTL_LOCALHUB")
pytestmark = [pytest.mark.hub, pytest.mark.skipif(not LOCALHUB, reason="MTL_LOCALHUB names no loopback Hub")]


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
