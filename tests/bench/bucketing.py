"""What batches of texts of similar length save: the same texts, once in buckets and once at random."""

import os
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from mtl import encoders
from mtl.data.batches import BucketedStream, collate
from mtl.data.corpus import TASKS
from mtl.data.reading import Example
from mtl.model import MultiTaskModel, build_task
from mtl.pretrained import load_encoder
from mtl.runs.config import RunConfig
from mtl.tasks.task import TextView
from tests.bench.table import Row, at_least, show

ROWS, BATCH, BAR = 1024, 32, 1.3
TASK = "sentiment"
SST2_LENGTHS = {
    4: 16, 5: 43, 6: 66, 7: 75, 8: 107, 9: 128, 10: 149, 11: 173, 12: 171, 13: 198, 14: 194, 15: 190, 16: 204,
    17: 208, 18: 231, 19: 244, 20: 239, 21: 212, 22: 238, 23: 239, 24: 224, 25: 229, 26: 221, 27: 203, 28: 221,
    29: 214, 30: 184, 31: 166, 32: 156, 33: 171, 34: 168, 35: 140, 36: 139, 37: 122, 38: 116, 39: 84, 40: 94, 41: 89,
    42: 73, 43: 77, 44: 86, 45: 49, 46: 53, 47: 45, 48: 43, 49: 30, 50: 21, 51: 19, 52: 27, 53: 28, 54: 20, 55: 11,
    56: 18, 57: 8, 58: 9, 59: 10, 60: 5, 61: 4, 62: 1, 63: 7, 64: 1, 65: 1, 66: 1, 69: 1, 71: 1, 78: 1, 80: 1,
}  # fmt: skip
"""Tokens of a text → texts: counted over the training rows of SST-2, for where these are not at hand."""


def rows() -> Iterator[Row]:
    """Forward and backward over one pass of the same rows, a bucketed and a random batch in turn."""
    config = RunConfig()
    encoder, tokenizer = load_encoder(config.encoder, encoders.find_weights(config.encoder.name).folder)
    task = build_task(TASKS[TASK])
    model = MultiTaskModel(encoder, tokenizer, [task], config.encoder, config.sharing).train()
    lengths, origin = sst2_lengths(model)
    examples = [made_up(length) for length in random.Random(0).sample(lengths, ROWS)]
    stream = BucketedStream([len(example.input_ids) for example in examples], seed=0)
    order = random.Random(1).sample(range(ROWS), ROWS)
    seconds = [0.0, 0.0]
    step(model, examples[:BATCH])
    for start in range(0, ROWS, BATCH):
        for side, chosen in enumerate((stream.take(BATCH), order[start : start + BATCH])):
            seconds[side] += step(model, [examples[at] for at in chosen])
    bucketed, at_random = seconds
    detail = f"{ROWS} texts, {origin}: {bucketed:.1f} s vs {at_random:.1f} s"
    yield at_least(
        "bucketed vs random batches, MiniLM forward + backward", at_random / bucketed, BAR, "× faster", detail
    )


def step(model: MultiTaskModel, examples: Sequence[Example]) -> float:
    """Seconds of one forward and backward pass: the faster of two, for on a busy machine one may wait long."""
    return min(once(model, examples), once(model, examples))


def once(model: MultiTaskModel, examples: Sequence[Example]) -> float:
    """Seconds of one forward and backward pass."""
    batch = collate("texts", examples, list(model.tasks.values()), 0)
    began = time.perf_counter()
    logits = model(batch)
    model.tasks[TASK].loss(logits[TASK], batch.labels[TASK]).backward()
    seconds = time.perf_counter() - began
    model.zero_grad(set_to_none=True)
    return seconds


def made_up(length: int) -> Example:
    """A text of so many tokens: which ones they are does not change what they cost."""
    ids = [101, *[2000 + at for at in range(length - 2)], 102]
    return Example(ids, None, TextView("", [], []), {TASK: 0}, {TASK: 0})


def sst2_lengths(model: MultiTaskModel) -> tuple[list[int], str]:
    """The lengths in tokens of all training rows, and where they are from."""
    file = Path(os.environ.get("MTL_DATA", "")) / "sst2" / "train.parquet"
    if not file.is_file():
        return [length for length, count in SST2_LENGTHS.items() for _ in range(count)], "lengths as in SST-2"
    import pandas

    texts = list(pandas.read_parquet(file)["sentence"])
    encoded = model.tokenizer(texts, truncation=True, max_length=model.max_length)["input_ids"]
    return [len(ids) for ids in encoded], "SST-2"


if __name__ == "__main__":
    torch.manual_seed(0)
    show(rows())
