"""A named case on the page: two kinds on one encoder, their curves, what is written, and both answers."""

import pytest
from playwright.sync_api import expect

from tests.browser.driving import set_steps, train, wait_for_state

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

TRACES = "() => document.querySelector('.plot').data.map(line => line.x.length)"


def test_translation_and_classification_share_an_encoder(visit) -> None:
    page = visit("/").page
    page.get_by_role("radio", name="Translate + classify").check(force=True)
    page.wait_for_function("() => document.querySelectorAll('#cards .card.on').length === 2")
    page.wait_for_function("() => document.querySelector('#text textarea').value.includes('Berlin')")
    set_steps(page, 30)
    train(page)
    wait_for_state(page, "finished")
    lengths = page.evaluate(TRACES)
    assert len(lengths) == 6 and all(lengths)
    page.get_by_role("tab", name="Samples").click()
    written = page.locator("#samples .written")
    written.first.wait_for()
    assert written.count() == 1 and written.locator("dl").count() > 1
    page.locator("#answers .answer.text[data-task=translate_de] .passage").first.wait_for()
    page.locator("#answers .answer.label[data-task=topic] .barrow").first.wait_for()


def test_a_case_has_a_twin_on_data_of_the_hub(visit) -> None:
    page = visit("/?preset=answer_summarise").page
    page.locator(".twin input").check()
    page.wait_for_function("() => new URLSearchParams(location.search).get('preset') === 'answer_summarise_hub'")
    page.wait_for_function("() => !!document.querySelector('#cards .card.on[data-task=squad]')")
    expect(page.get_by_role("radio", name="Answer + summarise")).to_be_checked()
    page.get_by_role("radio", name="Intent + slots").check(force=True)
    page.wait_for_function("() => document.querySelector('.twin').hidden")
