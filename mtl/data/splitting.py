"""Making the splits that a source lacks: seeded, each label in proportion, and no text in two of them."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from mtl.data.refusals import refusal
from mtl.data.sources import SPLITS, Row, Split, TaskSpec

HELD_OUT = 0.1
"""Share of the rows that each split which is made takes from the training rows."""
LEAST = 10
"""Different texts without which nothing can be held out."""
TOO_LARGE = 0.2
"""Share of the rows that may hang together by their texts; more would make the splits lopsided."""


def make_splits(
    rows: Sequence[Row], missing: Sequence[Split], specs: Sequence[TaskSpec], seed: int, source: str
) -> dict[Split, list[Row]]:
    """Divides training rows among ``train`` and the missing splits.

    Rows that share a text stay together: equal up to case, width, spaces and punctuation. Within that, the rows of
    each label of the first task are divided in proportion.

    Raises:
        DataError: ``too_few_rows``.
    """
    columns = list(dict.fromkeys(column for spec in specs for column in (spec.text, spec.text_pair) if column))
    groups = group_by_text(rows, columns)
    if len(groups) < LEAST:
        raise refusal("too_few_rows", source=source, limit=LEAST, found=len(groups))
    shares: dict[Split, float] = {split: HELD_OUT for split in SPLITS if split in missing}
    shares = {"train": 1 - sum(shares.values()), **shares}
    random = Random(seed)
    random.shuffle(groups)
    strata = _strata(rows, specs[0])
    groups.sort(key=lambda group: strata[group[0]])  # stable: within a stratum the order stays random
    found: dict[Split, list[int]] = {split: [] for split in shares}
    seen = 0
    for group in groups:
        seen += len(group)
        # Dealt to the split that lags most behind its share: in proportion over any stretch, so in every stratum.
        lagging = max(shares, key=lambda split: shares[split] * seen - len(found[split]))
        found[lagging] += group
    return {split: [rows[index] for index in sorted(indices)] for split, indices in found.items()}


def same_text(text: str) -> str:
    """What two texts have in common that are the same to a reader: letters and digits, or all signs if it has none."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum()) or "".join(folded.split())


def group_by_text(rows: Sequence[Row], columns: Sequence[str]) -> list[list[int]]:
    """Indices of rows that must not be parted.

    Rows hang together if any of their texts is the same. Where one short text (a question, a hypothesis) would chain
    most of the rows together, only the longest column counts.
    """
    groups = _connected(rows, columns)
    if len(columns) > 1 and max(map(len, groups), default=0) > TOO_LARGE * len(rows):
        longest = max(columns, key=lambda column: sum(len(str(row[column])) for row in rows))
        groups = _connected(rows, [longest])
    return groups


def _connected(rows: Sequence[Row], columns: Sequence[str]) -> list[list[int]]:
    parents = list(range(len(rows)))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    first: dict[str, int] = {}
    for index, row in enumerate(rows):
        for column in columns:
            other = first.setdefault(same_text(str(row[column])), index)
            parents[root(index)] = root(other)
    groups: dict[int, list[int]] = {}
    for index in range(len(rows)):
        groups.setdefault(root(index), []).append(index)
    return list(groups.values())


def _strata(rows: Sequence[Row], spec: TaskSpec) -> list[tuple[float, str]]:
    """What each row is one of, to be divided in proportion; numbers are ordered, so neighbours are."""
    labels = [row.get(spec.label) for row in rows]
    if spec.kind == "classification":
        return [(0.0, str(label)) for label in labels]
    if spec.kind == "regression":
        return [(label or 0.0, "") for label in labels]
    if spec.kind == "question_answering":
        return [(0.0, "answer" if label and label["text"] else "none") for label in labels]
    if spec.kind == "multilabel":
        return [(0.0, label) for label in _rarest(labels)]
    return [(0.0, "")] * len(labels)


def _rarest(labels: Sequence[Any]) -> list[str]:
    """The rarest of each row's labels: the frequent ones then come in proportion by themselves."""
    counts = Counter(name for names in labels for name in names or ())
    return [min(names, key=lambda name: (counts[name], name)) if names else "" for names in labels]
