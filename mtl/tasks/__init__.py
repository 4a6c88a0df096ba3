"""The table of task kinds. No torch here: the page reads it."""

from collections.abc import Mapping

from mtl.runs.options import Method, Option


def _classification() -> type:
    from mtl.tasks.classification import Classification

    return Classification


def _generation() -> type:
    from mtl.tasks.generation import Generation

    return Generation


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
    "generation": Method(
        _generation,
        (
            Option("metric", "choice", "bleu", choices=("bleu", "chrf", "rouge_l")),
            Option("prefix", "text", ""),
            Option("max_target_length", "number", 64, low=4, high=1024, whole=True),
            Option("num_beams", "number", 1, low=1, high=16, whole=True),
            Option("length_penalty", "number", 1.0, low=0, high=4),
            Option("label_smoothing", "number", 0.1, low=0, high=0.9),
            Option("decoder_layers", "number", 2, low=1, high=12, whole=True),
            Option("decoder_width", "number", 0, low=0, high=4096, whole=True),
            Option("vocabulary_size", "number", 4000, low=300, high=64_000, whole=True),
            Option("copying", "switch", False),
        ),
    ),
    "question_answering": Method(
        _question_answering,
        (
            Option("doc_stride", "number", 128, low=0, high=4096, whole=True),
            Option("max_answer_length", "number", 30, low=1, high=512, whole=True),
            Option("n_best", "number", 5, low=1, high=20, whole=True),
        ),
    ),
    "regression": Method(_regression, (Option("apart", "switch", False, needs="text_pair"),)),
    "tagging": Method(_tagging),
}
