"""The bundled corpus keeps what its card promises."""

import re
from collections import Counter, defaultdict
from itertools import combinations
from random import Random

import pytest

from mtl.data.compose import splits
from mtl.data.compose.frames import Deck, Grammar, Lexicon, Phrase, Span, leaves, load, realise
from mtl.data.compose.texts import TextComposer, kinds_of
from mtl.data.corpus import BUNDLED, ENTITY_TYPES, QUESTION_TYPES, RELATIONS, TOPICS, read_split
from mtl.data.sources import SPLITS
from mtl.errors import DataError

SOURCES = ("texts", "pairs", "questions")
LEAST = {
    "texts": {"train": 1500, "validation": 300, "test": 400},
    "pairs": {"train": 800, "validation": 150, "test": 240},
    "questions": {"train": 800, "validation": 150, "test": 240},
}
SENTIMENTS = ("negative", "neutral", "positive")


@pytest.fixture(scope="module")
def grammars():
    return {split: load(splits.GRAMMAR / split) for split in SPLITS}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("split", SPLITS)
def test_every_split_is_large_enough(source, split):
    assert len(read_split(source, split)) >= LEAST[source][split]


def test_everything_bundled_stays_below_five_megabytes():
    assert sum(path.stat().st_size for path in BUNDLED.rglob("*") if path.is_file()) < 4_800_000


def test_composing_again_gives_the_same_bytes():
    for name, content in splits.composed():
        assert (BUNDLED / name).read_bytes() == content, name


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize(
    ("source", "column", "labels"),
    [
        ("texts", "sentiment", SENTIMENTS),
        ("texts", "topic", TOPICS),
        ("pairs", "relation", RELATIONS),
        ("questions", "question_type", QUESTION_TYPES),
    ],
)
def test_every_label_occurs_equally_often(source, split, column, labels):
    counts = Counter(row[column] for row in read_split(source, split))
    assert set(counts) == set(labels)
    assert len(set(counts.values())) == 1


@pytest.mark.parametrize("split", SPLITS)
def test_the_topic_tells_nothing_about_the_sentiment(split):
    counts = Counter((row["topic"], row["sentiment"]) for row in read_split("texts", split))
    assert len(counts) == len(TOPICS) * len(SENTIMENTS)
    assert len(set(counts.values())) == 1


@pytest.mark.parametrize("split", SPLITS)
def test_the_style_tells_hardly_anything_about_the_sentiment(split):
    sentiments = defaultdict(Counter)
    for row in read_split("texts", split):
        sentiments[row["style"]][row["sentiment"]] += 1
    assert set(sentiments) == {"review", "message", "notice", "news"}
    for counts in sentiments.values():
        assert max(counts.values()) / counts.total() < 0.45


@pytest.mark.parametrize("split", SPLITS)
def test_stars_agree_with_the_sentiment(split):
    for row in read_split("texts", split):
        sign = (row["stars"] > 3) - (row["stars"] < 3)
        assert SENTIMENTS[sign + 1] == row["sentiment"]
        assert 1 <= row["stars"] <= 5
        assert isinstance(row["stars"], float)
    assert len({row["stars"] for row in read_split("texts", split)}) >= 8


@pytest.mark.parametrize("split", SPLITS)
def test_irony_is_marked_and_never_praise(split):
    ironic = [row for row in read_split("texts", split) if row["irony"]]
    assert ironic
    assert {row["sentiment"] for row in ironic} == {"negative"}


@pytest.mark.parametrize("split", SPLITS)
def test_tokens_are_the_words_and_marks_of_the_text(split):
    for row in read_split("texts", split):
        assert row["tokens"] == re.findall(r"\w+(?:['’]\w+)*|[^\w\s]", row["text"])
        assert len(row["tokens"]) == len(row["entities"])
        assert len(row["tokens"]) <= splits.LONGEST


@pytest.mark.parametrize("split", SPLITS)
def test_entity_tags_are_valid_bio_of_every_type(split):
    seen = set()
    for row in read_split("texts", split):
        for before, tag in zip(["O", *row["entities"]], row["entities"], strict=False):
            seen.add(tag)
            if tag.startswith("I-"):
                assert before[2:] == tag[2:], row["text"]
    assert seen == {"O"} | {f"{part}-{kind}" for part in "BI" for kind in ENTITY_TYPES}


@pytest.mark.parametrize("source", SOURCES)
def test_no_row_occurs_twice_in_any_split(source):
    counts = Counter(splits.normalised(row) for split in SPLITS for row in read_split(source, split))
    assert [key for key, count in counts.items() if count > 1] == []


def test_no_sentence_of_a_pair_recurs_in_another_split():
    sentences = {
        split: {text.casefold() for row in read_split("pairs", split) for text in (row["text"], row["text_pair"])}
        for split in SPLITS
    }
    for one, other in combinations(SPLITS, 2):
        assert not sentences[one] & sentences[other]


def test_every_frame_belongs_to_one_split(grammars):
    frames = {split: {plain(frame) for frame in grammar.frames()} for split, grammar in grammars.items()}
    for one, other in combinations(SPLITS, 2):
        assert not frames[one] & frames[other]
    assert sum(len(grammar.frames()) for grammar in grammars.values()) == len(set().union(*frames.values()))


def test_there_are_at_least_two_hundred_frames_to_train_on(grammars):
    assert len(set(grammars["train"].frames())) >= 200


