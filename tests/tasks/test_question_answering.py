"""Answers from passages: characters, windows, thresholds and n-best."""

import math
import random
from itertools import pairwise

import pytest
import torch

from mtl.data.batches import encode_rows
from mtl.data.sources import TaskSpec
from mtl.errors import DataError
from mtl.inference import answer
from mtl.model import MultiTaskModel, build_task
from mtl.tasks.question_answering import NOWHERE, Found
from mtl.tasks.task import TextView

PARTS = (
    "soup",
    "bread",
    "é",
    "e\u0301",
    "你好",
    "世",
    "界",
    "😀",
    "👩‍🚀",
    "של",
    "\u200b",
    ",",
    "Ada",
    "\u0301",
    "İ",
    "ﬁ",
)


def spec(**options):
    return TaskSpec(
        "answers", "question_answering", "passages", "answers", text="question", text_pair="context", options=options
    )


@pytest.fixture(scope="module")
def tokenizer(tiny_folder):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_folder)


def byte_tokenizer():
    """Byte-level pieces: one character may be several tokens."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = {token: at for at, token in enumerate(["<s>", "<pad>", "</s>", *alphabet])}
    made = Tokenizer(models.BPE(vocab=pieces, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False
    )
    return PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", bos_token="<s>", eos_token="</s>")


def row_of(context, text, question="who?"):
    return {
        "question": question,
        "context": context,
        "answers": {"text": [text], "answer_start": [context.index(text)]},
    }


def perfect(example, target):
    """Logits that are sure of a window's own target."""
    logits = torch.zeros(len(example.input_ids), 2)
    logits[target[0], 0] = logits[target[1], 1] = 20.0
    return logits


@pytest.mark.parametrize("tokens", ["words", "bytes"])
def test_an_answer_survives_the_way_to_tokens_and_back(tokens, tokenizer):
    """In any script, whatever stands around it; exactly, where every character has tokens of its own."""
    tokenizer = tokenizer if tokens == "words" else byte_tokenizer()
    task, rng = build_task(spec(doc_stride=16, max_answer_length=64)), random.Random(0)
    exact = 0
    for _ in range(200):
        parts = [rng.choice(PARTS) for _ in range(rng.randrange(3, 60))]
        first = rng.randrange(len(parts))
        wanted = " ".join(parts[first : first + rng.randrange(1, 4)])
        context = " ".join(parts)
        start = len(" ".join(parts[:first])) + (first > 0)
        row = {"question": "who?", "context": context, "answers": {"text": [wanted], "answer_start": [start]}}
        examples = encode_rows(tokenizer, [row], [task], 64)
        found = [
            task.predict(perfect(example, target)[None], [example.view])[0]
            for example in examples
            if (target := example.targets["answers"]) != (NOWHERE, NOWHERE)
        ]
        assert all(each.texts[0] in context for each in found)
        exact += all(each.spans[0] == (start, start + len(wanted)) for each in found) and bool(found)
        if wanted.isascii():
            assert found, "some window holds a short answer whole"
            assert all(each.spans[0] == (start, start + len(wanted)) for each in found)
    # The tiny word tokenizer knows no mark or joiner: an answer that begins with one loses it.
    assert exact >= (130 if tokens == "words" else 199)


def test_chinese_emoji_and_marks_come_back_exactly(make_model, tmp_path):
    context = "你好世界 😀 cafe\u0301 soup"
    tokenizer, task = byte_tokenizer(), build_task(spec())
    for text in ("世", "好世界", "😀", "cafe\u0301", "e\u0301", "\u0301", "界 😀 c", "你好世界 😀 cafe\u0301 soup"):
        example = encode_rows(tokenizer, [row_of(context, text)], [task], 128)[0]
        found = task.predict(perfect(example, example.targets["answers"])[None], [example.view])[0]
        assert found.texts[0] == text


