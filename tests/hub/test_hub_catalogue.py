"""Tasks of the catalogue, read from a loopback Hub that holds tables of their columns."""

import os
from pathlib import Path

import pytest
import yaml

from demo.presets import PRESETS
from tests.hub.data_sets import Client, card, write

DATA = os.environ.get("MTL_DATA")
pytestmark = [
    pytest.mark.hub,
    pytest.mark.data,
    pytest.mark.skipif(not (DATA and os.environ.get("MTL_LOCALHUB")), reason="MTL_DATA or MTL_LOCALHUB is not set"),
]

KNOWN = {
    # task of the catalogue: table, repo, configuration
    "sst2": ("sst2", "stanfordnlp/sst2", None),
    "mrpc": ("mrpc", "nyu-mll/glue", "mrpc"),
    "stsb": ("stsb", "nyu-mll/glue", "stsb"),
    "sms_spam": ("sms_spam", "ucirvine/sms_spam", "plain_text"),
    "clinc_intent": ("clinc_oos", "clinc/clinc_oos", "plus"),
    "squad": ("squad", "rajpurkar/squad", "plain_text"),
    "cmrc2018": ("cmrc2018", "clue/clue", "cmrc2018"),
    "multi30k": ("multi30k", "bentrevett/multi30k", None),
    "aeslc": ("aeslc", "Yale-LILY/aeslc", None),
}


@pytest.fixture(scope="module")
def client(start_hub, tmp_path_factory):
    """Reads from a Hub of the tables at hand, as the repos of the catalogue that have their columns."""
    root = tmp_path_factory.mktemp("known")
    repos = {}
    for name, repo, config in KNOWN.values():
        repos.setdefault(repo, []).append((name, config or "default"))
    for repo, tables in repos.items():
        folder = root / "datasets" / repo
        infos, configs = [], []
        for name, config in tables:
            (folder / config).mkdir(parents=True)
            splits = []
            for split in ("train", "validation", "test"):
                (folder / config / f"{split}.parquet").symlink_to(Path(DATA).resolve() / name / f"{split}.parquet")
                splits.append({"split": split, "path": f"{config}/{split}.parquet"})
            told = yaml.safe_load((Path(DATA) / name / "README.md").read_text().split("---")[1])["dataset_info"]
            infos.append({"config_name": config, "features": told["features"]})
            configs.append({"config_name": config, "data_files": splits})
        write(folder, "README.md", card(dataset_info=infos, configs=configs))
    client = Client(start_hub(root).url, tmp_path_factory.mktemp("client"))
    yield client
    client.close()


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_task_of_the_catalogue_reads_a_table_of_its_shape(name, client):
    found = client.tell({"tasks": [name]})
    assert "error" not in found, found
    assert all(found["rows"].values())
    assert found["first"]
    assert sum(sum(each.values()) for each in found["dropped"]) <= 0.02 * sum(found["rows"].values())


@pytest.mark.parametrize("preset", [name for name in PRESETS if name.endswith("_hub")])
def test_the_tasks_of_a_preset_on_the_hub_are_read_here(preset):
    assert {task["name"] for task in PRESETS[preset]["tasks"]} <= KNOWN.keys()
