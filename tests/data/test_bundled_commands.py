"""The bundled requests: intent and slots on one text, said differently in every split, and a task for a model."""

import re
import tomllib
from collections import Counter, defaultdict
from itertools import combinations

import pytest
from seqeval.metrics import f1_score
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from mtl.data.compose import splits
from mtl.data.compose.commands import SIZES, RequestComposer, possible
from mtl.data.compose.frames import SLOT, TOKEN, Phrase, Span, leaves
from mtl.data.corpus import INTENTS, SLOTS, TASKS, read_split
from mtl.data.sources import SPLITS
from mtl.errors import DataError
from mtl.tasks import TASK_KINDS

CLOSED = {"time", "date", "duration", "people", "room", "color", "level", "transport"}
"""Slots whose values recur in every split."""


@pytest.fixture(scope="module")
def grammars():
    return {
        split: tomllib.loads((splits.GRAMMAR / split / "commands.toml").read_text(encoding="utf-8")) for split in SPLITS
    }


@pytest.fixture(scope="module")
def closed():
    return tomllib.loads((splits.GRAMMAR / "commands.toml").read_text(encoding="utf-8"))["entity"]


def everything():
    return [row for split in SPLITS for row in read_split("commands", split)]


@pytest.mark.parametrize("split", SPLITS)
def test_every_intent_is_equally_frequent_and_every_slot_occurs(split):
    rows = read_split("commands", split)
    assert len(rows) == SIZES[split]
    assert Counter(row["intent"] for row in rows) == dict.fromkeys(INTENTS, SIZES[split] // len(INTENTS))
    assert {tag[2:] for row in rows for tag in row["slots"] if tag != "O"} == set(SLOTS)


def test_both_tasks_read_one_text():
    intent, slots = TASKS["intent"], TASKS["slots"]
    assert (intent.source, intent.text) == (slots.source, slots.text)
    assert {intent.kind, slots.kind} <= TASK_KINDS.keys()


def test_tokens_and_tags_are_those_of_the_text():
    for row in everything():
        assert row["tokens"] == TOKEN.findall(row["text"])
        assert len(row["tokens"]) == len(row["slots"])
        for before, tag in zip(["O", *row["slots"]], row["slots"], strict=False):
            assert not tag.startswith("I-") or before[2:] == tag[2:], row


def test_requests_are_finished_sentences():
    for row in everything():
        assert re.fullmatch(r"[A-Z0-9].*[.?]", row["text"]), row
        assert not re.search(r"[{}]|  | [,.;:?]|\b[Tt]he (the|an?)\b|\b(any|no|out of|some) an? ", row["text"]), row


def test_no_request_occurs_twice():
    texts = [" ".join(re.findall(r"\w+", row["text"].casefold())) for row in everything()]
    assert len(set(texts)) == len(texts)


def test_frames_and_open_fillers_belong_to_one_split(grammars):
    for part in ("frames", "say"):
        said = {split: {frame.casefold() for frame in leaves(grammar[part])} for split, grammar in grammars.items()}
        for one, other in combinations(SPLITS, 2):
            assert not said[one] & said[other]
    for name in grammars["train"]["entity"]:
        lists = {split: {word.casefold() for word in grammars[split]["entity"][name]["names"]} for split in SPLITS}
        for one, other in combinations(SPLITS, 2):
            assert not lists[one] & lists[other], name


def test_only_closed_lists_are_shared(grammars, closed):
    assert {entity["type"] for entity in closed.values()} == CLOSED
    for grammar in grammars.values():
        assert {entity["type"] for entity in grammar["entity"].values()} == set(SLOTS) - CLOSED


def test_every_frame_uses_lists_that_exist(grammars, closed):
    for grammar in grammars.values():
        assert set(grammar["frames"]) == set(INTENTS)
        for frame in leaves(grammar["frames"]):
            assert {slot for _, slot, _ in SLOT.findall(frame)} <= {*closed, *grammar["entity"]}, frame


def test_words_of_one_intent_are_said_with_others():
    """No cue word alone decides: what a timer, an alarm or a lamp is called also stands in other requests."""
    intents = defaultdict(set)
    for row in read_split("commands", "train"):
        for token in row["tokens"]:
            intents[token.casefold()].add(row["intent"])
    for cue in ("alarm", "timer", "table", "lights", "play", "list", "weather", "wake", "rain", "way"):
        assert len(intents[cue]) > 1, cue


def word_counts(split):
    texts, labels = zip(*((row["text"], row["intent"]) for row in read_split("commands", "train")), strict=True)
    unseen, truth = zip(*((row["text"], row["intent"]) for row in read_split("commands", split)), strict=True)
    classifier = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10, max_iter=2000))
    return float(classifier.fit(texts, labels).score(unseen, truth))


def usual_tags(split):
    """Entity F1 of the tag that each word has most often in train, O for an unknown one."""
    counts = defaultdict(Counter)
    for row in read_split("commands", "train"):
        for token, tag in zip(row["tokens"], row["slots"], strict=True):
            counts[token.casefold()][tag] += 1
    usual = {token: tags.most_common(1)[0][0] for token, tags in counts.items()}
    rows = read_split("commands", split)
    said = [[usual.get(token.casefold(), "O") for token in row["tokens"]] for row in rows]
    return float(f1_score([row["slots"] for row in rows], said))


def test_counting_words_finds_some_intents_and_not_enough():
    assert 1 / len(INTENTS) < word_counts("test") < 0.8


def test_remembering_words_finds_few_slots():
    assert usual_tags("test") < 0.4


def test_requests_whose_times_contradict_each_other_are_refused():
    def spoken(*parts):
        text, spans = "", []
        for type, words in parts:
            spans.append(Span(len(text), len(text) + len(words), type))
            text += words + " "
        return Phrase(text, tuple(spans))

    assert possible(spoken(("date", "tomorrow"), ("time", "six in the evening")))
    assert not possible(spoken(("date", "tomorrow night"), ("time", "six in the evening")))
    assert not possible(spoken(("date", "next week"), ("time", "seven")))
    assert possible(spoken(("date", "next week")))


def test_requests_that_allow_too_few_texts_say_so():
    from random import Random

    grammar = {"frames": {"wait": ["wait"]}, "say": {"open": ["hey, "], "close": [", please"]}, "entity": {}}
    with pytest.raises(DataError, match="wait"):
        RequestComposer(grammar, {}, Random(0), set()).compose(20)
