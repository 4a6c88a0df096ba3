"""A single-task run as anybody would write it: an Auto class, ``transformers.Trainer``, and the reference scores.

It has the rows, rates, steps and texts a step of a single-task twin, and nothing else of ours: its own tokenising,
batches, model with a head of its own, loop and scores.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from scipy.stats import pearsonr
from seqeval.metrics import f1_score
from sklearn.metrics import accuracy_score
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForTokenClassification,
    DataCollatorWithPadding,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PrinterCallback,
    Trainer,
    TrainingArguments,
)

from mtl import encoders
from mtl.data.origins import RunData
from mtl.data.selection import rows_of_run
from mtl.data.sources import Row, Split, TaskSpec
from mtl.data.uploads import Uploads
from mtl.runs.config import RunConfig

IGNORED = -100
SPLITS: tuple[Split, ...] = ("train", "test")
Columns = dict[str, Any]


@dataclass(frozen=True)
class Recipe:
    """How a kind of task is done with the library's own parts."""

    model: Any
    collator: Any
    encode: Callable[[PreTrainedTokenizerBase, Sequence[Row], TaskSpec, int], Columns]
    score: Callable[[np.ndarray, np.ndarray, TaskSpec], float]


def whole_texts(tokenizer: PreTrainedTokenizerBase, rows: Sequence[Row], spec: TaskSpec, length: int) -> Columns:
    """Tokens of texts or pairs, and a class or a number each."""
    texts = [str(row[spec.text]) for row in rows]
    pairs = [str(row[spec.text_pair]) for row in rows] if spec.text_pair else None
    labels = [row[spec.label] for row in rows]
    found = dict(tokenizer(texts, pairs, truncation=True, max_length=length))
    return found | {"labels": [spec.labels.index(each) if spec.labels else float(each) for each in labels]}


def words(tokenizer: PreTrainedTokenizerBase, rows: Sequence[Row], spec: TaskSpec, length: int) -> Columns:
    """Tokens of words, and a tag for the first token of each."""
    tags = tag_names(spec)
    texts = [list(row[spec.tokens or ""]) for row in rows]
    found = tokenizer(texts, is_split_into_words=True, truncation=True, max_length=length)
    labels = []
    for at, row in enumerate(rows):
        own: list[int] = []
        before = None
        for place in found.word_ids(at):
            first = place is not None and place != before
            own.append(tags.index(row[spec.label][place]) if first else IGNORED)
            before = place
        labels.append(own)
    return dict(found) | {"labels": labels}


def tag_names(spec: TaskSpec) -> list[str]:
    """O, and B- and I- of each type."""
    return ["O", *(f"{prefix}-{label}" for label in spec.labels for prefix in "BI")]


def accuracy(said: np.ndarray, labels: np.ndarray, spec: TaskSpec) -> float:
    """Of the likeliest class."""
    return float(accuracy_score(labels, said.argmax(-1)))


def pearson(said: np.ndarray, labels: np.ndarray, spec: TaskSpec) -> float:
    """Of the numbers."""
    return float(pearsonr(said.squeeze(-1), labels)[0])


def entity_f1(said: np.ndarray, labels: np.ndarray, spec: TaskSpec) -> float:
    """As the CoNLL evaluation counts it."""
    tags = tag_names(spec)
    true, found = [], []
    for logits, row in zip(said, labels, strict=True):
        kept = row != IGNORED
        true.append([tags[label] for label in row[kept]])
        found.append([tags[label] for label in logits[kept].argmax(-1)])
    return float(f1_score(true, found))


SEQUENCE = (AutoModelForSequenceClassification, DataCollatorWithPadding, whole_texts)
RECIPES: Mapping[str, Recipe] = {
    "classification": Recipe(*SEQUENCE, accuracy),
    "regression": Recipe(*SEQUENCE, pearson),
    "tagging": Recipe(AutoModelForTokenClassification, DataCollatorForTokenClassification, words, entity_f1),
}


def train_plain(twin: RunConfig, uploads: Uploads) -> float:
    """Trains the task of a single-task twin whose sources share each step evenly; returns its score on test rows."""
    data = RunData(twin.whole, uploads)
    specs = data.specs()
    spec = next(each for each in specs if each.name == twin.tasks[0].name)
    recipe, folder = RECIPES[spec.kind], encoders.local_weights(twin.encoder.name).folder
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = rows_of_run(twin.whole, data, specs)[spec.source]
    encoded = {
        split: Dataset.from_dict(recipe.encode(tokenizer, labelled(rows[split], spec), spec, twin.encoder.max_length))
        for split in SPLITS
    }
    torch.manual_seed(twin.training.seed)
    outputs = len(tag_names(spec)) if spec.kind == "tagging" else max(1, len(spec.labels))
    model = recipe.model.from_pretrained(folder, num_labels=outputs)
    freeze(model, twin.encoder.freeze_layers)
    texts = twin.training.per_device_train_batch_size // len({each.source for each in specs})
    with TemporaryDirectory() as output:
        trainer = Trainer(
            model=model,
            args=arguments(twin, texts, output),
            train_dataset=encoded["train"],
            data_collator=recipe.collator(tokenizer),
            optimizers=(optimizer(model, twin), None),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
        said = trainer.predict(encoded["test"])
    return recipe.score(said.predictions, said.label_ids, spec)


def labelled(rows: Sequence[Row], spec: TaskSpec) -> list[Row]:
    """The rows that have a label of the task."""
    return [row for row in rows if row.get(spec.label) is not None]


def freeze(model: PreTrainedModel, layers: int) -> None:
    """Keeps the embeddings and the lowest layers as they are."""
    if layers:
        for part in (model.base_model.embeddings, *model.base_model.encoder.layer[:layers]):
            part.requires_grad_(False)


def arguments(twin: RunConfig, texts: int, output: str) -> TrainingArguments:
    """What the twin is trained with, in the library's own words."""
    training = twin.training
    return TrainingArguments(
        output_dir=output,
        max_steps=training.max_steps,
        per_device_train_batch_size=texts,
        per_device_eval_batch_size=training.per_device_eval_batch_size,
        warmup_steps=round(training.warmup_ratio * training.max_steps),
        max_grad_norm=training.max_grad_norm,
        seed=training.seed,
        lr_scheduler_type="linear",
        use_cpu=not torch.cuda.is_available(),
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )


def optimizer(model: PreTrainedModel, twin: RunConfig) -> torch.optim.Optimizer:
    """AdamW at two rates: what is new learns as fast as a head, what is pretrained as the encoder."""
    training = twin.training
    body = {id(each) for each in model.base_model.parameters()}
    groups: dict[tuple[float, float], list[torch.Tensor]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            rate = training.learning_rate if id(parameter) in body else training.head_learning_rate
            decay = training.weight_decay if parameter.ndim > 1 and not name.endswith("bias") else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": each, "lr": rate, "weight_decay": decay} for (rate, decay), each in groups.items()]
    )
