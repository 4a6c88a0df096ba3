"""Writing: vocabularies that give every text back, the loss, the scores of the reference libraries."""

import math
import random

import pytest
import sacrebleu
import torch
from rouge_score.rouge_scorer import RougeScorer
from torch.nn import functional as F

from mtl.data.sources import TaskSpec
from mtl.errors import ConfigError, DataError
from mtl.model import build_task
from mtl.tasks.decoder import END, Decoder
from mtl.tasks.generation import Target
from mtl.tasks.text_scores import summary, translation
from mtl.tasks.vocabulary import SPECIAL, TrainedVocabulary

TEXTS = (
    "the soup was lovely",
    "Die Suppe war köstlich.",
    "汤很好喝，面包也不错。",
    "שלום עולם 😀",
    "e\u0301 👩‍🚀 \t x\n",
)


def spec(**options):
    return TaskSpec("headline", "generation", "texts", "headline", options=options)


@pytest.fixture
def prepared(make_model, every_task, monkeypatch):
    """`prepared(num_beams=3)`: a task with a vocabulary, and its model."""

    def make(**options):
        monkeypatch.setitem(every_task, "headline", spec(**{"vocabulary_size": 300} | options))
        model = make_model(["headline"])
        return model.tasks["headline"], model

    return make


@pytest.mark.parametrize(
    "text", [*TEXTS, "", " ", "</s>", "<pad><s>", "\x00\x7f", "a" * 500, "  two  blanks  "], ids=ascii
)
def test_every_text_comes_back_from_its_pieces(text):
    vocabulary = TrainedVocabulary.train(TEXTS[:2], 300)
    pieces = vocabulary.encode(text, 4000)
    assert pieces[-1] == END
    assert min(pieces) >= END
    assert vocabulary.decode(pieces) == text
    assert vocabulary.decode([1, *pieces, 0, 0]) == text
    restored = TrainedVocabulary.restored(vocabulary.state())
    assert restored.encode(text, 4000) == pieces
    assert len(restored) == len(vocabulary)


def test_random_texts_come_back():
    rng, vocabulary = random.Random(0), TrainedVocabulary.train(TEXTS, 400)
    for _ in range(300):
        text = "".join(chr(rng.choice((rng.randrange(32, 128), rng.randrange(0x4E00, 0x9FA6)))) for _ in range(12))
        assert vocabulary.decode(vocabulary.encode(text, 100)) == text


def test_a_vocabulary_has_the_special_pieces_first_and_every_byte():
    vocabulary = TrainedVocabulary.train(TEXTS, 330)
    assert len(vocabulary) <= 330
    vocab = vocabulary.state()["model"]["vocab"]
    assert [vocab[piece] for piece in SPECIAL] == [0, 1, 2]
    assert len(TrainedVocabulary.train([], 300)) == 256 + 3


def test_the_same_texts_make_the_same_vocabulary():
    rng = random.Random(0)
    texts = ["".join(rng.choices("abcdefgh äöü", k=30)) for _ in range(200)]
    first = TrainedVocabulary.train(texts, 600).state()
    assert all(TrainedVocabulary.train(texts, 600).state() == first for _ in range(5))


def test_long_targets_are_cut_and_still_end(prepared):
    task, _ = prepared(max_target_length=8)
    target = task.encode({"headline": "soup " * 50})
    assert len(target.pieces) == 8
    assert target.pieces[-1] == END
    assert target.text == "soup " * 50


@pytest.mark.parametrize("value", ["", "  ", "\n", None])
def test_a_target_that_nobody_can_see_is_none(value, prepared):
    assert prepared()[0].encode({"headline": value}) is None


def test_a_target_that_is_no_text_is_refused(prepared):
    with pytest.raises(DataError):
        prepared()[0].encode({"headline": 3})


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_the_loss_is_that_of_the_reference(smoothing, prepared):
    task, _ = prepared(label_smoothing=smoothing)
    labels = torch.tensor([[5, 6, END], [7, END, -100], [-100, -100, -100]])
    logits = torch.randn(5, 300)
    wanted = F.cross_entropy(logits, labels[labels != -100], label_smoothing=smoothing)
    torch.testing.assert_close(task.loss(logits, labels), wanted)
    assert task.count(labels) == 5
    assert task.loss(torch.zeros(5, 300), labels).item() == pytest.approx(math.log(300), rel=1e-5)


