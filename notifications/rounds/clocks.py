"""Which running clocks does the round of one partnership have to look at, and on which ladder is each?"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from notifications.models import Reminder
from notifications.rounds.spoken import Spoken
from reviews.definitions.local_rules import LocalRules, local_rules_of
from reviews.models import Case, CaseAgency, CaseClock, OurRole
from workflows.catalogue import Catalogue
from workflows.core.deadlines import Ladder, Rank
from workflows.core.roles import Realm
from workflows.definitions.shared.ladder_policies import CLOCK_LADDERS

FIRST_RUNG = min(rung.days for ladder in CLOCK_LADDERS.values() for rung in ladder.rungs)
Around = aliased(Case)


@dataclass(frozen=True, slots=True)
class ClockLine:
    """What a mail may know of a running clock.

    `within` is the reference of the case around a small one, `agency_id` the agency that one asks for something.
    """

    id: int
    reference: str
    within: str
    realm: Realm
    name: str
    title: str
    is_binding: bool
    agency_id: int | None
    due_on: date
    ladder: Ladder


def read_clocks(session: Session, catalogue: Catalogue, partnership_id: int, morning: date) -> list[ClockLine]:
    """Read the clocks a ladder may have reached: of cases that are ours to lead and open, as is the case around."""
    rules = local_rules_of(session, partnership_id)
    rows = session.execute(
        sa.select(
            CaseClock.id,
            Case.reference,
            Around.reference.label("within"),
            Case.realm,
            Case.workflow,
            Case.workflow_version,
            CaseClock.name,
            CaseClock.edition_from,
            CaseClock.counted_from_on,
            CaseClock.due_on,
            _agency_asked().label("agency_id"),
        )
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(Around, Around.id == Case.parent_id)
        .where(*_running(partnership_id), CaseClock.due_on <= morning - timedelta(days=FIRST_RUNG))
        .order_by(CaseClock.due_on, CaseClock.id)
    )
    return [line for row in rows if (line := _line(row, catalogue, rules)) is not None]


def read_spoken(session: Session, partnership_id: int) -> Spoken:
    """Give what was said of the running clocks: clock, person, rung and the due date it was about."""
    rows = session.execute(
        sa.select(Reminder.clock_id, Reminder.person_id, Reminder.rung, Reminder.about)
        .join(CaseClock, CaseClock.id == Reminder.clock_id)
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(Around, Around.id == Case.parent_id)
        .where(*_running(partnership_id))
    )
    return Spoken((row[0], row[1], row[2], row[3]) for row in rows if row[0] is not None)


def _running(partnership_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Case.partnership_id == partnership_id,
        Case.closed_on.is_(None),
        Case.our_role == OurRole.LEAD,
        Around.closed_on.is_(None),
        CaseClock.met_on.is_(None),
        CaseClock.dropped_on.is_(None),
    )


def _agency_asked() -> sa.ColumnElement[int | None]:
    """A small case involves the agency it asks; whose lead sees it by that, in either realm (access/visibility.py)."""
    agency = sa.select(sa.func.min(CaseAgency.agency_id)).where(CaseAgency.case_id == Case.id).scalar_subquery()
    return sa.case((Case.parent_id.is_not(None), agency), else_=None)


def _line(row: Any, catalogue: Catalogue, rules: LocalRules) -> ClockLine | None:
    deadline = catalogue.deadline(row.workflow, row.workflow_version, row.name)
    rule = rules.in_force(row.workflow, row.name, row.counted_from_on)
    ladder = CLOCK_LADDERS.get(rule.ladder or "", deadline.ladder) if rule is not None else deadline.ladder
    if ladder is None:
        return None
    ranks = (edition.rank for edition in deadline.editions if edition.effective_from == row.edition_from)
    return ClockLine(
        id=row.id,
        reference=row.reference,
        within=row.within or "",
        realm=row.realm,
        name=row.name,
        title=deadline.title,
        is_binding=next(ranks, Rank.LOCAL) is not Rank.LOCAL,
        agency_id=row.agency_id,
        due_on=row.due_on,
        ladder=ladder,
    )
