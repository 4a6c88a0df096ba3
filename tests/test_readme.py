"""What the README shows is what happens."""

import json
import re
from pathlib import Path

import pytest

from mtl import assembly
from mtl.runs.config import RunConfig

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


def test_the_python_example_runs(tiny_encoder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (code,) = blocks("python")
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "Label(label=" in printed and "Spans(text='The soup was cold" in printed
    assert (tmp_path / "my-model" / "model.safetensors").is_file()


def test_the_json_example_is_a_valid_configuration():
    (example,) = blocks("json")
    assembly.check(RunConfig.from_dict(json.loads(example)))


@pytest.mark.parametrize("place", [place for place in places() if "<" not in place])
def test_the_map_of_the_house_names_real_places(place):
    assert (README.parent / place).exists()


def test_the_map_of_the_house_is_read_whole():
    assert {"app.py", "demo/live/", "mtl/worker.py", "mtl/checkpoint.py", "tests/"} <= set(places())