def test_the_head_has_the_shape_that_was_asked_for(prepared):
    _, model = prepared(decoder_layers=3, decoder_width=48, num_beams=4, length_penalty=0.5)
    head = model.heads["headline"]
    assert isinstance(head, Decoder)
    assert (len(head.layers), head.pieces.embedding_dim) == (3, 48)
    assert (head.search.beams, head.search.length_penalty) == (4, 0.5)
    assert prepared()[1].heads["headline"].pieces.embedding_dim == 32


@pytest.mark.parametrize(
    ("option", "value"),
    [("num_beams", 0), ("num_beams", 1.5), ("metric", "luck"), ("prefix", "x" * 999), ("prefix", 3), ("colour", 1),
     ("label_smoothing", math.nan), ("vocabulary_size", 10**9)],
)  # fmt: skip
def test_impossible_options_are_refused(option, value):
    with pytest.raises(ConfigError):
        build_task(spec(**{option: value}))


OUTPUTS = ["the cat sat on the mat today", "a dog ran in the park", "nothing at all was said here", ""]
RIGHT = ["the cat sat on a mat today", "the dogs were running in the park", "nothing at all was said here", "x y z w"]


def test_translations_are_scored_by_sacrebleu():
    scores, signature = translation(OUTPUTS, RIGHT, chinese=False)
    assert scores["bleu"] == pytest.approx(sacrebleu.corpus_bleu(OUTPUTS, [RIGHT]).score / 100)
    assert scores["chrf"] == pytest.approx(sacrebleu.corpus_chrf(OUTPUTS, [RIGHT]).score / 100)
    assert signature.startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")


def test_chinese_is_split_into_characters():
    outputs, right = ["我们今天去公园散步。"], ["我们今天去公园里散步。"]
    scores, signature = translation(outputs, right, chinese=True)
    assert scores["bleu"] == pytest.approx(sacrebleu.corpus_bleu(outputs, [right], tokenize="zh").score / 100)
    assert "tok:zh" in signature
    assert translation(outputs, right, chinese=False)[0]["bleu"] < scores["bleu"]
    # Nine of nine characters and nine of ten, in order; the full stop does not count.
    assert summary(outputs, right, chinese=True)[0]["rouge_l"] == pytest.approx(2 * 0.9 / 1.9)


def test_summaries_are_scored_by_rouge():
    scores, signature = summary(OUTPUTS, RIGHT, chinese=False)
    reference = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    for key, name in (("rouge1", "rouge_1"), ("rouge2", "rouge_2"), ("rougeL", "rouge_l")):
        wanted = [reference.score(right, output)[key].fmeasure for output, right in zip(OUTPUTS, RIGHT, strict=True)]
        assert scores[name] == pytest.approx(sum(wanted) / 4)
    assert signature.startswith("rouge-score|stemmer:porter|version:")


@pytest.mark.parametrize(
    ("metric", "names"), [("bleu", {"bleu", "chrf"}), ("rouge_l", {"rouge_1", "rouge_2", "rouge_l"})]
)
def test_the_metric_decides_the_scores(metric, names, prepared):
    task, _ = prepared(metric=metric)
    assert task.metric == metric
    assert task.score([Target("a b c d")], [Target("a b c d")]).keys() == names
    assert ("rouge" in task.signature) == (metric == "rouge_l")


def test_chinese_targets_are_seen_in_training(prepared):
    task, model = prepared()
    task.prepare([{"headline": "你好世界"}, {"headline": "汤很好"}], body_of(model))
    assert task.chinese
    assert "tok:zh" in task.signature
    other = build_task(spec(vocabulary_size=300))
    other.restore(task.state(), body_of(model))
    assert other.chinese


def body_of(model):
    from mtl.model import make_body

    return make_body(model.encoder, model.tokenizer)


def test_the_baseline_is_the_most_frequent_target(prepared):
    task, _ = prepared()
    assert task.baseline([Target("a"), Target("b"), Target("b")], [Target("c")] * 2) == [Target("b")] * 2
    assert task.baseline([], [Target("c")]) == [Target("")]
