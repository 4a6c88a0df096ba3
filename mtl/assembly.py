"""The one place where names become objects, and where a configuration is checked before a process is spent.

``check`` needs no torch, so the page can call it; what builds a trainer imports torch when it is called.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from mtl import encoders
from mtl.balancing import BALANCERS
from mtl.data.catalogue import Entry, catalogue
from mtl.data.corpus import TASKS, example, sizes
from mtl.data.origins import RunData, find_specs
from mtl.data.sources import SPLITS, Row, Split, TaskSpec
from mtl.data.uploads import Uploads
from mtl.errors import ConfigError, EncoderError
from mtl.runs import events
from mtl.runs.config import Choice, RunConfig, TaskConfig
from mtl.runs.options import Method, find
from mtl.sharing import SHARING
from mtl.tasks import TASK_KINDS
from mtl.training.sampling import SAMPLING

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

    from mtl.model import MultiTaskModel
    from mtl.tasks.task import Task
    from mtl.training.evaluation import EncodedSource
    from mtl.training.trainer import Trainer


def options() -> dict[str, Any]:
    """Everything a configuration may name, as plain values: the same for the API and the command line."""
    return {
        "encoders": [{"name": name, **_describe_encoder(known)} for name, known in encoders.ENCODERS.items()],
        "tasks": [_describe_task(spec) for spec in TASKS.values()],
        "catalogue": [_describe_entry(entry) for entry in catalogue().values()],
        "sharing": [_describe_method(name, method) for name, method in SHARING.items()],
        "balancers": [_describe_method(name, method) for name, method in BALANCERS.items()],
        "sampling": [_describe_method(name, method) for name, method in SAMPLING.items()],
        "defaults": RunConfig().to_dict(),
    }


def _describe_encoder(known: encoders.KnownEncoder) -> dict[str, Any]:
    return {"title": known.title, "parameters": known.parameters, "num_hidden_layers": known.num_hidden_layers}


def _describe_task(spec: TaskSpec) -> dict[str, Any]:
    columns = {"name": spec.name, "kind": spec.kind, "labels": list(spec.labels), "source": spec.source}
    return {**columns, "pair": spec.pair, "rows": sizes(spec), "example": example(spec)}


def _describe_entry(entry: Entry) -> dict[str, Any]:
    spec = entry.spec
    columns = {"name": spec.name, "kind": spec.kind, "labels": list(spec.labels), "source": spec.source}
    about = {"title": entry.title, "language": entry.language, "licence": entry.licence, "id": entry.source.id}
    return {**columns, "pair": spec.pair, **about}


def _describe_method(name: str, method: Method) -> dict[str, Any]:
    """A line of a table as plain values; an open bound is left out."""
    described = []
    for option in method.options:
        values = asdict(option)
        described.append({key: value for key, value in values.items() if value not in (math.inf, -math.inf)})
    return {"name": name, "options": described}


def check(config: RunConfig) -> None:
    """Refuses what no run could do, in a moment and without weights.

    Raises:
        ConfigError: An unknown task, encoder or method, an impossible option, or too few rows.
    """
    encoders.check(config.encoder)
    specs = find_specs(config)
    names = [spec.name for spec in specs]
    for spec in specs:
        find(TASK_KINDS, "tasks.kind", Choice(spec.kind))
    for table, where in ((SHARING, "sharing"), (BALANCERS, "balancer"), (SAMPLING, "sampling")):
        choice = getattr(config, where)
        values = find(table, where, choice).check(where, choice)
        for task in values.get("weights", {}) if where == "balancer" else ():
            if task not in names:
                raise ConfigError(f"{where}.weights", f"name only tasks of the run ({', '.join(names)})", task)


def warm() -> None:
    """Does before a run what does not depend on it: imports, and the search for the default encoder's weights."""
    from mtl.training import trainer  # noqa: F401

    with suppress(EncoderError):  # the run itself will say so
        encoders.find_weights(RunConfig().encoder.name)


