"""What an import leaves open stays with the plan, and is decided there, once, by those who may."""

import csv
import threading
from datetime import date
from itertools import count

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.actions.details import assign_action
from reviews.imports.answer_questions import answer_questions, matching_answers
from reviews.imports.decisions import candidates
from reviews.imports.import_questions import count_open, groups_waiting, plans_with_questions
from reviews.imports.readers.answers import Answers
from reviews.imports.readers.plan import read_plan
from reviews.imports.store_rows import import_plan
from reviews.imports.undo_import import undo_import
from reviews.models import Action, Case, Event, EventKind, ImportQuestion
from reviews.people.queries import actor_by_email
from reviews.transactions.unit_of_work import NotFound, Stale, unit_of_work
from tests.builders import BUILDER, TODAY, a_world
from tests.changes import nothing_changes
from workflows.core.engine import ConflictOfInterest, Refused
from workflows.core.vocabulary import Role

HEADINGS = ("Ref", "Action", "Officer", "By when", "Status")
ROWS = (
    ("1", "Train the staff.", "Officer A", "Sept 16", ""),
    ("2", "Audit thirty files.", "Officer A", "31/03/2027", "Discharged"),
    ("3", "Write to the schools.", "Officer B", "30/04/2027", ""),
    ("4", "Ask the families.", "", "30/04/2027", ""),
)
OWNER = "owner@anyshire.example"


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def bring_in(database, clock, tmp_path, world):
    numbers = count(1)

    def act(*rows, plan="SP-1", given=None, by=BUILDER):
        path = tmp_path / f"tracker-{next(numbers)}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([HEADINGS, *(rows or ROWS)])
        answers = Answers(given or {})
        with unit_of_work(database, by, clock) as unit:
            return import_plan(
                unit,
                unit.partnership("ANYSHIRE"),
                reference=plan,
                plan=read_plan(path, answers=answers),
                as_written=read_plan(path),
                answers=answers,
            )

    return act


@pytest.fixture
def decide(database, clock):
    def act(given, *, by=BUILDER, plan="SP-1"):
        with unit_of_work(database, by, clock) as unit:
            case = unit.case(plan)
            return answer_questions(unit, case, matching_answers(unit, case, Answers(given)))

    return act


@pytest.fixture
def manager(database, world):
    return person(database, "manager@anyshire.example")


def person(database, email):
    with database() as session:
        return actor_by_email(session, email, today=TODAY)


def waiting(database, plan="SP-1", actor=BUILDER):
    with database() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == plan)).one()
        return {(each.field, each.text): each.count for each in groups_waiting(session, actor, case).rows}


def actions(database):
    with database() as session:
        return {row.source_reference: row for row in session.scalars(sa.select(Action).order_by(Action.id))}


OPEN = {
    ("owner", "Officer A"): 2,
    ("due", "Sept 16"): 1,
    ("status", "Discharged"): 1,
    ("owner", "Officer B"): 1,
    ("owner", ""): 1,
}


def test_what_is_open_stays_with_the_plan_grouped_by_its_text(database, bring_in, manager):
    done = bring_in()
    assert len(done.needs_decision) == 6
    assert waiting(database, actor=manager) == OPEN
    with database() as session:
        (plan,) = plans_with_questions(session, manager)
        assert (plan.reference, plan.questions) == ("SP-1", 5)


def test_one_answer_decides_all_rows_with_its_text_with_a_row_of_history_each(database, bring_in, decide):
    bring_in()
    assert decide({"Officer A": OWNER, "due/Sept 16": "2027-09-16", "Discharged": "closed_complete"}) == 4
    found = actions(database)
    assert [found[each].owner_id is not None for each in "1234"] == [True, True, False, False]
    assert found["1"].owner_text == ""
    assert (found["1"].due_on, found["1"].original_due_on, found["1"].stage) == (
        date(2027, 9, 16),
        date(2027, 9, 16),
        "not_started",
    )
    assert (found["2"].stage, found["2"].ended_on) == ("closed_complete", TODAY)
    assert found["1"].lead_agency_id is not None
    assert found["1"].brought_in_on == TODAY
    with database() as session:
        events = session.scalars(sa.select(Event).where(Event.kind == EventKind.QUESTION_DECIDED)).all()
        assert len(events) == 4
        assert {event.details["answer"] for event in events} == {OWNER, "2027-09-16", "closed_complete"}
    assert waiting(database) == {("owner", "Officer B"): 1, ("owner", ""): 1}


