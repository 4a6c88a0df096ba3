"""Questions to a trained model: every text gets an answer or a typed refusal."""

import json
import threading
from itertools import pairwise

import pytest

from mtl.attending import AT_MOST_S, Attendant
from mtl.attribution import explain
from mtl.data.corpus import TASKS
from mtl.errors import CheckpointError, ConfigError
from mtl.inference import Predictor, answer
from mtl.questioning import MAX_CHARACTERS
from mtl.runs.config import DEFAULT_TASKS
from mtl.runs.selected import FIRST, Selected
from mtl.snapshots import Snapshots

SINGLE = [name for name in DEFAULT_TASKS if not TASKS[name].pair]


@pytest.fixture
def predictor(make_model, tmp_path):
    Snapshots(tmp_path).save(make_model(), 0, Selected())
    return Predictor(tmp_path)


def test_every_head_answers(predictor):
    found = predictor.answer("The soup was lovely in Lima.")
    assert list(found.answers) == SINGLE
    assert found.missing_pair == ("relation",)
    assert not found.truncated
    assert found.tokens_read > 6
    plain = found.to_dict()
    json.dumps(plain, allow_nan=False)
    kinds = {"classification": "label", "regression": "score", "tagging": "spans"}
    assert {name: each["type"] for name, each in plain["answers"].items()} == {
        name: kinds[TASKS[name].kind] for name in SINGLE
    }
    assert sum(plain["answers"]["topic"]["probabilities"].values()) == pytest.approx(1)


def test_a_second_text_answers_the_pair_and_leaves_the_rest_alone(predictor):
    alone, paired = predictor.answer("The soup was lovely"), predictor.answer("The soup was lovely", "bread was superb")
    assert list(paired.answers) == list(DEFAULT_TASKS)
    assert paired.missing_pair == ()
    probabilities = alone.answers["topic"].probabilities
    assert paired.answers["topic"].probabilities == pytest.approx(probabilities, abs=1e-5)
    assert paired.answers["stars"].value == pytest.approx(alone.answers["stars"].value, abs=1e-4)


def test_answers_are_those_of_the_model_on_training_batches(make_model, make_batch, rows):
    """What a text was trained as, it is also asked as: same tokens, same types, same words."""
    model = make_model()
    text, pair = rows("texts", 1), rows("pairs", 1)
    logits = model(make_batch(model, "texts", text), ("topic", "stars"))
    found = answer(model, text[0]["text"], None).answers
    assert list(found["topic"].probabilities.values()) == pytest.approx(
        logits["topic"][0].softmax(-1).tolist(), abs=1e-5
    )
    logits = model(make_batch(model, "pairs", pair), ("relation",))["relation"]
    found = answer(model, pair[0]["text"], pair[0]["text_pair"]).answers
    assert list(found["relation"].probabilities.values()) == pytest.approx(logits[0].softmax(-1).tolist(), abs=1e-5)


@pytest.mark.parametrize(
    "text", ["", " ", "\n\t\r", "\u200b", "\u200b\u200d\ufeff", "\ud800", "\x00\x01", "\u202e \u2060"]
)
def test_a_text_that_nobody_can_see_is_refused(predictor, text):
    with pytest.raises(ConfigError) as caught:
        predictor.answer(text)
    assert caught.value.details["field"] == "text"


@pytest.mark.parametrize(
    "text",
    ["😀", "你好,世界", "שלום עולם", "\u202eevil\u202c soup", "so\u200bup", "a\ud800b", "...", "e\u0301\u0301\u0301",
     "[MASK]", "[CLS] [SEP]", "<script>alert(1)</script>", "\x00soup", "x" * 5000, "\U000e0041soup", "👩‍👩‍👧‍👦"],
    ids=ascii,
)  # fmt: skip
def test_strange_texts_are_answered(predictor, text):
    found = predictor.answer(text, text)
    json.dumps(found.to_dict(), ensure_ascii=False, allow_nan=False).encode("utf-8")
    spans = found.answers["entities"]
    for span in spans.spans:
        assert 0 <= span.start < span.end <= len(spans.text)
    ends = [(span.start, span.end) for span in spans.spans]
    assert all(first[1] <= second[0] for first, second in pairwise(ends))


