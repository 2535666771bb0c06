"""The next reminder of one action: its rung, its morning and who is told, or the reason why there is none."""

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import Reminder
from notifications.rounds.audience import role_in_realm
from notifications.rounds.escalation import ARRIVAL_WORDS, Escalation, policies_of
from reviews.definitions.bank_holidays import present_calendar
from reviews.models import Action
from workflows.core.labels import sentence
from workflows.core.ladders import Occurrence, name_words, next_after, recipients_in_words
from workflows.core.vocabulary import Ladder
from workflows.definitions.action import FINISHED, OPEN

NO_DATE = "it has no due date, so its owner is asked for one once a month"
PAST_THE_LAST = "the last rung of the ladder for this due date is past"
UNDECIDED = "its tracker may say that it has ended, and nobody has decided yet"
SILENT = "its plan is silent until its reminders are started"
OWNER = "owner"


@dataclass(frozen=True, slots=True)
class NextRung:
    """The rung and who is told, in words, and the working morning of the mail; else `why` there is none."""

    rung: str = ""
    recipients: str = ""
    on: date | None = None
    why: str = ""


def next_rung(session: Session, action: Action, today: date) -> NextRung:
    """Look ahead on the ladder of one action, skipping rungs that were sent, or that a higher one sent covers."""
    if action.stage in FINISHED:
        return NextRung(why="it is finished")
    if action.stage not in OPEN:
        return NextRung(why=f"{sentence(action.stage).lower()}: no reminders are sent at this stage")
    escalation = Escalation(policies_of(session, action.partnership_id), present_calendar(session), today)
    if action.case_id in escalation.policies.silent_plans:
        return NextRung(why=SILENT)
    if action.awaiting_status:
        return NextRung(why=UNDECIDED)
    if action.due_on is None:
        return NextRung(why=NO_DATE)
    return _first_unsent(escalation, action, action.due_on, _sent_rungs(session, action, action.due_on))


def _first_unsent(escalation: Escalation, action: Action, due_on: date, sent: set[str]) -> NextRung:
    ladder = escalation.policies.ladder_of(action.case_id)
    # begin after the last working morning before today: what fell on the days since has not been sent yet
    day, first = escalation.calendar.previous_working_day(escalation.today - timedelta(days=1)), escalation.today
    if (arrival := escalation.arrival(action.case_id, action.brought_in_on)) is not None:
        first = max(first, arrival.on + timedelta(days=1))
        if arrival.was_overdue(due_on) and not escalation.was_overdue_sent(due_on, sent):
            morning = escalation.calendar.next_working_day(first)
            return NextRung(ARRIVAL_WORDS[arrival.name], OWNER, morning)
        day = max(day, arrival.climbs_from(due_on) - timedelta(days=1))
    while (found := _after(escalation, ladder, due_on, day, first)) is not None:
        rung, morning = found
        if not escalation.was_sent(rung, due_on, sent):
            return NextRung(name_words(rung.name), _audience_words(rung, action), morning)
        day = morning
    return NextRung(why=PAST_THE_LAST)


def _after(
    escalation: Escalation, ladder: Ladder, due_on: date, day: date, first: date
) -> tuple[Occurrence, date] | None:
    """Return the highest rung of the first morning, from a `first` day, with something new, and that morning."""
    coming = next_after(ladder, due_on, day, escalation.calendar)
    if coming is None:
        return None
    morning = escalation.calendar.next_working_day(max(coming.on, first))
    then = Escalation(escalation.policies, escalation.calendar, morning).reached(ladder, due_on)
    return (then.last if then else coming), morning


def _audience_words(rung: Occurrence, action: Action) -> str:
    roles = {role for named in rung.tells if (role := role_in_realm(named, action.realm)) is not None}
    return recipients_in_words(Occurrence(rung.name, rung.on, frozenset(roles), rung.deputy))


def _sent_rungs(session: Session, action: Action, due_on: date) -> set[str]:
    of_date = (Reminder.action_id == action.id, Reminder.about == due_on.isoformat(), Reminder.left_out == "")
    sent = sa.select(Reminder.rung).where(*of_date)
    return set(session.scalars(sent))
