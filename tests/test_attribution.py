"""Which words mattered: equal to captum's, to small nudges, and exact where the model is linear."""

from types import SimpleNamespace

import pytest
import torch
from captum.attr import InputXGradient

from mtl.attribution import Places, Word, embeddings_of, explain, token_parts, units
from mtl.errors import ConfigError
from mtl.inference import Predictor, answer
from mtl.questioning import read
from mtl.runs.config import Choice
from mtl.runs.selected import EACH, Selected
from mtl.snapshots import Snapshots
from mtl.tasks.features import Features

TEXT, PAIR = "The soup was lovely in New Lima, 你好", "The bread was superb. Ada is in the harbour."
KINDS = ("topic", "stars", "entities", "type", "aspects", "headline", "relation", "answers")
SCHEMES = {
    "hard": {},
    "partial": {"layers": 1},
    "soft": {"tie": 0.1},
    "cross_stitch": {"own": 0.7},
    "lora": {"rank": 2, "train_base": True},
    "mmoe": {"experts": 2},
}


def claim_of(model, name):
    """What a head says, by the model's own path."""
    (only,) = read(model, TEXT, PAIR, [name])
    return only, only.task.claim(model.heads[name], only.features, only.views)


def by_captum(model, name):
    """Of each token, ``[W, L]``: the model is called with embeddings in place of tokens, as captum asks for."""
    with torch.no_grad():
        (only,) = read(model, TEXT, PAIR, [name])
    ids = torch.zeros_like(only.features.mask)
    types = torch.zeros_like(ids)
    for at, example in enumerate(only.examples):
        ids[at, : len(example.input_ids)] = torch.tensor(example.input_ids)
        if example.token_type_ids is not None:
            types[at, : len(example.input_ids)] = torch.tensor(example.token_type_ids)

    def forward(embeddings):
        hidden = model.encoder(
            inputs_embeds=embeddings, attention_mask=only.features.mask, token_type_ids=types
        ).last_hidden_state
        features = Features(hidden, only.features.mask)
        return only.task.claim(model.heads[name], features, only.views).value[None]

    embeddings = model.encoder.get_input_embeddings()(ids).detach().requires_grad_()
    return InputXGradient(forward).attribute(embeddings).sum(-1)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_explained_as_captum_does(name, make_model):
    model = make_model(KINDS)
    with embeddings_of(model) as leaves:
        only, claim = claim_of(model, name)
        found = token_parts(claim.value, leaves)[only.rows]
    wanted = by_captum(model, name)
    assert found.abs().max() > 0
    assert torch.allclose(found, wanted.detach(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", KINDS)
def test_the_words_of_a_head_have_its_tokens_parts(name, make_model):
    model = make_model(KINDS)
    whole = explain(model, TEXT, PAIR)
    each = whole.tasks[name]
    assert sum(abs(weight) for weight in each.weights if weight is not None) == pytest.approx(1)
    total = (sum(weight for weight in each.weights if weight is not None) + each.rest) * each.scale
    assert total == pytest.approx(by_captum(model, name).sum().item(), rel=1e-3, abs=1e-4)
    alone = explain(model, TEXT, PAIR, tasks=[name]).tasks[name]
    assert alone.weights == pytest.approx(each.weights, abs=1e-4)
    read_words = [word.text for word, weight in zip(whole.words, each.weights, strict=True) if weight is not None]
    assert set(read_words) == ({0, 1} if model.tasks[name].spec.pair else {0})


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["topic", "relation", "headline"])
def test_under_every_scheme_a_part_is_what_a_small_change_of_the_word_does(scheme, name, make_model):
    model = make_model(("topic", "relation", "headline"), sharing=Choice(scheme, SCHEMES[scheme]))
    with torch.no_grad():  # new parts of a scheme may start at zero
        for parameter in model.sharing.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    explained = explain(model, TEXT, PAIR, tasks=[name])
    word = explained.words.index(Word(0, TEXT.index("lovely"), TEXT.index("lovely") + 6))
    part = explained.tasks[name].weights[word] * explained.tasks[name].scale
    place = claim_of(model, name)[0].views[0].word_starts[3]  # the, soup, was, lovely

    def nudged(factor):
        def change(_, __, output):
            scales = torch.ones(output.shape[1])
            scales[place] = factor
            return output * scales[None, :, None]

        encoders = [each for each in model.sharing.modules() if hasattr(each, "get_input_embeddings")]
        tables = {id(each.get_input_embeddings()): each.get_input_embeddings() for each in encoders}
        hooks = [table.register_forward_hook(change) for table in tables.values()]
        value = claim_of(model, name)[1].value.item()
        for hook in hooks:
            hook.remove()
        return value

    step = 0.02
    slope = (nudged(1 + step) - nudged(1 - step)) / (2 * step)
    assert part == pytest.approx(slope, rel=0.05, abs=5e-4 + 0.002 * abs(explained.tasks[name].scale))


@pytest.mark.parametrize("name", ["topic", "stars", "aspects", "entities"])
def test_of_a_linear_model_the_parts_are_complete_and_each_is_what_its_absence_costs(name, make_model, monkeypatch):
    model = make_model([name])
    table = model.encoder.get_input_embeddings()

    def linear(input_ids, attention_mask, token_type_ids=None):
        return SimpleNamespace(last_hidden_state=table(input_ids))

    monkeypatch.setattr(model.sharing.encoder, "forward", linear)
    head = model.heads[name].linear
    with torch.no_grad():
        head.bias.zero_()
    explained = explain(model, TEXT).tasks[name]
    words = explain(model, TEXT).words
    constant = 3.0 if name == "stars" else 0.0  # the middle of the range
    parts = [weight * explained.scale for weight in explained.weights]
    assert sum(parts) + explained.rest * explained.scale == pytest.approx(
        explained.value - constant, rel=1e-4, abs=1e-5
    )
    (only,) = read(model, TEXT, None, [name])
    for start in only.examples[0].word_starts[:4]:
        hook = table.register_forward_hook(
            lambda _, __, output, start=start: output * (torch.arange(output.shape[1]) != start)[None, :, None]
        )
        without = explain_value(model, name, only)
        hook.remove()
        place = only.views[0].words[only.views[0].word_starts.index(start)]
        at = [(word.start, word.end) for word in words].index(place)
        assert explained.value - without == pytest.approx(parts[at], rel=1e-3, abs=1e-5)


def explain_value(model, name, known):
    """The same claim of a changed text: the labels that were said stay those that are asked about."""
    with torch.no_grad():
        (only,) = read(model, TEXT, None, [name])
        logits = model.heads[name](only.features)
        before = model.heads[name](known.features)
    if name == "topic":
        return logits[0, before[0].argmax()].item()
    if name == "stars":
        return only.task.decode_label(0.5 + logits[0, 0].item() / 4)
    if name == "aspects":
        chosen = [at for at, value in enumerate(before[0].sigmoid().tolist()) if value >= only.task.thresholds[at]]
        return logits[0, chosen or [int(before[0].argmax())]].sum().item()
    best = before[0].argmax(-1)
    places = [at for at in known.views[0].word_starts if int(best[at])]
    return logits[0, places, best[places]].sum().item()


def test_every_script_is_cut_into_words_at_its_characters():
    text = "L'été 2024: 你好世界, かな שלום x_1 😀!"
    found = [text[word.start : word.end] for word in units(text, 0)]
    assert found == ["L'été", "2024", ":", *"你好世界", ",", *"かな", "שלום", "x_1", "😀", "!"]


def test_chinese_characters_have_parts_of_their_own(make_model):
    explained = explain(make_model(["topic"]), "你好世界")
    assert [(word.start, word.end) for word in explained.words] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert len(set(explained.tasks["topic"].weights)) == 4


def test_a_token_of_several_words_is_divided_among_them(make_model):
    model = make_model(["topic"])
    (only,) = read(model, "soup bread", None, ["topic"])
    words = [Word(0, 0, 1), Word(0, 1, 4), Word(0, 5, 10)]
    sums, rest = Places(model, words).sums(only, [[0.5, 4.0, 1.0, 0.25]])
    assert sums == [1.0, 3.0, 1.0]
    assert rest == 0.75


def test_words_that_were_cut_off_have_no_part_and_are_not_told(make_model):
    explained = explain(make_model(["topic", "relation"]), "soup " * 100, "bread " * 100)
    assert len(explained.words) == 200
    known = [weight is not None for weight in explained.tasks["topic"].weights]
    assert known[:62] == [True] * 62 and not any(known[62:])
    told = explained.to_dict()
    assert len(told["words"]) == len(told["tasks"]["topic"]["weights"]) < 100
    assert told["tasks"]["relation"]["weights"][0] is not None


def test_a_head_that_says_nothing_has_nothing_to_explain(make_model):
    model = make_model(["entities", "relation"])
    with torch.no_grad():
        model.heads["entities"].linear.bias[0] += 100
    explained = explain(model, TEXT)
    assert (explained.silent, explained.missing_pair, explained.tasks) == (("entities",), ("relation",), {})


def test_numbers_that_are_not_finite_are_not_shown(make_model):
    model = make_model(["topic"])
    with torch.no_grad():
        model.heads["topic"].linear.weight.fill_(float("nan"))
    assert explain(model, TEXT).silent == ("topic",)


def test_a_text_that_nobody_can_see_is_refused(make_model):
    with pytest.raises(ConfigError):
        explain(make_model(["topic"]), " \u200b")


def test_the_model_stays_as_it_was(make_model):
    model = make_model(KINDS)
    before, state = answer(model, TEXT, PAIR), torch.get_rng_state()
    for _ in range(2):
        explain(model, TEXT, PAIR)
    assert answer(model, TEXT, PAIR).to_dict() == before.to_dict()
    assert torch.equal(torch.get_rng_state(), state)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())


