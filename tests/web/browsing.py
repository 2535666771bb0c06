"""A real browser for tests, on the pages of the invented partnerships, and what it may find wrong with a page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright
from waitress.server import create_server

from reviews.core.db import Database, engine_of, open_database
from reviews.core.settings import Environment, Settings
from reviews.demo.people import DEMO_PASSWORD
from tests.builders import a_clock
from web.app import create_app, move_into
from web.core.app_context import AppContext

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


@contextmanager
def seeded_database(seeded: Path, home: Path) -> Iterator[Database]:
    """Open a copy of the invented partnerships in a folder."""
    database = open_database(f"sqlite:///{shutil.copy(seeded, home / 'followthrough.db')}")
    yield database
    engine_of(database).dispose()


@contextmanager
def served(database: Database, home: Path, *, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve the pages on a port of their own, and give the address, which they know as theirs."""
    settings = Settings(home=home, env=Environment.TEST)
    app = create_app(AppContext(settings, database, a_clock()))
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    address = f"http://{host}:{server.effective_port}"
    move_into(app, AppContext(settings.model_copy(update={"base_url": address}), database, a_clock()))
    thread = Thread(target=server.run)
    thread.start()
    yield address
    server.trigger.pull_trigger(server.close)  # in its own thread: under its wait no file may be closed
    thread.join(timeout=10)
    server.task_dispatcher.shutdown()


@pytest.fixture(scope="module")
def address(chromium: str, seeded_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the invented partnerships."""
    home = tmp_path_factory.mktemp("home")
    with seeded_database(seeded_sqlite, home) as database, served(database, home) as found:
        yield found


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
    fill_in(page, DEMO_PASSWORD)
    page.get_by_role("navigation", name="Menu").wait_for()


def sign_out(page: Page) -> None:
    """By the menu under the name, which needs no script."""
    page.locator(".ft-me__summary").click()
    page.get_by_role("button", name="Sign out").click()


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


def look_at(signed_in: BrowserContext, watch: Watch, path: str) -> None:
    """Open a page: it has one heading, nothing that axe finds, and fits the narrowest screen."""
    page = signed_in.new_page()
    watch.over(page)
    page.goto(path)
    assert page.locator("h1").count() == 1
    assert violations(page) == []
    assert overflow(page) <= 0
    page.close()
