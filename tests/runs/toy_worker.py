"""A worker that trains nothing, fast: the real `mtl.worker` with toy parts. `sharing.options` says how it behaves."""

import ctypes
import os
import signal
import sys
import time
from types import SimpleNamespace

from mtl import worker
from mtl.errors import LossNotFinite
from mtl.runs.events import Loss, Optimizer, Phase, RunStarted, Snapshot

ERRORS = {
    "typed": LossNotFinite("The loss is NaN.", task="topic", step=3),
    "memory": type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory"),
    "rust": RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"),
    "other": KeyError("surprise"),
}


class Cancelled(Exception):
    """A probe was cancelled."""


class ToyTrainer:
    def __init__(self, config, options):
        self.steps, self.every = config.training.max_steps, config.training.eval_steps
        self.options = {"step_s": 0.01, "stuck": "", "error": "", "fill": ""} | options

    def run(self, report, control, save):
        report(RunStarted(
            device="cpu", device_name="toy", precision="fp32", max_steps=self.steps, eval_steps=self.every,
            tasks=[], parameters={"total": 1, "shared": 1, "trainable": 1},
        ))  # fmt: skip
        report(Phase(step=0, phase="training"))
        step = 0
        while step < self.steps and not control.stop_requested():
            time.sleep(self.options["step_s"])
            step += 1
            report(Loss(step=step, task="toy", split="train", loss=1 / step, examples=step, weight=1.0))
            report(Optimizer(step=step, learning_rate=0.1, grad_norm=1.0, clipped=False, examples=step))
            if step == 2:
                self.misbehave()
        report(Phase(step=step, phase="saving"))
        report(Snapshot(step=step, name=save(None, step)))
        return SimpleNamespace(stopped=step < self.steps, reason=control.stop_requested(), peak_memory_bytes=7)

    def misbehave(self):
        if self.options["error"]:
            raise ERRORS[self.options["error"]]
        if self.options["fill"]:
            fill(self.options["fill"])
        if self.options["stuck"]:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if self.options["stuck"] == "interpreter":
            ctypes.PyDLL(None).sleep(600)  # PyDLL keeps the interpreter's lock: no other thread runs
        while self.options["stuck"]:
            time.sleep(1)


def fill(path):
    """Writes until the disk is full."""
    with open(path, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            file.seek(0, 2)
    try:
        while True:
            with open(path, "ab", buffering=0) as file:
                file.write(b"x")
    except OSError:
        return


assembled = []


def assemble(config, *, report):
    options = dict(config.sharing.options)
    deadline = time.monotonic() + (0 if assembled else float(os.environ.get("TOY_FIRST", "0")))
    assembled.append(config)
    while time.monotonic() < deadline:  # the first time takes long
        report(Phase(step=0, phase="loading"))
        time.sleep(0.02)
    report(Phase(step=0, phase="loading"))
    time.sleep(options.pop("assemble_s", 0))
    print("toy assembled")
    report(Phase(step=0, phase="tokenising"))
    return ToyTrainer(config, options)


def snapshots(folder):
    def save(model, step):
        name = f"step-{step:08d}"
        (folder / name).mkdir(parents=True)
        (folder / name / "complete.json").write_text("{}")
        return name

    return save


def probe(config, cancelled):
    deadline = time.monotonic() + 10
    while config.sharing.options.get("long") and time.monotonic() < deadline:
        if cancelled():
            raise Cancelled
        time.sleep(0.005)
    if config.sharing.options.get("error"):
        raise ERRORS[config.sharing.options["error"]]
    return {"seconds": float(config.training.max_steps), "peak_memory_bytes": 7}


def load():
    mode = os.environ.get("TOY_LOAD", "")
    print("a library says hello", end="", flush=True)  # where answers are expected in a standby
    standby = "--standby" in sys.argv
    if mode == "fails" and standby:
        raise ImportError("no toy today")
    if mode == "dies":
        os._exit(9)
    time.sleep(float(mode) if mode.replace(".", "").isdigit() else 0)
    return worker.Parts(assemble, snapshots, probe, Cancelled, lambda folder: lambda model, step: None)


if __name__ == "__main__":
    worker.leave(worker.main(load=load))
