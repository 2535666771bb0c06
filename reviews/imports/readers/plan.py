"""What plan does a tracker hold, and what in it could not be taken as it stands?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from reviews.imports.readers.action_rows import Named, pointed_at, read_action, read_strands, refuse
from reviews.imports.readers.cells import Sheet, Unreadable, folded, one_line
from reviews.imports.readers.entries import ReadAction, Sorted, part_repeats, skip_titles, sort_rows
from reviews.imports.readers.exported_plan import as_own, is_own, own_headings, own_mapping
from reviews.imports.readers.headings import (
    Table,
    called,
    check_mapping,
    find_tables,
    headings_seen,
    likeliest_header,
    meaning,
    plain_heading,
    twice_named,
)
from reviews.imports.readers.result import Doubt, OtherSheet, Plan, RefusedRow, Strand
from reviews.imports.readers.row_references import (
    Recommendation,
    names_of,
    number,
    recommendation_in,
    recommendations_of,
)
from reviews.imports.readers.sheets import read_sheets

MOST_STRANDS = 20_000


def read_plan(path: Path, *, mapping: Mapping[str, str] | None = None, sheet: str | None = None) -> Plan:
    """The actions of a tracker, with every doubt and every row that was not taken.

    `mapping` names the heading of a field where it cannot be guessed (headings.FIELDS); `sheet` reads one sheet only,
    otherwise all that are not hidden, or those of our own export. Raises Unreadable when there is no plan in the file.
    """
    return plan_in(read_sheets(path), mapping=mapping, sheet=sheet)


def plan_in(sheets: Sequence[Sheet], *, mapping: Mapping[str, str] | None = None, sheet: str | None = None) -> Plan:
    """The same from sheets that have been read already."""
    check_mapping(mapping or {})
    chosen = chosen_among(sheets, sheet)
    tables = [table for each in chosen for table in tables_in(each, mapping or {})]
    _refuse_without_plan(chosen, tables, mapping or {})
    _refuse_unclear(tables, mapping or {})
    sorted_tables = [sort_rows(table) for table in tables]
    read, refused, doubts = _read_actions(sorted_tables)
    doubts += [doubt for table in tables for doubt in _one_of_several(table, mapping or {})]
    plans = {table.sheet.name for table in tables}
    read, served = _with_strands(read, sheets, plans)
    kept, clashes = part_repeats(read)
    titles = {table.sheet.name: table for table in reversed(tables)}
    skipped = [row for table in titles.values() for row in skip_titles(table)]
    skipped += [row for found in sorted_tables for row in found.skipped]
    return Plan(
        sheets_read=tuple(dict.fromkeys(table.sheet.name for table in tables)),
        rows=tuple(row for row, _ in kept),
        doubts=tuple(doubts + [doubt for _, own in kept for doubt in own]),
        refused=tuple(refused + [row for found in sorted_tables for row in found.refused] + clashes),
        skipped=tuple(skipped),
        other_sheets=_other_sheets(sheets, plans, served),
    )


def chosen_among(sheets: Sequence[Sheet], name: str | None) -> list[Sheet]:
    """The sheet of that name, or all that are not hidden, or those of our own export; raises Unreadable."""
    if name is None:
        seen = [sheet for sheet in sheets if not sheet.hidden]
        return [sheet for sheet in seen if is_own(sheet)] or seen
    chosen = [sheet for sheet in sheets if folded(sheet.name) == folded(name)]
    if not chosen:
        names = ", ".join(f"“{sheet.name}”" for sheet in sheets)
        raise Unreadable(f"There is no sheet “{name}”; the file has {names}.")
    return chosen


def tables_in(sheet: Sheet, mapping: Mapping[str, str]) -> list[Table]:
    """Our own export has one table, whatever its texts look like."""
    if is_own(sheet):
        first = find_tables(sheet, {**own_mapping(sheet), **mapping})[:1]
        return [replace(table, last_row=sheet.last_row) for table in first]
    return find_tables(sheet, mapping)


def _refuse_without_plan(chosen: Sequence[Sheet], tables: Sequence[Table], mapping: Mapping[str, str]) -> None:
    named = {field for table in tables for field in table.columns}
    unfound = [f"“{heading}”" for field, heading in mapping.items() if heading and field not in named]
    seen = [heading for sheet in chosen for heading in headings_seen(sheet)][:30]
    shown = ", ".join(f"“{heading}”" for heading in seen) or "none at all"
    if unfound:
        raise Unreadable(f"The mapping names headings that were not found: {', '.join(unfound)}; seen were {shown}.")
    if not tables:
        raise Unreadable(f"No row of headings with a column of actions was found; the headings seen were {shown}.")


def _refuse_unclear(tables: Sequence[Table], mapping: Mapping[str, str]) -> None:
    """A mapping that means one of several columns has to say which."""
    for told in filter(None, mapping.values()):
        clashes = [same for table in tables if (same := twice_named(table, told))]
        if clashes:
            names = " or ".join(f"“{name}”" for name in clashes[0])
            raise Unreadable(f"Several columns are headed “{told}”: name {names}.")


def _one_of_several(table: Table, mapping: Mapping[str, str]) -> list[Doubt]:
    """Fields that were read from the first of several columns with one heading, and that nobody has spoken of."""
    found = []
    for field, column in table.columns.items():
        same = [] if field in mapping else twice_named(table, table.as_written.get(column, ""))
        if same:
            others = " and ".join(f"“{name}”" for name in same if name != table.headings[column])
            reason = f"Another column has the same heading, {others}: this one was read."
            found.append(Doubt(table.sheet.name, table.header_row, field, table.headings[column], reason))
    return found


def _read_actions(tables: Sequence[Sorted]) -> tuple[list[ReadAction], list[RefusedRow], list[Doubt]]:
    """Each action that can be kept with its doubts, the rows that cannot, and recommendations without an action."""
    answered = [recommendations_of(found) for found in tables]
    names = [name for found, given in zip(tables, answered, strict=True) for name in names_of(found, given)]
    entries = [(entry, found) for found in tables for entry in found.entries]
    flat = [recommendation for given in answered for recommendation in given]
    headings = {found.table.sheet.name: own_headings(found.table.sheet) for found in tables}
    read: list[ReadAction] = []
    refused: list[RefusedRow] = []
    for (entry, found), name, reference, given in zip(entries, names, number(names), flat, strict=True):
        named = Named(entry, name, reference, given)
        own = headings[entry.table.sheet.name] if name.origin == "stated" else {}
        if not own and (faults := refuse(named)):
            refused += faults
            continue
        row, of_row = read_action(named, found.entries)
        read.append((as_own(row, entry.table.sheet, own) if own else row, of_row))
    return read, refused, [doubt for pair in zip(tables, answered, strict=True) for doubt in _unanswered(*pair)]


def _unanswered(found: Sorted, answered: Sequence[Recommendation]) -> list[Doubt]:
    """Recommendations that stand in a row of their own and have no action under them."""
    if not found.headers:
        return []
    have_actions = {(folded(given.text), given.reference) for given in answered}
    alone = [(row, recommendation_in(found.table, row)) for row in found.headers]
    return [
        Doubt(found.table.sheet.name, row, "action", given.text, "This recommendation has no action.")
        for row, given in alone
        if (folded(given.text), given.reference) not in have_actions
    ]


def _with_strands(
    read: Sequence[ReadAction], sheets: Sequence[Sheet], plans: set[str]
) -> tuple[list[ReadAction], dict[str, list[str]]]:
    """The actions with the strands they point at, and which sheets served which references."""
    served: dict[str, list[str]] = {}
    answer = []
    parts: dict[str, tuple[Strand, ...]] = {}
    many = 0
    for row, doubts in read:
        texts = [row.progress, row.evidence, row.status_text, *(text for _, text in row.others)]
        texts = [] if row.own else texts
        found, missing = pointed_at(texts, sheets)
        found = [sheet for sheet in found if sheet.name not in plans]
        for sheet in found:
            served.setdefault(sheet.name, []).append(row.reference)
        lost = [
            Doubt(row.sheet, row.row, "progress", words, "There is no such sheet in the file.") for words in missing
        ]
        parts |= {sheet.name: read_strands(sheet) for sheet in found if sheet.name not in parts}
        strands = tuple(strand for sheet in found for strand in parts[sheet.name])
        if (many := many + len(strands)) > MOST_STRANDS:
            raise Unreadable(f"The actions point at more than {MOST_STRANDS:,} bodies on other sheets.")
        answer.append((replace(row, strands=strands), doubts + lost))
    return answer, served


def _other_sheets(sheets: Sequence[Sheet], plans: set[str], served: Mapping[str, list[str]]) -> tuple[OtherSheet, ...]:
    return tuple(OtherSheet(sheet.name, _why_not(sheet, served)) for sheet in sheets if sheet.name not in plans)


def _why_not(sheet: Sheet, served: Mapping[str, list[str]]) -> str:
    if sheet.name in served:
        return f"It was read as the strands of {', '.join(served[sheet.name])}."
    if not any(sheet.filled(row) for row in sheet.rows):
        return "It is empty."
    if sheet.hidden:
        return "It is hidden; name it to have it read."
    return "It was not read as a plan."


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
        for column, heading in sorted(table.headings.items()):
            field = fields.get(column, "")
            guess = bool(field) and field not in mapping and _is_guess(table, column)
            columns.setdefault(heading, Column(heading, field, _examples(table, column), guess))
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
        headings = {column: one_line(cell.text)[:120] for column, cell in sheet.filled(header).items()}
        for column, name in called(headings).items():
            below = (one_line(sheet.cell(row, column).text) for row in range(header + 1, header + 20))
            examples = tuple([_short(text) for text in below if text][:_EXAMPLES])
            found.setdefault(name, Column(name, meaning(headings[column], mapping, name).field, examples))
    return tuple(found.values())[:MOST_COLUMNS_SHOWN]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_EXAMPLE else f"{text[: _LONGEST_EXAMPLE - 1].rstrip()}…"
