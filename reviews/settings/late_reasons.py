"""Whether the partnership asks for the reason with every step that meets a clock late."""

from reviews.access.permissions import Permission
from reviews.models import EventKind, Partnership
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused


def require_late_reasons(unit: Unit, partnership: Partnership, *, required: bool) -> None:
    """Ask for the reason from now on, or no longer. Raises NotAllowed, and Refused where that is so already."""
    unit.actor.require(Permission.SET_LOCAL_RULES, partnership.id)
    if partnership.late_reasons_required == required:
        raise Refused("This is already how the partnership does it.")
    partnership.late_reasons_required = required
    unit.record(EventKind.LATE_REASONS_SET, partnership_id=partnership.id, details={"required": required})
