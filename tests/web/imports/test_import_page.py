"""A manager's own spreadsheet, from the upload to the plan and back again, in the pages and without script."""

import io
import re
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from reviews.imports.readers.plan import read_plan
from reviews.imports.store_rows import import_plan
from reviews.models import Action, Case, ColumnMapping, ImportRun
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER
from tests.changes import nothing_changes
from tests.web.visitor import rows
from workflows.core.vocabulary import Role

SAMPLES = Path(__file__).parents[2] / "samples"
TRACKER = "Ref,Action,Officer,By when\n1,Train the staff,Jane,31/03/2027\n2,Audit thirty files,,Sept 16\n"
FOREIGN = "Nr,Aufgabe,Wer,Frist\n1,Train the staff,Jane,31/03/2027\n"
BROKEN = "Ref,Action\n1,Train\n1,Audit\n2,Ask\n"


@pytest.fixture
def manager(doors):
    return doors.visitor("manager@anyshire.example")


@pytest.fixture
def uploads(tmp_path):
    return tmp_path / "uploads"


def upload(visitor, content=TRACKER, *, name="tracker.csv", plan="SP-2026-07", **more):
    data = content.encode() if isinstance(content, str) else content
    return visitor.send("/actions/import", file=(io.BytesIO(data), name), plan=plan, partnership="ANYSHIRE", **more)


def sample(beginning):
    (path,) = SAMPLES.glob(f"{beginning}_*")
    return {"content": path.read_bytes(), "name": path.name}


def form(visitor, **changed):
    """Give what the page that is open would send."""
    hidden = {name: visitor.hidden(name) for name in ("form_id", "seen")}
    selects = re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', visitor.html, re.DOTALL)
    chosen = {name: re.search(r'value="([^"]*)" selected', options) for name, options in selects}
    return hidden | {name: found[1] if found else "" for name, found in chosen.items()} | changed


def looked_at(visitor, *arguments, **more):
    """Upload a file, open the page that it leads to, and give its address."""
    assert upload(visitor, *arguments, **more) == 303
    here = visitor.location
    assert visitor.follow() == 200
    return here


def column(visitor, heading):
    """Give the name of the field that says what a column means."""
    found = re.search(rf'for="(column_\d+)">What “{re.escape(heading)}” means', visitor.html)
    assert found is not None, heading
    return found[1]


def test_a_spreadsheet_is_looked_at_and_then_imported(doors, manager, uploads):
    with nothing_changes(doors.database):
        here = looked_at(manager)
    assert "What would be imported into SP-2026-07" in manager.said
    assert "2 Would be created" in manager.said
    assert "It may be September 2016, or 16 September without a year." in manager.said
    assert "It will be opened as a strategy plan" in manager.said
    assert manager.send(here, **form(manager, do="all")) == 303
    assert manager.location == "/cases/SP-2026-07"
    manager.follow()
    assert "2 actions created, 0 updated, 0 unchanged." in manager.said
    assert rows(doors.database, Action) == 2
    assert not list(uploads.iterdir())


def test_pressed_twice_it_is_imported_once(doors, manager):
    here = looked_at(manager)
    sent = form(manager, do="all")
    for _ in range(2):
        assert (manager.send(here, **sent), manager.location) == (303, "/cases/SP-2026-07")
    assert rows(doors.database, ImportRun) == 1


@pytest.mark.parametrize(("beginning", "actions"), [("P01", 6), ("P06", 3), ("S02", 6)])
def test_published_trackers_come_in(doors, manager, beginning, actions):
    here = looked_at(manager, **sample(beginning))
    assert f"{actions} Would be created" in manager.said
    assert manager.send(here, **form(manager, do="all")) == 303
    assert rows(doors.database, Action) == actions


