"""The table of task kinds. No torch here: the page reads it."""

from collections.abc import Mapping

from mtl.runs.options import Method, Option


def _classification() -> type:
    from mtl.tasks.classification import Classification

    return Classification


def _multilabel() -> type:
    from mtl.tasks.multilabel import Multilabel

    return Multilabel


def _question_answering() -> type:
    from mtl.tasks.question_answering import QuestionAnswering

    return QuestionAnswering


def _regression() -> type:
    from mtl.tasks.regression import Regression

    return Regression


def _tagging() -> type:
    from mtl.tasks.tagging import Tagging

    return Tagging


TASK_KINDS: Mapping[str, Method] = {
    "classification": Method(_classification),
    "multilabel": Method(_multilabel),
    "question_answering": Method(
        _question_answering,
        (
            Option("doc_stride", "number", 128, low=0, high=4096, whole=True),
            Option("max_answer_length", "number", 30, low=1, high=512, whole=True),
            Option("n_best", "number", 5, low=1, high=20, whole=True),
        ),
    ),
    "regression": Method(_regression),
    "tagging": Method(_tagging),
}
