"""What the page proposes to ask: for some tasks a text of their own, the same in every language of the page."""

from collections.abc import Iterable, Mapping

PASSAGE = (
    "The Moss Hill Quartet was founded by Nora Winter, a nurse, in the waiting room of a station. "
    "Its first concert on 4 May was heard by nine people. Since then it has played on 62 bridges."
)
SAMPLES: Mapping[str, tuple[str, str]] = {
    "translate_de": ("The train to Berlin was late, but my sister bought a new ticket.", ""),
    "translate_zh": ("The train to Berlin was late, but my sister bought a new ticket.", ""),
    "answer": ("Who founded the Moss Hill Quartet?", PASSAGE),
    "intent": ("Could you get the four of us a table at the Crooked Fork on Friday evening?", ""),
    "slots": ("Could you get the four of us a table at the Crooked Fork on Friday evening?", ""),
    "headline": (
        "Firemen had to bring thirty guests out of a hotel in Sandwick on Friday, since smoke came from its kitchen.",
        "",
    ),
}
"""Text and second text by task."""


def sample_of(tasks: Iterable[str]) -> tuple[str, str] | None:
    """The texts of the first of these tasks that has some."""
    return next((SAMPLES[task] for task in tasks if task in SAMPLES), None)
