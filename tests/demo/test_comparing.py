"""The Compare tab's side of the server: a race from start to card, picked runs, files, whatever anybody may send."""

import json
import re
import shutil

import pytest

from demo.comparing import MOST
from demo.starting import Limits
from demo.text.en import EN
from demo.text.zh import ZH
from mtl.errors import ComparisonError, ConfigError, NotOwner
from mtl.runs.journal import Journal
from tests.races import ME, config, pick, race


def test_a_race_goes_from_the_button_to_the_card(comparing, store, finish) -> None:
    run = finish(store.create(config(), ME), sentiment=0.8, topic=0.6)
    said = race(comparing, run)
    assert [(entry["task"], entry["missing"]) for entry in said["entries"]] == [
        (None, False), ("sentiment", True), ("topic", True),
    ]  # fmt: skip
    assert said["card"] is None and said["estimate"] == pytest.approx(2 * 40 * 0.5)
    assert comparing.start(run, 1, ME) == 2
    said = race(comparing, run)
    assert not any(entry["missing"] for entry in said["entries"])
    assert comparing.start(run, 1, ME) == 0, "what is there is never trained again"
    twins = {entry["task"]: entry["run"] for entry in said["entries"]}
    finish(twins["sentiment"], sentiment=0.4)
    assert race(comparing, run)["card"] is None
    finish(twins["topic"], topic=0.6)
    card = race(comparing, run)["card"]
    assert card["head"] == ["Task", "Metric", "Together", "Alone", "Difference", "What may be said"]
    assert [row["cells"][1:] for row in card["rows"]] == [
        ["80.0", "40.0", "+40.0", "one seed: nothing can be claimed"],
        ["60.0", "60.0", "±0.0", "one seed: nothing can be claimed"],
    ]
    assert card["delta"]["value"] == "Δm = +50.0 %"
    assert "nothing can be claimed" in card["delta"]["sentence"]
    costs = [row[1:] for row in card["costs"]["rows"]]
    # By the toy's clock: one second an event, from the phase of training to the end.
    assert costs == [["1", "2"], ["22.7 M", "45.4 M"], ["14 s", "20 s"], ["30 ms", "40 ms"], ["1.2 GB", "1.2 GB"]]


def test_three_seeds_give_intervals_and_say_when_nothing_can_be_claimed(comparing, store, finish) -> None:
    first = finish(store.create(config(), ME), sentiment=0.80, topic=0.6)
    comparing.start(first, 3, ME)
    scores = {0: (0.80, 0.60, 0.70, 0.61), 1: (0.81, 0.60, 0.72, 0.60), 2: (0.82, 0.60, 0.70, 0.58)}
    for entry in race(comparing, first, 3)["entries"]:
        a, b, alone_a, alone_b = scores[entry["seed"]]
        wanted = {None: {"sentiment": a, "topic": b}, "sentiment": {"sentiment": alone_a}, "topic": {"topic": alone_b}}
        if entry["run"] != first:
            finish(entry["run"], **wanted[entry["task"]])
    said = race(comparing, first, 3)
    assert (said["seeds"], said["seeds_done"]) == (3, 3)
    assert [row["verdict"] for row in said["card"]["rows"]] == ["better", "no_difference"]
    assert re.fullmatch(r"\+10\.3 \(\+6\.5 to \+14\.1\)", said["card"]["rows"][0]["cells"][3])
    assert said["card"]["rows"][1]["cells"][4] == "no difference can be claimed"
    assert "3 seeds" in said["card"]["notes"][0] and "2 degrees" in said["card"]["notes"][0]


def test_a_base_of_zero_is_said_and_gives_no_delta(comparing, store, finish) -> None:
    run = finish(store.create(config(), ME), sentiment=0.8, topic=0.6)
    comparing.start(run, 1, ME)
    for entry in race(comparing, run)["entries"][1:]:
        finish(entry["run"], **{entry["task"]: 0.0 if entry["task"] == "topic" else 0.4})
    card = race(comparing, run)["card"]
    assert card["delta"] is None
    assert "the base of Topic is 0 or below" in " ".join(card["notes"])


def test_a_race_survives_a_restart_of_the_server(make, store, finish) -> None:
    run = finish(store.create(config(), ME), sentiment=0.8, topic=0.6)
    make().start(run, 1, ME)
    assert race(make(), run)["entries"] == race(make(), run)["entries"]
    assert all(entry["run"] for entry in race(make(), run)["entries"])


def test_a_race_whose_first_run_failed_goes_on_with_another_one(comparing, store, finish) -> None:
    from mtl.runs.events import Failed

    run = store.create(config(), ME)
    journal = Journal(store.folder(run) / "events.jsonl", lambda: 1.0)
    journal.append(Failed(step=0, error="OutOfMemory", message="", elapsed_s=1.0))
    journal.close()
    assert race(comparing, run)["entries"][0]["missing"]
    assert comparing.start(run, 1, ME) == 3
    entries = race(comparing, run)["entries"]
    assert not entries[0]["missing"] and entries[0]["run"] != run


