"""Finds the tables of actions in a sheet, and which column of each holds what.

A column is judged by its heading and by its cells: identifiers, numbers and dates are never the action.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from openpyxl.utils import get_column_letter

from reviews.imports.readers.answers import NO_ANSWERS, Answers
from reviews.imports.readers.cells import Sheet, Unreadable, folded, one_line
from reviews.imports.readers.column_natures import Nature, is_like_a_value, natures_of
from reviews.imports.readers.headings import CHOSEN, FIELDS, Meaning, may_describe, meaning_of, plain_heading
from reviews.imports.readers.result import Doubt

_ROWS_SEARCHED = 60
_MOST_HEADER_ROWS = 5
_LIKE_A_REFERENCE = re.compile(r"\(?[a-z]{0,4}[-. ]?\d+([./]\d+)*[a-z]?[.)]?")
LEAVE_OUT = "Leave this table out"
"""The answer that the rows of a table are no actions."""
NO_HEADINGS = 0
"""The row of the headings of a table that has none."""
SURE, LIKELY, POSSIBLE = 3, 2, 1
"""How sure it is that a table has actions: a heading says so, a heading may mean it, or texts could be some."""


@dataclass(frozen=True)
class Table:
    """A header and the rows under it; `columns` is field to column, `headings` is column to heading.

    Where several columns have the same heading, each has its letter added: "Date (column D)". `as_written` are the
    headings without it. `title_rows` are the rows above the headings that belong to this table. `key` explains codes
    that the table uses, in small letters, and stands in `key_rows`. `rows_left_out` are those that a person has said to
    be no actions. `parents` is the column that names the row which a
    row is a part of, `kinds` the one that tells tasks from sections and comments, `depths` the one that counts levels.
    """

    sheet: Sheet
    header_row: int
    first_row: int
    last_row: int
    columns: Mapping[str, int]
    headings: Mapping[int, str]
    as_written: Mapping[int, str]
    certainty: int = SURE
    doubts: tuple[Doubt, ...] = ()
    title_rows: tuple[int, ...] = ()
    key: Mapping[str, str] = field(default_factory=dict)
    key_rows: frozenset[int] = frozenset()
    rows_left_out: frozenset[int] = frozenset()
    parents: int = 0
    kinds: int = 0
    depths: int = 0

    def heading(self, field: str) -> str:
        """The heading of a field in the file, or the name of the field."""
        return self.headings.get(self.columns.get(field, 0), "") or field

    @property
    def flags_summaries(self) -> bool:
        """Whether the column of kinds says of each row if it sums up others."""
        return plain_heading(self.as_written.get(self.kinds, "")) == "summary"

    def row_text(self, row: int) -> str:
        return " | ".join(one_line(cell.text) for cell in self.sheet.filled(row).values())


def find_tables(
    sheet: Sheet, mapping: Mapping[str, str], *, header_row: int | None = None, answers: Answers = NO_ANSWERS
) -> list[Table]:
    """The tables of a sheet that may have a column of actions, from top to bottom.

    `header_row` is the row of the first headings where a person has chosen it.
    """
    first = header_row if header_row is not None else _first_header(sheet, mapping)
    if first is None:
        return []
    later = [row for row in sheet.rows if row > first and _is_another_header(sheet, row, first, mapping)]
    headers = [first, *sorted(later)]
    ends = [*(row - 1 for row in headers[1:]), sheet.last_row]
    found: list[Table] = []
    for header, end in zip(headers, ends, strict=True):
        table = _table(sheet, header, end, mapping, answers)
        if table is not None:
            found.append(_with_titles(table, found[-1] if found else None))
        elif found:
            is_left_out = answers.given.get(f"{header}/action") == LEAVE_OUT
            rows = frozenset(range(header, end + 1)) if is_left_out else frozenset()
            found[-1] = replace(found[-1], last_row=end, rows_left_out=found[-1].rows_left_out | rows)
    return found


def _with_titles(table: Table, before: Table | None) -> Table:
    """Add the rows above the headings; those right above later headings are no longer rows of the table before."""
    lowest = before.first_row if before else 1
    rows = [row for row in sorted(table.sheet.rows) if lowest <= row < table.header_row and table.sheet.filled(row)]
    if before is None:
        return replace(table, title_rows=tuple(rows))
    titles: list[int] = []
    for row in reversed(rows):
        if row != table.header_row - 1 - len(titles) or len(table.sheet.filled(row)) > 1:
            break
        titles.insert(0, row)
    return replace(table, title_rows=tuple(titles))


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


def _first_header(sheet: Sheet, mapping: Mapping[str, str]) -> int | None:
    """The first row that fits as headings; NO_HEADINGS where the table begins without any, None without a table."""
    candidates = [row for row in sorted(sheet.rows) if sheet.filled(row)][:_ROWS_SEARCHED]
    scores = {row: _score(sheet, row, mapping) for row in candidates}
    best = max(scores.values(), default=0)
    strong = (row for row in candidates if scores[row] >= 3 and scores[row] * 2 >= best)
    found = next(strong, next((row for row in candidates if best and scores[row] == best), None))
    if found is not None:
        return found
    return next((row for row in candidates if _stands_out(sheet, row)), NO_HEADINGS if candidates else None)


def _score(sheet: Sheet, row: int, mapping: Mapping[str, str]) -> int:
    """How many fields the row has headings for; 0 where none of them may be that of the actions."""
    headings = _headings(sheet, row)
    if len(set(headings.values())) < 2 or not _is_like_headings(headings.values()):
        return 0
    names = unique_names(headings)
    meanings = [meaning_of(heading, mapping, names[column]) for column, heading in headings.items()]
    fields = {found.field for found in meanings if found.field}
    mapped = len(mapping.keys() & {found.field for found in meanings if found.strength == CHOSEN})
    if mapped:
        return len(fields) + 10 * mapped
    if not fields & {"action", "title", "recommendation"}:
        return 0
    if len(fields) < 2 and not any(found.field == "action" and found.strength > 1 for found in meanings):
        return 0
    return len(fields)


def _is_like_headings(texts: Collection[str]) -> bool:
    """Whether the texts of a row are short, and neither dates nor numbers, so that they may be headings."""
    long = sum(len(text.split()) > 14 or len(text) > 150 for text in texts)
    values = sum(is_like_a_value(text) for text in texts)
    return long * 3 <= len(texts) and values * 2 < len(texts) and values < 2


def _stands_out(sheet: Sheet, row: int) -> bool:
    """Whether a row with unknown words is one of headings: short and distinct, over cells that differ in kind."""
    filled = sheet.filled(row)
    texts = [folded(cell.text) for cell in filled.values()]
    if len(texts) < 2 or len(set(texts)) < 2 or any(cell.on or len(cell.text.split()) > 6 for cell in filled.values()):
        return False
    if not _is_like_headings(texts) or any(any(letter.isdigit() for letter in text) for text in texts):
        return False
    natures = natures_of(sheet, filled, range(row + 1, sheet.last_row + 1))
    return any(
        nature.filled
        and (
            max(nature.dates, nature.numbers, nature.identifiers, nature.addresses) > 0.5
            or nature.length > 1.6 * max(len(filled[column].text), 8)
        )
        for column, nature in natures.items()
    )


def _is_another_header(sheet: Sheet, row: int, first: int, mapping: Mapping[str, str]) -> bool:
    """Whether a second table begins here: every cell is a short heading, and they are not those of the first table."""
    filled = sheet.filled(row)
    if len(filled) < 3 or any(len(plain_heading(cell.text).split()) > 4 for cell in filled.values()):
        return False
    if folded(next(iter(filled.values())).text) in SUBITEMS:
        return False
    same = [plain_heading(cell.text) for cell in filled.values()] == [
        plain_heading(cell.text) for cell in sheet.filled(first).values()
    ]
    meanings = [meaning_of(cell.text, mapping) for cell in filled.values()]
    fields = {found.field for found in meanings}
    if same or not fields & {"action", "title", "recommendation"}:
        return False
    if "" not in fields and len(fields) == len(filled) and "action" in fields:
        return True
    texts = [cell.text for cell in filled.values()]
    known = [text for text, found in zip(texts, meanings, strict=True) if found.field or may_describe(text)]
    short = all(len(text.split()) <= 3 and not any(map(str.isdigit, text)) for text in texts)
    return short and 2 * len(known) > len(texts) and _begins_anew(sheet, row)


SUBITEMS = frozenset(("subitems", "sub-items", "subtasks", "sub-tasks"))
"""What the headings of the rows under an action begin with."""


def _begins_anew(sheet: Sheet, row: int) -> bool:
    """Whether a blank row, or one with a title only, stands above, and a row of as many cells below."""
    above = sheet.filled(row - 1)
    before = sheet.filled(row - 2)
    return (not above or (len(above) == 1 and not before)) and len(sheet.filled(row + 1)) > 1


def _table(sheet: Sheet, header: int, last_row: int, mapping: Mapping[str, str], answers: Answers) -> Table | None:
    """The table under these headings, as its columns are understood; None where it can have no actions."""
    headings = _headings(sheet, header) if header else {}
    first_row = _header_end(sheet, header) + 1 if header else 1
    used = {column for row in range(first_row, last_row + 1) for column in sheet.filled(row)}
    unique = unique_names(headings)
    names = {column: unique.get(column) or f"column {get_column_letter(column)}" for column in used | headings.keys()}
    natures = natures_of(sheet, names, range(first_row, last_row + 1))
    roles = Roles(sheet.name, header, headings, names, natures, mapping)
    columns, doubts, certainty = roles.decided(answers)
    filled = sorted((nature.filled for nature in natures.values()), reverse=True)
    if "action" not in columns or (not header and (len(filled) < 2 or filled[1] * 2 < filled[0])):
        return None
    for column in sorted(used - headings.keys() - set(columns.values())):
        if "reference" not in {*columns, *mapping} and _holds_references(sheet, column, range(first_row, last_row + 1)):
            columns["reference"] = column
    table = Table(sheet, header, first_row, last_row, columns, names, headings, certainty, doubts)
    table = replace(table, parents=roles.parents(), kinds=roles.kinds(sheet, first_row), depths=roles.depths())
    return _with_key(table)


@dataclass(frozen=True)
class Roles:
    """What each column of one table is, from its heading and the nature of its cells."""

    sheet: str
    header: int
    headings: Mapping[int, str]
    names: Mapping[int, str]
    natures: Mapping[int, Nature]
    mapping: Mapping[str, str]

    def decided(self, answers: Answers) -> tuple[dict[str, int], tuple[Doubt, ...], int]:
        """Field to column, what a person must decide about that, and how sure it is that there are actions."""
        meanings = {column: self._meaning(column) for column in sorted(self.names)}
        columns: dict[str, int] = {}
        for name in FIELDS:
            of_field = [column for column, found in meanings.items() if found.field == name]
            if of_field:
                columns[name] = max(of_field, key=lambda column: (self._weight(meanings[column], column), -column))
        doubts: list[Doubt] = []
        certainty = self._choose_action(meanings, columns, doubts)
        self._fill_gaps(meanings, columns, doubts)
        return self._obeying(answers, columns, doubts), tuple(self._open(answers, doubts)), certainty

    def _meaning(self, column: int) -> Meaning:
        """What the heading means, unless the cells speak against it."""
        found = meaning_of(self.headings.get(column, ""), self.mapping, self.names[column])
        nature = self.natures[column]
        if found.strength == CHOSEN or not nature.filled:
            return found
        if found.field == "status" and nature.dates > 0.6:
            return Meaning("completed_on", 1)
        if found.field in _AGAINST and _AGAINST[found.field](nature):
            return UNKNOWN
        if found.field == "reference" and found.strength == 1 and nature.distinct < 1:
            return UNKNOWN
        if found.field == "recommendation" and nature.identifiers > 0.8 and nature.length < 8:
            return Meaning("recommendation_reference", 1)
        return found

    def _weight(self, found: Meaning, column: int) -> float:
        nature = self.natures[column]
        if found.strength == CHOSEN:
            return CHOSEN
        if not nature.filled:
            return 0.1
        if found.field == "owner" and nature.addresses > 0.5:
            return found.strength + 0.5
        if found.field == "action" and not nature.may_be_action:
            return 0.2
        if found.field == "due" and _COMPLETION.fullmatch(plain_heading(self.headings.get(column, ""))):
            return found.strength - 0.5
        return found.strength

    def _choose_action(self, meanings: dict[int, Meaning], columns: dict[str, int], doubts: list[Doubt]) -> int:
        """Decide which column is the action where that is not plain, and say what else it may be."""
        if meanings[columns["action"]].strength == CHOSEN if "action" in columns else "action" in self.mapping:
            return SURE
        for certainty, tier in self._tiers(meanings):
            found = [column for column in tier if self.natures[column].may_be_action]
            if not found:
                continue
            chosen = max(found, key=lambda column: (self._fullness(column), -column))
            if certainty < SURE:
                columns.pop(meanings[chosen].field, None)
            columns["action"] = chosen
            if meanings[chosen].field == "recommendation" and columns.get("recommendation") == chosen:
                del columns["recommendation"]
            self._ask_about_action(chosen, found, certainty, columns, doubts)
            return certainty
        return SURE if "action" in columns else POSSIBLE

    def _tiers(self, meanings: Mapping[int, Meaning]) -> list[tuple[int, list[int]]]:
        """The columns that may be the action, the surest first; of several in one place the fullest is taken."""
        by = {
            (name, strength): [column for column, found in meanings.items() if found == Meaning(name, strength)]
            for name in ("action", "title", "recommendation")
            for strength in range(1, 5)
        }
        unclaimed = [column for column, found in meanings.items() if not found.field and self._is_free(column)]
        described = [column for column in unclaimed if may_describe(self.headings.get(column, ""))]
        lesser = [*by["recommendation", 3], *by["recommendation", 2], *by["title", 1]]
        return [
            (SURE, by["action", 3]),
            (SURE, by["action", 2]),
            (SURE, by["action", 1]),
            (LIKELY, by["recommendation", 4]),
            (LIKELY, by["title", 2]),
            (POSSIBLE, [*lesser, *described] if lesser else []),
            (POSSIBLE, by["recommendation", 1]),
            (POSSIBLE, described),
            (POSSIBLE, [column for column in unclaimed if self.natures[column].length >= 8]),
        ]

    def _is_free(self, column: int) -> bool:
        return not _NEVER_ACTION.search(plain_heading(self.headings.get(column, "")))

    def _fullness(self, column: int) -> tuple[int, float]:
        nature = self.natures[column]
        return nature.filled, nature.length

    def _ask_about_action(
        self, chosen: int, found: Sequence[int], certainty: int, columns: Mapping[str, int], doubts: list[Doubt]
    ) -> None:
        alike = {plain_heading(self.headings.get(column, "")) for column in found}
        known = set(columns) - {"action", "title"} if certainty == SURE else set(columns) & _OF_ACTIONS
        others = [column for column in found if column != chosen] if len(alike) > 1 else []
        if not others and (certainty == POSSIBLE or not known):
            others = [
                column
                for column, nature in self.natures.items()
                if column != chosen and nature.may_be_action and column not in columns.values()
            ]
        if not others and certainty > POSSIBLE:
            return
        offered = [self.names[column] for column in (chosen, *sorted(others, key=self._fullness, reverse=True))]
        if certainty < SURE:
            offered.append(LEAVE_OUT)
        reason = f"“{self.names[chosen]}” was taken as the action. Say whether it is another column."
        doubts.append(Doubt(self.sheet, self.header, "action", self.names[chosen], reason, tuple(offered)))

    def _fill_gaps(self, meanings: Mapping[int, Meaning], columns: dict[str, int], doubts: list[Doubt]) -> None:
        """Take for what no heading names a column whose cells say what they are, and ask."""
        taken = set(columns.values())
        ended = [
            column
            for column in meanings
            if column not in taken and _COMPLETION.fullmatch(plain_heading(self.headings.get(column, "")))
        ]
        if ended and "completed_on" not in columns:
            columns["completed_on"] = ended[0]
        if "status" not in columns:
            states = [column for column, nature in self.natures.items() if nature.filled and nature.states > 0.8]
            progress = columns.get("progress", 0)
            named = plain_heading(self.headings.get(progress, "")).startswith("progress")
            if progress in states and named and self.natures[progress].ranks < 0.5:
                columns["status"] = columns.pop("progress")
            elif free := [column for column in states if not meanings[column].field and column not in taken]:
                columns["status"] = free[0]
        names = [column for column in meanings if plain_heading(self.headings.get(column, "")) in ("name", "names")]
        if "owner" not in columns and names and names[0] != columns.get("action"):
            columns["owner"] = names[0]
            columns.pop("title", None)
        self._take("due", _KNOWN_DATES, lambda nature: nature.dates > 0.6, meanings, columns, doubts)
        self._take(
            "owner", _NEVER_ACTION, lambda nature: nature.addresses + nature.names > 0.8, meanings, columns, doubts
        )

    def _take(
        self,
        name: str,
        known: re.Pattern[str],
        fits: Callable[[Nature], bool],
        meanings: Mapping[int, Meaning],
        columns: dict[str, int],
        doubts: list[Doubt],
    ) -> None:
        present = columns.get(name, 0)
        if name in self.mapping:
            return
        free = [
            column
            for column, nature in self.natures.items()
            if nature.filled and fits(nature) and meanings[column] == UNKNOWN and column not in columns.values()
        ]
        unknown = [column for column in free if not known.search(plain_heading(self.headings.get(column, "")))]
        if not unknown:
            return
        ended = name == "due" and bool(_COMPLETION.fullmatch(plain_heading(self.headings.get(present, ""))))
        is_sure = present and self.natures[present].filled and not ended
        if is_sure and name == "due":
            return
        if ended:
            columns.setdefault("completed_on", present)
        columns[name] = present if is_sure else unknown[0]
        offered = tuple(self.names[column] for column in dict.fromkeys((columns[name], *unknown, *free)))
        taken = self.names[columns[name]]
        reason = f"“{taken}” was taken as the {_IN_WORDS[name]}. Say whether it is another column."
        doubts.append(Doubt(self.sheet, self.header, name, taken, reason, offered))

    def _obeying(self, answers: Answers, columns: dict[str, int], doubts: Sequence[Doubt]) -> dict[str, int]:
        for doubt in doubts:
            answer = answers.of(doubt.row, doubt.field, doubt.text)
            if answer == LEAVE_OUT and doubt.field == "action":
                return {}
            if answer is not None:
                column = next((column for column, name in self.names.items() if name == answer), 0)
                if not column:
                    raise Unreadable(
                        f"“{answer[:60]}” is no heading of the file. It has {', '.join(self.names.values())}."
                    )
                columns = {name: each for name, each in columns.items() if each != column} | {doubt.field: column}
        return columns

    def _open(self, answers: Answers, doubts: Sequence[Doubt]) -> list[Doubt]:
        return [doubt for doubt in doubts if answers.of(doubt.row, doubt.field, doubt.text) is None]

    def parents(self) -> int:
        return self._headed(_PARENTS)

    def depths(self) -> int:
        return self._headed(_DEPTHS)

    def kinds(self, sheet: Sheet, first_row: int) -> int:
        """The column that tells tasks from sections and comments, if there is one."""
        column = self._headed(_KINDS)
        if not column:
            summary = self._headed(_SUMMARY)
            return summary if summary and self.natures[summary].flags > 0.9 else 0
        texts = {folded(sheet.cell(row, column).text) for row in range(first_row, sheet.last_row + 1)}
        return column if texts & (SECTION_KINDS | COMMENT_KINDS | PART_KINDS) else 0

    def _headed(self, pattern: re.Pattern[str]) -> int:
        return next(
            (
                column
                for column, heading in sorted(self.headings.items())
                if pattern.fullmatch(plain_heading(heading).replace("_", " ")) and self.natures[column].filled
            ),
            0,
        )


UNKNOWN = Meaning("", 0)
_PARENTS = re.compile(r"parent( (task|issue|item|action|work package|id|key|code))*( (id|key|code|title|name|#))?")
_DEPTHS = re.compile(r"indent|outline level|level")
_KINDS = re.compile(r"(issue |task |item |row )?(type|tracker)")
_SUMMARY = re.compile("summary")
SECTION_KINDS = frozenset(("section", "epic", "phase", "summary task", "group"))
COMMENT_KINDS = frozenset(("note", "comment"))
PART_KINDS = frozenset(("sub-task", "subtask", "sub-item", "subitem"))
META_KINDS = frozenset(("meta",))
_NEVER_ACTION = re.compile(
    r"\b(by|labels?|tags?|categor(y|ies)|bucket|section|column|list name|board|projects?|sprint|version|components?"
    r"|swimlane|url|link|email|e mail|phone|location|resolution|entity|member|creator|reporter|author|request(e|o)r"
    r"|user|name|date|type|environment|baseline|hub|where|who|parent|predecessors?|attachments?|timezone|priority)\b"
)
_COMPLETION = re.compile(r"(date of )?completion( date)?|completed date")
_KNOWN_DATES = re.compile(
    r"start|creat|modif|updat|open|complet|clos|resolv|report|meeting|review|status|view|raised|added"
)
_IN_WORDS = {"due": "due dates", "owner": "owners"}
_OF_ACTIONS = {"owner", "due", "status", "reference", "agency"}
_AGAINST = {
    "action": lambda nature: max(nature.dates, nature.addresses, nature.flags) > 0.6,
    "title": lambda nature: max(nature.numbers, nature.dates, nature.flags, nature.identifiers) > 0.6,
    "recommendation": lambda nature: max(nature.ranks, nature.flags, nature.dates) > 0.8,
    "reference": lambda nature: nature.length > 40,
    "due": lambda nature: nature.timely < 0.2,
    "revised_due": lambda nature: nature.timely < 0.2,
    "completed_on": lambda nature: nature.timely < 0.2,
    "owner": lambda nature: max(nature.dates, nature.numbers, nature.flags) > 0.6,
    "progress": lambda nature: max(nature.dates, nature.numbers) > 0.8,
    "outcome": lambda nature: max(nature.ranks, nature.flags) > 0.8,
}
"""What the cells of a column must not be, whatever its heading says."""


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
    end = min(max((merge.last_row for merge in merges), default=header), header + _MOST_HEADER_ROWS - 1)
    return end + 1 if end == header and _goes_on(sheet, header) else end


def _goes_on(sheet: Sheet, header: int) -> bool:
    """Whether the row below has further words of the headings: also where the row above is blank, none of an action."""
    above, below = sheet.filled(header), sheet.filled(header + 1)
    if len(below) < 2 or len(above) < 2 or not set(below) - set(above):
        return False
    texts = [cell.text for cell in below.values()]
    if any(len(text.split()) > 4 or any(letter.isdigit() for letter in text) for text in texts):
        return False
    known = {meaning_of(cell.text, {}).field for cell in above.values()}
    newly = [meaning_of(cell.text, {}).field for cell in below.values()]
    return (
        any(newly)
        and "action" not in {meaning_of(above[column].text, {}).field for column in set(below) & set(above)}
        and ("action" in known or "action" in newly)
    )


def _holds_references(sheet: Sheet, column: int, rows: range) -> bool:
    values = [folded(cell.text) for row in rows if not (cell := sheet.cell(row, column)).is_blank]
    return bool(values) and all(_LIKE_A_REFERENCE.fullmatch(value) for value in values)


_CODE_AND_MEANING = re.compile(
    r"(?P<code>[^\s=:–—.)]{1,12})(?:\s*[-=:–—.)]+\s*|(?<=^.)\s+|(?<=^..)\s+)(?P<meaning>\D.*)"
)
_KEY_BEFORE = re.compile(
    r"^(key|legend|codes?|(b?rag|status|rating)( (rating|status|key))*)\s*[:=-]*\s*", re.IGNORECASE
)


def _with_key(table: Table) -> Table:
    """Add the codes of states and ratings that rows beside the actions explain, and those rows."""
    codes = {
        text
        for name in ("status", "rating")
        if name in table.columns
        for row in range(table.first_row, table.last_row + 1)
        if 0 < len(text := folded(table.sheet.cell(row, table.columns[name]).text)) <= 12 and " " not in text
    }
    if not codes:
        return table
    key: dict[str, str] = {}
    rows: set[int] = set()
    last_wide = max((row for row in table.sheet.rows if len(table.sheet.filled(row)) > 2), default=0)
    for row in sorted(table.sheet.rows):
        filled = table.sheet.filled(row)
        is_apart = row > last_wide and (not table.sheet.filled(row - 1) or row - 1 in rows)
        is_beside = row < table.header_row or table.columns["action"] not in filled
        if not 1 <= len(filled) <= 2 or not (is_apart or is_beside):
            continue
        found = _meanings_of_codes([one_line(cell.text) for cell in filled.values()], codes)
        key |= found
        rows |= {row} if found else set()
    return replace(table, key=key, key_rows=frozenset(rows)) if key else table


def _meanings_of_codes(texts: Sequence[str], codes: set[str]) -> dict[str, str]:
    if len(texts) == 2 and folded(texts[0]) in codes and not texts[1][:1].isdigit():
        return {folded(texts[0]): texts[1]}
    found = {}
    for text in texts:
        for piece in re.split(r"[;,|]|\s{3,}", _KEY_BEFORE.sub("", text)):
            match = _CODE_AND_MEANING.fullmatch(piece.strip())
            if match and folded(match["code"]) in codes:
                found[folded(match["code"])] = match["meaning"].strip()
    return found
