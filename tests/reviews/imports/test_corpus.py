"""Every sample of a tracker with what is right for it, as a table: the next shape is one more line.

The headings of the exports of other tools are from the page or repository file named beside each; their cells are
invented. An expectation that is None is not held by this table.
"""

import csv
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from reviews.imports.readers.plan import read_plan
from reviews.imports.readers.result import PlanRow, TrackerPlan
from reviews.imports.store_rows import import_plan
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, a_world

SAMPLES = Path(__file__).parents[2] / "samples"


@dataclass(frozen=True)
class Expected:
    """What comes of a file. `asked` are fields with at least one question, "action@1" for one at that row.

    `parts` and `sections` are those of each row, `due`, `owners`, `completed` and `ratings` likewise; `title` the
    actions' titles.
    """

    actions: list[str]
    sections: list[str] | None = None
    parts: list[list[str]] | None = None
    titles: list[str] | None = None
    due: list[str | None] | None = None
    owners: list[list[str]] | None = None
    completed: list[str] | None = None
    ratings: list[str] | None = None
    asked: set[str] | None = None
    left_out: int | None = None
    source: str = ""


SEVEN = ["Write", "Train", "Web", "Run", "All", "Meet", "Old"]
LEAFLET = ["Write the leaflet", "Train the wardens"]
CASES: dict[str, Expected] = {
    "import-cases/M01-lead-agency-text-lost.csv": Expected(LEAFLET),
    "import-cases/M02-month-kept-as-day.csv": Expected(LEAFLET[:1], due=["2027-03-31"]),
    "import-cases/M03-two-columns.csv": Expected(LEAFLET, asked={"action@1"}),
    "import-cases/M04-recommendation-is-the-action.csv": Expected(LEAFLET, asked=set()),
    "import-cases/M05-status-code-with-key.xlsx": Expected(
        LEAFLET, completed=["no", "doubt"], asked={"status@3"}, left_out=2
    ),
    "import-cases/M06-date-in-title.xlsx": Expected(LEAFLET, due=[None, None], asked={"due@1"}),
    "import-cases/M07-month-in-a-sentence.csv": Expected(
        SEVEN,
        due=[None, None, None, None, "2027-12-31", "2027-01-18", "2027-06-09"],
        asked={"due@2", "due@3", "due@4", "due@5"},
    ),
    "import-cases/M08-two-owners.csv": Expected(
        ["Write", "Train", "Go", "Hi"],
        owners=[
            ["Training Sub-Group and Early Help Sub-Group"],
            ["CSE group", "Training and Dev sub."],
            ["Chair", "DCS"],
            ["Assistant Director, Planning"],
        ],
        asked={"owner@2", "owner@5"},
    ),
    "import-cases/M09-lead-and-timescale-in-one.csv": Expected(
        ["Write the leaflet", "Train"],
        due=["2027-04-30", "2027-04-30"],
        owners=[["Clinical Director", "Manager"], ["Manager"]],
    ),
    "import-cases/M10-second-row-explains-headings.csv": Expected(
        LEAFLET[:1], sections=["R1: be safer"], asked={"due@3"}, left_out=1
    ),
    "import-cases/M11-second-table-below.xlsx": Expected(
        ["Write it", "Train them", "Briefing note by Head of B"],
        titles=["Leaflet", "Wardens", "Staffing"],
        owners=[["Head of A"], ["Head of A"], []],
        asked={"action@6"},
    ),
    "import-cases/M12-other-sheets-left-out.xlsx": Expected(LEAFLET[:1], parts=[["North", "South"]], left_out=1),
    "import-cases/M13-footer-becomes-action.xlsx": Expected(LEAFLET[:1], left_out=2, asked=set()),
    "import-cases/M14-row-without-text.csv": Expected(["Write the leaflet", "Text missing"], asked={"action@3"}),
    "import-cases/M15-words-of-done.csv": Expected(
        [f"Thing {number}" for number in range(1, 19)],
        completed=[
            *["doubt"] * 7,
            *["yes"] * 3,
            *("doubt", "no", "doubt", "doubt", "doubt", "yes", "stopped", "doubt"),
        ],
    ),
    "import-cases/M16-item-heading-is-reference.csv": Expected(
        ["Write it", "Train"],
        titles=[
            "Update on the work to address the thing that the committee has asked about twice, to include progress "
            "against the plan",
            "Modern Slavery",
        ],
    ),
    "import-cases/M17-date-in-progress.csv": Expected(["Finish the report"], due=[None], asked={"due@2"}),
    "import-cases/M18-body-row-taken-for-headings.xlsx": Expected(
        ["Whole-family work", "Early intervention service in the town.", "Two pilots", "Cluster of schools"],
        asked={"action@1"},
    ),
    "import-cases/M19-two-question-headings.csv": Expected(
        ["Embed recommendations", "Implement strategy"], asked={"action@1"}
    ),
    "import-cases/M20-weekday-mismatch.csv": Expected(["Write", "Train"], due=[None, "2025-11-13"], asked={"due@2"}),
    "import-cases/M21-same-thing-twice.csv": Expected(
        ["Workshop on well-being with four boards"] * 2, asked={"action@3"}
    ),
    "import-cases/M22-rag-red-becomes-green.csv": Expected(LEAFLET, ratings=["Red", ""]),
    "import-cases/M23-heading-with-slashes.csv": Expected(["Keep the caseloads down"], ratings=["R"]),
    "import-cases/M26-us-column.csv": Expected(["a", "b", "c"], due=[None, None, None], asked={"due@1"}),
    "import-cases/M27-mixed-encoding.csv": Expected(["£250 for the café"], owners=[["Nurse é"]], asked={"encoding@2"}),
    "public-cases/01-jira.csv": Expected(
        ["Write the guide", "Hold the event"],
        due=["2026-12-04", "2027-01-11"],
        owners=[["Jane Smith"], []],
        completed=["no", "yes"],
    ),
    "public-cases/02-kanboard.csv": Expected(
        ["Write the guide", "Hold the event"],
        owners=[["Tobias Fenn"], ["Petra Winslow"]],
        completed=["no", "yes"],
        asked={"due@1"},
    ),
    "public-cases/02-planner.csv": Expected(
        ["Write the guide", "Hold the event", "Brief the staff"],
        owners=[["Jane Smith", "Tom Hall"], ["Tom Hall"], ["Tom Hall"]],
        completed=["no", "yes", "no"],
        due=[None, None, None],
        asked={"due@1"},
    ),
    "public-cases/02-planner.xlsx": Expected(
        ["Write the guide", "Hold the event"], owners=[["Tobias Fenn"], ["Petra Winslow"]], left_out=1
    ),
    "public-cases/06-dates.csv": Expected(
        ["a", *(f"a{number}" for number in range(2, 25))],
        due=[
            *["2026-03-31"] * 3,
            *(None, None, "2026-03-31", "2026-03-31", None, None, None, "2026-07-01", "2026-07-01", None, None, None),
            *("2026-09-30", None, None, None, "2026-09-30", None, None, "2026-09-30", None),
        ],
    ),
    "public-cases/07-sharepoint.csv": Expected(
        ["Write the guide", "Hold the event"],
        due=["2026-12-04", "2027-01-11"],
        owners=[["Smith, Jane (Anyshire Council)"], ["Smith, Jane", "Hall, Tom"]],
    ),
    "public-cases/08-strike.xlsx": Expected(
        ["Write the guide", "Hold the event", "Brief the staff"],
        due=["2026-12-01", "2026-12-01", None],
        completed=["no", "doubt", "no"],
        asked={"status@3", "due@4"},
        left_out=2,
    ),
    "public-cases/11-owners.csv": Expected([f"Action number {number}" for number in range(1, 25)]),
    "public-cases/13-audit.csv": Expected(
        ["Record visits within two days", "Sample ten records a month", "Train all new staff"],
        due=["2026-12-31", "2026-05-31", None],
        owners=[["Head of Service"], ["Quality Manager"], ["Head of HR"]],
        completed=["no", "doubt", "doubt"],
    ),
    "public-cases/14-gao.csv": Expected(
        [
            "The head should ensure that guidance is issued.",
            "The head should ensure that data are kept.",
            "The head should review the process.",
            "The head should consult.",
            "The head should train.",
        ],
        completed=["doubt", "yes", "no", "no", "stopped"],
    ),
    "public-cases/27-revised.xlsx": Expected(["Write the guide", "Hold the event"], due=["2026-12-18", "2026-12-01"]),
    "public-cases/28-stat.csv": Expected(
        [
            *("Write the guide", "Hold the event", "Brief the staff", "Train the staff", "Audit files", "Print it"),
            *("Send it", "Post it"),
        ],
        completed=[*["stopped"] * 4, "yes", "stopped", "stopped", "no"],
    ),
    "tools/asana.csv": Expected(
        ["Map the offer of early help for under-ones", "Revise the escalation policy"],
        parts=[["Ask the children's centres for their lists"], []],
        due=["2027-02-15", "2026-11-30"],
        owners=[["priya.nair@anyshire.example"], ["tom.hall@anyshire.example"]],
        completed=["not_stated", "yes"],
        asked=set(),
        source="https://github.com/prescottbreeden/my-task-buddy, src/types/Asana.type.ts",
    ),
    "tools/byhand.csv": Expected(
        ["Put the pathway on the intranet", "Brief the wards", "Brief the school nurses"],
        sections=["HEALTH", "HEALTH", "EDUCATION"],
        due=["2027-01-29", "2026-11-27", "2027-02-26"],
        owners=[["Priya Nair"], ["Tom Hall"], ["Anna Berg"]],
        completed=["not_stated", "yes", "not_stated"],
        asked=set(),
        left_out=5,
        source="a tracker kept by hand: titles, headings in two rows, lines across, a total",
    ),
    "tools/glpi.csv": Expected(
        ["Open shared folders to the three partners", "Switch on the flag for children on a plan"],
        due=["2027-01-29", "2026-11-27"],
        owners=[["Nair Priya"], ["Hall Tom"]],
        completed=["no", "yes"],
        asked=set(),
        source="https://github.com/glpi-project/glpi, src/Ticket.php, the names of its search options",
    ),
    "tools/googlesheets.csv": Expected(
        ["Put the learning into induction", "Visit each provider about safer sleep"],
        due=["2027-01-29", "2027-03-31"],
        owners=[["Priya Nair"], ["Tom Hall"]],
        completed=["no", "no"],
        asked=set(),
        source="https://blog.maxspreadsheet.com/how-to-build-a-smart-project-tracker-template-in-google-sheets.html",
    ),
    "tools/jira.csv": Expected(
        ["Write the briefing for frontline staff", "Hold four learning events"],
        sections=["Learning from LCSPR Alder"] * 2,
        parts=[["Choose the three messages"], []],
        due=["2027-01-15", "2027-03-31"],
        owners=[["Priya Nair"], ["Tom Hall"]],
        completed=["no", "no"],
        source="https://github.com/mattcarp/betabase, docs/data-collection/JIRA-EXPORT-GUIDE.md, and public-cases/01",
    ),
    "tools/kanboard.csv": Expected(
        ["Give midwives the routine enquiry prompt", "Update the missing children protocol"],
        due=["2027-01-29", "2026-11-27"],
        owners=[["Priya Nair"], ["Tom Hall"]],
        completed=["no", "yes"],
        asked=set(),
        source="https://github.com/kanboard/kanboard, app/Export/TaskExport.php",
    ),
    "tools/monday.csv": Expected(
        ["Write the discharge letter with the wards", "Check ten letters", "Brief custody sergeants"],
        sections=["Health", "Health", "Police"],
        parts=[["Ask two wards to try it"], [], []],
        due=["2027-01-29", "2027-04-30", "2026-11-20"],
        owners=[["Priya Nair"], ["Tom Hall"], ["Anna Berg"]],
        completed=["no", "not_stated", "yes"],
        asked=set(),
        source="https://github.com/nworbdier/orderly_flow, IMPORT_GUIDE.md",
    ),
    "tools/msproject.csv": Expected(
        [
            "Agree the wording of the standard",
            "Train the reviewing officers",
            "Renew the information sharing agreement",
        ],
        sections=["Recommendation 1: hear the child"] * 2 + ["Recommendation 2: share what is known"],
        due=["2026-10-30", "2027-03-05", "2027-01-29"],
        owners=[["Priya Nair"], ["Tom Hall"], ["Anna Berg"]],
        completed=["yes", "no", "no"],
        asked=set(),
        source="https://github.com/HCloward/syniti-hugo, Use_Cases/Export_Project_Excl_Sprdsht_MSProject.md",
    ),
    "tools/openproject.csv": Expected(
        ["Ask the youth forum what a good visit is", "Write the visit standard with them"],
        sections=["Hearing from children"] * 2,
        due=["2027-01-29", "2027-03-31"],
        owners=[["Priya Nair"], ["Tom Hall"]],
        completed=["no", "no"],
        asked=set(),
        source="https://github.com/opf/openproject, config/locales/en.yml, the attributes of a work package",
    ),
    "tools/pentana.csv": Expected(
        ["Audit fifteen pre-birth assessments", "Agree a shared chronology template"],
        sections=["LCSPR Alder action plan"] * 2,
        due=["2027-02-26", "2026-11-27"],
        owners=[["Priya Nair"], ["Tom Hall"]],
        completed=["no", "yes"],
        asked=set(),
        source="https://pentanarisk.help.ideagen.com/hc/en-gb/articles/360008580920-How-do-I-do-an-Actions-Import-",
    ),
    "tools/planner.csv": Expected(
        [
            "Agree the bruising protocol with the walk-in centres",
            "Brief school leads on the new referral form",
            "Publish the neglect toolkit",
        ],
        due=["2027-01-29", "2027-03-31", "2026-11-20"],
        owners=[["Priya Nair", "Tom Hall"], ["Tom Hall"], ["Priya Nair"]],
        completed=["no", "no", "yes"],
        asked=set(),
        source="https://github.com/rheajt/gantt-planner, typings/PlannerRow.ts",
    ),
    "tools/redmine.csv": Expected(
        ["Set a standard for recording the voice of the child", "Train duty managers in threshold decisions"],
        parts=[["Collect three good examples"], []],
        due=["2027-02-26", "2026-11-27"],
        owners=[["Priya Nair"], ["Tom Hall"]],
        completed=["no", "yes"],
        asked=set(),
        source="https://github.com/openSUSE/md2workflow, its test of a list exported from Redmine",
    ),
    "tools/sharepoint.csv": Expected(
        ["Share the pathway with every GP practice", "Sample twenty strategy discussions"],
        due=["2027-02-26", "2027-04-30"],
        owners=[["named.gp@anyshire.example"], ["qa.lead@anyshire.example"]],
        completed=["no", "no"],
        asked=set(),
        source="an export with the schema of the list before the headings, as in public-cases/07",
    ),
    "tools/smartsheet.csv": Expected(
        ["Hold the practitioner event", "Write the seven-minute briefing", "Tell the family what was done"],
        due=["2027-01-15", "2027-02-05", "2026-11-06"],
        owners=[["priya.nair@anyshire.example"], ["tom.hall@anyshire.example"], ["anna.berg@anyshire.example"]],
        completed=["no", "no", "yes"],
        asked=set(),
        source="https://projectorpsa.atlassian.net/wiki/spaces/docs/pages/261455873/Smartsheet+Sheet+and+Template+Requirements",
    ),
    "tools/todoist.csv": Expected(
        ["Add bruising to the pre-birth checklist", "Put the form on the schools portal"],
        sections=["Health", "Education"],
        parts=[["Send the draft to the community team"], []],
        due=["2027-01-29", "2027-02-26"],
        owners=[["Priya (14781512)"], ["Tom (14781633)"]],
        asked=set(),
        left_out=3,
        source="https://todoist.com/help/articles/format-a-csv-file-to-import-into-todoist-UVUXTmm6",
    ),
    "tools/trello.csv": Expected(
        ["Write to every dental practice", "Test the out-of-hours number", "Print the pocket cards"],
        due=["2027-01-29", "2027-02-26", "2026-11-06"],
        owners=[["Priya Nair"], ["Tom Hall"], ["Priya Nair"]],
        completed=["no", "no", "yes"],
        source="the export of a board as CSV: card, list and board by name and number, as its importers test it",
    ),
}


