"""A tracker read into a plan: what becomes of its rows, the first time and when it comes again."""

import csv
from datetime import date
from itertools import count

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.actions.details import assign_action
from reviews.actions.steps import record_progress, submit_action
from reviews.imports.readers.plan import read_plan
from reviews.imports.store_rows import import_plan
from reviews.models import Action, Case, Event, EventKind, Recommendation
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TODAY, a_case, a_person, a_world
from tests.changes import nothing_changes
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

HEADINGS = ("Ref", "Recommendation", "Action", "Lead", "Due date", "Progress", "Status")
TRAIN = ("1.1", "Share what is known.", "Train the staff.", "", "31/03/2027", "", "")
AUDIT = ("1.2", "Share what is known.", "Audit thirty files.", "", "30/04/2027", "", "")
BY_HEADING = ("Recommendation", "Action", "Lead", "Due date")


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def anyshire(world):
    return world.anyshire


@pytest.fixture
def bring_in(database, clock, tmp_path, anyshire):
    """Write rows into a file as a tracker has them, and import it."""
    numbers = count(1)

    def act(*rows, headings=HEADINGS, plan="SP-1", actor=BUILDER, lenient=False, place=anyshire):
        path = tmp_path / f"tracker-{next(numbers)}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([headings, *rows])
        with unit_of_work(database, actor, clock) as unit:
            partnership = unit.partnership(place.partnership.code)
            return import_plan(unit, partnership, reference=plan, plan=read_plan(path), lenient=lenient)

    return act


def with_cells(row, **cells):
    places = {"ref": 0, "recommendation": 1, "text": 2, "lead": 3, "due": 4, "progress": 5, "status": 6}
    changed = list(row)
    for name, cell in cells.items():
        changed[places[name]] = cell
    return tuple(changed)


def counts(done):
    return done.created, done.updated, done.unchanged


def actions(database):
    with database() as session:
        return {row.reference: row for row in session.scalars(sa.select(Action).order_by(Action.id))}


def events(database, kind):
    with database() as session:
        return list(session.scalars(sa.select(Event).where(Event.kind == kind).order_by(Event.id)))


def decisions(done, field=""):
    return [(one["row"], one["text"], one["reason"]) for one in done.needs_decision if field in ("", one["field"])]


def test_a_tracker_becomes_a_strategy_plan_with_its_actions(database, bring_in):
    done = bring_in(TRAIN, with_cells(AUDIT, progress="Ten files done."))
    first, second = actions(database).values()

    assert (done.plan_created, counts(done)) == (True, (2, 0, 0))
    assert (first.reference, first.stage, first.due_on) == ("SP-1/1.1", "not_started", date(2027, 3, 31))
    assert (second.stage, second.last_progress_on) == ("in_progress", TODAY)
    with database() as session:
        assert session.scalars(sa.select(Case.workflow)).all() == ["strategy_plan"]
        assert session.scalars(sa.select(Recommendation.text)).all() == ["Share what is known."]
    assert [event.action_id for event in events(database, EventKind.ACTION_IMPORTED)] == [first.id, second.id]
    assert len(events(database, EventKind.RECOMMENDATION_MADE)) == 1


def test_the_same_file_again_changes_nothing(database, bring_in):
    rows = [
        TRAIN,
        with_cells(AUDIT, progress="Ten files done.", status="Amber"),
        ("2", "", "Ask the youth forum.", "?", "tbc"),
    ]
    bring_in(*rows)

    with nothing_changes(database):
        done = bring_in(*rows)

    assert (done.plan_created, counts(done)) == (False, (0, 0, 3))


def test_changed_words_are_taken_over_with_before_and_after(database, bring_in):
    bring_in(TRAIN, AUDIT)
    done = bring_in(with_cells(TRAIN, text="Train all staff."), AUDIT)
    [changed] = events(database, EventKind.ACTION_CHANGED)

    assert counts(done) == (0, 1, 1)
    assert changed.details["before"]["text"] == "Train the staff."
    assert changed.details["after"]["text"] == "Train all staff."
    assert actions(database)["SP-1/1.1"].title == "Train all staff."


