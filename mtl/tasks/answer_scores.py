"""How an answer from a passage is compared with the right ones: the rules of SQuAD 1.1, SQuAD 2.0 and CMRC 2018.

Each rule gives exact match and F1 of one answer against each right one, and the larger counts. An empty text is
"the passage does not answer".
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence

from nltk.tokenize import NLTKWordTokenizer

Rule = Callable[[str, Sequence[str]], tuple[float, float]]
"""(answer, right answers) -> exact match and F1, each in [0, 1]."""

ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)
HAN = re.compile("[\u4e00-\u9fa5]")
CMRC_SIGNS = frozenset("-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』")
"""Signs the CMRC script leaves out. It also lists the two-character "……", which no single character equals."""


def squad1(answer: str, right: Sequence[str]) -> tuple[float, float]:
    """SQuAD 1.1: case, punctuation, English articles and spacing do not count; F1 is over words.

    `SQuAD: 100,000+ Questions for Machine Comprehension of Text <https://arxiv.org/abs/1606.05250>`_ (EMNLP 2016).
    """
    given = normalised(answer)
    exact = max((float(given == normalised(each)) for each in right), default=float(not answer))
    return exact, max((_overlap(given.split(), normalised(each).split()) for each in right), default=float(not answer))


def squad2(answer: str, right: Sequence[str]) -> tuple[float, float]:
    """SQuAD 2.0: as 1.1, and where nothing is right, or nothing is left of a text, both scores say whether it agrees.

    `Know What You Don't Know: Unanswerable Questions for SQuAD <https://arxiv.org/abs/1806.03822>`_ (ACL 2018).
    """
    given = normalised(answer)
    wanted = [known for each in right if (known := normalised(each))] or [""]
    exact = max(float(given == each) for each in wanted)
    return exact, max(
        _overlap(given.split(), each.split()) if given and each else float(given == each) for each in wanted
    )


def cmrc(answer: str, right: Sequence[str]) -> tuple[float, float]:
    """CMRC 2018: Chinese counts by characters, the rest by words; F1 is over the longest common run of these.

    `A Span-Extraction Dataset for Chinese Machine Reading Comprehension <https://arxiv.org/abs/1810.07366>`_ (EMNLP
    2019). Without any right answer, both scores say whether the answer is empty.
    """
    if not right:
        return float(not answer), float(not answer)
    given, segments = _without_signs(answer), segmented(answer)
    exact = max(float(given == _without_signs(each)) for each in right)
    return exact, max(_run_overlap(segments, segmented(each)) for each in right)


def normalised(text: str) -> str:
    """The text as SQuAD compares it: lower case, no punctuation, no articles, single spaces."""
    return " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


def segmented(text: str) -> list[str]:
    """The text as CMRC compares it: one segment for each Chinese character, one for each other word."""
    segments: list[str] = []
    for part in re.split(f"({HAN.pattern})", _without_signs(text)):
        segments += [part] if HAN.fullmatch(part) else NLTKWordTokenizer().tokenize(part)
    return segments


def _without_signs(text: str) -> str:
    return "".join(character for character in text.lower().strip() if character not in CMRC_SIGNS)


def _overlap(given: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 of two bags of words; 0 where they share none."""
    return _f1(sum((Counter(given) & Counter(wanted)).values()), len(given), len(wanted))


def _run_overlap(given: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 of the longest run of segments that both texts hold."""
    longest, previous = 0, [0] * (len(wanted) + 1)
    for segment in given:
        runs = [0] + [previous[at] + 1 if segment == other else 0 for at, other in enumerate(wanted)]
        longest, previous = max(longest, *runs), runs
    return _f1(longest, len(given), len(wanted))


def _f1(shared: int, given: int, wanted: int) -> float:
    if not shared:
        return 0.0
    precision, recall = shared / given, shared / wanted
    return 2 * precision * recall / (precision + recall)


def chinese(texts: Sequence[str]) -> bool:
    """Whether a third or more of the visible characters are Chinese."""
    joined = "".join("".join(texts).split())
    return bool(joined) and len(HAN.findall(joined)) * 3 >= len(joined)
