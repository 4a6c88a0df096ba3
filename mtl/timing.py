"""How long a question takes: a few test texts, each asked on its own of all heads."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice, zip_longest
from statistics import fmean

from mtl.checks import visible
from mtl.data.sources import Row, Split, TaskSpec
from mtl.inference import asked
from mtl.model import MultiTaskModel
from mtl.runs.events import Event, QuestionTime

QUESTIONS = 24
"""At most so many are asked."""
LIMIT_S = 2.0
"""Nothing new is asked after so many seconds."""

Question = tuple[str, str | None]


def questions(
    rows: Mapping[str, Mapping[Split, Sequence[Row]]],
    specs: Sequence[TaskSpec],
    split: Split = "test",
    count: int = QUESTIONS,
) -> list[Question]:
    """The first texts of every source in turn, as its tasks read them: alike for a run and its twins."""
    readings = {spec.source: spec for spec in specs}
    sources = [
        [(str(row[spec.text]), str(row[spec.text_pair]) if spec.text_pair else None) for row in rows[name][split]]
        for name, spec in readings.items()
    ]
    turns = chain.from_iterable(zip_longest(*sources))
    return list(islice((found for found in turns if found is not None and visible(found[0])), count))


class QuestionTimer:
    """Times the questions, each twice, of which the faster counts. The model is left as it was."""

    def __init__(self, questions: Sequence[Question], clock: Callable[[], float] = time.perf_counter) -> None:
        self._questions = questions
        self._clock = clock

    def __call__(self, model: MultiTaskModel, step: int) -> Iterator[Event]:
        """One event; none where there is no question."""
        was_training = model.training
        model.eval()
        found: list[float] = []
        began = self._clock()
        for text, pair in self._questions:
            if found and self._clock() - began > LIMIT_S:
                break
            found.append(min(self._ask(model, text, pair) for _ in range(2)))
        model.train(was_training)
        if found:
            yield QuestionTime(step=step, seconds=fmean(found), questions=len(found))

    def _ask(self, model: MultiTaskModel, text: str, pair: str | None) -> float:
        began = self._clock()
        asked(model, 0, text, pair)
        return self._clock() - began
