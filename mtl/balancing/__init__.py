"""The table of balancers. No torch here: the page reads it."""

from collections.abc import Mapping
from types import ModuleType

from mtl.runs.options import Method, Option


def _constant() -> ModuleType:
    from mtl.balancing import constant

    return constant


def _losses() -> ModuleType:
    from mtl.balancing import losses

    return losses


def _norms() -> ModuleType:
    from mtl.balancing import norms

    return norms


def _gramian() -> ModuleType:
    from mtl.balancing import gramian

    return gramian


_ALPHA = Option("alpha", "number", 1.5, low=0.0, high=10.0)
_RATE = Option("learning_rate", "number", 0.025, low=1e-5, high=1.0)
_EXACT = Option("exact", "switch", False)
"""One row of gradient for every task, where tasks of one text are compared at their representation otherwise."""

BALANCERS: Mapping[str, Method] = {
    "equal": Method(lambda: _constant().Equal),
    "fixed": Method(lambda: _constant().Fixed, (Option("weights", "per_task", {}, low=0.0, high=1e6),)),
    "random": Method(lambda: _constant().Random),
    "uncertainty": Method(lambda: _losses().Uncertainty, (_RATE,)),
    "imtl_l": Method(lambda: _losses().ImpartialLosses, (_RATE,)),
    "log_loss": Method(lambda: _losses().LogLoss),
    "geometric": Method(lambda: _losses().GeometricLoss),
    "stch": Method(lambda: _losses().SmoothTchebycheff, (Option("mu", "number", 0.1, low=1e-3, high=100.0),)),
    "dwa": Method(
        lambda: _losses().DynamicAverage,
        (
            Option("temperature", "number", 2.0, low=0.01, high=100.0),
            Option("window", "number", 10, low=1, high=10_000, whole=True),
        ),
    ),
    "famo": Method(lambda: _losses().Famo, (_RATE, Option("gamma", "number", 1e-3, low=0.0, high=1.0))),
    "gradnorm": Method(
        lambda: _norms().GradNorm,
        (_ALPHA, _RATE, Option("warmup", "number", 5, low=1, high=1000, whole=True)),
    ),
    "pcgrad": Method(lambda: _gramian().PCGrad, (_EXACT,)),
    "gradvac": Method(lambda: _gramian().GradVac, (Option("beta", "number", 0.01, low=0.0, high=1.0), _EXACT)),
    "cagrad": Method(lambda: _gramian().CAGrad, (Option("c", "number", 0.5, low=0.0, high=10.0), _EXACT)),
    "mgda": Method(
        lambda: _gramian().MGDA,
        (Option("normalise", "choice", "length", choices=("none", "length", "loss")), _EXACT),
    ),
    "imtl_g": Method(lambda: _gramian().ImpartialGradients, (_EXACT,)),
    "aligned": Method(
        lambda: _gramian().AlignedMTL, (Option("scale", "choice", "min", choices=("min", "median", "rmse")), _EXACT)
    ),
    "nash": Method(lambda: _gramian().NashMTL, (_EXACT,)),
    "fairgrad": Method(lambda: _gramian().FairGrad, (Option("alpha", "number", 2.0, low=0.0, high=10.0), _EXACT)),
    "upgrad": Method(lambda: _gramian().UPGrad, (_EXACT,)),
    "dbmtl": Method(lambda: _norms().DualBalancing, (_EXACT,)),
}
