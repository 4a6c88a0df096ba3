"""The table of sharing schemes. No torch here: the page reads it."""

from collections.abc import Mapping

from mtl.runs.options import Method


def _hard() -> type:
    from mtl.sharing.hard import HardSharing

    return HardSharing


SHARING: Mapping[str, Method] = {
    "hard": Method(_hard),
}
