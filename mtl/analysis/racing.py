"""The result of a race: a run of several tasks against its single-task twins, read from the store."""

from collections.abc import Callable, Sequence

from mtl.analysis.comparison import Comparison, compare
from mtl.analysis.results import Result, Results
from mtl.errors import ComparisonError
from mtl.runs.known import FINISHED
from mtl.runs.race import Entry, Races
from mtl.runs.store import RunStore


def compare_race(store: RunStore, run_id: str, seeds: int = 1) -> Comparison:
    """All tasks together against each alone.

    Args:
        store: Where the runs are.
        run_id: The run of several tasks, which has the first of the seeds.
        seeds: How many; one of ``mtl.runs.twins.SEEDS``.

    Raises:
        ComparisonError: ``no_run`` or ``unfinished``, for the first run that is not there yet, or what ``compare``
            raises.
        RunNotFound: There is no such run.
        ConfigError: It has one task only, or ``seeds`` is another number.
    """
    return compare_entries(Races(store).entries(run_id, seeds), Results(store))


def compare_entries(entries: Sequence[Entry], read: Callable[[str], Result]) -> Comparison:
    """The same of entries that have been found; ``read`` gives the result of a run.

    Raises:
        ComparisonError: As ``compare_race``.
    """
    together: list[Result] = []
    alone: list[Result] = []
    for entry in entries:
        if entry.run_id is None:
            what = entry.task or "all tasks together"
            message = f"There is no run of {what} with seed {entry.seed} yet."
            raise ComparisonError(message, reason="no_run", task=entry.task, seed=entry.seed)
        (together if entry.task is None else alone).append(read(entry.run_id))
    return compare(together, alone)


def finished_heats(entries: Sequence[Entry]) -> list[Entry]:
    """The entries of the seeds whose runs have all finished."""
    open_seeds = {entry.seed for entry in entries if entry.status is None or entry.status.state != FINISHED}
    return [entry for entry in entries if entry.seed not in open_seeds]
