"""Months of the audit log: due by the schedule, decided on by two, gone; the chain over the rest stays whole."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.audit.disposing import disposing
from reviews.audit.seal_rows import seal_rows
from reviews.audit.verify_seals import verify_seals
from reviews.audit.write_entry import NewEntry, write_entry
from reviews.backups.audit_packs import packs_folder
from reviews.backups.make_backup import make_backup
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.core.keyring import keyring_of
from reviews.models import AuditEntry, AuditKind, LogDisposal, RetentionHoldKind, Through
from reviews.retention import log_disposals
from reviews.retention.decisions_on_cases import set_hold
from reviews.retention.log_disposals import (
    approve_log_disposal,
    dispose_of_log,
    log_retention,
    propose_log_disposal,
    refuse_log_disposal,
)
from reviews.retention.schedule import AUDIT_LOG, set_rule
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import NOW, TODAY, World, a_case, a_process, a_world
from tests.changes import nothing_changes
from tests.reviews.retention.dispositions import OPERATOR, settings_of
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

PRIVACY, MANAGER, CDOP = Role.PRIVACY_OFFICER, Role.BUSINESS_MANAGER, Role.CDOP_MANAGER
BEFORE = date(2024, 11, 1)
CLOCK = StoppedClock(NOW)


@pytest.fixture
def world(database: Database) -> World:
    world = a_world(database)
    for place in (world.anyshire, world.midmarch):
        with unit_of_work(database, place.actors[PRIVACY], CLOCK) as unit:
            set_rule(unit, place.partnership, workflow=AUDIT_LOG, years=2, reason="As the council's schedule says.")
    return world


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def look(database, world, at, *, place=None, case_id=None):
    partnership_id = (place or world.anyshire).partnership.id
    entry = NewEntry(
        at=at,
        kind=AuditKind.SEEN,
        through=Through.PAGE,
        route="cases.case",
        partnership_id=partnership_id,
        case_id=case_id,
        reference="RR-2024-01",
    )
    write_entry(database, entry)


def moments(database):
    with database.audit() as session:
        return list(session.scalars(sa.select(AuditEntry.at).order_by(AuditEntry.id)))


def decide(database, place, *, proposes=MANAGER, approves=PRIVACY):
    with unit_of_work(database, place.actors[proposes], CLOCK) as unit:
        propose_log_disposal(unit, place.partnership, reason="Two years are over.")
    with unit_of_work(database, place.actors[approves], CLOCK) as unit:
        approve_log_disposal(unit, place.partnership)


OLD, LAST, NEW = (datetime(*day, tzinfo=UTC) for day in ((2023, 5, 2), (2024, 10, 31, 23, 59), (2024, 11, 1)))


def test_whole_months_go_and_the_chain_counts_them_by_their_certificate(database, world, home):
    settings = settings_of(database, home)
    for at in (OLD, LAST, NEW, NOW - timedelta(hours=1)):
        look(database, world, at)
    look(database, world, OLD, place=world.midmarch)
    seal_rows(database, keyring_of(settings), CLOCK)
    decide(database, world.anyshire)

    (done,) = dispose_of_log(database, settings, CLOCK, OPERATOR)

    assert moments(database) == [NEW, NOW - timedelta(hours=1), OLD]
    assert (done.number, done.before, done.counts) == ("AL-2026-01", BEFORE, {"audit_entries": 2})
    assert done.finished_at == NOW
    found = verify_seals(database, keyring_of(settings), NOW)
    assert (found.ok, list(found.disposed.values())) == (True, [2])
    with nothing_changes(database):
        assert dispose_of_log(database, settings, CLOCK, OPERATOR) == []
    with database.audit.begin() as session, disposing(session):  # past the trigger
        session.execute(sa.delete(AuditEntry).where(AuditEntry.at == NEW))
    assert not verify_seals(database, keyring_of(settings), NOW).ok


def test_what_names_a_case_on_hold_stays(database, world, home):
    place = world.anyshire
    with database.begin() as session:
        case = a_case(session, place.partnership)
        inside = a_process(session, case)
        case_id, inside_id = case.id, inside.id
    for number in (case_id, inside_id, None):
        look(database, world, OLD, case_id=number)
    with unit_of_work(database, place.actors[MANAGER], CLOCK) as unit:
        set_hold(
            unit, unit.session.merge(case, load=False), kind=RetentionHoldKind.INQUEST, reason="The coroner asked."
        )
    decide(database, place)
    (done,) = dispose_of_log(database, settings_of(database, home), CLOCK, OPERATOR)
    assert done.counts == {"audit_entries": 1, "held": 2}
    with database.audit() as session:
        assert set(session.scalars(sa.select(AuditEntry.case_id))) == {case_id, inside_id}


@pytest.mark.parametrize(("proposes", "approves"), [(MANAGER, MANAGER), (PRIVACY, PRIVACY)])
def test_nobody_decides_alone(database, world, proposes, approves):
    with pytest.raises(NotAllowed, match="second person"):
        decide(database, world.anyshire, proposes=proposes, approves=approves)


def test_one_of_the_two_is_a_privacy_officer(database, world):
    with pytest.raises(NotAllowed, match="privacy officer"):
        decide(database, world.anyshire, proposes=MANAGER, approves=CDOP)
    with unit_of_work(database, world.anyshire.actors[PRIVACY], CLOCK) as unit:
        approve_log_disposal(unit, world.anyshire.partnership)


def test_who_acts_as_the_privacy_officer_at_the_terminal_is_not_one_of_the_two(database, world):
    place = world.anyshire
    acted = replace(place.actors[PRIVACY], operator="ann")
    assert acted.at_terminal
    with unit_of_work(database, acted, CLOCK) as unit:
        propose_log_disposal(unit, place.partnership, reason="Two years are over.")
    with (
        pytest.raises(NotAllowed, match="privacy officer"),
        unit_of_work(database, place.actors[MANAGER], CLOCK) as unit,
    ):
        approve_log_disposal(unit, place.partnership)


@pytest.mark.parametrize("role", [Role.SUBGROUP_CHAIR, Role.ACTION_OWNER, Role.TECHNICIAN])
def test_others_see_and_decide_nothing(database, world, role):
    with (
        nothing_changes(database),
        pytest.raises(NotAllowed),
        unit_of_work(database, world.anyshire.actors[role], CLOCK) as unit,
    ):
        propose_log_disposal(unit, world.anyshire.partnership, reason="Two years are over.")
    with pytest.raises(NotAllowed), unit_of_work(database, world.midmarch.actors[PRIVACY], CLOCK) as unit:
        log_retention(unit.session, unit.actor, world.anyshire.partnership.id, today=TODAY)


def test_what_is_refused_or_never_proposed_is_not_run(database, world, home):
    look(database, world, OLD)
    place = world.anyshire
    with unit_of_work(database, place.actors[MANAGER], CLOCK) as unit:
        propose_log_disposal(unit, place.partnership, reason="Two years are over.")
    assert dispose_of_log(database, settings_of(database, home), CLOCK, OPERATOR) == []
    with unit_of_work(database, place.actors[PRIVACY], CLOCK) as unit:
        refuse_log_disposal(unit, place.partnership, reason="An inquiry was announced.")
    assert dispose_of_log(database, settings_of(database, home), CLOCK, OPERATOR) == []
    assert moments(database) == [OLD]


def test_without_years_nothing_is_due(database, world):
    place = world.anyshire
    with unit_of_work(database, place.actors[PRIVACY], CLOCK) as unit:
        set_rule(unit, place.partnership, workflow=AUDIT_LOG, years=None, reason="We keep it all.")
    with pytest.raises(Refused, match="Set them first"), unit_of_work(database, place.actors[PRIVACY], CLOCK) as unit:
        propose_log_disposal(unit, place.partnership, reason="Two years are over.")


def test_a_run_that_was_killed_is_finished_by_the_next(database, world, home, monkeypatch):
    """Killed after the certificate was written: what it names is deleted by the next run, and nothing else."""
    settings = settings_of(database, home)
    for at in (OLD, LAST, NEW):
        look(database, world, at)
    decide(database, world.anyshire)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(log_disposals, "_delete", _killed)
        dispose_of_log(database, settings, CLOCK, OPERATOR)
    assert moments(database) == [OLD, LAST, NEW]
    with unit_of_work(database, world.anyshire.actors[PRIVACY], CLOCK) as unit, pytest.raises(Refused):
        refuse_log_disposal(unit, world.anyshire.partnership, reason="Too late.")
    (done,) = dispose_of_log(database, settings, CLOCK, OPERATOR)
    assert (moments(database), done.counts) == ([NEW], {"audit_entries": 2})
    with database() as session:
        assert session.scalars(sa.select(LogDisposal.finished_at)).all() == [NOW]


def test_packs_of_backups_go_too(database, world, home, tmp_path):
    settings = settings_of(database, home)
    for at in (OLD, NEW):
        look(database, world, at)
    make_backup(database, settings, tmp_path / "backup", NOW)
    assert {path.name[:7] for path in packs_folder(home).glob("*.json")} == {"2023-05", "2024-11"}
    decide(database, world.anyshire)
    dispose_of_log(database, settings, CLOCK, OPERATOR)
    assert {path.name[:7] for path in packs_folder(home).glob("*")} == {"2024-11"}


def _killed(*_given):
    raise KeyboardInterrupt
