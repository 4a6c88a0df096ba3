"""The one place where names become objects, and where a configuration is checked before a process is spent.

``check`` needs no torch, so the page can call it; what builds a trainer imports torch when it is called.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mtl import architectures, encoders
from mtl.architectures import Limits
from mtl.balancing import BALANCERS
from mtl.data.origins import RunData, find_specs
from mtl.data.selection import rows_of_run
from mtl.data.sources import Row, Split, TaskSpec
from mtl.data.uploads import Uploads
from mtl.errors import ConfigError, EncoderError, StorageError
from mtl.runs import events
from mtl.runs.config import LAST, Choice, EncoderConfig, Pinned, RunConfig
from mtl.runs.options import find
from mtl.sharing import SHARING
from mtl.tasks import TASK_KINDS
from mtl.training.sampling import SAMPLING, Sampler, source_weights

if TYPE_CHECKING:
    import torch

    from mtl.model import MultiTaskModel
    from mtl.tasks.task import Task
    from mtl.training.evaluation import EncodedSource
    from mtl.training.trainer import Trainer


def check(config: RunConfig) -> None:
    """Refuses what no run could do, in a moment and without weights.

    Raises:
        ConfigError: An unknown task or method, an impossible encoder or option, or too few rows.
        EncoderError: The encoder is at hand, and none the lab can use.
    """
    encoders.check(config.encoder)
    specs = _with_options(config.whole, find_specs(config.whole))
    names = [task.name for task in config.tasks]
    for table, where in ((SHARING, "sharing"), (BALANCERS, "balancer"), (SAMPLING, "sampling")):
        choice = getattr(config, where)
        values = find(table, where, choice).check(where, choice)
        known = names if where == "balancer" else [name for spec in specs for name in (spec.name, spec.source)]
        for task in values.get("weights", {}):
            if task not in known:
                raise ConfigError(f"{where}.weights", f"name only tasks of the run ({', '.join(names)})", task)


def _with_options(config: RunConfig, specs: Sequence[TaskSpec]) -> list[TaskSpec]:
    """The tasks as this run wants them.

    Raises:
        ConfigError: A kind is unknown, or has not such an option.
    """
    chosen = []
    for spec, task in zip(specs, config.tasks, strict=True):
        chosen.append(replace(spec, options={**spec.options, **task.options}))
        choice = Choice(spec.kind, chosen[-1].options)
        find(TASK_KINDS, "tasks.kind", choice).check(f"tasks.{task.name}", choice)
    return chosen


def warm() -> None:
    """Does before a run what does not depend on it: imports, and the search for the default encoder's weights."""
    from mtl.training import trainer  # noqa: F401

    with suppress(EncoderError, StorageError):  # the run itself will say so
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

    from mtl.model import MultiTaskModel, build_task, make_body
    from mtl.pretrained import load_encoder
    from mtl.training.hardware import memory_bytes, pick_device, pick_precision, reset_peak_memory
    from mtl.training.trainer import Trainer

    check(config)
    report(events.Phase(step=0, phase="loading"))
    device = device or pick_device()
    reset_peak_memory(device)  # what the process did before is not this run's
    whole = config.whole
    data = _read_data(whole, report, uploads)
    specs = _with_options(whole, data.specs())
    torch.manual_seed(config.training.seed)  # the heads' first weights
    built = [build_task(spec, task.loss_scale) for spec, task in zip(specs, whole.tasks, strict=True)]
    own = {task.name for task in config.tasks}
    tasks = [task for task in built if task.name in own]
    folder = _find_weights(config.encoder, report, memory_bytes(device))
    encoder, tokenizer = load_encoder(config.encoder, folder, decoder=any(task.writes for task in tasks))
    report(events.Phase(step=0, phase="tokenising"))
    rows = rows_of_run(whole, data, specs)
    body = make_body(encoder, tokenizer)
    # A task of the larger run that writes changes nothing in how many texts there are.
    others = [task for task in built if task.name not in own and not task.writes]
    for task in (*tasks, *others):
        task.prepare(rows[task.spec.source]["train"], body)
    model = MultiTaskModel(encoder, tokenizer, tasks, config.encoder, config.sharing)
    sources = _encode_sources(rows, model, others)
    _tell_of_cuts(sources, model.max_length, report)
    balancing = find(BALANCERS, "balancer", config.balancer)
    balancer = balancing.load()([task.name for task in tasks], **balancing.check("balancer", config.balancer))
    members = {name: [task.name for task in built if task.spec.source == name] for name in rows}
    sampler = build_sampler(config.sampling, members)
    precision = "bf16" if pick_precision(device) == "bf16" else "no"
    accelerator = Accelerator(cpu=device.type == "cpu", mixed_precision=precision)
    trainer = Trainer(model, sources, balancer, sampler, config.training, accelerator)
    _ask(trainer, config.pinned, rows, specs)
    return trainer


