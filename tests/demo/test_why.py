"""Why, on its way to the page: what a run tells of its mistakes, and which words mattered."""

from types import SimpleNamespace

import pytest

from demo.asking import Asking
from demo.feed import Feed
from demo.lessons.recording import Recording
from demo.portion import ANSWER_ROWS, MISTAKES_WEIGH
from demo.tabs.form import Form
from demo.tabs.handlers import Handlers
from mtl.errors import CheckpointError, ConfigError, RunNotFound
from mtl.runs.mistakes import MAX_ROWS, MAX_SAID, MAX_TEXT, Mistakes
from mtl.runs.questions import ANSWERS, WORDS
from tests.demo.test_asking import Loads, live, run_id
from tests.demo.test_feed import follow, size

__all__ = ["live", "run_id"]


def mistakes(task, **values):
    lines = [{"text": "text", "gold": "a", "said": "b", "loss": 1.234567}]
    told = {"split": "validation", "of_step": 4, "examined": 9, "metric": "accuracy", "rows": lines, "hardest": [0]}
    return Mistakes(step=4, task=task, **told | values)


def test_mistakes_come_once_and_with_short_numbers(store, write) -> None:
    run, feed = write(("topic", "stars")).begin().train(1), Feed(store)
    assert "mistakes" not in feed.watch({"run": run.run_id, "cursor": 0})
    run.say(mistakes("topic", labels=["a", "b"], counts=[[3, 1], [0, 5]], cells=[]), mistakes("stars"))
    answer = feed.watch({"run": run.run_id, "cursor": 0})
    assert [told["task"] for told in answer["mistakes"]] == ["topic", "stars"]
    assert answer["mistakes"][0]["counts"] == [[3, 1], [0, 5]]
    assert answer["mistakes"][0]["rows"][0] == {"text": "text", "gold": "a", "said": "b", "loss": 1.235}
    assert "counts" not in answer["mistakes"][1] and "type" not in answer["mistakes"][0]
    assert "mistakes" not in feed.watch({"run": run.run_id, "cursor": answer["cursor"]})


def test_an_answer_with_the_largest_mistakes_stays_small(store, write) -> None:
    run = write().begin()
    most = {"text": "长" * MAX_TEXT, "text_pair": "长" * MAX_TEXT, "gold": "长" * MAX_SAID, "said": "长" * MAX_SAID}
    tasks = [f"task {number}" for number in range(2 * ANSWER_ROWS // MISTAKES_WEIGH)]
    run.say(*(mistakes(task, rows=[most | {"loss": 1.0}] * MAX_ROWS) for task in tasks))
    answers = follow(Feed(store), run.run_id)
    assert [told["task"] for answer in answers for told in answer.get("mistakes", ())] == tasks
    assert len(answers) > 1 and max(map(size, answers)) < 400_000


class Why:
    """Explains by saying what was asked."""

    def __init__(self, folder, which) -> None:
        self.which, self.asked = which, []

    def answer(self, text, text_pair=None):
        raise AssertionError("the words were asked for")

    def explain(self, text, text_pair=None):
        self.asked.append((text, text_pair))
        return SimpleNamespace(to_dict=lambda: {"step": 7, "text": text, "which": self.which})


def test_the_chosen_snapshots_explain_and_the_same_question_costs_once(store, run_id) -> None:
    made: list[Why] = []
    asking = Asking(store, load=lambda *given: made.append(Why(*given)) or made[-1])
    for _ in range(2):
        assert asking.explain(run_id, " Hello ", "World", "best") == {"step": 7, "text": "Hello", "which": "best"}
    assert [why.asked for why in made] == [[("Hello", "World")]]


def test_while_it_trains_the_worker_explains(store, run_id, live, monkeypatch) -> None:
    asked: list[str] = []
    live({"now": {"step": 9, "words": []}, "before": None})
    plain = Asking._of_worker
    monkeypatch.setattr(
        Asking, "_of_worker", lambda self, run, question: asked.append(question.about) or plain(self, run, question)
    )
    assert Asking(store, load=Loads()).explain(run_id, "Hello")["step"] == 9
    assert asked == [WORDS] != [ANSWERS]


@pytest.mark.parametrize(
    ("asked", "error"),
    [(("", "", "newest"), ConfigError), (("Hello", "", "../.."), ConfigError), ((None, "", "newest"), ConfigError)],
)
def test_what_cannot_be_asked_is_refused(store, run_id, asked, error) -> None:
    with pytest.raises(error):
        Asking(store, load=Loads()).explain(run_id, *asked)


def test_a_strange_run_and_one_without_a_snapshot_are_said_so(store, write) -> None:
    with pytest.raises(RunNotFound):
        Asking(store, load=Loads()).explain("../..", "Hello")
    with pytest.raises(CheckpointError):
        Asking(store, load=Loads()).explain(write().run_id, "Hello")


def test_a_recorded_run_explains_what_was_recorded(store) -> None:
    words = {"step": 7, "text": "Hello", "words": [[0, 0, 5]]}
    answers = ({"text": "Hello", "text_pair": "", "words": words}, {"text": "Old", "text_pair": ""})
    asking = Asking(store, Recording({}, (), answers, {}))
    assert asking.explain("recorded", "Hello ") == words
    for text in ("Old", "Other"):
        with pytest.raises(CheckpointError) as caught:
            asking.explain("recorded", text)
        assert caught.value.details["reason"] == "recorded"


def test_the_handler_hands_on_the_words_or_the_error_as_values() -> None:
    def explain(run, text, text_pair, which):
        if text == "bad":
            raise CheckpointError("Cut.", reason="cut", file="x")
        return {"asked": [run, text, text_pair, which]}

    handlers = Handlers(SimpleNamespace(asking=SimpleNamespace(explain=explain)), Form())
    found = handlers.explain({"run": "r"}, {"which": "each"}, "good", "pair")
    assert (found["run"], found["why"], found["problem"]) == ("r", {"asked": ["r", "good", "pair", "each"]}, None)
    failed = handlers.explain({"run": "r"}, {}, "bad", "")
    assert failed["why"] is None and failed["problem"]["details"]["reason"] == "cut"
    assert found["nonce"] != failed["nonce"]
