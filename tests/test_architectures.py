"""Every architecture of the table, as a random encoder of two small layers: limits, layers, freezing, round trips."""

import json

import pytest
import torch
from transformers import AutoConfig, AutoModel

from mtl import architectures
from mtl.architectures import ARCHITECTURES, Limits, read
from mtl.data.corpus import TASKS
from mtl.errors import ConfigError, EncoderError
from mtl.model import MultiTaskModel, build_task
from mtl.pretrained import encoder_of, layers_of, limits_of, load_encoder
from mtl.runs.config import Choice, EncoderConfig

POSITIONS = 40
SIZES = {
    "num_hidden_layers": 2, "hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 64,
    "max_position_embeddings": POSITIONS,
}  # fmt: skip
T5 = {"d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_decoder_layers": 1, "num_heads": 4}
BART = {
    "d_model": 32, "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": POSITIONS,
}  # fmt: skip
RELATIVE = {"relative_attention": True, "position_biased_input": False, "position_buckets": 8, "type_vocab_size": 0}
SMALL = {
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "max_position_embeddings": POSITIONS},
    "electra": SIZES | {"embedding_size": 16},
    "roberta": SIZES | {"type_vocab_size": 1},
    "xlm-roberta": SIZES | {"type_vocab_size": 1},
    "camembert": SIZES | {"type_vocab_size": 1},
    "deberta-v2": SIZES | RELATIVE | {"pos_att_type": ["p2c", "c2p"], "norm_rel_ebd": "layer_norm"},
    "modernbert": SIZES | {"global_attn_every_n_layers": 2, "local_attention": 16},
    **dict.fromkeys(("t5", "umt5"), T5),
    "mt5": T5 | {"feed_forward_proj": "gated-gelu"},
    **dict.fromkeys(("bart", "mbart", "marian", "pegasus"), BART),
}
PADDING = {"roberta": 0, "xlm-roberta": 0, "camembert": 0, "mpnet": 1}
"""Where positions begin after the padding token; mpnet's is 1 whatever its tokenizer says."""
KINDS = ("topic", "stars", "entities", "relation")
TEXTS = ("The soup was lovely in Lima.", "A plain train was slow and the bread was superb, whom is usual 世界")


