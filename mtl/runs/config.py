"""What a run is asked to do: frozen, serialisable, each impossible value refused with the rule and the value found.

Fields are named as in ``transformers.TrainingArguments`` where the thing is the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from typing import Any

from mtl.checks import check_choice, check_integer, check_name, check_number, check_text
from mtl.data.sources import TaskSpec
from mtl.errors import ConfigError
from mtl.runs.sources import MAX_SOURCES, Source, source_from

DEFAULT_ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
DEFAULT_TASKS = ("sentiment", "topic", "stars", "entities", "relation", "question_type")
MAX_TASKS = 24
MAX_STEPS = 1_000_000
MAX_PINNED = 8
MAX_PINNED_CHARACTERS = 2000
LAST, BEST, EACH = MODEL_SELECTIONS = ("last", "best", "each")
"""Whose weights a finished run is scored with: those of the last step, of the best, or of each task's best."""


@dataclass(frozen=True)
class Choice:
    """A method by name, with its own options."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name("name", self.name)
        if not isinstance(self.options, Mapping):
            raise ConfigError("options", "be a table of option names and values", self.options)
        object.__setattr__(self, "options", dict(self.options))

    def __hash__(self) -> int:
        return hash((self.name, repr(sorted(self.options.items()))))


@dataclass(frozen=True)
class EncoderConfig:
    """The pretrained encoder, and how much of it is used and trained."""

    name: str = DEFAULT_ENCODER
    revision: str | None = None
    num_hidden_layers: int | None = None
    """Keep only the first k layers; None keeps all."""
    freeze_layers: int = 1
    """The embeddings and the lowest k layers are not trained; 0 trains everything."""
    max_length: int = 128
    """Tokens a text is cut to."""

    def __post_init__(self) -> None:
        check_name("encoder.name", self.name)
        if self.revision is not None:
            check_name("encoder.revision", self.revision)
        if self.num_hidden_layers is not None:
            check_integer("encoder.num_hidden_layers", self.num_hidden_layers, 1, 128)
        check_integer("encoder.freeze_layers", self.freeze_layers, 0, self.num_hidden_layers or 128)
        check_integer("encoder.max_length", self.max_length, 8, 8192)


@dataclass(frozen=True)
class TaskConfig:
    """One task of the run."""

    name: str
    loss_scale: float = 1.0
    """Factor on the task's loss before any balancing: a task measured in other units."""
    max_train_samples: int | None = None
    """Train on the first k rows of a seeded shuffle; None trains on all."""
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Options of the task's kind, in place of those the task comes with."""
    spec: TaskSpec | None = None
    """What the task is, if it is none of the shipped ones or of the catalogue: its source, columns and labels."""

    def __post_init__(self) -> None:
        check_name("tasks.name", self.name)
        if not isinstance(self.options, Mapping):
            raise ConfigError("tasks.options", "be a table of option names and values", self.options)
        object.__setattr__(self, "options", dict(self.options))
        if self.spec is not None and self.spec.name != self.name:
            raise ConfigError("tasks.spec.name", f"be the task's own ({self.name})", self.spec.name)
        check_number("tasks.loss_scale", self.loss_scale, 0, 1e6, open_low=True)
        if self.max_train_samples is not None:
            check_integer("tasks.max_train_samples", self.max_train_samples, 1, 10_000_000)