def test_every_filler_belongs_to_one_split(grammars):
    fillers = {split: {plain(filler) for filler in grammar.lexicon.fillers()} for split, grammar in grammars.items()}
    for one, other in combinations(SPLITS, 2):
        assert not fillers[one] & fillers[other]


def shared_words(row):
    one, other = (set(re.findall(r"\w+", row[side].casefold())) for side in ("text", "text_pair"))
    return len(one & other) / len(one | other)


@pytest.mark.parametrize("split", SPLITS)
def test_the_words_a_pair_shares_do_not_tell_paraphrase_from_further_claim(split):
    claims = ("same meaning", "related")
    rows = [(shared_words(row), row["relation"]) for row in read_split("pairs", split) if row["relation"] in claims]
    hits = [sum((share >= bound) == (claim == claims[0]) for share, claim in rows) for bound, _ in rows]
    assert max(*hits, len(rows) - min(hits)) / len(rows) < 0.7


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("split", SPLITS)
def test_sentences_are_finished_and_well_formed(source, split):
    for row in read_split(source, split):
        for text in (row["text"], row.get("text_pair", "Fine.")):
            assert re.match(r"[\"'\w]", text)
            assert re.search(r"[.!?][\"']?$", text), text
            assert not re.search(r"[{}@]|  | [,.;!?]|\b[Tt]he the\b|\b[Mm]y the\b|\ba a\b|\ba the\b", text), text
            assert not re.search(r"\ba [aeio]\w|\ban [bcdfgjklmnpqrstvwz]\w", text, re.IGNORECASE), text


def plain(frame: str) -> str:
    """A frame or a filler without case and kinds."""
    return kinds_of(frame)[1].casefold()


class FixedRandom:
    """Draws the first item every time."""

    def random(self):
        return 0.0


def test_a_slot_is_filled_tagged_and_given_its_article():
    lexicon = Lexicon({"org": {"type": "ORG", "food": ["the Salted Fig"]}}, {"thing.food": ["onion tart"]})
    phrase = realise("{org} bakes {a thing}.", lexicon, FixedRandom(), "food")
    assert phrase.text == "The Salted Fig bakes an onion tart."
    name = ["O", "B-ORG", "I-ORG"]
    assert phrase.tagged()[1] == [*name, "O", "O", "O", "O", "O"]


def test_a_slot_without_fillers_is_an_error():
    with pytest.raises(DataError, match="nothing"):
        realise("{nothing}", Lexicon({}, {}), FixedRandom())


def test_a_joined_phrase_keeps_its_spans():
    joined = Phrase("I met ") + Phrase("Ann", (Span(0, 3, "PER"),))
    assert joined.spans == (Span(6, 9, "PER"),)


def test_a_deck_gives_every_item_before_it_repeats_one():
    deck = Deck("abc", FixedRandom())
    assert {deck.draw() for _ in range(3)} == set("abc")


def test_a_frame_names_its_kinds():
    assert kinds_of("@book,show It is long.") == (frozenset({"book", "show"}), "It is long.")
    assert kinds_of("It is long.") == (frozenset(), "It is long.")


def small_composer(scene):
    grammar = Grammar(
        lexicon=Lexicon({}, {"thing.food": ["soup", "cake", "stew", "pie"]}),
        scenes={"food": {"review": [scene]}},
        verdicts={"personal": {"4": ["Good."], "5": ["Great."]}, "personal_irony": {}, "turn": {"4": ["Even so."]}},
        details={"food": {"4": ["@thing The {thing} was fresh."], "5": ["No {thing} is better."]}},
        families=[],
        questions={},
    )
    return TextComposer(grammar, Random(0))


def test_later_sentences_speak_of_the_thing_of_the_scene():
    composer = small_composer("We ate the {thing}.")
    texts = [composer.compose("food", "positive")["text"] for _ in range(60)]
    named = [set(re.findall("soup|cake|stew|pie", text)) for text in texts]
    assert {len(things) for things in named} == {1}
    assert len(set().union(*named)) == 4


def test_a_frame_about_the_thing_follows_only_a_scene_that_has_one():
    composer = small_composer("We ate there.")
    assert not any("was fresh" in composer.compose("food", "positive")["text"] for _ in range(60))


def test_a_detail_and_the_verdict_after_it_have_the_same_stars():
    composer = small_composer("We ate the {thing}.")
    rows = [composer.compose("food", "positive") for _ in range(60)]
    both = [row for row in rows if row["text"].endswith(("fresh. Good.", "better. Great."))]
    assert {row["stars"] for row in both} == {4.0, 5.0}
    assert not [row for row in rows if re.search(r"fresh\. Great|better\. Good", row["text"])]


def test_leaves_are_all_strings_in_order():
    assert leaves({"a": ["x", "y"], "b": {"c": "z"}}) == ["x", "y", "z"]


def test_a_grammar_too_small_for_its_rows_says_so():
    with pytest.raises(DataError, match="enough frames"):
        splits._distinct(lambda: {"text": "Always the same."}, [(), ()], FixedRandom())


def test_a_slot_with_too_few_fillers_says_so():
    lexicon = Lexicon({}, {"dish": ["soup"]})
    with pytest.raises(DataError, match="more fillers"):
        realise("{dish} and {dish}", lexicon, FixedRandom())
