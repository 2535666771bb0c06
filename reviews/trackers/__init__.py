"""Action trackers as people keep them: what does an untidy spreadsheet say? Knows files, never the database."""

from reviews.trackers.dates import ReadDate, read_date
from reviews.trackers.plan import read_plan
from reviews.trackers.rows import Doubt, OtherSheet, Plan, PlanRow, RefusedRow, SkippedRow, Strand
from reviews.trackers.sheets import read_sheets
from reviews.trackers.unreadable import Unreadable

__all__ = [
    "Doubt",
    "OtherSheet",
    "Plan",
    "PlanRow",
    "ReadDate",
    "RefusedRow",
    "SkippedRow",
    "Strand",
    "Unreadable",
    "read_date",
    "read_plan",
    "read_sheets",
]
