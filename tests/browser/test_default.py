"""The default preset with the real encoder. Named to come first: later tests leave runs at work on the same cores."""

import pytest

from mtl.runs.config import DEFAULT_TASKS
from tests.browser.driving import set_steps, train, wait_for_state, wait_for_steps

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

VALIDATED = "() => document.querySelector('.plot').data.filter((_, i) => i % 3 === 2)"


def test_the_real_encoder_learns_before_the_visitors_eyes(real_app, visit) -> None:
    page = visit("/", url=real_app.url).page
    set_steps(page, 50)
    train(page)
    wait_for_steps(page, more=5)
    page.locator("#answers .answer .body").first.wait_for()
    assert not real_app.has_torch(), "the run's own process should have answered"
    wait_for_state(page, "finished", deadline_s=500)
    page.wait_for_function(f"() => ({VALIDATED})().every(line => line.x.at(-1) === 50)")
    losses = {line["name"]: line["y"] for line in page.evaluate(VALIDATED)}
    assert len(losses) == len(DEFAULT_TASKS)
    assert {name: y for name, y in losses.items() if y[-1] >= y[0]} == {}
    page.locator("#answers .answer .body").first.wait_for()
