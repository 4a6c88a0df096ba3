"""What a run says: one frozen record per kind of event, written as one JSON line each.

``t``, the seconds since the run began, is stamped by the journal, so that whoever reports needs no clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from mtl.runs.event import Event
from mtl.runs.mistakes import Mistakes

MAX_SAMPLES = 4
MAX_SAMPLE_CHARACTERS = 300


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """Everything is loaded and the first step can begin."""

    type: ClassVar[str] = "run_started"
    step: int = 0
    device: str
    device_name: str
    precision: str
    max_steps: int
    eval_steps: int
    conflict_steps: int | None = None
    """Steps between comparisons of the tasks' gradients; 0: they are never compared."""
    affinity_steps: int | None = None
    """Steps between probes of the tasks' affinity; 0: it is never probed."""
    tasks: Sequence[Mapping[str, Any]]
    """One per task: name, kind, source, labels, metric, train_rows, validation_rows, test_rows, baseline."""
    parameters: Mapping[str, int]
    """``total``, ``shared``, ``heads`` and ``trainable``."""
    parts: Sequence[Mapping[str, Any]] = ()
    """What the model is made of, from the bottom up: ``level``, ``kind``, ``tasks``, ``parameters``, ``trainable``."""


@dataclass(frozen=True, kw_only=True)
class Phase(Event):
    """What the worker does from now on: reading, downloading, loading, tokenising, training, evaluating or saving."""

    type: ClassVar[str] = "phase"
    phase: str


@dataclass(frozen=True, kw_only=True)
class Download(Event):
    """How much of the encoder has been downloaded."""

    type: ClassVar[str] = "download"
    encoder: str
    bytes_done: int
    bytes_total: int


@dataclass(frozen=True, kw_only=True)
class Reading(Event):
    """A source that lies elsewhere is still being read, since so many seconds."""

    type: ClassVar[str] = "reading"
    source: str
    elapsed_s: float


@dataclass(frozen=True, kw_only=True)
class Mixture(Event):
    """From which sources the texts of a step are drawn, and what the tasks have seen up to it."""

    type: ClassVar[str] = "mixture"
    shares: Mapping[str, float]
    """The share of each source in the step; they sum to 1."""
    examples: Mapping[str, int]
    """Labelled texts that each task has been trained on so far."""


@dataclass(frozen=True, kw_only=True)
class Loss(Event):
    """The mean loss of one task over ``examples`` examples."""

    type: ClassVar[str] = "loss"
    task: str
    split: str
    """``train`` or ``validation``."""
    loss: float
    examples: int
    weight: float | None = None
    """The weight that the balancer gave to the task (training only)."""
    grad_norm: float | None = None
    """Norm of the loss's gradient at the shared representation (training only)."""


@dataclass(frozen=True, kw_only=True)
class Conflicts(Event):
    """How the tasks' gradients at the common parameters agree."""

    type: ClassVar[str] = "conflicts"
    tasks: Sequence[str]
    cosines: Sequence[Sequence[float | None]]
    """In the order of ``tasks``; None where a gradient is zero."""


@dataclass(frozen=True, kw_only=True)
class Affinity(Event):
    """What a trial step for each task alone would do to the losses of all; see ``mtl.training.affinity``."""

    type: ClassVar[str] = "affinity"
    tasks: Sequence[str]
    affinities: Sequence[Sequence[float | None]]
    """Row i: the share of each task's loss that a step for task i takes away; None where it cannot be told."""
    levels: Mapping[str, Sequence[Sequence[float | None]]] = field(default_factory=dict)
    """Cosines of the gradients at the common parameters of each level of the model, from the bottom up."""


@dataclass(frozen=True, kw_only=True)
class Layers(Event):
    """Gradient norms before clipping, by the level of the model's parts, from the bottom up."""

    type: ClassVar[str] = "layers"
    norms: Mapping[str, float]
    """Levels without a gradient, such as frozen ones, are left out."""


@dataclass(frozen=True, kw_only=True)
class Skipped(Event):
    """A task, or all (None), had no part in the step: its loss or gradient is not finite."""

    type: ClassVar[str] = "skipped"
    task: str | None
    loss: float | None


@dataclass(frozen=True, kw_only=True)
class Unbalanced(Event):
    """The balancer found no weights: every task weighed 1 in this step."""

    type: ClassVar[str] = "unbalanced"


