"""Which kinds of actions are there, and which days of one can follow on one another?"""

from collections.abc import Mapping
from datetime import date

from reviews.cases.validation import FIRST_YEAR, LAST_YEAR
from workflows.core.engine import Refused

KINDS: Mapping[str, str] = {
    "practice": "Practice",
    "policy": "Policy",
    "training": "Training",
    "audit": "Audit",
    "assurance": "Assurance",
    "system": "System",
    "raise_nationally": "To be raised nationally",
}
"""What an action changes, as plans of partnerships tell them apart."""


def check_particulars(kind: str, start_on: date | None, due_on: date | None, review_on: date | None) -> None:
    """Refuse a kind that is none, and days that cannot follow on one another."""
    if kind and kind not in KINDS:
        raise Refused(f"The kind of an action must be one of: {', '.join(KINDS)}.")
    for day in (start_on, review_on):
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise Refused(f"A day must lie between {FIRST_YEAR} and {LAST_YEAR}.")
    if start_on and due_on and start_on > due_on:
        raise Refused("An action cannot begin after it is due.")
    if start_on and review_on and review_on < start_on:
        raise Refused("An action cannot be looked at again before it begins.")


def refuse_own_deputy(owner_id: int | None, deputy_id: int | None) -> None:
    if deputy_id is not None and deputy_id == owner_id:
        raise Refused("The deputy must be somebody other than the owner.")