def test_a_column_is_explained_and_remembered_for_the_next_file_with_these_headings(doors, manager):
    here = looked_at(manager, FOREIGN)
    assert "“Aufgabe” was taken as the action. Say whether it is another column." in manager.said
    meant = {"Aufgabe": "action", "Wer": "owner", "Frist": "due", "Nr": "reference"}
    sent = form(manager, **{column(manager, heading): field for heading, field in meant.items()}, remember="y")
    assert manager.send(here, **sent, do="look") == 303
    manager.follow()
    assert "1 Would be created" in manager.said
    assert manager.send(here, **form(manager, do="all", remember="y")) == 303
    assert rows(doors.database, ColumnMapping) == 1
    looked_at(doors.visitor("admin@anyshire.example"), FOREIGN, plan="SP-2026-08")
    looked_at(manager, FOREIGN.replace("Train", "Teach"))
    assert "1 Would be updated" in manager.said


def test_the_row_of_the_headings_can_be_chosen_and_what_was_not_taken_is_said(doors, manager):
    here = looked_at(manager, "Ref,Action,Lead\n0,Old,Jane\nNr,Action,Wer\n1,Train \u202ethem,Ann\n")
    assert "3 Would be created" in manager.said
    assert manager.send(here, **form(manager, header_row="three", do="look")) == 422
    assert manager.send(here, **form(manager, header_row="3", do="look")) == 303
    manager.follow()
    assert "1 Would be created" in manager.said
    assert "2 things seen and not taken as they are" in manager.said
    assert "Row 2: It is above the headings of the table. “0 | Old | Jane”" in manager.said
    assert "Train [U+202E]them" in manager.said
    assert manager.send(here, **form(manager, header_row="3", do="all")) == 303
    with doors.database() as session:
        assert [row.text for row in session.query(Action)] == ["Train \u202ethem"]


def test_what_is_a_guess_is_marked_what_is_certain_is_plain_and_the_rest_is_for_a_person(manager):
    rows = "1,Share it.,Train,Jane,Sept 16\n,,Audit,Sam,March 2027\n2,Do more.,Ask,owner@anyshire.example,31/03/2027\n"
    looked_at(manager, f"Rec no,Recommendation,Action,Officer,By when\n{rows}")
    preview = manager.said.partition("The actions as they would be")[2]
    assert "The file does not say these plainly." in manager.said
    assert "No date To decide “Sept 16”" in preview
    assert "31 March 2027 “March 2027”" in preview
    assert "Guess" in preview


def test_two_columns_with_one_heading_are_told_apart_by_their_letters(doors, manager):
    here = looked_at(manager, "Ref,Action,Date,Date\n1,Train,31/03/2027,30/04/2027\n")
    assert "Another column has the same heading, “Date (column D)”" in manager.said
    first, second = column(manager, "Date (column C)"), column(manager, "Date (column D)")
    manager.send(here, **form(manager, **{first: "", second: "due"}), do="look")
    manager.follow()
    manager.send(here, **form(manager, do="all"))
    with doors.database() as session:
        assert {row.due_on.isoformat() for row in session.query(Action)} == {"2027-04-30"}


def test_an_edited_export_of_several_sheets_shows_what_is_to_be_decided(doors, manager, clock):
    with unit_of_work(doors.database, BUILDER, clock) as unit:
        plan = read_plan(SAMPLES / "B22_semicolons.csv")
        import_plan(unit, unit.partnership("ANYSHIRE"), reference="SP-2026-07", plan=plan)
    workbook = openpyxl.load_workbook(io.BytesIO(manager.client.get("/cases/SP-2026-07/plan.xlsx").get_data()))
    sheet = workbook["Actions"]
    status = next(cell.column for cell in sheet[1] if cell.value == "Status")
    sheet.cell(2, status).value = "Complete"
    edited = io.BytesIO()
    workbook.save(edited)
    looked_at(manager, edited.getvalue(), name="plan.xlsx")
    assert "It closes when it is signed off" in manager.said
    assert "5 Unchanged" in manager.said


def test_a_column_that_was_taken_wrongly_is_left_alone(doors, manager):
    here = looked_at(manager)
    manager.send(here, **form(manager, **{column(manager, "By when"): ""}), do="look")
    manager.follow()
    manager.send(here, **form(manager, do="all"))
    with doors.database() as session:
        assert {row.due_on for row in session.query(Action)} == {None}


def test_two_columns_cannot_mean_the_same(manager):
    here = looked_at(manager)
    sent = form(manager, **{column(manager, "By when"): "owner"})
    assert manager.send(here, **sent, do="look") == 422
    assert "cannot both be Owner" in manager.said


