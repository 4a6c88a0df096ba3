"""The table of task kinds. No torch here: the page reads it."""

from collections.abc import Mapping

from mtl.runs.options import Method


def _classification() -> type:
    from mtl.tasks.classification import Classification

    return Classification


def _multilabel() -> type:
    from mtl.tasks.multilabel import Multilabel

    return Multilabel


def _regression() -> type:
    from mtl.tasks.regression import Regression

    return Regression


def _tagging() -> type:
    from mtl.tasks.tagging import Tagging

    return Tagging


TASK_KINDS: Mapping[str, Method] = {
    "classification": Method(_classification),
    "multilabel": Method(_multilabel),
    "regression": Method(_regression),
    "tagging": Method(_tagging),
}
