"""What did a round of reminders decide?"""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    action: str
    rung: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One person's mail of the morning: `to` is the address, `partnership` the code."""

    to: str
    kind: str
    partnership: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An action that was not brought up with somebody who would have been told, and why."""

    action: str
    why: str
    partnership: str


@dataclass(slots=True)
class Round:
    """`already` counts the people written to earlier this morning, `failed_in` names partnerships left for later."""

    as_of: datetime
    mails: list[Mail] = field(default_factory=list)
    held_back: list[HeldBack] = field(default_factory=list)
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
