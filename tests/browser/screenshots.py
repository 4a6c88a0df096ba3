"""Takes the pictures by which the page is judged: python -m tests.browser.screenshots FOLDER [STEPS]

A run trains while they are taken: light and dark, Chinese, a phone, an unknown run, and the page as one arrives.
"""

import sys
import tempfile
from pathlib import Path

from tests.browser.driving import LAPTOP, PHONE, App, Visitor, open_chromium, set_steps, train, wait_for_steps

PICTURES = {
    "arriving": ("/?__theme=light", LAPTOP),
    "light": ("/?__theme=light&run={run}", LAPTOP),
    "dark": ("/?__theme=dark&run={run}", LAPTOP),
    "zh": ("/zh?__theme=light&run={run}", LAPTOP),
    "phone": ("/?__theme=light&run={run}", PHONE),
    "missing": ("/?__theme=light&run=nobody", LAPTOP),
}


def main(folder: Path, steps: int) -> None:
    """Trains the default preset for so many steps, and takes the pictures in the middle of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as runs, App(Path(runs)) as app, open_chromium() as browser:
        app.wait()
        starter = Visitor(browser, app.url)
        page = starter.go("/?__theme=light")
        set_steps(page, steps)
        run = train(page)
        wait_for_steps(page, more=steps // 2)
        for name, (address, viewport) in PICTURES.items():
            visitor = Visitor(browser, app.url, viewport=viewport)
            shown = visitor.go(address.format(run=run))
            if "{run}" in address:
                wait_for_steps(shown, more=1)
                shown.locator("#answers .answer").first.wait_for()
            if "nobody" in address:
                shown.get_by_role("alert").wait_for()
            shown.screenshot(path=folder / f"{name}.png", full_page=viewport is PHONE)
            print(f"{name}.png", *visitor.trouble)
            visitor.leave()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100)
