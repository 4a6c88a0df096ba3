"""Every way of sharing on every architecture: a run starts from what the encoder says, and everything learns."""

import copy
import os

import pytest

from mtl.sharing import SHARING

LOCALHUB = os.environ.get("MTL_LOCALHUB")
pytestmark = [pytest.mark.hub, pytest.mark.skipif(not LOCALHUB, reason="MTL_LOCALHUB names no loopback Hub")]

FAMILIES = ("bert", "distilbert", "roberta", "electra", "modernbert", "deberta-v2", "t5", "mt5", "marian")
OPTIONS = {
    "partial": {"layers": 1},
    "soft": {"tie": 0.1},
    "cross_stitch": {"own": 0.9},
    "lora": {"rank": 4, "train_base": True},
}
TASKS = ("type", "a task-2")
TEXTS = ["It is a lovely bowl of soup.", "No.", "Who?", "A cat sat."]


@pytest.fixture(scope="module", params=FAMILIES)
def loaded(request, tiny_models):
    from mtl.pretrained import load_encoder
    from mtl.runs.config import EncoderConfig

    (folder,) = tiny_models.rglob(f"tiny-{request.param}/config.json")
    encoder, tokenizer = load_encoder(EncoderConfig(max_length=64, freeze_layers=0), folder.parent)
    inputs = tokenizer(TEXTS, return_tensors="pt", padding=True)
    return encoder.eval(), {name: inputs[name] for name in tokenizer.model_input_names}


@pytest.mark.parametrize("scheme", [name for name in SHARING if name != "mmoe"])
def test_a_run_starts_from_what_the_encoder_says(scheme, loaded):
    import torch

    encoder, inputs = loaded
    wanted = encoder(**inputs).last_hidden_state
    sharing = SHARING[scheme].load()(copy.deepcopy(encoder), list(TASKS), **OPTIONS.get(scheme, {})).eval()
    for _ in range(2):  # nothing is left of the first pass
        found = sharing(inputs, TASKS)
        for task in TASKS:
            torch.testing.assert_close(found[task], wanted, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("scheme", SHARING)
def test_everything_learns(scheme, loaded):
    encoder, inputs = loaded
    options = OPTIONS.get(scheme, {"experts": 2} if scheme == "mmoe" else {})
    sharing = SHARING[scheme].load()(copy.deepcopy(encoder), list(TASKS), **options).train()
    found = sharing(inputs, TASKS)
    sum(found[task].square().sum() for task in TASKS).backward()
    silent = [name for name, each in sharing.named_parameters() if each.requires_grad and each.grad is None]
    plain = copy.deepcopy(encoder)
    plain(**inputs).last_hidden_state.square().sum().backward()
    unused = [name for name, each in plain.named_parameters() if each.requires_grad and each.grad is None]
    assert len(silent) <= 3 * len(unused) + (2 if scheme == "lora" else 0), silent
