"""What does a row of a list of past cases say?"""

from dataclasses import dataclass, field
from datetime import date

from workflows.core.facts import Value
from workflows.core.questions import Asked


@dataclass(frozen=True, slots=True)
class RefusedRow:
    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class PastFact:
    """A fact of the row, under the heading it came from, and how it is declared where it is asked for.

    What only lists hold is declared beside their reader: it need not be one that a step asks for.
    """

    asked: Asked
    value: Value
    column: str

    @property
    def name(self) -> str:
        return self.asked.name


@dataclass(frozen=True, slots=True)
class PastStep:
    """A step that was taken. Where its day is not known `on` is None; `placed_on` then only keeps it in its order."""

    name: str
    on: date | None
    placed_on: date
    column: str
    facts: tuple[PastFact, ...] = ()


@dataclass(frozen=True, slots=True)
class PastCase:
    """A case and its steps in their order. `dated` are the steps for whose day the file has a column at all."""

    row: int
    reference: str
    column: str
    workflow: str
    steps: tuple[PastStep, ...]
    dated: frozenset[str]
    led_to: "PastCase | None" = None


@dataclass(slots=True)
class Histories:
    """A whole file; `ignored` are the headings of columns that were not read."""

    rows: int = 0
    cases: list[PastCase] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    ignored: tuple[str, ...] = ()


@dataclass(slots=True)
class Way:
    """The steps of one case as they are put together; each is placed at its day, or at the last day known before."""

    last: date
    steps: list[PastStep] = field(default_factory=list)

    def take(self, name: str, on: date | None, column: str, *facts: PastFact | None) -> None:
        self.last = max(self.last, on) if on else self.last
        known = tuple(fact for fact in facts if fact is not None)
        self.steps.append(PastStep(name, on, on or self.last, column, known))
