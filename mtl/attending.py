"""Questions to a run in training: its worker answers them between two steps."""

import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from mtl.attribution import explain
from mtl.errors import CheckpointError
from mtl.inference import Predictor, asked
from mtl.model import MultiTaskModel
from mtl.runs.questions import WORDS, Desk, Question
from mtl.runs.selected import BEST, EACH, FIRST

AT_MOST_S = 0.5
"""So long questions may hold up a step, or as long as one takes: many who ask must not bring training to a halt."""


class Attendant:
    """Answers what visitors ask of a model in training, beside what the run's first snapshot says.

    Called between two steps. The model is left as it was, and no random number is drawn: the losses of a run do not
    depend on whether somebody asks.
    """

    def __init__(self, folder: Path) -> None:
        """``folder`` is the run's."""
        self._desk = Desk(folder)
        snapshots = folder / "snapshots"
        self._first = Predictor(snapshots, which=FIRST)
        self._best = {which: Predictor(snapshots, which=which) for which in (BEST, EACH)}

    def __call__(self, model: MultiTaskModel, step: int) -> None:
        """Replies to what waits: ``now`` and ``before``, or ``error`` if the model cannot answer."""
        began = time.monotonic()
        for question in self._desk.waiting():
            if time.monotonic() - began > AT_MOST_S:
                return  # the others wait for the next step
            was_training = model.training
            try:
                reply = self._reply(model.eval(), step, question)
            except Exception as error:  # whatever it is, training goes on, and the visitor is told
                traceback.print_exc()
                reply = {"error": str(error)}
            finally:
                model.train(was_training)
            self._desk.reply(question, reply)

    def _reply(self, model: MultiTaskModel, step: int, question: Question) -> dict[str, Any]:
        best = self._best.get(question.which)
        texts = question.text, question.text_pair
        if question.about == WORDS:
            return {"now": (best.explain(*texts) if best else explain(model, *texts, step)).to_dict(), "before": None}
        now = best.answer(*texts) if best else asked(model, step, *texts)
        return {"now": now.to_dict(), "before": self._before(question)}

    def _before(self, question: Question) -> dict[str, Any] | None:
        """The answers before training; None where that snapshot is gone."""
        with suppress(CheckpointError):
            first = self._first.answer(question.text, question.text_pair)
            return first.to_dict()["answers"] if first.step == 0 else None
        return None
