"""What of an action does not stand there plainly and was taken all the same?"""

from collections.abc import Iterator

from reviews.imports.readers.entries import Entry
from reviews.imports.readers.result import Guess
from reviews.imports.readers.row_references import Name, Recommendation
from reviews.imports.readers.texts import shortened

BY_PLACE = "There is no reference of its own: it is called after its place, and moves when rows are put in between."
BY_LABEL = "It is the label that the action begins with."
FROM_ABOVE = "The cell is blank: the recommendation above was taken to hold."
FROM_A_LINE = "It stands in a line across the table, above the action."


def guesses_in(entry: Entry, name: Name, reference: str, given: Recommendation) -> tuple[Guess, ...]:
    """Give each guess with what stands in the file; a recommendation by the beginning of its text."""
    return (*_of_reference(entry, name, reference), *_of_recommendation(entry, given))


def _of_reference(entry: Entry, name: Name, reference: str) -> Iterator[Guess]:
    if name.origin == "made":
        yield Guess("reference", entry.text("reference"), reference, BY_PLACE)
    elif name.origin == "text":
        yield Guess("reference", shortened(entry.text("action")), reference, BY_LABEL)


def _of_recommendation(entry: Entry, given: Recommendation) -> Iterator[Guess]:
    if given.from_above:
        yield Guess("recommendation", "", shortened(given.text), FROM_ABOVE)
    elif given.text and "recommendation" not in entry.table.columns and given.text == entry.section:
        yield Guess("recommendation", entry.section, shortened(given.text), FROM_A_LINE)
