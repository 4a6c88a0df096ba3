"""What the page is given to work with; it makes none of it."""

from dataclasses import dataclass

from demo.asking import Asking
from demo.errands import Errands
from demo.estimate import Estimate
from demo.feed import Feed
from demo.lessons.recording import Recording
from demo.starting import Starter
from mtl.data.uploads import Uploads
from mtl.runs.launcher import Launcher
from mtl.runs.store import RunStore


@dataclass(frozen=True)
class Services:
    """The parts of the server that the page calls."""

    store: RunStore
    launcher: Launcher
    starter: Starter
    feed: Feed
    asking: Asking
    estimate: Estimate
    uploads: Uploads
    errands: Errands
    recording: Recording | None = None
    """The finished run of the first paint."""
    device: str | None = None
    """What runs are trained on here, in words, where it is known before the first measurement."""
