"""Every word a visitor sees: one frozen dataclass, one instance a language (en.py, zh.py).

``{name}`` in a sentence is a place for a value; the blocks in ``demo/live`` fill it in as text. Of ``{n:row|rows}`` the
first word stands where ``n`` is 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from demo.text.compare import CardText, CompareText
from demo.text.details import ConflictText, ModelText
from demo.text.relations import RelationsText
from demo.text.why import MatteredText, MistakesText
from demo.text.wizard import CheckText, DataText

Words = Mapping[str, str]
"""What a name in a config, an event or a data set is called on the page."""


@dataclass(frozen=True)
class PresetText:
    """A preset: its name, and what to look for while it trains."""

    name: str
    look_for: str


@dataclass(frozen=True)
class ErrorText:
    """What happened, why, and what to do next: on a button for an error's type, a sentence for one of its reasons."""

    title: str
    why: str
    fix: str = ""


Reason = str | ErrorText
"""Why an error was raised: a sentence under the title of its type, or words of its own altogether."""


@dataclass(frozen=True)
class HeaderText:
    """The line at the top."""

    title: str
    promise: str
    languages: str
    device: str
    gpu: str


@dataclass(frozen=True)
class SetupText:
    """The left column."""

    heading: str
    preset: str
    on_hub: str
    encoder: str
    parameters: str
    tasks: str
    tasks_note: str
    rows: str
    add_task: str
    hub: str
    sharing: str
    sampling: str
    balancer: str
    budget: str
    more: str
    depth: str
    freeze: str
    learning_rate: str
    head_learning_rate: str
    batch_size: str
    clipping: str
    task_clipping: str
    conflict_steps: str
    patience: str
    selection: str
    selections: Mapping[str, str]
    warmup: str
    weight_decay: str
    seed: str
    loss_scale: str
    max_rows: str
    per_task_weights: str
    all_rows: str
    estimate: str
    estimate_note: str
    measuring: str
    busy: str
    no_estimate: str
    no_tasks: str
    train: str
    stop: str
    end_now: str
    stopping: str


@dataclass(frozen=True)
class WatchText:
    """The middle column."""

    heading: str
    step_of: str
    eta: str
    alive: str
    took: str
    place: str
    recorded_on: str
    first_point: str
    lost: str
    downloaded: str
    progress: str
    empty: str
    chart: str
    chart_alt: str
    train_line: str
    validation_line: str
    smoothing: str
    log: str
    zoom: str
    axis_by: str
    steps: str
    seconds: str
    examples: str
    show: str
    hide: str
    scores: str
    weights: str
    norms: str
    mixture: str
    samples: str
    share: str
    seen: str
    mixture_note: str
    no_mixture: str
    no_samples: str
    sample_text: str
    sample_target: str
    columns: tuple[str, ...]
    at_step: str
    naive: str
    no_scores: str
    no_weights: str
    no_norms: str
    score_note: str
    weight_note: str
    norm_note: str
    not_a_number: str
    no_improvement: str
    dropped: str
    cut: str
    left_out: str
    nothing_learnt: str
    unbalanced: str
    on_disk: str
    some_steps: str
    its_loss: str
    its_gradient: str
    its_loss_or_gradient: str


@dataclass(frozen=True)
class AskText:
    """The right column."""

    heading: str
    text: str
    second: str
    sample: str
    sample_second: str
    ask: str
    asking: str
    percent: str
    before: str
    now: str
    of_step: str
    whose: str
    which: Mapping[str, str]
    scrub: str
    over_time: str
    at: str
    sure: str
    of_five: str
    in_range: str
    found: str
    nothing_found: str
    needs_second: str
    no_label: str
    no_answer: str
    nothing_written: str
    truncated: str
    waiting: str
    ready: str
    nothing: str


@dataclass(frozen=True)
class Text:
    """All words of one language."""

    lang: str
    locale: str
    name: str
    header: HeaderText
    setup: SetupText
    watch: WatchText
    conflict: ConflictText
    model: ModelText
    mistakes: MistakesText
    mattered: MatteredText
    ask: AskText
    relations: RelationsText
    data: DataText
    check: CheckText
    compare: CompareText
    card: CardText
    presets: Mapping[str, PresetText]
    encoders: Words
    sharing: Words
    balancers: Words
    sampling: Words
    options: Words
    notes: Words
    """What a method or an option does, by table, name and option: ``sampling.capped.cap``."""
    tasks: Words
    kinds: Words
    labels: Words
    entities: Words
    metrics: Words
    phases: Words
    units: Words
    fields: Words
    rules: Words
    errors: Mapping[str, ErrorText]
    reasons: Mapping[str, Reason]
    """Why, by the error's type and reason: ``DataError.offline``; by the reason alone where only one type has it."""
    damages: Words
    """How a file is damaged, by ``mtl.data.refusals.DAMAGES``; {places} are the values of the error."""
    problems: Words
    """What may be wrong with a row, by ``mtl.data.refusals.PROBLEMS``."""
    splits: Words
    languages: Words
    """Of a data set, by ``mtl.data.catalogue.Entry.language``."""
    traceback: str
    try_again: str

    def named(self, words: Words, name: str) -> str:
        """The word for a name; a name without a word shows itself."""
        return words.get(name, name)