def test_what_was_left_as_it_stands_is_not_asked_again_by_the_next_import(database, bring_in, decide):
    bring_in()
    decide({"Officer A": "-", "Officer B": "-", "Sept 16": "-", "Discharged": "-"})
    assert actions(database)["1"].owner_text == "Officer A"
    again = bring_in()
    assert (again.unchanged, [each["field"] for each in again.needs_decision]) == (4, ["owner"])
    assert waiting(database) == {("owner", ""): 1}


def test_decided_before_it_is_stored_nothing_is_asked_then_or_by_the_next_import(database, bring_in):
    given = {"Officer A": OWNER, "owner/": OWNER, "4/owner": "-", "Sept 16": "2027-09-16", "Discharged": "-"}
    done = bring_in(given=given)
    found = actions(database)
    assert done.needs_decision == []
    assert [found[each].owner_id is not None for each in "1234"] == [True, True, False, True]
    assert found["1"].due_on == date(2027, 9, 16)
    assert found["3"].owner_text == "Officer B"
    again = bring_in()
    assert (again.created, again.updated) == (0, 0)
    assert again.needs_decision == []
    with database() as session:
        answered = {(each.text, each.answer) for each in session.query(ImportQuestion) if each.answered_at}
    assert {("Officer A", OWNER), ("", OWNER), ("Officer B", "-"), ("Sept 16", "2027-09-16")} <= answered


def test_an_agency_leads_and_the_owner_is_not_asked_for_again(database, bring_in, decide, world):
    bring_in(given={"Officer A": "Anyshire Council"})
    assert ("owner", "Anyshire Council") not in waiting(database)
    decide({"Officer B": "Anyshire Council"})
    found = actions(database)
    assert found["1"].lead_agency_id == found["3"].lead_agency_id is not None
    assert (found["3"].owner_id, found["3"].owner_text) == (None, "Officer B")


def test_an_owner_given_in_another_way_settles_the_question(database, bring_in, clock):
    bring_in()
    with unit_of_work(database, BUILDER, clock) as unit:
        assign_action(unit, unit.action("SP-1/3"), owner_email=OWNER)
    assert ("owner", "Officer B") not in waiting(database)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"Officer A": "nobody@elsewhere.example"}, "Nobody here has the address"),
        ({"Sept 16": "one day"}, "is not a day"),
        ({"Discharged": "nearly"}, "is not a stage"),
    ],
)
def test_an_answer_that_cannot_be_changes_nothing(database, bring_in, decide, given, why):
    bring_in()
    with nothing_changes(database), pytest.raises(Refused, match=why):
        decide({"Officer B": OWNER, **given})


def test_two_at_a_time_decide_one_after_the_other_and_the_second_is_told(database, bring_in, clock):
    bring_in()
    with database() as session:
        number = session.scalars(sa.select(ImportQuestion.id).where(ImportQuestion.text == "Officer B")).one()
    answers, gate = [], threading.Barrier(2)

    def act(answer):
        gate.wait()
        try:
            with unit_of_work(database, BUILDER, clock) as unit:
                answer_questions(unit, unit.case("SP-1"), {number: answer})
            answers.append("done")
        except Stale:
            answers.append("stale")

    both = [threading.Thread(target=act, args=(each,)) for each in (OWNER, "-")]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert sorted(answers) == ["done", "stale"]
    with database() as session:
        assert session.query(Event).filter(Event.kind == EventKind.QUESTION_DECIDED).count() == 1


def test_questions_of_another_partnership_do_not_exist_and_only_the_unit_decides(database, bring_in, decide, world):
    bring_in()
    with pytest.raises(NotFound):
        decide({"Officer A": "-"}, by=person(database, "manager@midmarch.example"))
    with pytest.raises(NotAllowed):
        decide({"Officer A": "-"}, by=person(database, "chair@anyshire.example"))
    other = person(database, "manager@midmarch.example")
    assert waiting(database, actor=other) == {}
    with database() as session:
        assert plans_with_questions(session, other) == []


