"""The model: one pass for all heads, predictions that padding does not touch, and layers used, dropped and frozen."""

import json
import shutil

import pytest
import torch

from mtl.data.batches import collate, encode_rows
from mtl.data.corpus import TASKS
from mtl.errors import EncoderError
from mtl.model import parameter_counts
from mtl.pretrained import load_encoder
from mtl.runs.config import EncoderConfig

TEXTS = ("topic", "stars", "entities")
LAYER = 4 * (32 * 32 + 32) + 2 * 32 * 64 + 64 + 32 + 4 * 32
"""Weights and biases of one layer, 32 wide with 64 inside, and its two norms."""


def test_every_head_answers_in_its_own_shape(make_model, make_batch, rows):
    model = make_model()
    logits = model(make_batch(model, "texts", rows("texts", 3)), TEXTS)
    assert logits["topic"].shape == (3, len(TASKS["topic"].labels))
    assert logits["stars"].shape == (3, 1)
    assert logits["entities"].shape[::2] == (3, 11)
    assert list(logits) == list(TEXTS)


def test_padding_changes_no_prediction(make_model, rows):
    model = make_model(TEXTS)
    tasks = list(model.tasks.values())
    examples = encode_rows(model.tokenizer, rows("texts", 6), tasks, 64)
    examples.append(encode_rows(model.tokenizer, [{"text": "soup " * 50}], tasks, 64)[0])
    together = model(collate("texts", examples, tasks, 0))
    for at, example in enumerate(examples):
        alone = model(collate("texts", [example], tasks, 0))
        size = len(example.input_ids)
        for name in ("topic", "stars"):
            torch.testing.assert_close(together[name][at], alone[name][0], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(together["entities"][at, :size], alone["entities"][0], atol=1e-5, rtol=1e-4)


def test_what_fills_the_padding_does_not_matter(make_model, make_batch, rows):
    model = make_model(TEXTS)
    batch = make_batch(model, "texts", rows("texts", 6))
    assert (batch.attention_mask == 0).any()
    before = model(batch)
    batch.input_ids[batch.attention_mask == 0] = 77
    for name, logits in model(batch).items():
        known = batch.attention_mask.bool() if name == "entities" else slice(None)
        torch.testing.assert_close(logits[known], before[name][known], atol=1e-6, rtol=1e-5)


def test_the_order_of_a_batch_changes_no_prediction(make_model, make_batch, rows):
    model = make_model(TEXTS)
    content = rows("texts", 7)
    forwards, backwards = (model(make_batch(model, "texts", each)) for each in (content, content[::-1]))
    for name in TEXTS:
        torch.testing.assert_close(backwards[name].flip(0), forwards[name], atol=1e-5, rtol=1e-4)


def test_the_second_text_of_a_pair_is_read(make_model, make_batch, rows):
    model = make_model(("relation",))
    row = rows("pairs", 1)[0]
    one, other = (
        model(make_batch(model, "pairs", [{**row, "text_pair": text}]))["relation"]
        for text in ("soup", "train is bright")
    )
    assert not torch.allclose(one, other, atol=1e-3)


def test_no_head_reads_a_pooler(make_model):
    assert make_model(("topic",)).encoder.pooler is None


def test_parameters_are_counted(make_model):
    model = make_model(("topic", "stars"), freeze_layers=1)
    heads = (32 + 1) * (len(TASKS["topic"].labels) + 1)
    embeddings = (len(model.tokenizer) + 160 + 2 + 2) * 32
    assert parameter_counts(model) == {
        "total": embeddings + 2 * LAYER + heads,
        "shared": embeddings + 2 * LAYER,
        "heads": heads,
        "trainable": LAYER + heads,
    }


@pytest.mark.parametrize(("freeze", "trained"), [(0, {"embeddings", "0", "1"}), (1, {"1"}), (2, set())])
def test_the_lowest_layers_are_frozen_with_everything_below(freeze, trained, make_model):
    model = make_model(("topic",), freeze_layers=freeze)
    parts = {
        "embeddings" if name.startswith("embeddings") else name.split(".")[2]
        for name, parameter in model.encoder.named_parameters()
        if parameter.requires_grad
    }
    assert parts == trained


def test_the_first_layers_are_kept_with_their_weights(make_model):
    short, whole = make_model(("topic",), num_hidden_layers=1), make_model(("topic",))
    assert short.encoder.config.num_hidden_layers == 1
    assert len(short.encoder.encoder.layer) == 1
    for name, value in short.encoder.state_dict().items():
        assert torch.equal(value, whole.encoder.state_dict()[name]), name


@pytest.mark.parametrize(("asked", "used"), [(16, 16), (128, 128), (4096, 160)])
def test_texts_are_never_longer_than_the_encoder_has_positions(asked, used, make_model):
    assert make_model(("topic",), max_length=asked).max_length == used


@pytest.mark.parametrize("damage", ["no config", "no weights", "cut weights", "foreign config", "no tokenizer"])
def test_unusable_files_are_a_typed_error(damage, tiny_folder, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(tiny_folder, folder)
    if damage == "no config":
        (folder / "config.json").unlink()
    elif damage == "no weights":
        (folder / "model.safetensors").unlink()
    elif damage == "cut weights":
        (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:1000])
    elif damage == "foreign config":
        (folder / "config.json").write_text(json.dumps({"model_type": "abacus"}))
    else:
        for path in folder.glob("tokenizer*"):
            path.unlink()
    with pytest.raises(EncoderError) as caught:
        load_encoder(EncoderConfig(), folder)
    assert caught.value.details["reason"] == ("tokenizer" if damage == "no tokenizer" else "format")
