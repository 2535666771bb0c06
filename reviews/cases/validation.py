"""Check the answers to the questions of a step, and days and pseudonyms."""

from collections.abc import Mapping
from datetime import date, datetime

from reviews.transactions.references import require_credible
from workflows.core.days import PartialDay
from workflows.core.engine import NotReady, Refused
from workflows.core.questions import Kind, Question, Value, edition_in_words
from workflows.core.vocabulary import Step

LONGEST = {Kind.WORDS: 500, Kind.TEXT: 20_000, Kind.CHOICE: 100, Kind.PERSON: 500}
TYPES: dict[Kind, tuple[type, ...]] = {
    Kind.WORDS: (str,),
    Kind.TEXT: (str,),
    Kind.CHOICE: (str,),
    Kind.DAY: (date, PartialDay),
    Kind.MOMENT: (datetime, date, PartialDay),
    Kind.YES_NO: (bool,),
    Kind.NUMBER: (int,),
    Kind.AGENCIES: (tuple,),
    Kind.STEPS: (tuple,),
    Kind.PERSON: (str,),
}
BUT_NOT: dict[Kind, type] = {Kind.DAY: datetime, Kind.NUMBER: bool}
"""A datetime is a date in Python, and a bool is an int."""
LARGEST_NUMBER = 1_000_000_000
LONGEST_PSEUDONYM = 60


def check_answers(step: Step, answers: Mapping[str, Value | None], *, on: date) -> dict[str, Value]:
    """Give the facts that were filled in; `on` is the day whose edition of the form holds (see `facts.form_day`).

    Raises Refused for a wrong one, NotReady listing what is missing.
    """
    form = step.form_on(on)
    filled = check_values(step, answers, on=on)
    missing = [item.label for item in form if item.name not in filled and item.is_needed(filled)]
    if missing:
        raise NotReady(f"“{step.title}” needs more before it can be recorded.", missing)
    return filled


def check_values(step: Step, answers: Mapping[str, Value | None], *, on: date) -> dict[str, Value]:
    """Give the facts that were filled in, whether the form is complete or not. Raises Refused for a wrong one."""
    stripped = {name: value.strip() if isinstance(value, str) else value for name, value in answers.items()}
    asked = {item.name: item for item in step.form_on(on)}
    steps = {
        item.name for item in asked.values() if item.kind is Kind.STEPS
    }  # an empty choice of steps is an answer too
    filled = {
        name: value
        for name, value in stripped.items()
        if value is not None and (value not in ("", ()) or (value == () and name in steps))
    }
    for name, value in filled.items():
        if name not in asked:
            raise Refused(_not_asked(step, name, on))
        check_fact(asked[name], value)
    return filled


def check_day(day: date, today: date, *, not_before: date | None = None) -> None:
    """Refuse a day in the future, or before the day of what it follows."""
    require_credible(day, "The day it happened")
    if day > today:
        raise Refused("Enter the day it happened: this day lies in the future.")
    if not_before is not None and day < not_before:
        raise Refused(f"The day it happened must be {not_before:%-d %B %Y} or later, when the present stage began.")


def check_pseudonym(name: str) -> str:
    pseudonym = name.strip()
    if len(pseudonym) > LONGEST_PSEUDONYM:
        raise Refused(f"A pseudonym must be {LONGEST_PSEUDONYM} characters or fewer.")
    return pseudonym


def check_fact(asked: Question, value: Value | None) -> None:
    """Refuse an answer of the wrong kind, too long, out of range, or none of the choices."""
    if not isinstance(value, TYPES[asked.kind]) or isinstance(value, BUT_NOT.get(asked.kind, ())):
        raise Refused(f"“{asked.label}” is not of the kind that is asked for.")
    if isinstance(value, str) and len(value) > LONGEST[asked.kind]:
        raise Refused(f"“{asked.label}” must be {LONGEST[asked.kind]:,} characters or fewer.")
    if asked.kind is Kind.CHOICE and value not in [choice for choice, _ in asked.choices]:
        raise Refused(f"“{asked.label}” must be one of the answers offered.")
    if isinstance(value, date):
        require_credible(value, f"“{asked.label}”")
    if asked.kind is Kind.NUMBER and isinstance(value, int) and not 0 <= value <= LARGEST_NUMBER:
        raise Refused(f"“{asked.label}” must be a number from 0 to {LARGEST_NUMBER:,}.")


def _not_asked(step: Step, name: str, on: date) -> str:
    other = next((item for item in step.questions if item.name == name), None)
    if other is None:
        return f"“{step.title}” does not ask for “{name}”."
    edition = edition_in_words(step.questions, step.edition_on(on))
    return f"“{other.label}” is not asked by the {edition}, which holds here."
