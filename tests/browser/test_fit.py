"""That the page fits its screen, and can be used by everybody: axe's rules, light and dark, Chinese, a phone."""

from pathlib import Path

import axe_core_python
import pytest

from tests.browser.driving import LAPTOP, PHONE, wait_for_steps

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

AXE = Path(axe_core_python.__file__).parent / "axe.min.js"
RULES = """async () => {
    const told = node => node.target.join(' ') + ' ' + (node.any[0]?.message ?? '');
    return (await axe.run()).violations.filter(found => ['serious', 'critical'].includes(found.impact))
        .map(found => `${found.id}: ${found.nodes.slice(0, 3).map(told).join(' | ')}`);
}"""
OVERFLOW = """() => {
    const root = document.scrollingElement;
    return [root.scrollWidth - innerWidth, root.scrollHeight - innerHeight];
}"""

LOOKS = {
    "light": ("/?__theme=light", LAPTOP),
    "dark": ("/?__theme=dark", LAPTOP),
    "zh": ("/zh?__theme=light", LAPTOP),
    "phone": ("/?__theme=light", PHONE),
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("state", ["arriving", "training", "missing"])
def test_axe_finds_nothing_serious(visit, live, look: str, state: str) -> None:
    address, viewport = LOOKS[look]
    run = {"arriving": "", "training": f"&run={live}", "missing": "&run=nobody"}[state]
    page = visit(address + run, viewport=viewport, reduced_motion="reduce").page
    if state == "training":
        wait_for_steps(page)
        page.locator("#answers .answer").first.wait_for()
    if state == "missing":
        page.get_by_role("alert").wait_for()
    page.add_script_tag(path=AXE)
    assert page.evaluate(RULES) == []


@pytest.mark.parametrize("language", ["/", "/zh"])
def test_a_laptop_shows_the_story_without_scrolling(visit, live, language: str) -> None:
    page = visit(f"{language}?run={live}").page
    wait_for_steps(page)
    page.locator("#answers .answer").first.wait_for()
    assert page.evaluate(OVERFLOW) == [0, 0]
    for part in ("#setup", "#watching", "#asking"):
        column = page.locator(part)
        assert column.evaluate("node => node.scrollWidth - node.clientWidth") <= 0, part
        assert column.evaluate("node => node.scrollHeight - node.clientHeight") <= 0, part


def test_a_phone_scrolls_only_downwards(visit, live) -> None:
    page = visit(f"/?run={live}", viewport=PHONE).page
    wait_for_steps(page)
    assert page.evaluate(OVERFLOW)[0] <= 0
