"""What balancing costs beside equal weights: operations, seconds and memory; and other ways to the same gradients.

Real encoder, random texts of 16 × 32 tokens. Own batches: each task reads texts of its own. One text: all tasks read
the same. Times are medians of steps taken in turn. The others are `torchjd.autojac` (one text: ``mtl_backward``; own
batches: ``backward`` at the encoder's parameters) and the pattern of LibMTL, whose losses stand in one tensor.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext

import torch
from torch.utils.flop_counter import FlopCounterMode
from torchjd.aggregation import UPGrad
from torchjd.autojac import backward as jacobian_backward
from torchjd.autojac import jac_to_grad, mtl_backward

from mtl import encoders
from mtl.balancing import BALANCERS
from mtl.data.batches import Batch
from mtl.data.sources import TaskSpec
from mtl.model import MultiTaskModel, build_task
from mtl.pretrained import load_encoder
from mtl.runs.config import Choice, EncoderConfig
from mtl.tasks.features import Features
from mtl.training.gradients import GradientEngine
from tests.bench.table import Row, at_most, median, show

TEXTS, TOKENS, CLASSES, STEPS = 16, 32, 4, 9
METHODS = ("upgrad", "pcgrad", "mgda", "fairgrad", "log_loss")
COUNTS = (2, 4, 8)
Action = Callable[[], object]


def build(count: int, own: bool) -> tuple[MultiTaskModel, list[Batch]]:
    """A model of so many classifications, and a batch of each of their sources."""
    torch.manual_seed(0)
    config = EncoderConfig()
    encoder, tokenizer = load_encoder(config, encoders.find_weights(config.name).folder)
    labels = tuple(f"label {at}" for at in range(CLASSES))
    specs = [
        TaskSpec(f"task {at}", "classification", f"texts {at if own else 0}", "label", labels) for at in range(count)
    ]
    model = MultiTaskModel(encoder, tokenizer, [build_task(spec) for spec in specs], config, Choice("hard")).train()
    batches = []
    for source in dict.fromkeys(spec.source for spec in specs):
        names = [spec.name for spec in specs if spec.source == source]
        ids = torch.randint(1000, 20_000, (TEXTS, TOKENS))
        targets = {name: torch.randint(0, CLASSES, (TEXTS,)) for name in names}
        batches.append(Batch(source, ids, torch.ones_like(ids), torch.zeros_like(ids), targets))
    return model, batches


def ours(model: MultiTaskModel, batches: Sequence[Batch], name: str) -> Action:
    """A step of the engine."""
    method = BALANCERS[name]
    balancer = method.load()(list(model.tasks), **method.check("balancer", Choice(name)))
    engine = GradientEngine(model, balancer, nullcontext)

    def step() -> None:
        model.zero_grad(set_to_none=True)
        engine.backward(batches)

    return step


def losses(model: MultiTaskModel, batches: Sequence[Batch]) -> Iterator[torch.Tensor]:
    """The losses of the tasks, in one graph each batch."""
    for batch in batches:
        logits = model(batch, list(batch.labels))
        for name, labels in batch.labels.items():
            yield model.tasks[name].loss(logits[name], labels)


def autojac(model: MultiTaskModel, batches: Sequence[Batch], own: bool) -> Action:
    """The same step by TorchJD's own engine."""
    parameters = [each for each in model.encoder.parameters() if each.requires_grad]

    def step() -> None:
        model.zero_grad(set_to_none=True)
        if own:
            jacobian_backward(list(losses(model, batches)), inputs=parameters, parallel_chunk_size=1)
        else:
            (batch,) = batches
            hidden = model.encode(batch, list(batch.labels))
            (features,) = {id(each): each for each in hidden.values()}.values()
            found = [  # features of its own for each: the reference goes backward through each graph once
                model.tasks[name].loss(model.heads[name](Features(features, batch.attention_mask), labels), labels)
                for name, labels in batch.labels.items()
            ]
            heads = [list(model.heads[name].parameters()) for name in batch.labels]
            mtl_backward(found, features=features, tasks_params=heads, shared_params=parameters, parallel_chunk_size=1)
        jac_to_grad([each for each in parameters if hasattr(each, "jac")], UPGrad())

    return step