@dataclass(frozen=True, kw_only=True)
class Optimizer(Event):
    """One step of the optimizer."""

    type: ClassVar[str] = "optimizer"
    learning_rate: float
    grad_norm: float
    """Norm of the whole gradient before clipping."""
    clipped: bool
    examples: int


@dataclass(frozen=True, kw_only=True)
class Scores(Event):
    """The scores of one task, each in [0, 1]; ``metric`` names the primary one."""

    type: ClassVar[str] = "scores"
    task: str
    split: str
    """``validation`` or ``test``."""
    metric: str
    scores: Mapping[str, float]
    signature: str | None = None
    """How they were computed, where there is more than one way: sacreBLEU's, say."""
    of_step: int | None = None
    """The step whose weights were scored, where it is not the event's."""


@dataclass(frozen=True, kw_only=True)
class Samples(Event):
    """What a task said about the first few rows of a split: always the same rows, so that one sees it improve."""

    type: ClassVar[str] = "samples"
    task: str
    split: str
    """``validation``."""
    samples: Sequence[Mapping[str, str]]
    """At most ``MAX_SAMPLES``: ``text``, ``target`` and ``output``, each of at most ``MAX_SAMPLE_CHARACTERS``."""


@dataclass(frozen=True, kw_only=True)
class Said(Event):
    """What all heads answer to a pinned text with the weights of this step."""

    type: ClassVar[str] = "said"
    pinned: int
    """Its place in the configuration's list."""
    answers: Mapping[str, Mapping[str, Any]]
    """By task, each as its kind writes it; of many labels only the likeliest."""
    missing_pair: Sequence[str]
    """Tasks that compare two texts, where only one is pinned."""
    truncated: bool
    tokens_read: int


@dataclass(frozen=True, kw_only=True)
class QuestionTime(Event):
    """How long one text takes from its letters to the answers of all heads, each asked on its own."""

    type: ClassVar[str] = "question_time"
    seconds: float
    """A mean over the questions."""
    questions: int


@dataclass(frozen=True, kw_only=True)
class Snapshot(Event):
    """The model was saved under ``snapshots/<name>`` and can be loaded."""

    type: ClassVar[str] = "snapshot"
    name: str
    best_of: Sequence[str] = ()
    """The tasks whose validation score is the best so far in this step."""
    best: bool = False
    """Whether the mean of all tasks' scores is."""
    disk_bytes: int | None = None
    """What all snapshots that are kept now take on the disk."""


@dataclass(frozen=True, kw_only=True)
class Truncated(Event):
    """``rows`` texts of a source are longer than ``max_length`` tokens and are cut."""

    type: ClassVar[str] = "truncated"
    source: str
    rows: int
    max_length: int


@dataclass(frozen=True, kw_only=True)
class Dropped(Event):
    """``rows`` rows of a source's split have problems: they are left out, or lack a label."""

    type: ClassVar[str] = "dropped"
    source: str
    split: str
    rows: int
    problems: Mapping[str, int]
    """How many there are of each reason."""


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """The run ended by an error."""

    type: ClassVar[str] = "failed"
    error: str
    """Name of the error's class, for the page to translate."""
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)
    traceback: str = ""
    elapsed_s: float


@dataclass(frozen=True, kw_only=True)
class Finished(Event):
    """The run did all its steps, or as many as were of use."""

    type: ClassVar[str] = "finished"
    elapsed_s: float
    peak_memory_bytes: int | None = None
    reason: str | None = None
    """``no_improvement`` if it ended before its last step because no task got better."""


@dataclass(frozen=True, kw_only=True)
class Stopped(Event):
    """The run ended before its last step because it was asked to."""

    type: ClassVar[str] = "stopped"
    elapsed_s: float
    peak_memory_bytes: int | None = None
    reason: str | None = None
    """``requested``, ``signal`` or ``server_stopped``."""


EVENT_TYPES: Mapping[str, type[Event]] = {
    each.type: each
    for each in (
        RunStarted, Phase, Reading, Download, Mixture, Loss, Conflicts, Affinity, Layers,
        Skipped, Unbalanced, Optimizer, Scores, Samples, Said, QuestionTime, Mistakes, Snapshot, Truncated, Dropped,
        Failed, Finished, Stopped,
    )
}  # fmt: skip

FINAL_TYPES = frozenset({Failed.type, Finished.type, Stopped.type})
"""Nothing follows an event of these types."""
