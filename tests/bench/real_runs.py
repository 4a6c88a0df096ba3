"""The runs on real data: which tables and columns, how they are trained, and what is asked of them.

Numbers are chosen on validation rows (``--validation``), or first guesses where none was compared; never on test rows,
which are scored once, at a run's end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Plain = Mapping[str, Any]
RARELY = 100_000
"""Steps between validations: none but the first and the last."""
TINY_CHINESE = "bench/tiny-chinese"


@dataclass(frozen=True)
class Bar:
    """What a score should reach, in hundredths. ``task`` may be one that only ``real_scores`` knows."""

    task: str
    score: str
    at_least: float


@dataclass(frozen=True)
class Run:
    """One row of the table."""

    tables: Sequence[str]
    """Folders of parquet files, each a source of that name."""
    tasks: Sequence[Plain]
    training: Plain
    bars: Sequence[Bar]
    minutes: float | None = None
    """At most so long, where a limit is set."""
    more: Plain = field(default_factory=dict)
    """Other fields of the run's configuration."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """Only the first rows of a split, by its name."""


def task(name: str, kind: str, source: str, label: str, **more: Any) -> dict[str, Any]:
    """A task with a specification of its own."""
    return {"name": name, "spec": {"kind": kind, "source": source, "label": label, **more}}


def epochs(count: float, batch: int, encoder: float, heads: float) -> dict[str, Any]:
    """So many passes over all rows, at these learning rates."""
    return {"max_steps": -1, "num_train_epochs": count} | _rates(batch, encoder, heads)


def steps(count: int, batch: int, encoder: float, heads: float) -> dict[str, Any]:
    """So many steps, at these learning rates."""
    return {"max_steps": count} | _rates(batch, encoder, heads)


def _rates(batch: int, encoder: float, heads: float) -> dict[str, Any]:
    rates = {"learning_rate": encoder, "head_learning_rate": heads, "warmup_ratio": 0.1}
    return rates | {"per_device_train_batch_size": batch, "eval_steps": RARELY, "max_eval_samples": 200}


def encoder(max_length: int, freeze_layers: int = 0) -> dict[str, Any]:
    """How much of the encoder is used and trained."""
    return {"encoder": {"max_length": max_length, "freeze_layers": freeze_layers}}


def sampling(name: str, **options: Any) -> dict[str, Any]:
    """How sources share the batch."""
    return {"sampling": {"name": name, "options": options}}


SENTIMENT = task("sentiment", "classification", "sst2", "label", text="sentence")
COARSE = task("coarse", "classification", "trec", "coarse_label")
PARAPHRASE = task("paraphrase", "classification", "mrpc", "label", text="sentence1", text_pair="sentence2")
SIMILARITY = task("similarity", "regression", "stsb", "label", text="sentence1", text_pair="sentence2", high=5.0)
APART = SIMILARITY | {"spec": SIMILARITY["spec"] | {"options": {"apart": True}}}
"""The same, with its two texts read apart from each other."""
TRANSLATION = task("translation", "generation", "multi30k", "de", text="en", options={"num_beams": 4})

RUNS: Mapping[str, Run] = {
    "snips": Run(
        tables=["snips"],
        tasks=[
            task("intent", "classification", "snips", "intent"),
            task("slots", "tagging", "snips", "slots", tokens="tokens"),
        ],
        training=epochs(6, batch=32, encoder=3e-4, heads=2e-3),
        bars=[Bar("intent", "accuracy", 98.4), Bar("slots", "entity_f1", 94.5), Bar("sentence", "whole", 87.5)],
        minutes=10,
        more=encoder(64),
    ),
    "wnut_ud": Run(
        tables=["wnut_17", "ud_english_ewt"],
        tasks=[
            task("entities", "tagging", "wnut_17", "ner_tags", tokens="tokens"),
            task("upos", "tagging", "ud_english_ewt", "upos", tokens="tokens"),
        ],
        training=steps(800, batch=32, encoder=2e-4, heads=2e-3),
        bars=[Bar("entities", "entity_f1", 38), Bar("upos", "word_accuracy", 93)],
        more=encoder(128) | sampling("uniform"),
    ),
    "five": Run(
        tables=["sst2", "trec", "sms_spam", "mrpc", "stsb"],
        tasks=[
            SENTIMENT,
            COARSE,
            task("fine", "classification", "trec", "fine_label"),
            task("spam", "classification", "sms_spam", "label", text="sms"),
            PARAPHRASE,
            APART,
        ],
        training=steps(2100, batch=32, encoder=1e-4, heads=1e-3),
        bars=[
            Bar("sentiment", "accuracy", 88), Bar("coarse", "accuracy", 95), Bar("spam", "macro_f1", 96),
            Bar("equivalent", "f1", 83), Bar("similarity", "spearman", 84),
        ],
        more=encoder(128)
        | sampling("weighted", weights={"sst2": 2.4, "trec": 0.8, "sms_spam": 0.8, "mrpc": 1.0, "stsb": 1.6}),
    ),
    "multi30k_sst2": Run(
        tables=["multi30k", "sst2"],
        tasks=[TRANSLATION, SENTIMENT],
        training=steps(920, batch=64, encoder=1e-4, heads=1e-3),
        bars=[Bar("translation", "bleu", 27), Bar("sentiment", "accuracy", 87)],
        minutes=20,
        more=encoder(128) | sampling("weighted", weights={"multi30k": 3.0}),
    ),
    "squad_aeslc": Run(
        tables=["squad", "aeslc"],
        tasks=[
            task("answer", "question_answering", "squad", "answers", text="question", text_pair="context"),
            task("subject", "generation", "aeslc", "subject_line", text="email_body",
                 options={"metric": "rouge_l", "max_target_length": 24, "copying": True}),
        ],
        training=steps(750, batch=32, encoder=2e-4, heads=1e-3),
        bars=[Bar("answer", "f1", 55), Bar("subject", "rouge_l", 15)],
        more=encoder(128, freeze_layers=1) | sampling("uniform"),
    ),
    "cmrc2018": Run(
        tables=["cmrc2018"],
        tasks=[
            task("answer", "question_answering", "cmrc2018", "answers", text="question", text_pair="context",
                 options={"doc_stride": 64}),
        ],
        training=steps(100, batch=16, encoder=1e-3, heads=1e-3),
        bars=[],
        more={"encoder": {"name": TINY_CHINESE, "freeze_layers": 0, "max_length": 256}},
    ),
    "yardstick": Run(
        tables=["multi30k"],
        tasks=[TRANSLATION | {"options": {"num_beams": 1}}],
        training=steps(310, batch=64, encoder=1e-4, heads=1e-3),
        bars=[Bar("translation", "bleu", 20.5)],
        minutes=5,
        more=encoder(128),
        rows={"test": 300},
    ),
}  # fmt: skip
