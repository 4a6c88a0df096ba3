"""Relations of tasks whose truth is known: the same task twice, its labels swapped, labels of chance."""

import random
from itertools import islice, permutations

import pytest
import torch

from mtl.analysis.grouping import best_grouping
from mtl.analysis.relations import relations
from mtl.data.sources import TaskSpec

LABELS = ("food", "travel")
TASKS = ("one", "again", "swapped", "chance")


@pytest.fixture
def known(make_trainer, corpus, rows, monkeypatch):
    """`known(one_head=True, max_steps=4)`: a trainer of the four tasks on the same texts."""
    from mtl.data import corpus as shipped

    for name in TASKS:
        monkeypatch.setitem(shipped.TASKS, name, TaskSpec(name, "classification", "texts", name, LABELS))
    for seed, (split, count) in enumerate((("train", 120), ("validation", 10), ("test", 8))):
        content, rng = rows("texts", count, seed), random.Random(seed)
        for row in content:
            at = LABELS.index(row["topic"])
            row |= {"one": LABELS[at], "again": LABELS[at], "swapped": LABELS[1 - at], "chance": rng.choice(LABELS)}
        corpus("texts", split, content)

    def make(one_head, **training):
        trainer = make_trainer(list(TASKS), per_device_train_batch_size=24, eval_steps=100, **training)
        if one_head:
            with torch.no_grad():
                for each in trainer.model.heads["one"].parameters():
                    each.mul_(0.1)  # undecided: both labels are equally likely
            for name in TASKS[1:]:
                trainer.model.heads[name].load_state_dict(trainer.model.heads["one"].state_dict())
        return trainer

    return make


def told(trainer, never):
    """The relations of a run, from its events."""
    found = []
    trainer.run(lambda event: found.append(event.to_dict()), never, None)
    return relations(found)


def test_with_one_head_the_same_labels_help_and_swapped_ones_conflict(known):
    """An undecided head that all tasks have alike: then the truth is exact, as their losses differ in labels only."""
    trainer = known(True)
    probes = [trainer.look_ahead(step) for step in islice(trainer.batches(), 8)]
    found = relations(event.to_dict() for event in probes)
    own = found.affinity.value("one", "one")
    assert found.affinity.value("one", "again") == own > 0
    assert found.affinity.value("one", "swapped") < -0.8 * own
    assert abs(found.affinity.value("one", "chance")) < 0.7 * own
    for level in ("embeddings", "1", "2"):
        cosine = found.levels[level]
        assert cosine.value("one", "again") == pytest.approx(1, abs=1e-3)
        assert cosine.value("one", "swapped") < -0.9
        assert abs(cosine.value("one", "chance")) < 0.7


@pytest.mark.parametrize("seed", range(3))
def test_with_heads_of_their_own_a_swapped_task_is_the_same_task(known, never, seed):
    """What labels are called is the head's business: once it has learnt that, the encoder is asked for the same."""
    settings = {"affinity_steps": 4, "conflict_steps": 4, "learning_rate": 1e-3, "head_learning_rate": 5e-3}
    found = told(known(False, max_steps=48, seed=seed, **settings), never)
    for relation in (found.cosine, found.affinity):
        related = [relation.value(a, b) for a, b in permutations(TASKS[:3], 2)]
        strangers = [effect.value for effect in relation.effects() if "chance" in (effect.source, effect.target)]
        assert min(related) > 0
        assert max(map(abs, strangers)) < min(related)
        assert max(map(abs, strangers)) < 0.35 * sum(related) / len(related)
    assert best_grouping(found.affinity, 2).groups == (("one", "again", "swapped"), ("chance",))
