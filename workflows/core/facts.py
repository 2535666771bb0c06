"""What is known when a step is judged?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

from workflows.core.bank_holidays import BUNDLED, Calendar

Value: TypeAlias = str | int | bool | date | datetime | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known when a step is judged: recorded facts, those given with the step included, and computed ones.

    `blocked` says of a step, by name, what runs beside the case and must end before it; `held_at`, of a track on
    hold, the stage it goes back to.
    """

    known: Mapping[str, Value]
    stages: Mapping[str, str] = field(default_factory=dict)
    happened: Mapping[str, date] = field(default_factory=dict)
    on: date = date.min
    calendar: Calendar = BUNDLED
    blocked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    held_at: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return str(self.known.get(name, "")).strip()

    def is_yes(self, name: str) -> bool:
        return self.known.get(name) is True

    def number(self, name: str) -> int:
        value = self.known.get(name, 0)
        return value if isinstance(value, int) else 0

    def names(self, name: str) -> tuple[str, ...]:
        value = self.known.get(name, ())
        return value if isinstance(value, tuple) else (str(value),)

    def day(self, name: str) -> date | None:
        value = self.known.get(name)
        if isinstance(value, datetime):
            return value.date()
        return value if isinstance(value, date) else None
