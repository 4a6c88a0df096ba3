"""What the whole numbers of a column stand for, from the features that `datasets` writes beside a table."""

from collections.abc import Mapping, Sequence
from typing import Any


def label_names(features: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The names of every column that has some, by the column's name; inner columns are named ``outer.inner``.

    Args:
        features: As ``Features.to_dict()`` gives them, or the JSON in a Parquet file's schema.
    """
    found: dict[str, tuple[str, ...]] = {}
    for column, feature in features.items():
        inner = _inside(feature)
        if isinstance(inner, Mapping) and inner.get("_type") == "ClassLabel":
            found[column] = tuple(str(name) for name in inner.get("names") or ())
        elif isinstance(feature, Mapping) and "_type" not in feature:
            found |= {f"{column}.{name}": names for name, names in label_names(feature).items()}
    return found


def _inside(feature: object) -> object:
    """What a list holds, or the feature itself."""
    if isinstance(feature, Mapping) and feature.get("_type") in ("List", "LargeList", "Sequence"):
        return _inside(feature.get("feature"))
    if isinstance(feature, Sequence) and not isinstance(feature, str) and len(feature) == 1:
        return _inside(feature[0])
    return feature
