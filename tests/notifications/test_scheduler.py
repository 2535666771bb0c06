"""The process that ticks: at the right time of day, in spite of trouble, until it is told to end."""

import os
import signal
import subprocess
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from notifications.ledger.queries import last_seen
from notifications.outbox.next_letter import gone, this_process
from notifications.process.leader import Leadership
from notifications.process.scheduler import ReminderScheduler
from notifications.transports.envelope import Unreachable
from reviews.access.permissions import system
from reviews.core.clock import read_moment
from reviews.core.sealed import derived_key
from reviews.models import Partnership, SavedForm
from reviews.people.saved_forms import TypedForm, save_form
from reviews.transactions.unit_of_work import Unit
from tests.notifications.mornings import LETTERHEAD, Pigeonhole, an_owned_action, owner_of, run_jobs
from tests.notifications.policies import OWNER, a_rung, follow, write

ROOT = Path(__file__).parents[2]


def run_at(database, clock, text, transport=None):
    clock.at = read_moment(text)
    transport = transport or Pigeonhole()
    run_jobs(database, clock, transport)
    return len(transport.letters)


@pytest.fixture
def action(database, anyshire, case):
    return an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 12, 4))


@pytest.mark.usefixtures("action")
def test_the_round_waits_for_half_past_seven_of_a_working_day(database, clock):
    assert run_at(database, clock, "2026-12-05T09:00") == 0
    assert run_at(database, clock, "2026-12-07T07:29") == 0
    assert run_at(database, clock, "2026-12-07T07:30") == 2


def test_what_was_typed_and_not_taken_is_deleted_after_a_day(database, clock, anyshire):
    with database.begin() as session:
        person_id, key = owner_of(anyshire).id, derived_key("a secret key", "saved forms")
        save_form(Unit(session, system("sign-in"), clock.now()), key, person_id, TypedForm("/x", (("text", "Ask."),)))
    clock.at += timedelta(hours=23)
    run_jobs(database, clock, Pigeonhole())
    with database() as session:
        assert len(session.scalars(sa.select(SavedForm)).all()) == 1
    clock.at += timedelta(hours=1)
    run_jobs(database, clock, Pigeonhole())
    with database() as session:
        assert session.scalars(sa.select(SavedForm)).all() == []


@pytest.mark.usefixtures("action")
def test_a_process_started_late_catches_the_morning_up(database, clock):
    assert run_at(database, clock, "2026-12-07T15:10") == 2


@pytest.mark.usefixtures("action")
def test_what_is_new_during_the_day_waits_for_the_next_morning(database, clock, anyshire, case):
    run_at(database, clock, "2026-12-07T07:30")
    an_owned_action(database, case, anyshire, None, date(2026, 12, 1))

    assert run_at(database, clock, "2026-12-07T07:31") == 0
    assert run_at(database, clock, "2026-12-08T07:30") == 1


@pytest.mark.usefixtures("action")
def test_the_clock_may_be_set_back_and_forward(database, clock):
    assert run_at(database, clock, "2026-12-08T08:00") == 2
    assert run_at(database, clock, "2026-12-07T08:00") == 0
    assert run_at(database, clock, "2026-12-08T09:00") == 0


@pytest.mark.usefixtures("action")
@pytest.mark.parametrize(("night", "mails"), [("2026-10-25T00:00+01:00", 1), ("2027-03-28T00:00+00:00", 6)])
def test_hour_by_hour_over_a_clock_change_there_is_one_round(database, clock, night, mails):
    # both fall on a Sunday, and the day after the second is Easter Monday
    sent = []
    for hour in range(3 * 24):
        moment = read_moment(night) + timedelta(hours=hour)
        sent.append(run_at(database, clock, moment.isoformat()))

    assert [count for count in sent if count] == [mails]


@pytest.mark.usefixtures("anyshire")
def test_each_tick_is_written_down_with_what_went_wrong(database, clock):
    run_at(database, clock, "2026-12-07T09:00")
    with database() as session:
        first = last_seen(session)
    with database.begin() as session:
        session.execute(sa.update(Partnership).where(Partnership.code == "MIDMARCH").values(reminder_policy="none"))
    run_at(database, clock, "2026-12-08T09:00")
    with database() as session:
        second = last_seen(session)

    assert (first.seen_at, first.failure) == (read_moment("2026-12-07T09:00"), "")
    assert (second.seen_at, second.failure) == (clock.at, "reminders were not planned for MIDMARCH")


@pytest.mark.usefixtures("action")
def test_a_mail_server_that_is_down_is_written_down_and_tried_again(database, clock):
    def out_of_order(_letter):
        raise Unreachable("ConnectionRefusedError")

    run_at(database, clock, "2026-12-07T08:00", Pigeonhole(at_hand_over=out_of_order))

    with database() as session:
        assert last_seen(session).failure == "the mail server could not be reached (ConnectionRefusedError)"
    assert run_at(database, clock, "2026-12-07T08:01") == 2


def test_a_round_that_failed_somewhere_is_tried_again_with_the_next_tick(database, clock, case, anyshire):
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 12, 7))
    code = Partnership.code == "ANYSHIRE"
    with database.begin() as session:
        session.execute(sa.update(Partnership).where(code).values(reminder_policy="none"))
    assert run_at(database, clock, "2026-12-07T08:00") == 0
    with database.begin() as session:
        session.execute(sa.update(Partnership).where(code).values(reminder_policy="calendar-ladder"))

    assert run_at(database, clock, "2026-12-07T08:01") == 1


