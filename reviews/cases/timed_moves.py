"""What happens by itself when nobody acts by a day. The reminder process carries it out."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.cases.steps import take_case_step
from reviews.definitions.installed import definition_of, present_catalogue
from reviews.models import Case, CaseClock, OurRole
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused
from workflows.core.questions import Value
from workflows.core.vocabulary import TimedMove, Workflow


@dataclass(frozen=True, slots=True)
class DueMove:
    """A case in which nobody acted by the day of a clock, and the timed move of its definition."""

    case: Case
    workflow: Workflow
    move: TimedMove

    @property
    def is_possible(self) -> bool:
        """Whether the step leads on from where its track stands; else the clock waits for a person."""
        tracks = {track.name: track for track in self.workflow.tracks}
        steps = [(row.stage, step) for row in self.case.tracks for step in tracks[row.name].steps]
        return any(step.name == self.move.step and stage in step.source for stage, step in steps)


def due_moves(session: Session, partnership_id: int, *, today: date, lock: bool = False) -> list[DueMove]:
    """List the timed moves of a partnership whose day has passed, in the cases that we lead."""
    timed = {(kind.name, move.deadline) for kind in present_catalogue(session).every() for move in kind.timed_moves}
    if not timed:
        return []
    query = (
        sa.select(Case, CaseClock.name)
        .join(CaseClock, CaseClock.case_id == Case.id)
        .where(
            Case.partnership_id == partnership_id,
            Case.closed_on.is_(None),
            Case.our_role == OurRole.LEAD,
            sa.tuple_(Case.workflow, CaseClock.name).in_(sorted(timed)),
            CaseClock.met_on.is_(None),
            CaseClock.dropped_on.is_(None),
            CaseClock.due_on < today,
        )
        .order_by(Case.reference, CaseClock.id)
    )
    rows = session.execute(query.with_for_update(of=Case, key_share=True) if lock else query).all()
    found = [
        DueMove(case, workflow, move)
        for case, clock in rows
        for workflow in [definition_of(session, case)]
        for move in workflow.timed_moves
        if move.deadline == clock
    ]
    return [due for due in found if due.is_possible]


def carry_out_timed_moves(unit: Unit, partnership_id: int) -> list[DueMove]:
    """Record the steps of all timed moves that are due, each with its reason, and give those that were recorded.

    One that something holds back, such as a parallel process, waits: it is tried again the next morning.
    """
    done = []
    for due in due_moves(unit.session, partnership_id, today=unit.today, lock=True):
        answers: dict[str, Value | None] = {**dict(due.move.answers), due.move.why: due.move.reason}
        try:
            take_case_step(unit, due.case, due.move.step, happened_on=unit.today, answers=answers)
        except Refused:
            continue
        done.append(due)
    unit.session.flush()
    return done
