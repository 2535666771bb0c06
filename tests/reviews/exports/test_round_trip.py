"""An exported plan is imported again unchanged, or with only the edits somebody made in the file."""

import csv
import io
from datetime import date

import openpyxl
import pytest
import sqlalchemy as sa

from reviews.exports.formats import FORMATS
from reviews.models import Action, ActionAnswer, Case, ProgressUpdate
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, NOW, a_case, a_person, a_recommendation, a_world, an_action
from tests.changes import nothing_changes
from tests.reviews.exports.plans import a_hard_plan, exported, read_back, the_action, written
from workflows.core.vocabulary import Role

READ = ("xlsx", "csv", "json")


@pytest.fixture
def place(database):
    return a_world(database).anyshire


@pytest.fixture
def session(database, place):
    with database() as session:
        yield session


@pytest.mark.parametrize("into", READ)
def test_d5_the_hardest_plan_comes_back_with_nothing_changed(database, place, tmp_path, into, clock):
    with database.begin() as session:
        reference = a_hard_plan(session, place).reference
        path = written(tmp_path, exported(session, BUILDER, reference), into)
    with nothing_changes(database), unit_of_work(database, BUILDER, clock) as unit:
        done = read_back(unit.session, place.partnership, reference, path)
    assert (done.created, done.updated, done.refused, done.needs_decision, done.skipped) == (0, 0, [], [], [])
    assert done.unchanged == done.rows == 28


@pytest.mark.parametrize("into", READ)
def test_a_second_and_a_third_trip_say_the_same(session, place, tmp_path, into):
    case = a_hard_plan(session, place)
    first = FORMATS[into].write(exported(session, BUILDER, case.reference))
    read_back(
        session, place.partnership, case.reference, written(tmp_path, exported(session, BUILDER, case.reference), into)
    )
    if into != "xlsx":  # a workbook says when it was saved
        assert FORMATS[into].write(exported(session, BUILDER, case.reference)) == first


@pytest.mark.parametrize("into", READ)
def test_into_another_plan_every_action_comes_as_new_and_then_stays(session, place, tmp_path, into):
    case = a_case(session, place.partnership, "strategy_plan", reference="SP-1")
    an_action(
        session,
        case,
        owner=place.people[Role.ACTION_OWNER],
        text="=1+1",
        recommendation=a_recommendation(session, case),
    )
    path = written(tmp_path, exported(session, BUILDER, "SP-1"), into)
    first = read_back(session, place.partnership, "SP-2", path)
    again = read_back(session, place.partnership, "SP-2", path)
    made = the_action(session, "SP-2/SP-1/R1/A1")
    assert (first.created, again.unchanged, again.created + again.updated) == (1, 1, 0)
    assert (made.text, made.owner_id) == ("=1+1", place.people[Role.ACTION_OWNER].id)


@pytest.mark.parametrize("into", READ)
def test_into_another_plan_deputy_and_details_come_too(session, place, tmp_path, into):
    case = a_case(session, place.partnership, "strategy_plan", reference="SP-1")
    owner, deputy = (place.people[role] for role in (Role.ACTION_OWNER, Role.AGENCY_LEAD))
    details = {"kind": "policy", "start_on": date(2026, 11, 2), "review_on": date(2026, 12, 1)}
    first = an_action(session, case, owner=owner, deputy_id=deputy.id, title="Training", **details)
    first.order = 3
    details["order"] = 3
    leaver = a_person(session, place.partnership, email="gone@anyshire.example")
    an_action(session, case, owner=owner, deputy_id=leaver.id)
    path = written(tmp_path, exported(session, BUILDER, "SP-1"), into)
    leaver.disabled_at = NOW

    done = read_back(session, place.partnership, "SP-2", path)

    made = session.scalars(sa.select(Action).where(Action.reference.startswith("SP-2/")).order_by(Action.id)).all()
    assert {name: getattr(made[0], name) for name in details} == details
    assert (made[0].title, made[0].deputy_id, made[0].title_safe_to_mail) == ("Training", deputy.id, False)
    assert made[1].deputy_id is None
    assert [(one["field"], "gone@anyshire.example" in one["text"]) for one in done.needs_decision] == [("deputy", True)]
    assert read_back(session, place.partnership, "SP-2", path).unchanged == 2


def test_an_action_that_answers_the_plan_from_another_case_comes_back_unchanged(session, place, tmp_path):
    plan = a_case(session, place.partnership, "strategy_plan", reference="SP-1")
    other = a_case(session, place.partnership, "strategy_plan", reference="SP-2")
    action = an_action(session, other, text="Answers both.")
    session.add(ActionAnswer(action_id=action.id, recommendation_id=a_recommendation(session, plan).id))
    path = written(tmp_path, exported(session, BUILDER, "SP-1"), "csv")
    assert read_back(session, place.partnership, "SP-1", path).unchanged == 1
    edit_csv(path, "Action", "Answers neither.")
    done = read_back(session, place.partnership, "SP-1", path)
    assert [one["reason"] for one in done.needs_decision] == [
        "This action belongs to the plan SP-2. Import the file into that plan."
    ]
    assert action.text == "Answers both."


def edit_csv(path, heading, text, **more):
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    rows[0] |= {heading: text, **more}
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def a_small_plan(session, place) -> Case:
    case = a_case(session, place.partnership, "strategy_plan", reference="SP-1")
    action = an_action(session, case, text="Do it.", owner=place.people[Role.ACTION_OWNER])
    an_action(session, case, text="Do that too.", due_on=None)
    action.success_measure = "Children say so."
    session.flush()
    return case


