"""Two texts read apart in one pass: equal to two passes, whatever stands beside them."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F
from transformers import AutoTokenizer

from mtl.architectures import ARCHITECTURES
from mtl.attribution import explain
from mtl.data import corpus as shipped
from mtl.data.batches import collate, encode_rows, encode_texts
from mtl.data.reading import Reading
from mtl.data.sources import TaskSpec
from mtl.errors import ConfigError, EncoderError
from mtl.inference import answer
from mtl.model import MultiTaskModel, build_task
from mtl.pretrained import load_encoder
from mtl.runs.config import Choice, EncoderConfig
from mtl.sharing import SHARING
from tests.test_architectures import folders  # noqa: F401

ALIKE = TaskSpec("alike", "regression", "pairs", "alike", text_pair="text_pair", high=5.0, options={"apart": True})
APART = [name for name, family in ARCHITECTURES.items() if family.apart]
OTHERS = [name for name, family in ARCHITECTURES.items() if not family.apart]
FIRST, SECOND = "The soup was lovely in Lima.", "A plain train was slow and the bread was superb, 世界"


def model_of(folder, *specs, sharing="hard", max_length=64):
    config = EncoderConfig(name=folder.name, max_length=max_length, freeze_layers=0)
    encoder, tokenizer = load_encoder(config, folder)
    torch.manual_seed(5)
    return MultiTaskModel(encoder, tokenizer, [build_task(each) for each in specs], config, Choice(sharing)).eval()


def hidden_of(model, examples):
    return model.encode(collate("x", examples, [], model.tokenizer.pad_token_id), ["alike"])["alike"]


@pytest.mark.parametrize("name", APART)
@torch.inference_mode()
def test_one_pass_says_of_both_texts_what_two_passes_say(name, folders):  # noqa: F811
    model = model_of(folders(name), ALIKE, max_length=512)
    words, apart = [[], []], Reading(True, apart=True)
    pairs = encode_texts(model.tokenizer, [FIRST, SECOND], [SECOND, "Lima"], words, 78, apart)
    alone = encode_texts(model.tokenizer, [FIRST, SECOND], None, words, 39)
    together = hidden_of(model, [*pairs, alone[1]])  # the second pair is padded, and a single text stands beside it
    sizes = [len(example.input_ids) for example in alone]
    for text, size in enumerate(sizes):
        wanted = hidden_of(model, [alone[text]])[0]
        found = together[0, :size] if text == 0 else together[0, sizes[0] : sum(sizes)]
        assert torch.allclose(found, wanted, atol=1e-5)
    assert torch.allclose(together[1, : sizes[1]], wanted, atol=1e-5)
    assert torch.allclose(together[2, : sizes[1]], wanted, atol=1e-5)
    assert together.isfinite().all()


@pytest.mark.parametrize("name", OTHERS)
def test_encoders_that_cannot_read_apart_say_so(name, folders):  # noqa: F811
    with pytest.raises(EncoderError, match=f"Encoders of the kind {name} cannot read two texts apart") as caught:
        model_of(folders(name), ALIKE)
    assert caught.value.details["reason"] == "apart"


@torch.inference_mode()
def test_the_number_is_the_cosine_of_the_means_at_first(tiny_folder):
    model = model_of(tiny_folder, ALIKE)
    states = [hidden_of(model, encode_texts(model.tokenizer, [text], None, [[]], 64)) for text in (FIRST, SECOND)]
    cosine = F.cosine_similarity(states[0].mean(1), states[1].mean(1)).item()
    found = answer(model, FIRST, SECOND).answers["alike"].value
    assert found == pytest.approx(5 * max(cosine, 0), abs=1e-4)
    assert answer(model, SECOND, FIRST).answers["alike"].value == pytest.approx(found, abs=1e-4)
    assert answer(model, FIRST, FIRST).answers["alike"].value == pytest.approx(5, abs=1e-4)


def test_in_a_question_each_head_reads_in_its_own_way(tiny_folder):
    specs = [ALIKE, replace(shipped.TASKS["relation"], source="other"), shipped.TASKS["topic"]]
    model = model_of(tiny_folder, *specs)
    with torch.inference_mode():
        together = answer(model, FIRST, SECOND).answers
        alone = {name: answer(model, FIRST, SECOND, tasks=[name]).answers[name] for name in model.tasks}
    assert together["alike"].value == pytest.approx(alone["alike"].value, abs=1e-4)
    for name in ("relation", "topic"):
        assert together[name].probabilities == pytest.approx(alone[name].probabilities, abs=1e-4)
    assert answer(model, FIRST).missing_pair == ("alike", "relation")


def test_words_of_both_texts_mattered(tiny_folder):
    """A text's part is the gradient of its own pass: what the other text is does not change which word is which."""
    model = model_of(tiny_folder, ALIKE)
    found = explain(model, FIRST, SECOND)
    assert {word.text for word in found.words} == {0, 1}
    turned = explain(model, SECOND, FIRST)
    assert by_word(turned, 1) == pytest.approx(by_word(found, 0), abs=1e-4)
    assert sum(map(abs, by_word(found, 0).values())) == pytest.approx(1)


