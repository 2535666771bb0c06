"""What did a round of reminders decide?"""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from notifications.rounds.digests import Line, Matter, aspect_of
from notifications.rounds.snapshot import ClockLine


@dataclass(frozen=True, slots=True)
class Item:
    action: str
    rung: str


@dataclass(frozen=True, slots=True)
class ClockItem:
    """A clock by its name in the definition, and the reference of its case. It is of no action."""

    case: str
    clock: str
    rung: str
    action: None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """One person's mail of the morning: `to` is the address, `partnership` the code."""

    to: str
    kind: str
    partnership: str
    items: tuple[Item | ClockItem, ...]


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An action that was not brought up with somebody who would have been told, and why."""

    action: str
    why: str
    partnership: str


@dataclass(frozen=True, slots=True)
class ClockHeldBack:
    """A clock that was not brought up with somebody who would have been told, and why."""

    case: str
    clock: str
    why: str
    partnership: str
    action: None = None


@dataclass(frozen=True, slots=True)
class SummaryHeldBack:
    """A summary that somebody chose to have this morning and does not get, and why; `to` is their address."""

    to: str
    why: str
    partnership: str
    action: None = None


@dataclass(slots=True)
class Round:
    """`already` counts the people written to earlier this morning, `failed_in` names partnerships left for later."""

    as_of: datetime
    mails: list[Mail] = field(default_factory=list)
    held_back: list[HeldBack | ClockHeldBack | SummaryHeldBack] = field(default_factory=list)
    already: int = 0
    note: str = ""
    failed_in: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Give the document of `followthrough remind --json`, but for the counts of the hand-over."""
        return {
            "as_of": self.as_of.isoformat(),
            "mails": [asdict(mail) for mail in self.mails],
            "held_back": [asdict(held) for held in self.held_back],
            "already": self.already,
            "note": self.note,
            "failed_in": self.failed_in,
        }


def item_of(line: Line) -> Item | ClockItem:
    matter = line.matter
    if isinstance(matter, ClockLine):
        return ClockItem(matter.reference, matter.name, line.rung)
    aspect = aspect_of(matter).partition(" ")[0]
    return Item(matter.reference, f"{aspect} {line.rung}" if aspect else line.rung)


def held_back_of(matter: Matter, why: str, code: str) -> HeldBack | ClockHeldBack:
    if isinstance(matter, ClockLine):
        return ClockHeldBack(matter.reference, matter.name, why, code)
    return HeldBack(matter.reference, why, code)
