"""Who sees a case: the pages that change it, and that somebody who is excluded finds it nowhere."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa

from reviews.actions.evidence import add_evidence
from reviews.cases.case_access import confine, exclude, grant
from reviews.core.keyring import Keyring
from reviews.files.store import folder_of, store
from reviews.models import Case, CaseRight, Event, EventKind, RightKind
from reviews.people.calendar_feeds import calendar_days
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, NOW, TODAY, a_case, a_recommendation, a_unit, actor_of, an_action, give_review
from tests.web.visitor import statements
from workflows.core.vocabulary import Role

CANARY = "Canary of the case"
WHY = "Their sister works with the family."
READERS = ("manager", "admin", "member", "chair", "independent-chair", "partner", "agency-lead", "reviewer", "owner")
LISTS = (
    "/",
    "/cases",
    "/cases?q=Canary",
    "/cases?standing=all&sort=-opened",
    "/actions",
    "/actions?q=Canary",
    "/actions/mine",
    "/summary",
    "/themes",
    "/calendar",
    "/requests",
    "/reminders",
    "/reminders/letters",
    "/reminders/tomorrow",
    "/partners",
    "/settings/holidays",
)


@pytest.fixture
def hidden(doors, world):
    """Give a case of the council with everything in it, and another case that everybody sees as before."""
    with doors.database.begin() as session:
        place = world.anyshire
        council, owner = place.agencies["Council"], place.people[Role.ACTION_OWNER]
        a_case(session, place.partnership, agencies=(council,), title="Another")
        case = a_case(session, place.partnership, agencies=(council,), title=CANARY, reference="RR-2026-77")
        give_review(session, case, place.people[Role.LEAD_REVIEWER])
        asked = a_recommendation(session, case, text=f"{CANARY} asked.")
        action = an_action(session, case, owner=owner, agency=council, recommendation=asked, text=f"{CANARY} to do.")
        home = doors.app.extensions["followthrough"].settings.home
        minutes = store(folder_of(home), BytesIO(b"We met."), "minutes.txt", Keyring(home / "keys"))
        add_evidence(a_unit(session), action, file=minutes)
        return case.reference, action.address


def change(doors, act):
    with unit_of_work(doors.database, BUILDER, doors.clock) as unit:
        return act(unit)


def exclude_from(doors, reference, word, **more):
    email = f"{word}@anyshire.example"
    return change(doors, lambda unit: exclude(unit, unit.case(reference), email=email, reason=WHY, **more))


def pages_read(doors, word, addresses):
    visitor = doors.visitor(f"{word}@anyshire.example")
    return {address: (visitor.open(address), visitor.html) for address in addresses}


def timeless(html):
    """Leave out what differs between two readings of one page: the numbers of forms and the nonce."""
    return re.sub(r'(nonce|value)="[^"]*"', "", html)


@pytest.mark.parametrize("word", READERS)
def test_a4_a5_a6_a7_who_is_excluded_finds_the_case_nowhere(doors, world, hidden, word):
    """A4 numbers, A5 search and sorting, A6 exports, A7 what belongs to it: no page has a trace of it, for any role."""
    reference, address = hidden
    theirs = [
        f"/cases/{reference}",
        f"/cases/{reference}/history",
        f"/cases/{reference}/plan.csv",
        f"/cases/{reference}/interest",
        f"/cases/{reference}/recommendations/R1",
        f"/actions/{address}",
        f"/actions/{address}/evidence/1",
    ]
    if word == "manager":
        assert {page: code for page, (code, _) in pages_read(doors, word, theirs).items()} == dict.fromkeys(theirs, 200)
    exclude_from(doors, reference, word)
    for page, (code, html) in pages_read(doors, word, theirs).items():
        assert code in (403, 404), page
        assert CANARY not in html, page
    for page, (code, html) in pages_read(doors, word, LISTS).items():
        assert code in (200, 303, 403, 404), page
        assert CANARY not in html, page
        assert reference not in html, page


@pytest.mark.parametrize("word", ["manager", "chair", "member"])
def test_a4_lists_and_numbers_are_the_same_as_if_there_were_no_such_case(doors, world, hidden, word):
    reference, _ = hidden
    pages = ("/cases", "/actions", "/summary", "/themes")
    exclude_from(doors, reference, word)
    before = {page: timeless(html) for page, (_, html) in pages_read(doors, word, pages).items()}
    with doors.database.begin() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == reference)).one()
        an_action(session, case, text="One more of it.", due_on=TODAY - timedelta(days=9))
    assert {page: timeless(html) for page, (_, html) in pages_read(doors, word, pages).items()} == before


def test_a6_calendars_have_nothing_of_it(doors, world, hidden):
    reference, _ = hidden
    owner = world.anyshire.people[Role.ACTION_OWNER]
    with doors.database() as session:
        assert calendar_days(session, actor_of(session, owner), today=TODAY)
    exclude_from(doors, reference, "owner")
    with doors.database() as session:
        assert calendar_days(session, actor_of(session, owner), today=TODAY) == []


def test_a10_an_exclusion_holds_in_the_session_that_is_open_and_ends_with_its_last_day(doors, world, hidden):
    reference, _ = hidden
    chair = doors.visitor("chair@anyshire.example")
    assert chair.open(f"/cases/{reference}") == 200
    exclude_from(doors, reference, "chair", until=TODAY)
    assert chair.open(f"/cases/{reference}") == 404
    doors.clock.at += timedelta(days=1)
    assert doors.visitor("chair@anyshire.example").open(f"/cases/{reference}") == 200


def test_a10_a_grant_opens_a_page_until_its_last_day_and_none_after(doors, world, hidden):
    reference, _ = hidden
    with doors.database.begin() as session:
        an_action(session, session.scalars(sa.select(Case).where(Case.reference == reference)).one())
    scrutiny = doors.visitor("scrutiny@anyshire.example")
    assert scrutiny.open(f"/cases/{reference}") == 403
    change(
        doors,
        lambda unit: grant(
            unit,
            unit.case(reference),
            email="scrutiny@anyshire.example",
            right=RightKind.READ,
            until=TODAY,
            reason="To help.",
        ),
    )
    assert scrutiny.open(f"/cases/{reference}") == 200
    assert CANARY in scrutiny.said
    assert scrutiny.open("/cases") == 200
    assert reference in scrutiny.said
    assert scrutiny.open("/partners") == 200
    assert scrutiny.open(f"/cases/{reference}/edit") == 403
    doors.clock.at += timedelta(days=1)
    assert doors.visitor("scrutiny@anyshire.example").open(f"/cases/{reference}") == 403


def test_a_manager_opens_excludes_and_ends_on_pages(doors, world, hidden):
    reference, _ = hidden
    manager = doors.visitor("manager@anyshire.example")
    typed = {"until-day": "1", "until-month": "12", "until-year": "2026"}
    assert manager.open(f"/cases/{reference}/access/grant") == 200
    sent = {"person": "scrutiny@anyshire.example", "right": "work", "reason": "To help.", "until": "2026-12-01"} | typed
    assert manager.send(f"/cases/{reference}/access/grant", **sent) == 303, manager.said
    manager.follow()
    assert "May work on it by name until 1 December 2026" in manager.said
    sent = {"person": "chair@anyshire.example", "reason": WHY}
    assert manager.send(f"/cases/{reference}/access/exclude", **sent) == 303, manager.said
    manager.follow()
    assert WHY in manager.said
    assert manager.open(f"/cases/{reference}/history") == 200
    assert "was excluded from this case" in manager.said
    assert WHY not in manager.said
    with doors.database() as session:
        excluded = session.scalars(sa.select(CaseRight.id).where(CaseRight.kind == RightKind.EXCLUDED)).one()
    assert manager.send(f"/cases/{reference}/access/{excluded}/end", reason="An error.") == 303, manager.said
    assert manager.open(f"/cases/{reference}/access/{excluded}/end") == 404
    assert doors.visitor("chair@anyshire.example").open(f"/cases/{reference}") == 200


@pytest.mark.parametrize("word", ["member", "owner"])
def test_somebody_declares_an_interest_and_is_out_at_once(doors, world, hidden, word):
    """Also the owner of an action, who sees nothing else of the case."""
    reference, address = hidden
    visitor = doors.visitor(f"{word}@anyshire.example")
    assert visitor.open(f"/actions/{address}") == 200
    assert any(link.startswith(f"/cases/{reference}/interest") for link in visitor.links)
    assert visitor.open(f"/cases/{reference}/interest") == 200
    assert visitor.send(f"/cases/{reference}/interest", reason="I know this family.") == 303
    assert visitor.follow() in (200, 303)
    assert visitor.open(f"/actions/{address}") == 404
    assert visitor.open(f"/cases/{reference}/interest") == 404
    with doors.database() as session:
        told = sa.select(sa.func.count()).select_from(Event).where(Event.kind == EventKind.OWNER_EXCLUDED)
        assert session.scalar(told) == (1 if word == "owner" else 0)


def test_a8_a_confined_case_stays_confined_through_conflict_edit_and_change_of_kind(doors, world, hidden):
    """A8: an edit that was overtaken, one that changes part of it, and another kind keep the flag."""
    reference, _ = hidden
    manager = doors.visitor("manager@anyshire.example")
    manager.open(f"/cases/{reference}/edit")
    old = manager.hidden("version")
    assert manager.send(f"/cases/{reference}/access/confine", reason="A colleague's child.") == 303, manager.said
    edited = {"title": "Another title", "reason": "It was wrong."}
    assert manager.send(f"/cases/{reference}/edit", version=old, **edited) == 409
    assert is_confined(doors, reference)
    manager.open(f"/cases/{reference}/edit")
    assert manager.send(f"/cases/{reference}/edit", version=manager.hidden("version"), **edited) == 303, manager.said
    assert is_confined(doors, reference)
    for word in ("chair", "admin", "member", "partner"):
        assert doors.visitor(f"{word}@anyshire.example").open(f"/cases/{reference}") == 404, word
    assert doors.visitor("reviewer@anyshire.example").open(f"/cases/{reference}") == 200
    assert manager.send(f"/cases/{reference}/access/confine", reason="It is over.") == 303
    assert not is_confined(doors, reference)


def is_confined(doors, reference):
    with doors.database() as session:
        return session.scalars(sa.select(Case.confined_at).where(Case.reference == reference)).one() is not None


def test_rights_by_name_cost_one_statement_and_none_where_there_are_none(doors, world, hidden):
    reference, _ = hidden
    chair = doors.visitor("chair@anyshire.example")
    chair.open("/cases")
    with statements(doors.database) as without:
        chair.open("/cases")
    with doors.database.begin() as session:
        other = a_case(session, world.anyshire.partnership)
        confine(a_unit(session, now=NOW), other, reason="A colleague's child.")
    exclude_from(doors, reference, "chair")
    with statements(doors.database) as asked:
        chair.open("/cases")
    assert len(asked) == len(without) + 1
