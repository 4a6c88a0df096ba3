"""The table of sharing schemes. No torch here: the page reads it."""

from collections.abc import Mapping

from mtl.runs.options import Method, Option


def _hard() -> type:
    from mtl.sharing.hard import HardSharing

    return HardSharing


def _partial() -> type:
    from mtl.sharing.partial import PartlyShared

    return PartlyShared


def _soft() -> type:
    from mtl.sharing.soft import SoftSharing

    return SoftSharing


def _cross_stitch() -> type:
    from mtl.sharing.cross_stitch import CrossStitch

    return CrossStitch


def _lora() -> type:
    from mtl.sharing.lora import LoraSharing

    return LoraSharing


def _experts() -> type:
    from mtl.sharing.experts import MixtureOfExperts

    return MixtureOfExperts


SHARING: Mapping[str, Method] = {
    "hard": Method(_hard),
    "partial": Method(_partial, (Option("layers", "number", 3, low=1, high=47, whole=True),)),
    "soft": Method(_soft, (Option("tie", "number", 0.1, low=0.0, high=1000.0),)),
    "cross_stitch": Method(_cross_stitch, (Option("own", "number", 0.9, low=0.0, high=1.0),)),
    "lora": Method(
        _lora, (Option("rank", "number", 8, low=1, high=256, whole=True), Option("train_base", "switch", False))
    ),
    "mmoe": Method(_experts, (Option("experts", "number", 4, low=2, high=32, whole=True),)),
}
