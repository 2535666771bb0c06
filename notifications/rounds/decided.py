"""What was decided of a morning: which lines stand in whose mail, and what is held back?"""

from dataclasses import dataclass, field
from typing import TypeAlias

from notifications.rounds.action_lines import ActionLine
from notifications.rounds.clocks import ClockLine
from notifications.rounds.delivery_problems import Trouble
from workflows.core.roles import Role

Matter: TypeAlias = ActionLine | ClockLine
NO_DATE = "no-date"


def aspect_of(matter: Matter) -> str:
    """Give what of an action is meant where it is not the whole: one agency's part, or the check of its impact."""
    return matter.aspect if isinstance(matter, ActionLine) else ""


@dataclass(frozen=True, slots=True)
class Line:
    """One action or clock in one person's mail. `about` is what makes the rung new: due date, month or event.

    `why` tells somebody who hears in another's place why they do.
    """

    matter: Matter
    rung: str
    about: str
    role: Role
    why: str = ""

    @property
    def of_clock(self) -> bool:
        return isinstance(self.matter, ClockLine)


@dataclass(slots=True)
class Decided:
    """`lines` by person; `hears` gives the people of each event; `held_back` what was not said, and why.

    `tasks` is what a person is asked to put right besides; who has tasks and no line has empty lines.
    """

    lines: dict[int, dict[tuple[bool, int, str], Line]] = field(default_factory=dict)
    hears: dict[int, list[int]] = field(default_factory=dict)
    held_back: dict[tuple[Matter, str], None] = field(default_factory=dict)
    tasks: dict[int, list[Trouble]] = field(default_factory=dict)

    def say(self, person_id: int, line: Line) -> None:
        """Add a line, unless the mail has one of this action or clock: what was said first weighs more."""
        self.lines.setdefault(person_id, {}).setdefault((line.of_clock, line.matter.id, aspect_of(line.matter)), line)

    def ask(self, person_id: int, tasks: list[Trouble]) -> None:
        """Ask somebody to put right what is wrong with addresses and owners."""
        self.tasks[person_id] = tasks
        self.lines.setdefault(person_id, {})

    def drop(self, person_id: int) -> list[Line]:
        """Give up a person's mail, and give what stood in it."""
        self.tasks.pop(person_id, None)
        return list(self.lines.pop(person_id).values())

    def hold(self, matter: Matter, why: str) -> None:
        self.held_back[matter, why] = None
