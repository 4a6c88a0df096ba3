"""What all heads of a run answer to one text, now and before training; the only room of the page that loads torch."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

from demo.lessons.recording import RECORDED, Recording
from mtl.analysis.results import read_events
from mtl.checks import check_choice, visible
from mtl.errors import CheckpointError, ConfigError
from mtl.runs import questions
from mtl.runs.questions import ANSWERS, WORDS, Question
from mtl.runs.selected import FIRST, NEWEST, WHICH
from mtl.runs.store import RunStore

MAX_CHARACTERS = 20_000
"""Of a text no more is read. Encoders stop far earlier, after ``max_length`` tokens."""
ANSWERING = frozenset({"training", "evaluating", "saving"})
"""States in which a run's worker looks for questions."""
PATIENCE_S = 15.0
"""A worker answers between two steps; after so many seconds its snapshots are asked instead."""
KEPT_PREDICTORS = 2
KEPT_ANSWERS = 256

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Predictor(Protocol):
    """What is used of ``mtl.inference.Predictor``."""

    def answer(self, text: str, text_pair: str | None = None) -> Any:
        """All heads' answers to the text."""

    def explain(self, text: str, text_pair: str | None = None) -> Any:
        """Which words mattered to them."""


class _NoReplyError(Exception):
    """The worker did not answer."""


class Asking:
    """Answers questions to runs; a few models and many answers are kept."""

    def __init__(
        self,
        store: RunStore,
        recording: Recording | None = None,
        load: Callable[[Path, str], Predictor] | None = None,
    ) -> None:
        """``load`` makes a predictor of a folder of snapshots, and of which of them."""
        self._store = store
        self._recording = recording
        self._load = load or load_predictor
        self._predictors: _Recent[tuple[Path, str], Predictor] = _Recent(KEPT_PREDICTORS)
        self._answers: _Recent[tuple[str, ...], dict[str, Any]] = _Recent(KEPT_ANSWERS)

    def answer(self, run_id: str, text: object, text_pair: object = "", which: object = NEWEST) -> dict[str, Any]:
        """All heads' answers, and under ``before`` those of the run's first snapshot.

        ``which`` weights are asked: the newest, the best of all tasks together, or each task's best. While the run
        trains its worker answers, the newest question with the weights of its newest step; else snapshots do.

        Returns:
            ``step``, ``truncated``, ``tokens_read``, ``missing_pair``, ``steps`` and ``answers`` as
            ``Answers.to_dict`` gives them, and ``before``: the answers of step 0, None where that snapshot is gone.

        Raises:
            ConfigError: The text holds nothing that can be seen, or ``which`` is none of the three.
            RunNotFound: There is no such run.
            CheckpointError: The run has saved nothing yet (``reason`` is ``missing``), or a snapshot is damaged.
        """
        question, cut = question_of(text, text_pair, which)
        if run_id == RECORDED and self._recording:
            return self._recording.answer(question.text, question.text_pair or "")
        live = self._of_worker(run_id, question)
        if live is not None:
            return {**live, "truncated": bool(live["truncated"] or cut)}
        now = self._of_chosen(run_id, question)
        first = self._store.first_snapshot(run_id)
        before = self._of_snapshot(first, replace(question, which=FIRST)) if first else None
        return {**now, "truncated": bool(now["truncated"] or cut), "before": before and before["answers"]}

    def explain(self, run_id: str, text: object, text_pair: object = "", which: object = NEWEST) -> dict[str, Any]:
        """Which words mattered to what each head answers, by the same weights as ``answer``.

        Returns:
            As ``mtl.attribution.Explanation.to_dict`` gives it.

        Raises:
            MtlError: As ``answer``.
        """
        question, _ = question_of(text, text_pair, which, WORDS)
        if run_id == RECORDED and self._recording:
            return self._recording.explain(question.text, question.text_pair or "")
        return self._of_worker(run_id, question) or self._of_chosen(run_id, question)

    def said(self, run_id: str, step: object, pinned: int = 0) -> dict[str, Any]:
        """What all heads answered to a pinned text at a step of training, beside what they answered at first.

        Returns:
            As ``answer``, and ``text`` and ``text_pair``: what was asked.

        Raises:
            RunNotFound: There is no such run.
            CheckpointError: Nothing was asked at that step (``reason`` is ``missing``).
        """
        recorded = self._recording if run_id == RECORDED else None
        config = recorded.config if recorded else self._store.config(run_id).to_dict()
        events = list(recorded.events) if recorded else read_events(self._store, run_id)
        found = [event for event in events if event.get("type") == "said" and event.get("pinned") == pinned]
        now = next((event for event in found if event.get("step") == step), None)
        if now is None or pinned >= len(config.get("pinned", ())):
            raise CheckpointError("Nothing was asked at this step.", reason="missing")
        keys = ("step", "answers", "missing_pair", "truncated", "tokens_read")
        before = found[0]["answers"] if found[0].get("step") == 0 else None
        return {key: now[key] for key in keys} | {"before": before, "steps": {}} | dict(config["pinned"][pinned])

    def _of_worker(self, run_id: str, question: Question) -> dict[str, Any] | None:
        """What the run's worker answers; None if it does not train or is too busy.

        The same question at the same step is asked once, however many ask.
        """
        folder, status = self._store.folder(run_id), self._store.status(run_id)
        if status.state not in ANSWERING:
            return None

        def trains() -> bool:
            return self._store.status(run_id).state in ANSWERING

        def ask() -> dict[str, Any]:
            reply = questions.ask(folder, question, PATIENCE_S, trains)
            if reply is None or "now" not in reply:
                raise _NoReplyError
            return {**reply["now"], "before": reply["before"]}

        try:
            return self._answers.get((run_id, str(status.step), repr(question)), ask)
        except _NoReplyError:
            return None

    def _of_chosen(self, run_id: str, question: Question) -> dict[str, Any]:
        """What the run's chosen snapshots answer."""
        newest = self._store.newest_snapshot(run_id)
        if newest is None:
            raise CheckpointError("The run has saved no snapshot yet.", reason="missing")
        return self._of_snapshot(newest, question, repr(self._store.selected(run_id)))

    def _of_snapshot(self, snapshot: Path, question: Question, selected: str = "") -> dict[str, Any]:
        """What the snapshots answer of which this is one; the same question is computed once, however many ask."""
        folder, which = snapshot.parent, question.which

        def ask() -> dict[str, Any]:
            predictor = self._predictors.get((folder, which), lambda: self._load(folder, which))
            ask_for = predictor.explain if question.about == WORDS else predictor.answer
            found: dict[str, Any] = ask_for(question.text, question.text_pair).to_dict()
            return found

        return self._answers.get((str(snapshot), repr(question), selected), ask)


