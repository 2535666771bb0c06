"""When is an action brought up next, and to whom; or why not?"""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import Reminder
from notifications.rounds.applied_policies import policies_of
from notifications.rounds.audience import role_told
from notifications.rounds.escalation import Stairs
from reviews.definitions.bank_holidays import present_calendar
from reviews.models import Action
from workflows.core.labels import sentence
from workflows.core.ladders import Occurrence, name_words, next_after, told_words
from workflows.core.vocabulary import Ladder
from workflows.definitions.action import FINISHED, OPEN

NO_DATE = "it has no due date, so its owner is asked for one once a month"
PAST_THE_LAST = "nothing more is said of this date: the last rung of the ladder is past"


@dataclass(frozen=True, slots=True)
class NextRung:
    """The rung, in words, who is told, and the working morning of the mail; else `why` there is none."""

    rung: str = ""
    told: str = ""
    on: date | None = None
    why: str = ""


def next_rung(session: Session, action: Action, today: date) -> NextRung:
    """Look ahead on the ladder of one action. What was said of a rung, or of a higher one, is passed over."""
    if action.stage in FINISHED:
        return NextRung(why="it is finished")
    if action.stage not in OPEN:
        return NextRung(why=f"{sentence(action.stage).lower()}: nothing is said at this stage")
    if action.due_on is None:
        return NextRung(why=NO_DATE)
    stairs = Stairs(policies_of(session, action.partnership_id), present_calendar(session), today)
    return _coming(stairs, action, action.due_on, _said(session, action, action.due_on))


def _coming(stairs: Stairs, action: Action, due_on: date, said: set[str]) -> NextRung:
    ladder = stairs.policies.ladder_of(action.case_id)
    day = _day_before_the_morning(stairs)
    while (found := _after(stairs, ladder, due_on, day)) is not None:
        rung, morning = found
        if not stairs.is_said(rung, due_on, said):
            return NextRung(name_words(rung.name), _told(rung, action), morning)
        day = morning
    return NextRung(why=PAST_THE_LAST)


def _day_before_the_morning(stairs: Stairs) -> date:
    """Begin after the last working morning before today: what fell on the days since is still to be said."""
    return stairs.calendar.previous_working_day(stairs.today - timedelta(days=1))


def _after(stairs: Stairs, ladder: Ladder, due_on: date, day: date) -> tuple[Occurrence, date] | None:
    """Give the highest rung that the first morning with something new speaks of, and that morning."""
    coming = next_after(ladder, due_on, day, stairs.calendar)
    if coming is None:
        return None
    morning = stairs.calendar.next_working_day(coming.on)
    then = Stairs(stairs.policies, stairs.calendar, morning).reached(ladder, due_on)
    return (then.last if then else coming), morning


def _told(rung: Occurrence, action: Action) -> str:
    roles = {role for named in rung.tells if (role := role_told(named, action.realm)) is not None}
    return told_words(Occurrence(rung.name, rung.on, frozenset(roles), rung.deputy))


def _said(session: Session, action: Action, due_on: date) -> set[str]:
    said = sa.select(Reminder.rung).where(Reminder.action_id == action.id, Reminder.about == due_on.isoformat())
    return set(session.scalars(said))
