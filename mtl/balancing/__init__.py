"""The table of balancers. No torch here: the page reads it."""

from collections.abc import Mapping

from mtl.runs.options import Method, Option


def _equal() -> type:
    from mtl.balancing.constant import Equal

    return Equal


def _fixed() -> type:
    from mtl.balancing.constant import Fixed

    return Fixed


BALANCERS: Mapping[str, Method] = {
    "equal": Method(_equal),
    "fixed": Method(_fixed, (Option("weights", "per_task", {}, low=0.0, high=1e6),)),
}