def test_a_very_long_text_is_answered_and_said_to_be_cut(predictor):
    found = predictor.answer("soup " * 20_000)
    assert found.truncated
    assert found.tokens_read == 64
    assert found.answers.keys() == set(SINGLE)
    assert predictor.answer("soup " * (MAX_CHARACTERS // 5 + 1)).truncated
    assert predictor.answer("x" * (MAX_CHARACTERS + 1)).truncated


def test_a_long_second_text_is_said_to_be_cut(predictor):
    assert predictor.answer("soup", "bread " * 500).truncated
    assert not predictor.answer("soup", "bread").truncated


@pytest.mark.parametrize("pair", ["", "  ", "\u200b", None])
def test_an_empty_second_text_is_none(predictor, pair):
    assert predictor.answer("soup", pair).missing_pair == ("relation",)


def test_a_run_of_pairs_alone_has_nothing_to_say_about_one_text(make_model, tmp_path):
    Snapshots(tmp_path).save(make_model(("relation",)), 0, Selected())
    found = Predictor(tmp_path).answer("soup")
    assert found.answers == {}
    assert found.missing_pair == ("relation",)


def test_a_folder_without_a_snapshot_is_a_typed_error(tmp_path):
    with pytest.raises(CheckpointError) as caught:
        Predictor(tmp_path / "none").answer("soup")
    assert caught.value.details["reason"] == "missing"


def test_the_newest_snapshot_answers_as_soon_as_it_is_complete(predictor, make_model, tmp_path):
    first = predictor.answer("The soup was lovely")
    Snapshots(tmp_path).save(make_model(seed=9), 25, Selected())
    second = predictor.answer("The soup was lovely")
    assert (first.step, second.step) == (0, 25)
    assert first.answers["topic"] != second.answers["topic"]
    kept = Predictor(tmp_path, which=FIRST).answer("The soup was lovely")
    assert kept.step == 0
    assert kept.answers["topic"] == first.answers["topic"]


def test_a_snapshot_that_is_still_written_is_not_read(predictor, tmp_path):
    (tmp_path / "step-00000050").mkdir()
    assert predictor.answer("soup").step == 0


def test_questions_from_several_threads_are_answered_alike(predictor):
    wanted = predictor.answer("The soup was lovely").to_dict()
    found, errors = [], []

    def ask():
        try:
            found.append(predictor.answer("The soup was lovely").to_dict())
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    assert found == [wanted] * 6


@pytest.fixture
def attended(make_model, tmp_path):
    """A run's folder with a first snapshot, and its attendant."""
    Snapshots(tmp_path / "snapshots").save(make_model(seed=1), 0, Selected())
    return tmp_path, Attendant(tmp_path)


def put_question(folder, text, pair=None):
    (folder / "questions").mkdir(exist_ok=True)
    path = folder / "questions" / "q.json"
    path.write_text(json.dumps({"text": text, "text_pair": pair}))
    return path.with_suffix(".answer.json")


def test_a_model_in_training_answers_beside_what_it_said_at_first(make_model, attended):
    folder, attendant = attended
    model = make_model(seed=2).train()
    reply = put_question(folder, "The soup was lovely", "bread was superb")
    attendant(model, 7)
    said = json.loads(reply.read_text())
    assert model.training
    model.eval()
    assert said["now"] == answer(model, "The soup was lovely", "bread was superb", 7).to_dict()
    first = Predictor(folder / "snapshots", which=FIRST).answer("The soup was lovely", "bread was superb")
    assert said["before"] == first.to_dict()["answers"]
    assert said["before"] != said["now"]["answers"]


def test_without_a_first_snapshot_there_is_no_before(make_model, tmp_path):
    reply = put_question(tmp_path, "The soup was lovely")
    Attendant(tmp_path)(make_model(), 3)
    assert json.loads(reply.read_text())["before"] is None


def test_a_question_that_breaks_the_model_does_not_break_the_training(make_model, attended, monkeypatch, capfd):
    folder, attendant = attended
    model = make_model().train()

    def broken(*_):
        raise RuntimeError("no memory left")

    monkeypatch.setattr("mtl.inference.answer", broken)
    reply = put_question(folder, "The soup was lovely")
    attendant(model, 7)
    assert json.loads(reply.read_text()) == {"error": "no memory left"}
    assert model.training
    assert "RuntimeError" in capfd.readouterr().err


def test_questions_hold_a_step_up_for_a_bounded_time(make_model, attended, monkeypatch):
    folder, attendant = attended
    (folder / "questions").mkdir()
    for number in range(3):
        (folder / "questions" / f"q{number}.json").write_text(json.dumps({"text": str(number), "text_pair": None}))
    ticks = iter(range(0, 100, 1))
    monkeypatch.setattr("mtl.attending.time.monotonic", lambda: next(ticks) * AT_MOST_S * 0.6)
    attendant(make_model(), 7)
    assert len(list((folder / "questions").glob("*.answer.json"))) == 1
    assert len(list((folder / "questions").glob("q?.json"))) == 2


@pytest.mark.parametrize("which", ["newest", "best"])
def test_a_model_in_training_tells_which_words_mattered(make_model, attended, which):
    folder, attendant = attended
    model = make_model(seed=2).train()
    Selected(0, {}).write(folder / "snapshots")
    reply = put_question(folder, "The soup was lovely", "bread was superb")
    asked = json.loads(reply.with_name("q.json").read_text())
    reply.with_name("q.json").write_text(json.dumps(asked | {"about": "words", "which": which}))
    attendant(model, 7)
    said = json.loads(reply.read_text())
    assert model.training and all(parameter.grad is None for parameter in model.parameters())
    other = make_model(seed=1 if which == "best" else 2)
    wanted = explain(other, "The soup was lovely", "bread was superb", 0 if which == "best" else 7).to_dict()
    assert said == {"now": wanted, "before": None}
