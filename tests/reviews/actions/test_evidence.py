"""Adding evidence to an action as text, link or file, and removing files that belong to no evidence."""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from reviews.access.permissions import Actor
from reviews.actions.evidence import add_evidence, host_of
from reviews.actions.steps import submit_action
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.core.settings import Settings
from reviews.files.file_checks import lost_files, strays
from reviews.files.store import folder_of, stored_names, storing_files
from reviews.models import Action, Event, EventKind, Evidence
from reviews.transactions.unit_of_work import NotFound, reading, unit_of_work
from tests.builders import NOW, TODAY, World, a_case, a_world, an_action
from tests.reviews.files.real_files import a_pdf
from workflows.core.engine import Refused, WrongRole, WrongStage
from workflows.core.vocabulary import Role


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def action(database: Database, world: World) -> Action:
    place = world.anyshire
    with database.begin() as session:
        case = a_case(session, place.partnership)
        return an_action(session, case, owner=place.people[Role.ACTION_OWNER], agency=place.agencies["Council"])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def folder(home: Path) -> Path:
    return folder_of(home)


@pytest.fixture
def offer(database: Database, clock: StoppedClock, home: Path) -> Callable[..., None]:
    """Offer a piece as somebody: `file` is its content, which is kept before the transaction."""

    def offer_one(actor: Actor, action: Action, file: bytes = b"", **said: Any) -> None:
        with storing_files(database, Settings(home=home), NOW) as take:
            stored = take(BytesIO(file), "minutes.pdf") if file else None
            with unit_of_work(database, actor, clock) as unit:
                add_evidence(unit, unit.action(action.reference), file=stored, **said)

    return offer_one


def kept(database: Database) -> list[Evidence]:
    with reading(database) as session:
        return list(session.scalars(sa.select(Evidence).order_by(Evidence.id)))


def test_the_owner_adds_a_text_a_link_and_a_file(database, world, action, offer, folder) -> None:
    owner = world.anyshire.actors[Role.ACTION_OWNER]
    offer(owner, action, text="Minutes of May", shows="minute")
    offer(owner, action, link="https://example.org/policy?v=2", shows="policy")
    offer(owner, action, a_pdf(), text="The audit")
    rows = kept(database)
    assert [(row.kind, row.shows) for row in rows] == [("text", "minute"), ("link", "policy"), ("file", "")]
    assert (rows[2].file_name, rows[2].size, rows[2].text) == ("minutes.pdf", len(a_pdf()), "The audit")
    assert stored_names(folder) == {rows[2].stored_as}
    with reading(database) as session:
        events = list(
            session.scalars(sa.select(Event).where(Event.kind == EventKind.EVIDENCE_ADDED).order_by(Event.id))
        )
        assert [event.details["evidence"] for event in events] == [row.id for row in rows]
        assert session.get_one(Action, action.id).version == action.version + 3


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({}, "Say what shows it"),
        ({"text": "  "}, "Say what shows it"),
        ({"text": "x" * 10_001}, "10,000 characters"),
        ({"link": "javascript:alert(1)"}, "whole address"),
        ({"link": "ftp://example.org/x"}, "whole address"),
        ({"link": "//example.org"}, "whole address"),
        ({"link": "https://bank.example@evil.example/"}, "whole address"),
        ({"link": "https://example.org/" + "x" * 2_000}, "whole address"),
        ({"link": "https://example.org:no/"}, "whole address"),
        ({"text": "x", "shows": "gossip"}, "from the list"),
    ],
)
def test_what_shows_nothing_or_leads_nowhere_is_refused(database, world, action, offer, said, sentence) -> None:
    with pytest.raises(Refused, match=sentence):
        offer(world.anyshire.actors[Role.ACTION_OWNER], action, **said)
    assert kept(database) == []


def test_the_host_of_a_link_is_named() -> None:
    assert host_of("https://Files.Example.org:8443/a?b") == "files.example.org"
    assert host_of("https://exa mple.org/") == host_of("https://[::1") == host_of("https:\\\\evil.example") == ""


@pytest.mark.parametrize("role", [Role.SUBGROUP_CHAIR, Role.REVIEW_SUBGROUP_MEMBER, Role.SAFEGUARDING_PARTNER])
def test_whoever_may_not_report_progress_adds_none_and_leaves_no_file(
    database, world, action, offer, folder, role
) -> None:
    with pytest.raises(WrongRole):
        offer(world.anyshire.actors[role], action, a_pdf())
    assert (kept(database), stored_names(folder)) == ([], set())


def test_another_partnerships_action_does_not_exist_and_its_file_is_gone(
    database, world, action, offer, folder
) -> None:
    with pytest.raises(NotFound):
        offer(world.midmarch.actors[Role.BUSINESS_MANAGER], action, a_pdf())
    assert (kept(database), stored_names(folder)) == ([], set())


def test_nothing_is_added_to_an_action_that_is_finished(database, world, offer) -> None:
    with database.begin() as session:
        done = an_action(session, a_case(session, world.anyshire.partnership), stage="closed_complete")
    with pytest.raises(WrongStage):
        offer(world.anyshire.actors[Role.BUSINESS_MANAGER], done, text="Late")


def test_a_file_alone_is_enough_to_ask_to_close(database, world, action, clock, home, folder) -> None:
    owner = world.anyshire.actors[Role.ACTION_OWNER]
    with storing_files(database, Settings(home=home), NOW) as take:
        stored = take(BytesIO(a_pdf()), "minutes.pdf")
        with unit_of_work(database, owner, clock) as unit:
            submit_action(unit, unit.action(action.reference), evidence="", file=stored, happened_on=TODAY)
    with reading(database) as session:
        assert session.get_one(Action, action.id).stage == "submitted"
    assert [row.stored_as for row in kept(database)] == [stored.stored_as]
    assert stored_names(folder) == {stored.stored_as}


def test_a_stray_is_found_and_is_gone_a_day_later_when_the_next_file_is_taken(
    database, world, action, offer, folder
) -> None:
    owner = world.anyshire.actors[Role.ACTION_OWNER]
    offer(owner, action, a_pdf())
    stray, unfinished = folder / ("a" * 48), folder / ("b" * 48 + ".new")
    other = folder / "readme.txt"
    for path in (stray, unfinished, other):
        path.write_bytes(b"x")
    with reading(database) as session:
        assert strays(session, folder) == [stray.name, unfinished.name]
        assert lost_files(session, folder) == []
    for path in folder.iterdir():
        os.utime(path, (NOW.timestamp() - 90_000,) * 2)
    offer(owner, action, a_pdf())
    assert (stray.exists(), unfinished.exists(), other.exists()) == (False, False, True)
    rows = kept(database)
    assert stored_names(folder) == {row.stored_as for row in rows}
    (folder / str(rows[0].stored_as)).unlink()
    with reading(database) as session:
        assert lost_files(session, folder) == [rows[0].stored_as]
