"""On a mix made for it, the suggested grouping is better than sharing everything and than sharing nothing."""

import random

import pytest

from mtl.analysis.gains import best_losses
from mtl.analysis.grouping import best_groupings
from mtl.analysis.relations import relations
from mtl.data.sources import TaskSpec

SIDES = ("low", "high")
LETTERS, DIGITS = "abcdefghijklmnop", "0123456789"
TASKS = ("first", "second", "shouting")
ROWS, LOUD = 24, 20.0
SHARE = 8
"""Texts of each task in a step, whoever else is trained."""
STEPS = 60


@pytest.fixture
def mix(make_trainer, corpus, monkeypatch, never):
    """`mix(names, seed)`: the events of a run.

    Two tasks ask the same of different letters, and have too few of them: together they know more. A third learns
    chance by heart, with a loss that drowns the others.
    """
    from mtl.data import corpus as shipped

    monkeypatch.setattr(shipped, "SOURCES", shipped.SOURCES | {f"{name} texts" for name in TASKS})
    for name in TASKS:
        spec = TaskSpec(name, "classification", f"{name} texts", "side", SIDES)
        monkeypatch.setitem(shipped.TASKS, name, spec)

    def write(seed):
        rng = random.Random(seed)
        high = set(rng.sample(LETTERS, len(LETTERS) // 2))
        for name in TASKS:
            for split, count in (("train", ROWS), ("validation", 100), ("test", 8)):
                letters = [(text := rng.choice(LETTERS), text in high) for _ in range(count)]
                chance = [(" ".join(rng.choices(DIGITS, k=3)), rng.random() < 0.5) for _ in range(4 * count)]
                rows = chance if name == "shouting" else letters
                corpus(f"{name} texts", split, [{"text": text, "side": SIDES[at]} for text, at in rows])

    def run(names, seed):
        write(seed)
        training = {
            "max_steps": STEPS, "eval_steps": 6, "learning_rate": 3e-3, "head_learning_rate": 3e-3, "seed": seed,
            "per_device_train_batch_size": SHARE * len(names), "conflict_steps": 1, "affinity_steps": 2,
        }  # fmt: skip
        tasks = [{"name": name, "loss_scale": LOUD if name == "shouting" else 1.0} for name in names]
        told = []
        trainer = make_trainer(tasks, parts={"sampling": "uniform"}, **training)
        trainer.run(lambda event: told.append(event.to_dict()), never, None)
        return told

    return run


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [(0, 1, 2), (3, 4, 5)], ids=str)
def test_the_suggestion_beats_sharing_everything_and_sharing_nothing(mix, seeds):
    together = {seed: mix(TASKS, seed) for seed in seeds}
    alone = {seed: {name: best_losses(mix([name], seed))[name] for name in TASKS} for seed in seeds}

    def gain(losses):
        """The mean over tasks and seeds of how much lower a loss is than alone."""
        shares = [1 - losses[seed][name] / alone[seed][name] for seed in seeds for name in TASKS]
        return sum(shares) / len(shares)

    found = relations(event for events in together.values() for event in events)
    for relation in (found.cosine, found.affinity):
        suggested = max(best_groupings(relation), key=lambda each: each.value)
        assert suggested.groups == (TASKS[:2], TASKS[2:])
    grouped = {seed: best_losses(mix(TASKS[:2], seed)) | {TASKS[2]: alone[seed][TASKS[2]]} for seed in seeds}
    shared = {seed: best_losses(events) for seed, events in together.items()}
    assert gain(grouped) > 0.2  # alone is 0
    assert gain(grouped) > gain(shared) + 0.2
