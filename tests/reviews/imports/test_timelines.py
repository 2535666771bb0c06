"""Timelines of reviews as areas publish and keep them, and what must come in: the next one is one more row here."""

from dataclasses import dataclass, field
from itertools import count

import pytest

from reviews.cases.every_case import every_case
from reviews.exports.past_list import as_past_list
from reviews.imports.history import CaseOutcome, import_cases
from reviews.imports.readers.past_files import read_histories
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TODAY, a_world
from tests.changes import nothing_changes
from tests.reviews.imports.lists import write
from tests.web.visitor import statements
from web.cli.case_data import listed_as_data
from workflows.core.days import PartialDay
from workflows.definitions import CASE_WORKFLOWS


@dataclass(frozen=True)
class Timeline:
    """`row` is the heading and the cell of each column. `late` is what a clock says: exact, or least and most."""

    kind: str
    row: dict[str, str]
    stages: dict[str, str]
    steps: dict[str, str | None]
    facts: dict[str, object] = field(default_factory=dict)
    due: dict[str, str | list[str]] = field(default_factory=dict)
    late: dict[str, object] = field(default_factory=dict)
    more: dict[str, object] = field(default_factory=dict)


TIMELINES = {
    "a practice review known to the month, in its own words": Timeline(
        "lcspr",
        {
            "Case reference": "T-1",
            "Date of incident": "January 2021",
            "Decision date": "March 2021",
            "Date completed": "14/06/2022",
            "Date published": "29/07/2022",
            "Status": "Published",
        },
        {"review": "finalised", "publication": "published", "action_plan": "none"},
        {"decide_lcspr": "2021-03", "sign_off": "2022-06-14", "publish": "2022-07-29"},
        {"incident_on": "2021-01"},
        {"publication": ["2021-09-01", "2021-09-30"]},
        {"publication": [302, 331]},
    ),
    "one in final draft, with the day it is expected": Timeline(
        "lcspr",
        {
            "case_ref": "T-2",
            "decide_lcspr": "2022-05-03",
            "stage": "final draft",
            "submit_draft": "2022-11-08",
            "expected publication": "March 2027",
        },
        {"review": "partner_sign_off", "publication": "not_ready", "action_plan": "none"},
        {"decide_lcspr": "2022-05-03", "submit_draft": "2022-11-08", "submit_for_signoff": None},
        due={"draft": "2022-09-03", "publication": "2022-11-03"},
        late={"draft": 66},
        more={"forecast": {"publication": "2027-03-31"}},
    ),
    "one that is due to commence": Timeline(
        "lcspr",
        {"case_ref": "T-3", "decide_lcspr": "2026-10-02", "current status": "Due to commence", "commission": ""},
        {"review": "decided", "publication": "not_ready", "action_plan": "none"},
        {"decide_lcspr": "2026-10-02"},
        due={"commission": "2026-11-13"},
    ),
    "one that is no longer published": Timeline(
        "lcspr",
        {
            "case_ref": "T-4",
            "decide_lcspr": "2019-10",
            "date completed": "2020-06-30",
            "publication_date": "2020-09-01",
            "status": "No longer published",
        },
        {"review": "finalised", "publication": "withdrawn_after_period", "action_plan": "none"},
        {"decide_lcspr": "2019-10", "sign_off": "2020-06-30", "publish": "2020-09-01", "take_down": None},
        due={"publication": ["2020-04-01", "2020-04-30"]},
        late={"publication": [124, 153]},
    ),
    "one superseded by a national review": Timeline(
        "lcspr",
        {
            "case_ref": "T-5",
            "decide_lcspr": "2020-09-14",
            "status": "Superseded by a national review",
            "switch_national": "2021-02",
            "absorbed_into": "A national review",
            "absorbed_reason": "The Panel took both cases together",
        },
        {"review": "absorbed", "publication": "not_ready", "action_plan": "none"},
        {"decide_lcspr": "2020-09-14", "switch_national": "2021-02"},
        {"absorbed_into": "national_review", "absorbed_reason": "The Panel took both cases together"},
    ),
    "one held back twice, with reasons, days told and looked at again": Timeline(
        "lcspr",
        {
            "case_ref": "T-6",
            "decide_lcspr": "2023-01-09",
            "sign_off": "2023-09-01",
            "place_hold": "2023-09-04",
            "hold_reason": "Criminal proceedings",
            "place_hold.hold_review_on": "2023-12-04",
            "hold_told": "The partners and the Panel",
            "hold_told_on": "2023-09-05",
            "lift_hold": "2024-03-01",
            "place_hold 2": "2024-03-15",
            "hold_reason 2": "inquest",
            "place_hold 2.hold_review_on": "2027-01-15",
        },
        {"review": "finalised", "publication": "on_hold", "action_plan": "none"},
        {
            "decide_lcspr": "2023-01-09",
            "sign_off": "2023-09-01",
            "place_hold": "2024-03-15",
            "lift_hold": "2024-03-01",
        },
        {"hold_reason": "inquest", "hold_told": "The partners and the Panel"},
        more={"holds": [("publication", "inquest", "2027-01-15")], "times": {"place_hold": 2}},
    ),
    "one of which only the month of the incident and the publication are known": Timeline(
        "lcspr",
        {"case_ref": "T-17", "incident_date": "2021-01", "publication_date": "2022-07-29"},
        {"review": "finalised", "publication": "published", "action_plan": "none"},
        {"decide_lcspr": None, "sign_off": None, "publish": "2022-07-29"},
        {"incident_on": "2021-01"},
    ),
    "a rapid review about two children, with every step and the review it led to": Timeline(
        "rapid_review",
        {
            "case_ref": "T-7",
            "incident_date": "2024-02-26",
            "receive_referral": "2024-03-04",
            "la_aware_at": "01/03/2024 16:40",
            "child_pseudonyms": "Child A; Child B",
            "convene_discussion": "2024-03-05",
            "decide_notify": "2024-03-06",
            "nature": "The child was seriously harmed",
            "abuse_or_neglect": "yes",
            "submit_sin": "2024-03-08",
            "open_gathering": "2024-03-11",
            "hold_meeting": "2024-03-25",
            "hold_meeting.gaps_noted": "One return was late",
            "submit_for_signoff": "2024-03-26",
            "sign_off": "2024-04-04",
            "panel_response": "2024-05-02",
            "panel_view": "Agrees with comments",
            "confirm_lcspr": "2024-05-20",
            "lcspr.commission": "2024-06-28",
            "lcspr.reviewer": "A reviewer",
        },
        {"rapid_review": "closed_lcspr"},
        {
            "receive_referral": "2024-03-04",
            "convene_discussion": "2024-03-05",
            "decide_notify": "2024-03-06",
            "submit_sin": "2024-03-08",
            "open_gathering": "2024-03-11",
            "hold_meeting": "2024-03-25",
            "submit_for_signoff": "2024-03-26",
            "sign_off": "2024-04-04",
            "panel_response": "2024-05-02",
            "confirm_lcspr": "2024-05-20",
        },
        {
            "la_aware_at": "2024-03-01T16:40:00+00:00",
            "incident_on": "2024-02-26",
            "nature": "serious_harm",
            "panel_view": "comments",
            "gaps_noted": "One return was late",
        },
        {"sin": "2024-03-08", "meeting": "2024-03-26", "rapid_review": "2024-04-02"},
        {"sin": 0, "rapid_review": 2},
        {
            "children": ["Child A", "Child B"],
            "also": {"T-7-LCSPR": {"review": "commissioning", "publication": "not_ready", "action_plan": "none"}},
        },
    ),
    "a notification that was withdrawn": Timeline(
        "rapid_review",
        {"case_ref": "T-8", "la_aware_date": "2023-05-02", "notified_date": "2023-05-05", "stage": "withdrawn"},
        {"rapid_review": "withdrawn"},
        {"receive_referral": "2023-05-02", "submit_sin": "2023-05-05", "withdraw": None},
        {"la_aware_at": "2023-05-02"},
        {"sin": "2023-05-10"},
        {"sin": 0},
    ),
    "a death with its meeting, its panel and a review that was opened again": Timeline(
        "cdop_case",
        {
            "death_ref": "T-9",
            "date_of_death": "2022-01-10",
            "date_notified": "2022-01-11",
            "triage": "2022-01-12",
            "lived_here": "yes",
            "hold_cdrm": "2022-05",
            "papers_in_on": "2022-09-01",
            "make_ready": "2022-09-02",
            "list_for_panel": "2022-09-05",
            "list_for_panel.panel_on": "2022-10-20",
            "review_completed": "2022-10-20",
            "modifiable_factors": "yes",
            "finalise": "2022-11-01",
            "close": "2022-12-01",
            "reopen": "2024-02-01",
            "reopened_reason": "The inquest came to another cause",
            "review 2": "2024-04-18",
        },
        {"cdop_case": "reviewed"},
        {
            "notify_death": "2022-01-11",
            "triage": "2022-01-12",
            "hold_cdrm": "2022-05",
            "make_ready": "2022-09-02",
            "list_for_panel": "2022-09-05",
            "review": "2024-04-18",
            "finalise": "2022-11-01",
            "close": "2022-12-01",
            "reopen": "2024-02-01",
        },
        {"death_on": "2022-01-10", "lived_here": True, "modifiable": "yes"},
        {"cdrm": "2022-04-10", "panel": "2022-10-13", "triage": "2022-01-12"},
        {"cdrm": [21, 51], "panel": 7, "triage": 0},
        {"times": {"review": 2}},
    ),
    "a serious case review of which hardly anything is known": Timeline(
        "scr_legacy",
        {"case_ref": "T-10", "refer": "2012", "commissioned": "", "completed": "2014-02", "status": "Published"},
        {"review": "overview_report", "publication": "published"},
        {"refer": "2012", "file_report": "2014-02", "publish": None},
    ),
    "a learning review that was paused, taken up again and shared": Timeline(
        "learning_review",
        {
            "case_ref": "T-11",
            "propose": "2023-02-01",
            "agree": "2023-03-01",
            "method": "Learning event",
            "begin": "2023-03-20",
            "pause": "2023-04-03",
            "pause_reason": "Family court",
            "resume": "2023-07-10",
            "report": "2023-08-30",
            "share_learning": "2023-10-02",
            "briefing": "Shared drive",
            "learning_late_reason": "The family court was awaited",
        },
        {"review": "learning_shared"},
        {
            "propose": "2023-02-01",
            "agree": "2023-03-01",
            "begin": "2023-03-20",
            "pause": "2023-04-03",
            "resume": "2023-07-10",
            "report": "2023-08-30",
            "share_learning": "2023-10-02",
        },
        {"pause_reason": "family_court", "method": "Learning event", "briefing": "Shared drive"},
        {"learning": "2023-09-01"},
        {"learning": 31},
        {"late_reasons": {"learning": "The family court was awaited"}},
    ),
    "a thematic review with a summary": Timeline(
        "thematic_review",
        {
            "case_ref": "T-12",
            "Decide on the theme": "2024-01-15",
            "Theme": "Infants under one",
            "How many cases": "4",
            "select_cases": "2024-02",
            "report": "2024-06-10",
            "publish_summary": "2024-07-20",
            "status": "published",
        },
        {"review": "report", "publication": "executive_summary_published"},
        {
            "scope_theme": "2024-01-15",
            "select_cases": "2024-02",
            "report": "2024-06-10",
            "publish_summary": "2024-07-20",
        },
        {"theme": "Infants under one", "cases_count": 4},
        {"summary": "2024-07-15"},
        {"summary": 5},
    ),
    "an inspection whose plan was sent late": Timeline(
        "inspection_plan",
        {
            "case_ref": "T-13",
            "log_inspection": "2025-01-20",
            "inspectorate": "Ofsted",
            "begin_fieldwork": "2025-01-27",
            "file_report": "2025-03-03",
            "begin_plan": "2025-03-10",
            "submit_plan": "2025-06-17",
            "submit_plan.plan_version": "1.0",
        },
        {"plan": "plan_submitted"},
        {
            "log_inspection": "2025-01-20",
            "begin_fieldwork": "2025-01-27",
            "file_report": "2025-03-03",
            "begin_plan": "2025-03-10",
            "submit_plan": "2025-06-17",
        },
        {"inspectorate": "ofsted", "plan_version": "1.0"},
        {"plan": "2025-06-13"},
        {"plan": 2},
    ),
    "an audit that was looked at again and confirmed": Timeline(
        "multi_agency_audit",
        {
            "case_ref": "T-16",
            "plan_audit": "2023-09-04",
            "What is audited": "Neglect",
            "draw_sample": "2023-09-18",
            "How many files": "12",
            "report_findings": "2024-01",
            "monitor_actions": "2024-02-05",
            "audit_again": "2024-09-09",
            "confirm_change": "2024-11-04",
            "confirm_change.plan_impact": "Plans name the child's wishes",
        },
        {"audit": "closed"},
        {
            "plan_audit": "2023-09-04",
            "draw_sample": "2023-09-18",
            "report_findings": "2024-01",
            "monitor_actions": "2024-02-05",
            "audit_again": "2024-09-09",
            "confirm_change": "2024-11-04",
        },
        {"audit_theme": "Neglect", "sample_size": 12, "plan_impact": "Plans name the child's wishes"},
    ),
    "a case of another area, to which we contributed over several days": Timeline(
        "dardr_involvement",
        {
            "case_ref": "T-14",
            "log_notice": "2024-04-02",
            "csp": "Anyshire CSP",
            "incident_date": "2024-01-03 to 2024-01-05",
            "agree_part": "2024-04-20",
            "contribution_due_on": "2024-06-01",
            "ask_agencies": "2024-04-22",
            "contribute": "2024-06-11",
            "title": "Part in the review of the CSP",
        },
        {"involvement": "contributing"},
        {
            "log_notice": "2024-04-02",
            "agree_part": "2024-04-20",
            "ask_agencies": "2024-04-22",
            "contribute": "2024-06-11",
        },
        {"csp": "Anyshire CSP", "incident_on": "2024-01-03/2024-01-05"},
        {"contribution": "2024-06-01"},
        {"contribution": 10},
    ),
    "a risk looked at three times": Timeline(
        "risk_entry",
        {
            "case_ref": "T-15",
            "open_risk": "2024-01-08",
            "risk": "Return rates fall",
            "open_risk.likelihood": "4",
            "review_risk": "2024-04-08; 2024-07-08; 2024-10-07",
            "review_risk 3.likelihood": "2",
        },
        {"risk_entry": "reviewed"},
        {"open_risk": "2024-01-08", "review_risk": "2024-10-07"},
        {"risk": "Return rates fall", "likelihood": 2},
        more={"times": {"review_risk": 3}},
    ),
}


