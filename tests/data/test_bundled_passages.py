"""The bundled passages: answers where they are said to be, questions that have none, and a task for a model."""

import re
import string
from collections import Counter
from itertools import combinations

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from mtl.data.compose import splits
from mtl.data.compose.frames import leaves
from mtl.data.compose.passages import SIZES, Composer, Fact, Story, stories
from mtl.data.corpus import read_split
from mtl.data.sources import SPLITS
from mtl.errors import DataError

LEAST = {"train": 1000, "validation": 200, "test": 300}


@pytest.fixture(scope="module")
def told():
    return {split: stories(splits.GRAMMAR / split / "passages.toml") for split in SPLITS}


def everything():
    return [row for split in SPLITS for row in read_split("passages", split)]


def gold(row):
    return row["answers"]["text"][0] if row["answers"]["text"] else ""


def sentences(text):
    return re.split(r"(?<=\.) (?=[A-Z])", text)


@pytest.mark.parametrize("split", SPLITS)
def test_every_split_is_large_enough(split):
    assert len(read_split("passages", split)) == SIZES[split] >= LEAST[split]


def test_answers_stand_where_they_are_said_to_be_and_nowhere_else():
    for row in everything():
        texts, starts = row["answers"]["text"], row["answers"]["answer_start"]
        assert len(texts) == len(starts) <= 1
        for text, start in zip(texts, starts, strict=True):
            assert row["context"][start : start + len(text)] == text
            assert row["context"].count(text) == 1
            assert text == text.strip(" .,;")


@pytest.mark.parametrize("split", SPLITS)
def test_a_fifth_of_the_questions_has_no_answer(split):
    rows = read_split("passages", split)
    assert 0.15 < sum(not gold(row) for row in rows) / len(rows) < 0.25


@pytest.mark.parametrize("split", SPLITS)
def test_answers_are_of_many_kinds(split):
    def kind(answer):
        if re.fullmatch(r"\d{4}|\d+ [A-Z]\w+", answer):
            return "date"
        if re.fullmatch(r"[\d,]+", answer):
            return "number"
        if re.fullmatch(r"[A-Z][\w']+( [A-Z][\w']+)*", answer):
            return "name"
        return "clause" if len(answer.split()) > 4 else "thing"

    kinds = Counter(kind(gold(row)) for row in read_split("passages", split) if gold(row))
    assert set(kinds) == {"date", "number", "name", "thing", "clause"}
    assert min(kinds.values()) > 0.05 * kinds.total()


def test_ids_and_questions_are_unique():
    assert len({row["id"] for row in everything()}) == len(everything())
    assert len({(row["context"], row["question"]) for row in everything()}) == len(everything())


def test_no_passage_recurs_in_another_split():
    contexts = {split: {row["context"] for row in read_split("passages", split)} for split in SPLITS}
    for one, other in combinations(SPLITS, 2):
        assert not contexts[one] & contexts[other]


def test_passages_have_three_to_six_finished_sentences_and_up_to_three_questions():
    for row in everything():
        assert 3 <= len(sentences(row["context"])) <= 6, row["context"]
        assert re.fullmatch(r"[A-Z].*\.", row["context"])
        assert re.fullmatch(r"[A-Z].*\?", row["question"])
        joined = row["context"] + row["question"] + row["title"]
        assert not re.search(
            r"[{}]|  | [,.?]|\b[Tt]he the\b|\ba a\b|\ba (?!one)[aeio]\w|\ban [bcdfgjklmnpqrst]\w", joined
        ), row
    asked = Counter(row["context"] for row in everything())
    assert max(asked.values()) == 3
    assert sum(count == 1 for count in asked.values()) <= len(SPLITS)


def test_frames_belong_to_one_split(told):
    frames = {
        split: {
            frame.casefold()
            for story in found
            for frame in leaves([[[fact.say, fact.ask] for fact in story.facts], story.traps])
        }
        for split, found in told.items()
    }
    for one, other in combinations(SPLITS, 2):
        assert not frames[one] & frames[other]
    assert len(frames["train"]) >= 300


def test_fillers_belong_to_one_split(told):
    fillers = {
        split: {
            filler.casefold()
            for story in found
            for key, values in story.fillers.items()
            if key[0] != "n"
            for filler in values
        }
        for split, found in told.items()
    }
    for one, other in combinations(SPLITS, 2):
        assert not fillers[one] & fillers[other]


def squad_words(text):
    text = "".join(char for char in text.lower() if char not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def squad_f1(answer, truth):
    """F1 of the words as SQuAD counts them; the right silence is worth 1."""
    one, other = squad_words(answer), squad_words(truth)
    if not one or not other:
        return float(one == other)
    return 2 * (Counter(one) & Counter(other)).total() / (len(one) + len(other))


def test_pointing_at_the_nearest_sentence_is_not_enough():
    train, test = read_split("passages", "train"), read_split("passages", "test")
    vectors = TfidfVectorizer(ngram_range=(1, 2)).fit([row["context"] for row in train])
    scores, found = [], []
    for row in test:
        choices = sentences(row["context"])
        near = (vectors.transform([row["question"]]) @ vectors.transform(choices).T).toarray()[0].argmax()
        scores.append(squad_f1(choices[near], gold(row)))
        found += [gold(row) in choices[near]] if gold(row) else []
    assert sum(scores) / len(scores) < 0.35
    assert sum(found) / len(found) < 0.65
    assert sum(squad_f1("", gold(row)) for row in test) / len(test) < 0.25


def test_a_story_with_too_little_to_tell_says_so():
    story = Story("{club}", {"club": ["Ostrel"]}, [Fact(["{club} is old."], {"club": ["What is old?"]})], ["Why?"])

    class FirstDraw:
        def random(self):
            return 0.0

    with pytest.raises(DataError, match="more passages"):
        Composer([story], FirstDraw()).compose(5)
