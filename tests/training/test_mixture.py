"""From shares to texts: exact over time, nobody starved, the same for the same seed, and told."""

import random
from itertools import islice, pairwise

import pytest

from mtl.assembly import build_sampler
from mtl.runs import events
from mtl.runs.config import Choice
from mtl.training.mixture import PATIENCE, Mixture, Plan, at_least
from mtl.training.sampling import SAMPLING, Annealed, Proportional


def totals_off(shares_of, batch_size, steps):
    """The furthest that any source's total ever is from the sum of its shares."""
    mixture, worst = Mixture(batch_size), 0.0
    given = dict.fromkeys(shares_of(0), 0)
    due = dict.fromkeys(given, 0.0)
    for step in range(steps):
        shares = shares_of(step)
        counts = mixture.counts(shares)
        assert sum(counts.values()) == batch_size
        assert all(count > 0 for count in counts.values())
        for name, share in shares.items():
            given[name] += counts.get(name, 0)
            due[name] += share * batch_size
        worst = max(worst, *(abs(given[name] - due[name]) for name in given))
    return worst


@pytest.mark.parametrize("batch_size", [1, 2, 3, 8, 32])
def test_totals_stay_within_one_text_of_the_shares(batch_size):
    rng = random.Random(batch_size)
    for _ in range(60):
        sizes = [rng.random() ** rng.choice((1, 4, 10)) + 1e-6 for _ in range(rng.randrange(1, 24))]
        shares = {str(number): size / sum(sizes) for number, size in enumerate(sizes)}
        assert totals_off(lambda _, shares=shares: shares, batch_size, 200) < 1 + 1e-6


def test_many_shares_never_add_up_to_more_than_the_batch():
    """Shares found by search, for which going by the largest remainder gives 4 texts in a step of 3."""
    rng = random.Random(3777)
    count, batch_size = rng.randint(2, 24), rng.choice([1, 2, 3, 8, 32])
    power = [rng.random() ** rng.choice([1, 4, 10]) + 1e-6 for _ in range(count)]
    shares = {str(number): size / sum(power) for number, size in enumerate(power)}
    assert totals_off(lambda _: shares, batch_size, 300) < 1 + 1e-6


def test_a_small_source_comes_when_its_turn_has_come():
    mixture, shares = Mixture(8), {"large": 0.999, "small": 0.001}
    turns = [step for step in range(1, 1001) if "small" in mixture.counts(shares)]
    assert len(turns) == 8
    assert max(later - earlier for earlier, later in pairwise(turns)) <= 250


def test_even_shares_are_even_in_every_step():
    mixture = Mixture(8)
    assert all(mixture.counts({"a": 0.5, "b": 0.25, "c": 0.25}) == {"a": 4, "b": 2, "c": 2} for _ in range(1000))
    tenths = Mixture(10)
    shares = {str(number): 0.1 for number in range(10)}
    assert all(set(tenths.counts(shares).values()) == {1} for _ in range(1000))


def random_rows(rng):
    return {str(number): rng.randint(1, 10 ** rng.randint(0, 7)) for number in range(rng.randint(1, 24))}


