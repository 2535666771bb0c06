"""Doubts about whole rows: without a text, struck through, or with the words of another row."""

from collections.abc import Sequence
from dataclasses import replace

from reviews.imports.readers.answers import Answers
from reviews.imports.readers.cells import shortened, trimmed
from reviews.imports.readers.entries import TEXT_MISSING, Entry
from reviews.imports.readers.result import Doubt, PlanRow
from reviews.imports.readers.written_dates import read_date

NO_TEXT = f"The row has other details and no action. It comes in as “{TEXT_MISSING}”. Say what is to be done."
SAME_WORDS = "Row {row} has the same words and another date. Decide whether these are two actions."
TWO_ACTIONS = "Two actions"


def with_text(row: PlanRow, answers: Answers) -> tuple[PlanRow, list[Doubt]]:
    """The row with a text, also where the file has none."""
    if trimmed(row.action):
        return row, []
    answer = answers.of(row.row, "action", "")
    if answer is not None:
        return replace(row, action=answer), []
    return replace(row, action=TEXT_MISSING), [Doubt(row.sheet, row.row, "action", "", NO_TEXT)]


def doubts_about_strikes(row: PlanRow, entry: Entry, answers: Answers) -> list[Doubt]:
    """The doubts about cells that are struck through in part; a whole row that is, is a doubt about its state."""
    doubts: list[Doubt] = []
    if not any(cell.struck for cell in entry.table.sheet.filled(entry.row).values()):
        return doubts
    for name, column in entry.table.columns.items():
        cell = entry.table.sheet.cell(entry.row, column)
        in_part = cell.struck and trimmed(cell.struck) != trimmed(cell.text)
        if in_part and answers.of(row.row, name, cell.text) is None:
            on = read_date(trimmed(cell.text.replace(cell.struck, " "))).on if name == "due" else None
            reason = f"“{shortened(cell.struck)}” is struck through. Say what holds."
            doubts.append(Doubt(row.sheet, row.row, name, cell.text, reason, (on.isoformat(),) if on else ()))
    return doubts


def same_words_twice(rows: Sequence[PlanRow], answers: Answers) -> list[Doubt]:
    """Doubts about actions with the same words under the same recommendation and another date."""
    first: dict[tuple[str, str, str], PlanRow] = {}
    doubts = []
    for row in rows:
        key = (row.sheet, row.recommendation, row.action.casefold())
        before = first.setdefault(key, row)
        if before is row or before.due.text == row.due.text or len(row.action.split()) < 3 or row.exported_cells:
            continue
        if answers.of(row.row, "action", row.action) is None:
            reason = SAME_WORDS.format(row=before.row)
            doubts.append(Doubt(row.sheet, row.row, "action", row.action, reason, (TWO_ACTIONS,)))
    return doubts
