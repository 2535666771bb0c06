"""Writes a plan as CSV: UTF-8 with a byte order mark, every value in quotation marks.

A text that a spreadsheet could run as a formula gets an apostrophe in front (`exported_plan.guarded`); the import
removes it again.
"""

import csv
import io

from reviews.exports.columns import COLUMNS, text_of
from reviews.exports.plan_rows import ExportedPlan
from reviews.imports.readers.exported_plan import guarded


def as_separated(plan: ExportedPlan) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.writer(text, quoting=csv.QUOTE_ALL)
    rows.writerow([column.heading for column in COLUMNS])
    for line in plan.actions:
        rows.writerow([guarded(text_of(column.value(line))) for column in COLUMNS])
    return text.getvalue().encode("utf-8-sig", "replace")
