"""One short run on every architecture of the loopback Hub for every kind of task: downloaded, trained, asked, saved."""

import math
import os

import pytest

from mtl.data.corpus import TASKS
from mtl.runs import events
from mtl.tasks import TASK_KINDS

LOCALHUB = os.environ.get("MTL_LOCALHUB")
pytestmark = [pytest.mark.hub, pytest.mark.skipif(not LOCALHUB, reason="MTL_LOCALHUB names no loopback Hub")]

NAMES = (
    "tiny-bert", "tiny-sentence-bert", "tiny-distilbert", "tiny-roberta", "tiny-electra", "tiny-modernbert",
    "tiny-deberta-v2", "tiny-t5", "tiny-mt5", "tiny-marian",
)  # fmt: skip
STEPS = 6


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One cache for all runs: each encoder is downloaded once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def run(tiny_hub, cache, corpus, every_task, ask_hub, monkeypatch, never):
    """`run("local/tiny-bert", ["topic"])`: a short run, its trainer and its events."""
    import torch

    from mtl.assembly import assemble
    from mtl.runs.config import RunConfig

    for name, spec in every_task.items():
        monkeypatch.setitem(TASKS, name, spec)
    ask_hub(tiny_hub.url, cache)
    monkeypatch.setattr("mtl.training.hardware.pick_device", lambda: torch.device("cpu"))
    monkeypatch.setattr("mtl.training.hardware.pick_precision", lambda device: "fp32")

    def start(encoder, tasks):
        said = []
        training = {"max_steps": STEPS, "eval_steps": STEPS, "per_device_train_batch_size": 8, "warmup_ratio": 0.0}
        training |= {"learning_rate": 3e-3, "head_learning_rate": 3e-2}
        encoder = {"name": encoder, "freeze_layers": 1, "max_length": 64}
        trainer = assemble(
            RunConfig.from_dict({"encoder": encoder, "tasks": tasks, "training": training}), report=said.append
        )
        before = {name: tensor.clone() for name, tensor in trainer.model.encoder.state_dict().items()}
        trainer.run(said.append, never, None)
        after = trainer.model.encoder.state_dict()
        changed = {name for name, tensor in after.items() if not torch.equal(tensor, before[name])}
        return trainer, said, changed

    return start


def tasks_of(kind):
    """A task of the kind for each form its texts take; the tests bring those that the corpus has not."""
    found = {}
    for task in TASKS.values():
        if task.kind == kind:
            found.setdefault(task.pair, task.name)
    return list(found.values())


@pytest.mark.parametrize("kind", TASK_KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_every_architecture_learns_every_kind(name, kind, run, tmp_path):
    from mtl.inference import answer
    from mtl.model import MultiTaskModel

    tasks = tasks_of(kind)
    trainer, said, changed = run(f"local/{name}", tasks)
    losses = [event for event in said if isinstance(event, events.Loss)]
    assert {event.task for event in losses} == set(tasks)
    assert all(math.isfinite(event.loss) for event in losses)
    tested = {event.task for event in said if isinstance(event, events.Scores) and event.split == "test"}
    assert tested == set(tasks)
    assert changed
    model = trainer.model.eval()
    model.save_pretrained(tmp_path / "snapshot")
    texts = ("The soup was lovely in Lima.", "The bread was superb")
    first, again = answer(model, *texts), answer(MultiTaskModel.from_pretrained(tmp_path / "snapshot"), *texts)
    assert set(first.answers) == set(tasks)
    assert first.to_dict() == again.to_dict()


def test_the_download_is_told_once(run):
    from mtl import encoders

    encoders.forget()
    _, said, _ = run("local/tiny-electra", ["topic"])
    downloads = [event for event in said if isinstance(event, events.Download)]
    phases = [event.phase for event in said if isinstance(event, events.Phase)]
    if downloads:  # the first test to ask for it downloads it
        assert phases[:3] == ["loading", "downloading", "loading"]
        assert downloads[-1].bytes_done == downloads[-1].bytes_total
    encoders.forget()
    _, said, _ = run("local/tiny-electra", ["topic"])
    assert not [event for event in said if isinstance(event, events.Download)]
