"""Reads a whole tracker into a plan, and outlines its columns for the preview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from reviews.imports.readers.action_rows import NamedEntry, faults_of, pointed_at, read_action, read_parts
from reviews.imports.readers.answers import NO_ANSWERS, Answers
from reviews.imports.readers.cells import Sheet, Unreadable, folded, one_line
from reviews.imports.readers.delimited import ENCODINGS, in_other_encoding
from reviews.imports.readers.entries import ReadAction, SortedTable, skip_titles, sort_rows, without_repeats
from reviews.imports.readers.exported_plan import (
    exported_headings,
    exported_mapping,
    is_exported_plan,
    with_exported_cells,
)
from reviews.imports.readers.headings import check_mapping, meaning_of, plain_heading
from reviews.imports.readers.left_out import left_out_of
from reviews.imports.readers.result import AgencyPart, Doubt, OtherSheet, RefusedRow, TrackerPlan
from reviews.imports.readers.row_doubts import doubts_about_strikes, same_words_twice, with_text
from reviews.imports.readers.row_references import (
    StatedRecommendation,
    names_of,
    number_references,
    recommendation_in,
    recommendations_of,
)
from reviews.imports.readers.sheets import read_sheets
from reviews.imports.readers.table_reading import reading_of
from reviews.imports.readers.tables import (
    Table,
    columns_headed_alike,
    find_tables,
    headings_seen,
    likeliest_header,
    unique_names,
)

MOST_PARTS = 20_000


def read_plan(
    path: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    answers: Answers = NO_ANSWERS,
) -> TrackerPlan:
    """The actions of a tracker, with every doubt and everything that was not taken.

    `mapping` gives the heading of a field (headings.FIELDS) where it cannot be guessed. `sheet` reads one sheet only;
    otherwise all that are not hidden are read, or those of an export. `header_row` is the row of the headings; without
    it the first row that fits. Where `answers` decide a doubt, it is not given any more. Raises Unreadable when nothing
    in the file can be an action.
    """
    return plan_in(read_sheets(path), mapping=mapping, sheet=sheet, header_row=header_row, answers=answers)


def plan_in(
    sheets: Sequence[Sheet],
    *,
    mapping: Mapping[str, str] | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    answers: Answers = NO_ANSWERS,
) -> TrackerPlan:
    """As `read_plan`, from sheets that have been read already."""
    check_mapping(mapping or {})
    sheets = [_in_answered_encoding(each, answers) for each in sheets]
    chosen = chosen_among(sheets, sheet)
    tables = tables_of(chosen, mapping or {}, header_row=header_row, answers=answers)
    _refuse_without_plan(chosen, tables, mapping or {}, header_row)
    _refuse_unclear(tables, mapping or {})
    sorted_tables = [sort_rows(table) for table in tables]
    read, refused, doubts = _read_actions(sorted_tables, answers)
    doubts += [doubt for table in tables for doubt in _doubts_about_headings(table, mapping or {})]
    doubts += [doubt for each in chosen for doubt in _doubts_about_encoding(each, answers)]
    plans = {table.sheet.name for table in tables}
    read, served = _with_parts(read, sheets, plans)
    unique, clashes = without_repeats(read)
    titles = {table.sheet.name: table for table in reversed(tables)}
    skipped = [row for table in titles.values() for row in skip_titles(table)]
    skipped += [row for found in sorted_tables for row in found.skipped]
    others = _other_sheets(sheets, plans, served)
    rows = tuple(row for row, _ in unique)
    of_rows = [doubt for _, of_row in unique for doubt in of_row]
    return TrackerPlan(
        sheets_read=tuple(dict.fromkeys(table.sheet.name for table in tables)),
        rows=rows,
        doubts=(*doubts, *of_rows, *same_words_twice(rows, answers)),
        refused=tuple(refused + [row for found in sorted_tables for row in found.refused] + clashes),
        skipped=tuple(skipped),
        other_sheets=others,
        left_out=left_out_of(sorted_tables, skipped, others, sheets),
    )


ENCODING = "encoding"
"""What a doubt about letters is about; where it is about the whole file, it stands at row 1."""


def _in_answered_encoding(sheet: Sheet, answers: Answers) -> Sheet:
    answer = answers.of(1, ENCODING, sheet.encoding) if sheet.other_encoding else None
    if answer is None:
        return sheet
    if answer not in ENCODINGS:
        raise Unreadable(f"“{answer[:40]}” is not an encoding. Choose {' or '.join(ENCODINGS)}.")
    return replace(sheet, other_encoding="") if answer == sheet.encoding else in_other_encoding(sheet, answer)


def _doubts_about_encoding(sheet: Sheet, answers: Answers) -> list[Doubt]:
    doubts = []
    for row, reason in sheet.doubtful.items():
        if answers.of(row, ENCODING, "") is None:
            text = one_line(" | ".join(cell.text for cell in sheet.rows.get(row, {}).values()))[:200]
            doubts.append(Doubt(sheet.name, row, ENCODING, text, reason))
    if sheet.other_encoding:
        reason = f"The letters beyond A to Z were read as {sheet.encoding}. They may be {sheet.other_encoding}."
        offered = (sheet.encoding, sheet.other_encoding)
        doubts.append(Doubt(sheet.name, 1, ENCODING, sheet.encoding, reason, offered))
    return doubts


def chosen_among(sheets: Sequence[Sheet], name: str | None) -> list[Sheet]:
    """The sheet of that name, or all that are not hidden, or those of an export. Raises Unreadable."""
    if name is None:
        seen = [sheet for sheet in sheets if not sheet.hidden]
        return [sheet for sheet in seen if is_exported_plan(sheet)] or seen
    chosen = [sheet for sheet in sheets if folded(sheet.name) == folded(name)]
    if not chosen:
        names = ", ".join(f"“{sheet.name}”" for sheet in sheets)
        raise Unreadable(f"There is no sheet “{name}”. The file has {names}.")
    return chosen


def tables_of(
    sheets: Sequence[Sheet],
    mapping: Mapping[str, str],
    *,
    header_row: int | None = None,
    answers: Answers = NO_ANSWERS,
) -> list[Table]:
    """The tables of actions in the sheets: of the sheets that are surest to have some."""
    by_sheet = [_tables_in(sheet, mapping, header_row, answers) for sheet in sheets]
    surest = max((table.certainty for tables in by_sheet for table in tables), default=0)
    sure = [tables for tables in by_sheet if tables and max(table.certainty for table in tables) == surest]
    return [table for tables in sure for table in tables]


def _tables_in(sheet: Sheet, mapping: Mapping[str, str], header_row: int | None, answers: Answers) -> list[Table]:
    """The tables of a sheet; an export has exactly one, whatever its texts look like."""
    if is_exported_plan(sheet):
        first = find_tables(sheet, {**exported_mapping(sheet), **mapping})[:1]
        return [replace(table, last_row=sheet.last_row) for table in first]
    return find_tables(sheet, mapping, header_row=header_row, answers=answers)


WAYS_ON = (
    "Say which column has the actions and which row has the headings: on the page of the import, or at the terminal "
    "with --mapping FILE and --header-row N; --save-mapping remembers the columns."
)


def _refuse_without_plan(
    chosen: Sequence[Sheet], tables: Sequence[Table], mapping: Mapping[str, str], header_row: int | None
) -> None:
    named = {field for table in tables for field in table.columns}
    unfound = [f"“{heading}”" for field, heading in mapping.items() if heading and field not in named]
    seen = [heading for sheet in chosen for heading in _headings_seen(sheet, header_row)][:30]
    listed = ", ".join(f"“{heading}”" for heading in seen) or "none at all"
    if unfound:
        raise Unreadable(
            f"The mapping has headings that are not in the file: {', '.join(unfound)}. The file has {listed}."
        )
    if not tables:
        raise Unreadable(f"The file has no column of actions. Its headings are {listed}. {WAYS_ON}")


def _headings_seen(sheet: Sheet, header_row: int | None) -> list[str]:
    if header_row is None:
        return headings_seen(sheet)
    return [one_line(cell.text)[:60] for cell in sheet.filled(header_row).values()]


def _refuse_unclear(tables: Sequence[Table], mapping: Mapping[str, str]) -> None:
    """Refuse a mapping to a heading that several columns have."""
    for heading in filter(None, mapping.values()):
        clashes = [same for table in tables if (same := columns_headed_alike(table, heading))]
        if clashes:
            names = " or ".join(f"“{name}”" for name in clashes[0])
            raise Unreadable(f"Several columns have the heading “{heading}”. Choose {names}.")


def _doubts_about_headings(table: Table, mapping: Mapping[str, str]) -> list[Doubt]:
    """Doubts about fields read from the first of several columns with the same heading, unless the mapping names it."""
    found = list(table.doubts)
    asked = {doubt.field for doubt in found}
    for field, column in table.columns.items():
        same = [] if field in mapping else columns_headed_alike(table, table.as_written.get(column, ""))
        if same and field not in asked:
            others = " and ".join(f"“{name}”" for name in same if name != table.headings[column])
            reason = f"Another column has the same heading, {others}. This one was used."
            found.append(Doubt(table.sheet.name, table.header_row, field, table.headings[column], reason))
    return found


def _read_actions(
    tables: Sequence[SortedTable], answers: Answers
) -> tuple[list[ReadAction], list[RefusedRow], list[Doubt]]:
    """Actions with their doubts, the rows that are refused, and doubts about recommendations without an action."""
    answered = [recommendations_of(found) for found in tables]
    names = [name for found, stated in zip(tables, answered, strict=True) for name in names_of(found, stated)]
    entries = [(entry, found) for found in tables for entry in found.entries]
    flat = [recommendation for stated in answered for recommendation in stated]
    headings = {found.table.sheet.name: exported_headings(found.table.sheet) for found in tables}
    readings = {id(found): reading_of(found, answers) for found in tables}
    read: list[ReadAction] = []
    refused: list[RefusedRow] = []
    for (entry, found), name, reference, recommendation in zip(
        entries, names, number_references(names), flat, strict=True
    ):
        named = NamedEntry(entry, name, reference, recommendation)
        exported = headings[entry.table.sheet.name] if name.origin == "stated" else {}
        if not exported and (faults := faults_of(named)):
            refused += faults
            continue
        row, of_row = read_action(named, found.entries, answers, readings[id(found)])
        row, about_text = with_text(row, answers)
        about_strikes = doubts_about_strikes(row, entry, answers)
        if entry.parts or entry.remarks or "title" in entry.table.columns:
            others = (*row.others, *entry.remarks)
            row = replace(row, agency_parts=tuple(entry.parts), others=others, title=one_line(entry.text("title")))
        row = with_exported_cells(row, entry.table.sheet, exported) if exported else row
        read.append((row, [*of_row, *about_text, *about_strikes]))
    doubts = [doubt for reading in readings.values() for doubt in reading.doubts]
    doubts += [doubt for pair in zip(tables, answered, strict=True) for doubt in _unanswered(*pair)]
    return read, refused, [*doubts, *(doubt for each in tables for doubt in each.doubts)]


def _unanswered(found: SortedTable, answered: Sequence[StatedRecommendation]) -> list[Doubt]:
    """Doubts about recommendations in a row of their own that have no action under them."""
    if not found.headers:
        return []
    have_actions = {(folded(recommendation.text), recommendation.reference) for recommendation in answered}
    alone = [(row, recommendation_in(found.table, row)) for row in found.headers]
    return [
        Doubt(found.table.sheet.name, row, "action", recommendation.text, "This recommendation has no action.")
        for row, recommendation in alone
        if (folded(recommendation.text), recommendation.reference) not in have_actions
    ]


def _with_parts(
    read: Sequence[ReadAction], sheets: Sequence[Sheet], plans: set[str]
) -> tuple[list[ReadAction], dict[str, list[str]]]:
    """The actions with the parts on the sheets they refer to, and the references for each of those sheets."""
    served: dict[str, list[str]] = {}
    answer = []
    parts: dict[str, tuple[AgencyPart, ...]] = {}
    many = 0
    for row, doubts in read:
        texts = [row.progress, row.evidence, row.status_text, *(text for _, text in row.others)]
        texts = [] if row.exported_cells else texts
        found, missing = pointed_at(texts, sheets)
        found = [sheet for sheet in found if sheet.name not in plans]
        for sheet in found:
            served.setdefault(sheet.name, []).append(row.reference)
        lost = [Doubt(row.sheet, row.row, "progress", words, "The file has no such sheet.") for words in missing]
        parts |= {sheet.name: read_parts(sheet) for sheet in found if sheet.name not in parts}
        agency_parts = (*row.agency_parts, *(agency_part for sheet in found for agency_part in parts[sheet.name]))
        if (many := many + len(agency_parts)) > MOST_PARTS:
            raise Unreadable(f"The actions refer to more than {MOST_PARTS:,} bodies on other sheets.")
        answer.append((replace(row, agency_parts=agency_parts), doubts + lost))
    return answer, served


def _other_sheets(sheets: Sequence[Sheet], plans: set[str], served: Mapping[str, list[str]]) -> tuple[OtherSheet, ...]:
    return tuple(OtherSheet(sheet.name, _why_not(sheet, served)) for sheet in sheets if sheet.name not in plans)


def _why_not(sheet: Sheet, served: Mapping[str, list[str]]) -> str:
    if sheet.name in served:
        return f"It was read as the parts of {', '.join(served[sheet.name])}."
    if not any(sheet.filled(row) for row in sheet.rows):
        return "It is empty."
    if sheet.hidden:
        return "It is hidden; name it to have it read."
    return "It was not read as a plan."


_EXAMPLES, _LONGEST_EXAMPLE, MOST_COLUMNS_LISTED = 3, 80, 60


@dataclass(frozen=True, slots=True)
class OutlineColumn:
    """A column by its unique name in the file; `field` is what it is read as, or empty."""

    heading: str
    field: str
    examples: tuple[str, ...]
    is_guess: bool = False
    """Whether `field` is a guess: the heading is missing, unclear, or that of two columns."""


@dataclass(frozen=True, slots=True)
class Outline:
    """`found` says whether there is a table of actions; without one, `columns` are the likeliest headings."""

    columns: tuple[OutlineColumn, ...]
    found: bool
    header_row: int = 0
    """The row of the first headings; 0 where there are none."""

    @property
    def headings_sha256(self) -> str:
        """The same for all files with the same headings."""
        return sha256("\n".join(plain_heading(column.heading) for column in self.columns).encode()).hexdigest()


def outline_of(sheets: Sequence[Sheet], mapping: Mapping[str, str], header_row: int | None = None) -> Outline:
    """Give the columns of every table in the sheets, each heading once only."""
    tables = tables_of(sheets, mapping, header_row=header_row)
    if not tables:
        return Outline(_likeliest(sheets, mapping, header_row), False)
    columns: dict[str, OutlineColumn] = {}
    for table in tables:
        fields = {column: name for name, column in table.columns.items()}
        for column, heading in sorted(table.headings.items()):
            field = fields.get(column, "")
            guess = bool(field) and field not in mapping and _is_guess(table, column)
            columns.setdefault(heading, OutlineColumn(heading, field, _examples(table, column), guess))
    return Outline(tuple(columns.values())[:MOST_COLUMNS_LISTED], True, tables[0].header_row)


def headings_of(sheets: Sequence[Sheet], header_row: int | None = None) -> str:
    """The hash of the headings without any mapping: the key of a remembered mapping."""
    return outline_of(sheets, {}, header_row).headings_sha256


def corrections(guessed: Outline, chosen: Mapping[str, str]) -> dict[str, str]:
    """Give the mapping for the headings whose chosen field differs from the guess.

    A field with an empty heading is in no column of the file.
    """
    before = {column.heading: column.field for column in guessed.columns}
    wrong = {heading for heading, field in chosen.items() if field != before.get(heading, "")}
    lost = {before[heading]: "" for heading in wrong if before.get(heading)}
    return lost | {chosen[heading]: heading for heading in wrong if chosen[heading]}


def _is_guess(table: Table, column: int) -> bool:
    heading = table.as_written.get(column, "")
    meaning = meaning_of(heading, {})
    is_other = table.columns.get(meaning.field) != column
    return not heading or meaning.strength <= 1 or is_other or bool(columns_headed_alike(table, heading))


def _examples(table: Table, column: int) -> tuple[str, ...]:
    rows = range(table.first_row, min(table.last_row, table.first_row + 200) + 1)
    texts = (one_line(table.sheet.cell(row, column).text) for row in rows)
    return tuple(list(dict.fromkeys(_short(text) for text in texts if text))[:_EXAMPLES])


def _likeliest(
    sheets: Sequence[Sheet], mapping: Mapping[str, str], header_row: int | None
) -> tuple[OutlineColumn, ...]:
    found: dict[str, OutlineColumn] = {}
    for sheet in sheets:
        header = header_row or likeliest_header(sheet)
        headings = {column: one_line(cell.text)[:120] for column, cell in sheet.filled(header).items()}
        for column, name in unique_names(headings).items():
            below = (one_line(sheet.cell(row, column).text) for row in range(header + 1, header + 20))
            examples = tuple([_short(text) for text in below if text][:_EXAMPLES])
            found.setdefault(name, OutlineColumn(name, meaning_of(headings[column], mapping, name).field, examples))
    return tuple(found.values())[:MOST_COLUMNS_LISTED]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_EXAMPLE else f"{text[: _LONGEST_EXAMPLE - 1].rstrip()}…"