def test_a_title_that_was_safe_to_mail_is_not_when_its_words_have_changed(database, bring_in):
    bring_in(TRAIN)
    with database.begin() as session:
        session.execute(sa.update(Action).values(title_safe_to_mail=True))

    bring_in(with_cells(TRAIN, text="Train the staff who knew the child."))

    assert not actions(database)["SP-1/1.1"].title_safe_to_mail


def test_new_progress_is_added_beside_the_old(database, bring_in):
    bring_in(with_cells(TRAIN, progress="Ten trained."))
    done = bring_in(with_cells(TRAIN, progress="Twenty trained."))

    assert counts(done) == (0, 1, 0)
    with database() as session:
        [action] = session.scalars(sa.select(Action))
        assert [update.text for update in action.progress] == ["Ten trained.", "Twenty trained."]


def test_a_date_that_moved_in_the_file_is_for_a_person_to_decide(database, bring_in):
    bring_in(TRAIN)
    done = bring_in(with_cells(TRAIN, due="30/06/2027"))

    assert counts(done) == (0, 0, 1)
    assert actions(database)["SP-1/1.1"].due_on == date(2027, 3, 31)
    reason = "The plan has a different date. To change it, extend the action."
    assert decisions(done, "due") == [(2, "30/06/2027", reason)]


def test_a_first_date_is_taken_over(database, bring_in):
    bring_in(with_cells(TRAIN, due="to be agreed", progress="Begun."))
    before = actions(database)["SP-1/1.1"]
    done = bring_in(with_cells(TRAIN, progress="Begun."))
    after = actions(database)["SP-1/1.1"]

    assert (before.stage, before.due_on, before.due_text) == ("agreed_no_date", None, "to be agreed")
    assert counts(done) == (0, 1, 0)
    assert (after.stage, after.due_on, after.due_text) == ("in_progress", date(2027, 3, 31), "")
    assert after.original_due_on == date(2027, 3, 31)


def test_a_row_that_says_done_does_not_close_an_open_action(database, bring_in):
    bring_in(TRAIN)
    done = bring_in(with_cells(TRAIN, status="Complete"))

    assert actions(database)["SP-1/1.1"].ended_on is None
    assert decisions(done, "status")[0][2] == "The action is still open. It closes when it is signed off."


@pytest.mark.parametrize("said", ["owner@anyshire.example", "OWNER@Anyshire.example", "  action OWNER 12 ", "Clerk"])
def test_an_address_a_name_or_a_job_title_that_one_person_has_makes_them_the_owner(database, bring_in, anyshire, said):
    owner = anyshire.people[Role.ACTION_OWNER]
    called(database, owner, name="Action Owner 12", job_title="Clerk")

    done = bring_in(with_cells(TRAIN, lead=said))
    action = actions(database)["SP-1/1.1"]

    assert (action.owner_id, action.owner_text) == (owner.id, "")
    assert action.lead_agency_id == anyshire.agencies["Council"].id
    assert decisions(done, "owner") == []
    assert done.actions[0]["owner_known"] is True


def test_a_job_title_that_two_people_share_names_nobody(database, bring_in, anyshire):
    for role in (Role.ACTION_OWNER, Role.AGENCY_LEAD):
        called(database, anyshire.people[role], name=role.value, job_title="Clerk")

    done = bring_in(with_cells(TRAIN, lead="Clerk"))
    action = actions(database)["SP-1/1.1"]

    assert (action.owner_id, action.owner_text) == (None, "Clerk")
    assert [text for _, text, _ in decisions(done, "owner")] == ["Clerk"]


def test_somebody_of_another_partnership_or_whose_account_is_shut_is_unknown(database, bring_in, clock):
    with database.begin() as session:
        session.execute(sa.text("UPDATE people SET disabled_at = '2026-11-01 00:00:00' WHERE email LIKE 'owner@any%'"))

    done = bring_in(with_cells(TRAIN, lead="owner@midmarch.example; owner@anyshire.example"))

    assert actions(database)["SP-1/1.1"].owner_id is None
    assert [text for _, text, _ in decisions(done, "owner")] == ["owner@midmarch.example", "owner@anyshire.example"]