def test_a_word_has_the_part_that_its_own_pass_gives_it(tiny_folder):
    """Gradient × input of two plain passes, whose means are compared: the same as of one pass with both texts."""
    model = model_of(tiny_folder, ALIKE)
    table, embeddings, means = model.encoder.get_input_embeddings(), [], []
    for text in (FIRST, SECOND):
        ids = model.tokenizer(text, return_tensors="pt")["input_ids"]
        embeddings.append(table(ids).detach().requires_grad_())
        means.append(model.encoder(inputs_embeds=embeddings[-1]).last_hidden_state.mean(1))
    cosine = F.cosine_similarity(*means).unsqueeze(-1)
    value = (0.5 + model.heads["alike"].line(cosine)[0] / 4) * ALIKE.high
    parts = [(g * e).sum(-1)[0] for g, e in zip(torch.autograd.grad(value, embeddings), embeddings, strict=True)]
    found = explain(model, FIRST, SECOND)
    told = found.tasks["alike"]
    assert told.value == pytest.approx(value.item(), abs=1e-4)
    for text, tokens in enumerate(parts):
        words = [weight for word, weight in zip(found.words, told.weights, strict=True) if word.text == text]
        assert told.scale * sum(words) == pytest.approx(tokens[1:-1].sum().item(), abs=1e-4)
    ends = sum(tokens[0].item() + tokens[-1].item() for tokens in parts)
    assert told.scale * told.rest == pytest.approx(ends, abs=1e-4)


def by_word(explanation, first):
    """The part of each word of the head, by its text and place; ``first`` is what the first text is called."""
    weights = explanation.tasks["alike"].weights
    return {(abs(word.text - first), word.start): each for word, each in zip(explanation.words, weights, strict=True)}


def test_each_text_is_cut_to_half_of_what_fits(tiny_folder):
    tokenizer = AutoTokenizer.from_pretrained(tiny_folder)
    long = "the soup " * 30
    short, cut = encode_texts(tokenizer, [FIRST, FIRST], ["Lima", long], [[], []], 40, Reading(True, apart=True))
    assert (short.cut, cut.cut) == (False, True)
    assert (cut.segments.count(2), len(cut.input_ids)) == (20, cut.segments.count(1) + 20)
    assert tokenizer.convert_ids_to_tokens(cut.input_ids)[-1] == "[SEP]"


def test_tasks_of_a_source_read_it_in_one_way(tiny_folder):
    tokenizer = AutoTokenizer.from_pretrained(tiny_folder)
    tasks = [build_task(ALIKE), build_task(shipped.TASKS["relation"])]
    with pytest.raises(ConfigError, match=r"`tasks.options.apart` should be the same for all tasks of 'pairs'"):
        encode_rows(tokenizer, [{"text": "a", "text_pair": "b", "alike": 1.0, "relation": None}], tasks, 40)


def test_one_text_cannot_be_read_apart():
    with pytest.raises(ConfigError, match="be off for a task that reads one text"):
        build_task(replace(ALIKE, text_pair=None))


@pytest.mark.parametrize("sharing", SHARING)
def test_under_every_scheme_it_trains_and_is_saved(sharing, make_trainer, corpus, rows, never, tmp_path, monkeypatch):
    for seed, split in enumerate(("train", "validation", "test")):
        corpus("pairs", split, [row | {"alike": at % 6} for at, row in enumerate(rows("pairs", 16, seed))])
    monkeypatch.setitem(shipped.TASKS, "alike", ALIKE)
    options = {"layers": 1} if sharing == "partial" else {}
    parts = {"sharing": {"name": sharing, "options": options}}
    trainer = make_trainer(["alike", "topic"], max_steps=3, parts=parts)
    before = trainer.model.heads["alike"].line.weight.clone()
    trainer.run(lambda event: None, never, None)
    assert not torch.equal(before, trainer.model.heads["alike"].line.weight)
    model = trainer.model.eval()
    model.save_pretrained(tmp_path / "saved")
    again = MultiTaskModel.from_pretrained(tmp_path / "saved")
    assert answer(again, FIRST, SECOND).to_dict() == answer(model, FIRST, SECOND).to_dict()
