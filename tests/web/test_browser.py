"""A real browser walks through the product: with scripts and without, on a narrow screen, and under axe's eyes."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright
from waitress.server import create_server

from reviews.core.db import engine_of, open_database
from reviews.core.settings import Environment, Settings
from tests.builders import a_clock
from tests.seeded import seeded_sqlite
from web.app import create_app
from web.cli.demo import PASSWORD
from web.core.app_context import AppContext

__all__ = ["seeded_sqlite"]

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NARROWEST = 320
PATIENCE = 15_000
CASE, ACTION = "RR-2026-09", "SP-2026-02.R1.A1"
FOLLOWED, SHARED, PROVEN = "LCSPR-2025-02", "LCSPR-2025-02.R3.A1", "LCSPR-2025-02.R3.A2"
"""The review that is told to its end, an action of it that five agencies share, and one with proof of every kind."""
PAGES = (
    "/",
    "/cases",
    "/cases?standing=all&workflow=lcspr",
    f"/cases/{CASE}",
    "/cases/LCSPR-2026-09",
    f"/cases/{CASE}/clocks",
    f"/cases/{CASE}/history",
    f"/cases/{CASE}/steps/panel_response",
    f"/cases/{CASE}/steps/sign_off",
    f"/cases/{CASE}/recommendations/new",
    f"/cases/{CASE}/recommendations/R1",
    f"/cases/{CASE}/recommendations/R1/themes",
    f"/cases/{CASE}/recommendations/R1/response",
    "/themes",
    "/themes/2",
    "/themes/2/edit",
    f"/cases/{FOLLOWED}/thread",
    f"/cases/{FOLLOWED}/findings/F3",
    f"/cases/{FOLLOWED}/recommendations/R5",
    f"/cases/{FOLLOWED}/plan-rules",
    "/cases/LCSPR-2026-09.P1",
    "/cases/DARDR-2026-01.I1",
    "/cases/DARDR-2026-01.I1/steps/receive",
    "/cases/new",
    "/cases/new?kind=rapid_review",
    "/actions",
    "/actions?group=overdue&sort=-due",
    "/actions/mine",
    f"/actions/{ACTION}",
    f"/actions/{ACTION}/progress",
    f"/actions/{ACTION}/assign",
    f"/actions/{ACTION}/evidence/new",
    f"/actions/{SHARED}",
    f"/actions/{SHARED}/assurance",
    f"/actions/{SHARED}/strands/new",
    f"/actions/{PROVEN}",
    f"/actions/new?case={CASE}",
    "/summary",
    "/reminders",
    "/reminders/tomorrow",
    "/reminders/tomorrow?on=2026-11-21",
    "/reminders/process",
    "/reminders/addresses",
    "/reminders/replay",
    "/people",
    "/people/new",
    "/people/3/roles/new",
    "/people/3/disable",
    "/people/3/email",
    "/agencies",
    "/workflows",
    "/workflows/lcspr",
    f"/workflows/rapid_review?case={CASE}",
    "/workflows/lcspr?case=LCSPR-2026-09",
    "/nowhere",
)


@dataclass
class Watch:
    """What went wrong in a browser while it was looked at: faults of scripts, the policy, the server; requests away."""

    home: str
    faults: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("response", self._response)

    def _console(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "status of 4" not in text:
            self.faults.append(f"console: {text}")

    def _response(self, response: Response) -> None:
        if not response.url.startswith(self.home) or response.status >= 500:
            self.faults.append(f"{response.status} {response.url}")


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as library:
        started = library.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="module")
def address(chromium: str, seeded_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the invented partnerships on a port of their own."""
    home = tmp_path_factory.mktemp("home")
    database = open_database(f"sqlite:///{shutil.copy(seeded_sqlite, home / 'followthrough.db')}")
    app = create_app(AppContext(Settings(home=home, env=Environment.TEST), database, a_clock()))
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    server.task_dispatcher.shutdown()
    thread.join(timeout=10)
    engine_of(database).dispose()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, address: str) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=address)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    sign_in(page)
    page.close()
    yield context
    context.close()


@pytest.fixture
def watch(address: str) -> Iterator[Watch]:
    watch = Watch(address)
    yield watch
    assert watch.faults == []


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    fill_in(page, PASSWORD)
    page.get_by_role("button", name="Sign out").wait_for()


def fill_in(page: Page, password: str) -> None:
    page.get_by_label("E-mail address").fill("manager@anyshire.example")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['help']} ({each['nodes'][0]['html'][:120]})" for each in found]


def overflow(page: Page) -> int:
    """How many pixels stick out sideways on the narrowest screen."""
    page.set_viewport_size({"width": NARROWEST, "height": 640})
    return int(page.evaluate("document.documentElement.scrollWidth")) - NARROWEST


@pytest.mark.parametrize("path", PAGES)
def test_each_kind_of_page_is_accessible_and_fits_the_narrowest_screen(signed_in, watch, path):
    page = signed_in.new_page()
    watch.over(page)
    page.goto(path)

    assert page.locator("h1").count() == 1
    assert violations(page) == []
    assert overflow(page) <= 0
    page.close()


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
    fill_in(page, PASSWORD)
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
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    page.goto("/cases")
    assert page.get_by_role("heading", name="Sign in").is_visible()
    assert page.url.partition("?")[0].endswith("/sign-in")
