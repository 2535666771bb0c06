"""What an import, and the decisions after it, may not do to actions of the person who makes them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from reviews.access.permissions import Actor
from workflows.core.engine import ConflictOfInterest
from workflows.definitions.action import FINISHED, ActionStage

CLOSED = FINISHED | {ActionStage.AWAITING_IMPACT}


def is_owner(actor: Actor, partnership_id: int, columns: Mapping[str, Any]) -> bool:
    """Whether the actor is owner or deputy of an action given by column, or stands in for its owner."""
    if actor.is_system or actor.person_id is None:
        return False
    named = actor.person_id in (columns["owner_id"], columns["deputy_id"])
    return named or (partnership_id, columns["owner_id"]) in actor.deputises_for


def refuse_owner(actor: Actor, partnership_id: int, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Refuse decisions that close an action of the actor's, or move its due date to a later day."""
    if not is_owner(actor, partnership_id, before):
        return
    closes = after["stage"] in CLOSED and before["stage"] not in CLOSED
    due_on: date | None = before["due_on"]
    if closes or (due_on is not None and after["due_on"] is not None and after["due_on"] > due_on):
        raise ConflictOfInterest(
            f"{before['reference']} is your own action: somebody else must decide that it is done, or when it is due."
        )
