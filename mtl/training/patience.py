"""When to end a run early: only when no task gets better any more."""

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
        self._waited = 0

    def over(self, better: bool) -> bool:
        """To be told after each validation whether any task got better than ever: whether the run should end."""
        self._waited = 0 if better else self._waited + 1
        return 0 < self._limit <= self._waited
