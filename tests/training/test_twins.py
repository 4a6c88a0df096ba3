"""A task alone and together on equal terms: the same texts in the same steps, on the mixture's real numbers."""

import math
from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest

from mtl.assembly import assemble, build_sampler
from mtl.data.corpus import TASKS, sizes
from mtl.runs.config import DEFAULT_TASKS, Choice, RunConfig
from mtl.runs.twins import heats, twin
from mtl.training.mixture import Plan
from mtl.training.probe import measure
from mtl.training.sampling import SAMPLING

MIXED = ("sentiment", "topic", "relation", "question_type")
"""Two tasks on one source, and two with sources of their own."""


@pytest.fixture
def pair(make_trainer):
    """`pair("topic", sampling={…})`: the trainer of all tasks and that of one alone, on the small corpus."""

    def make(task, tasks=MIXED, report=lambda event: None, training=None, **parts):
        training = {"max_steps": 12, "eval_steps": 6, "per_device_train_batch_size": 8, **(training or {})}
        make_trainer(["sentiment"])  # puts the small corpus in place
        config = RunConfig.from_dict(
            {"tasks": list(tasks), "training": training, "encoder": {"freeze_layers": 0}, **parts}
        )
        whole = assemble(config, report=lambda event: None)
        return whole, assemble(twin(config, task), report=report)

    return make


def taken(trainer, source, steps):
    """The tokens of the source's texts in each step, nothing where it has none."""
    steps = islice(trainer.batches(), steps)
    return [[batch.input_ids.tolist() for batch in batches if batch.source == source] for batches in steps]


@pytest.mark.parametrize("sampling", SAMPLING)
@pytest.mark.parametrize("task", ["topic", "relation", "question_type"])
def test_a_twin_reads_the_same_texts_in_the_same_steps(pair, task, sampling):
    whole, alone = pair(task, sampling=sampling)
    source = TASKS[task].source
    assert taken(alone, source, 12) == taken(whole, source, 12)
    assert {batch.source for batches in islice(alone.batches(), 12) for batch in batches} == {source}
    assert alone.max_steps == whole.max_steps


def test_after_every_step_both_sides_have_seen_as_many_labelled_texts(pair):
    for task in MIXED:
        whole, alone = pair(task, tasks=({"name": "sentiment", "max_train_samples": 5}, *MIXED[1:]))
        counts = [Counter(), Counter()]
        for steps in zip(islice(whole.batches(), 12), islice(alone.batches(), 12), strict=True):
            for seen, batches in zip(counts, steps, strict=True):
                for batch in batches:
                    seen.update({name: count for name, count in batch.labelled.items() if name == task})
            assert counts[0] == counts[1]


def test_passes_over_the_data_are_those_of_the_whole(pair):
    whole, alone = pair("topic", training={"max_steps": -1, "num_train_epochs": 1.5})
    assert alone.max_steps == whole.max_steps == math.ceil(1.5 * (40 + 24 + 16) / 8)


def test_windows_of_long_passages_count_as_they_do_in_the_whole(pair):
    tasks = ("answers", "topic")
    for task in tasks:
        whole, alone = pair(task, tasks=tasks, encoder={"freeze_layers": 0, "max_length": 20})
        assert whole.sources["passages"].size > 24, "some passages have several windows"
        source = {"answers": "passages", "topic": "texts"}[task]
        assert taken(alone, source, 12) == taken(whole, source, 12)
        assert alone.plan.shares(0) == whole.plan.shares(0)


def test_a_task_beside_one_that_writes_is_read_as_it_would_be(pair):
    whole, alone = pair("sentiment", tasks=("sentiment", "headline", "relation"))
    assert taken(alone, "texts", 12) == taken(whole, "texts", 12)


def test_steps_without_a_text_move_only_the_schedule_on(pair, never):
    said = []
    sampling = {"name": "weighted", "options": {"weights": {"question_type": 0.01}, "temperature": 100.0}}
    whole, alone = pair("question_type", sampling=sampling, report=said.append)
    assert sum(not batches for batches in islice(alone.batches(), 12)) >= 6
    rates = []
    for trainer in (whole, alone):
        events = []
        trainer.run(events.append, never, None)
        rates.append([event.learning_rate for event in events if event.type == "optimizer"])
    assert rates[0] == pytest.approx(rates[1])
    assert measure_of(alone)["seconds"] > 0


def measure_of(trainer):
    """The estimate of a run that is there already."""
    return measure(None, lambda config, report: trainer, lambda: False)


def test_without_dropout_a_twin_trains_on_what_the_whole_trains_its_task_on(pair, never):
    """The first losses are equal where nothing but the head's first weights could differ: with the same ones."""
    whole, alone = pair("relation")
    for own, other in zip(
        alone.model.heads["relation"].parameters(), whole.model.heads["relation"].parameters(), strict=True
    ):
        own.data.copy_(other.data)
    losses = []
    for trainer in (whole, alone):
        batches = next(iter(trainer.batches()))
        losses.append(float(trainer.train_step(batches).tasks["relation"].loss))
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.parametrize("sampling", SAMPLING)
def test_on_the_real_corpus_the_expected_examples_of_both_sides_are_equal(sampling):
    """The default preset: 48 steps of 32 texts, its six tasks on their sources, with the rows they really have."""
    config = RunConfig()
    rows = {TASKS[name].source: sizes(TASKS[name])["train"] for name in DEFAULT_TASKS}
    (heat,) = heats(replace(config, sampling=Choice(sampling)))
    steps, size = config.training.max_steps, config.training.per_device_train_batch_size
    plan = Plan(build_sampler(Choice(sampling), {}), rows, size, steps)
    given = Counter()
    for counts in islice(plan.counts(), steps):
        given.update(counts)
    expected = {name: size * sum(plan.shares(step)[name] for step in range(steps)) for name in rows}
    assert sum(given.values()) == steps * size
    assert all(abs(given[name] - expected[name]) < 2 for name in rows)
    for task, alone in heat.alone.items():
        names = dict.fromkeys(TASKS[each.name].source for each in alone.within)
        assert list(names) == list(rows)  # the twin's plan is the plan of the whole
        assert TASKS[task].source in rows


def test_tasks_of_the_whole_may_be_named_by_its_sampling_only(make_trainer):
    from mtl.assembly import check
    from mtl.errors import ConfigError

    config = RunConfig.from_dict(
        {"tasks": list(MIXED), "sampling": {"name": "weighted", "options": {"weights": {"relation": 2.0}}}}
    )
    check(twin(config, "topic"))
    wrong = replace(twin(config, "topic"), balancer=Choice("fixed", {"weights": {"relation": 2.0}}))
    with pytest.raises(ConfigError, match="name only tasks"):
        check(wrong)