def asked(plan: TrackerPlan) -> set[str]:
    return {doubt.field for doubt in plan.doubts} | {f"{doubt.field}@{doubt.row}" for doubt in plan.doubts}


def due(row: PlanRow) -> str | None:
    return row.due.on.isoformat() if isinstance(row.due.on, date) else None


@pytest.mark.parametrize("name", CASES)
def test_a_sample_gives_what_is_right_for_it(name):
    expected, plan = CASES[name], read_plan(SAMPLES / name)
    found = {
        "actions": [row.action for row in plan.rows],
        "sections": [row.recommendation for row in plan.rows],
        "parts": [[part.name for part in row.agency_parts] for row in plan.rows],
        "titles": [row.title for row in plan.rows],
        "due": [due(row) for row in plan.rows],
        "owners": [list(row.owners) for row in plan.rows],
        "completed": [row.completed for row in plan.rows],
        "ratings": [row.rating_text for row in plan.rows],
        "left_out": len(plan.left_out),
    }

    assert plan.refused == ()
    for field, value in found.items():
        if getattr(expected, field) is not None:
            assert value == getattr(expected, field), field
    if expected.asked == set():
        assert plan.doubts == ()
    assert (expected.asked or set()) <= asked(plan)


@pytest.mark.parametrize("name", [name for name in CASES if not name.endswith(".xlsx")])
def test_every_word_of_a_row_that_became_an_action_is_found_again(name):
    with (SAMPLES / name).open(encoding="utf-8", errors="replace", newline="") as file:
        lines = dict(enumerate(csv.reader(file, delimiter=";" if name.endswith("glpi.csv") else ","), start=1))
    for row in read_plan(SAMPLES / name).rows:
        known = [
            *(row.reference, row.recommendation_reference, row.recommendation, row.action, row.outcome, row.due.text),
            row.original_due.text,
            *(row.agency, row.status_text, row.rating_text, row.progress, row.evidence, *row.owners),
            *(text for _, text in row.others),
        ]
        text = " ".join(" ".join(known).split())
        for cell in lines[row.row]:
            for word in re.split(r"[\s;]+", cell):
                is_number_of_a_list = re.fullmatch(r"#\d+", word)  # of SharePoint, beside each name
                assert is_number_of_a_list or word.strip(" ./&,#") in text or "\ufffd" in word, (row.row, cell)


