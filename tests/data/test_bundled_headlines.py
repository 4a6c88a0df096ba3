"""The bundled headlines: shorter than the news, told differently in every split, and a task for a model."""

import re
import tomllib
from collections import Counter
from itertools import combinations

import pytest
from rouge_score.rouge_scorer import RougeScorer
from sklearn.feature_extraction.text import TfidfVectorizer

from mtl.data.compose import splits
from mtl.data.compose.frames import SLOT, leaves
from mtl.data.compose.headlines import SIZES, Newsroom, words
from mtl.data.corpus import BUNDLED, TOPICS, read_split
from mtl.data.sources import SPLITS
from mtl.errors import DataError

LEAST = {"train": 1400, "validation": 200, "test": 300}
LATER = ("translations", "passages", "headlines")


@pytest.fixture(scope="module")
def tellings():
    return {split: read(splits.GRAMMAR / split / "headlines.toml") for split in SPLITS}


@pytest.fixture(scope="module")
def shared():
    return read(splits.GRAMMAR / "headlines.toml")


def read(path):
    return tomllib.loads(path.read_text(encoding="utf-8"))


def everything():
    return [row for split in SPLITS for row in read_split("headlines", split)]


def test_translations_passages_and_headlines_stay_below_eighteen_hundred_kilobytes():
    files = [path for source in LATER for path in BUNDLED.rglob(f"{source}*")]
    assert len(files) == len(LATER) * 2 * len(SPLITS) + 2
    assert sum(path.stat().st_size for path in files) < 1_800_000


@pytest.mark.parametrize("split", SPLITS)
def test_every_split_is_large_enough_and_every_topic_equally_frequent(split):
    rows = read_split("headlines", split)
    assert len(rows) == SIZES[split] >= LEAST[split]
    topics = Counter(row["topic"] for row in rows)
    assert set(topics) == set(TOPICS)
    assert max(topics.values()) - min(topics.values()) <= 1


def test_no_text_occurs_twice():
    texts = [" ".join(re.findall(r"\w+", row["text"].casefold())) for row in everything()]
    assert len(set(texts)) == len(texts)


def test_texts_are_two_to_four_finished_sentences():
    for row in everything():
        assert re.fullmatch(r"[A-Z0-9].*\.", row["text"]), row
        assert 2 <= len(re.split(r"(?<=\.) (?=[A-Z0-9])", row["text"])) <= 4, row
        joined = f"{row['text']} {row['headline']}"
        assert not re.search(r"[{}]|  | [,.;:]|\b[Tt]he the\b|\b[Aa] [aeio]\w|\b[Aa]n [bcdfgjklmnpqrst]\w", joined), row


def test_a_headline_is_shorter_and_not_cut_from_the_text():
    for row in everything():
        assert re.match(r"[A-Z0-9]", row["headline"])
        assert not row["headline"].endswith(".")
        assert len(row["headline"].split()) <= 12
        assert len(row["headline"]) < 0.7 * len(row["text"])
        assert row["headline"].casefold() not in row["text"].casefold()


def test_every_kind_of_news_is_told_in_every_split_and_differently(tellings, shared):
    frames = {split: {frame.casefold() for frame in leaves(telling)} for split, telling in tellings.items()}
    for one, other in combinations(SPLITS, 2):
        assert not frames[one] & frames[other]
    assert sum(len(leaves(telling)) for telling in tellings.values()) == len(set().union(*frames.values()))
    for telling in tellings.values():
        assert set(telling) == {"any", *shared["event"]}


def test_both_headlines_of_a_kind_say_the_same(tellings, shared):
    for key, event in shared["event"].items():
        first, second = ({slot + number for _, slot, number in SLOT.findall(head)} for head in event["head"])
        assert first == second, key
        for split in SPLITS:
            for lead in tellings[split][key]["lead"]:
                assert first <= {slot + number for _, slot, number in SLOT.findall(lead)}, lead


def test_headlines_use_known_words_for_unknown_news():
    known = words(read_split("headlines", "train"))
    seen = {split: {row["headline"] for row in read_split("headlines", split)} for split in SPLITS}
    for split in ("validation", "test"):
        assert words(read_split("headlines", split)) <= known
    for one, other in combinations(SPLITS, 2):
        assert not seen[one] & seen[other]


def rouge(answers):
    scorer = RougeScorer(["rougeL"])
    rows = read_split("headlines", "test")
    scores = [
        scorer.score(row["headline"], answer)["rougeL"].fmeasure for row, answer in zip(rows, answers, strict=True)
    ]
    return 100 * sum(scores) / len(scores)


def test_the_first_words_are_no_headline():
    texts = [row["text"] for row in read_split("headlines", "test")]
    assert rouge([" ".join(text.split()[:8]) for text in texts]) < 20
    assert rouge([text.split(". ")[0] for text in texts]) < 25


def test_remembering_the_nearest_news_is_not_enough():
    train, test = read_split("headlines", "train"), read_split("headlines", "test")
    vectors = TfidfVectorizer(ngram_range=(1, 2))
    known = vectors.fit_transform([row["text"] for row in train])
    nearest = (vectors.transform([row["text"] for row in test]) @ known.T).toarray().argmax(1)
    assert rouge([train[at]["headline"] for at in nearest]) < 55


def test_news_that_allows_too_few_texts_says_so():
    shared = {
        "words": {},
        "event": {"fire": {"topic": "weather", "head": ["{org} burns", "Fire at {org}"], "org": ["Okto"]}},
    }
    telling = {"any": {"open": ["Oh."], "close": ["So."]}, "fire": {"lead": ["{org} burnt."], "more": ["Yes."]}}

    class FirstDraw:
        def random(self):
            return 0.0

    with pytest.raises(DataError, match="fire"):
        Newsroom(shared, telling, "train", set()).compose(5, FirstDraw())
