"""Assigning several actions, or asking for more time for them, at once: all that may be, with the others named."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from reviews.actions.details import assign_action
from reviews.actions.extensions import ask_extension
from reviews.models import Action
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import NotReady, Refused

MOST_ACTIONS = 500
"""Actions, so that it ends in a few seconds."""
NONE_ASSIGNED = "You cannot give them any of these actions."
NONE_ASKED = "You cannot ask for more time for any of these actions."
UNKNOWN = "This action does not exist, or you cannot see it."


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """The references of the actions changed, and of those not changed with the reason."""

    done: Sequence[str]
    not_done: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class NewDueDates:
    """The due date each action is to have: one day for all, or some weeks after its present one."""

    on: date | None = None
    weeks: int = 0

    def of(self, action: Action, today: date) -> date:
        return self.on or (action.due_on or today) + timedelta(weeks=self.weeks)


def assign_actions(unit: Unit, addresses: Sequence[str], *, partnership: str, owner_email: str) -> BulkOutcome:
    """Assign actions of one partnership to one person, all that may be in one transaction; the others are named.

    Raises NotReady with every reason where nothing could be done.
    """
    return _for_each(
        unit,
        addresses,
        partnership=partnership,
        act=lambda action: assign_action(unit, action, owner_email=owner_email),
        none_done=NONE_ASSIGNED,
    )


def ask_extensions(
    unit: Unit, addresses: Sequence[str], *, partnership: str, new_dates: NewDueDates, reason: str, meanwhile: str = ""
) -> BulkOutcome:
    """Ask for more time for each action, all that may be in one transaction: each becomes a request of its own.

    Raises NotReady with every reason where nothing could be asked for.
    """
    return _for_each(
        unit,
        addresses,
        partnership=partnership,
        act=lambda action: ask_extension(
            unit,
            action,
            wanted_due_on=new_dates.of(action, unit.today),
            reason=reason,
            meanwhile=meanwhile,
            happened_on=unit.today,
        ),
        none_done=NONE_ASKED,
    )


def _for_each(
    unit: Unit, addresses: Sequence[str], *, partnership: str, act: Callable[[Action], Action], none_done: str
) -> BulkOutcome:
    if len(set(addresses)) > MOST_ACTIONS:
        raise Refused(f"You can choose up to {MOST_ACTIONS} actions at once. Choose fewer.")
    done: list[str] = []
    not_done: list[tuple[str, str]] = []
    for address in sorted(set(addresses)):  # in one order, so that two at once do not wait for each other
        try:
            action = unit.action(address, partnership=partnership)
            done.append(act(action).reference)
        except NotFound:
            not_done.append((address[:120], UNKNOWN))
        except Refused as refusal:
            not_done.append((action.reference, _reason(refusal)))
    if not done:
        raise NotReady(none_done, [f"{reference}: {why}" for reference, why in not_done])
    return BulkOutcome(done, not_done)


def _reason(refusal: Refused) -> str:
    return f"{refusal.sentence} Missing: {', '.join(refusal.missing)}." if refusal.missing else refusal.sentence