def test_an_agency_leads_but_owns_nothing_and_a_person_decides(database, bring_in, anyshire):
    done = bring_in(with_cells(TRAIN, lead="Anyshire Police"))
    action = actions(database)["SP-1/1.1"]

    assert (action.owner_id, action.lead_agency_id) == (None, anyshire.agencies["Police"].id)
    assert decisions(done, "owner") == [
        (2, "Anyshire Police", "This is an agency. Choose a person in it as the owner.")
    ]


def test_of_two_known_people_the_first_owns_it_and_a_person_decides(database, bring_in, anyshire):
    done = bring_in(with_cells(TRAIN, lead="agency-lead@anyshire.example; owner@anyshire.example"))
    action = actions(database)["SP-1/1.1"]

    assert action.owner_id == anyshire.people[Role.AGENCY_LEAD].id
    assert action.owner_text == "owner@anyshire.example"
    reasons = [reason for *_, reason in decisions(done, "owner")]
    assert reasons == ["An action has one owner. The first person was used."]


def test_an_owner_who_was_settled_since_stays_and_another_in_the_file_is_for_a_decision(database, bring_in, clock):
    bring_in(with_cells(TRAIN, lead="Officer A"))
    with unit_of_work(database, BUILDER, clock) as unit:
        assign_action(unit, unit.action("SP-1/1.1"), owner_email="owner@anyshire.example")

    same = bring_in(with_cells(TRAIN, lead="Officer A"))
    other = bring_in(with_cells(TRAIN, lead="manager@anyshire.example"))

    assert decisions(same) == []
    assert [reason for *_, reason in decisions(other)] == [
        "The plan has another owner. To change the owner, assign the action."
    ]
    assert (counts(same), counts(other)) == ((0, 0, 1), (0, 0, 1))


def test_an_owner_who_has_become_known_is_taken_over(database, bring_in, anyshire):
    bring_in(with_cells(TRAIN, lead="new@anyshire.example"))
    with database.begin() as session:
        new = a_person(session, anyshire.partnership, agency=anyshire.agencies["Police"], email="new@anyshire.example")

    done = bring_in(with_cells(TRAIN, lead="new@anyshire.example"))
    action = actions(database)["SP-1/1.1"]

    assert counts(done) == (0, 1, 0)
    assert (action.owner_id, action.owner_text) == (new.id, "")
    assert action.lead_agency_id == anyshire.agencies["Police"].id


def test_rows_put_in_between_do_not_take_another_rows_action(database, bring_in):
    first, second = ("", "Train the staff.", "", "31/03/2027"), ("", "Audit thirty files.", "", "30/04/2027")
    between = ("", "Ask the youth forum.", "", "31/05/2027")
    bring_in(first, second, headings=BY_HEADING)
    before = {row.text: row.id for row in actions(database).values()}

    done = bring_in(first, between, second, headings=BY_HEADING)
    again = bring_in(first, between, second, headings=BY_HEADING)
    after = {row.text: row.id for row in actions(database).values()}

    assert (counts(done), counts(again)) == ((1, 0, 2), (0, 0, 3))
    assert {text: after[text] for text in before} == before


def test_two_rows_of_the_same_words_stay_two_actions(database, bring_in):
    rows = [("", "Train the staff.", lead, "31/03/2027") for lead in ("Police", "Hospital")]
    bring_in(*rows, headings=BY_HEADING)
    ids = [row.id for row in actions(database).values()]

    done = bring_in(*rows, headings=BY_HEADING)

    assert counts(done) == (0, 0, 2)
    assert len(set(ids)) == 2
    assert [one["owners"] for one in done.actions] == [["Police"], ["Hospital"]]


