"""Files for tagging in the manner of CoNLL: a word and its tags a line, a blank line after each sentence."""

from collections.abc import Iterator, Sequence
from itertools import islice

from mtl.data.refusals import Problem, damage, refusal
from mtl.data.table import Limits, Table, make_table

DOCUMENT = "-DOCSTART-"
CONLLU = ("id", "tokens", "lemmas", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
"""Columns of the Universal Dependencies."""


def looks_like_conll(text: str) -> bool:
    """Whether the beginning of a text has sentences of lines with the same few cells."""
    widths = {width for sentence in islice(_sentences(text[:20_000]), 20) for width in map(len, sentence[:-1])}
    blocks = len(text[:20_000].strip().replace("\r", "").split("\n\n"))
    return len(widths) == 1 and 2 <= min(widths) <= 12 and blocks > 1


def read_conll(text: str, file: str, limits: Limits) -> Table:
    """One row a sentence: ``tokens`` from the first column, ``tags`` from the last, the others by number.

    With ten cells a line the columns are those of CoNLL-U; its words that are split or left out are skipped. A
    sentence with lines of another width is left out, and told as a problem.

    Raises:
        DataError: ``damaged``, ``empty``, ``too_many_rows`` or ``too_many_columns``.
    """
    sentences = list(islice(_sentences(text), limits.rows + 1))
    if not sentences:
        raise refusal("empty", file=file)
    if len(sentences) > limits.rows:
        raise refusal("too_many_rows", file=file, limit=limits.rows, found=f"more than {limits.rows}")
    width = max(len(line) for sentence in sentences[:100] for line in sentence)
    if width > limits.columns:
        raise refusal("too_many_columns", file=file, limit=limits.columns, found=width)
    if width < 2:
        raise damage(file, "tag")
    names = CONLLU if width == 10 and sentences[0][0][0] == "1" else _names(width)
    rows, problems = [], []
    for number, sentence in enumerate(sentences, 1):
        wrong = next((line for line in sentence if len(line) != width), None)
        if wrong is None:
            rows.append({name: list(cells) for name, cells in zip(names, zip(*sentence, strict=True), strict=True)})
        else:
            problems.append(Problem(number, "tag_count", "tags", " ".join(wrong)[:80]))
    return make_table(rows, problems=problems, layout={"format": "conll"})


def _names(width: int) -> tuple[str, ...]:
    return ("tokens", *(f"column {at}" for at in range(2, width)), "tags")


def _sentences(text: str) -> Iterator[Sequence[list[str]]]:
    """The cells of each sentence's lines."""
    sentence: list[list[str]] = []
    tabs = "\t" in text[:20_000]
    for line in text.split("\n"):
        stripped = line.strip("\r\n \ufeff")
        if not stripped:
            if sentence:
                yield sentence
            sentence = []
        elif not _holds_no_word(stripped, tabs):
            sentence.append(stripped.split("\t") if tabs else stripped.split())
    if sentence:
        yield sentence


def _holds_no_word(line: str, tabs: bool) -> bool:
    """Whether a line is a mark of a document, a comment, or CoNLL-U's range of words or empty node."""
    if line.startswith(DOCUMENT):
        return True
    if not tabs:
        return line.startswith("# ") and len(line.split()) > 3
    number = line.partition("\t")[0]
    inside = line.count("\t") == 9 and not number.isdigit() and number.replace("-", "").replace(".", "").isdigit()
    return inside or (line.startswith("#") and "\t" not in line)
