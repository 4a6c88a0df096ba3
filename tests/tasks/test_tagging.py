"""Tagging: alignment, loss, entity scores and spans against values worked out by hand."""

import math

import pytest
import torch

from mtl.data.corpus import TASKS
from mtl.errors import DataError
from mtl.model import build_task
from mtl.tasks.task import TextView


@pytest.fixture
def entities():
    return build_task(TASKS["entities"])


def logits_of(task, tags, length=None, sure=10.0):
    """Logits ``[L, C]`` that favour these tags, one a token, after a special token."""
    logits = torch.zeros(length or len(tags) + 2, len(task.tag_names))
    logits[:, 0] = sure
    for position, tag in enumerate(tags, 1):
        logits[position] = 0
        logits[position, task.tag_names.index(tag)] = sure
    return logits


def views(*starts):
    """Texts of which only the tokens their words start at matter."""
    return [TextView("", [], each) for each in starts]


def spans_of(task, tags, words=None):
    words = [f"w{number}" for number in range(len(tags))] if words is None else words
    ranges, at = [], 0
    for word in words:
        ranges.append((at, at + len(word)))
        at += len(word) + 1
    text = " ".join(words)
    answer = task.answer(logits_of(task, tags), TextView(text, ranges, list(range(1, len(tags) + 1))))
    assert answer.text == text
    return [(text[span.start : span.end], span.label) for span in answer.spans]


def test_tags_are_o_and_two_for_each_type(entities):
    assert entities.tag_names[:3] == ("O", "B-PER", "I-PER")
    assert len(entities.tag_names) == 1 + 2 * len(TASKS["entities"].labels)


def test_tags_stand_at_the_first_token_of_each_word(entities):
    labels = entities.collate([[1, 2, 0], None, [3]], views([1, 3, -1], [1, 2], [2]), 5)
    assert labels.tolist() == [[-100, 1, -100, 2, -100], [-100] * 5, [-100, -100, 3, -100, -100]]
    assert entities.count(labels) == 3


def test_the_loss_is_the_mean_over_labelled_words(entities):
    classes = len(entities.tag_names)
    logits = torch.zeros(1, 4, classes)
    logits[0, 1, 2] = math.log(classes - 1 + 2) - math.log(1)  # softmax: e^x / (e^x + C − 1)
    labels = torch.tensor([[-100, 2, 0, -100]])
    first = -math.log((classes + 1) / (2 * classes))
    assert entities.loss(logits, labels).item() == pytest.approx((first + math.log(classes)) / 2)


def test_ignored_tokens_do_not_change_the_loss(entities):
    logits = torch.randn(2, 6, len(entities.tag_names), requires_grad=True)
    labels = torch.full((2, 6), -100)
    labels[0, 1], labels[1, 3] = 2, 0
    loss = entities.loss(logits, labels)
    loss.backward()
    other = logits.detach().clone()
    other[labels == -100] = 1e3
    assert entities.loss(other, labels).item() == pytest.approx(loss.item())
    assert not logits.grad[labels == -100].any()
    assert logits.grad[labels != -100].any()


def test_predictions_are_one_tag_a_word_and_o_where_a_word_was_cut(entities):
    logits = torch.stack([logits_of(entities, ["B-PER", "O", "I-PER"])])
    assert entities.predict(logits, views([1, 3, -1])) == [[1, 2, 0]]
    assert entities.predict(logits, views([])) == [[]]


def encode(task, *tags):
    return task.encode({"tokens": [str(number) for number in range(len(tags))], "entities": list(tags)})


def test_scores_count_whole_entities(entities):
    truth = [
        encode(entities, "B-PER", "I-PER", "O", "B-LOC"),
        encode(entities, "O", "B-ORG", "O"),
    ]
    guess = [
        encode(entities, "B-PER", "O", "O", "B-LOC"),  # PER too short, LOC right
        encode(entities, "B-PER", "B-ORG", "O"),  # one too many, ORG right
    ]
    scores = entities.score(guess, truth)
    assert scores["precision"] == pytest.approx(2 / 4)
    assert scores["recall"] == pytest.approx(2 / 3)
    assert scores["entity_f1"] == pytest.approx(2 * (1 / 2) * (2 / 3) / (1 / 2 + 2 / 3))
    assert scores["word_accuracy"] == pytest.approx(5 / 7)


