"""What a person has decided about the doubts of a tracker, before it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answers:
    """Decisions by “row/field”, such as “4/due”, or by the text as it stands, for every row that has it.

    What a whole column is in doubt about is answered at the row of its headings.
    """

    given: Mapping[str, str] = field(default_factory=dict)

    def of(self, row: int, name: str, text: str) -> str | None:
        """Give what was decided about one row, or else about its text; None while it is open."""
        return self.given.get(f"{row}/{name}", self.given.get(text))


NO_ANSWERS = Answers()
