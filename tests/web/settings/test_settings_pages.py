"""The pages on which a manager sets what holds in their partnership."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from reviews.models import LocalRule, Partnership
from reviews.settings.local_periods import set_local_period
from tests.builders import TODAY, a_case, a_unit, take
from tests.web.cases.casework import NOTIFIED
from tests.web.visitor import rows, statements
from workflows.core.working_days import Period, Unit

MANAGER = "manager@anyshire.example"
CDOP = "cdop@anyshire.example"
MEETING = "/settings/periods/rapid_review/meeting"
PANEL = "/settings/periods/rapid_review/rapid_review"
TEN = {
    "period": "10",
    "unit": "working-days",
    "ladder": "",
    "effective_from": "2026-11-01",
    "authority": "Executive, 12 October 2026",
    "what": "set",
}


def set_rule(doors, place, deadline="rapid_review", count=12, **more):
    with doors.database.begin() as session:
        rule = {"workflow": "rapid_review", "effective_from": TODAY - timedelta(days=365), "authority": "Executive"}
        period = Period(count, Unit.WORKING_DAYS)
        return set_local_period(a_unit(session), place.partnership, deadline=deadline, period=period, **(rule | more))


def notified(doors, place, on=TODAY, reference="RR-1"):
    with doors.database.begin() as session:
        case = a_case(session, place.partnership, reference=reference, opened_on=on)
        take(session, case, *NOTIFIED, "open_gathering", on=on)


@pytest.mark.parametrize(
    ("word", "code"), [("manager", 200), ("cdop", 200), ("admin", 403), ("chair", 403), ("owner", 403)]
)
def test_settings_are_for_managers(doors, word, code):
    visitor = doors.visitor(f"{word}@anyshire.example")
    for address in (
        "/settings/periods",
        MEETING.replace("rapid_review", "cdop_case"),
        "/settings/holidays",
    ):
        expected = 404 if code == 200 and "cdop_case" in address else code
        assert visitor.open(address) == expected, address
    assert visitor.open("/settings") == (403 if word == "owner" else 200)
    assert ("/settings/periods" in visitor.links) is (code == 200)


def test_what_a_review_is_counted_from_is_set_on_its_page(doors, world):
    visitor = doors.visitor(MANAGER)
    visitor.open(MEETING)
    assert "What the period is counted from" not in visitor.said
    visitor.open(PANEL)
    assert visitor.send(PANEL, **TEN | {"period": "", "counted_from": "la_aware_at"}) == 303
    visitor.open("/settings/periods")
    assert "counted from awareness" in visitor.said
    with doors.database() as session:
        assert session.scalars(sa.select(LocalRule.counted_from)).one() == "la_aware_at"


def test_the_menu_and_the_settings_lead_to_each_page(doors):
    visitor = doors.visitor(MANAGER)
    visitor.open("/settings")
    assert {"/settings/periods", "/settings/holidays"} <= set(visitor.links)


def test_a_manager_sets_a_period_and_sees_it_beside_the_usual_one(doors, world):
    visitor = doors.visitor(MANAGER)
    assert visitor.open(MEETING) == 200
    assert visitor.send(MEETING, **TEN) == 303
    assert visitor.follow() == 200
    assert "Rapid review meeting: recorded. Running clocks keep their dates." in visitor.said
    assert "Rapid review meeting 12 working days Local custom 10 working days 1 November 2026" in visitor.said
    with doors.database() as session:
        rule = session.scalars(sa.select(LocalRule)).one()
    assert (rule.period, rule.set_by) == (10, world.anyshire.actors["business_manager"].signature)


def test_what_stands_against_it_comes_back_with_what_was_typed(doors):
    visitor = doors.visitor(MANAGER)
    assert visitor.send(PANEL, **TEN | {"period": "15"}) == 422
    assert "A target must be earlier: 14 working days or fewer." in visitor.said
    assert 'value="Executive, 12 October 2026"' in visitor.html
    assert visitor.send(PANEL, **TEN | {"period": "some"}) == 422
    assert "The period must be a whole number, such as 12" in visitor.said
    assert visitor.send(PANEL, **TEN | {"period": "", "effective_from": "", "authority": ""}) == 422
    assert "Enter the day it applies from" in visitor.said
    assert rows(doors.database, LocalRule) == 0


def test_a_form_sent_twice_sets_it_once(doors):
    visitor = doors.visitor(MANAGER)
    assert [visitor.send(MEETING, **TEN, form_id="the-same") for _ in range(2)] == [303, 303]
    assert rows(doors.database, LocalRule) == 1


def test_what_was_set_can_be_taken_back_and_stays_to_be_read(doors, world):
    set_rule(doors, world.anyshire, "meeting", 10)
    visitor = doors.visitor(MANAGER)
    assert visitor.send(MEETING, **TEN | {"what": "clear", "effective_from": "2026-11-20"}) == 303
    visitor.open(MEETING)
    assert "No longer set locally" in visitor.said
    assert "10 working days" in visitor.said


def test_a_rule_to_come_stands_beside_what_holds_today(doors, world):
    set_rule(doors, world.anyshire, "meeting", 9, effective_from=TODAY + timedelta(days=30))
    visitor = doors.visitor(MANAGER)
    visitor.open("/settings/periods")
    assert "Not changed from 20 December 2026: 9 working days" in visitor.said


@pytest.mark.parametrize(
    "address", ["/settings/periods/cdop_case/notification", "/settings/periods/rapid_review/no-such", MEETING + "x"]
)
def test_what_is_unknown_and_what_is_the_other_realms_do_not_exist(doors, address):
    visitor = doors.visitor(MANAGER)
    assert visitor.open(address) == 404
    assert visitor.send(address, **TEN) == 404


def test_the_rules_of_another_partnership_are_not_shown(doors, world):
    set_rule(doors, world.midmarch, "meeting", 10)
    visitor = doors.visitor(MANAGER)
    visitor.open("/settings/periods?partnership=MIDMARCH")
    assert "10 working days" not in visitor.said.partition("Rapid review meeting")[2][:80]


def test_the_page_asks_as_little_for_many_rules_as_for_none(doors, world):
    visitor = doors.visitor(MANAGER)
    visitor.open("/settings/periods")
    counts = []
    for more in (0, 60):
        for _ in range(more):
            set_rule(doors, world.anyshire, "meeting", 10)
        with statements(doors.database) as asked:
            assert visitor.open("/settings/periods") == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_case_its_clocks_and_the_tracker_show_the_target_beside_the_date(doors, world):
    set_rule(doors, world.anyshire)
    notified(doors, world.anyshire)
    visitor = doors.visitor(MANAGER)
    for address in ("/cases/RR-1", "/cases"):
        visitor.open(address)
        assert "Our target: 8 December 2026" in visitor.said, address
    visitor.open("/cases/RR-1/clocks")
    assert "Here 12 working days, 8 December 2026 Executive. Set by builder for clocks counted from" in visitor.said
    assert "Day by day to our target" in visitor.said
    assert "Due 11 December 2026" in visitor.said


def test_past_the_target_and_within_the_date_a_clock_is_marked_and_not_late(doors, world):
    set_rule(doors, world.anyshire, count=3)
    notified(doors, world.anyshire, on=TODAY - timedelta(days=9))
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases/RR-1/clocks")
    assert "Past our target" in visitor.said
    part = visitor.said.partition("Rapid review to the Panel")[2]
    assert "Late by" not in part.partition("Authority")[0]


def test_where_custom_was_replaced_the_page_says_what_custom_would_give(doors, world):
    set_rule(doors, world.anyshire, "meeting", 10)
    notified(doors, world.anyshire)
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases/RR-1/clocks")
    assert "Here 10 working days, 4 December 2026" in visitor.said
    assert "By custom it would be 8 December 2026" in visitor.said
    assert "Day by day by custom" in visitor.said
    visitor.open("/cases/RR-1")
    assert "of 10 working days" in visitor.said


def test_the_workflow_shows_the_period_here_beside_the_national_one(doors, world):
    set_rule(doors, world.anyshire)
    here, there = doors.visitor("owner@anyshire.example"), doors.visitor("owner@midmarch.example")
    for visitor in (here, there):
        assert visitor.open("/workflows/rapid_review") == 200
    assert "15 working days Here 12 working days, from 20 November 2025 National expectation" in here.said
    assert "15 working days National expectation" in there.said


def test_the_manager_sets_the_sender_of_the_mails_and_the_cdop_manager_does_not(doors, world):
    visitor = doors.visitor(MANAGER)
    visitor.open("/settings")
    assert "/settings/mail" in visitor.links
    assert visitor.open("/settings/mail") == 200
    form = {"sender_name": "Anyshire Reviews", "reply_to": "Reviews@anyshire.example", "notify_reply_to_id": ""}
    assert visitor.send("/settings/mail", **form) == 303
    assert visitor.send("/settings/mail", **(form | {"sender_name": "<x>"})) == 422
    with doors.database() as session:
        row = session.get_one(Partnership, world.anyshire.partnership.id)
        assert (row.sender_name, row.reply_to) == ("Anyshire Reviews", "reviews@anyshire.example")
    assert doors.visitor(CDOP).send("/settings/mail", **form) == 403
