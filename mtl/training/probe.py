"""An estimate of a run's time and memory from a few of its real steps.

The seconds of a step grow with the padded tokens in it, so steps are timed per token and the tokens of all steps
are counted without a model.
"""

import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from mtl.data.batches import Batch, by_length
from mtl.data.sources import Split
from mtl.errors import EncoderError
from mtl.model import parameter_counts
from mtl.runs.config import RunConfig
from mtl.runs.events import Download, Event
from mtl.training.evaluation import EncodedSource, evaluate
from mtl.training.hardware import device_name, peak_memory_bytes
from mtl.training.trainer import Trainer

STEPS = 4
"""Timed steps, after one that warms up."""


class ProbeCancelled(Exception):
    """A newer question made this probe pointless."""


def measure(config: RunConfig, assemble: Callable[..., Trainer], cancelled: Callable[[], bool]) -> dict[str, Any]:
    """Builds the run, times a few steps and one evaluation batch of each source, and adds up.

    Returns:
        ``seconds`` for the whole run, ``peak_memory_bytes``, ``steps_per_s``, ``phases`` in seconds, ``device_name``,
        and ``parameters`` and ``parts`` as ``RunStarted`` has them.

    Raises:
        ProbeCancelled: ``cancelled()`` was true between two steps.
        MtlError: As ``assemble`` and a training step; an encoder that would have to be downloaded is ``not_here``.
    """

    def heed(event: Event) -> None:
        # Between the phases of loading, too, a newer question counts.
        _stop_if(cancelled)
        if isinstance(event, Download):
            size = round(event.bytes_total / 1e6)
            message = f"{event.encoder} is not on this machine yet: a run downloads {size} MB first."
            raise EncoderError(message, encoder=event.encoder, reason="not_here", found=size)

    began = time.perf_counter()
    trainer = assemble(config, report=heed)
    loading = time.perf_counter() - began
    training = _time_steps(trainer, cancelled)
    evaluating = _time_evaluations(trainer, cancelled)
    saving = 0.0
    phases = {"loading": loading, "training": training, "evaluating": evaluating, "saving": saving}
    return {
        "seconds": sum(phases.values()),
        "peak_memory_bytes": peak_memory_bytes(trainer.model.device),
        "steps_per_s": trainer.max_steps / training,
        "phases": phases,
        "parameters": dict(parameter_counts(trainer.model)),
        "parts": [part.to_dict() for part in trainer.model.parts()],
        "device_name": device_name(trainer.model.device),
    }


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise ProbeCancelled


def _tokens(batches: Sequence[Batch]) -> int:
    return sum(batch.input_ids.numel() for batch in batches)


def _time_steps(trainer: Trainer, cancelled: Callable[[], bool]) -> float:
    """Seconds of all steps."""
    seen = list(islice(trainer.batches(), min(64, trainer.max_steps)))
    mean = sum(map(_tokens, seen)) / len(seen)
    # A run that is part of a larger one has steps without a text: they cost nothing and tell nothing.
    order = sorted(filter(None, seen), key=_tokens) or [next(filter(None, trainer.batches()))]
    # The longest step first: it warms up, and it decides the memory.
    chosen = [order[-1]] + [order[int(len(order) * (k + 0.5) / STEPS)] for k in range(STEPS)]
    seconds = []
    trainer.model.train()
    for batches in chosen:
        _stop_if(cancelled)
        began = time.perf_counter()
        trainer.train_step(batches)
        seconds.append(time.perf_counter() - began)
    per_token = sum(seconds[1:]) / sum(map(_tokens, chosen[1:]))
    total = per_token * mean * trainer.max_steps
    measured = sum(map(trainer.measures, range(1, trainer.max_steps + 1)))
    if measured:
        total += measured * max(0.0, _time_measured(trainer, chosen[STEPS // 2]) - per_token * mean)
    probed = sum(map(trainer.looks_ahead, range(1, trainer.max_steps + 1)))
    return total + (probed * _time_affinity(trainer, chosen[STEPS // 2]) if probed else 0.0)


def _time_affinity(trainer: Trainer, batches: Sequence[Batch]) -> float:
    """Seconds of a probe of the tasks' affinity."""
    began = time.perf_counter()
    trainer.look_ahead(batches)
    return time.perf_counter() - began


def _time_measured(trainer: Trainer, batches: Sequence[Batch]) -> float:
    """Seconds of a step in which the tasks' gradients are compared as well."""
    began = time.perf_counter()
    trainer.train_step(batches, measure=True)
    return time.perf_counter() - began


def _time_evaluations(trainer: Trainer, cancelled: Callable[[], bool]) -> float:
    """Seconds of all validations and of the test, from the middle batch of each source."""
    config = trainer.config
    times = 1 + -(-trainer.max_steps // config.eval_steps)
    total = 0.0
    for source in trainer.sources.values():
        _stop_if(cancelled)
        per_token = _time_batch(trainer, source)
        total += per_token * (times * _eval_tokens(source, "validation", config) + _eval_tokens(source, "test", config))
    return total


def _eval_tokens(source: EncodedSource, split: Split, config: Any) -> int:
    examples = source.splits[split]
    batches = by_length(examples, config.per_device_eval_batch_size)
    return sum(len(batch) * max(len(examples[index].input_ids) for index in batch) for batch in batches)


def _time_batch(trainer: Trainer, source: EncodedSource) -> float:
    size = trainer.config.per_device_eval_batch_size
    batches = list(by_length(source.splits["validation"], size))
    middle = [source.splits["validation"][index] for index in batches[len(batches) // 2]]
    part = EncodedSource(source.name, source.tasks, {"validation": middle})
    began = time.perf_counter()
    evaluate(trainer.model, part, "validation", size, trainer.accelerator.autocast)
    return (time.perf_counter() - began) / (len(middle) * max(len(example.input_ids) for example in middle))
