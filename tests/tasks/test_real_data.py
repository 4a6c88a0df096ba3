"""Real data: the columns are understood, and a short fine-tune of the real encoder runs and is scored."""

import os
from pathlib import Path

import pytest
import torch

from mtl.data.sources import TaskSpec

pytestmark = [pytest.mark.data, pytest.mark.slow]
DATA = Path(os.environ.get("MTL_DATA", "/nowhere"))

PASSAGES = {"text": "question", "text_pair": "context"}
# CLINC's own order; its last domain, oos, is no label here.
DOMAINS = ("auto", "banking", "cards", "home", "kitchen", "meta", "small_talk", "travel", "utility", "work")
SUBJECT = {"metric": "rouge_l"}
SPECS = {
    "squad": TaskSpec("answer", "question_answering", "squad", "answers", **PASSAGES),
    "cmrc2018": TaskSpec("answer", "question_answering", "cmrc2018", "answers", **PASSAGES),
    "multi30k": TaskSpec("translation", "generation", "multi30k", "de", text="en"),
    "tatoeba_en_zh": TaskSpec("translation", "generation", "tatoeba_en_zh", "zh", text="en"),
    "aeslc": TaskSpec("subject", "generation", "aeslc", "subject_line", text="email_body", options=SUBJECT),
    "clinc_oos": TaskSpec("domains", "multilabel", "clinc_oos", "domains", DOMAINS),
}  # fmt: skip
SIGNATURES = {
    "squad": "squad1", "cmrc2018": "cmrc", "multi30k": "tok:13a", "tatoeba_en_zh": "tok:zh", "aeslc": "stemmer:porter",
    "clinc_oos": "None",
}  # fmt: skip


def rows_of(name, split, count):
    """The first rows, with the columns that a task reads; CLINC's single label becomes a list of labels."""
    import pyarrow.parquet as parquet

    table = parquet.read_table(DATA / name / f"{split}.parquet")
    rows = table.slice(0, count).to_pylist()
    if name == "tatoeba_en_zh":
        rows = [row["translation"] for row in rows]
    if name == "clinc_oos":
        rows = [{"text": row["text"], "domains": list(DOMAINS[row["domain"] : row["domain"] + 1])} for row in rows]
    return rows


@pytest.fixture(params=SPECS)
def fine_tuned(request):
    """The real encoder, trained for a few steps on a few rows; its task, its source and the loss of every step."""
    from itertools import islice

    from accelerate import Accelerator

    from mtl import encoders
    from mtl.balancing.constant import Equal
    from mtl.data.batches import encode_rows
    from mtl.model import MultiTaskModel, build_task, make_body
    from mtl.pretrained import load_encoder
    from mtl.runs.config import Choice, EncoderConfig, TrainingConfig
    from mtl.training.evaluation import EncodedSource
    from mtl.training.sampling import Proportional
    from mtl.training.trainer import Trainer

    if not DATA.is_dir():
        pytest.skip("MTL_DATA names no folder of data sets")
    name, spec = request.param, SPECS[request.param]
    rows = {split: rows_of(name, split, count) for split, count in (("train", 64), ("validation", 12), ("test", 12))}
    config = EncoderConfig(freeze_layers=4)
    encoder, tokenizer = load_encoder(config, encoders.find_weights(config.name).folder)
    task = build_task(spec)
    task.prepare(rows["train"], make_body(encoder, tokenizer))
    model = MultiTaskModel(encoder, tokenizer, [task], config, Choice("hard"))
    splits = {split: encode_rows(tokenizer, chosen, [task], model.max_length) for split, chosen in rows.items()}
    settings = TrainingConfig(
        max_steps=12, per_device_train_batch_size=8, head_learning_rate=2e-3, learning_rate=2e-4, eval_steps=6
    )
    source = EncodedSource(name, [task], splits)
    trainer = Trainer(model, [source], Equal([task.name]), Proportional(), settings, Accelerator(cpu=True))
    torch.manual_seed(0)
    trainer.model.train()
    losses = [
        float(trainer.train_step(step).tasks[task.name].loss) for step in islice(trainer.batches(), settings.max_steps)
    ]
    return name, trainer, source, losses


def test_a_short_fine_tune_runs(fine_tuned):
    from contextlib import nullcontext

    from mtl.inference import answer
    from mtl.training.evaluation import baselines, evaluate

    name, trainer, source, losses = fine_tuned
    (task,) = source.tasks
    assert sum(losses[-4:]) < sum(losses[:4])
    result = evaluate(trainer.model, source, "validation", 8, nullcontext)[task.name]
    assert all(0 <= value <= 1 for value in result.scores.values())
    assert baselines(source)[task.name].keys() == result.scores.keys()
    assert SIGNATURES[name] in str(task.signature)
    labels = [each.labels[task.name] for each in source.splits["test"] if each.labels[task.name] is not None]
    assert len(labels) == 12
    assert task.score(labels, labels)[task.metric] == pytest.approx(1)
    view = source.splits["test"][0].view
    said = answer(trainer.model.eval(), view.text, view.pair).answers[task.name]
    assert said.to_dict()["type"] in ("extract", "text", "labels")
