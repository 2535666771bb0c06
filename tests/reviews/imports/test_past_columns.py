"""The columns of each kind of case, derived from its definition, and the refusals of their cells."""

import csv
from datetime import date

import pytest

from reviews.imports.history import import_cases
from reviews.imports.readers.past_columns import CASE_COLUMNS, ColumnKind, plain
from reviews.imports.readers.past_files import layout_of, read_histories
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TODAY, a_case, a_unit, a_world
from tests.reviews.imports.lists import read, write
from workflows.core.questions import Kind
from workflows.core.vocabulary import UNOPENED
from workflows.definitions import CASE_WORKFLOWS
from workflows.definitions.shared.past_lists import HEADINGS, ORDER, STAGE_WORDS

CELLS = {
    Kind.WORDS: "Some words",
    Kind.TEXT: "A text",
    Kind.DAY: "2020-01-01",
    Kind.MOMENT: "2020-01-01 10:15",
    Kind.YES_NO: "yes",
    Kind.NUMBER: "3",
    Kind.AGENCIES: "Council; Police",
    Kind.PARTNERS: "Council; Police",
    Kind.STEPS: "close",
    Kind.PERSON: "Somebody who has left",
}


def cell(question):
    return question.choices[0][1] if question.kind is Kind.CHOICE else CELLS[question.kind]


@pytest.mark.parametrize("kind", CASE_WORKFLOWS)
def test_no_two_columns_of_a_kind_have_one_name(kind):
    names = [plain(name) for name in layout_of(CASE_WORKFLOWS[kind]).columns]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("kind", CASE_WORKFLOWS)
def test_each_step_and_each_question_of_a_kind_has_a_column(kind):
    workflow = CASE_WORKFLOWS[kind]
    columns = layout_of(workflow).columns.values()
    found = {(column.of, column.question.name if column.question else "") for column in columns}
    listed = {column.name for column in columns if column.kind is ColumnKind.LIST}
    asked = {(step.name, question.name) for step in workflow.steps for question in step.questions}
    missing = {(step, fact) for step, fact in asked if (step, fact) not in found and fact not in listed}
    assert missing == set()
    assert {step.name for step in workflow.steps} <= {column.of for column in columns}
    assert {column.name for column in CASE_COLUMNS} <= {each.name for each in columns if each.kind is ColumnKind.CASE}


def test_words_and_headings_name_what_there_is():
    for kind, words in STAGE_WORDS.items():
        steps = {step.name for step in CASE_WORKFLOWS[kind].steps}
        assert {name.removeprefix("not ") for names in words.values() for name in names} <= steps
    for kind, headings in HEADINGS.items():
        assert headings.keys() <= layout_of(CASE_WORKFLOWS[kind]).columns.keys()
    for kind, order in ORDER.items():
        assert set(order) <= {step.name for step in CASE_WORKFLOWS[kind].steps}


@pytest.mark.parametrize("kind", CASE_WORKFLOWS)
def test_each_step_that_leaves_the_first_stage_comes_in_with_all_that_its_form_asks(database, clock, tmp_path, kind):
    """One row for each step that can follow the opening, every question of both forms answered."""
    workflow = CASE_WORKFLOWS[kind]
    a_world(database)
    start = "RR-1." if workflow.inside else "X-"
    if workflow.inside:
        with database.begin() as session:
            partnership = a_unit(session).partnership("ANYSHIRE")
            parent = "cdop_case" if kind == "report_request" else "rapid_review"
            a_case(session, partnership, parent, reference="RR-1", opened_on=date(2012, 1, 2))
    layout, opening = layout_of(workflow), workflow.opening
    first = {str(track.initial) for track in workflow.tracks} | {str(opening.to)}
    following = [step for step in workflow.steps if first & set(map(str, step.source)) and step is not opening]
    rows, asked = [], {}
    for number, step in enumerate(following, start=1):
        row = {layout.reference: f"{start}{number}", opening.name: "2013-05-06", step.name: "2013-05-07"}
        wanted = {question.name for taken in (opening, step) for question in taken.form_on(date(2013, 5, 7))}
        for column in layout.columns.values():
            of_row = column.of in (opening.name, step.name) and not column.name.startswith("lcspr.")
            if column.kind is ColumnKind.FACT and of_row and column.question.name in wanted:
                row[column.name] = cell(column.question)
        asked[row[layout.reference]] = wanted
        rows.append(row)
    headings = dict.fromkeys(name for row in rows for name in row)
    path = write(tmp_path / "list.csv", *[dict.fromkeys(headings, "") | row for row in rows])

    histories = read_histories(path, workflow=workflow, today=TODAY)
    with unit_of_work(database, BUILDER, clock) as unit:
        done = import_cases(unit, unit.partnership("ANYSHIRE"), workflow, histories)
        assert done.refused == []
        listed = {name for name, column in layout.columns.items() if column.kind is ColumnKind.LIST}
        for imported in done.cases:
            if imported.case.workflow == kind:
                stored = {fact.name for fact in imported.case.facts}
                assert asked[imported.case.reference] - stored - listed == set()


