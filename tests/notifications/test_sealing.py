"""The record is sealed by the reminder process, its anchors told to the chair and kept outside."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from notifications.models import Letter
from notifications.process.heartbeat import last_heartbeat
from notifications.process.job import ReminderJobs
from notifications.process.plan_round import plan_round
from notifications.process.sealing import SEALING, Sealing, seal_and_anchor, seal_status
from notifications.transports.envelope import TryLater
from reviews.audit.anchors import read_outside
from reviews.audit.verify_seals import verify_seals
from reviews.core.clock import read_moment
from reviews.core.keyring import Keyring
from reviews.models import Anchor, Person
from tests.builders import rewriting_history
from tests.notifications.mornings import (
    LETTERHEAD,
    Pigeonhole,
    an_owned_action,
    deliver_to,
    letters_of,
    owner_of,
)
from workflows.core.vocabulary import Role


@pytest.fixture
def seal(database, clock, tmp_path):
    """Run the job of sealing as the reminder process does, and give what it reports."""

    def run(outside="", transport=None):
        sealing = Sealing(Keyring(tmp_path / "keys"), str(outside))
        jobs = ReminderJobs(clock, transport or Pigeonhole(), letterhead=LETTERHEAD, sealing=sealing)
        jobs.seal(database)
        return jobs.failures.get(SEALING, "")

    return run


def seals_told(database, email):
    with database() as session:
        letters = sa.select(Letter).join(Person, Person.id == Letter.person_id).where(Person.email == email)
        return [(each.kind, "Seal of ANYSHIRE, history, " in each.body) for each in session.scalars(letters)]


@pytest.mark.usefixtures("anyshire", "case")
def test_the_job_seals_anchors_and_says_that_it_did(database, clock, seal, tmp_path):
    with database() as session:
        assert "never sealed" in seal_status(session, clock.now()).dark
    assert seal() == ""
    found = verify_seals(database, Keyring(tmp_path / "keys"), clock.now())
    assert (found.ok, found.unsealed, found.anchors > 0) == (True, 0, True)
    with database() as session:
        assert last_heartbeat(session, SEALING).seen_at == clock.now()
        assert seal_status(session, clock.now()).dark == ""
        assert "not sealed at present" in seal_status(session, clock.now() + timedelta(minutes=11)).dark


@pytest.mark.usefixtures("anyshire", "case")
def test_without_an_anchor_for_26_hours_the_record_is_dark(database, clock, seal):
    seal()
    with database.begin() as session, rewriting_history(session):
        session.execute(sa.update(Anchor).values(at=clock.now() - timedelta(hours=27)))
    with database() as session:
        assert "No anchor" in seal_status(session, clock.now()).dark


@pytest.mark.usefixtures("anyshire", "case")
def test_anchors_are_kept_in_a_file_outside_each_once(database, clock, seal, tmp_path):
    file = tmp_path / "outside" / "anchors"
    assert seal(file) == ""
    first = read_outside(file)
    seal(file)
    assert read_outside(file) == first
    clock.at += timedelta(days=1)
    seal(file)
    assert len(read_outside(file)) == 2 * len(first)
    found = verify_seals(database, Keyring(tmp_path / "keys"), clock.now(), outside=read_outside(file))
    assert (found.ok, found.outside) == (True, 2 * len(first))


@pytest.mark.usefixtures("anyshire", "case")
def test_a_file_that_cannot_be_written_is_told_and_tried_again(seal, tmp_path):
    (tmp_path / "there").mkdir()
    assert "could not be written" in seal(tmp_path / "there")
    assert "could not be written" in seal(tmp_path / "there")
    assert seal(tmp_path / "anchors") == ""
    assert read_outside(tmp_path / "anchors")


@pytest.mark.usefixtures("anyshire", "case")
def test_anchors_are_mailed_outside_until_they_are_taken(database, clock, seal, tmp_path):
    def busy(_letter):
        raise TryLater("451")

    assert "could not be mailed (451)" in seal("mailto:clerk@court.example", Pigeonhole(at_hand_over=busy))
    post = Pigeonhole()
    assert seal("mailto:clerk@court.example", post) == ""
    seal("mailto:clerk@court.example", post)
    [letter] = post.letters
    assert letter.to == "clerk@court.example"
    (tmp_path / "kept.txt").write_text(letter.body, encoding="utf-8")
    found = verify_seals(database, Keyring(tmp_path / "keys"), clock.now(), outside=read_outside(tmp_path / "kept.txt"))
    assert (found.ok, found.outside > 0) == (True, True)


def test_the_chairs_mail_of_the_day_has_the_anchors_and_others_do_not(database, clock, anyshire, case, seal, tmp_path):
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 8, 1))
    clock.at = read_moment("2026-11-20T07:00")
    seal()
    plan_round(database, clock.now(), letterhead=LETTERHEAD)
    letters = [each for each in letters_of(database) if each.kind == "morning"]
    with_seals = {each.person_id for each in letters if "Seal of ANYSHIRE" in each.body and "Seal of" in each.html}
    chairs = {anyshire.people[role].id for role in (Role.SUBGROUP_CHAIR, Role.INDEPENDENT_CHAIR)}
    assert with_seals == chairs
    assert chairs < {each.person_id for each in letters}
    assert ("seals", True) not in seals_told(database, anyshire.people[Role.SUBGROUP_CHAIR].email)
    kept = tmp_path / "mail.txt"
    kept.write_text(next(each.body for each in letters if each.person_id in with_seals), encoding="utf-8")
    assert verify_seals(database, Keyring(tmp_path / "keys"), clock.now(), outside=read_outside(kept)).outside >= 1


def test_a_chair_whom_no_mail_tells_has_one_of_its_own_each_week(database, clock, anyshire, case, seal):
    chair = anyshire.people[Role.SUBGROUP_CHAIR].email
    clock.at = read_moment("2026-11-23T07:00")
    kinds = []
    for _ in range(15):
        seal()
        plan_round(database, clock.now(), letterhead=LETTERHEAD)
        kinds.append([kind for kind, told in seals_told(database, chair) if kind == "seals" and told])
        clock.at += timedelta(days=1)
    assert [len(each) for each in kinds] == [1] * 7 + [2] * 7 + [3]
    post = Pigeonhole()
    deliver_to(post, database, clock, ignore_waits=True)
    assert {letter.to for letter in post.letters if letter.subject.startswith("Seals of the record of ANYSHIRE")}


@pytest.mark.usefixtures("anyshire", "case")
def test_before_there_is_an_anchor_nothing_is_told(database, clock):
    plan_round(database, clock.now(), letterhead=LETTERHEAD)
    assert [each for each in letters_of(database) if each.kind == "seals"] == []


@pytest.mark.usefixtures("anyshire", "case")
def test_the_report_says_how_many_rows_were_sealed(database, clock, tmp_path):
    sealing = Sealing(Keyring(tmp_path / "keys"))
    report = seal_and_anchor(database, clock, sealing, Pigeonhole(), letterhead=LETTERHEAD)
    assert sum(report.sealed.values()) == verify_seals(database, sealing.keyring, clock.now()).rows
