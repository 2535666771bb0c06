"""Alive and ready: what whoever watches may know, and nothing of anybody."""

import json
from datetime import timedelta

from notifications.process.job import note
from notifications.process.leader import Lead
from tests.builders import NOW


def ready(doors):
    answer = doors.visitor(None).client.get("/readyz")
    return answer.status_code, answer.get_json()


def test_without_a_reminder_process_it_is_not_ready(doors):
    status, said = ready(doors)

    assert (status, said["database"], said["reminders"], said["lead_held"]) == (503, True, False, False)
    assert (said["last_tick"], said["next_tick"]) == (None, None)


def test_it_says_when_the_process_ticked_and_whether_one_leads(doors):
    lead = Lead(doors.database, holder="secret-machine|1|x")
    lead.beat()
    note(doors.database, "reminders", NOW)
    status, said = ready(doors)

    assert (status, said["reminders"], said["lead_held"]) == (200, True, True)
    assert (said["last_tick"], said["next_tick"]) == ("2026-11-20T08:00:00+00:00", "2026-11-20T08:01:00+00:00")
    assert (said["mails_waiting"], said["mails_waiting_since"]) == (0, None)
    assert "secret-machine" not in json.dumps(said)


def test_a_process_that_fell_silent_is_told(doors):
    note(doors.database, "reminders", NOW - timedelta(minutes=6))

    assert ready(doors)[0] == 503
