"""What the README shows is what happens."""

import json
import re
from pathlib import Path

import pytest

from mtl import assembly, inference
from mtl.__main__ import main
from mtl.data.uploads import Uploads
from mtl.runs.config import RunConfig
from mtl.runs.store import UPLOADS

README = Path(__file__).parents[1] / "README.md"


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [code for named, code in fences if named == language]


def places() -> list[str]:
    """The paths that the map of the house names, from the top."""
    (house,) = blocks("")
    found, room = [], ""
    for line in house.splitlines():
        names = re.findall(r"[\w./<>]+(?:/|\.py)(?= |$)", line[:26])
        inside = line.startswith(" ")
        found += [f"{room if inside else ''}{name}" for name in names]
        room = room if inside else names[0]
    return found


def test_the_python_examples_run(tiny_encoder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    first, _, why = blocks("python")
    exec(compile(first + why, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "Label(label=" in printed and "Spans(text='The soup was cold" in printed
    assert (tmp_path / "my-model" / "model.safetensors").is_file()


def test_the_race_example_runs(tiny_encoder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    _, code, _ = blocks("python")
    for long, short in (("seeds=3", "seeds=1"), ('"max_steps": 60', '"max_steps": 2')):
        assert long in code
        code = code.replace(long, short)
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "'sentiment', Interval(" in printed and "'one_seed'" in printed


def test_the_json_example_is_a_valid_configuration():
    example, _ = blocks("json")
    assembly.check(RunConfig.from_dict(json.loads(example)))


def test_the_example_of_own_rows_trains_on_an_uploaded_file(tiny_encoder, tmp_path, capsys):
    file = tmp_path / "reviews.csv"
    rows = [f"{word} soup {at},{word == 'lovely'},{at % 6}" for at in range(40) for word in ("lovely", "awful")]
    file.write_text("\n".join(["review,liked,rating", *rows]))
    assert main(["--runs-dir", str(tmp_path), "upload", str(file)]) == 0
    name = capsys.readouterr().out.strip()
    _, example = blocks("json")
    config = json.loads(example.replace("NAME-IT-PRINTED.csv", name)) | {"training": {"max_steps": 1}}
    model = assembly.train(config, uploads=Uploads(tmp_path / UPLOADS))
    assert set(inference.answer(model, "lovely soup").answers) == {"liked", "rating", "sentiment"}


@pytest.mark.parametrize("place", [place for place in places() if "<" not in place])
def test_the_map_of_the_house_names_real_places(place):
    assert (README.parent / place).exists()


def test_the_map_of_the_house_is_read_whole():
    assert {"app.py", "demo/live/", "mtl/worker.py", "mtl/checkpoint.py", "tests/"} <= set(places())
