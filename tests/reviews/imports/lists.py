"""Helpers that write a list of past cases and read it back."""

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from reviews.imports.readers.past_files import read_histories
from reviews.imports.readers.past_rows import Histories
from workflows.definitions import CASE_WORKFLOWS

SAMPLES = Path(__file__).parents[2] / "samples"
REVIEWS, DEATHS = SAMPLES / "F04_reviews_synthetic.csv", SAMPLES / "cdop_list.csv"
TODAY = date(2026, 11, 20)

REVIEW = {
    "case_ref": "ES-19-01",
    "incident_date": "2019-04-11",
    "la_aware_date": "2019-04-11",
    "notified_date": "2019-04-15",
    "notification_withdrawn": "no",
    "rapid_review_completed": "2019-05-05",
    "rapid_review_outcome": "LCSPR",
    "lcspr_decision_date": "2019-05-20",
    "lcspr_status_at_extract": "completed",
    "lcspr_completed_date": "2021-05-28",
    "publication_date": "2021-07-15",
    "publication_hold_reason": "",
}
"""A rapid review that led to a practice review, published; a test says what is otherwise."""
NO_LCSPR = {
    "rapid_review_outcome": "no LCSPR",
    "lcspr_decision_date": "",
    "lcspr_status_at_extract": "",
    "lcspr_completed_date": "",
    "publication_date": "",
}
DEATH = {
    "death_ref": "ANY-002",
    "date_of_death": "2024-03-30",
    "date_notified": "2024-04-02",
    "record_status": "in scope",
    "expected": "no",
    "joint_agency_response": "yes",
    "review_completed": "2025-03-12",
    "modifiable_factors": "yes",
    "factors": "smoking;unsafe sleeping",
    "neonatal": "no",
}


def write(path: Path, *rows: Mapping[str, str]) -> Path:
    """Write rows as a spreadsheet is saved: the headings of the first row, in its order."""
    with path.open("w", newline="") as file:
        lines = csv.DictWriter(file, list(rows[0]), extrasaction="ignore")
        lines.writeheader()
        lines.writerows(rows)
    return path


def read(path: Path, workflow: str = "rapid_review", mapping: Mapping[str, str] | None = None) -> Histories:
    return read_histories(path, workflow=CASE_WORKFLOWS[workflow], today=TODAY, mapping=mapping)
