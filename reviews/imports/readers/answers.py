"""What a person has decided about the doubts of a tracker, before it is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field

AS_IT_STANDS = "-"
"""The answer that leaves a text as it stands."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Decisions by “row/field”, such as “4/due”, or for every row that has a text: by “field/text” or the text alone.

    What a whole column is in doubt about is answered at the row of its headings.
    """

    given: Mapping[str, str] = field(default_factory=dict)

    def of(self, row: int, name: str, text: str) -> str | None:
        """Give what was decided about one row, or else about its text; None while it is open."""
        for key in (f"{row}/{name}", f"{name}/{text}", text):
            if key in self.given:
                return self.given[key]
        return None


NO_ANSWERS = Answers()
