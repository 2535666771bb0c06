"""Action trackers as people keep them: what does an untidy spreadsheet say? Knows files, never the database."""

from reviews.trackers.dates import ReadDate, read_date
from reviews.trackers.headings import FIELDS
from reviews.trackers.outline import Column, Outline, corrections, headings_of, outline_of
from reviews.trackers.plan import chosen_among, plan_in, read_plan
from reviews.trackers.rows import Doubt, Guess, OtherSheet, Plan, PlanRow, RefusedRow, SkippedRow, Strand
from reviews.trackers.sheets import read_sheets
from reviews.trackers.unreadable import Unreadable

__all__ = [
    "FIELDS",
    "Column",
    "Doubt",
    "Guess",
    "OtherSheet",
    "Outline",
    "Plan",
    "PlanRow",
    "ReadDate",
    "RefusedRow",
    "SkippedRow",
    "Strand",
    "Unreadable",
    "chosen_among",
    "corrections",
    "headings_of",
    "outline_of",
    "plan_in",
    "read_date",
    "read_plan",
    "read_sheets",
]
