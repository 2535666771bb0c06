"""Matches the rows of a tracker to the actions of a plan."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from reviews.imports.readers.result import PlanRow
from reviews.models import Action

Key: TypeAlias = str | tuple[str, str]


def match(rows: Sequence[PlanRow], present: Iterable[Action]) -> list[Action | None]:
    """Give the action of each row, in order, or None for a new one. Two rows never match the same action.

    A reference in the tracker decides. One made from the position changes when rows are inserted: there the same text
    counts more than the position.
    """
    free = [action for action in present if action.source_reference]
    found: dict[int, Action] = {}
    for of_row, of_action in WAYS:
        by_key = {of_action(action): action for action in reversed(free)}
        for number, row in enumerate(rows):
            key = of_row(row)
            if number not in found and key is not None and key in by_key:
                found[number] = by_key.pop(key)
        taken = {action.id for action in found.values()}
        free = [action for action in free if action.id not in taken]
    return [found.get(number) for number in range(len(rows))]


def _if_made(key: Callable[[PlanRow], Key]) -> Callable[[PlanRow], Key | None]:
    return lambda row: key(row) if row.reference_from == "made" else None


WAYS: tuple[tuple[Callable[[PlanRow], Key | None], Callable[[Action], Key]], ...] = (
    (lambda row: row.reference if row.reference_from != "made" else None, lambda action: action.source_reference),
    (
        _if_made(lambda row: (row.reference, row.action.strip())),
        lambda action: (action.source_reference, action.text),
    ),
    (_if_made(lambda row: row.action.strip()), lambda action: action.text),
    (_if_made(lambda row: row.reference), lambda action: action.source_reference),
)
"""The keys of a row and of an action that are compared, the surest first."""
