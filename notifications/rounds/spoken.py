"""What was said already, of which action or clock, to whom?"""

from collections.abc import Collection, Iterable
from typing import TypeAlias

Said: TypeAlias = tuple[int, int, str, str]
"""Action or clock, person, rung, and what it was about: a due date, a month or an event."""


class Spoken:
    """What the ledger holds of the live actions, or of the running clocks, of one partnership."""

    def __init__(self, said: Iterable[Said] = ()) -> None:
        self._rungs: dict[tuple[int, int, str], set[str]] = {}
        for matter_id, person_id, rung, about in said:
            self._rungs.setdefault((matter_id, person_id, about), set()).add(rung)

    def __contains__(self, said: Said) -> bool:
        matter_id, person_id, rung, about = said
        return rung in self.rungs(matter_id, person_id, about)

    def rungs(self, matter_id: int, person_id: int, about: str) -> Collection[str]:
        """Give the rungs that were said to one person of one due date."""
        return self._rungs.get((matter_id, person_id, about), ())
