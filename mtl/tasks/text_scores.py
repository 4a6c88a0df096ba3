"""How written texts are compared with the right ones: sacreBLEU for translation, rouge-score for summaries."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from statistics import fmean

from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import Tokenizer
from sacrebleu.metrics import BLEU, CHRF

from mtl.tasks.answer_scores import segmented

ROUGE = {"rouge1": "rouge_1", "rouge2": "rouge_2", "rougeL": "rouge_l"}


class _Characters(Tokenizer):
    """Chinese by characters: rouge-score's own tokenizer keeps Latin letters and digits alone."""

    def tokenize(self, text: str) -> list[str]:
        return segmented(text)


@cache
def _bleu(chinese: bool) -> BLEU:
    # ``force`` only silences a warning about texts that look tokenised.
    return BLEU(tokenize="zh" if chinese else "13a", force=True)


@cache
def _rouge(chinese: bool) -> RougeScorer:
    return RougeScorer(list(ROUGE), use_stemmer=not chinese, tokenizer=_Characters() if chinese else None)


def translation(outputs: Sequence[str], targets: Sequence[str], *, chinese: bool) -> tuple[dict[str, float], str]:
    """BLEU and chrF of the whole corpus, in [0, 1], and sacreBLEU's signature.

    `A Call for Clarity in Reporting BLEU Scores <https://arxiv.org/abs/1804.08771>`_ (WMT 2018). Chinese is split
    into characters.
    """
    bleu, chrf = _bleu(chinese), CHRF()
    scores = {
        "bleu": bleu.corpus_score(outputs, [targets]).score / 100,
        "chrf": chrf.corpus_score(outputs, [targets]).score / 100,
    }
    return {name: min(value, 1.0) for name, value in scores.items()}, str(bleu.get_signature())


def summary(outputs: Sequence[str], targets: Sequence[str], *, chinese: bool) -> tuple[dict[str, float], str]:
    """The mean F1 of single words, of pairs of words, and of the longest common subsequence, and how they are split.

    `ROUGE <https://aclanthology.org/W04-1013/>`_ (2004). English words are stemmed, Chinese is split into characters.
    """
    found = [_rouge(chinese).score(target, output) for output, target in zip(outputs, targets, strict=True)]
    scores = {name: fmean(each[key].fmeasure for each in found) for key, name in ROUGE.items()}
    split = "tok:characters" if chinese else "stemmer:porter"
    return scores, f"rouge-score|{split}|version:{version('rouge-score')}"
