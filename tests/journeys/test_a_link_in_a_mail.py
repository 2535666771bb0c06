"""An owner presses "on track" in a mail, in a real browser with scripts, and takes it back."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page

from notifications.letters.links import Letterhead
from notifications.models import Letter, LetterAnswer
from notifications.process.plan_round import plan_round
from reviews.core.db import Database
from reviews.models import ProgressUpdate
from tests.builders import a_clock
from tests.changes import nothing_changes
from tests.web.browsing import PATIENCE, Watch, browser, overflow, seeded_database, served, violations
from tests.web.visitor import rows

__all__ = ["browser"]


@pytest.fixture
def database(seeded_sqlite, tmp_path) -> Iterator[Database]:
    with seeded_database(seeded_sqlite, tmp_path) as opened:
        yield opened


@pytest.fixture
def address(database, tmp_path) -> Iterator[str]:
    with served(database, tmp_path) as found:
        yield found


def test_an_owner_answers_from_the_mail_and_takes_it_back(browser, database, address, tmp_path):
    html = the_mail_of_an_owner(database, Letterhead(address, (tmp_path / "secret.key").read_text()))
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    page, watch = context.new_page(), Watch(address)
    watch.over(page)

    link = the_link_in_the_mail(page, html)
    with nothing_changes(database):
        assert page.goto(link).status == 200
        page.wait_for_load_state("networkidle")
    assert page.get_by_label("It is on track").is_checked()
    assert violations(page) == []
    assert overflow(page) <= 0

    page.get_by_role("button", name="Record this answer").click()
    page.get_by_role("heading", name="Recorded").wait_for()
    assert violations(page) == []
    assert rows(database, LetterAnswer) == 1

    page.get_by_role("button", name="Undo this answer").click()
    page.get_by_role("heading", name="Undone").wait_for()
    assert rows(database, ProgressUpdate, ProgressUpdate.taken_back_at.is_not(None)) == 1
    assert context.cookies() == [] or "token" not in str(context.cookies())
    assert watch.faults == []
    context.close()


def the_mail_of_an_owner(database: Database, letterhead: Letterhead) -> str:
    """Live through one morning, the day before the clock of the pages stands."""
    plan_round(database, a_clock().now() - timedelta(hours=1), letterhead=letterhead)
    with database() as session:
        return session.scalars(sa.select(Letter.html).where(Letter.html.contains("?answer=on-track"))).first() or ""


def the_link_in_the_mail(page: Page, html: str) -> str:
    """Show the mail as a program for mails would, and read where its words lead."""
    page.set_content(html)
    return page.get_by_role("link", name="on track").first.get_attribute("href") or ""
