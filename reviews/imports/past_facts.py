"""Which facts does a row of a list bring that its case does not say yet, and may they stand there?"""

from datetime import date
from typing import Any

from reviews.cases.forms import form_day
from reviews.cases.history import facts_that_hold
from reviews.cases.validation import check_fact, check_values
from reviews.imports.readers.past import PastFact, PastStep
from reviews.models import Case
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused
from workflows.core.labels import mid_sentence, sentence
from workflows.core.vocabulary import Step


class RowRefused(Exception):
    """The row contradicts what the case already says; `column` is the heading it stands under."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


def new_facts(unit: Unit, case: Case, step: Step, taken: PastStep) -> list[PastFact]:
    """Give the facts that the case does not say yet, checked as the form of the step checks them."""
    known = {fact.name: fact.value for fact in facts_that_hold(unit.session, case)}
    day = form_day(unit.session, case, step, taken.placed_on)
    for fact in taken.facts:
        if known.get(fact.name, fact.value) != fact.value:
            raise RowRefused(
                fact.column, f"The case says “{_said(known[fact.name])}” already, which an import does not change."
            )
    new = [fact for fact in taken.facts if fact.name not in known]
    for fact in new:
        _check(step, fact, day)
    return new


def _check(step: Step, fact: PastFact, day: date) -> None:
    """Refuse what the step would; a fact that it does not ask for is held to the declaration it came with."""
    try:
        if fact.name in {asked.name for asked in step.asks}:
            check_values(step, {fact.name: fact.value}, on=day)
        else:
            check_fact(fact.asked, fact.value)
    except Refused as refusal:
        raise RowRefused(fact.column, refusal.sentence) from refusal


def _said(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case date():
            return f"{value.day} {value:%B %Y}"
        case _:
            return mid_sentence(sentence(str(value)))
