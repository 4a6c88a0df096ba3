"""What the machine has: a device, a precision, a name, and the memory a run took."""

import os
import platform
import resource
import sys
from pathlib import Path

import torch

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")
LIMIT = Path("/sys/fs/cgroup/memory.max")


def pick_device() -> torch.device:
    """A GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def pick_precision(device: torch.device) -> str:
    """``bf16`` where the hardware multiplies matrices in it, else ``fp32``: emulated bf16 is slower than fp32.

    A processor that has only AVX-512's dot product of bf16 (an Intel Xeon without AMX was measured) multiplies half as
    fast in it as in fp32, and a training step takes 1.14 times as long.
    """
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    # The only place where torch tells; the name has been there since 2.4.
    return "bf16" if torch.cpu._is_amx_tile_supported() else "fp32"


def device_name(device: torch.device) -> str:
    """A name a person recognises: ``NVIDIA H100``, or ``AMD EPYC · 2 cores``."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{_cpu_name()} · {cores} {'core' if cores == 1 else 'cores'}"


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "CPU"


def memory_bytes(device: torch.device) -> int:
    """The memory of the device: of the GPU, or of this machine as far as this process may use it."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(whole, int(LIMIT.read_text(encoding="utf-8")))
    except (OSError, ValueError):  # no limit is written as "max"
        return whole


def reset_peak_memory(device: torch.device) -> None:
    """Begins a new measurement of the peak, as far as the system allows."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return
    try:
        CLEAR.write_text("5")  # Linux: sets the high-water mark to what is used now
    except OSError:
        return


def peak_memory_bytes(device: torch.device) -> int:
    """The most memory in use since the last reset: of the GPU, or of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    try:
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
