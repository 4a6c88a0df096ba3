"""What a question to all heads costs beside the encoder alone.

Compared, for the same text, one after the other: ``Predictor.answer`` (find the newest snapshot, tokenise with word
positions, pad, one encoder pass, all heads, answers) against tokenising the same text to the same tokens and the
encoder's forward pass. With a second text both sides take two rows through the encoder: the text, and the pair.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence

from mtl import encoders
from mtl.data.corpus import TASKS, read_split
from mtl.inference import Predictor
from mtl.model import MultiTaskModel, build_task
from mtl.pretrained import load_encoder
from mtl.runs.config import RunConfig
from mtl.runs.selected import Selected
from mtl.snapshots import Snapshots
from tests.bench.table import Row, at_most, median, show

TEXTS, WARM_UP, BAR = 200, 20, 1.15
Question = tuple[str, str | None]


def rows() -> Iterator[Row]:
    """The default preset's six heads on untrained weights: what they say does not change what it costs."""
    config = RunConfig()
    folder = encoders.find_weights(config.encoder.name).folder
    encoder, tokenizer = load_encoder(config.encoder, folder)
    tasks = [build_task(TASKS[task.name]) for task in config.tasks]
    model = MultiTaskModel(encoder, tokenizer, tasks, config.encoder, config.sharing)
    texts = [row["text"] for row in read_split("texts", "test")[:TEXTS]]
    pairs = [(row["text"], row["text_pair"]) for row in read_split("pairs", "test")[:TEXTS]]
    with TemporaryDirectory() as runs:
        Snapshots(Path(runs)).save(model, 0, Selected())
        predictor = Predictor(Path(runs))
        yield compare("one text", predictor, model, [(text, None) for text in texts])
        yield compare("two texts", predictor, model, pairs)


def compare(what: str, predictor: Predictor, model: MultiTaskModel, questions: Sequence[Question]) -> Row:
    """Median times over all questions, the two sides taking turns at going first."""
    alone = model.encoder.eval()

    def ask(question: Question) -> object:
        return predictor.answer(*question)

    def encode(question: Question) -> object:
        with torch.inference_mode():
            return alone(**tokens(model, question))

    for question in questions[:WARM_UP]:
        ask(question), encode(question)
    asked, encoded = [], []
    for at, question in enumerate(questions):
        sides: list[tuple[Callable[[Question], object], list[float]]] = [(ask, asked), (encode, encoded)]
        for action, times in sides if at % 2 else reversed(sides):
            began = time.perf_counter()
            action(question)
            times.append(time.perf_counter() - began)
    whole, part = 1000 * median(asked), 1000 * median(encoded)
    detail = f"p50 of {len(questions)}: {whole:.2f} ms vs {part:.2f} ms"
    return at_most(
        f"a question to {len(model.tasks)} heads vs tokeniser + encoder alone, {what}", whole / part, BAR, "×", detail
    )


def tokens(model: MultiTaskModel, question: Question) -> dict[str, Any]:
    """The rows that the predictor makes of a question."""
    text, pair = question
    settings = {"truncation": True, "max_length": model.max_length}
    if pair is None:
        # As in training: a text alone has no token types.
        return dict(model.tokenizer(text, return_token_type_ids=False, return_tensors="pt", **settings))
    two = [model.tokenizer(text, **settings), model.tokenizer(text, pair, **settings)]
    return {name: pad_sequence([torch.tensor(row[name]) for row in two], batch_first=True) for name in two[0]}


if __name__ == "__main__":
    show(rows())
