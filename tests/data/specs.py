"""A task of each kind, for tests of what its rows may be."""

from mtl.data.sources import TaskSpec

CLASSES = TaskSpec("task", "classification", "mine", "label", ("bad", "good"))
SEVERAL = TaskSpec("several", "multilabel", "mine", "labels", ("a", "b", "c"))
NUMBER = TaskSpec("number", "regression", "mine", "score", low=0.0, high=5.0)
ENTITIES = TaskSpec("names", "tagging", "mine", "tags", ("LOC", "PER"), tokens="tokens")
UPOS = TaskSpec("upos", "tagging", "mine", "tags", ("NOUN", "VERB"), tokens="tokens", scheme="plain")
ANSWERS = TaskSpec("answers", "question_answering", "mine", "answer", text="question", text_pair="context")
TARGET = TaskSpec("write", "generation", "mine", "summary")