def load_predictor(folder: Path, which: str) -> Predictor:
    """A predictor of these snapshots in a folder. The first call imports torch, which takes seconds."""
    # Late on purpose: the page must answer before torch is needed, and may never need it.
    from mtl.inference import Predictor as TorchPredictor

    return TorchPredictor(folder, which=which)


def question_of(text: object, text_pair: object, which: object, about: str = ANSWERS) -> tuple[Question, bool]:
    """What a visitor asks, and whether a text had to be cut.

    Raises:
        ConfigError: The text holds nothing that can be seen, or ``which`` is none of the three.
    """
    asked, cut = readable("text", text)
    paired, pair_cut = readable("text_pair", text_pair) if _seen(text_pair) else ("", False)
    check_choice("which", which, WHICH)
    return Question(asked, paired or None, str(which), about), cut or pair_cut


def readable(field: str, text: object) -> tuple[str, bool]:
    """The text as a tokenizer can take it, without blank ends or lone surrogates, and whether it had to be cut.

    Raises:
        ConfigError: It is no text, or holds nothing that can be seen.
    """
    if not isinstance(text, str) or not _seen(text):
        raise ConfigError(field, "hold at least one visible character", text)
    stripped = text.strip()
    kept = stripped[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
    return kept, len(stripped) > MAX_CHARACTERS


def _seen(text: object) -> bool:
    """Whether any of the characters that are read can be seen."""
    return isinstance(text, str) and visible(text.strip()[:MAX_CHARACTERS])


class _Recent(Generic[Key, Value]):
    """The most recently used values; a missing one is made by one thread while the others wait for it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._making: dict[Key, Lock] = {}
        self._lock = Lock()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """The value under the key, made if it is not there."""
        with self._lock:
            making = self._making.setdefault(key, Lock())
        with making:
            with self._lock:
                if key in self._values:
                    self._values.move_to_end(key)
                    return self._values[key]
            try:
                value = make()
                with self._lock:
                    self._values[key] = value
                    while len(self._values) > self._limit:
                        self._values.popitem(last=False)
            finally:
                with self._lock:
                    self._making.pop(key, None)
            return value
