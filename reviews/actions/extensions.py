"""More time for an action: asked for, refused and answered; delays explained; and reminders snoozed."""

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Actor, NotAllowed
from reviews.access.policies import is_owner_or_deputy
from reviews.actions.take_step import take_action_step
from reviews.models import Action, Delay, Event, EventKind, ExtensionRequest, Snooze
from reviews.transactions.references import require_credible
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.definitions.action import DATED

LONGEST_SNOOZE = 14
"""Days, each time; our own rule, as no guidance has one."""
MOST_SNOOZES = 2
"""For one due date, by the owner and the deputies together."""
LATEST_SNOOZE = timedelta(days=14)
"""After the due date, when the agency's lead and the business manager are told."""
LONGEST_SNOOZE_REASON = 500


def snooze_action(unit: Unit, action: Action, *, days: int, reason: str) -> Snooze:
    """Send the actor no reminder of an action for some days. The date stays, and others are still reminded.

    For the owner and their deputy; the operator snoozes it for the owner. Raises NotAllowed, Refused.
    """
    person_id = _snoozing_person(unit, action)
    reason = reason.strip()
    if not reason:
        raise Refused("Say why you want to be reminded later.")
    if len(reason) > LONGEST_SNOOZE_REASON:
        raise Refused(f"The reason must be {LONGEST_SNOOZE_REASON} characters or fewer.")
    until_on = _snooze_end(unit, action, days)
    if until_on <= (snoozed_until(unit, action, person_id) or unit.today):
        raise Refused("You have already snoozed this action until then.")
    snooze = Snooze(
        action_id=action.id,
        person_id=person_id,
        about=action.due_on,
        until_on=until_on,
        reason=reason,
        asked_at=unit.now,
    )
    unit.session.add(snooze)
    flag_modified(action, "stage")  # the version counts what changes other tables too
    unit.record(
        EventKind.ACTION_SNOOZED,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"person": person_id, "until_on": until_on.isoformat(), "snooze_reason": reason},
    )
    return snooze


def may_snooze(actor: Actor, action: Action, today: date) -> bool:
    """Whether the actor is the owner or their deputy, and the action has a date that is not too late to snooze."""
    if action.stage not in DATED or action.due_on is None or _latest_snooze(action.due_on, today) <= today:
        return False
    return is_owner_or_deputy(actor, action)


def snoozed_until(unit: Unit, action: Action, person_id: int) -> date | None:
    """Give the day until which a person gets no reminder of an action with its present date; None where they do."""
    theirs = (Snooze.action_id == action.id, Snooze.person_id == person_id, Snooze.about == action.due_on)
    last = unit.session.scalar(sa.select(sa.func.max(Snooze.until_on)).where(*theirs))
    return last if last is not None and last > unit.today else None


def _latest_snooze(due_on: date, today: date) -> date:
    return min(today + timedelta(days=LONGEST_SNOOZE), due_on + LATEST_SNOOZE)


def _snoozing_person(unit: Unit, action: Action) -> int:
    if unit.actor.is_system and action.owner_id is not None:
        return action.owner_id
    if unit.actor.person_id is None or not is_owner_or_deputy(unit.actor, action):
        raise NotAllowed("Only the owner of the action and their deputy can snooze it.")
    return unit.actor.person_id


def _snooze_end(unit: Unit, action: Action, days: int) -> date:
    if action.stage not in DATED or action.due_on is None:
        raise Refused("No reminders are sent about this action now, so you cannot snooze it.")
    if not 1 <= days <= LONGEST_SNOOZE:
        raise Refused(f"You can snooze an action for 1 to {LONGEST_SNOOZE} days at a time.")
    last = _latest_snooze(action.due_on, unit.today)
    if last <= unit.today:
        raise Refused("You cannot snooze an action that is more than 14 days late. Ask for more time instead.")
    until_on = unit.today + timedelta(days=days)
    if until_on > last:
        raise Refused(f"You can snooze this action until {last:%-d %B %Y} at the latest: 14 days after it is due.")
    of_this_date = (Snooze.action_id == action.id, Snooze.about == action.due_on)
    if (unit.session.scalar(sa.select(sa.func.count()).where(*of_this_date)) or 0) >= MOST_SNOOZES:
        raise Refused("You cannot snooze this action again before its due date. Ask for more time instead.")
    return until_on


LONGEST_EXTENSION = timedelta(days=3 * 366)
ASKED = (EventKind.EXTENSION_ASKED, EventKind.EXTENSION_ASKED_AGAIN)


