"""A real browser walks through the product: with scripts and without, on a narrow screen, and under axe's eyes."""

import pytest

from reviews.demo.people import DEMO_PASSWORD
from tests.seeded import seeded_sqlite
from tests.web.browsing import (
    ACTION,
    CASE,
    PATIENCE,
    address,
    browser,
    fill_in,
    look_at,
    overflow,
    sign_out,
    signed_in,
    violations,
    watch,
)

__all__ = ["address", "browser", "seeded_sqlite", "signed_in", "watch"]

PAGES = (
    "/",
    "/cases",
    f"/cases/{CASE}",
    f"/cases/{CASE}/steps/sign_off",
    "/actions",
    f"/actions/{ACTION}",
    f"/actions/{ACTION}/progress",
    "/summary",
    "/reminders/tomorrow",
    "/nowhere",
)
"""One page of each kind that people open every day; all others are looked at by `make journeys`."""


@pytest.mark.parametrize("path", PAGES)
def test_each_kind_of_page_is_accessible_and_fits_the_narrowest_screen(signed_in, watch, path):
    look_at(signed_in, watch, path)


def test_signing_in_is_accessible_and_says_what_was_wrong(browser, address, watch):
    page = browser.new_context(base_url=address).new_page()
    watch.over(page)
    page.goto("/sign-in")
    assert violations(page) == []

    fill_in(page, "wrong")

    assert page.get_by_label("E-mail address").input_value() == "manager@anyshire.example"
    assert page.title().startswith("Error: ")
    assert violations(page) == []
    assert overflow(page) <= 0
    page.context.close()


@pytest.mark.parametrize("with_scripts", [True, False])
def test_a_managers_morning(browser, address, watch, with_scripts):
    context = browser.new_context(base_url=address, java_script_enabled=with_scripts)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    watch.over(page)
    case, action = ("RR-2026-09", ACTION) if with_scripts else ("RR-2026-01", "SP-2026-02.R2.A1")

    given_she_signs_in_and_is_brought_to_what_she_asked_for(page, action)
    when_she_finds_the_case_in_the_tracker(page, case)
    then_a_step_is_recorded(page, case)
    then_progress_is_reported_on_an_action(page, action)
    then_a_number_of_the_summary_opens_the_list_behind_it(page)
    then_nothing_is_open_after_she_signs_out(page)
    context.close()


def test_what_was_said_before_appears_while_a_recommendation_is_typed(signed_in, watch):
    page = signed_in.new_page()
    watch.over(page)
    page.goto(f"/cases/{CASE}/recommendations/new")
    text = page.get_by_label("What does the review recommend?")
    text.fill("Bruises of babies who do not move must be known to staff.")
    page.locator(".ft-similar__recommendation").first.wait_for()
    assert "most similar recommendation" in page.get_by_role("status").inner_text()
    page.close()


def given_she_signs_in_and_is_brought_to_what_she_asked_for(page, action):
    page.goto(f"/actions/{action}")
    fill_in(page, DEMO_PASSWORD)
    page.wait_for_url(f"**/actions/{action}*")


def when_she_finds_the_case_in_the_tracker(page, case):
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Cases").click()
    page.get_by_role("link", name=case, exact=True).click()
    page.wait_for_url(f"**/cases/{case}*")
    assert case in page.locator("main").inner_text()


def then_a_step_is_recorded(page, case):
    page.goto(f"/cases/{case}/steps/{STEPS[case]}")
    page.get_by_role("button", name="Record this step").click()
    assert page.get_by_role("heading", name="There is a problem").is_visible()
    for group in page.locator("main fieldset").all():
        radios = group.locator("input[type=radio]")
        if radios.count():
            radios.first.check()
        else:
            for box in group.locator("input[type=checkbox]").all():
                box.check()
    for words in page.locator("main form input[type=text].govuk-input, main form textarea").all():
        if not words.input_value() and "date" not in (words.get_attribute("class") or ""):
            words.fill("As recorded in the folder")
    page.get_by_role("button", name="Record this step").click()
    page.get_by_text("Recorded: ").wait_for()
    assert page.url.partition("?")[0].endswith(f"/cases/{case}")


STEPS = {"RR-2026-09": "panel_response", "RR-2026-01": "convene_discussion"}


def then_progress_is_reported_on_an_action(page, action):
    page.goto(f"/actions/{action}")
    page.get_by_role("link", name="Report progress").or_(
        page.get_by_role("button", name="Report progress")
    ).first.click()
    page.get_by_label("What has happened").fill("Half of the staff are trained.")
    page.get_by_role("button", name="Report progress").click()
    page.wait_for_url(f"**/actions/{action}*")
    assert "Half of the staff are trained." in page.locator("main").inner_text()


def then_a_number_of_the_summary_opens_the_list_behind_it(page):
    page.goto("/summary")
    overdue = page.locator("main a[href*='group=overdue']").first
    number = "".join(sign for sign in overdue.inner_text() if sign.isdigit())
    overdue.click()
    page.wait_for_url("**/actions?*")
    assert number
    assert number in page.locator("main").inner_text()


def then_nothing_is_open_after_she_signs_out(page):
    sign_out(page)
    page.get_by_role("heading", name="Sign in").wait_for()
    page.goto("/cases")
    assert page.get_by_role("heading", name="Sign in").is_visible()
    assert page.url.partition("?")[0].endswith("/sign-in")
