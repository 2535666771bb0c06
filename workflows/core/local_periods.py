"""What may a partnership set for a deadline itself, and by which period is it then counted?"""

from collections.abc import Iterator
from datetime import date

from workflows.core.vocabulary import Deadline, Edition, Ladder, Rank
from workflows.core.working_days import Period, Unit

LONGEST = {Unit.WORKING_DAYS: 1_250, Unit.DAYS: 1_825, Unit.MONTHS: 60, Unit.HOURS: 8_760}
"""Nobody sets more than about five years, or a year of hours."""


def own_period(edition: Edition, count: int | None, unit: Unit | None) -> Period | None:
    """Give the period a partnership set, in the direction of the edition; None where it set none."""
    return None if count is None or unit is None else Period(count, unit, edition.period.back)


def due_period(edition: Edition, own: Period | None) -> Period:
    """Give the period the due date is counted by: their own replaces custom alone."""
    return own if own is not None and not is_binding(edition) else edition.period


def target_period(edition: Edition, own: Period | None) -> Period | None:
    """Give the period of the target beside a binding date; None where there is no such target."""
    return own if is_binding(edition) else None


def is_binding(edition: Edition) -> bool:
    return edition.rank is not Rank.LOCAL


def editions_from(deadline: Deadline, day: date) -> list[Edition]:
    """List the edition in force on a day and those that follow it."""
    now = deadline.edition_on(day)
    return [edition for edition in deadline.editions if edition is now or edition.effective_from > day]


def against_period(deadline: Deadline, count: int, unit: Unit, *, on: date) -> Iterator[str]:
    """Say what stands against a period from that day on: binding ones may be made stricter, and nothing else."""
    if not 0 <= count <= LONGEST[unit]:
        yield f"A period in {_words(unit)} must be a whole number from 0 to {LONGEST[unit]:,}."
        return
    for edition in filter(is_binding, editions_from(deadline, on)):
        given = edition.period
        says = f"“{deadline.title}” rests on {edition.rank.value}: {given if given.count else 'the day itself'}."
        if unit is not given.unit:
            yield f"{says} A target beside it is counted in {_words(given.unit)} too."
        elif given.back and count <= given.count:
            yield f"{says} A target beside it can only be earlier: {given.count + 1} {_words(unit)} before or more."
        elif not given.back and not given.count:
            yield f"{says} No target can be earlier."
        elif not given.back and count >= given.count:
            yield f"{says} A target beside it can only be earlier: {given.count - 1} {_words(unit)} or fewer."


def against_ladder(deadline: Deadline, ladder: Ladder, *, on: date) -> Iterator[str]:
    """Say what stands against a ladder from that day on: nobody is silent about a binding date that has passed."""
    if any(map(is_binding, editions_from(deadline, on))) and all(rung.days <= 0 for rung in ladder.rungs):
        yield f"“{deadline.title}” is binding, and the ladder “{ladder.name}” tells nobody once it is late."


def _words(unit: Unit) -> str:
    return unit.value.replace("-", " ")