def test_what_was_not_looked_at_is_not_imported(doors, manager):
    here = looked_at(manager)
    with nothing_changes(doors.database):
        sent = form(manager, **{column(manager, "By when"): ""}, do="all")
        assert manager.send(here, **sent) == 409
    assert "have changed since you looked at it" in manager.said
    assert manager.send(here, **form(manager, do="all")) == 303
    with doors.database() as session:
        assert {row.due_on for row in session.query(Action)} == {None}


def test_a_file_that_was_changed_underneath_is_not_imported(doors, manager, uploads):
    here = looked_at(manager)
    sent = form(manager, do="all")
    (path,) = uploads.glob("*.csv")
    path.write_text(TRACKER.replace("Train", "Teach"))
    with nothing_changes(doors.database):
        assert manager.send(here, **sent) == 409


def test_rows_that_cannot_be_taken_are_named_and_the_good_ones_can_come_in(doors, manager):
    here = looked_at(manager, BROKEN)
    assert "The reference 1 is used for different actions in row 2 and row 3." in manager.said
    assert "Import the 2 good rows" in manager.said
    sent = form(manager)
    with nothing_changes(doors.database):
        assert manager.send(here, **sent, do="all") == 422
    assert "Nothing was imported" in manager.said
    assert manager.send(here, **form(manager, do="good")) == 303
    assert rows(doors.database, Action) == 2


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "tracker.xlsx", "has a password"),
        (b"hello", "tracker.xlsx", "is not an Excel workbook"),
        (b"", "tracker.csv", "empty"),
        (b"hello", "tracker.docx", "The spreadsheet must be an"),
        (b"x", "", "Choose a spreadsheet"),
    ],
)
def test_d7_what_is_no_spreadsheet_is_refused_with_a_sentence_and_not_kept(manager, content, name, sentence, uploads):
    assert upload(manager, content, name=name) == 422
    assert sentence in manager.said
    assert not list(uploads.glob("*"))


def send_whole(visitor, content):
    """Send a large file in one piece: the test client would put it on the disk and leave it open."""
    part = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n'
    fields = {"plan": b"SP-1", "partnership": b"ANYSHIRE"}
    parts = [part.format(name, "").encode() + value for name, value in fields.items()]
    parts.append(part.format("file", '; filename="big.csv"').encode() + content)
    body = b"--cut\r\n" + b"\r\n--cut\r\n".join(parts) + b"\r\n--cut--\r\n"
    answer = visitor.client.post("/actions/import", data=body, content_type="multipart/form-data; boundary=cut")
    visitor.html = answer.get_data(as_text=True)
    return answer.status_code


def test_d7_ten_megabytes_come_in_here_and_nowhere_else(manager):
    assert send_whole(manager, b"Ref,Action\n" + b"\n" * 8_000_000) == 422
    assert "20,000 rows" in manager.said
    assert send_whole(manager, b"x" * 11_000_000) == 413
    assert manager.send("/cases/new", title="x" * 2_000_000) == 413


def test_a_file_is_kept_for_its_owner_for_a_day_and_readable_for_nobody_else(doors, manager, clock, uploads):
    here = looked_at(manager)
    assert {path.stat().st_mode & 0o777 for path in uploads.iterdir()} == {0o600}
    assert uploads.stat().st_mode & 0o777 == 0o700
    for email in ("admin@anyshire.example", "manager@midmarch.example"):
        other = doors.visitor(email)
        assert (other.open(here), other.location) == (303, "/actions/import")
    assert doors.visitor("chair@anyshire.example").open(here) == 403
    for wrong in ("/actions/import/..", "/actions/import/" + "x" * 32, "/actions/import/x"):
        assert manager.open(wrong) in (303, 404)
    doors.clock.at += timedelta(days=1, minutes=1)
    again = doors.visitor("manager@anyshire.example")
    assert (again.open(here), again.location) == (303, "/actions/import")
    upload(again)
    assert len(list(uploads.iterdir())) == 2


def test_one_person_keeps_five_files_at_most(manager, uploads):
    for _ in range(7):
        upload(manager)
    assert len(list(uploads.glob("*.csv"))) == 5


