"""Which action of the plan does each row of a tracker mean?"""

from collections.abc import Iterable, Sequence

from reviews.models import Action
from reviews.trackers import PlanRow


def match(rows: Sequence[PlanRow], present: Iterable[Action]) -> list[Action | None]:
    """Give the action of each row, in order, or None for a new one; no action is meant by two rows.

    A reference that stands in the tracker decides. One that was made by position moves when rows are put in between:
    there the same text comes first, at the same place or elsewhere, and only then the place.
    """
    free = {action.id: action for action in present if action.source_reference}
    found: dict[int, Action] = {}
    for key in (_stated, _made, _words, _place):
        by_key = {key_of: action for action in reversed(free.values()) if (key_of := _of_action(key, action))}
        for number, row in enumerate(rows):
            action = by_key.get(key(row)) if number not in found else None
            if action is not None and action.id in free:
                found[number] = free.pop(action.id)
    return [found.get(number) for number in range(len(rows))]
