"""How is a plan written as separated values? UTF-8 with its mark, everything in quotation marks, formulas disarmed.

A text that a spreadsheet could take for a formula gets one apostrophe in front (`exported_plan.guarded`),
and reading our own file takes that one away again.
"""

import csv
import io

from reviews.exports.columns import COLUMNS, text_of
from reviews.exports.rows import ExportedPlan
from reviews.imports.readers.exported_plan import guarded


def as_separated(plan: ExportedPlan) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.writer(text, quoting=csv.QUOTE_ALL)
    rows.writerow([column.heading for column in COLUMNS])
    for line in plan.actions:
        rows.writerow([guarded(text_of(column.value(line))) for column in COLUMNS])
    return text.getvalue().encode("utf-8-sig", "replace")