@dataclass(frozen=True)
class TrainingConfig:
    """How long and how fast: named as in ``transformers.TrainingArguments``."""

    max_steps: int = 48
    """Optimizer steps; -1 counts ``num_train_epochs`` instead."""
    num_train_epochs: float = 1.0
    """Passes over all training rows; used when ``max_steps`` is -1."""
    per_device_train_batch_size: int = 32
    """Texts in one step, shared among the sources of the tasks."""
    per_device_eval_batch_size: int = 64
    learning_rate: float = 4e-4
    head_learning_rate: float = 4e-3
    warmup_ratio: float = 0.1
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    """Gradients are scaled down to this total norm; 0 switches clipping off."""
    max_task_grad_norm: float = 0.0
    """Each task's gradient is scaled down to this norm before they are balanced; 0 switches it off."""
    conflict_steps: int = 12
    """Steps between measurements of how the tasks' gradients agree, each one backward a task; 0 never measures."""
    affinity_steps: int = 0
    """Steps between probes of what a step for one task does to the others' losses; 0 never probes. See
    ``mtl.training.affinity`` for what a probe costs."""
    eval_steps: int = 16
    """Steps between validations."""
    early_stopping_patience: int = 0
    """So many validations in a row in which no task got better end the run; 0 goes on to the last step."""
    model_selection: str = LAST
    """Whose weights are scored on test rows: ``last``, ``best`` (highest mean of the validation scores) or ``each``."""
    max_eval_samples: int | None = 96
    """Validation rows of each source; None takes all. Test rows are never cut."""
    logging_steps: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.max_steps != -1:
            check_integer("training.max_steps", self.max_steps, 1, MAX_STEPS)
        check_number("training.num_train_epochs", self.num_train_epochs, 0, 1000, open_low=True)
        check_integer("training.per_device_train_batch_size", self.per_device_train_batch_size, 1, 1024)
        check_integer("training.per_device_eval_batch_size", self.per_device_eval_batch_size, 1, 4096)
        check_number("training.learning_rate", self.learning_rate, 0, 1, open_low=True)
        check_number("training.head_learning_rate", self.head_learning_rate, 0, 1, open_low=True)
        check_number("training.warmup_ratio", self.warmup_ratio, 0, 1)
        check_number("training.weight_decay", self.weight_decay, 0, 1)
        check_number("training.max_grad_norm", self.max_grad_norm, 0, 1e6)
        check_number("training.max_task_grad_norm", self.max_task_grad_norm, 0, 1e6)
        check_integer("training.conflict_steps", self.conflict_steps, 0, MAX_STEPS)
        check_integer("training.affinity_steps", self.affinity_steps, 0, MAX_STEPS)
        check_integer("training.eval_steps", self.eval_steps, 1, MAX_STEPS)
        check_integer("training.early_stopping_patience", self.early_stopping_patience, 0, MAX_STEPS)
        check_choice("training.model_selection", self.model_selection, MODEL_SELECTIONS)
        if self.max_eval_samples is not None:
            check_integer("training.max_eval_samples", self.max_eval_samples, 1, 10_000_000)
        check_integer("training.logging_steps", self.logging_steps, 1, MAX_STEPS)
        check_integer("training.seed", self.seed, 0, 2**32 - 1)


@dataclass(frozen=True)
class Pinned:
    """A text, or a pair, that all heads are asked at every validation."""

    text: str
    text_pair: str = ""

    def __post_init__(self) -> None:
        check_text("pinned.text", self.text, MAX_PINNED_CHARACTERS)
        if self.text_pair != "":
            check_text("pinned.text_pair", self.text_pair, MAX_PINNED_CHARACTERS)