def test_a_character_of_several_tokens_is_pointed_at_whole():
    example = encode_rows(byte_tokenizer(), [row_of("a 😀", "😀", "")], [build_task(spec())], 64)[0]
    first, last = example.targets["answers"]
    assert last - first == 3
    assert {example.view.offsets[at] for at in range(first, last + 1)} == {(2, 3)}


def test_a_long_passage_is_read_in_windows_that_overlap(tokenizer):
    context = " ".join(f"{'soup' if at % 2 else 'bread'}" for at in range(200)) + " lima"
    task = build_task(spec(doc_stride=16))
    examples = encode_rows(tokenizer, [row_of(context, "lima"), row_of("Ada", "Ada")], [task], 64)
    assert [example.row for example in examples] == [0] * (len(examples) - 1) + [1]
    assert len(examples) > 4
    assert not any(example.cut for example in examples)
    spans = [{span for span in example.view.offsets if span[1]} for example in examples[:-1]]
    assert set().union(*spans) == {(at, at + len(word)) for word, at in words_of(context)}
    for before, after in pairwise(spans):
        assert len(before & after) == 16
    targets = [example.targets["answers"] for example in examples[:-1]]
    assert targets[:-1] == [(NOWHERE, NOWHERE)] * (len(targets) - 1)
    assert targets[-1] != (NOWHERE, NOWHERE)
    assert [example.labels["answers"] is not None for example in examples] == [True] + [False] * (len(examples) - 2) + [
        True
    ]


def words_of(text):
    at = 0
    for word in text.split():
        at = text.index(word, at)
        yield word, at
        at += len(word)


@pytest.mark.parametrize("question", ["", "who?", "who is in the soup? " * 40])
def test_a_question_of_any_length_leaves_room_for_the_passage(tokenizer, question):
    task = build_task(spec(doc_stride=4096))
    row = row_of("soup " * 100 + "Ada", "Ada", question)
    examples = encode_rows(tokenizer, [row], [task], 32)
    assert all(len(example.input_ids) <= 32 for example in examples)
    assert sum(example.targets["answers"] != (NOWHERE, NOWHERE) for example in examples) == 1
    assert examples[0].cut == (len(question) > 100)


def test_a_row_without_a_label_is_read_once(tokenizer):
    row = {"question": "who?", "context": "soup " * 200, "answers": None}
    assert len(encode_rows(tokenizer, [row], [build_task(spec(doc_stride=8))], 64)) == 1


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"text": ["Ada"], "answer_start": []}, "label"),
        ({"text": "Ada", "answer_start": [0]}, "label"),
        ({"text": ["Ada"], "answer_start": ["0"]}, "label"),
        ({"text": [""], "answer_start": [0]}, "label"),
        ({"text": ["Eve"], "answer_start": [0]}, "answer"),
    ],
    ids=str,
)
def test_answers_that_are_none_are_refused(answers, reason):
    with pytest.raises(DataError) as caught:
        build_task(spec()).encode({"context": "Ada and Ada", "answers": answers})
    assert caught.value.details["reason"] == reason


@pytest.mark.parametrize(("start", "found"), [(0, 0), (1, 0), (7, 8), (-5, 0), (999, 8)])
def test_an_answer_beside_its_place_is_found(start, found):
    label = build_task(spec()).encode({"context": "Ada and Ada", "answers": {"text": ["Ada"], "answer_start": [start]}})
    assert label.spans == ((found, found + 3),)