def test_the_same_export_again_changes_nothing(database, clock):
    anyshire = a_world(database).anyshire.partnership
    for number, name in enumerate(TOOLS):
        for _ in range(2):
            with unit_of_work(database, BUILDER, clock) as unit:
                partnership = unit.partnership(anyshire.code)
                done = import_plan(unit, partnership, reference=f"SP-{number}", plan=read_plan(SAMPLES / name))
        assert (done.created, done.updated, done.unchanged) == (0, 0, len(CASES[name].actions)), name


TOOLS = [name for name in CASES if name.startswith("tools/") and name != "tools/byhand.csv"]


def changed(name: str, folder: Path, *, renamed: str = "", moved: int | None = None) -> Path:
    """The export with one heading in words nobody knows, and one column at the other end."""
    path = folder / "changed.csv"
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        schema = file.readline() if name.endswith("sharepoint.csv") else ""
        lines = list(csv.reader(file, delimiter=";" if name.endswith("glpi.csv") else ","))
    for line in lines:
        if renamed and renamed in line:
            line[line.index(renamed)] = "Bezeichnung"
        if moved is not None:
            line.append(line.pop(moved))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(schema)
        csv.writer(file).writerows(lines)
    return path


def headings(name: str) -> list[str]:
    """The headings of an export that decide what its columns are."""
    plan = read_plan(SAMPLES / name)
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, delimiter=";" if name.endswith("glpi.csv") else ","))
    row = next(line for line in lines if plan.rows[0].action in line)
    head = next(line for line in lines if len([cell for cell in line if cell]) > 4)
    deciding = {plan.rows[0].action, plan.rows[0].due.text, plan.rows[0].status_text, *plan.rows[0].owners}
    return [head[number] for number, cell in enumerate(row) if cell and cell in deciding]


