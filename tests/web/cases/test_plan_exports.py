"""Exporting a plan from its page: who may, and how the history records it."""

import io

import openpyxl
import pytest

from reviews.exports.formats import FORMATS
from reviews.models import Event, EventKind
from reviews.recommendations.commands import add_recommendation
from tests.builders import a_case, a_unit, an_action
from tests.web.visitor import rows, statements
from workflows.core.vocabulary import Role

MANAGER, OWNER = "manager@anyshire.example", "owner@anyshire.example"
PLAN = "/cases/SP-2026-01/plan"


@pytest.fixture
def plan(doors, world):
    with doors.database.begin() as session:
        place = world.anyshire
        case = a_case(session, place.partnership, "strategy_plan", reference="SP-2026-01", title="Neglect")
        said = add_recommendation(a_unit(session), case, text="Share what is known.")
        an_action(session, case, recommendation=said, text="=1+1")
        an_action(session, case, recommendation=said, text="Mine.", owner=place.people[Role.ACTION_OWNER])
        return case


def taken_out(doors):
    return rows(doors.database, Event, Event.kind == EventKind.PLAN_EXPORTED)


@pytest.mark.parametrize("into", list(FORMATS))
def test_each_format_is_a_download_named_after_the_plan_and_one_entry_in_its_history(doors, plan, into):
    answer = doors.visitor(MANAGER).client.get(f"{PLAN}.{into}")
    assert answer.status_code == 200
    assert answer.content_type == FORMATS[into].media_type
    assert answer.headers["Content-Disposition"] == f'attachment; filename="SP-2026-01.{into}"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert len(answer.data) > 500
    assert taken_out(doors) == 1


def test_the_page_of_the_case_offers_them_and_its_history_says_who_took_what(doors, plan):
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases/SP-2026-01")
    assert [link for link in visitor.links if "/plan." in link] == [
        f"{PLAN}.{into}" for into in ("docx", "pdf", "xlsx", "csv", "json")
    ]
    visitor.open(f"{PLAN}.csv")
    visitor.open("/cases/SP-2026-01")
    assert "Plan exported" not in visitor.said
    visitor.open("/cases/SP-2026-01/history")
    assert "Plan exported" not in visitor.said
    assert "Who exported the plan (1)" in visitor.said
    visitor.open("/cases/SP-2026-01/history?show=readings")
    assert "Plan exported as CSV: 2 actions" in visitor.said


def test_an_owner_gets_their_own_action_and_the_case_stays_shut_to_them(doors, plan):
    visitor = doors.visitor(OWNER)
    answer = visitor.client.get(f"{PLAN}.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data))["Actions"]
    assert (sheet.max_row, sheet["A2"].value) == (2, "SP-2026-01/R1/A2")
    assert visitor.open("/cases/SP-2026-01") == 403


@pytest.mark.parametrize(
    ("email", "address"),
    [
        ("manager@midmarch.example", f"{PLAN}.xlsx"),
        ("cdop@anyshire.example", f"{PLAN}.xlsx"),
        ("scrutiny@anyshire.example", f"{PLAN}.xlsx"),
        (MANAGER, f"{PLAN}.exe"),
        (MANAGER, f"{PLAN}."),
        (MANAGER, "/cases/SP-2026-02/plan.xlsx"),
    ],
)
def test_what_is_not_theirs_or_not_there_is_not_found_and_nothing_is_recorded(doors, plan, email, address):
    assert doors.visitor(email).open(address) == 404
    assert taken_out(doors) == 0


def test_nobody_gets_a_plan_without_signing_in(doors, plan):
    assert doors.visitor().open(f"{PLAN}.csv") == 303
    assert taken_out(doors) == 0


def test_a_longer_plan_asks_the_database_no_more_often(doors, plan):
    visitor, counts = doors.visitor(MANAGER), []
    for _ in range(2):
        visitor.open(f"{PLAN}.csv")
        with statements(doors.database) as asked:
            visitor.open(f"{PLAN}.csv")
        counts.append(len(asked))
        with doors.database.begin() as session:
            case = a_unit(session).case("SP-2026-01")
            for _ in range(20):
                an_action(session, case)
    assert counts[0] == counts[1]