@pytest.mark.parametrize(
    ("heading", "text", "expected"),
    [
        ("Action", "Do it well.", {"text": "Do it well.", "title": "Do it well."}),
        ("Title", "Short", {"title": "Short", "text": "Do it."}),
        ("Success measure", "", {"success_measure": ""}),
        ("Success measure", "'=1", {"success_measure": "=1"}),
        ("Order", "12", {"order": 12}),
    ],
)
def test_an_edited_cell_is_taken_and_no_other(session, place, tmp_path, heading, text, expected):
    a_small_plan(session, place)
    path = written(tmp_path, exported(session, BUILDER, "SP-1"), "csv")
    edit_csv(path, heading, text)
    done = read_back(session, place.partnership, "SP-1", path)
    action = the_action(session, "SP-1/A1")
    assert (done.updated, done.unchanged, done.needs_decision) == (1, 1, [])
    assert {name: getattr(action, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("mark", "name", "kept"), [("Yes", "Bruising protocol", True), ("", "Bruising protocol", False), ("Yes", "B", True)]
)
def test_a_reference_name_of_a_file_is_taken_where_somebody_marked_it_as_safe(
    session, place, tmp_path, mark, name, kept
):
    a_small_plan(session, place)
    path = written(tmp_path, exported(session, BUILDER, "SP-1"), "csv")
    edit_csv(path, "Reference name", name, **{"Reference name safe to mail": mark})
    done = read_back(session, place.partnership, "SP-1", path)

    assert the_action(session, "SP-1/A1").reference_name == (name if kept else "")
    assert [each["reason"][:18] for each in done.needs_decision] == ([] if kept else ["The reference name"])


@pytest.mark.parametrize("into", READ)
def test_a_reference_name_goes_with_its_action_into_another_plan(session, place, tmp_path, into):
    a_small_plan(session, place)
    the_action(session, "SP-1/A1").reference_name = "Bruising protocol"
    session.flush()
    read_back(session, place.partnership, "SP-2", written(tmp_path, exported(session, BUILDER, "SP-1"), into))

    assert the_action(session, "SP-2/SP-1/A1").reference_name == "Bruising protocol"


def test_a_line_written_above_the_progress_is_one_new_report(session, place, tmp_path):
    case = a_hard_plan(session, place)
    before = session.scalar(sa.select(sa.func.count()).select_from(ProgressUpdate))
    path = written(tmp_path, exported(session, BUILDER, case.reference), "xlsx")
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["Actions"]
    column = next(cell.column for cell in sheet[1] if cell.value == "Progress, newest first")
    cell = next(cell for (cell,) in sheet.iter_rows(min_col=column, max_col=column, min_row=2) if cell.value)
    cell.value = f"All staff are trained.\n\n{cell.value}"
    workbook.save(path)
    done = read_back(session, place.partnership, case.reference, path)
    reports = session.scalars(sa.select(ProgressUpdate).order_by(ProgressUpdate.id.desc())).all()
    assert (done.updated, done.created, done.needs_decision) == (1, 0, [])
    assert (len(reports), reports[0].text) == (before + 1, "All staff are trained.")


def test_an_older_file_takes_nothing_back(session, place, tmp_path):
    case = a_small_plan(session, place)
    path = written(tmp_path, exported(session, BUILDER, case.reference), "csv")
    action = the_action(session, "SP-1/A1")
    action.progress.append(
        ProgressUpdate(happened_on=action.due_on, text="Since then.", reported_by="R", reported_at=exported_at(session))
    )
    action.times_extended = 2
    session.flush()
    done = read_back(session, place.partnership, case.reference, path)
    assert (done.updated, done.unchanged, done.needs_decision) == (0, 2, [])
    assert [each.text for each in action.progress] == ["Since then."]


def exported_at(session):
    return exported(session, BUILDER, "SP-1").exported_at


@pytest.mark.parametrize(
    ("heading", "text", "reason"),
    [
        ("Due date", "2027-01-31", "The plan has a different date. To change it, extend the action."),
        ("Due date", "spring", "It is a time, but not one certain day."),
        ("Due date", "", "This column cannot be changed by a file"),
        ("Owner e-mail", "manager@anyshire.example", "The plan has another owner"),
        ("Status", "Complete", "The action is still open. It closes when it is signed off."),
        ("Deputy", "Somebody else", "This column cannot be changed by a file"),
        ("Action", "x" * 10_001, "The limit is 10,000."),
        ("Order", "first", "The order must be a whole number from 1 to 9,999."),
        ("Order", "0", "The order must be a whole number from 1 to 9,999."),
    ],
)
def test_what_is_not_settled_by_a_file_is_listed_and_stays(session, place, tmp_path, heading, text, reason):
    a_small_plan(session, place)
    path = written(tmp_path, exported(session, BUILDER, "SP-1"), "csv")
    edit_csv(path, heading, text)
    done = read_back(session, place.partnership, "SP-1", path)
    assert (done.updated, done.unchanged, len(done.needs_decision)) == (0, 2, 1)
    assert reason in done.needs_decision[0]["reason"]


def test_columns_may_be_deleted_and_rows_added(session, place, tmp_path):
    a_small_plan(session, place)
    path = written(tmp_path, exported(session, BUILDER, "SP-1"), "xlsx")
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["Actions"]
    kept = ("Reference", "Action", "Progress, newest first", "Due date")
    for cell in reversed(list(sheet[1])):
        if cell.value not in kept:
            sheet.delete_cols(cell.column)
    headings = [cell.value for cell in sheet[1]]
    sheet.append([{"Action": "A third thing.", "Due date": "31/01/2027"}.get(heading) for heading in headings])
    workbook.save(path)
    done = read_back(session, place.partnership, "SP-1", path)
    assert (done.created, done.updated, done.unchanged) == (1, 0, 2)
    assert the_action(session, "SP-1/A1").success_measure == "Children say so."
