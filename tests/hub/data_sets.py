"""Data sets written for a loopback Hub, and a process that reads them as a worker does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
import yaml

CLIENT = """
import json, sys, time
from mtl.data import hub
from mtl.data.origins import RunData
from mtl.data.sources import SPLITS
from mtl.errors import MtlError
from mtl.runs.config import RunConfig
from mtl.runs.sources import source_from

def read(asked):
    hub.WHOLE_BYTES = asked.get("whole_bytes", 64 * 2**20)
    if "tasks" in asked:
        told = []
        def tell(source, seconds):
            told.append([source, seconds])
            if seconds > asked.get("patience", 60):
                raise InterruptedError
        config = RunConfig.from_dict({key: asked[key] for key in ("tasks", "sources") if key in asked})
        data = RunData(config, None, tell)
        (spec,) = data.specs()
        rows = {split: list(data.rows(spec.source, split)) for split in SPLITS}
        return {"rows": {split: len(each) for split, each in rows.items()}, "first": rows["train"][0],
                "labels": spec.labels, "told": told, "dropped": [each.problems for each in data.dropped]}
    tables = hub.read_hub(source_from(asked["source"]), asked.get("columns"))
    return {"rows": {split: len(table.rows) for split, table in tables.items()},
            "all": {split: list(table.rows) for split, table in tables.items()},
            "names": {column.name: column.names for column in tables["train"].columns}}

print("ready", flush=True)
for line in sys.stdin:
    began = time.perf_counter()
    try:
        answer = read(json.loads(line))
    except MtlError as error:
        answer = {"error": error.name, "details": error.details, "message": error.message}
    except InterruptedError:
        answer = {"error": "stopped"}
    print(json.dumps({**answer, "seconds": time.perf_counter() - began}), flush=True)
"""


def card(**content):
    return f"---\n{yaml.safe_dump(content)}---\n"


def write(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, pyarrow.Table):
        pyarrow.parquet.write_table(content, path, row_group_size=100)
    else:
        path.write_text(content)


class Client:
    """A process that reads data sets, as a worker does."""

    def __init__(self, url, folder, **settings):
        trap = folder / "own" / "reviews"  # a folder here must not be taken for the data set of that name
        trap.mkdir(parents=True, exist_ok=True)
        (trap / "train.csv").write_text("text,label\nfrom this machine,1\n")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "TRANSFORMERS_"))}
        environment = kept | {
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "HF_ENDPOINT": url,
            "HF_HOME": str(folder / "home"),
            "HF_TOKEN": "hf_localhub",  # the server's own: nobody may read with it
            "HF_HUB_DISABLE_XET": "1",
            "HF_UPDATE_DOWNLOAD_COUNTS": "0",
            **settings,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", CLIENT], cwd=folder, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self._process.stdout.readline() == "ready\n"

    def read(self, id="own/reviews", *, whole_bytes=64 * 2**20, columns=None, **fields):
        source = {"kind": "hub", "name": "mine", "id": id, **fields}
        return self.tell({"source": source, "whole_bytes": whole_bytes, "columns": columns})

    def tell(self, asked):
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.terminate()
        self._process.wait(10)