def test_only_the_unit_imports_and_only_into_its_own_partnership(doors, manager):
    for word in ("chair", "owner", "scrutiny", "agency-lead"):
        assert doors.visitor(f"{word}@anyshire.example").open("/actions/import") == 403
    data = (io.BytesIO(TRACKER.encode()), "tracker.csv")
    assert manager.send("/actions/import", file=data, plan="SP-1", partnership="MIDMARCH") == 422
    assert rows(doors.database, Case) == 0


def test_an_import_is_listed_with_its_plan_and_undone_there(doors, manager):
    here = looked_at(manager)
    manager.send(here, **form(manager, do="all"))
    assert manager.open("/cases/SP-2026-07/imports") == 200
    assert "tracker.csv" in manager.said
    undo = next(link for link in manager.links if link.endswith("/undo"))
    with nothing_changes(doors.database):
        assert manager.open(undo) == 200
    assert "2 actions that it created would end" in manager.said
    sent = {"form_id": manager.hidden("form_id")}
    for _ in range(2):
        assert (manager.send(undo, **sent), manager.location) == (303, "/cases/SP-2026-07/imports")
    manager.follow()
    assert "The import was undone: 2 actions ended" in manager.said
    assert manager.open(undo) == 200
    assert "It was undone on" in manager.said
    assert manager.send(undo, form_id="another") == 422


def test_imports_of_another_plan_or_partnership_are_not_there(doors, manager, clock, world):
    with unit_of_work(doors.database, BUILDER, clock) as unit:
        plan = read_plan(SAMPLES / "B22_semicolons.csv")
        run = import_plan(unit, unit.partnership("MIDMARCH"), reference="SP-1", plan=plan).run
        import_plan(unit, unit.partnership("ANYSHIRE"), reference="SP-2", plan=plan)
    assert manager.open("/cases/SP-1/imports") == 404
    assert manager.open(f"/cases/SP-2/imports/{run}/undo") == 404
    assert manager.send(f"/cases/SP-1/imports/{run}/undo", form_id="x") == 404
    assert doors.visitor("chair@anyshire.example").open("/cases/SP-2/imports") == 403
    assert world.anyshire.people[Role.BUSINESS_MANAGER].email == "manager@anyshire.example"


def test_a_plan_imported_as_silent_says_so_on_its_page_until_a_button_starts_it(manager, doors, database):
    here = looked_at(manager)
    assert "Remind from tomorrow" in manager.html
    assert manager.send(here, **form(manager, do="all", reminders="silent")) == 303
    assert manager.follow() == 200
    assert "This plan is silent." in manager.html

    chair = doors.visitor("chair@anyshire.example")
    chair.open("/cases/SP-2026-07?partnership=ANYSHIRE")
    assert "until the business unit starts that" in chair.html
    assert chair.open("/cases/SP-2026-07/start-reminders?partnership=ANYSHIRE") == 403

    start = "/cases/SP-2026-07/start-reminders?partnership=ANYSHIRE"
    assert manager.open(start) == 200
    assert "No action of the plan is overdue today." in manager.html
    assert manager.send(start, form_id=manager.hidden("form_id")) == 303
    assert manager.follow() == 200
    assert "The owners of this plan are reminded from tomorrow." in manager.html
    assert "This plan is silent." not in manager.html


def test_an_import_into_a_silent_plan_offers_silence_and_may_end_it(manager, database):
    assert manager.send(looked_at(manager), **form(manager, do="all", reminders="silent")) == 303
    again = looked_at(manager, TRACKER.replace("2,Audit", "3,Audit"))
    assert re.search(r'value="silent"[^>]* checked', manager.html)

    assert manager.send(again, **form(manager, do="all", reminders="tomorrow")) == 303
    manager.follow()

    assert "This plan is silent." not in manager.html


def test_a_new_plan_gets_its_title_where_it_is_imported(manager, doors):
    here = looked_at(manager)
    assert "Title of the new plan" in manager.said
    assert manager.send(here, **form(manager, do="all", title="Neglect strategy")) == 303
    assert rows(doors.database, Case, Case.reference == "SP-2026-07", Case.title == "Neglect strategy") == 1
    looked_at(manager)
    assert "Title of the new plan" not in manager.said
