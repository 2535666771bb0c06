"""Finds the tables of actions in a sheet, and the meaning of their columns."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from openpyxl.utils import get_column_letter

from reviews.imports.readers.cells import Sheet, Unreadable, folded, one_line

FIELDS = (
    "reference",
    "recommendation_reference",
    "recommendation",
    "action",
    "outcome",
    "due",
    "revised_due",
    "owner",
    "agency",
    "status",
    "rating",
    "progress",
    "evidence",
    "completed_on",
)
_LONGEST_HEADING = 120


class Meaning(NamedTuple):
    """`strength` decides when the headings of several columns mean the same field."""

    field: str
    strength: int


_ANY_BODY = r"(agency|agencies|organisations?|partners?|services?|departments?|teams?|boards?|authority|authorities)"
_NUMBER = r"(ref|refs|reference|references|no|nos|number|num|id|code)"

# The first pattern that matches decides, so narrow ones come before broad ones. An empty field means no field.
_MEANINGS: tuple[tuple[str, int, str], ...] = (
    ("revised_due", 2, r"\b(revised|extended|new|forecast|amended)\b.*\b(date|deadline|due|timescale)"),
    ("due", 1, r"\boriginal\b.*\b(date|deadline|due|timescale)"),
    ("", 0, r"\b(start|review|meeting) date|\bdate (of )?(added|raised|agreed|opened|started|set|meeting|review)"),
    ("", 0, r"\b(last|date) (updated?|reviewed)$|^(updated|reviewed)( on)?$"),
    ("completed_on", 2, r"\bdate (of )?(action )?(completed|closed|achieved|signed off)|^(completed|closed) (on|date)"),
    ("completed_on", 2, r"\bactual (completion|end|finish)"),
    ("rating", 2, r"\b(b?ragg?|brayg|rayg|rygb)\b|traffic light|^(progress |action |current )?(rating|colour)$"),
    ("status", 2, r"^(?!.*\b(update|comment|narrative)).*\bstatus\b|^(is it |action )?completed?\??( y n| yes no)?$"),
    ("status", 1, r"^(open closed|state|stage)$"),
    ("evidence", 2, r"^(supporting |planned |sources? of )?evidence\b"),
    ("progress", 2, r"\bprogress|\bupdates?\b"),
    ("progress", 1, r"\bposition\b|\bcomment|\bnotes?\b|narrative|\bactions? taken|\bwork (done|to date)|^latest"),
    ("recommendation_reference", 2, rf"\b(rec|recs|recommendation|objective|finding|priority|theme)s? {_NUMBER}\b"),
    ("reference", 2, rf"^((unique|action|actions|item|line|serial|plan) )?{_NUMBER}( {_NUMBER})?$|^(#|item|nr)$"),
    ("agency", 2, rf"^((lead|responsible|owning|owner|key|who) )*{_ANY_BODY}( {_ANY_BODY})*( responsible| involved)?$"),
    ("due", 2, r"\bdue\b|deadline|\btarget (completion )?date|\bby when|^when\b|\btime ?(scale|frame|line|limit)s?\b"),
    ("due", 2, r"\b(complet(e|ed|ion)|action|do) by date|\bcomplet(e|ed) by\b|\bcompletion date|\bdate (for|of) compl"),
    ("due", 1, r"\b(end|finish|delivery|implementation|agreed) date|\bexpected completion|^date$|^target$"),
    ("owner", 2, r"\bowners?\b|\bofficers?\b|\bby whom|^whom?\b|responsib|accountab|\bleads?\b|\bassigned|\ballocated"),
    ("owner", 1, r"\bnamed (person|individual)|\bperson\b|^actions? by$"),
    ("action", 3, r"^((recommended|agreed|required|proposed|key|specific|smart|planned|improvement|our) )?actions?\b"),
    ("action", 3, r"\bactions? (required|needed|agreed|to be taken|to take)"),
    ("outcome", 2, r"outcome|success|\bimpact|how (will|do) (we|you) know|\bdifference"),
    ("outcome", 1, r"\bmeasur|\bkpis?\b|indicator|benefit|expected result"),
    ("recommendation", 4, r"\brecommend|^recs?$"),
    ("recommendation", 3, r"objective|\baims?\b|\bgoals?\b|\bfindings?\b|\blearning\b|what needs to (change|improve)"),
    ("recommendation", 2, r"\bareas?\b|\bissues?\b|\bstandards?\b|\bchallenges?\b|\bconcerns?\b|\bimprovement"),
    ("recommendation", 1, r"\bthemes?\b|\bpriorit"),
    ("evidence", 1, r"\bassurance|\bevidence\b"),
    ("action", 2, r"\bactions?\b|\btasks?\b|\bmilestones?\b|\bdeliverables?\b|\binterventions?\b|\bactivit"),
    ("action", 1, r"^what\b|^how\b|\bsteps?\b"),
)
_COMPILED = tuple((Meaning(name, strength), re.compile(pattern)) for name, strength, pattern in _MEANINGS)


def meaning_of(heading: str, mapping: Mapping[str, str], name: str = "") -> Meaning:
    """The field that a heading means; `mapping` (field to heading) goes before every guess.

    `name` is the unique name of the column where several have the same heading.
    """
    plain = plain_heading(heading)
    names = {plain, plain_heading(name)} - {""}
    for field, chosen in mapping.items():
        if plain_heading(chosen) in names:
            return Meaning(field, 10)
    if not plain or len(plain) > _LONGEST_HEADING:
        return Meaning("", 0)
    found = _guessed(plain)
    return Meaning("", 0) if found.field in mapping else found


def plain_heading(heading: str) -> str:
    """For comparing: one line, lower case, without punctuation."""
    plain = folded(heading).replace("(s)", "s")
    return " ".join(re.sub(r"[^\w#?]+", " ", plain).split())


@lru_cache(maxsize=4096)
def _guessed(plain: str) -> Meaning:
    return next((found for found, pattern in _COMPILED if pattern.search(plain)), Meaning("", 0))


def check_mapping(mapping: Mapping[str, str]) -> None:
    unknown = [name for name in mapping if name not in FIELDS]
    if unknown:
        raise Unreadable(f"The mapping has an unknown field “{unknown[0]}”. The fields are {', '.join(FIELDS)}.")


_ROWS_SEARCHED = 60
_MOST_HEADER_ROWS = 5
_LIKE_A_REFERENCE = re.compile(r"\(?[a-z]{0,4}[-. ]?\d+([./]\d+)*[a-z]?[.)]?")


@dataclass(frozen=True)
class Table:
    """A header and the rows under it; `columns` is field to column, `headings` is column to heading.

    Where several columns have the same heading, each has its letter added: "Date (column D)". `as_written` are the
    headings without it.
    """

    sheet: Sheet
    header_row: int
    first_row: int
    last_row: int
    columns: Mapping[str, int]
    headings: Mapping[int, str]
    as_written: Mapping[int, str]

    def heading(self, field: str) -> str:
        """The heading of a field in the file, or the name of the field."""
        return self.headings.get(self.columns.get(field, 0), "") or field


def find_tables(sheet: Sheet, mapping: Mapping[str, str]) -> list[Table]:
    """The tables of a sheet that have a column of actions, from top to bottom."""
    first = _best_header(sheet, mapping)
    if first is None:
        return []
    later = [row for row in sheet.rows if row > first and _is_another_header(sheet, row, first, mapping)]
    headers = [first, *sorted(later)]
    ends = [*(row - 1 for row in headers[1:]), sheet.last_row]
    return [_table(sheet, header, end, mapping) for header, end in zip(headers, ends, strict=True)]


def headings_seen(sheet: Sheet) -> list[str]:
    """The likeliest headings of a sheet without actions, for a message."""
    return [one_line(cell.text)[:60] for cell in sheet.filled(likeliest_header(sheet)).values()]


def likeliest_header(sheet: Sheet) -> int:
    """The row with the most cells of the first rows; 0 where the sheet is empty."""
    return max(sorted(sheet.rows)[:_ROWS_SEARCHED], key=lambda row: len(sheet.filled(row)), default=0)


def unique_names(headings: Mapping[int, str]) -> dict[int, str]:
    """Give each column a unique name: its heading, with the letter of the column where another has the same."""
    times = Counter(map(plain_heading, headings.values()))
    return {
        column: f"{heading} (column {get_column_letter(column)})" if times[plain_heading(heading)] > 1 else heading
        for column, heading in headings.items()
    }


def columns_headed_alike(table: Table, heading: str) -> list[str]:
    """Give the names of the columns with this heading if there are several; otherwise nothing."""
    plain = plain_heading(heading)
    same = [column for column, written in table.as_written.items() if plain_heading(written) == plain]
    return [table.headings[column] for column in sorted(same)] if len(same) > 1 else []


def repeats_headings(table: Table, row: int) -> bool:
    filled = table.sheet.filled(row)
    return len(filled) > 1 and all(
        plain_heading(cell.text) == plain_heading(table.as_written.get(column, "")) for column, cell in filled.items()
    )


def _best_header(sheet: Sheet, mapping: Mapping[str, str]) -> int | None:
    candidates = [row for row in sorted(sheet.rows) if sheet.filled(row)][:_ROWS_SEARCHED]
    scores = {row: _score(sheet, row, mapping) for row in candidates}
    best = max(scores.values(), default=0)
    strong = (row for row in candidates if scores[row] >= 3 and scores[row] * 2 >= best)
    return next(strong, next((row for row in candidates if best and scores[row] == best), None))


def _score(sheet: Sheet, row: int, mapping: Mapping[str, str]) -> int:
    """How many fields the row has headings for; 0 without one for the actions."""
    headings = _headings(sheet, row)
    columns = _columns(headings, mapping)
    mapped = len(mapping.keys() & columns.keys())
    if "action" not in columns or (len(columns) < 2 and not mapped) or len(set(headings.values())) < 2:
        return 0
    return len(columns) + 10 * mapped


def _is_another_header(sheet: Sheet, row: int, first: int, mapping: Mapping[str, str]) -> bool:
    """Whether a second table begins here: every cell is a short heading, and they are not those of the first table."""
    filled = sheet.filled(row)
    if len(filled) < 3 or any(len(plain_heading(cell.text).split()) > 4 for cell in filled.values()):
        return False
    fields = {meaning_of(cell.text, mapping).field for cell in filled.values()}
    same = [plain_heading(cell.text) for cell in filled.values()] == [
        plain_heading(cell.text) for cell in sheet.filled(first).values()
    ]
    return "action" in fields and "" not in fields and len(fields) == len(filled) and not same


def _table(sheet: Sheet, header: int, last_row: int, mapping: Mapping[str, str]) -> Table:
    headings = _headings(sheet, header)
    columns = _columns(headings, mapping)
    first_row = _header_end(sheet, header) + 1
    used = {column for row in range(first_row, last_row + 1) for column in sheet.filled(row)}
    unique = unique_names(headings)
    names = {column: unique.get(column) or f"column {get_column_letter(column)}" for column in used | headings.keys()}
    unnamed = {names[column]: column for column in used - headings.keys()}
    columns |= {field: unnamed[heading] for field, heading in mapping.items() if heading in unnamed}
    for column in sorted(used - headings.keys()):
        if "reference" not in {*columns, *mapping} and _holds_references(sheet, column, range(first_row, last_row + 1)):
            columns["reference"] = column
    return Table(sheet, header, first_row, last_row, columns, names, headings)


def _columns(headings: Mapping[int, str], mapping: Mapping[str, str]) -> dict[str, int]:
    """The column of each field: the one with the strongest meaning, then the leftmost."""
    best: dict[str, tuple[Meaning, int]] = {}
    names = unique_names(headings)
    for column, heading in sorted(headings.items()):
        found = meaning_of(heading, mapping, names[column])
        if found.field and (found.field not in best or found.strength > best[found.field][0].strength):
            best[found.field] = (found, column)
    return {name: column for name, (_, column) in best.items()}


def _headings(sheet: Sheet, header: int) -> dict[int, str]:
    """The heading of each column; a header of several rows is read from top to bottom."""
    rows = range(header, _header_end(sheet, header) + 1)
    headings: dict[int, str] = {}
    for column in sorted({column for row in rows for column in sheet.filled(row)}):
        words = list(dict.fromkeys(one_line(sheet.effective_cell(row, column).text) for row in rows))
        if text := " ".join(word for word in words if word):
            headings[column] = text
    return headings


def _header_end(sheet: Sheet, header: int) -> int:
    merges = [merge for column in sheet.filled(header) if (merge := sheet.merge_at(header, column))]
    return min(max((merge.last_row for merge in merges), default=header), header + _MOST_HEADER_ROWS - 1)


def _holds_references(sheet: Sheet, column: int, rows: range) -> bool:
    values = [folded(cell.text) for row in rows if not (cell := sheet.cell(row, column)).is_blank]
    return bool(values) and all(_LIKE_A_REFERENCE.fullmatch(value) for value in values)
