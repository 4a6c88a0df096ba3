"""What the machine says of itself."""

import pytest
import torch

from mtl.training import hardware

CPU = torch.device("cpu")


def test_the_processor_has_a_name_and_a_number_of_cores():
    name = hardware.device_name(CPU)
    assert name.endswith(("core", "cores"))
    assert "·" in name


@pytest.mark.parametrize(("amx", "precision"), [(True, "bf16"), (False, "fp32")])
def test_a_processor_computes_in_bf16_where_it_multiplies_matrices_in_it(amx, precision, monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)  # a dot product alone is no gain
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert hardware.pick_precision(CPU) == precision


def test_there_is_a_device():
    assert hardware.pick_device().type in ("cpu", "cuda")


def test_the_peak_of_memory_sees_what_was_used_and_begins_anew():
    hardware.reset_peak_memory(CPU)
    before = hardware.peak_memory_bytes(CPU)
    block = torch.ones(64 * 2**20, dtype=torch.uint8)
    assert hardware.peak_memory_bytes(CPU) >= before + 48 * 2**20
    del block


def test_memory_is_told_where_the_kernel_tells_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(hardware, "STATUS", tmp_path / "nothing")
    monkeypatch.setattr(hardware, "CLEAR", tmp_path / "no" / "file")
    hardware.reset_peak_memory(CPU)
    assert hardware.peak_memory_bytes(CPU) > 2**20