@pytest.fixture
def process(database, anyshire, clock):
    """Give a process that leads, whose scheduler has not been started."""
    leadership = Leadership(database, holder="elsewhere|1|x")
    leadership.beat()
    return ReminderScheduler(leadership, clock, Pigeonhole(), LETTERHEAD, 0)


def round_hours_of(process):
    return {job.id.removeprefix("round ") for job in process.scheduler.get_jobs() if job.id.startswith("round ")}


def is_run_now(process, name):
    return getattr(process.scheduler.get_job(name), "next_run_time", None) is not None


def test_every_job_has_its_name_and_runs_once_however_late_it_is(database, process):
    process.keep_timetable(database)

    jobs = process.scheduler.get_jobs()
    assert {job.id for job in jobs} == {
        "timetable",
        "delivery",
        "heartbeat",
        "cleaning",
        "round 07:30",
        "sealing",
        "watch over the audit log",
    }
    assert {(job.coalesce, job.max_instances, job.misfire_grace_time) for job in jobs} == {(True, 2, None)}


def test_a_round_comes_at_its_hour_in_london_in_winter_and_in_summer(database, process):
    process.keep_timetable(database)
    trigger = process.scheduler.get_job("round 07:30").trigger

    for day, moment in (("2026-10-24", "06:30"), ("2026-10-25", "07:30"), ("2027-03-28", "06:30")):
        night = datetime.fromisoformat(f"{day}T00:00+00:00")
        assert trigger.get_next_fire_time(None, night) == datetime.fromisoformat(f"{day}T{moment}+00:00")


def test_the_timetable_follows_the_policies(database, process, anyshire):
    write(database, anyshire, "late-risers", a_rung(1, OWNER), begins="09:15")
    follow(database, anyshire, "late-risers")
    process.keep_timetable(database)
    assert round_hours_of(process) == {"07:30", "09:15"}

    follow(database, anyshire, "calendar-ladder")
    process.keep_timetable(database)
    assert round_hours_of(process) == {"07:30"}


def test_a_scheduler_that_starts_after_the_hour_runs_the_round_at_once_and_only_once(database, process, clock):
    clock.at = read_moment("2026-12-07T07:00")
    process.keep_timetable(database)
    assert not is_run_now(process, "round 07:30")

    clock.at = read_moment("2026-12-07T08:05")
    process.keep_timetable(database)
    assert is_run_now(process, "round 07:30")

    process.scheduler.remove_job("round 07:30")
    run_jobs(database, clock, Pigeonhole())
    process.keep_timetable(database)
    assert not is_run_now(process, "round 07:30")


def test_a_job_that_fails_is_named_with_the_heartbeat_until_it_works_again(database, process, clock):
    def fail(_database):
        raise ZeroDivisionError

    def beat():
        process.run_job("heartbeat", process.jobs.record_heartbeat)
        with database() as session:
            return last_seen(session).failure

    assert process.run_job("delivery", fail) is False
    assert beat() == "the delivery failed (ZeroDivisionError)"

    process.run_job("delivery", lambda _database: False)
    assert beat() == ""


def test_a_process_that_does_not_lead_does_nothing(database, clock):
    process, done = ReminderScheduler(Leadership(database), clock, Pigeonhole(), LETTERHEAD, 0), []

    assert process.run_job("delivery", done.append) is False
    assert done == []


@pytest.mark.usefixtures("action")
def test_the_process_sends_the_morning_and_ends_when_it_is_told_to(database, database_url, tmp_path):
    folder = tmp_path / "mail"
    process = start_process(database_url, f"folder://{folder}", tmp_path)
    try:
        wait_until(lambda: len(list(folder.glob("*.eml"))) >= 2 and seen(database))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_mail_address_that_cannot_be_used_is_a_sentence_at_the_start(database_url, tmp_path):
    process = start_process(database_url, "pigeon://", tmp_path)
    _, said = process.communicate(timeout=30)

    assert process.returncode == 1
    assert said.decode().startswith("FOLLOWTHROUGH_MAIL_URL must be")


def test_only_a_dead_process_of_this_machine_is_known_to_be_gone():
    machine = this_process().partition("|")[0]
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead, restarted = f"{machine}|{ended.pid}|x", f"{machine}|{os.getpid()}|x"

    assert gone([this_process(), dead, restarted, "elsewhere|1|x", f"{machine}|{os.getppid()}|x", ""]) == [
        dead,
        restarted,
    ]


def start_process(database_url, mail_url, home):
    settings = {
        "FOLLOWTHROUGH_HOME": str(home),
        "FOLLOWTHROUGH_DATABASE_URL": database_url,
        "FOLLOWTHROUGH_MAIL_URL": mail_url,
        "FOLLOWTHROUGH_NOW": "2026-12-07T08:00",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "notifications"], cwd=ROOT, env=os.environ | settings, stderr=subprocess.PIPE
    )


def seen(database):
    with database() as session:
        return last_seen(session) is not None


def wait_until(condition):
    until = time.monotonic() + 120  # a machine with much to do takes its time to start a process
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)