LCSPR = {"case_ref": "L-1", "decide_lcspr": "2022-01-10"}


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"sign_off": "2022-03-01", "completed": "2022-04-01"}, "", "are both read as “sign_off”"),
        ({"stage": "nearly there"}, "stage", "“nearly there” is not one of: due to commence"),
        (
            {"stage": "in draft", "publish": "2022-09-01"},
            "stage",
            "The row says “in draft”, but “publish” is filled in.",
        ),
        (
            {"stage": "awaiting publication", "sign_off": "2022-08-01", "publish": "2022-09-01"},
            "stage",
            "The row says “awaiting publication”, but “publish” is filled in.",
        ),
        (
            {"stage": "due to commence", "submit_draft": "2022-05-01"},
            "stage",
            "The row says “due to commence”, but by its other columns the review is at draft.",
        ),
        (
            {"sign_off": "2022-09-01", "publish": "2022-08-01"},
            "publish",
            "“Publish” on 1 August 2022 is before “Finalise the report” on 1 September 2022.",
        ),
        ({"publish": "2027-02-01"}, "publish", "1 February 2027 is in the future."),
        ({"reviewer": "Dr Vane"}, "reviewer", "This belongs to “Commission”: enter its day in “commission” too."),
        ({"commission": "2022-02-01", "fee": "much"}, "fee", "“much” is not a whole number."),
        ({"commission": "2022-02-01", "reviewer_independent": "rather"}, "reviewer_independent", "is not yes or no."),
        ({"hold_reason": "the weather"}, "hold_reason", "“the weather” is not one of: "),
        (
            {"agree_tor": "2022-03-01", "pause": "2022-04-01", "reopened_reason": "New facts"},
            "reopened_reason",
            "This belongs to “Reopen” or ",
        ),
        ({"our_role": "observer"}, "our_role", "Say in “lead_area” which area leads."),
        ({"publication_forecast": "soon"}, "publication_forecast", "“soon” is not a certain date."),
    ],
)
def test_a_cell_that_cannot_be_is_refused_by_name(tmp_path, cells, column, reason):
    path = write(tmp_path / "list.csv", LCSPR | cells)
    if not column:
        with pytest.raises(Exception, match=reason):
            read(path, "lcspr")
        return
    found = read(path, "lcspr")
    assert [each.column for each in found.refused] == [column]
    assert reason in found.refused[0].reason


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"decide_lcspr": "2022-05-01", "commission": "2022-04-01"}, "commission", "This is before 1 May 2022"),
        (
            {"discontinue": "2022-02-01", "sign_off": "2022-03-01"},
            "sign_off",
            "cannot follow, because the review is at",
        ),
        ({"agencies": "Nobody's Agency"}, "agencies", "ANYSHIRE has no agency called “Nobody's Agency”. Add it first."),
    ],
)
def test_a_row_that_cannot_have_happened_is_refused_by_its_cell(database, clock, tmp_path, cells, column, reason):
    a_world(database)
    histories = read(write(tmp_path / "list.csv", LCSPR | cells), "lcspr")
    with unit_of_work(database, BUILDER, clock) as unit:
        done = import_cases(unit, unit.partnership("ANYSHIRE"), CASE_WORKFLOWS["lcspr"], histories)
    assert [(each.row, each.column) for each in done.refused] == [(2, column)]
    assert reason in done.refused[0].reason


def test_a_heading_that_is_unknown_is_named_and_its_cells_go_nowhere(tmp_path):
    found = read(write(tmp_path / "list.csv", LCSPR | {"Colour of the folder": "blue"}), "lcspr")
    assert (found.ignored, "blue" in repr(found)) == (("Colour of the folder",), False)


def test_any_column_can_be_named_by_a_mapping(tmp_path):
    row = {"Nr": "L-1", "Decided": "2022-01-10", "Looked at": "2022-03-01", "Again": "2022-04-01"}
    mapping = {"case_ref": "Nr", "decide_lcspr": "Decided", "checkpoint": "Looked at", "checkpoint 2": "Again"}
    (case,) = read(write(tmp_path / "list.csv", row), "lcspr", mapping).cases
    assert [(step.name, step.occurrence) for step in case.steps] == [
        ("decide_lcspr", 1),
        ("checkpoint", 1),
        ("checkpoint", 2),
    ]


def test_five_thousand_rows_are_read_and_the_bad_ones_named(tmp_path):
    path = tmp_path / "list.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["case_ref", "decide_lcspr", "sign_off", "publish", "stage"])
        for number in range(5000):
            day = "never" if number % 1000 == 0 else "2022-01-10"
            rows.writerow([f"L-{number}", day, "2022-06-01", "2022-07-01", "published"])
    found = read(path, "lcspr")
    assert (len(found.cases), [each.row for each in found.refused]) == (4995, [2, 1002, 2002, 3002, 4002])


def test_the_opening_of_a_kind_is_its_first_step():
    assert all(workflow.opening.source == (UNOPENED,) for workflow in CASE_WORKFLOWS.values())
