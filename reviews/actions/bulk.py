"""How is one thing done to several actions at once: all that may be, and the others named?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from reviews.actions.details import assign_action
from reviews.actions.extensions import ask_extension
from reviews.models import Action
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import NotReady, Refused

MOST = 500
"""Actions of one press, so that it ends in a few seconds."""
NONE_GIVEN = "None of the actions could be given to them."
NONE_ASKED = "More time could be asked for none of the actions."
UNKNOWN = "There is no such action here, or it is not yours to see."


@dataclass(frozen=True, slots=True)
class Together:
    """The references of what was done, and what was not with its reason."""

    done: Sequence[str]
    not_done: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Later:
    """To which day each action is to move: to one day for all, or by some weeks from its own due date."""

    on: date | None = None
    weeks: int = 0

    def of(self, action: Action, today: date) -> date:
        return self.on or (action.due_on or today) + timedelta(weeks=self.weeks)


def assign_together(unit: Unit, addresses: Sequence[str], *, partnership: str, owner_email: str) -> Together:
    """Give actions of one partnership to one person, all that may be in one transaction; names the others.

    Raises NotReady with every reason where nothing could be done.
    """
    return _together(
        unit,
        addresses,
        partnership=partnership,
        act=lambda action: assign_action(unit, action, owner_email=owner_email),
        none_done=NONE_GIVEN,
    )


def ask_together(
    unit: Unit, addresses: Sequence[str], *, partnership: str, later: Later, reason: str, meanwhile: str = ""
) -> Together:
    """Ask for more time for each action, all that may be in one transaction: each becomes a wish of its own.

    Raises NotReady with every reason where nothing could be asked for.
    """
    return _together(
        unit,
        addresses,
        partnership=partnership,
        act=lambda action: ask_extension(
            unit,
            action,
            wanted_due_on=later.of(action, unit.today),
            reason=reason,
            meanwhile=meanwhile,
            happened_on=unit.today,
        ),
        none_done=NONE_ASKED,
    )


def _together(
    unit: Unit, addresses: Sequence[str], *, partnership: str, act: Callable[[Action], Action], none_done: str
) -> Together:
    if len(set(addresses)) > MOST:
        raise Refused(f"{MOST} actions at once are the most: choose fewer.")
    done: list[str] = []
    not_done: list[tuple[str, str]] = []
    for address in sorted(set(addresses)):  # in one order, so that two at once do not wait for each other
        try:
            action = unit.action(address, partnership=partnership)
            done.append(act(action).reference)
        except NotFound:
            not_done.append((address[:120], UNKNOWN))
        except Refused as refusal:
            not_done.append((action.reference, _why(refusal)))
    if not done:
        raise NotReady(none_done, [f"{reference}: {why}" for reference, why in not_done])
    return Together(done, not_done)


def _why(refusal: Refused) -> str:
    return f"{refusal.sentence} Missing: {', '.join(refusal.missing)}." if refusal.missing else refusal.sentence