def small(name, vocab_size, **changes):
    ids = {"pad_token_id": PADDING.get(name, 0), "bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2}
    ids |= {"sep_token_id": 3, "decoder_start_token_id": 0, "forced_eos_token_id": None}
    config = AutoConfig.for_model(name, vocab_size=vocab_size, **SMALL.get(name, SIZES), **ids, **changes)
    for field in (
        "dropout",
        "dropout_rate",
        "hidden_dropout_prob",
        "attention_dropout",
        "attention_probs_dropout_prob",
    ):
        if hasattr(config, field):
            setattr(config, field, 0.0)
    return config


@pytest.fixture(scope="module")
def folders(tiny_folder, tmp_path_factory):
    """`folders(name)`: the files of a small checkpoint of the architecture, with the tiny encoder's tokenizer."""
    from transformers import AutoTokenizer

    made = {}

    def make(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            tokenizer = AutoTokenizer.from_pretrained(tiny_folder)
            torch.manual_seed(3)
            AutoModel.from_config(small(name, len(tokenizer))).save_pretrained(made[name])
            tokenizer.save_pretrained(made[name])
        return made[name]

    return make


def model_of(folder, tasks=KINDS, **fields):
    config = EncoderConfig(**{"name": folder.name, "max_length": 512, "freeze_layers": 0} | fields)
    encoder, tokenizer = load_encoder(config, folder)
    torch.manual_seed(5)
    return MultiTaskModel(
        encoder, tokenizer, [build_task(TASKS[each]) for each in tasks], config, Choice("hard")
    ).eval()


def batches_of(model, texts=TEXTS):
    from mtl.data.batches import collate, encode_texts

    for pairs in (None, list(reversed(texts))):
        examples = encode_texts(model.tokenizer, list(texts), pairs, [[] for _ in texts], model.max_length)
        yield collate("texts", examples, [], model.tokenizer.pad_token_id)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_saved_and_loaded_every_head_gives_the_same_logits(name, folders, tmp_path):
    model = model_of(folders(name), num_hidden_layers=1)
    model.save_pretrained(tmp_path / "snapshot")
    again = MultiTaskModel.from_pretrained(tmp_path / "snapshot")
    with torch.inference_mode():
        for batch, other in zip(batches_of(model), batches_of(again), strict=True):
            first, second = model(batch), again(other)
            assert all(torch.equal(first[task], second[task]) for task in KINDS)
            assert all(torch.isfinite(logits).all() for logits in first.values())


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_encoder_is_the_one_in_the_file(name, folders):
    """Against the hidden states of the untouched model: a decoder left out, a pooler dropped, changes nothing."""
    folder = folders(name)
    model, whole = model_of(folder), AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        for batch in batches_of(model):
            inputs = batch.inputs()
            if ARCHITECTURES[name].decoder:
                wanted = whole(**inputs, decoder_input_ids=batch.input_ids[:, :1]).encoder_last_hidden_state
            else:
                wanted = whole(**inputs).last_hidden_state
            assert torch.equal(model.encode(batch, ["topic"])["topic"], wanted)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_first_layers_are_kept_and_are_the_same(name, folders):
    short, whole = model_of(folders(name), num_hidden_layers=1), model_of(folders(name))
    assert (len(layers_of(short.encoder)), len(layers_of(whole.encoder))) == (1, 2)
    kept, all_of_them = short.encoder.state_dict(), whole.encoder.state_dict()
    assert all(torch.equal(tensor, all_of_them[key]) for key, tensor in kept.items())
    assert limits_of(short.encoder.config).num_hidden_layers == 1


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_frozen_layers_compute_the_same_after_a_step_and_the_others_do_not(name, folders):
    model = model_of(folders(name), tasks=("topic",), freeze_layers=1)
    batch = next(batches_of(model))
    seen = []
    layers_of(model.encoder)[0].register_forward_hook(lambda *told: seen.append(told[2]))
    logits = model(batch)["topic"]
    logits.logsumexp(-1).sum().backward()
    trained = [parameter for parameter in model.encoder.parameters() if parameter.requires_grad]
    assert trained
    with torch.no_grad():
        for parameter in trained:
            parameter -= 0.5 * parameter.grad
        after = model(batch)["topic"]
    before_first, after_first = (each[0] if isinstance(each, tuple) else each for each in seen)
    assert torch.equal(before_first, after_first)
    assert not torch.allclose(logits, after)
    everything = model_of(folders(name), tasks=("topic",), freeze_layers=2).encoder
    assert not any(parameter.requires_grad for parameter in everything.parameters())


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_padding_changes_nothing(name, folders):
    model = model_of(folders(name))
    with torch.inference_mode():
        alone, beside = next(batches_of(model, TEXTS[:1])), next(batches_of(model))
        one, both = model(alone), model(beside)
        for task in ("topic", "stars"):
            assert torch.allclose(one[task][0], both[task][0], atol=1e-5)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_text_is_cut_to_the_positions_there_are_and_not_one_more(name, folders):
    model = model_of(folders(name))
    limit = limits_of(model.encoder.config).max_positions
    absolute = ARCHITECTURES[name].positions is not None and name not in ("deberta-v2", "modernbert")
    assert model.max_length == (limit or 512)
    with torch.inference_mode():
        for batch in batches_of(model, ["soup " * 700]):
            assert batch.input_ids.shape == (1, limit or 512)
            assert torch.isfinite(model(batch)["topic"]).all()
        if absolute:
            ids = torch.full((1, limit + 1), 40)
            with pytest.raises((IndexError, RuntimeError)):
                model.encoder(input_ids=ids, attention_mask=torch.ones_like(ids))


BASE = {
    "bert": {}, "distilbert": {}, "electra": {}, "roberta": {}, "mpnet": {}, "modernbert": {}, "bart": {}, "marian": {},
    "mbart": {}, "pegasus": {}, "t5": {}, "umt5": {}, "xlm-roberta": {"vocab_size": 250_002}, "camembert": {},
    "mt5": {"feed_forward_proj": "gated-gelu", "d_model": 768, "d_ff": 2048, "num_layers": 12, "num_heads": 12},
    "deberta-v2": {"relative_attention": True, "position_buckets": 256, "share_att_key": True, "hidden_size": 768,
                   "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
                   "pos_att_type": ["p2c", "c2p"], "position_biased_input": False, "type_vocab_size": 0},
}  # fmt: skip
"""Sizes that are really used: the defaults of the architecture, or of a published base model."""


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("layers", [None, 2])
def test_parameters_are_known_from_the_configuration(name, layers):
    config = AutoConfig.for_model(name, **BASE[name])
    limits = read(json.loads(config.to_json_string(use_diff=False)), name)
    if layers:
        config.num_hidden_layers = layers
        if getattr(config, "layer_types", None):
            config.layer_types = config.layer_types[:layers]
    with torch.device("meta"):
        encoder = encoder_of(AutoModel.from_config(config))
    true = sum(parameter.numel() for parameter in encoder.parameters())
    if getattr(encoder, "pooler", None) is not None:
        true -= sum(parameter.numel() for parameter in encoder.pooler.parameters())
    assert limits.parameters(layers) == pytest.approx(true, rel=0.02)
    assert limits.hidden_size == config.hidden_size


def test_memory_grows_with_what_is_trained():
    limits = Limits("bert", 12, 768, 512, 1000, 100)
    assert limits.training_bytes() == 16 * 2200
    assert limits.training_bytes(6) == 16 * 1600
    assert limits.training_bytes(6, 2) == 16 * 400 + 4 * 1200
    config = EncoderConfig("a/b", num_hidden_layers=6, freeze_layers=6)
    billions = Limits("bert", 12, 768, 512, 10**9, 10**9)
    architectures.check_memory(config, billions, 29 * 10**9)
    with pytest.raises(EncoderError) as caught:
        architectures.check_memory(config, billions, 27 * 10**9)
    assert caught.value.details == {"encoder": "a/b", "reason": "too_large", "found": 28.0, "limit": 27.0}


BERT = {"model_type": "bert", "num_hidden_layers": 2, "hidden_size": 8, "intermediate_size": 16, "vocab_size": 9}
REFUSED = {
    "another kind": ({"model_type": "vit", "architectures": ["ViTModel"]}, "architecture"),
    "no kind at all": ({}, "architecture"),
    "a wrong kind of kind": ({"model_type": ["bert"]}, "architecture"),
    "a decoder": ({"model_type": "gpt2"}, "decoder_only"),
    "an unheard-of decoder": ({"model_type": "new", "architectures": ["NewForCausalLM"]}, "decoder_only"),
    "an encoder made a decoder": (BERT | {"is_decoder": True}, "decoder_only"),
    "code of its own": ({"model_type": "new", "auto_map": {"AutoModel": "new.New"}}, "remote_code"),
    "code under a known name": (BERT | {"auto_map": {"AutoModel": "x--y.Bert"}}, "remote_code"),
    "no layers": (BERT | {"num_hidden_layers": 0}, "format"),
    "layers in words": (BERT | {"num_hidden_layers": "two"}, "format"),
    "no size": ({key: value for key, value in BERT.items() if key != "hidden_size"}, "format"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_lab_cannot_use_is_refused_by_its_configuration(case):
    config, reason = REFUSED[case]
    with pytest.raises(EncoderError) as caught:
        read(config, "owner/name")
    assert caught.value.details["reason"] == reason
    assert caught.value.details["encoder"] == "owner/name"


def test_layers_are_bounded_by_those_there_are():
    architectures.check_layers(EncoderConfig("a/b", num_hidden_layers=4, freeze_layers=4), 4)
    for fields, field in (({"num_hidden_layers": 5}, "num_hidden_layers"), ({"freeze_layers": 5}, "freeze_layers")):
        with pytest.raises(ConfigError) as caught:
            architectures.check_layers(EncoderConfig("a/b", **fields), 4)
        assert caught.value.details["field"] == f"encoder.{field}"


def damage(folder, tmp_path, **changes):
    """A copy of the checkpoint with another configuration."""
    import shutil

    copy = shutil.copytree(folder, tmp_path / "damaged")
    config = json.loads((copy / "config.json").read_text()) | changes
    (copy / "config.json").write_text(json.dumps(config))
    return copy


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"num_hidden_layers": 3}, "format"), ({"hidden_size": 48}, "format"), ({"vocab_size": 20}, "format")],
    ids=str,
)
def test_weights_that_do_not_fit_the_configuration_are_refused(changes, reason, folders, tmp_path):
    """A layer that is not in the file would be random, and nobody would notice."""
    with pytest.raises(EncoderError) as caught:
        load_encoder(EncoderConfig("a/b", freeze_layers=0), damage(folders("bert"), tmp_path, **changes))
    assert caught.value.details["reason"] == reason


def test_a_tokenizer_with_more_tokens_than_the_encoder_is_refused(folders, tmp_path):
    from transformers import AutoTokenizer

    folder = damage(folders("bert"), tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["added"])
    tokenizer.save_pretrained(folder)
    with pytest.raises(EncoderError) as caught:
        load_encoder(EncoderConfig("a/b"), folder)
    assert caught.value.details["reason"] == "tokenizer"