@pytest.fixture
def anyshire(database):
    return a_world(database).anyshire


@pytest.fixture
def bring_in(database, clock, tmp_path, anyshire):
    numbers = count(1)

    def act(kind, *rows, file=None):
        path = file or write(tmp_path / f"list-{next(numbers)}.csv", *rows)
        histories = read_histories(path, workflow=CASE_WORKFLOWS[kind], today=TODAY)
        with unit_of_work(database, BUILDER, clock) as unit:
            return import_cases(unit, unit.partnership("ANYSHIRE"), CASE_WORKFLOWS[kind], histories)

    return act


@pytest.fixture
def listed(database, anyshire):
    def act(kind):
        with database() as session:
            cases = every_case(session, BUILDER, anyshire.partnership, today=TODAY, workflow=kind)
            return {full.case.reference: listed_as_data(full, "ANYSHIRE", TODAY) for full in cases}

    return act


def iso(day):
    return day and day.isoformat()


def as_json(value):
    return value.isoformat() if isinstance(value, PartialDay) else value


def stages(data):
    return {track["name"]: track["stage"] for track in data["tracks"]}


def late(clock):
    return clock["days_late"] if clock["days_late_between"] is None else clock["days_late_between"]


@pytest.mark.parametrize("name", TIMELINES)
def test_a_timeline_comes_in_whole(bring_in, listed, database, tmp_path, anyshire, name):
    timeline = TIMELINES[name]
    done = bring_in(timeline.kind, timeline.row)
    assert (done.refused, done.left_out) == ([], [])
    found = listed(timeline.kind)[next(cell for cell in timeline.row.values() if cell.startswith("T-"))]

    assert stages(found) == timeline.stages
    assert {step["step"]: iso(step["on"]) for step in found["steps_recorded"]} == timeline.steps
    facts = {fact: as_json(found["facts"].get(fact, {}).get("value")) for fact in timeline.facts}
    assert facts == timeline.facts
    clocks = {clock["name"]: clock for clock in found["clocks"]}
    assert {clock: clocks[clock]["due"] or clocks[clock]["due_between"] for clock in timeline.due} == timeline.due
    assert {clock: late(clocks[clock]) for clock in timeline.late} == timeline.late
    _check_more(timeline.more, found, listed)

    with nothing_changes(database):
        again = bring_in(timeline.kind, timeline.row)
    assert [again.count(outcome) for outcome in (CaseOutcome.CREATED, CaseOutcome.UPDATED)] == [0, 0]
    with database() as session:
        cases = every_case(session, BUILDER, anyshire.partnership, today=TODAY, workflow=timeline.kind)
        _, content = as_past_list(CASE_WORKFLOWS[timeline.kind], cases)
    exported = tmp_path / "exported.csv"
    exported.write_bytes(content)
    with nothing_changes(database):
        back = bring_in(timeline.kind, file=exported)
    assert (back.refused, back.count(CaseOutcome.CREATED), back.count(CaseOutcome.UPDATED)) == ([], 0, 0)