def test_an_inside_tag_without_a_beginning_counts_as_one(entities):
    """As the CoNLL evaluation has it: I-PER alone is an entity."""
    truth = [encode(entities, "B-PER", "I-PER", "O")]
    assert entities.score([encode(entities, "I-PER", "I-PER", "O")], truth)["entity_f1"] == 1


def test_nothing_found_and_nothing_there_are_scored_without_a_warning(entities):
    none = [encode(entities, "O", "O")]
    assert entities.score(none, none)["entity_f1"] == 0
    assert entities.score(none, [encode(entities, "B-PER", "O")])["recall"] == 0
    assert entities.score([[]], [[]])["entity_f1"] == 0


def test_the_baseline_finds_nothing(entities):
    assert entities.baseline([[1, 2]], [[1], [0, 3]]) == [[0], [0, 0]]


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        (["B-PER", "I-PER", "O"], [("w0 w1", "PER")]),
        (["B-PER", "B-PER"], [("w0", "PER"), ("w1", "PER")]),
        (["I-PER", "I-PER", "O", "I-LOC"], [("w0 w1", "PER"), ("w3", "LOC")]),
        (["B-PER", "I-LOC", "I-LOC"], [("w0", "PER"), ("w1 w2", "LOC")]),
        (["B-PER", "O", "I-PER"], [("w0", "PER"), ("w2", "PER")]),
        (["O", "O"], []),
        ([], []),
    ],
)
def test_tags_become_spans(entities, tags, spans):
    assert spans_of(entities, tags) == spans


def test_a_span_is_as_sure_as_its_words_on_average(entities):
    logits = logits_of(entities, ["B-PER", "I-PER"])
    logits[1] = torch.tensor([0.2, 0.8] + [0.0] * (len(entities.tag_names) - 2)).clamp_min(1e-12).log()
    logits[2] = torch.tensor([0.4, 0.0, 0.6] + [0.0] * (len(entities.tag_names) - 3)).clamp_min(1e-12).log()
    (span,) = entities.answer(logits, TextView("Ada Byron", [(0, 3), (4, 9)], [1, 2])).spans
    assert (span.start, span.end, span.label) == (0, 9, "PER")
    assert span.probability == pytest.approx(0.7)


def test_a_word_that_was_cut_off_ends_a_span(entities):
    view = TextView("a b c", [(0, 1), (2, 3), (4, 5)], [1, -1, 2])
    answer = entities.answer(logits_of(entities, ["B-PER", "I-PER"]), view)
    assert [(span.start, span.end) for span in answer.spans] == [(0, 1), (4, 5)]
    (first, _) = answer.to_dict()["spans"]
    assert first.keys() == {"start", "end", "label", "probability"}


@pytest.fixture
def forms(every_task):
    return build_task(every_task["type"])


def test_plain_tags_are_the_labels_themselves(forms):
    assert forms.tag_names == ("article", "sign", "word")
    assert forms.metric == "word_accuracy"
    row = {"tokens": ["The", "soup", "."], "forms": ["article", "word", "sign"]}
    assert forms.decode_label(forms.encode(row)) == row["forms"]
    with pytest.raises(DataError, match="should be one of article, sign, word"):
        forms.encode(row | {"forms": ["article", "word", "O"]})


def test_a_word_that_was_cut_off_has_no_plain_tag_and_counts_as_wrong(forms):
    predicted = forms.predict(logits_of(forms, ["article", "word"])[None], views([1, 2, -1]))
    assert predicted == [[0, 2, -1]]
    assert forms.score(predicted, [[0, 2, 1]]) == {"word_accuracy": pytest.approx(2 / 3)}
    assert forms.score(predicted, [[0, 0, 0]]) == {"word_accuracy": pytest.approx(1 / 3)}


def test_the_naive_plain_tag_is_the_most_frequent_one(forms):
    assert forms.baseline([[2, 2, 0], [2]], [[0, 1]]) == [[2, 2]]


def test_every_word_that_was_read_is_marked_with_its_plain_tag(forms):
    assert spans_of(forms, ["article", "word", "sign"], ["The", "soup", "."]) == [
        ("The", "article"),
        ("soup", "word"),
        (".", "sign"),
    ]
