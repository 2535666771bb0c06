"""How are several actions given to one person at once?"""

from collections.abc import Sequence
from dataclasses import dataclass

from reviews.commands.actions import assign_action
from reviews.unit import NotFound, Unit
from workflows.engine import NotReady, Refused

NONE_DONE = "None of the actions could be given to them."
UNKNOWN = "There is no such action here, or it is not yours to see."


@dataclass(frozen=True, slots=True)
class Together:
    """The references of what was done, and what was not with its reason."""

    done: Sequence[str]
    not_done: Sequence[tuple[str, str]]


def assign_together(unit: Unit, addresses: Sequence[str], *, partnership: str, owner_email: str) -> Together:
    """Give actions of one partnership to one person, all that may be in one transaction; names the others.

    Raises NotReady with every reason where nothing could be done.
    """
    done: list[str] = []
    not_done: list[tuple[str, str]] = []
    for address in sorted(set(addresses)):  # in one order, so that two at once do not wait for each other
        try:
            action = unit.action(address, partnership=partnership)
            done.append(assign_action(unit, action, owner_email=owner_email).reference)
        except NotFound:
            not_done.append((address[:120], UNKNOWN))
        except Refused as refusal:
            not_done.append((action.reference, " ".join([refusal.sentence, *refusal.missing])))
    if not done:
        raise NotReady(NONE_DONE, [f"{reference}: {why}" for reference, why in not_done])
    return Together(done, not_done)
