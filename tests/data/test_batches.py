"""From rows to tensors: words and their tokens, padding, bucketed streams."""

import random
from collections import Counter

import pytest
import torch

from mtl.data.batches import (
    BucketedStream,
    by_length,
    collate,
    encode_rows,
    encode_texts,
)
from mtl.data.corpus import TASKS
from mtl.data.tokens import first_tokens, split_words, word_ranges
from mtl.model import build_task


@pytest.fixture(scope="module")
def tokenizer(tiny_folder):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_folder)


def encode(tokenizer, text, pair=None, words=None, max_length=64):
    words = split_words(text) if words is None else words
    return encode_texts(tokenizer, [text], None if pair is None else [pair], [words], max_length)[0]


def pieces(tokenizer, example):
    """The token that each word begins with."""
    tokens = tokenizer.convert_ids_to_tokens(example.input_ids)
    return [tokens[start] if start >= 0 else None for start in example.word_starts]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Acme's soup, then.", ["Acme's", "soup", ",", "then", "."]),
        ("isn’t it?", ["isn’t", "it", "?"]),
        ("4.5 %", ["4", ".", "5", "%"]),
        ("你好 世界", ["你好", "世界"]),
        ("שלום עולם!", ["שלום", "עולם", "!"]),
        ("soup 😀😀", ["soup", "😀", "😀"]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_texts_split_into_words_and_signs(text, words):
    assert [text[start:end] for start, end in split_words(text)] == words


def test_words_are_found_in_their_text_in_order():
    text = "the soup, the soup."
    ranges = word_ranges(text, ["the", "soup", ",", "the", "soup", "."])
    assert [text[start:end] for start, end in ranges] == ["the", "soup", ",", "the", "soup", "."]
    assert ranges[3] == (10, 13)
    assert ranges == sorted(ranges)


def test_a_word_that_is_not_in_the_text_has_an_empty_range_and_no_token():
    assert word_ranges("the soup", ["the", "nothing", "soup"]) == [(0, 3), (3, 3), (4, 8)]
    assert first_tokens([(0, 3), (3, 3), (4, 8)], [(0, 0), (0, 3), (4, 8), (0, 0)], 4) == [1, -1, 2]


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("the soup", ["the", "soup"]),
        ("the xyz soup", ["the", "x", "soup"]),
        ("soup,bread.", ["soup", ",", "bread", "."]),
        ("acme's soup", ["acme", "soup"]),
        ("你好 soup", ["你", "soup"]),
        ("soup 😀 bread", ["soup", "😀", "bread"]),
        ("👩‍🚀 soup", ["[UNK]", "[UNK]", "[UNK]", "soup"]),
        ("של soup", ["[UNK]", "soup"]),
        ("ש soup", ["ש", "soup"]),
        ("so\u200bup bread", ["soup", "soup", "soup", "bread"]),
        ("\u202ethe\u202c soup", [None, "the", None, "soup"]),
        ("the\u0301 soup", ["[UNK]", "[UNK]", "soup"]),
    ],
)  # fmt: skip
def test_every_word_knows_its_first_token(tokenizer, text, starts):
    assert pieces(tokenizer, encode(tokenizer, text)) == starts


def test_words_keep_their_tokens_whatever_stands_between_them(tokenizer):
    """The first token of a word covers the word's first character that the tokenizer keeps."""
    rng = random.Random(0)
    parts = [
        "soup",
        "xyz",
        "é",
        "你好",
        "😀",
        "של",
        "\u200b",
        "\u200d",
        "\u00ad",
        "\n",
        "\t",
        " ",
        ",",
        "'",
        "ﬁ",
        "İ",
        "\u0301",
        "Acme",
    ]
    for _ in range(300):
        text = "".join(rng.choice(parts) for _ in range(rng.randrange(1, 15)))
        words = split_words(text)
        example = encode(tokenizer, text, words=words)
        offsets = tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
        used = [start for start in example.word_starts if start >= 0]
        assert used == sorted(used)
        for (first, last), start in zip(words, example.word_starts, strict=True):
            inside = [at for at, (a, b) in enumerate(offsets) if a < b and a < last and b > first]
            assert start == (inside[0] if inside else -1), (text, first, last)


def test_words_of_the_second_text_do_not_count(tokenizer):
    example = encode(tokenizer, "the soup", "the bread was bright", words=[(0, 3), (4, 8), (9, 14)])
    assert pieces(tokenizer, example) == ["the", "soup", None]
    assert example.token_type_ids is not None
    assert list(example.token_type_ids) == [0] * 4 + [1] * 5


def test_a_cut_text_says_so_and_its_last_words_have_no_token(tokenizer):
    text = " ".join(["soup"] * 20)
    example = encode(tokenizer, text, max_length=8)
    assert example.cut
    assert len(example.input_ids) == 8
    assert example.word_starts == [1, 2, 3, 4, 5, 6] + [-1] * 14
    whole = encode(tokenizer, "soup soup soup soup soup soup", max_length=8)
    assert not whole.cut
    assert len(whole.input_ids) == 8


@pytest.mark.parametrize(("first", "second"), [(30, 2), (2, 30), (30, 30)])
def test_of_a_pair_the_longer_text_is_cut(tokenizer, first, second):
    example = encode(tokenizer, "soup " * first, "bread " * second, max_length=16)
    assert example.cut
    assert len(example.input_ids) == 16
    types = Counter(example.token_type_ids)
    assert types[0] >= min(first, 6) + 1
    assert types[1] >= min(second, 6) + 1
    assert not encode(tokenizer, "soup", "bread", max_length=16).cut


