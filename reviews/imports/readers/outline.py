"""Which columns does a tracker have, and what was each taken to mean? For a person to look at and to correct."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from reviews.imports.readers.cells import Sheet
from reviews.imports.readers.headings import Table, called, likeliest_header, twice_named
from reviews.imports.readers.plan import tables_in
from reviews.imports.readers.texts import one_line
from reviews.imports.readers.trackers_headings import meaning, plain_heading

_EXAMPLES, _LONGEST_EXAMPLE, MOST_COLUMNS_SHOWN = 3, 80, 60


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its heading in the file, with its letter where two have the same; `field` is ours, or empty."""

    heading: str
    field: str
    examples: tuple[str, ...]
    is_guess: bool = False
    """Whether what it means is a guess: a heading that may mean other things, none at all, or that of two columns."""


@dataclass(frozen=True, slots=True)
class Outline:
    """`found` tells whether there is a table of actions; without one, these are the likeliest headings."""

    columns: tuple[Column, ...]
    found: bool

    @property
    def headings_sha256(self) -> str:
        """What files with the same headings share."""
        return sha256("\n".join(plain_heading(column.heading) for column in self.columns).encode()).hexdigest()


def outline_of(sheets: Sequence[Sheet], mapping: Mapping[str, str]) -> Outline:
    """Give the columns of every table in the sheets, each heading once."""
    tables = [table for sheet in sheets for table in tables_in(sheet, mapping)]
    if not tables:
        return Outline(_likeliest(sheets, mapping), False)
    columns: dict[str, Column] = {}
    for table in tables:
        fields = {column: name for name, column in table.columns.items()}
        for number, heading in sorted(table.headings.items()):
            field = fields.get(number, "")
            guess = bool(field) and field not in mapping and _is_guess(table, number)
            columns.setdefault(heading, Column(heading, field, _examples(table, number), guess))
    return Outline(tuple(columns.values())[:MOST_COLUMNS_SHOWN], True)


def headings_of(sheets: Sequence[Sheet]) -> str:
    """What files with the same headings share, before anybody has said what they mean."""
    return outline_of(sheets, {}).headings_sha256


def corrections(guessed: Outline, chosen: Mapping[str, str]) -> dict[str, str]:
    """Give the mapping that makes each heading mean what was chosen, where it would not by itself.

    A field with an empty heading is one that no column of the file has.
    """
    before = {column.heading: column.field for column in guessed.columns}
    wrong = {heading for heading, field in chosen.items() if field != before.get(heading, "")}
    lost = {before[heading]: "" for heading in wrong if before.get(heading)}
    return lost | {chosen[heading]: heading for heading in wrong if chosen[heading]}


def _is_guess(table: Table, column: int) -> bool:
    heading = table.as_written.get(column, "")
    return not heading or meaning(heading, {}).strength == 1 or bool(twice_named(table, heading))


def _examples(table: Table, column: int) -> tuple[str, ...]:
    rows = range(table.first_row, min(table.last_row, table.first_row + 200) + 1)
    texts = (one_line(table.sheet.cell(row, column).text) for row in rows)
    return tuple(list(dict.fromkeys(_short(text) for text in texts if text))[:_EXAMPLES])


def _likeliest(sheets: Sequence[Sheet], mapping: Mapping[str, str]) -> tuple[Column, ...]:
    found: dict[str, Column] = {}
    for sheet in sheets:
        header = likeliest_header(sheet)
        headings = {number: one_line(cell.text)[:120] for number, cell in sheet.filled(header).items()}
        for number, name in called(headings).items():
            below = (one_line(sheet.cell(row, number).text) for row in range(header + 1, header + 20))
            examples = tuple([_short(text) for text in below if text][:_EXAMPLES])
            found.setdefault(name, Column(name, meaning(headings[number], mapping, name).field, examples))
    return tuple(found.values())[:MOST_COLUMNS_SHOWN]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_EXAMPLE else f"{text[: _LONGEST_EXAMPLE - 1].rstrip()}…"
