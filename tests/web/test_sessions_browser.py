"""Sessions in a real browser: what was typed comes back, and a notice stands on the page before the end."""

from reviews.demo.people import DEMO_PASSWORD
from tests.seeded import seeded_sqlite
from tests.web.browsing import address, browser, fill_in, overflow, sign_in, sign_out, signed_in, violations, watch

__all__ = ["address", "browser", "seeded_sqlite", "signed_in", "watch"]

TEXT = "Ask “who else lives here?” at each visit."


def test_22_text_typed_before_signing_out_in_another_tab_comes_back_for_another_press(browser, address, watch):
    context = browser.new_context(base_url=address)
    page, tab = context.new_page(), context.new_page()
    watch.over(page)
    sign_in(page)
    page.goto("/actions/new?case=SP-2026-03")
    page.get_by_label("What will be done").fill(TEXT)

    tab.goto("/actions/mine")
    sign_out(tab)
    fill_in(tab, DEMO_PASSWORD)
    tab.get_by_role("navigation", name="Menu").wait_for()
    page.get_by_role("button", name="Add the action").click()

    assert "nothing was recorded. This is what you typed." in page.get_by_role("alert").inner_text()
    assert page.get_by_label("What will be done").input_value() == TEXT
    assert violations(page) == []
    page.get_by_role("button", name="Add the action").click()
    page.get_by_text("is in the plan").wait_for()
    context.close()


def test_two_minutes_before_the_end_a_notice_lets_one_stay(signed_in, watch):
    page = signed_in.new_page()
    watch.over(page)
    page.clock.install()
    page.goto("/actions/mine")
    notice = page.get_by_role("region", name="End of your session")
    page.clock.fast_forward("27:50")
    assert notice.inner_text().strip() == ""
    page.clock.fast_forward("00:15")
    assert "You will be signed out at" in notice.inner_text()
    assert notice.locator("[aria-live=assertive]").count() == 1
    assert violations(page) == []
    with page.expect_response("**/stay-signed-in") as answer:
        page.get_by_role("button", name="Stay signed in").click()
    assert answer.value.status == 200
    page.get_by_role("button", name="Stay signed in").wait_for(state="hidden")
    page.clock.fast_forward("30:00")
    assert "Your session has ended." in notice.inner_text()
    assert overflow(page) <= 0
    page.close()
