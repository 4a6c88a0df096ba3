"""How long uploaded files are kept: a month, and never more of them than the disk is meant to hold."""

import time
from contextlib import suppress

from mtl.data.uploads import Uploads
from mtl.errors import MtlError
from mtl.runs.sources import FileSource
from mtl.runs.store import RunStore

KEPT_BYTES = 4 * 2**30
KEPT_S = 30 * 24 * 3600.0
SEARCHED = 1000
"""Newest runs whose files are kept."""
FINAL = frozenset({"finished", "stopped", "failed", "interrupted"})


def prune(uploads: Uploads, keep: frozenset[str] = frozenset(), now: float | None = None) -> list[str]:
    """Deletes what is too old or too much, but for ``keep``, and returns the names."""
    return uploads.prune(KEPT_BYTES, keep, oldest=(time.time() if now is None else now) - KEPT_S)


def in_use(store: RunStore, *, finished: bool) -> frozenset[str]:
    """The names of the files that runs read which have not ended; with ``finished`` also those of all others."""
    names: set[str | None] = set()
    for run in store.list(limit=SEARCHED):
        if run.state in FINAL and not finished:
            continue
        with suppress(MtlError):
            for source in store.config(run.run_id).sources:
                if isinstance(source, FileSource):
                    names |= {source.splits.train, source.splits.validation, source.splits.test}
    return frozenset(name for name in names if name is not None)
