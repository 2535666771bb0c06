"""Files of cases and of what agencies return: who adds, sees, and withdraws them."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from reviews.access.permissions import Actor, NotAllowed
from reviews.access.visibility import visible
from reviews.cases.attachments import add_file, attach_to_step, attachment, files_of, withdraw_file
from reviews.cases.child_cases import start_child_case
from reviews.cases.steps import take_case_step
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.core.settings import Settings
from reviews.files.store import folder_of, stored_names, storing_files
from reviews.models import Attachment, Case, Event, EventKind
from reviews.transactions.unit_of_work import NotFound, reading, unit_of_work
from tests.builders import NOW, TODAY, World, a_case, a_person, a_unit, a_world, actor_of, facts_for
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role
from workflows.definitions import CASE_WORKFLOWS

MANAGER, LEAD, MEMBER = Role.BUSINESS_MANAGER, Role.AGENCY_LEAD, Role.REVIEW_SUBGROUP_MEMBER


@pytest.fixture
def world(database: Database) -> World:
    return a_world(database)


@pytest.fixture
def case(database: Database, world: World) -> Case:
    place = world.anyshire
    with database.begin() as session:
        return a_case(session, place.partnership, agencies=(place.agencies["Council"],))


@pytest.fixture
def request_of_police(database: Database, world: World, case: Case) -> tuple[Case, Actor]:
    """Give a request to the police and their lead, who sees nothing else of the case."""
    place = world.anyshire
    opening = CASE_WORKFLOWS["information_request"].opening
    assert opening is not None
    with database.begin() as session:
        lead = a_person(session, place.partnership, LEAD, place.agencies["Police"])
        asked = start_child_case(
            a_unit(session),
            session.merge(case),
            workflow="information_request",
            happened_on=TODAY,
            answers=facts_for(opening),
            agency_id=place.agencies["Police"].id,
        )
        session.flush()
        return asked, actor_of(session, lead)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def add(database: Database, clock: StoppedClock, home: Path) -> Callable[..., int]:
    def add_one(actor: Actor, reference: str, title: str = "Minutes") -> int:
        with storing_files(database, Settings(home=home), NOW) as take:
            stored = take(BytesIO(b"We met."), "minutes.txt")
            with unit_of_work(database, actor, clock) as unit:
                return add_file(unit, unit.case(reference), stored, title=title).id

    return add_one


def titles(database: Database, actor: Actor, case: Case) -> list[str]:
    with reading(database) as session:
        return [line.row.title for line in files_of(session, actor, case)]


def kept(home: Path) -> int:
    return len(stored_names(folder_of(home)))


def test_the_manager_adds_a_file_and_the_history_says_so(database, world, case, add, home) -> None:
    manager = world.anyshire.actors[MANAGER]
    number = add(manager, case.reference, "  Minutes of  3 March ")
    with reading(database) as session:
        row = attachment(session, manager, case, number)
        events = session.scalars(sa.select(Event).where(Event.kind == EventKind.FILE_ADDED)).all()
        assert (row.title, row.file_name, row.size, row.added_by) == (
            "Minutes of 3 March",
            "minutes.txt",
            7,
            manager.signature,
        )
        assert row.wrapped_key
        assert [(event.case_id, event.details) for event in events] == [(case.id, {"file": number, "title": row.title})]
        assert session.get_one(Case, case.id).version == case.version, "a form that is open meanwhile still holds"


@pytest.mark.parametrize("title", ["", " \n ", "x" * 201])
def test_a_file_without_a_title_is_refused_and_not_kept(database, world, case, add, home, title) -> None:
    with pytest.raises(Refused, match="Say what the file is"):
        add(world.anyshire.actors[MANAGER], case.reference, title)
    assert kept(home) == 0


def test_who_sees_the_case_but_records_no_step_of_it_adds_nothing(database, world, case, add, home) -> None:
    with pytest.raises(NotAllowed, match="Only those who record steps"):
        add(world.anyshire.actors[Role.INDEPENDENT_CHAIR], case.reference)
    assert kept(home) == 0


def test_a7_a_case_that_is_not_theirs_does_not_exist_for_its_files_either(
    database, world, case, add, clock, home
) -> None:
    number = add(world.anyshire.actors[MANAGER], case.reference)
    strangers = (world.midmarch.actors[MANAGER], world.anyshire.actors[Role.CDOP_MANAGER])
    for stranger in strangers:
        with pytest.raises(NotFound):
            add(stranger, case.reference)
        with reading(database) as session, pytest.raises(NotFound):
            attachment(session, stranger, case, number)
        with pytest.raises(NotFound), unit_of_work(database, stranger, clock) as unit:
            withdraw_file(unit, case, number, reason="x")
        assert titles(database, stranger, case) == []
    assert kept(home) == 1


def test_a_return_is_seen_by_its_agency_and_by_those_who_asked_and_by_no_other_agency(
    database, world, case, request_of_police, add, clock
) -> None:
    request, police = request_of_police
    manager, council = world.anyshire.actors[MANAGER], world.anyshire.actors[LEAD]
    add(manager, case.reference, "Agenda")
    number = add(police, request.reference, "Chronology of the police")
    assert titles(database, police, request) == ["Chronology of the police"]
    assert titles(database, police, case) == ["Chronology of the police"], "their own alone"
    assert titles(database, manager, case) == ["Chronology of the police", "Agenda"]
    assert titles(database, council, case) == ["Agenda"]
    with reading(database) as session:
        assert session.scalars(sa.select(Attachment.title).where(visible(council, Attachment))).all() == ["Agenda"]
        with pytest.raises(NotFound):
            attachment(session, council, request, number)
    with pytest.raises(NotFound):
        add(council, request.reference)
    with pytest.raises(NotFound):
        add(police, case.reference)


def test_a_file_goes_in_with_the_step_that_logs_the_return(
    database, world, request_of_police, add, clock, home
) -> None:
    request, police = request_of_police
    step = CASE_WORKFLOWS["information_request"].step("receive")
    assert step is not None
    with storing_files(database, Settings(home=home), NOW) as take:
        stored = take(BytesIO(b"We met."), "return.txt")
        with unit_of_work(database, police, clock) as unit:
            found = unit.case(request.reference)
            answers: dict[str, Any] = facts_for(step)
            take_case_step(unit, found, "receive", happened_on=TODAY, answers=answers)
            attach_to_step(unit, found, stored, step)
    with reading(database) as session:
        [line] = files_of(session, police, request)
        event = session.get_one(Event, line.row.event_id)
        assert (line.step_title, line.row.title, event.step) == ("Log the return", "Log the return", "receive")
        assert session.get_one(Case, request.id).closed_on == TODAY
    with pytest.raises(NotAllowed, match="until it is closed"):
        add(police, request.reference)
    add(world.anyshire.actors[MANAGER], request.reference, "What came later")


def test_a_file_that_is_withdrawn_stays_listed_and_the_manager_alone_reads_it(
    database, world, case, request_of_police, add, clock, home
) -> None:
    request, police = request_of_police
    manager, number = world.anyshire.actors[MANAGER], add(police, request.reference)
    with (
        pytest.raises(NotAllowed, match="Only the person who added the file"),
        unit_of_work(database, world.anyshire.actors[MEMBER], clock) as unit,
    ):
        withdraw_file(unit, unit.case(request.reference), number, reason="Not mine")
    for reason in ("", "  "):
        with pytest.raises(Refused), unit_of_work(database, police, clock) as unit:
            withdraw_file(unit, unit.case(request.reference), number, reason=reason)
    with unit_of_work(database, police, clock) as unit:
        withdraw_file(unit, unit.case(request.reference), number, reason="It was of another family.")
    with pytest.raises(Refused, match="already"), unit_of_work(database, manager, clock) as unit:
        withdraw_file(unit, unit.case(request.reference), number, reason="Again")
    with reading(database) as session:
        found = session.get_one(Case, request.id)
        [line] = files_of(session, police, found)
        assert (line.row.withdrawn_on, line.row.withdrawn_reason) == (TODAY, "It was of another family.")
        assert (line.may_read, line.may_withdraw) == (False, False)
        with pytest.raises(NotFound):
            attachment(session, police, found, number)
        assert attachment(session, manager, found, number).stored_as in stored_names(folder_of(home))


def test_a_file_is_not_reached_through_another_case(database, world, case, add, clock) -> None:
    manager = world.anyshire.actors[MANAGER]
    with database.begin() as session:
        other = a_case(session, world.anyshire.partnership)
    number = add(manager, case.reference)
    with reading(database) as session, pytest.raises(NotFound):
        attachment(session, manager, other, number)
    with pytest.raises(NotFound), unit_of_work(database, manager, clock) as unit:
        withdraw_file(unit, other, number, reason="x")
