"""Alive and ready: what whoever watches may know, and nothing of anybody."""

import json
from datetime import timedelta

from notifications.models import FailureKind, SendingFault
from notifications.process.job import record_heartbeat
from notifications.process.leader import Leadership
from tests.builders import NOW


def ready(doors):
    answer = doors.visitor(None).client.get("/readyz")
    return answer.status_code, answer.get_json()


def test_without_a_reminder_process_it_is_not_ready(doors):
    status, answer = ready(doors)

    assert (status, answer["database"], answer["reminders"], answer["lead_held"]) == (503, True, False, False)
    assert (answer["last_tick"], answer["next_tick"]) == (None, None)


def test_it_says_when_the_process_ticked_and_whether_one_leads(doors):
    lead = Leadership(doors.database, holder="secret-machine|1|x")
    lead.beat()
    record_heartbeat(doors.database, "reminders", NOW)
    status, answer = ready(doors)

    assert (status, answer["reminders"], answer["lead_held"]) == (200, True, True)
    assert (answer["last_tick"], answer["next_tick"]) == ("2026-11-20T08:00:00+00:00", "2026-11-20T08:01:00+00:00")
    assert (answer["mails_waiting"], answer["mails_waiting_since"]) == (0, None)
    assert "secret-machine" not in json.dumps(answer)


def test_a_fault_of_our_sending_is_told_and_takes_no_pages_away(doors):
    record_heartbeat(doors.database, "reminders", NOW)
    with doors.database.begin() as session:
        fault = SendingFault(kind=FailureKind.POLICY, code="5.7.1", people=200, found_at=NOW, last_reported_at=NOW)
        session.add(fault)
    status, answer = ready(doors)

    assert (status, answer["sending"], len(answer["sending_faults"])) == (200, False, 1)


def test_a_process_that_fell_silent_is_told(doors):
    record_heartbeat(doors.database, "reminders", NOW - timedelta(minutes=6))

    assert ready(doors)[0] == 503