def _check_more(more, found, listed):
    clocks = {clock["name"]: clock for clock in found["clocks"]}
    taken = [step["step"] for step in found["steps_recorded"]]
    actual = {
        "forecast": lambda wanted: {clock: iso(clocks[clock]["forecast"]) for clock in wanted},
        "late_reasons": lambda wanted: {clock: clocks[clock]["late_reason"] for clock in wanted},
        "holds": lambda _: [(hold["track"], hold["reason"], iso(hold["review_on"])) for hold in found["holds"]],
        "children": lambda _: found["children"],
        "times": lambda wanted: {step: taken.count(step) for step in wanted},
        "also": lambda wanted: {reference: stages(listed("lcspr")[reference]) for reference in wanted},
    }
    assert {name: actual[name](wanted) for name, wanted in more.items()} == more


def test_the_table_has_kinds_of_every_sort():
    assert len({timeline.kind for timeline in TIMELINES.values()}) >= 10


def test_a_list_asks_the_database_no_more_for_many_cases_than_for_one(bring_in, listed, database):
    """The import, a second import and the list: what is asked does not grow with the rows that are stored together."""
    row = TIMELINES["one held back twice, with reasons, days told and looked at again"].row
    asked = {}
    for number in (1, 30):
        rows = [row | {"case_ref": f"N{number}-{each}"} for each in range(number)]
        asked[number] = []
        for act in (bring_in, bring_in, lambda kind, *_: listed(kind)):
            with statements(database) as found:
                act("lcspr", *rows)
            # SQLite, which is in the same process, writes rows of the ORM one by one
            asked[number].append(sum(1 for statement in found if not statement.startswith("INSERT")))
    assert asked[30] == asked[1]