def test_a_refused_row_stops_the_whole_file_unless_the_others_are_wanted(database, bring_in):
    clash = with_cells(AUDIT, ref="1.1")
    with nothing_changes(database):
        strict = bring_in(TRAIN, clash, with_cells(AUDIT, ref="1.3"))
    lenient = bring_in(TRAIN, clash, with_cells(AUDIT, ref="1.3"), lenient=True)

    assert (counts(strict), len(strict.refused), strict.plan_created) == ((0, 0, 0), 1, False)
    assert (counts(lenient), len(lenient.refused)) == ((2, 0, 0), 1)


def test_a_tracker_goes_into_a_case_that_is_there(database, bring_in, anyshire):
    with database.begin() as session:
        a_case(session, anyshire.partnership, "lcspr", reference="LCSPR-2026-01")

    done = bring_in(TRAIN, plan="LCSPR-2026-01")

    assert not done.plan_created
    assert list(actions(database)) == ["LCSPR-2026-01/1.1"]


def test_a_plan_of_another_partnership_with_the_same_reference_is_another_plan(database, bring_in, world):
    bring_in(TRAIN)
    elsewhere = bring_in(AUDIT, place=world.midmarch)

    assert elsewhere.plan_created
    with database() as session:
        found = session.execute(sa.select(Action.partnership_id, Action.reference).order_by(Action.id)).all()
    places = (world.anyshire.partnership.id, world.midmarch.partnership.id)
    assert [tuple(row) for row in found] == list(zip(places, ("SP-1/1.1", "SP-1/1.2"), strict=True))


def test_whoever_may_not_import_is_refused_and_nothing_is_stored(database, bring_in, anyshire):
    with nothing_changes(database):
        for role in (Role.ACTION_OWNER, Role.SUBGROUP_CHAIR, Role.CDOP_PANEL_MEMBER):
            with pytest.raises(NotAllowed):
                bring_in(TRAIN, actor=anyshire.actors[role])


def test_the_cdop_manager_imports_into_a_child_death_case_and_opens_no_plan(database, bring_in, anyshire):
    with database.begin() as session:
        a_case(session, anyshire.partnership, "cdop_case", reference="CD-2026-01")
    cdop, manager = anyshire.actors[Role.CDOP_MANAGER], anyshire.actors[Role.BUSINESS_MANAGER]

    assert counts(bring_in(TRAIN, plan="CD-2026-01", actor=cdop)) == (1, 0, 0)
    with nothing_changes(database):
        with pytest.raises(Refused):
            bring_in(TRAIN, plan="SP-2", actor=cdop)
        with pytest.raises(Refused):
            bring_in(TRAIN, plan="CD-2026-01", actor=manager)


@pytest.mark.parametrize("plan", ["", "a b", "../up", "a/b", "a.b", "x" * 41, "-", "ré"])
def test_a_reference_that_cannot_stand_in_an_address_opens_no_plan(database, bring_in, plan):
    with nothing_changes(database), pytest.raises(Refused):
        bring_in(TRAIN, plan=plan)


def test_references_that_differ_only_in_a_slash_and_a_dot_get_two_addresses(database, bring_in):
    bring_in(with_cells(TRAIN, ref="1/1"), with_cells(AUDIT, ref="1.1"))

    assert [row.address for row in actions(database).values()] == ["SP-1.1.1", "SP-1.1.1-2"]


def test_what_was_done_with_an_imported_action_is_not_undone_by_its_tracker(database, bring_in, clock):
    bring_in(with_cells(TRAIN, lead="owner@anyshire.example"))
    with unit_of_work(database, BUILDER, clock) as unit:
        action = record_progress(unit, unit.action("SP-1/1.1"), text="Begun.", happened_on=TODAY)
        submit_action(unit, action, evidence="Register of attendance.", happened_on=TODAY)

    done = bring_in(with_cells(TRAIN, lead="owner@anyshire.example"))

    assert counts(done) == (0, 0, 1)
    assert actions(database)["SP-1/1.1"].stage == "submitted"


def called(database, person, *, name, job_title):
    with database.begin() as session:
        session.execute(sa.text("UPDATE people SET name = :name WHERE id = :id"), {"name": name, "id": person.id})
        words = {"title": job_title, "id": person.id}
        session.execute(sa.text("UPDATE memberships SET job_title = :title WHERE person_id = :id"), words)