def test_what_is_explained_is_what_is_answered(make_model):
    model = make_model(KINDS)
    said, explained = answer(model, TEXT, PAIR).answers, explain(model, TEXT, PAIR).tasks
    assert explained["topic"].of == said["topic"].label
    assert explained["aspects"].of == ", ".join(said["aspects"].labels)
    assert explained["headline"].of == said["headline"].text
    assert float(explained["stars"].of) == pytest.approx(said["stars"].value, abs=0.005)
    assert explained["answers"].of == (said["answers"].candidates[0].text if said["answers"].answered else "")
    for span in said["entities"].spans:
        assert f"{TEXT[span.start : span.end]} ({span.label})" in explained["entities"].of


def test_each_tasks_best_snapshot_explains_its_own_answer(make_model, tmp_path):
    names = ("topic", "stars")
    models = {step: make_model(names, seed=step) for step in (1, 2)}
    keep = Snapshots(tmp_path)
    keep.save(models[1], 1, Selected(1, {"topic": 1, "stars": 1}))
    keep.save(models[2], 2, Selected(1, {"topic": 1, "stars": 2}))
    explained = Predictor(tmp_path, which=EACH).explain(TEXT)
    assert {name: each.step for name, each in explained.tasks.items()} == {"topic": 1, "stars": 2}
    assert explained.tasks["topic"].weights == pytest.approx(explain(models[1], TEXT).tasks["topic"].weights, abs=1e-5)
    assert Predictor(tmp_path).explain(TEXT).to_dict() == explain(models[2], TEXT, step=2).to_dict()
