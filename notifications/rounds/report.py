"""What one round of reminders planned, as `followthrough remind --json` prints it."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from notifications.rounds.digests import Line, ReminderSubject, aspect_of
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
    days_late: int | None
    late_unit: str
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
    """An action that somebody should have been told of and was not, and why."""

    action: str
    why: str
    partnership: str


@dataclass(frozen=True, slots=True)
class ClockHeldBack:
    """A clock that somebody should have been told of and was not, and why."""

    case: str
    clock: str
    why: str
    partnership: str
    action: None = None


@dataclass(frozen=True, slots=True)
class SummaryHeldBack:
    """A summary that is due to somebody this morning and is not sent, and why; `to` is their address."""

    to: str
    why: str
    partnership: str
    action: None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A step that was recorded because nobody acted by a day, by its name in the definition."""

    case: str
    step: str
    reason: str
    partnership: str


@dataclass(slots=True)
class Round:
    """`already` counts the people written to earlier this morning, `failed_in` names partnerships left for later."""

    as_of: datetime
    mails: list[Mail] = field(default_factory=list)
    held_back: list[HeldBack | ClockHeldBack | SummaryHeldBack] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    already: int = 0
    note: str = ""
    failed_in: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The document of `followthrough remind --json`, without the counts of the delivery."""
        return {
            "as_of": self.as_of.isoformat(),
            "mails": [asdict(mail) for mail in self.mails],
            "held_back": [asdict(held) for held in self.held_back],
            "moved": [asdict(moved) for moved in self.moved],
            "already": self.already,
            "note": self.note,
            "failed_in": self.failed_in,
        }


def item_of(line: Line) -> Item | ClockItem:
    subject = line.subject
    if isinstance(subject, ClockLine):
        late = subject.lateness
        return ClockItem(subject.reference, subject.name, line.rung, late.exact, late.unit)
    aspect = aspect_of(subject).partition(" ")[0]
    return Item(subject.reference, f"{aspect} {line.rung}" if aspect else line.rung)


def held_back_of(subject: ReminderSubject, why: str, code: str) -> HeldBack | ClockHeldBack:
    if isinstance(subject, ClockLine):
        return ClockHeldBack(subject.reference, subject.name, why, code)
    return HeldBack(subject.reference, why, code)