@dataclass(frozen=True)
class RunConfig:
    """One run: which encoder, which tasks, how they share it, how they are balanced, drawn and trained."""

    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    tasks: tuple[TaskConfig, ...] = tuple(TaskConfig(name) for name in DEFAULT_TASKS)
    sharing: Choice = field(default_factory=lambda: Choice("hard"))
    balancer: Choice = field(default_factory=lambda: Choice("equal"))
    sampling: Choice = field(default_factory=lambda: Choice("proportional"))
    training: TrainingConfig = field(default_factory=TrainingConfig)
    sources: tuple[Source, ...] = ()
    """Data sets of the Hub and uploaded files that tasks with their own ``spec`` name."""
    pinned: tuple[Pinned, ...] = ()
    """Texts whose answers are followed through training."""
    within: tuple[TaskConfig, ...] = ()
    """The tasks of a larger run, in its order, of which this run trains some: its steps take the same texts of their
    sources as that run's, and no others. () is no larger run. See ``mtl.runs.twins``."""

    def __post_init__(self) -> None:
        self._check_sources()
        if not self.tasks:
            raise ConfigError("tasks", "name at least one task", [])
        _check_tasks("tasks", self.tasks)
        _check_tasks("within", self.within)
        outside = [task.name for task in self.tasks if self.within and task not in self.within]
        if outside:
            raise ConfigError("within", "hold every task of the run, unchanged", outside)
        if len(self.pinned) > MAX_PINNED:
            raise ConfigError("pinned", f"be at most {MAX_PINNED}", len(self.pinned), high=MAX_PINNED)

    @property
    def whole(self) -> "RunConfig":
        """The run from whose texts this one takes its own: the larger one, or itself."""
        return replace(self, tasks=self.within, within=()) if self.within else self

    def _check_sources(self) -> None:
        if len(self.sources) > MAX_SOURCES:
            raise ConfigError("sources", f"be at most {MAX_SOURCES}", len(self.sources), high=MAX_SOURCES)
        names = [source.name for source in self.sources]
        if len(set(names)) < len(names):
            raise ConfigError("sources.name", "name each source once", names)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "RunConfig":
        """Builds a config from plain values; missing fields take their defaults.

        ``encoder``, ``sharing``, ``balancer``, ``sampling`` and each of ``tasks`` may be a name or a table.

        Raises:
            ConfigError: An unknown field, or an impossible value.
        """
        values = _table("config", values, cls)
        parts: dict[str, Any] = {}
        if "encoder" in values:
            parts["encoder"] = _part("encoder", values["encoder"], EncoderConfig)
        for name in ("tasks", "within"):
            tasks = values.get(name, ())
            if isinstance(tasks, str) or not isinstance(tasks, Sequence):
                raise ConfigError(name, "be a list of task names or tables", tasks)
            if name in values:
                parts[name] = tuple(_task(task) for task in tasks)
        for name in ("sharing", "balancer", "sampling"):
            if name in values:
                parts[name] = _part(name, values[name], Choice)
        if "training" in values:
            parts["training"] = _part("training", values["training"], TrainingConfig)
        if "sources" in values:
            parts["sources"] = tuple(source_from(source) for source in _list("sources", values["sources"]))
        if "pinned" in values:
            parts["pinned"] = tuple(_part("pinned", pinned, Pinned) for pinned in _list("pinned", values["pinned"]))
        return cls(**parts)

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold; ``from_dict`` gives the same config back."""
        plain = asdict(self)
        for name in ("tasks", "sources", "pinned", "within"):
            plain[name] = list(plain[name])
        for task in (*plain["tasks"], *plain["within"]):
            if task["spec"] is not None:
                task["spec"]["labels"] = list(task["spec"]["labels"])
        return plain


def _check_tasks(field_name: str, tasks: Sequence[TaskConfig]) -> None:
    if len(tasks) > MAX_TASKS:
        raise ConfigError(field_name, f"name at most {MAX_TASKS} tasks", len(tasks), high=MAX_TASKS)
    names = [task.name for task in tasks]
    if len(set(names)) < len(names):
        raise ConfigError(field_name, "name each task once", names)


def _task(value: object) -> TaskConfig:
    """A task from a table, or from its name alone; its ``spec`` takes the task's name."""
    if isinstance(value, Mapping) and isinstance(value.get("spec"), Mapping):
        spec = {"name": value.get("name"), **value["spec"]}
        value = {**value, "spec": TaskSpec.from_dict(spec)}
    elif isinstance(value, Mapping) and not isinstance(value.get("spec"), TaskSpec | None):
        raise ConfigError("tasks.spec", "be a table of fields", value["spec"])
    return _part("tasks", value, TaskConfig)


def _list(name: str, values: object) -> Sequence[Any]:
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise ConfigError(name, "be a list of tables", values)
    return values


def _table(name: str, values: object, cls: type) -> dict[str, Any]:
    """The value as a table with only fields of ``cls``."""
    if not isinstance(values, Mapping):
        raise ConfigError(name, "be a table of fields", values)
    known = {item.name for item in fields(cls)}
    for key in values:
        if key not in known:
            path = key if name == "config" else f"{name}.{key}"
            raise ConfigError(str(path)[:80], f"be one of the fields {', '.join(sorted(known))}", key)
    return dict(values)


def _part(name: str, value: object, cls: type) -> Any:
    """A nested config from a table, or from its first field alone where that is a word: a name, or a text."""
    if isinstance(value, cls):
        return value
    first = fields(cls)[0]
    if isinstance(value, str) and cls is not TrainingConfig:
        value = {first.name: value}
    table = _table(name, value, cls)
    if first.default is MISSING and first.name not in table:
        raise ConfigError(f"{name}.{first.name}", "be given", None)
    if cls is Choice:
        check_name(f"{name}.name", table["name"])
        if not isinstance(table.get("options", {}), Mapping):
            raise ConfigError(f"{name}.options", "be a table of option names and values", table["options"])
    return cls(**table)