@pytest.mark.parametrize("name", SAMPLING)
def test_texts_come_as_often_as_the_formula_says(name):
    """Also where the shares change with every step: the sum over the run is what counts."""
    rng, sampler = random.Random(1), build_sampler(Choice(name), {})
    for _ in range(20):
        rows, batch_size, steps = random_rows(rng), rng.choice((1, 3, 8, 32)), rng.randint(2, 400)
        plan = Plan(sampler, rows, batch_size, steps)
        assert totals_off(plan.shares, batch_size, steps) < 2
        floor = min(1 / len(rows), 1 / (batch_size * min(PATIENCE, steps)))
        for step in (0, steps // 2, steps - 1):
            wanted, found = sampler.shares(rows, step / max(1, steps - 1)), plan.shares(step)
            assert sum(found.values()) == pytest.approx(1)
            if min(wanted.values()) >= floor:
                assert found == pytest.approx(wanted)


@pytest.mark.parametrize("name", SAMPLING)
def test_nobody_starves(name):
    """Every source gives a text at least every ``PATIENCE`` steps, as far as steps have room for all of them."""
    rng, sampler = random.Random(2), build_sampler(Choice(name), {})
    for _ in range(20):
        rows, batch_size, steps = random_rows(rng), rng.choice((1, 3, 8, 32)), rng.randint(30, 500)
        turns = {each: [0] for each in rows}
        for step, counts in enumerate(islice(Plan(sampler, rows, batch_size, steps).counts(), steps), 1):
            for each in counts:
                turns[each].append(step)
        patience = max(min(PATIENCE, steps), -(-len(rows) // batch_size))
        for waits in turns.values():
            assert len(waits) > 1
            assert max(later - earlier for earlier, later in pairwise(waits)) <= 2 * patience


def test_a_floor_lifts_the_least_and_the_others_give_in_proportion():
    assert at_least({"a": 0.9, "b": 0.09, "c": 0.01}, 0.1) == pytest.approx({"a": 0.8, "b": 0.1, "c": 0.1})
    assert at_least({"a": 0.6, "b": 0.4}, 0.1) == pytest.approx({"a": 0.6, "b": 0.4})
    assert at_least({"a": 0.9, "b": 0.1}, 0.8) == pytest.approx({"a": 0.5, "b": 0.5})
    assert at_least({"a": 1.0}, 0.3) == {"a": 1.0}


def test_a_plan_is_the_same_wherever_it_is_taken_up():
    first, second = (Plan(Annealed(), {"a": 900, "b": 10}, 4, 50) for _ in range(2))
    assert list(islice(first.counts(), 60)) == list(islice(second.counts(), 60))
    assert [first.shares(step) for step in (40, 3, 70)] == [second.shares(step) for step in (40, 3, 70)]
    assert first.shares(49) == first.shares(5000) == {"a": 0.5, "b": 0.5}


def drawn(trainer, steps):
    return [
        {batch.source: batch.input_ids.tolist() for batch in batches} for batches in islice(trainer.batches(), steps)
    ]


def test_the_same_seed_draws_the_same_texts(make_trainer):
    annealed = {"sampling": "annealed"}
    one, same, other = (make_trainer(parts=annealed, seed=seed, max_steps=6) for seed in (1, 1, 2))
    assert drawn(one, 6) == drawn(same, 6)
    assert drawn(one, 6) != drawn(other, 6)


@pytest.mark.parametrize("name", SAMPLING)
def test_the_length_of_a_run_never_depends_on_the_smallest_source(name, make_trainer, corpus, rows, never):
    corpus("questions", "train", rows("questions", 1))
    trainer = make_trainer(["topic", "question_type"], parts={"sampling": name}, max_steps=9, eval_steps=9)
    said = []
    trainer.run(said.append, never, None)
    assert trainer.step == 9
    assert {event.task for event in said if isinstance(event, events.Loss)} == {"topic", "question_type"}
    by_epochs = make_trainer(["topic", "question_type"], parts={"sampling": name}, max_steps=-1, num_train_epochs=1.0)
    assert by_epochs.max_steps == -(-41 // 8)


def test_the_mixture_and_what_tasks_have_seen_are_told(make_trainer, never):
    limited = {"name": "stars", "max_train_samples": 5}
    said = []
    trainer = make_trainer(["topic", limited, "relation"], max_steps=30, eval_steps=10)
    trainer.run(said.append, never, None)
    told = [event for event in said if isinstance(event, events.Mixture)]
    assert [event.step for event in told] == [1, 10, 20, 30]
    last = told[-1]
    assert last.shares == pytest.approx({"texts": 40 / 64, "pairs": 24 / 64})
    assert last.examples["topic"] + last.examples["relation"] == 30 * 8 == trainer.examples
    assert 0 < last.examples["stars"] < last.examples["topic"]
    assert last.examples["stars"] / last.examples["topic"] == pytest.approx(5 / 40, abs=0.03)


def test_shares_that_move_are_told_as_they_move(make_trainer, never):
    said = []
    make_trainer(parts={"sampling": "annealed"}, max_steps=20, eval_steps=20).run(said.append, never, None)
    told = [event for event in said if isinstance(event, events.Mixture)]
    assert (told[0].step, told[-1].step) == (1, 20)
    assert told[0].shares == pytest.approx({"texts": 0.5, "pairs": 0.3, "questions": 0.2})
    assert told[-1].shares == pytest.approx(dict.fromkeys(told[0].shares, 1 / 3))
    steps = [abs(later.shares["questions"] - earlier.shares["questions"]) for earlier, later in pairwise(told)]
    assert max(steps) < 0.03


def test_proportional_steps_are_those_of_the_rows():
    plan = Plan(Proportional(), {"a": 30, "b": 10}, 8, 100)
    assert list(islice(plan.counts(), 3)) == [{"a": 6, "b": 2}] * 3