def test_the_best_pair_of_ends_is_the_best_of_all_allowed_pairs():
    rng = random.Random(0)
    task = build_task(spec(max_answer_length=3))
    offsets = [(0, 0), (0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 0)]
    view = TextView("", [], [], "abcde", offsets)
    for _ in range(50):
        logits = torch.tensor([[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in offsets])
        pairs = [(i, j) for i in range(1, 6) for j in range(i, min(i + 3, 6))]
        ranked = sorted(pairs, key=lambda pair: -float(logits[pair[0], 0] + logits[pair[1], 1]))
        found = task.predict(logits[None], [view])[0]
        assert found.spans == tuple((i - 1, j) for i, j in ranked)
        assert found.nowhere == pytest.approx(float(logits[0].sum()))


def test_windows_are_merged_by_the_best_answer_and_the_least_likely_nowhere():
    task = build_task(spec())
    merged = task.merge(
        [Found("abc", ((0, 1), (1, 2)), (2.0, 1.0), 5.0), Found("abc", ((1, 2), (2, 3)), (3.0, 0.5), -1.0)]
    )
    assert merged == Found("abc", ((1, 2), (0, 1), (2, 3)), (3.0, 2.0, 0.5), -1.0)
    assert merged.margin == -4.0


def test_the_threshold_is_the_best_of_all():
    """Against every threshold there is."""
    rng = random.Random(1)
    task = build_task(spec())
    task.unanswerable = True
    for _ in range(100):
        labels = [Found("abc", ((0, 1),) if rng.random() < 0.6 else ()) for _ in range(8)]
        given = [
            Found("abc", ((rng.randrange(2), 2),), (float(rng.randrange(4)),), float(rng.randrange(4))) for _ in labels
        ]
        task.calibrate(given, labels)
        found = task.score(given, labels)["f1"]
        every = []
        for threshold in range(-5, 6):
            task.threshold = threshold + 0.5
            every.append(task.score(given, labels)["f1"])
        assert found == pytest.approx(max(every))


def test_a_task_whose_questions_all_have_answers_always_answers():
    task = build_task(spec())
    sure_of_nothing = Found("Ada", ((0, 3),), (-9.0,), 9.0)
    task.calibrate([sure_of_nothing], [Found("Ada", ((0, 3),))])
    assert task.said(sure_of_nothing) == "Ada"
    task.unanswerable = True
    assert task.said(sure_of_nothing) == ""
    assert task.signature == "squad2"


def test_what_was_seen_in_training_decides_the_rule(tokenizer):
    task = build_task(spec())
    task.prepare([row_of("Ada is here", "Ada")], None)
    assert (task.unanswerable, task.signature) == (False, "squad1")
    task.prepare(
        [row_of("你好世界", "世界"), {"question": "", "context": "x", "answers": {"text": [], "answer_start": []}}],
        None,
    )
    assert (task.unanswerable, task.signature) == (True, "cmrc")
    other = build_task(spec())
    other.threshold = task.threshold = -1 / 3
    other.restore(task.state(), None)
    assert (other.unanswerable, other.characters, other.threshold) == (True, True, -1 / 3)


def test_a_model_answers_from_a_long_passage(make_model, tmp_path):
    model = make_model(["answers", "topic"])
    passage = "the soup was lovely in Lima. " * 30
    found = answer(model, "who is in the soup?", passage)
    assert list(found.answers) == ["answers", "topic"]
    assert not found.truncated
    extract = found.answers["answers"]
    assert len(extract.candidates) == 5
    for candidate in extract.candidates:
        assert passage[candidate.start : candidate.end] == candidate.text
    shares = [candidate.probability for candidate in extract.candidates]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) + extract.no_answer <= 1 + 1e-6
    assert extract.to_dict()["type"] == "extract"
    model.save_pretrained(tmp_path / "model")
    assert answer(MultiTaskModel.from_pretrained(tmp_path / "model"), "who is in the soup?", passage) == found
    assert answer(model, "who?").missing_pair == ("answers",)


def test_the_loss_is_that_of_both_ends():
    task = build_task(spec())
    logits = torch.zeros(2, 4, 2)
    assert task.loss(logits, torch.tensor([[1, 2], [0, 0]])).item() == pytest.approx(math.log(4))
    assert task.loss(logits, torch.tensor([[1, 2], [-100, -100]])).item() == pytest.approx(math.log(4))
