"""Files of every kind and encoding give the table that is in them."""

import codecs
import csv
import io
import json
import random
import time

import pyarrow
import pyarrow.parquet
import pytest

from mtl.data.table import LIMITS
from mtl.errors import DataError

ROWS = [
    {"text": "The soup, they said, was \"fine\".", "label": "good"},
    {"text": "Une soirée très réussie; à refaire", "label": "good"},
    {"text": "这家餐厅的菜很好吃，服务也好。", "label": "bad"},
    {"text": "=1+1", "label": "bad"},
    {"text": "two\nlines", "label": "good"},
    {"text": "0071", "label": "bad"},
    {"text": "a | b", "label": "good"},
]  # fmt: skip


def as_csv(rows, **options):
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n", **options)
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_separators_and_quotes_are_told_by_the_lines(separator, ends, quoting, read):
    text = as_csv(ROWS, delimiter=separator, quoting=quoting)
    if ends == "\r\n":
        text = text.replace("two\nlines", "two lines").replace("\n", ends)
        expected = [{**row, "text": row["text"].replace("\n", " ")} for row in ROWS]
    else:
        expected = ROWS
    table = read("a.csv", text)
    assert list(table.rows) == expected
    assert table.layout["separator"] == separator


CHINESE = "文本,标签\n" + "".join(f"这家餐厅的第{at}道菜很好吃,{'好评' if at % 2 else '差评'}\n" for at in range(20))
ENGLISH = "text,label\n" + "".join(
    f"The soup number {at} was lovely,{'good' if at % 2 else 'bad'}\n" for at in range(20)
)


@pytest.mark.parametrize("text", [CHINESE, ENGLISH], ids=["chinese", "english"])
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("gb18030", b""),
        ("gbk", b""),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ],
)
def test_the_encoding_is_told_by_the_bytes(text, encoding, mark, read):
    table = read("a.csv", mark + text.encode(encoding))
    names = text.split("\n", 1)[0].split(",")
    assert [column.name for column in table.columns] == names
    assert [",".join(row.values()) for row in table.rows] == text.split("\n")[1:-1]


@pytest.mark.parametrize(
    ("encoding", "line"),
    [
        ("cp1252", "Le café était très agréable à l'été; une idée géniale"),
        ("cp1251", "Очень хороший ресторан, мы обязательно придём ещё раз"),
        ("shift_jis", "このレストランの料理はとてもおいしいです。また来たいと思います。"),
    ],
)
def test_other_encodings_are_guessed(encoding, line, read):
    table = read("a.tsv", ("text\tlabel\n" + f"{line}\t1\n" * 20).encode(encoding))
    assert table.rows[0]["text"] == line


@pytest.mark.parametrize("line", ["The café served good soup and some bread to us all", "这家餐厅的菜很好吃"])
def test_utf_8_with_a_damaged_place_is_not_read_as_something_else(line, read):
    content = ("text;label\n" + f"{line};1\n" * 20).encode() + b"\xff;1\n"
    with pytest.raises(DataError) as caught:
        read("a.csv", content)
    assert caught.value.details["found"] == len(content) - 3


def test_gb18030_is_more_than_gb_2312(read):
    table = read(
        "a.csv",
        ("text,label\n" + "吃饭了吗？镕基喆𠮷,好\n" * 8 + "今天天气很好我们去公园玩吧,坏\n" * 20).encode("gb18030"),
    )
    assert table.rows[0]["text"] == "吃饭了吗？镕基喆𠮷"


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("text,label\na,x\nb,y\n", "yes"),
        ("good film,pos\nbad film,neg\nfine film,pos\n", "no"),
        ("It is good,1\nIt is bad,0\n", "no"),
        (",text,label\n0,a,x\n1,b,y\n", "yes"),
    ],
)
def test_a_first_line_of_names_is_told_from_one_of_data(text, header, read):
    assert read("a.csv", text).layout["header"] == header


def test_columns_of_one_name_get_different_names(read):
    table = read("a.csv", "text,text,label\na,b,x\nc,d,y\n")
    assert [column.name for column in table.columns] == ["text", "text (2)", "label"]


def test_a_line_of_another_width_is_told_and_left_out(read):
    table = read("a.csv", "text,label\na,x\nb\nc,y\nd,y,z\n")
    assert [row["text"] for row in table.rows] == ["a", "c"]
    assert [(problem.row, problem.reason, problem.found) for problem in table.problems] == [
        (2, "cell_count", "1"),
        (4, "cell_count", "3"),
    ]


def test_as_many_commas_in_every_quoted_text_make_no_columns(read):
    lines = [f'"First, second, third {at}",{"xy"[at % 2]}' for at in range(20)]
    table = read("a.csv", "text,label\n" + "\n".join(lines))
    assert table.rows[3] == {"text": "First, second, third 3", "label": "y"}


def test_numbers_that_json_does_not_know_are_missing(read):
    rows = read("a.jsonl", '{"text": "a", "score": NaN}\n{"text": "b", "score": -Infinity}\n').rows
    assert [row["score"] for row in rows] == [None, None]


def test_a_tsv_with_lone_quotation_marks_is_read_line_by_line(read):
    lines = [f'"a lone mark number {at}\t{at % 2}' for at in range(9)]
    assert len(read("a.tsv", "text\tlabel\n" + "\n".join(lines)).rows) == 9


