"""What the numbers of the trials say: scores, Δm against single-task training, random weights, and an ill scale."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from mtl.analysis.comparison import delta_m
from mtl.analysis.intervals import interval
from tests.bench.method_runs import SCORES, TRIALS
from tests.bench.table import line

Found = Mapping[str, Mapping[int, Mapping[str, Any]]]
"""Numbers by trial and seed."""
ALONE, REFERENCE, LITMUS, ILL = "alone", "equal", "random", "ill "
HEAD = ("method", *SCORES, "Δm against alone, %", "Δm less that of random", "time of a step", "memory, MB")
ILL_HEAD = ("balancer", *SCORES, "mean", "less equal weights well scaled", "less itself well scaled")


def gain(scores: Mapping[str, float], alone: Mapping[str, float]) -> float:
    """Δm in percent, as the Compare tab counts it: above 0 is better than single-task training."""
    return delta_m({name: (scores[name], alone[name]) for name in alone})


def table(found: Found) -> list[str]:
    """A line for each trial on the well-scaled mix; with several seeds means, and of Δm each seed's value."""
    alone = _alone(found)
    lines = [line(HEAD), line(["---"] * len(HEAD))]
    if alone:
        lines.append(line(["each alone", *_scores([{"scores": each} for each in alone.values()]), "0", "", "", ""]))
    gains = {name: dict(_gains(seeds, alone)) for name, seeds in found.items()}
    steps = [each["step_s"] for each in found.get(REFERENCE, {}).values()]
    for name, seeds in found.items():
        if TRIALS[name].group in (ALONE, "ill_scaled"):
            continue
        time = f"{fmean(each['step_s'] for each in seeds.values()) / fmean(steps):.2f} ×" if steps else "–"
        memory = f"{fmean(each['memory_bytes'] for each in seeds.values()) / 1e6:.0f}"
        litmus = _less(gains[name], gains.get(LITMUS, {}), 1) if name != LITMUS else ""
        lines.append(line([name, *_scores(seeds.values()), _each(list(gains[name].values())), litmus, time, memory]))
    return lines


def ill_table(found: Found) -> list[str]:
    """A line for each trial on the ill-scaled mix: the mean of the scores, and how many points it is off."""
    well = {name: {seed: _mean(each) for seed, each in seeds.items()} for name, seeds in found.items()}
    lines = [line(ILL_HEAD), line(["---"] * len(ILL_HEAD))]
    for name, seeds in found.items():
        if TRIALS[name].group == "ill_scaled":
            own = well[name]
            off = [_less(own, well.get(other, {}), 100) for other in (REFERENCE, name.removeprefix(ILL))]
            lines.append(line([name, *_scores(seeds.values()), f"{100 * fmean(own.values()):.1f}", *off]))
    return lines


def _alone(found: Found) -> dict[int, dict[str, float]]:
    """Each task's score by itself, of the seeds that have all of them."""
    seeds = set.intersection(*(set(found.get(f"{ALONE} {task}", {})) for task in SCORES))
    return {seed: {task: found[f"{ALONE} {task}"][seed]["scores"][task] for task in SCORES} for seed in sorted(seeds)}


def _gains(
    seeds: Mapping[int, Mapping[str, Any]], alone: Mapping[int, Mapping[str, float]]
) -> Iterator[tuple[int, float]]:
    for seed, each in seeds.items():
        if seed in alone and each["scores"].keys() == SCORES.keys():
            yield seed, gain(each["scores"], alone[seed])


def _mean(trial: Mapping[str, Any]) -> float:
    return fmean(trial["scores"].values())


def _scores(trials: Collection[Mapping[str, Any]]) -> list[str]:
    return [f"{100 * fmean(each['scores'][task] for each in trials):.1f}" for task in SCORES]


def _each(values: Sequence[float]) -> str:
    if not values:
        return "–"
    each = f" ({', '.join(f'{value:+.1f}' for value in values)})" if len(values) > 1 else ""
    return f"{fmean(values):+.1f}{each}"


def _less(values: Mapping[int, float], others: Mapping[int, float], factor: float) -> str:
    """The mean difference of the seeds that both have, its interval, and what may be claimed."""
    both = [factor * (values[seed] - others[seed]) for seed in values if seed in others]
    if not both:
        return "–"
    found = interval(both)
    if found.low is None or found.high is None:
        return f"{found.mean:+.1f}"
    return f"{found.mean:+.1f} [{found.low:+.1f}, {found.high:+.1f}] {found.verdict.replace('_', ' ')}"