def _ask(
    trainer: "Trainer",
    pinned: Sequence[Pinned],
    rows: Mapping[str, Mapping[Split, list[Row]]],
    specs: Sequence[TaskSpec],
) -> None:
    """Has the pinned texts asked at every validation, and some of the test rows, for their time, at the end."""
    from mtl.pinned import Follower
    from mtl.timing import QuestionTimer, questions

    if pinned:
        trainer.followers.append(Follower(pinned))
    trainer.closers.append(QuestionTimer(questions(rows, specs)))


def _tell_of_cuts(sources: "Sequence[EncodedSource]", max_length: int, report: Callable[[events.Event], None]) -> None:
    for source in sources:
        cut = sum(example.cut for examples in source.splits.values() for example in examples)
        if cut:
            report(events.Truncated(step=0, source=source.name, rows=cut, max_length=max_length))


def _read_data(config: RunConfig, report: Callable[[events.Event], None], uploads: Uploads | None) -> RunData:
    """The rows of the run; what lies elsewhere is reported while it is read, and so is what of it was left out."""
    told: list[str] = []

    def tell(source: str, seconds: float) -> None:
        if not told:
            report(events.Phase(step=0, phase="reading"))
        told.append(source)
        report(events.Reading(step=0, source=source, elapsed_s=seconds))

    data = RunData(config, uploads, tell)
    data.specs()
    for dropped in data.dropped:
        report(events.Dropped(step=0, **asdict(dropped)))
    if told:
        report(events.Phase(step=0, phase="loading"))
    return data


def build_sampler(choice: Choice, members: Mapping[str, Sequence[str]]) -> Sampler:
    """The sampler of a choice; ``members`` are the tasks of each source.

    Raises:
        ConfigError: The table has no such name, or an option is impossible.
    """
    method = find(SAMPLING, "sampling", choice)
    values = method.check("sampling", choice)
    if "weights" in values:
        values["weights"] = source_weights(values["weights"], members)
    return method.load()(**values)


def _find_weights(config: EncoderConfig, report: Callable[[events.Event], None], memory_bytes: int) -> Path:
    """The folder of the encoder's files, if this machine can train it; a download is reported while it goes on."""

    def accept(limits: Limits) -> None:
        architectures.check_layers(config, limits.num_hidden_layers)
        architectures.check_memory(config, limits, memory_bytes)

    downloads: list[int] = []

    def progress(done: int, total: int) -> None:
        if not downloads:
            report(events.Phase(step=0, phase="downloading"))
        downloads.append(done)
        report(events.Download(step=0, encoder=config.name, bytes_done=done, bytes_total=total))

    found = encoders.find_weights(config.name, config.revision, accept=accept, progress=progress)
    if downloads:
        report(events.Phase(step=0, phase="loading"))
    return found.folder


class _NeverStop:
    """A control that asks for nothing."""

    def stop_requested(self) -> str | None:
        return None

    def attend(self, model: "MultiTaskModel", step: int) -> None:
        pass


def train(
    config: RunConfig | Mapping[str, Any],
    report: Callable[[events.Event], None] = lambda _: None,
    uploads: Uploads | None = None,
) -> "MultiTaskModel":
    """Trains in this process, without a run folder, and gives the model of the last step, ready to answer.

    Args:
        config: What to do; plain values are read as by ``RunConfig.from_dict``.
        report: Is told every event.
        uploads: The files that the run's sources may name.

    Raises:
        MtlError: As ``assemble`` and ``Trainer.run``.
    """
    config = config if isinstance(config, RunConfig) else RunConfig.from_dict(config)
    trainer = assemble(config, report=report, uploads=uploads)
    if config.training.model_selection == LAST:
        trainer.run(report, _NeverStop(), None)
        return trainer.model.eval()
    from mtl.snapshots import Snapshots

    with TemporaryDirectory() as folder:
        trainer.run(report, _NeverStop(), Snapshots(Path(folder)))
    return trainer.model.eval()


def _encode_sources(
    rows: Mapping[str, Mapping[Split, list[Row]]], model: "MultiTaskModel", others: "Sequence[Task]"
) -> "list[EncodedSource]":
    """Every source, tokenised once, with the labels of its tasks; one that only ``others`` read is only counted."""
    from mtl.data.batches import encode_rows
    from mtl.data.reading import Reading
    from mtl.training.evaluation import EncodedSource

    sources = []
    for name, splits in rows.items():
        own = [task for task in model.tasks.values() if task.spec.source == name]
        members = [*own, *(task for task in others if task.spec.source == name)]
        if own:
            encoded = {
                split: encode_rows(model.tokenizer, chosen, members, model.max_length)
                for split, chosen in splits.items()
            }
            sources.append(EncodedSource(name, own, encoded))
            continue
        train = splits["train"]
        windows = bool(members) and Reading.of(members).stride is not None
        counted = len(encode_rows(model.tokenizer, train, members, model.max_length) if windows else train)
        sources.append(EncodedSource(name, [], {}, counted))
    return sources


def probe(config: RunConfig, cancelled: Callable[[], bool], *, uploads: Uploads | None = None) -> dict[str, Any]:
    """Measures a few real steps and tells how long the run would take; see ``mtl.training.probe``."""
    from mtl.training.probe import measure

    return measure(config, partial(assemble, uploads=uploads), cancelled)