def test_a_text_without_any_word_is_only_special_tokens(tokenizer):
    example = encode(tokenizer, "")
    assert tokenizer.convert_ids_to_tokens(example.input_ids) == ["[CLS]", "[SEP]"]
    assert example.word_starts == []


def test_rows_are_encoded_with_the_labels_of_all_their_tasks(tokenizer, rows):
    tasks = [build_task(TASKS[name]) for name in ("topic", "stars", "entities")]
    content = rows("texts", 6)
    content[2] = {**content[2], "topic": None, "entities": None, "tokens": None}
    examples = encode_rows(tokenizer, content, tasks, 64)
    for row, example in zip(content, examples, strict=True):
        for task in tasks:
            label = example.labels[task.name]
            assert (None if label is None else task.decode_label(label)) == row[task.spec.label]
    assert examples[2].labels["topic"] is None


def test_a_batch_is_padded_to_its_longest_text(tokenizer, rows):
    tasks = [build_task(TASKS[name]) for name in ("topic", "stars", "entities")]
    examples = encode_rows(tokenizer, rows("texts", 5), tasks, 64)
    batch = collate("texts", examples, tasks, tokenizer.pad_token_id)
    assert len(batch) == 5
    assert batch.input_ids.shape == (5, max(len(example.input_ids) for example in examples))
    assert (batch.input_ids[batch.attention_mask == 0] == tokenizer.pad_token_id).all()
    for row, example in enumerate(examples):
        assert batch.input_ids[row, : len(example.input_ids)].tolist() == list(example.input_ids)
        assert batch.attention_mask[row].sum() == len(example.input_ids)
    assert batch.labels["entities"].shape == batch.input_ids.shape
    assert (batch.labels["entities"][batch.attention_mask == 0] == -100).all()
    assert batch.token_type_ids is None


def test_pairs_carry_token_types(tokenizer, rows):
    task = build_task(TASKS["relation"])
    batch = collate("pairs", encode_rows(tokenizer, rows("pairs", 3), [task], 64), [task], tokenizer.pad_token_id)
    assert batch.inputs().keys() == {"input_ids", "attention_mask", "token_type_ids"}
    assert set(batch.token_type_ids.unique().tolist()) == {0, 1}
    assert (batch.token_type_ids[batch.attention_mask == 0] == 0).all()
    moved = batch.to(torch.device("cpu"))
    assert torch.equal(moved.token_type_ids, batch.token_type_ids)


def test_evaluation_batches_hold_every_text_once(tokenizer, rows):
    task = build_task(TASKS["topic"])
    examples = encode_rows(tokenizer, rows("texts", 23), [task], 64)
    batches = list(by_length(examples, 5))
    assert sorted(index for batch in batches for index in batch) == list(range(23))
    lengths = [len(examples[index].input_ids) for batch in batches for index in batch]
    assert lengths == sorted(lengths, reverse=True)


LENGTHS = [random.Random(1).choice((5, 9, 14, 30, 60)) + random.Random(number).randrange(5) for number in range(100)]


def draw(stream, counts):
    return [index for count in counts for index in stream.take(count)]


@pytest.mark.parametrize("pool_size", [2048, 100, 40, 7])
@pytest.mark.parametrize("size", [1, 7, 10, 32, 99, 100, 101, 250])
def test_a_stream_draws_every_row_once_a_pass(size, pool_size):
    stream = BucketedStream(LENGTHS, seed=3, pool_size=pool_size)
    drawn = draw(stream, [size] * -(-500 // size))
    for start in range(0, len(drawn) - 99, 100):
        assert sorted(drawn[start : start + 100]) == list(range(100))
    assert stream.drawn == len(drawn)


def test_a_stream_draws_every_row_once_a_pass_with_batches_of_changing_size():
    rng = random.Random(0)
    stream = BucketedStream(LENGTHS, seed=0)
    drawn = draw(stream, [rng.randrange(1, 40) for _ in range(60)])
    assert [len(set(drawn[start : start + 100])) for start in range(0, len(drawn) - 99, 100)] == [100] * (
        len(drawn) // 100
    )


def test_no_text_waits_because_of_its_length():
    """The longest and the shortest rows come as early as any other, over many seeds."""
    lengths = list(range(60))
    firsts = Counter(index for seed in range(300) for index in draw(BucketedStream(lengths, seed), [16, 16]))
    assert min(firsts.values()) > 60
    assert max(firsts.values()) < 290


def test_a_stream_is_seeded():
    counts = [8] * 30
    assert draw(BucketedStream(LENGTHS, 1), counts) == draw(BucketedStream(LENGTHS, 1), counts)
    assert draw(BucketedStream(LENGTHS, 1), counts) != draw(BucketedStream(LENGTHS, 2), counts)


def test_passes_differ():
    stream = BucketedStream(LENGTHS, 0)
    assert draw(stream, [10] * 10) != draw(stream, [10] * 10)


def test_buckets_pad_less_than_chance():
    lengths = [random.Random(number).choice((6, 12, 25, 50, 100)) for number in range(1000)]

    def padded(batches):
        return sum(len(batch) * max(lengths[index] for index in batch) for batch in batches)

    stream = BucketedStream(lengths, 0)
    bucketed = [stream.take(20) for _ in range(100)]
    order = [index for _ in range(2) for index in random.Random(0).sample(range(1000), 1000)]
    at_random = [order[start : start + 20] for start in range(0, 2000, 20)]
    tokens = sum(lengths) * 2
    assert padded(bucketed) < 1.12 * tokens
    assert padded(at_random) > 1.8 * tokens
