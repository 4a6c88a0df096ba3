"""The snapshots of one run: which are written, which are kept.

Kept are the first, the newest two, the best of all tasks together and the best of each task: of T tasks at most T + 4.
What training never changes lies in the first one and the others link to it, so that each costs only what was trained.
"""

import shutil
from collections.abc import Collection
from pathlib import Path

from mtl.checkpoint import MARKER, Saveable, snapshot_name, snapshots
from mtl.errors import from_os_error
from mtl.model import MultiTaskModel
from mtl.runs.selected import Selected

NEWEST = 2
"""So many of the newest are kept: whoever has just begun to read the last one can finish."""


class Snapshots:
    """Writes and reads the snapshots in a folder.

    Args:
        folder: That of the snapshots; made with the first.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, model: Saveable, step: int, selected: Selected) -> str:
        """Saves a snapshot of a step, notes which are the best, and drops what is no longer kept. Returns its name.

        Raises:
            StorageError: The disk is full or cannot be written.
        """
        name = snapshot_name(step)
        model.save_pretrained(self._folder / name, like=next(iter(snapshots(self._folder)), None))
        try:
            selected.write(self._folder)
        except OSError as error:
            raise from_os_error(error) from error
        self._drop({snapshot_name(each) for each in selected.steps})
        return name

    def load(self, step: int) -> MultiTaskModel:
        """The model of a step that is kept, ready to answer.

        Raises:
            CheckpointError: It is missing or damaged.
        """
        return MultiTaskModel.from_pretrained(self._folder / snapshot_name(step))

    def disk_bytes(self) -> int:
        """What all of it takes on the disk; what several snapshots share counts once."""
        files = (path.lstat() for path in self._folder.rglob("*") if path.is_file())
        return sum({(found.st_dev, found.st_ino): found.st_size for found in files}.values())

    def _drop(self, kept: Collection[str]) -> None:
        for old in snapshots(self._folder)[1:-NEWEST]:
            if old.name not in kept:
                # The marker goes first, so that nobody starts to read a folder that is being removed.
                (old / MARKER).unlink(missing_ok=True)
                shutil.rmtree(old, ignore_errors=True)
