"""What the browser draws itself: one small JavaScript file a block, beside this one.

A block is a ``gr.HTML`` with a static template. Data reaches it only through its value, which the file reads as
``props.value`` and shows as text nodes: ``html_template`` is evaluated as code, so no data may ever stand in it.
"""

from collections.abc import Callable
from typing import Any

import gradio as gr

from demo.style import url


def block(
    name: str,
    value: dict[str, Any] | None = None,
    *,
    elem_id: str = "",
    events: tuple[str, ...] = (),
    serves: Callable[..., Any] | None = None,
    **props: str,
) -> gr.HTML:
    """The block drawn by ``demo/live/<name>.js``.

    Args:
        name: Its file, which exports ``mount({element, props, server, trigger, watch})``.
        value: What it shows; plain JSON.
        elem_id: Its id on the page; without one, the name.
        events: What it may ``trigger``. Gradio knows an event only if its name stands quoted in the source.
        serves: A function its JavaScript may call as ``server.<its name>``.
        props: Words that never change, as ``props.<name>``.
    """
    source = f"import(new URL('{url(f'{name}.js')}', document.baseURI))"
    source += ".then(file => file.mount({ element, props, server, trigger, watch }));"
    source += f" // {' '.join(map(repr, events))}"
    return gr.HTML(
        value or {},
        html_template=f'<div class="{name}"></div>',
        js_on_load=source,
        apply_default_css=False,
        server_functions=[serves] if serves else None,
        elem_id=elem_id or name,
        elem_classes="live",
        **props,
    )
