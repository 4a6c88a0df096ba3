"""Per-task model selection: which step was the best of each task, and which of all together, by validation scores."""

import math
from collections.abc import Mapping, Sequence

from mtl.runs.config import BEST, EACH
from mtl.runs.selected import Selected


class Selection:
    """Follows the validations of a run. The first of equal scores wins: later ones had more time to overfit.

    Tasks peak at different steps, and one that is hurt by the others often peaks early. Scores of all kinds lie in
    [0, 1] and are better when higher: their mean over the tasks is what "all together" means here.
    """

    def __init__(self) -> None:
        self._now: dict[str, float] = {}
        self._highest: dict[str, float] = {}
        self._mean = -math.inf
        self._best: int | None = None
        self._each: dict[str, int] = {}

    @property
    def selected(self) -> Selected:
        """The best steps so far."""
        return Selected(self._best, dict(self._each))

    def see(self, task: str, score: float) -> None:
        """Takes a task's primary score of the validation that goes on; NaN is no score."""
        if not math.isnan(score):
            self._now[task] = score

    def close(self, step: int) -> list[str]:
        """Ends a validation, and names the tasks that got better than ever.

        The mean counts only where every task was scored that ever was: a stop may have cut the validation short.
        """
        now, self._now = self._now, {}
        better = [task for task, score in now.items() if score > self._highest.get(task, -math.inf)]
        for task in better:
            self._highest[task], self._each[task] = now[task], step
        mean = sum(now.values()) / len(now) if now else -math.inf
        if now.keys() >= self._highest.keys() and mean > self._mean:
            self._mean, self._best = mean, step
        return better


def steps_to_score(rule: str, selected: Selected, tasks: Sequence[str], last: int) -> dict[int, list[str]]:
    """Which tasks are scored with the weights of which step, by ``TrainingConfig.model_selection``.

    What was never validated is scored with the weights of the ``last`` step.
    """
    best: Mapping[str, int | None] = {BEST: dict.fromkeys(tasks, selected.best), EACH: selected.each}.get(rule, {})
    found: dict[int, list[str]] = {}
    for task in tasks:
        step = best.get(task)
        found.setdefault(last if step is None else step, []).append(task)
    return found
