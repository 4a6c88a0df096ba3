"""The Data tab: bring data, see what it means, add it to the Lab. Layout and wiring; see data_handlers.py."""

from typing import Any

import gradio as gr

from demo.keeping import KEPT_S
from demo.live import block
from demo.starting import Limits as Shared
from demo.tabs.data_handlers import DataHandlers, shown
from demo.tabs.services import Services
from demo.tabs.shelf import shelf
from demo.text import Text
from mtl import listing
from mtl.data.table import LIMITS
from mtl.runs.sources import SUFFIXES

READING: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": 8}
"""Who reads waits in the queue, and lets everybody else pass."""
STOPPING: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


def build_data(services: Services, text: Text) -> None:
    """Lays the tab out and wires it."""
    with gr.Row(elem_id="bench"):
        with gr.Column(elem_id="bringing", min_width=0):
            block("heading", {"number": 1, "title": text.data.bring}, elem_id="head_bring")
            bring = block("bring", {"hub": None, "limits": stated_limits()}, events=("hub",))
            # It only carries files, which Gradio checks; what is seen of it is drawn by the block above.
            sent = gr.UploadButton(
                text.data.choose,
                elem_id="bring_file",
                elem_classes="sr",
                file_types=[f".{suffix}" for suffix in SUFFIXES],
            )
        with gr.Column(elem_id="working", min_width=0):
            options = {kind["name"]: kind["options"] for kind in listing.kinds()}
            wizard = block("wizard", {**shown(""), "shelf": shelf(), "options": options}, events=("see", "stop"))
    handlers = DataHandlers(services)
    sent.upload(handlers.take, sent, [wizard, sent], **READING)
    bring.hub(handlers.fetch, bring, wizard, **READING)
    # The block asks again while Gradio still takes the answer before for unfinished; it never asks twice at a time.
    wizard.see(handlers.see, wizard, wizard, trigger_mode="multiple", **READING)
    wizard.stop(handlers.stop, None, None, **STOPPING)


def stated_limits() -> dict[str, Any]:
    """What the page says of how much it takes."""
    return {
        "bytes": LIMITS.file_bytes,
        "rows": LIMITS.rows,
        "columns": LIMITS.columns,
        "labels": LIMITS.labels,
        "hub_rows": Shared().hub_rows,
        "suffixes": list(SUFFIXES),
        "days": round(KEPT_S / 86400),
    }