def libmtl(model: MultiTaskModel, batches: Sequence[Batch]) -> Action:
    """Losses written into one tensor, and a backward from each of its entries."""
    parameters = [each for each in model.encoder.parameters() if each.requires_grad]

    def step() -> None:
        model.zero_grad(set_to_none=True)
        written = torch.zeros(len(model.tasks))
        for at, loss in enumerate(losses(model, batches)):
            written[at] = loss
        rows = []
        for at in range(len(written)):
            model.zero_grad(set_to_none=False)
            written[at].backward(retain_graph=True)
            rows.append(torch.cat([each.grad.flatten() for each in parameters if each.grad is not None]))
        torch.stack(rows)

    return step


def in_turn(actions: Sequence[Action]) -> list[float]:
    """Median seconds of each, taken in turn."""
    taken: list[list[float]] = [[] for _ in actions]
    for step in range(STEPS + 1):
        for action, times in zip(actions, taken, strict=True):
            began = time.perf_counter()
            action()
            if step:
                times.append(time.perf_counter() - began)
    return [median(times) for times in taken]


def flops(action: Action) -> int:
    """Operations of one step."""
    with FlopCounterMode(display=False) as counter:
        action()
    return int(counter.get_total_flops())


def costs(own: bool) -> Iterator[Row]:
    """Operations and time of each method ÷ equal weights."""
    what, bar = ("own batches", 1.02) if own else ("one text", 1.05)
    for count in COUNTS:
        model, batches = build(count, own)
        equal = ours(model, batches, "equal")
        plain = flops(equal)
        ratios = {name: flops(ours(model, batches, name)) / plain for name in METHODS}
        worst = max(ratios, key=lambda name: ratios[name])
        yield at_most(
            f"{what}, {count} tasks: operations of {', '.join(METHODS)} ÷ equal", ratios[worst], bar, "×", worst
        )
        base, *times = in_turn([equal, *(ours(model, batches, name) for name in METHODS)])
        slowest = max(range(len(METHODS)), key=lambda at: times[at])
        yield at_most(
            f"{what}, {count} tasks: time of the same ÷ equal", times[slowest] / base, 1.15, "×",
            f"{METHODS[slowest]}; equal {base * 1e3:.0f} ms",
        )  # fmt: skip


def others() -> Iterator[Row]:
    """The same gradients by other engines ÷ equal weights here, 4 tasks."""
    for own in (True, False):
        model, batches = build(4, own)
        actions = [ours(model, batches, "equal"), ours(model, batches, "upgrad"), autojac(model, batches, own)]
        base, mine, theirs, *rest = in_turn([*actions, *([libmtl(model, batches)] if own else [])])
        said = f"here {mine / base:.2f}, torchjd.autojac {theirs / base:.2f}" + (
            f", the pattern of LibMTL {rest[0] / base:.2f}" if rest else ""
        )
        yield Row(f"{'own batches' if own else 'one text'}, 4 tasks: UPGrad ÷ equal, time", "–", said, None)


def peak(count: int) -> int:
    """Bytes at most of a process that takes three steps of equal weights."""
    command = [sys.executable, "-m", "tests.bench.balancing", "--peak", str(count)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def memory() -> Iterator[Row]:
    """Own batches, equal weights: 8 tasks ÷ 1 task with the same batch."""
    yield at_most("own batches, equal weights: memory at most, 8 tasks ÷ 1 task", peak(8) / peak(1), 1.15, "×")


def rows() -> Iterator[Row]:
    """All of it."""
    yield from costs(own=True)
    yield from costs(own=False)
    yield from others()
    yield from memory()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        action = ours(*build(int(sys.argv[2]), own=True), "equal")
        for _ in range(3):
            action()
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    else:
        show(rows())
