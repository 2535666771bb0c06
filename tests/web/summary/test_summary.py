"""The chair's numbers are true, and each opens a list of exactly so many."""

import re
from datetime import timedelta
from html import unescape

import pytest

from tests.builders import TO_THE_PANEL, TODAY, a_case, a_person, an_action, take
from tests.web.visitor import statements
from workflows.core.vocabulary import Role
from workflows.definitions.action import ActionStage

CHAIR = "chair@anyshire.example"
STAGES = [
    ActionStage.IN_PROGRESS,
    ActionStage.NOT_STARTED,
    ActionStage.BLOCKED,
    ActionStage.SUBMITTED,
    ActionStage.COMPLETE,
    ActionStage.AWAITING_IMPACT,
    ActionStage.NOT_NEEDED,
]


def fill(doors, world, many=42):
    """Actions of every stage, agency, age and source, and cases in a few stages."""
    place = world.anyshire
    with doors.database.begin() as session:
        cases = [a_case(session, place.partnership, kind) for kind in ("rapid_review", "lcspr", "cdop_case")]
        moved = a_case(session, place.partnership, opened_on=TODAY - timedelta(days=40))
        take(session, moved, *TO_THE_PANEL[:3], on=TODAY - timedelta(days=40))
        agencies = [*place.agencies.values(), None]
        for n in range(many):
            an_action(
                session,
                cases[n % 3],
                due_on=None if n % 11 == 0 else TODAY + timedelta(days=(n * 13) % 260 - 140),
                stage="" if n % 11 == 0 else STAGES[n % len(STAGES)],
                agency=agencies[n % 5],
                owner=place.people[Role.ACTION_OWNER] if n % 2 else None,
            )
        an_action(session, a_case(session, world.midmarch.partnership), due_on=TODAY - timedelta(days=9))


def numbers(visitor):
    """Give the numbers of the open page that lead to a list, as (number, address)."""
    html = visitor.html
    figures = r'<a class="ft-figure__link" href="([^"]+)"><span class="ft-figure__number">([\d,]+)</span>'
    cells = r'<td class="ft-number"><a class="govuk-link" href="([^"]+)">([\d,]+)</a>'
    found = re.findall(figures, html) + re.findall(cells, html)
    return [(int(number.replace(",", "")), unescape(href)) for href, number in found]


def total_of(visitor, address):
    assert visitor.open(address) == 200, address
    heading = re.search(r"<h1[^>]*>[^<]*: ([\d,]+)</h1>", visitor.html)
    shown = heading or re.search(r"<strong>([\d,]+)</strong> case", visitor.html)
    return int(shown[1].replace(",", "")) if shown else 0


@pytest.mark.parametrize("words", ["", "?as-of=2027-02-01", "?as-of=2026-08-01&partnership=ANYSHIRE"])
@pytest.mark.parametrize("who", [CHAIR, "cdop@anyshire.example", "member@anyshire.example"])
def test_every_number_is_the_length_of_the_list_behind_it(doors, world, who, words):
    fill(doors, world)
    visitor = doors.visitor(who)
    assert visitor.open(f"/summary{words}") == 200
    counted = numbers(visitor)
    assert len([number for number, _ in counted if number]) > 12
    assert [(number, address) for number, address in counted if total_of(visitor, address) != number] == []


def test_somebody_in_two_partnerships_counts_each_by_itself(doors, world):
    fill(doors, world)
    visitor = doors.visitor(in_both(doors, world))
    visitor.open("/summary?partnership=MIDMARCH")
    counted = numbers(visitor)
    assert (1, "/actions?group=overdue&partnership=MIDMARCH") in counted
    assert [(number, address) for number, address in counted if total_of(visitor, address) != number] == []
    visitor.open("/summary")
    assert "Summary of Midmarch Safeguarding Children Partnership" in visitor.said


def in_both(doors, world):
    with doors.database.begin() as session:
        places = (world.anyshire.partnership, world.midmarch.partnership)
        for place in places:
            a_person(session, place, Role.INDEPENDENT_CHAIR, email="scrutineer@both.example")
    return "scrutineer@both.example"


def test_dates_are_judged_on_the_day_asked_for(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership)
        an_action(session, case, due_on=TODAY + timedelta(days=60))
    visitor = doors.visitor(CHAIR)
    visitor.open("/summary")
    assert "0 Overdue" in visitor.said
    visitor.open("/summary?as-of=2027-03-01")
    assert "1 Overdue" in visitor.said
    assert "What is outstanding on 1 March 2027" in visitor.said
    assert "stages are those of now" in visitor.said


def test_a_day_that_is_none_is_today(doors, world):
    visitor = doors.visitor(CHAIR)
    for day in ("nonsense", "0001-01-01", "9999-12-31", "2026-02-30"):
        assert visitor.open(f"/summary?as-of={day}") == 200
        assert "What is outstanding on 20 November 2026" in visitor.said


def test_an_empty_partnership_has_a_summary_too(doors):
    visitor = doors.visitor(CHAIR)
    assert visitor.open("/summary") == 200
    assert "0 Outstanding" in visitor.said
    assert "No action is overdue." in visitor.said


def test_late_cases_are_named_with_the_clock_due_longest_ago(doors, world):
    fill(doors, world)
    visitor = doors.visitor(CHAIR)
    visitor.open("/summary")
    assert re.search(r"Late cases: 1 .* RR-\d+-\d+ Rapid review .* 2026 \d+ working days late", visitor.said)


def test_the_oldest_overdue_actions_stand_in_order(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership)
        for days in (3, 90, 20):
            an_action(session, case, due_on=TODAY - timedelta(days=days))
    visitor = doors.visitor(CHAIR)
    visitor.open("/summary")
    assert re.findall(r"2026 (\d+) days late", visitor.said) == ["90", "20", "3"]


def test_the_summary_asks_the_database_no_more_for_many_rows(doors, world):
    fill(doors, world, many=6)
    visitor = doors.visitor(CHAIR)
    with statements(doors.database) as for_few:
        visitor.open("/summary")
    fill(doors, world, many=120)
    with statements(doors.database) as for_many:
        visitor.open("/summary")
    assert len(for_many) == len(for_few)


@pytest.mark.parametrize("word", ["owner", "agency-lead", "scrutiny", "cdop-member", "reviewer"])
def test_the_summary_is_not_for_everybody(doors, word):
    assert doors.visitor(f"{word}@anyshire.example").open("/summary") == 403