def ask_extension(
    unit: Unit, action: Action, *, wanted_due_on: date, reason: str, meanwhile: str = "", happened_on: date
) -> Action:
    """Ask for a later date, one request at a time, also of a late action; the date stays until it is granted.

    Once more time was given, the partners answer the next request, and are told of it instead of the chair. Raises
    Refused.
    """
    check_new_date(action, wanted_due_on, happened_on)
    take_action_step(
        unit,
        action,
        "ask_extension",
        happened_on=happened_on,
        answers={"wanted_due_on": wanted_due_on, "extension_reason": reason.strip(), "meanwhile": meanwhile.strip()},
        kind=EventKind.EXTENSION_ASKED_AGAIN if action.times_extended else EventKind.EXTENSION_ASKED,
    )
    action.requests.append(
        ExtensionRequest(
            wanted_due_on=wanted_due_on,
            reason=reason.strip(),
            meanwhile=meanwhile.strip(),
            asked_by=unit.actor.signature,
            asked_by_id=unit.actor.person_id,
            asked_for_id=action.owner_id,
            asked_at=unit.now,
        )
    )
    flag_modified(action, "due_on")  # of two requests at once, the second finds the action changed
    return action


def refuse_extension(unit: Unit, action: Action, *, reason: str, happened_on: date) -> Action:
    """Refuse a request for more time, with the reason. Raises Refused, also where nobody has asked."""
    take_action_step(
        unit,
        action,
        "refuse_extension",
        happened_on=happened_on,
        answers={"refusal_reason": reason.strip()},
        kind=EventKind.EXTENSION_REFUSED,
    )
    answer_request(unit, action, granted=False, answer=reason.strip())
    flag_modified(action, "due_on")
    return action


def open_request(action: Action) -> ExtensionRequest | None:
    """Give the request for more time that waits for its answer."""
    return next((each for each in action.requests if each.answered_at is None), None)


def answer_request(unit: Unit, action: Action, *, granted: bool | None, answer: str) -> None:
    """Answer the request that waits, if there is one; whoever was still to be told of it is not told any more.

    `granted` is None where the request was called off.
    """
    request = open_request(action)
    if request is None:
        return
    request.granted, request.answer = granted, answer
    request.answered_by, request.answered_at = unit.actor.signature, unit.now
    unannounced = (Event.action_id == action.id, Event.kind.in_(ASKED), Event.announced_at.is_(None))
    unit.session.execute(sa.update(Event).where(*unannounced).values(announced_at=unit.now))


def check_new_date(action: Action, new_due_on: date, on: date) -> date:
    """Give the present due date where the new one may follow it; raises Refused."""
    previous = action.due_on
    if previous is None:
        raise Refused("This action has no date yet. Set its first date instead.")
    if new_due_on <= max(previous, on):
        raise Refused("The new date must be after the present due date and after today.")
    require_credible(new_due_on, "The new date")
    if new_due_on > on + LONGEST_EXTENSION:
        raise Refused("The new date must be within three years.")
    return previous


def explain_delay(unit: Unit, action: Action, *, expected_on: date, reason: str, happened_on: date) -> Action:
    """Record that a late action is not done yet, the day it is expected and why. It is no progress, and stays late."""
    if expected_on <= unit.today:
        raise Refused("The day you expect it must be in the future.")
    if expected_on > unit.today + LONGEST_EXTENSION:
        raise Refused("The day you expect it must be within three years.")
    take_action_step(
        unit,
        action,
        "explain_delay",
        happened_on=happened_on,
        answers={"expected_on": expected_on, "delay_reason": reason.strip()},
        kind=EventKind.DELAY_EXPLAINED,
    )
    action.delays.append(
        Delay(
            due_on=action.due_on,
            expected_on=expected_on,
            reason=reason.strip(),
            reported_by=unit.actor.signature,
            reported_at=unit.now,
        )
    )
    action.expected_on = expected_on
    return action


def take_back_delay(unit: Unit, action: Action, number: int) -> None:
    """Mark an explanation as taken back; the one before it then holds again."""
    delay = next((each for each in action.delays if each.id == number), None)
    if delay is None:
        raise NotFound
    delay.taken_back_at = unit.now
    action.expected_on = expected_day(action)
    flag_modified(action, "stage")  # the version counts what changes other tables too


def expected_day(action: Action) -> date | None:
    """Give the day last said for the present due date."""
    days = [each.expected_on for each in action.delays if each.due_on == action.due_on and each.taken_back_at is None]
    return days[-1] if days else None
