import pytest

from demo.presets import PRESETS
from demo.text.en import EN
from demo.text.zh import ZH
from mtl import assembly
from mtl.data.corpus import TASKS, sizes
from mtl.runs.config import RunConfig


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_run(name) -> None:
    assembly.check(RunConfig.from_dict(PRESETS[name]))


def test_the_first_preset_is_the_default() -> None:
    assert next(iter(PRESETS)) == "default"
    assert RunConfig.from_dict(PRESETS["default"]) == RunConfig.from_dict({})


def test_many_labels_and_rescue_label_one_text() -> None:
    for name in ("many_labels", "rescue"):
        assert {TASKS[task["name"]].source for task in PRESETS[name]["tasks"]} == {"texts"}
    assert len(PRESETS["many_labels"]["tasks"]) == 4


def test_in_shout_one_loss_is_far_larger() -> None:
    scales = sorted(task["loss_scale"] for task in PRESETS["shout"]["tasks"])
    assert scales[-1] >= 10 and set(scales[:-1]) == {1.0}


def test_in_rescue_one_task_is_small_and_its_neighbours_are_not() -> None:
    limits = {task["name"]: task["max_train_samples"] for task in PRESETS["rescue"]["tasks"]}
    small = [name for name, limit in limits.items() if limit is not None]
    assert len(small) == 1 and 24 <= limits[small[0]] <= 100
    assert sizes(TASKS[small[0]])["train"] > 4 * limits[small[0]]


@pytest.mark.parametrize("text", [EN, ZH], ids=["en", "zh"])
def test_every_preset_has_its_words(text) -> None:
    assert set(text.presets) == set(PRESETS)
