"""The invented partnership over thirty days: everything that says what is late says the same.

It takes some seconds, as each day is read in five ways. The data is loaded once, and only the clock moves.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.base.summary_rhythm import Rhythm, SummaryChoice
from notifications.rounds.snapshot import list_partnerships
from notifications.summaries.summary_letter import write_summary
from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.actions.list_queries import ActionFilter, action_list
from reviews.actions.steps import submit_action
from reviews.cases.list_queries import CaseFilter, tracker
from reviews.core.clock import LONDON, StoppedClock
from reviews.core.db import Database, engine_of, open_database
from reviews.exports.formats import FORMATS
from reviews.exports.plan_rows import ExportedPlan, exported_choice, exported_plan
from reviews.models import Action, Case
from reviews.people.queries import actor_by_email
from reviews.summary.queries import chair_summary, late_cases
from tests.builders import NOW, TODAY, a_unit
from tests.notifications.mornings import LETTERHEAD
from tests.web.visitor import Doors
from web.cli.summary import as_data
from workflows.definitions.action import OUTSTANDING

DAYS = [TODAY + timedelta(days=days) for days in range(30)]
ALL = 1_000
EXPORTED = 1
"""Plans exported each day: of another case every day, late or not."""


@pytest.fixture
def seeded(seeded_sqlite: Path, tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{shutil.copy(seeded_sqlite, tmp_path / 'followthrough.db')}")
    yield opened
    engine_of(opened).dispose()


@dataclass(frozen=True, slots=True)
class Late:
    """What is late with its lateness in words, by reference: cases and actions."""

    cases: dict[str, str]
    actions: dict[str, str]


def in_tracker(session: Session, chair: Actor, place: int, today: date) -> Late:
    cases, actions = {}, {}
    for number in (1, 2):
        filters, near = CaseFilter(clock="late"), today + timedelta(days=14)
        page = tracker(session, chair, today=today, near=near, partnership_id=place, filters=filters, number=number)
        cases |= {line.reference: line.clocks[0].lateness(today).in_words for line in page.rows}
    overdue = ActionFilter(group="overdue")
    for line in action_list(session, chair, today=today, partnership_id=place, wanted=overdue, size=ALL).rows:
        actions[line.reference] = line.lateness(today).in_words
    return Late(cases, actions)


def in_mail(body: str) -> Late:
    """Read the sections of late cases and of overdue actions."""
    sections = {part.partition("\n\n")[0].partition(":")[0]: part for part in re.split(r"\n\n\n?(?=\S)", body)}
    found = [
        dict(re.findall(r"^  ([A-Z]\S*): .*?, ((?:\d+|less than a) [a-z ]+ late)", sections[title], re.MULTILINE))
        for title in ("Late cases", "Oldest overdue actions")
    ]
    return Late(*found)


def in_words(found: dict[str, Any]) -> str:
    number, unit = found["days_late"], found["late_unit"]
    return (
        f"{number} {unit.removesuffix('s') if number == 1 else unit} late" if number else "less than a working day late"
    )


def in_json(found: dict[str, Any]) -> Late:
    return Late(
        {each["case"]: in_words(each) for each in found["late_cases"]},
        {each["reference"]: in_words(each) for each in found["oldest"]},
    )


def document(plan: ExportedPlan) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FORMATS["json"].write(plan))
    return found


def late_actions(session: Session, chair: Actor, place: int, on: date) -> dict[str, str]:
    here = (Action.partnership_id == place, Action.stage.in_(sorted(OUTSTANDING)), visible(chair, Action))
    addresses = session.scalars(sa.select(Action.address).where(*here)).all()
    plan = exported_choice(session, chair, place, addresses, now=NOW + (on - TODAY))
    rows = document(plan)["actions"]
    assert all(row["cells"]["Late"] == (in_words(row) if row["late"] else "") for row in rows)
    return {row["cells"]["Reference"]: in_words(row) for row in rows if row["late"]}


def test_on_thirty_days_all_that_says_what_is_late_says_the_same(seeded: Database) -> None:
    with seeded() as session:
        chair = actor_by_email(session, "chair@anyshire.example", today=TODAY)
        partnership = next(each for each in list_partnerships(session) if each.code == "ANYSHIRE")
        submit_the_latest(session, chair, partnership.id)
        cases = session.scalars(
            sa.select(Case).where(Case.partnership_id == partnership.id, Case.parent_id.is_(None), visible(chair, Case))
        ).all()
        choice = SummaryChoice(1, partnership.id, 1, chair.email, Rhythm.WEEKLY, 0, None, TODAY, None)
        counts = set()
        for number, today in enumerate(DAYS):
            summary = chair_summary(session, chair, partnership_id=partnership.id, today=today)
            letter = write_summary(partnership, "Chair", choice, summary, None, letterhead=LETTERHEAD, morning=today)
            every = late_cases(session, chair, partnership_id=partnership.id, today=today)
            listed = in_tracker(session, chair, partnership.id, today)

            assert summary.late_cases == len(listed.cases)
            assert summary.totals["overdue"] == len(listed.actions) == sum(summary.by_age.values())
            assert in_mail(letter.body) == listed
            assert in_json(json.loads(json.dumps(as_data(summary, every, "ANYSHIRE", today), default=str))) == listed
            assert late_actions(session, chair, partnership.id, today) == listed.actions
            for case in (cases * 2)[number * EXPORTED : (number + 1) * EXPORTED]:
                found = document(exported_plan(session, chair, case, sees_case=True, now=NOW + (today - TODAY)))
                late = listed.cases.get(case.reference)
                assert found["late"] is (late is not None)
                assert late is None or in_words(found["late_clock"]) == late
            counts.add((len(listed.cases), len(listed.actions)))
        assert len(counts) > 10
        assert min(counts)[0] >= 14


def submit_the_latest(session: Session, chair: Actor, place: int) -> None:
    """Let an owner submit what is overdue longest, and another what they had done in time."""
    overdue = ActionFilter(group="overdue")
    rows = action_list(session, chair, today=TODAY, partnership_id=place, wanted=overdue, size=ALL).rows
    workable = [row for row in rows if row.stage in ("not_started", "in_progress") and row.share is None]
    for row, on in ((workable[0], TODAY), (workable[1], workable[1].due_on or TODAY)):
        action = session.scalars(sa.select(Action).where(Action.reference == row.reference)).one()
        submit_action(a_unit(session), action, evidence="Minutes", happened_on=on)
    session.flush()


@pytest.mark.parametrize("days", [0, 29])
def test_the_pages_list_them_too(seeded: Database, tmp_path: Path, days: int) -> None:
    today = TODAY + timedelta(days=days)
    with seeded() as session:
        chair = actor_by_email(session, "chair@anyshire.example", today=today)
        place = next(each.id for each in list_partnerships(session) if each.code == "ANYSHIRE")
        listed = in_tracker(session, chair, place, today)
    moment = (NOW + timedelta(days=days)).astimezone(LONDON)
    visitor = Doors(seeded, StoppedClock(moment), tmp_path).visitor("chair@anyshire.example")
    for address in ("/cases?clock=late&partnership=ANYSHIRE", "/summary?partnership=ANYSHIRE"):
        assert visitor.open(address) == 200
        assert all(reference in visitor.said and late in visitor.said for reference, late in listed.cases.items())
    assert f"Late cases: {len(listed.cases)}" in visitor.said
    assert all(late in visitor.said for late in listed.actions.values())
