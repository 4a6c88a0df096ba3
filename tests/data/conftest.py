"""Files as visitors bring them."""

import pytest

from mtl.data.files import read_file
from mtl.data.table import LIMITS
from mtl.data.uploads import Uploads
from mtl.runs.sources import FileSource, SplitNames


@pytest.fixture
def read(tmp_path):
    """`read("a.csv", "text,label\\n…")`: the table of a file with this content."""

    def make(name, content, limits=LIMITS):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return read_file(path, name, limits)

    return make


@pytest.fixture
def uploads(tmp_path):
    return Uploads(tmp_path / "uploads")


@pytest.fixture
def upload(uploads, tmp_path):
    """`upload("a.csv", content, max_rows=100)`: a source of an uploaded file; keywords are its fields."""

    def make(name, content, **fields):
        path = tmp_path / "sent"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return FileSource("mine", SplitNames(train=uploads.save(path, name)), **fields)

    return make
