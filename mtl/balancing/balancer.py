"""What every balancer gives: one weight for each task of a step.

T tasks · N rows
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor, nn

Reads = Literal["nothing", "losses", "gramian"]
"""What weights are made from: nothing of the step, its losses, or the Gramian of its gradients."""


@dataclass(frozen=True)
class View:
    """What a balancer may look at in a step.

    ``losses`` are those of the tasks, ``[N]``; ``gramian`` holds the inner products of their gradients, ``[N, N]``
    (float64, on the CPU), for balancers that read it. ``place`` says where the gradients were taken (at the
    representation of a source, or at the parameters): what a balancer remembers of one is not of use at the other.
    """

    tasks: Sequence[str]
    losses: Tensor
    gramian: Tensor | None = None
    place: str = ""


@dataclass(frozen=True)
class Seen:
    """What a balancer may learn from once a step was made: numbers of the tasks in it, on the CPU.

    ``losses`` of the step, ``[N]``; ``norms``, ‖∂Lᵢ/∂Z‖ at the representation, ``[N]``; ``after``, for balancers that
    look back: the losses of the same batches after the step, ``[N]``.
    """

    tasks: Sequence[str]
    losses: Tensor
    norms: Tensor
    after: Tensor | None = None


class Balancer(nn.Module, ABC):
    """Weighs the tasks of a step: the encoder follows Σ wᵢ ∇Lᵢ.

    A head follows wᵢ∇Lᵢ as well, but under a balancer that reads the Gramian ∇Lᵢ: such methods combine the gradients
    of what is shared.

    Weights that are learnt are parameters, and what is remembered are buffers: both are saved and read again with
    ``state_dict``. They are trained by the balancer itself, without weight decay.
    """

    reads: ClassVar[Reads] = "nothing"
    looks_back: ClassVar[bool] = False
    """Whether the losses are computed once more after the step: a forward pass more."""

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.exact = False
        """Whether every task has a row of its own at the common parameters, also where a text has several tasks."""
        self.fell_back = 0
        """How often no weights were found, and all weighed 1."""

    @abstractmethod
    def weights(self, view: View) -> Tensor:
        """The weight of each task of the view, ``[N]``."""

    def learn(self, seen: Seen) -> None:
        """What is learnt from a step that was made."""

    def places(self, names: Sequence[str]) -> list[int]:
        """Where the tasks stand among all of the run."""
        return [self.tasks.index(name) for name in names]
