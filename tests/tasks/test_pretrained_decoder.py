"""Encoder-decoder checkpoints: the encoder is shared, the decoder is a head, and both do what the whole model does."""

import copy
from contextlib import nullcontext

import pytest
import torch
from transformers import (
    AutoModelForSeq2SeqLM,
    BartConfig,
    BartForConditionalGeneration,
    MarianConfig,
    MarianMTModel,
    MT5Config,
    MT5ForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
)

from mtl.attribution import explain, units
from mtl.balancing.constant import Equal
from mtl.data.sources import TaskSpec
from mtl.errors import ConfigError
from mtl.inference import answer
from mtl.model import MultiTaskModel, parameter_counts
from mtl.questioning import read
from mtl.runs.config import TrainingConfig
from mtl.training.gradients import GradientEngine
from mtl.training.optimizing import parameter_groups

PREFIX = "say it shortly: "
T5 = {
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 64,
    "num_layers": 2,
    "num_decoder_layers": 2,
    "num_heads": 4,
    "dropout_rate": 0.0,
}
BART = {
    "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 130, "dropout": 0.0, "init_std": 0.3,
}  # fmt: skip
IDS = {
    "pad_token_id": 0,
    "eos_token_id": 1,
    "decoder_start_token_id": 0,
    "bos_token_id": 0,
    "forced_eos_token_id": None,
}
MODELS = {
    "t5": (T5ForConditionalGeneration, T5Config, T5 | {"initializer_factor": 3.0}),
    "mt5": (
        MT5ForConditionalGeneration,
        MT5Config,
        T5 | {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
    ),
    "bart": (BartForConditionalGeneration, BartConfig, BART),
    "marian": (MarianMTModel, MarianConfig, BART | {"scale_embedding": True}),
}


def tokenizer_with_ends():
    """Words, letters and an end sign after each text, as T5 and Marian have it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={piece: at for at, piece in enumerate(("<pad>", "</s>", *alphabet))}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.post_processor = processors.TemplateProcessing("$A </s>", "$A </s> $B </s>", [("</s>", 1)])
    names = {"pad_token": "<pad>", "eos_token": "</s>", "model_input_names": ["input_ids", "attention_mask"]}
    return PreTrainedTokenizerFast(tokenizer_object=made, **names)


@pytest.fixture(scope="module", params=MODELS)
def checkpoint_folder(request, tmp_path_factory):
    """The files of a tiny random encoder-decoder."""
    model, config, values = MODELS[request.param]
    folder, tokenizer = tmp_path_factory.mktemp(request.param), tokenizer_with_ends()
    torch.manual_seed(1)
    model(config(vocab_size=len(tokenizer), **IDS, **values)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def specs(every_task, monkeypatch):
    """Besides the other tasks two that write, one with a prefix."""
    options = {"prefix": PREFIX, "max_target_length": 24}
    monkeypatch.setitem(every_task, "short", TaskSpec("short", "generation", "texts", "headline", options=options))
    other = TaskSpec("repeat", "generation", "questions", "text", options={"max_target_length": 12})
    monkeypatch.setitem(every_task, "repeat", other)


@pytest.fixture
def model_of(checkpoint_folder, make_model, specs):
    return lambda *tasks, **settings: make_model(tasks, folder=checkpoint_folder, **{"max_length": 128} | settings)


@pytest.fixture
def whole(checkpoint_folder):
    """The plain model."""
    return AutoModelForSeq2SeqLM.from_pretrained(checkpoint_folder).eval()


def plain_inputs(model, content):
    tokenizer = model.tokenizer
    given = tokenizer([PREFIX + row["text"] for row in content], padding=True, return_tensors="pt")
    labels = [tokenizer(row["headline"], truncation=True, max_length=24)["input_ids"] for row in content]
    longest = max(map(len, labels))
    return given, torch.tensor([each + [-100] * (longest - len(each)) for each in labels])


def test_the_loss_is_that_of_the_plain_model(model_of, whole, make_batch, rows):
    model, content = model_of("short"), rows("texts", 6)
    batch = make_batch(model, "texts", content)
    given, labels = plain_inputs(model, content)
    assert torch.equal(batch.input_ids, given["input_ids"])
    assert torch.equal(batch.labels["short"], labels)
    found = model.tasks["short"].loss(model(batch)["short"], batch.labels["short"])
    assert found.item() == pytest.approx(whole(**given, labels=labels).loss.item(), abs=1e-6)


def test_gradients_are_those_of_the_plain_model(model_of, whole, make_batch, rows):
    """Also of what the decoder shares with the encoder."""
    model, content = model_of("short").double(), rows("texts", 6)
    given, labels = plain_inputs(model, content)
    whole.double()(**given, labels=labels).loss.backward()
    GradientEngine(model, Equal(["short"]), nullcontext).backward([make_batch(model, "texts", content)])
    wanted = dict(whole.get_encoder().named_parameters())
    for name, parameter in model.encoder.named_parameters():
        assert off(parameter.grad, wanted[name].grad) < 1e-5, name
    decoder = dict(whole.get_decoder().named_parameters())
    for name, parameter in model.heads["short"].model.get_decoder().named_parameters():
        assert off(parameter.grad, decoder[name].grad) < 1e-5, name


def off(found, wanted):
    """The length of the difference in that of the gradient: T5 computes part of it in fp32, and it may be long."""
    if found is None and wanted is None:
        return 0.0  # what is not trained
    return float((found - wanted).norm() / (wanted.norm() + 1e-3))


@pytest.mark.parametrize("beams", [1, 3])
def test_what_is_written_is_what_the_plain_model_generates(
    beams, model_of, whole, make_batch, rows, every_task, monkeypatch
):
    spec = every_task["short"]
    options = {**spec.options, "num_beams": beams}
    monkeypatch.setitem(every_task, "short", TaskSpec("short", "generation", "texts", "headline", options=options))
    model, content = model_of("short"), rows("texts", 5)
    given, _ = plain_inputs(model, content)
    wanted = whole.generate(**given, num_beams=beams, do_sample=False, max_new_tokens=24, max_length=None)
    batch = make_batch(model, "texts", content)
    features = model.read(batch, ["short"])["short"]
    assert torch.equal(model.tasks["short"].say(model.heads["short"], features), wanted)
    asked = answer(model, content[0]["text"]).answers["short"].text
    alone = whole.generate(
        **plain_inputs(model, content[:1])[0], num_beams=beams, do_sample=False, max_new_tokens=24, max_length=None
    )
    assert asked == model.tokenizer.decode(alone[0], skip_special_tokens=True).strip()


def test_one_encoder_and_heads_of_every_kind(model_of, make_batch, rows, tmp_path):
    names = ("topic", "stars", "entities", "aspects", "short", "repeat", "answers", "relation")
    model = model_of(*names, freeze_layers=1)
    passes = []
    model.encoder.register_forward_hook(lambda *_: passes.append(1))
    batches = [make_batch(model, source, rows(source, 4)) for source in ("texts", "questions", "passages", "pairs")]
    report = GradientEngine(model, Equal(names), nullcontext).backward(batches).tasks
    assert set(report) == set(names)
    assert len(passes) == 4
    found = answer(model, "The soup was lovely in Lima.", "Ada was in Lima.")
    assert set(found.answers) == set(names)
    model.save_pretrained(tmp_path / "model")
    loaded = MultiTaskModel.from_pretrained(tmp_path / "model")
    assert answer(loaded, "The soup was lovely in Lima.", "Ada was in Lima.") == found
    # Marian's sinusoids are fixed in a new model and not in a loaded one.
    trained = {name: each.requires_grad for name, each in model.named_parameters() if "positions" not in name}
    assert trained.items() <= {name: each.requires_grad for name, each in loaded.named_parameters()}.items()


def test_what_is_tied_is_saved_once_and_stays_tied(model_of, tmp_path):
    from safetensors.torch import load_file

    model = model_of("short", "repeat")
    model.save_pretrained(tmp_path / "model")
    saved = load_file(tmp_path / "model" / "model.safetensors")
    assert {name for name, _ in model.named_parameters()} <= saved.keys()
    loaded = MultiTaskModel.from_pretrained(tmp_path / "model")
    for each in (model, loaded):
        embeddings = each.encoder.get_input_embeddings().weight
        for name in each.heads:
            assert each.heads[name].model.get_decoder().get_input_embeddings().weight is embeddings
        assert sum(parameter.numel() for parameter in each.parameters()) == parameter_counts(each)["total"]
        first, second = (each.heads[name] for name in each.heads)
        layers = [next(iter(head.model.get_decoder().named_parameters()))[0] for head in (first, second)]
        assert layers[0] == layers[1]
        own = {id(parameter) for parameter in first.parameters()} & {id(parameter) for parameter in second.parameters()}
        assert own <= {id(parameter) for parameter in each.encoder.parameters()}


def test_every_parameter_has_one_rate_and_a_pretrained_decoder_the_encoders(model_of):
    model = model_of("short", "topic")
    groups = parameter_groups(model, TrainingConfig(learning_rate=1e-4, head_learning_rate=5e-3))
    placed = [id(parameter) for group in groups for parameter in group["params"]]
    assert len(placed) == len(set(placed)) == len(list(model.parameters()))
    fast = {id(parameter) for group in groups if group["lr"] == 5e-3 for parameter in group["params"]}
    assert fast == {id(parameter) for parameter in model.heads["topic"].parameters()}


def test_tasks_on_one_text_have_one_prefix(model_of, make_batch, rows, every_task, monkeypatch):
    spec = TaskSpec("long", "generation", "texts", "headline", options={"prefix": "say it at length: "})
    monkeypatch.setitem(every_task, "long", spec)
    with pytest.raises(ConfigError, match="prefix"):
        make_batch(model_of("short", "long"), "texts", rows("texts", 2))


def test_a_prefix_moves_no_word(model_of, make_batch, rows):
    model, plain = model_of("short", "entities"), model_of("entities")
    content = rows("texts", 3)
    shift = len(PREFIX)  # one token a byte
    with_prefix, without = make_batch(model, "texts", content), make_batch(plain, "texts", content)
    for one, other in zip(with_prefix.views, without.views, strict=True):
        assert [start - shift for start in one.word_starts] == list(other.word_starts)
        assert one.text == other.text


def test_the_plain_model_is_left_alone(checkpoint_folder, whole):
    """A head takes a copy: the model it was made from still works."""
    from mtl.model import make_body
    from mtl.tasks.pretrained_decoder import PretrainedDecoder, writing_config

    before = copy.deepcopy(whole.state_dict())
    head = PretrainedDecoder(make_body(whole, tokenizer_with_ends()), writing_config(whole, 8, 1, 1.0))
    assert whole.get_encoder() is not None
    for parameter in head.parameters():
        parameter.data.zero_()
    kept = {id(parameter) for parameter in whole.get_encoder().parameters()}
    shared = {name for name, parameter in whole.named_parameters(remove_duplicate=False) if id(parameter) in kept}
    for name, value in whole.state_dict().items():
        assert name in shared or torch.equal(value, before[name]), name


def test_the_words_that_mattered_are_those_of_the_plain_model(model_of, whole, rows):
    model, text = model_of("short"), rows("texts", 1)[0]["text"]
    found = explain(model, text)
    with torch.no_grad():
        (only,) = read(model, text, None, ["short"])
        labels = model.heads["short"](only.features)[:, 1:]
    if not labels.any():  # random weights may write nothing
        assert found.silent == ("short",)
        return
    explained = found.tasks["short"]
    labels = labels[:, : int((labels[0] != 0).nonzero().max()) + 1]
    ids = torch.tensor([only.examples[0].input_ids])
    embeddings = whole.get_encoder().get_input_embeddings()(ids).detach().requires_grad_()
    scale = getattr(whole.get_encoder(), "embed_scale", None) or 1.0  # Marian's, which it leaves to the caller
    said = whole(inputs_embeds=embeddings * scale, attention_mask=torch.ones_like(ids), labels=labels)
    value = said.logits.log_softmax(-1).gather(2, labels[..., None]).sum()
    (gradient,) = torch.autograd.grad(value, embeddings)
    parts = (gradient * embeddings).sum(-1)[0].detach()  # [L]
    assert explained.value == pytest.approx(value.item(), rel=1e-4)
    assert (sum(explained.weights) + explained.rest) * explained.scale == pytest.approx(parts.sum().item(), rel=1e-3)
    for word, weight in zip(units(text, 0), explained.weights, strict=True):
        letters = parts[len(PREFIX) + word.start : len(PREFIX) + word.end]  # a token is a letter
        assert weight * explained.scale == pytest.approx(letters.sum().item(), rel=1e-3, abs=1e-3 * explained.scale)