def test_undoing_the_import_takes_its_questions_and_what_was_decided_about_them(database, bring_in, decide, clock):
    run = bring_in().run
    decide({"Officer A": OWNER})
    with unit_of_work(database, BUILDER, clock) as unit:
        undone = undo_import(unit, run)
    assert (len(undone.ended), undone.unchanged) == (4, [])
    assert waiting(database) == {}
    bring_in()
    assert waiting(database) == OPEN


def test_near_names_are_offered_and_never_taken(database, bring_in, manager):
    with database() as session:
        known = candidates(session, manager, manager.roles_held[0].partnership_id)
    name = next(label.partition(",")[0] for email, label in known.people.items() if email == OWNER)
    misspelt = name[:-1] + ("x" if name[-1] != "x" else "y")
    assert OWNER in known.suggested("owner", misspelt)
    assert "Anyshire Council" in known.suggested("agency", "Anyshire Counsil")
    assert known.suggested("due", name) == []
    bring_in(("1", "Train the staff.", misspelt, "31/03/2027", ""))
    assert actions(database)["1"].owner_id is None


def test_a_file_without_actions_opens_no_plan(database, bring_in, clock, tmp_path, world):
    path = tmp_path / "empty.csv"
    path.write_text("Ref,Action,Officer\n")
    with (
        nothing_changes(database),
        pytest.raises(Refused, match="no plan was opened"),
        unit_of_work(database, BUILDER, clock) as unit,
    ):
        import_plan(unit, unit.partnership("ANYSHIRE"), reference="SP-9", plan=read_plan(path))


def test_a_role_that_may_not_import_counts_nothing(database, bring_in, world):
    bring_in()
    with database() as session:
        case = session.scalars(sa.select(Case)).first()
        chair = person(database, world.anyshire.people[Role.SUBGROUP_CHAIR].email)
        assert count_open(session, chair, case) == 0


def test_one_answer_about_the_state_settles_all_that_is_asked_about_it(database, bring_in, decide, clock):
    bring_in(("1", "Train the staff.", OWNER, "31/03/2027", "Discharged"))
    assert actions(database)["1"].awaiting_status
    decide({"Discharged": "complete"})
    found = actions(database)["1"]
    assert (found.stage, found.ended_on, found.awaiting_status) == ("closed_complete", TODAY, False)
    assert waiting(database) == {}


def test_a_state_left_as_it_stands_is_reminded_of_from_then_on(database, bring_in, decide):
    bring_in(("1", "Train the staff.", OWNER, "31/03/2027", "Discharged"))
    decide({"Discharged": "-"})
    found = actions(database)["1"]
    assert (found.stage, found.ended_on, found.awaiting_status, found.brought_in_on) == (
        "not_started",
        None,
        False,
        TODAY,
    )


def test_a_month_becomes_the_day_that_was_decided(database, bring_in, decide):
    bring_in(("1", "Train the staff.", OWNER, "Sept 16", ""))
    decide({"Sept 16": "2027-09-16"})
    found = actions(database)["1"]
    assert (found.due_on, found.due_known_to.value, found.due_text) == (date(2027, 9, 16), "day", "Sept 16")


def test_b3_nobody_decides_that_an_action_of_their_own_is_done(database, bring_in, decide, manager):
    bring_in(*ROWS, given={"Officer A": manager.email})
    with nothing_changes(database), pytest.raises(ConflictOfInterest, match="is your own action: somebody else"):
        decide({"Discharged": "closed_complete"}, by=manager)
    decide({"Discharged": "closed_complete"})
    assert actions(database)["2"].stage == "closed_complete"


def test_b3_nor_does_a_later_file_of_theirs_end_it(database, bring_in, manager):
    doubtful = ("1", "Train the staff.", "Officer A", "31/03/2027", "Discharged")
    bring_in(doubtful, given={"Officer A": manager.email})
    done = (*doubtful[:4], "Complete")
    assert actions(database)["1"].awaiting_status
    bring_in(done, given={"Officer A": manager.email}, by=manager)
    assert actions(database)["1"].awaiting_status
    bring_in(done, given={"Officer A": manager.email})
    assert actions(database)["1"].stage == "closed_complete"
