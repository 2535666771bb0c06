"""What was decided of a morning: which lines stand in whose mail, and what is held back?"""

from dataclasses import dataclass, field
from typing import TypeAlias

from notifications.clocks import ClockLine
from notifications.standing import ActionLine
from workflows.vocabulary import Role

Matter: TypeAlias = ActionLine | ClockLine
NO_DATE = "no-date"


@dataclass(frozen=True, slots=True)
class Line:
    """One action or clock in one person's mail. `about` is what makes the rung new: due date, month or event."""

    matter: Matter
    rung: str
    about: str
    role: Role

    @property
    def of_clock(self) -> bool:
        return isinstance(self.matter, ClockLine)


@dataclass(slots=True)
class Decided:
    """`lines` by person; `hears` gives the people of each event; `held_back` what was not said, and why."""

    lines: dict[int, dict[tuple[bool, int], Line]] = field(default_factory=dict)
    hears: dict[int, list[int]] = field(default_factory=dict)
    held_back: dict[tuple[Matter, str], None] = field(default_factory=dict)

    def say(self, person_id: int, line: Line) -> None:
        """Add a line, unless the mail has one of this action or clock: what was said first weighs more."""
        self.lines.setdefault(person_id, {}).setdefault((line.of_clock, line.matter.id), line)

    def hold(self, matter: Matter, why: str) -> None:
        self.held_back[matter, why] = None
