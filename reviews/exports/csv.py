"""Writes a plan as CSV: UTF-8 with a byte order mark, every value in quotation marks.

A text that a spreadsheet could run as a formula gets an apostrophe in front (`exported_plan.guarded`); the import
removes it again.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from reviews.exports.columns import COLUMNS, Value, text_of
from reviews.exports.plan_rows import ExportedPlan
from reviews.imports.readers.exported_plan import guarded


def as_separated(plan: ExportedPlan) -> bytes:
    lines = ([column.value(line) for column in COLUMNS] for line in plan.actions)
    return as_separated_rows([column.heading for column in COLUMNS], lines)


def as_separated_rows(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Write rows under headings, as a register has them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(headings)
    for row in rows:
        writer.writerow([guarded(text_of(value)) for value in row])
    return text.getvalue().encode("utf-8-sig", "replace")
