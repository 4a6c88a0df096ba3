"""The theme, and the files the browser loads: style sheets, scripts and Plotly, all from this machine."""

import hashlib
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
import plotly.offline

HERE = Path(__file__).parent
SHEETS = (
    "style.css", "parts.css", "blocks.css", "details.css", "answers.css", "why.css", "data.css",
    "relations.css", "compare.css", "modes.css",
)  # fmt: skip
"""Tokens and frame, Gradio's own parts, our blocks, details under the chart, answers, why, the tabs, modes."""
PLOTLY = "plotly.min.js"
SANS = [
    "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Liberation Sans", "Arial",
    "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif",
]  # fmt: skip
MONO = ["ui-monospace", "SF Mono", "Consolas", "Liberation Mono", "monospace"]

FILLS = {
    "body_background_fill": "var(--paper)",
    "body_text_color": "var(--ink)",
    "body_text_color_subdued": "var(--ink-2)",
    "background_fill_primary": "var(--surface)",
    "background_fill_secondary": "var(--sunk)",
    "block_background_fill": "transparent",
    "block_border_width": "0px",
    "block_label_text_color": "var(--ink-2)",
    "block_title_text_color": "var(--ink-2)",
    "block_title_text_weight": "400",
    "block_shadow": "none",
    "border_color_primary": "var(--rule)",
    "input_background_fill": "var(--surface)",
    "input_background_fill_focus": "var(--surface)",
    "input_border_color": "var(--edge)",
    "input_border_color_focus": "var(--ink)",
    "input_border_width": "1px",
    "input_shadow": "none",
    "input_shadow_focus": "none",
    "input_placeholder_color": "var(--ink-3)",
    "color_accent": "var(--ink)",
    "color_accent_soft": "var(--sunk)",
    "slider_color": "var(--ink)",
    "button_secondary_background_fill": "var(--surface)",
    "button_secondary_background_fill_hover": "var(--sunk)",
    "button_secondary_text_color": "var(--ink)",
    "button_secondary_border_color": "var(--ink)",
    "button_secondary_shadow": "none",
    "button_secondary_shadow_hover": "none",
}


def theme() -> gr.themes.Base:
    """Gradio's variables point at the tokens of style.css, light and dark alike: a colour is decided in one place."""
    base = gr.themes.Base(
        font=SANS, font_mono=MONO, radius_size=gr.themes.sizes.radius_sm, spacing_size=gr.themes.sizes.spacing_sm
    )
    dark = {f"{name}_dark": value for name, value in FILLS.items() if hasattr(base, f"{name}_dark")}
    return base.set(**FILLS, **dark)


@cache
def assets() -> Path:
    """A folder with all files the browser loads, under a name that changes with their content.

    A browser may then keep them for ever, and never runs yesterday's script against today's page.
    """
    plot = plotly.offline.get_plotlyjs()
    files = sorted([*HERE.glob("*.css"), *HERE.glob("live/*.css"), *HERE.glob("live/*.js")])
    contents = [(file.name, file.read_bytes()) for file in files] + [(PLOTLY, plot.encode())]
    digest = hashlib.sha256()
    for name, content in contents:
        digest.update(name.encode() + b"\0" + content)
    folder = Path(tempfile.mkdtemp(prefix=f"lab-{digest.hexdigest()[:8]}-"))
    for name, content in contents:
        (folder / name).write_bytes(content)
    gr.set_static_paths([folder])
    return folder


def forget_assets() -> None:
    """Deletes the folder again; for the end of the server."""
    if assets.cache_info().currsize:
        shutil.rmtree(assets(), ignore_errors=True)


def url(name: str) -> str:
    """Where the browser finds one of the files, relative to the page."""
    return f"gradio_api/file={(assets() / name).as_posix()}"


def head() -> str:
    """What goes into the page's head: the style sheets in order, and Plotly while the page is already drawn.

    Links, not ``css=``: that inserts every rule twice, and the copies outrank the dark and narrow modes.
    """
    sheets = [f'<link rel="stylesheet" href="{url(name)}">' for name in SHEETS]
    scripts = [f'<script src="{url("boot.js")}"></script>', f'<script src="{url(PLOTLY)}" async></script>']
    return "".join(sheets + scripts)


def launch_options() -> dict[str, Any]:
    """What ``Blocks.launch`` needs so that the page looks as it should."""
    return {"theme": theme(), "head": head(), "footer_links": [], "run_history": False}
