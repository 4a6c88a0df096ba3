"""The bench of real data: every run is a valid configuration, test rows stay unread in tuning, scores are right."""

import json
import os
from pathlib import Path

import pytest

from mtl import assembly
from mtl.data.origins import RunData
from mtl.runs.config import RunConfig
from tests.bench.real_data import changed, parse, row
from tests.bench.real_runs import RUNS, TINY_CHINESE, Bar, Run
from tests.bench.real_scores import paraphrases, whole
from tests.bench.real_tables import configure, tiny_chinese
from tests.bench.real_training import Result, score_kept, train

DATA = Path(os.environ.get("MTL_DATA", "/nowhere"))
SIGNS = "麦银汉鱼为辐鳍目小科的其中一种。"


def test_tuning_reads_no_test_row(tables, brief, tmp_path):
    for validation, word in ((True, "bread"), (False, "train")):
        folder = tmp_path / word
        folder.mkdir()
        plain, uploads = configure(brief, tables, folder, validation=validation)
        data = RunData(RunConfig.from_dict(plain), uploads)
        assert {read["tokens"][1] for read in data.rows("snips", "test")} == {word}
        assert {read["tokens"][1] for read in data.rows("snips", "validation")} == {"bread"}


def test_nothing_is_chosen_on_test_rows():
    with pytest.raises(SystemExit):
        parse(["snips", "--set", "training.learning_rate=1e-4"])
    assert parse(["snips", "--validation", "--set", "training.learning_rate=1e-4"]).set


def test_a_kept_model_scores_as_it_did_when_it_was_trained(tiny_encoder, tables, brief, tmp_path):
    plain, uploads = configure(brief, tables, tmp_path, validation=False)
    trained = train(plain, uploads, tmp_path / "kept")
    assert set(trained.scores) == {"intent", "slots", "sentence"} and trained.steps == 2
    assert score_kept(plain, uploads, tmp_path / "kept") == trained


def test_a_setting_is_put_in_its_place():
    plain = {"training": {"max_steps": 3}, "tasks": [{"name": "a"}, {"name": "b", "spec": {"options": {}}}]}
    changed(plain, "training.max_steps=5")
    changed(plain, "tasks.b.options.num_beams=4")
    changed(plain, "encoder.freeze_layers=2")
    assert plain == {
        "training": {"max_steps": 5},
        "tasks": [{"name": "a"}, {"name": "b", "spec": {"options": {}}, "options": {"num_beams": 4}}],
        "encoder": {"freeze_layers": 2},
    }


def test_a_sentence_is_right_if_its_intent_and_all_its_slots_are():
    intents = ([1, 1, 0, 0], [1, 0, 0, 0])
    slots = ([[1, 2], [1], [0, 3], [0]], [[1, 2], [1], [0, 4], [0]])
    assert whole({"intent": intents, "slots": slots}) == {"sentence": {"whole": 0.5}}


def test_paraphrases_are_scored_by_the_class_that_says_so():
    # Two of three found, one found in vain.
    assert paraphrases({"paraphrase": ([1, 1, 1, 0], [1, 1, 0, 1])})["equivalent"]["f1"] == pytest.approx(2 / 3)


def test_a_row_tells_the_mean_of_its_seeds_and_whether_the_bar_is_met():
    run = Run(["x"], [], {}, [Bar("a", "f1", 80), Bar("b", "accuracy", 50)], minutes=5)
    results = {
        0: Result({"a": {"f1": 0.7}, "b": {"accuracy": 0.75}}, 2.0, 1.0, 9),
        1: Result({"a": {"f1": 0.8}, "b": {"accuracy": 0.75}}, 2.5, 1.1, 9),
    }
    found = row("x", run, results)
    assert found.ratio == pytest.approx(80 / 75)
    assert "a f1 75.0 (70.0, 80.0)" in found.measured and "minutes wall/CPU 2.0/1.0, 2.5/1.1; 9 steps" in found.measured
    assert found.bar == "a f1 80, b accuracy 50, ≤ 5 min"


def test_the_tiny_chinese_encoder_is_found_and_reads_characters(tmp_path):
    from mtl import encoders
    from mtl.pretrained import load_encoder
    from mtl.runs.config import EncoderConfig

    with tiny_chinese([SIGNS], tmp_path):
        config = EncoderConfig(name=TINY_CHINESE)
        encoder, tokenizer = load_encoder(config, encoders.find_weights(config.name).folder)
    assert encoder.config.hidden_size == 128
    assert tokenizer.tokenize("银汉鱼。") == list("银汉鱼。")


@pytest.mark.data
@pytest.mark.parametrize("name", RUNS)
def test_every_run_is_valid_and_uses_all_training_rows(name, tmp_path):
    if not DATA.is_dir():
        pytest.skip("MTL_DATA names no folder of data sets")
    plain, uploads = configure(RUNS[name], DATA, tmp_path, validation=True)
    config = RunConfig.from_dict(json.loads(json.dumps(plain)))
    assembly.check(config)
    data = RunData(config, uploads)
    scored = {spec.name for spec in data.specs()} | {"sentence", "equivalent"}
    assert {bar.task for bar in RUNS[name].bars} <= scored
    assert all(sum(dropped.problems.values()) < 100 for dropped in data.dropped), data.dropped