def test_on_a_shared_machine_the_limits_hold_and_only_the_owner_races(make, store) -> None:
    comparing = make(Limits(queued_runs=2))
    run = store.create(config(("sentiment", "topic", "stars")), ME)
    with pytest.raises(NotOwner):
        comparing.start(run, 1, "visitor other")
    with pytest.raises(ConfigError) as caught:
        comparing.start(run, 1, ME)
    assert caught.value.details["field"] == "queue"
    assert sum(not entry["missing"] for entry in race(comparing, run)["entries"]) == 3, "those before it stay started"
    assert comparing.runs("visitor other") == [] and len(comparing.runs(ME)) == 3


def test_the_list_tells_twins_from_other_runs(comparing, store, finish) -> None:
    run = finish(store.create(config(), ME), sentiment=0.8, topic=0.6)
    comparing.start(run, 1, ME)
    assert sorted((line["part"], line["tasks"]) for line in comparing.runs(ME)) == [
        (False, ["sentiment", "topic"]), (True, ["sentiment"]), (True, ["topic"]),
    ]  # fmt: skip
    (store.folder(run) / "config.json").write_text("{")
    assert len(comparing.runs(ME)) == 2


def test_picked_runs_show_their_scores_and_in_what_they_differ(comparing, store, finish) -> None:
    one = finish(store.create(config(), ME), sentiment=0.8, topic=0.6)
    other = finish(store.create(config(("topic",), balancer="fixed"), ME), topic=0.5)
    said = pick(comparing, one, other)
    assert [(run["run"], run["name"], run["style"]) for run in said["runs"]] == [
        (one, "A · seed 0", 0),
        (other, "B · seed 0", 1),
    ]
    assert said["scores"]["head"][2:] == ["A · seed 0", "B · seed 0"]
    assert [(row["task"], row["cells"][1:]) for row in said["scores"]["rows"]] == [
        ("sentiment", ["80.0", "–"]), ("topic", ["60.0", "50.0"]),
    ]  # fmt: skip
    assert ["Balancer", "Equal", "Fixed weights"] in [row["cells"] for row in said["differences"]["rows"]]
    assert said["card"]["rows"][0]["task"] == "topic"


def test_runs_that_differ_in_their_seed_are_one_side(comparing, store, finish) -> None:
    ours = [finish(store.create(config(seed=seed), ME), sentiment=0.8, topic=0.6 + seed / 100) for seed in range(3)]
    base = [
        finish(store.create(config(seed=seed, balancer="random"), ME), sentiment=0.5, topic=0.5) for seed in range(3)
    ]
    said = pick(comparing, *ours, *base)
    assert [run["style"] for run in said["runs"]] == [0, 0, 0, 1, 1, 1]
    assert {row["verdict"] for row in said["card"]["rows"]} == {"better"}
    assert pick(comparing, *ours)["card"] is None
    unequal = pick(comparing, *ours, *base[:2])
    assert unequal["problem"]["details"]["reason"] == "seeds" and unequal["card"] is None
    assert len(unequal["runs"]) == 5, "the curves are drawn all the same"


def test_what_cannot_be_compared_is_told_by_its_reason(comparing, store, finish) -> None:
    one = finish(store.create(config(("topic",)), ME), topic=0.5)
    other = finish(store.create(config(("stars",)), ME), stars=0.5)
    open_run = store.create(config(("topic",), seed=3, balancer="random"), ME)
    reasons = {
        "nothing_shared": pick(comparing, one, other),
        "unfinished": pick(comparing, one, open_run),
        "deleted": pick(comparing, one, "A" * 22),
    }
    for reason, said in reasons.items():
        assert said["problem"]["type"] == "ComparisonError"
        assert said["problem"]["details"]["reason"] == reason
    shutil.rmtree(store.folder(one))
    assert race(comparing, one)["problem"]["type"] == "RunNotFound"
    assert race(comparing, other)["problem"]["type"] == "ConfigError"


@pytest.mark.parametrize(
    "args",
    [None, 3, [], {}, {"ask": 3}, {"ask": "race"}, {"ask": "race", "run": {}, "seeds": "x"}, {"ask": "runs"},
     {"ask": "runs", "runs": "abc"}, {"ask": "runs", "runs": [None, {}, "../.."]}, {"ask": "watch"},
     {"ask": "watch", "run": [], "cursor": -1}],
)  # fmt: skip
def test_any_question_has_an_answer(comparing, args) -> None:
    json.dumps(comparing.look(args), allow_nan=False)


def test_no_more_runs_are_compared_than_the_page_can_draw(comparing, store) -> None:
    runs = [store.create(config(seed=seed), ME) for seed in range(MOST + 3)]
    assert len(pick(comparing, *runs)["runs"]) == MOST


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    for reason in ComparisonError.REASONS:
        for text in (EN, ZH):
            assert text.reasons[f"ComparisonError.{reason}"]
