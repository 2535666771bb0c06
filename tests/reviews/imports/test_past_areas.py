"""Lists in which several areas stand: whose case a row is, and what is not counted as ours."""

import pytest
import sqlalchemy as sa

from reviews.imports.history import CaseOutcome, import_cases
from reviews.imports.readers.past_files import read_histories
from reviews.models import Agency, Case, Child, Event, EventKind, OurRole
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TODAY, a_world
from tests.changes import nothing_changes
from tests.reviews.imports.lists import DEATH, NO_LCSPR, REVIEW, write
from workflows.core.vocabulary import Role
from workflows.definitions import CASE_WORKFLOWS

ROW = REVIEW | NO_LCSPR
OURS = "Anyshire and Midmarch CDOP"


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def bring_in(database, clock, tmp_path, world):
    def act(*rows, kind="rapid_review", actor=BUILDER, lenient=False, our_areas=()):
        histories = read_histories(write(tmp_path / "list.csv", *rows), workflow=CASE_WORKFLOWS[kind], today=TODAY)
        with unit_of_work(database, actor, clock) as unit:
            partnership = unit.partnership("ANYSHIRE")
            return import_cases(
                unit, partnership, CASE_WORKFLOWS[kind], histories, lenient=lenient, our_areas=our_areas
            )

    return act


@pytest.fixture
def cases(database):
    def act():
        query = sa.select(Case.reference, Case.partnership_id, Case.our_role, Case.lead_area)
        with database() as session:
            return {row.reference: tuple(row)[1:] for row in session.execute(query)}

    return act


def test_a_row_of_another_partnership_is_refused_by_its_cell(bring_in, database, world, cases):
    rows = (ROW | {"partnership": "ANYSHIRE"}, ROW | {"case_ref": "M-1", "partnership": "Midmarch"})
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with nothing_changes(database):
        done = bring_in(*rows, actor=manager)
    assert [(refused.row, refused.column) for refused in done.refused] == [(3, "partnership")]
    assert done.refused[0].reason.startswith("This row is of “Midmarch”, and you cannot import into that partnership.")
    bring_in(*rows, actor=manager, lenient=True)
    assert list(cases()) == ["ES-19-01"]


@pytest.mark.parametrize("name", ["Midmarch", "Nowhere"])
def test_a_partnership_that_is_hidden_is_answered_as_one_that_nobody_has(bring_in, world, name):
    rows = (ROW | {"partnership": "ANYSHIRE"}, ROW | {"case_ref": "M-1", "partnership": name})
    done = bring_in(*rows, actor=world.anyshire.actors[Role.BUSINESS_MANAGER])
    assert [refused.reason.replace(name, "…") for refused in done.refused] == [
        "This row is of “…”, and you cannot import into that partnership. Leave it out, or let somebody who can import "
        "there do so."
    ]


def test_who_may_import_into_both_brings_each_row_into_its_own(bring_in, world, cases):
    rows = (ROW | {"partnership": "Anyshire"}, ROW | {"case_ref": "M-1", "partnership": "MIDMARCH"})
    done = bring_in(*rows)
    assert done.areas == {"Anyshire": "ANYSHIRE", "MIDMARCH": "MIDMARCH"}
    assert {reference: key for reference, (key, *_) in cases().items()} == {
        "ES-19-01": world.anyshire.partnership.id,
        "M-1": world.midmarch.partnership.id,
    }
    assert bring_in(*rows).count(CaseOutcome.UNCHANGED) == 2


def test_a_list_of_one_area_under_another_name_is_of_the_partnership_it_is_imported_into(bring_in, cases, world):
    done = bring_in(ROW | {"partnership": "East Sussex"}, ROW | {"case_ref": "E-2", "partnership": "East Sussex"})
    assert (done.refused, done.areas) == ([], {"East Sussex": "ANYSHIRE"})
    assert {key for key, *_ in cases().values()} == {world.anyshire.partnership.id}


def test_of_several_unknown_names_somebody_must_say_which_is_ours(bring_in):
    rows = (ROW | {"partnership": "East"}, ROW | {"case_ref": "W-1", "partnership": "West"})
    assert {refused.reason for refused in bring_in(*rows).refused} == {
        "The list has several names in “partnership”, and none of them is ANYSHIRE. Say with --our-area which of them "
        "is yours."
    }
    done = bring_in(*rows, our_areas=["east"], lenient=True)
    assert [refused.row for refused in done.refused] == [3]


def test_a_row_of_another_panel_is_led_by_it_and_not_counted_as_ours(bring_in, cases):
    rows = (DEATH | {"panel": OURS}, DEATH | {"death_ref": "W-1", "panel": "Westshire CDOP"})
    assert bring_in(*rows, kind="cdop_case").refused == []
    assert {reference: found[1:] for reference, found in cases().items()} == {
        "ANY-002": (OurRole.LEAD, ""),
        "W-1": (OurRole.OBSERVER, "Westshire CDOP"),
    }
    assert bring_in(*rows, kind="cdop_case").count(CaseOutcome.UNCHANGED) == 2


def test_a_panel_in_every_row_is_ours_unless_it_is_that_of_another_partnership(bring_in, cases):
    bring_in(DEATH | {"panel": "Eastern CDOP"}, kind="cdop_case")
    bring_in(DEATH | {"death_ref": "M-1", "panel": "Midmarch CDOP"}, kind="cdop_case")
    assert {reference: role for reference, (_, role, _) in cases().items()} == {
        "ANY-002": OurRole.LEAD,
        "M-1": OurRole.OBSERVER,
    }


def test_a_case_that_another_area_leads_has_no_statutory_clock(bring_in, database):
    row = ROW | {"our_role": "contributor", "lead_area": "Westshire"}
    assert bring_in(row).refused == []
    with database() as session:
        case = session.scalars(sa.select(Case)).one()
        assert (case.our_role, case.lead_area, case.clocks) == (OurRole.CONTRIBUTOR, "Westshire", [])


def test_a_later_list_adds_children_agencies_and_a_title_with_their_events(bring_in, database, world):
    bring_in(ROW | {"child_pseudonyms": "Child A"})
    later = ROW | {"child_pseudonyms": "Child A; Child B", "agencies": "Anyshire Council", "title": "An infant, spring"}
    with database() as session:
        agency = session.scalars(sa.select(Agency.name).where(Agency.partnership_id == world.anyshire.partnership.id))
        later["agencies"] = agency.first()
    assert bring_in(later).count(CaseOutcome.UPDATED) == 1
    assert bring_in(later).count(CaseOutcome.UNCHANGED) == 1
    with database() as session:
        case = session.scalars(sa.select(Case)).one()
        children = session.scalars(sa.select(Child.pseudonym).order_by(Child.id)).all()
        kinds = session.scalars(
            sa.select(Event.kind).where(Event.kind != EventKind.STEP_TAKEN).order_by(Event.id)
        ).all()
    assert (case.title, list(children)) == ("An infant, spring", ["Child A", "Child B"])
    assert kinds[-2:] == [EventKind.CASE_EDITED, EventKind.CHILD_RECORDED]
    refused = bring_in(later | {"title": "Another"}).refused
    assert [(each.column, each.reason) for each in refused] == [
        ("title", "The title is “An infant, spring”. An import cannot change this.")
    ]
