"""When to end a run early: only when no task gets better any more."""

import math

NO_IMPROVEMENT = "no_improvement"
"""Why such a run ended."""


class Patience:
    """Counts validations in a row in which no task beat its own best.

    `Early Stopping – But When? <https://doi.org/10.1007/3-540-49430-8_3>`_ (Prechelt 1998), for several tasks: one that
    still learns keeps all going, as a mean over tasks would not.

    Args:
        validations: So many of them end the run; 0: none ever does.
    """

    def __init__(self, validations: int) -> None:
        self._limit = validations
        self._best: dict[str, float] = {}
        self._better = False
        self._waited = 0

    def see(self, task: str, score: float) -> None:
        """Takes a task's score of the validation that goes on; higher is better, NaN is no score."""
        if not math.isnan(score) and score > self._best.get(task, -math.inf):
            self._best[task] = score
            self._better = True

    def over(self) -> bool:
        """To be asked once after each validation: whether the run should end."""
        self._waited = 0 if self._better else self._waited + 1
        self._better = False
        return 0 < self._limit <= self._waited
