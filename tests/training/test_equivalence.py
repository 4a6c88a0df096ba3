"""One task: the same losses as ``transformers.Trainer`` on the same batches."""

from itertools import islice

import pytest
import torch
from torch.utils.data import DataLoader
from transformers import Trainer as ReferenceTrainer
from transformers import TrainerCallback, TrainingArguments

STEPS = 12
RATE = 3e-3


class OneTask(torch.nn.Module):
    """The task as the reference trainer wants it: a batch in, its loss out."""

    def __init__(self, model, task):
        super().__init__()
        self.model = model
        self.task = task
        self.losses = []

    def forward(self, batch):
        logits = self.model(batch, [self.task.name])[self.task.name]
        loss = self.task.loss(logits, batch.labels[self.task.name])
        self.losses.append(loss.item())
        return {"loss": loss}


class Rates(TrainerCallback):
    """The learning rate and the gradient norm of every step, as the reference trainer logs them."""

    def __init__(self):
        self.rates, self.norms = [], []

    def on_log(self, args, state, control, logs=None, **_):
        if "grad_norm" in logs:
            self.rates.append(logs["learning_rate"])
            self.norms.append(logs["grad_norm"])


class Replay(ReferenceTrainer):
    """The reference trainer, fed with batches that are made already."""

    def __init__(self, *args, batches, **kwargs):
        super().__init__(*args, **kwargs)
        self.batches = batches

    def get_train_dataloader(self):
        return DataLoader(self.batches, batch_size=1, shuffle=False, collate_fn=lambda chosen: {"batch": chosen[0]})


def reference(model, task, batches, folder, **arguments):
    wrapped, rates = OneTask(model, task), Rates()
    settings = TrainingArguments(
        output_dir=str(folder), max_steps=len(batches), learning_rate=RATE, lr_scheduler_type="linear",
        optim="adamw_torch_fused", logging_steps=1, save_strategy="no", report_to=[], use_cpu=True, disable_tqdm=True,
        seed=0, **arguments,
    )  # fmt: skip
    Replay(wrapped, settings, train_dataset=batches, batches=batches, callbacks=[rates]).train()
    return wrapped.losses, rates


@pytest.mark.parametrize("name", ["topic", "stars", "entities", "relation", "aspects", "answers", "headline"])
@pytest.mark.parametrize("limit", [1.0, 0.05])
def test_one_task_trains_as_with_the_reference_trainer(name, limit, make_trainer, tmp_path, monkeypatch):
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    settings = {"warmup_ratio": 0.25, "weight_decay": 0.1, "max_grad_norm": limit}
    fields = settings | {"learning_rate": RATE, "head_learning_rate": RATE, "max_steps": STEPS}
    ours, theirs = make_trainer([name], **fields), make_trainer([name], **fields)
    batches = [step[0] for step in islice(ours.batches(), STEPS)]
    assert len({len(batch) for batch in batches}) == 1

    losses, norms, rates = [], [], []
    ours.model.train()
    for batch in batches:
        done = ours.train_step([batch])
        rates.append(done.learning_rate)
        losses.append(done.tasks[name].loss.item())
        norms.append(done.norm)

    arguments = {"max_grad_norm": limit, "weight_decay": 0.1, "warmup_steps": 0.25}
    wanted, logged = reference(theirs.model, theirs.model.tasks[name], batches, tmp_path, **arguments)
    assert losses == pytest.approx(wanted, abs=1e-4)
    assert losses[-1] < losses[0]
    assert norms == pytest.approx([float(norm) for norm in logged.norms], rel=1e-3)
    assert rates == pytest.approx(logged.rates, abs=1e-9)
    assert any(norm > limit for norm in norms)
    for ours_now, theirs_now in zip(ours.model.parameters(), theirs.model.parameters(), strict=True):
        torch.testing.assert_close(ours_now, theirs_now, atol=1e-4, rtol=1e-3)