def assemble(
    config: RunConfig,
    *,
    report: Callable[[events.Event], None],
    device: "torch.device | None" = None,
    uploads: Uploads | None = None,
) -> "Trainer":
    """Loads the encoder, tokenises every source once, and builds the trainer.

    Args:
        config: What to do.
        report: Is told the phases, and which texts were cut.
        device: None picks a GPU where there is one.
        uploads: The files that the run's sources may name.

    Raises:
        ConfigError: As ``check``.
        EncoderError: No weights, or unusable ones.
        DataError: A source that cannot be read, or a label that is none of its task's.
    """
    import torch
    from accelerate import Accelerator

    from mtl.model import MultiTaskModel, build_task, load_encoder
    from mtl.training.hardware import pick_device, pick_precision, reset_peak_memory
    from mtl.training.trainer import Trainer

    check(config)
    report(events.Phase(step=0, phase="loading"))
    device = device or pick_device()
    reset_peak_memory(device)  # what the process did before is not this run's
    data = RunData(config, uploads)
    specs = data.specs()
    for dropped in data.dropped:
        report(events.Dropped(step=0, **asdict(dropped)))
    torch.manual_seed(config.training.seed)  # the heads' first weights
    encoder, tokenizer = load_encoder(
        config.encoder, encoders.find_weights(config.encoder.name, config.encoder.revision).folder
    )
    tasks = [build_task(spec, task.loss_scale) for spec, task in zip(specs, config.tasks, strict=True)]
    model = MultiTaskModel(encoder, tokenizer, tasks, config.encoder, config.sharing)
    report(events.Phase(step=0, phase="tokenising"))
    sources = _encode_sources(config, data, tasks, tokenizer, model.max_length)
    for source in sources:
        cut = sum(example.cut for examples in source.splits.values() for example in examples)
        if cut:
            report(events.Truncated(step=0, source=source.name, rows=cut, max_length=model.max_length))
    balancing, sampling = find(BALANCERS, "balancer", config.balancer), find(SAMPLING, "sampling", config.sampling)
    balancer = balancing.load()([task.name for task in tasks], **balancing.check("balancer", config.balancer))
    sizes = {source.name: len(source.splits["train"]) for source in sources}
    shares = sampling.load()(**sampling.check("sampling", config.sampling)).shares(sizes)
    precision = "bf16" if pick_precision(device) == "bf16" else "no"
    accelerator = Accelerator(cpu=device.type == "cpu", mixed_precision=precision)
    return Trainer(model, sources, balancer, shares, config.training, accelerator)


class _NeverStop:
    """A control that asks for nothing."""

    def stop_requested(self) -> str | None:
        return None


def train(
    config: RunConfig | Mapping[str, Any],
    report: Callable[[events.Event], None] = lambda _: None,
    uploads: Uploads | None = None,
) -> "MultiTaskModel":
    """Trains in this process, without a run folder, and gives the model, ready to answer.

    Args:
        config: What to do; plain values are read as by ``RunConfig.from_dict``.
        report: Is told every event.
        uploads: The files that the run's sources may name.

    Raises:
        MtlError: As ``assemble`` and ``Trainer.run``.
    """
    config = config if isinstance(config, RunConfig) else RunConfig.from_dict(config)
    trainer = assemble(config, report=report, uploads=uploads)
    trainer.run(report, _NeverStop(), None)
    return trainer.model.eval()


def _encode_sources(
    config: RunConfig, data: RunData, tasks: "list[Task]", tokenizer: "PreTrainedTokenizerBase", max_length: int
) -> "list[EncodedSource]":
    """Every source the tasks need, once, in the order of the tasks."""
    from mtl.data.batches import encode_rows
    from mtl.training.evaluation import EncodedSource

    limits = {task.name: task for task in config.tasks}
    sources = []
    for name in dict.fromkeys(task.spec.source for task in tasks):
        members = [task for task in tasks if task.spec.source == name]
        splits = {}
        for split in SPLITS:
            chosen = [(task.spec, limits[task.name]) for task in members]
            rows = select_rows(data.rows(name, split), split, chosen, config)
            splits[split] = encode_rows(tokenizer, rows, members, max_length)
        sources.append(EncodedSource(name, members, splits))
    return sources


def select_rows(
    found: Sequence[Row], split: Split, tasks: list[tuple[TaskSpec, TaskConfig]], config: RunConfig
) -> list[Row]:
    """The rows of a split that the run uses: labels beyond ``max_train_samples`` are taken away, and rows left without
    any label with them; validation is cut to ``max_eval_samples``. The same seed takes the same rows.
    """
    rows = list(found)
    if split == "test":
        return rows
    Random(config.training.seed).shuffle(rows)
    if split == "validation":
        return rows[: config.training.max_eval_samples]
    limited = {spec.label: task.max_train_samples for spec, task in tasks if task.max_train_samples is not None}
    if not limited:
        return rows
    kept = [
        _without_labels(row, [label for label, limit in limited.items() if at >= limit]) for at, row in enumerate(rows)
    ]
    return [row for row in kept if any(row.get(spec.label) is not None for spec, _ in tasks)]


def _without_labels(row: Row, labels: list[str]) -> Row:
    return {**row, **dict.fromkeys(labels)}


def probe(config: RunConfig, cancelled: Callable[[], bool], *, uploads: Uploads | None = None) -> dict[str, Any]:
    """Measures a few real steps and tells how long the run would take; see ``mtl.training.probe``."""
    from mtl.training.probe import measure

    return measure(config, partial(assemble, uploads=uploads), cancelled)