@pytest.mark.parametrize("name", [name for name in TOOLS if name != "tools/monday.csv"])
def test_an_export_with_one_heading_renamed_is_read_right_or_asked_about(name, tmp_path):
    whole = read_plan(SAMPLES / name)
    for heading in headings(name):
        plan = read_plan(changed(name, tmp_path, renamed=heading))
        said = {doubt.field for doubt in plan.doubts if doubt.offered}
        if [row.action for row in plan.rows] != [row.action for row in whole.rows]:
            assert said & {"action", "owner"}, heading
            continue
        assert [due(row) for row in plan.rows] == [due(row) for row in whole.rows] or "due" in said, heading
        is_named = any(row.owners for row in plan.rows)  # where nobody is, each row is asked when it is imported
        if is_named and heading != "Assignee Email":  # the names beside the addresses are as right
            assert [row.owners for row in plan.rows] == [row.owners for row in whole.rows] or "owner" in said, heading


@pytest.mark.parametrize("name", [name for name in TOOLS if name not in ("tools/monday.csv", "tools/sharepoint.csv")])
def test_an_export_with_a_column_moved_is_read_as_before(name, tmp_path):
    whole = read_plan(SAMPLES / name)
    for column in range(3):
        plan = read_plan(changed(name, tmp_path, moved=column))
        assert [(row.action, due(row), row.completed) for row in plan.rows] == [
            (row.action, due(row), row.completed) for row in whole.rows
        ]