@pytest.mark.parametrize(
    "content",
    [
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS),
        json.dumps(ROWS),
        json.dumps({"version": 1, "data": ROWS}),
        json.dumps({"text": [row["text"] for row in ROWS], "label": [row["label"] for row in ROWS]}),
    ],
    ids=["lines", "list", "inner list", "columns"],
)
def test_json_in_its_usual_layouts(content, read):
    assert list(read("a.json", content).rows) == ROWS


def test_a_line_that_is_no_object_is_told_and_left_out(read):
    table = read("a.jsonl", '{"text": "a"}\n[1]\n{"text": "b"}\n{"text": \n{"text": "c"}\n')
    assert [row["text"] for row in table.rows] == ["a", "b", "c"]
    assert [(problem.row, problem.reason) for problem in table.problems] == [(2, "not_a_row"), (4, "not_a_row")]


def test_squad_as_it_is_published(read):
    answers = [{"text": "France", "answer_start": 12}]
    question = {"id": "7", "question": "Where?", "answers": answers}
    article = {"title": "Paris", "paragraphs": [{"context": "Paris is in France.", "qas": [question, question]}]}
    table = read("train.json", json.dumps({"version": "1.1", "data": [article]}))
    assert len(table.rows) == 2
    assert table.rows[0]["answers"] == {"text": ["France"], "answer_start": [12]}


def test_nested_tables_are_laid_flat(read):
    table = read("a.jsonl", "".join('{"translation": {"en": "a", "zh": "甲"}}\n' for _ in range(3)))
    assert [column.name for column in table.columns] == ["translation.en", "translation.zh"]


CONLL = "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\nPeter NNP B-NP B-PER\n"
CONLLU = (
    "# sent_id = 1\n# text = Don't go\n1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_\n1\tDo\tdo\tAUX\t_\t_\t0\troot\t_\t_\n"
    "2\tn't\tnot\tPART\t_\t_\t1\tadvmod\t_\t_\n2.1\tx\tx\tX\t_\t_\t_\t_\t_\t_\n3\tgo\tgo\tVERB\t_\t_\t1\tx\t_\t_\n\n"
)


def test_conll_gives_a_row_a_sentence(read):
    for name in ("a.conll", "a.txt", "a.bio"):
        table = read(name, CONLL)
        assert [(row["tokens"], row["tags"]) for row in table.rows] == [
            (["EU", "rejects"], ["B-ORG", "O"]),
            (["Peter"], ["B-PER"]),
        ]


def test_conllu_skips_comments_ranges_and_empty_nodes(read):
    table = read("a.conllu", CONLLU * 2)
    assert len(table.rows) == 2
    assert table.rows[0]["tokens"] == ["Do", "n't", "go"]
    assert table.rows[0]["upos"] == ["AUX", "PART", "VERB"]


def test_a_hash_is_a_word_where_it_has_a_tag(read):
    table = read("a.conll", "#\tO\n#nlp\tB-TAG\n\nso\tO\n")
    assert table.rows[0]["tokens"] == ["#", "#nlp"]


def test_parquet_names_what_its_numbers_stand_for(read, tmp_path):
    feature = {"names": ["bad", "good"], "_type": "ClassLabel"}
    features = {
        "label": feature,
        "tags": {"feature": feature, "_type": "List"},
        "old": [feature],
        "text": {"dtype": "string", "_type": "Value"},
    }
    table = pyarrow.table({"text": ["a", "b"], "label": [0, 1], "tags": [[0], [1, 1]], "old": [[0], []]})
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), buffer)
    found = read("a.parquet", buffer.getvalue())
    names = {column.name: column.names for column in found.columns}
    assert names == {"text": (), "label": ("bad", "good"), "tags": ("bad", "good"), "old": ("bad", "good")}
    assert found.rows[1] == {"text": "b", "label": 1, "tags": [1, 1], "old": []}
    assert list(read("renamed.csv", buffer.getvalue()).rows) == list(found.rows)


def test_formulas_are_only_texts(read):
    cells = ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1:A9)", "-2+3", '=HYPERLINK("http://example.org")']
    table = read("a.csv", as_csv([{"text": cell, "label": f"l{at % 2}"} for at, cell in enumerate(cells)]))
    assert [row["text"] for row in table.rows] == cells


def test_two_hundred_thousand_rows_in_seconds(read):
    chance = random.Random(0)
    lines = [f'"Row {at}, with ""quotes"" and words",{chance.choice("abc")}\n' for at in range(200_000)]
    content = "text,label\n" + "".join(lines)
    began = time.perf_counter()
    table = read("a.csv", content)
    assert len(table.rows) == 200_000
    assert time.perf_counter() - began < 10


def test_the_types_of_columns(read):
    rows = [
        {"t": "a", "i": 1, "n": 1.5, "w": ["a"], "m": [1], "e": None, "a": {"text": ["x"], "answer_start": [0]}},
        {"t": "b", "i": 2, "n": 2, "w": [], "m": [], "e": None, "a": {"text": [], "answer_start": []}},
    ]
    types = {column.name: column.type for column in read("a.json", json.dumps(rows)).columns}
    assert types == {
        "t": "text", "i": "integer", "n": "number", "w": "words", "m": "numbers", "e": "empty", "a": "answers",
    }  # fmt: skip
    numbers = {column.name: column.type for column in read("a.csv", 'x,y,z\n1,1.5,1e3\n-2,"2,5",word\n').columns}
    assert numbers == {"x": "integer", "y": "number", "z": "text"}


def test_limits_are_those_of_a_shared_machine():
    assert LIMITS.labels == 500
    assert LIMITS.file_bytes < 2**30
