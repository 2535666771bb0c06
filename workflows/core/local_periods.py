"""Periods, ladders and starts that a partnership sets for a deadline: what is allowed, and what then counts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from workflows.core.days import PartialDay
from workflows.core.vocabulary import Deadline, Edition, Ladder, Rank
from workflows.core.working_days import Period, Unit

LONGEST = {Unit.WORKING_DAYS: 1_250, Unit.DAYS: 1_825, Unit.MONTHS: 60, Unit.HOURS: 8_760}
"""About five years; for hours, one year."""


def local_period(edition: Edition, count: int | None, unit: Unit | None) -> Period | None:
    """Give the period that a partnership set, in the direction and the days of the edition; None where it set none."""
    return None if count is None or unit is None else replace(edition.period, count=count, unit=unit)


def due_period(edition: Edition, local: Period | None) -> Period:
    """Give the period the due date is counted by: a local period replaces custom, and nothing that binds."""
    return local if local is not None and not is_binding(edition) else edition.period


def target_period(edition: Edition, local: Period | None) -> Period | None:
    """Give the period of the target beside a binding date; None where there is no target."""
    return local if is_binding(edition) else None


def counted_from(
    deadline: Deadline,
    edition: Edition,
    chosen: str | None,
    known: Callable[[], Mapping[str, date | datetime | PartialDay]],
) -> tuple[str, date | datetime | PartialDay] | None:
    """Give the step or fact that a clock is counted from, with its day; None where that is what starts the clock.

    A partnership's choice goes before the edition. `known` gives the days of the case: one that nobody recorded cannot
    be counted from, and what starts the clock takes its place.
    """
    name = chosen or edition.counted_from
    if name in ("", deadline.counted_from):
        return None
    day = known().get(name)
    return None if day is None else (name, day)


def is_binding(edition: Edition) -> bool:
    return edition.rank is not Rank.LOCAL


def editions_from(deadline: Deadline, day: date) -> list[Edition]:
    """List the edition in force on a day and those that follow it."""
    now = deadline.edition_on(day)
    return [edition for edition in deadline.editions if edition is now or edition.effective_from > day]


def against_period(deadline: Deadline, count: int, unit: Unit, *, on: date) -> Iterator[str]:
    """Say why a period is not allowed from a day on: beside a binding period only a stricter target is."""
    if not 0 <= count <= LONGEST[unit]:
        yield f"A period in {_words(unit)} must be a whole number from 0 to {LONGEST[unit]:,}."
        return
    for edition in filter(is_binding, editions_from(deadline, on)):
        binding = edition.period
        rule = f"“{deadline.title}” is set by {edition.rank.value}: {binding if binding.count else 'the day itself'}."
        if unit is not binding.unit:
            yield f"{rule} Count a target in {_words(binding.unit)} too."
        elif binding.back and count <= binding.count:
            yield f"{rule} A target must be earlier: {binding.count + 1} {_words(unit)} before or more."
        elif not binding.back and not binding.count:
            yield f"{rule} A target cannot be earlier."
        elif not binding.back and count >= binding.count:
            yield f"{rule} A target must be earlier: {binding.count - 1} {_words(unit)} or fewer."


def against_ladder(deadline: Deadline, ladder: Ladder, *, on: date) -> Iterator[str]:
    """Say why a ladder is not allowed from a day on: it must remind somebody once a binding date has passed."""
    if any(map(is_binding, editions_from(deadline, on))) and all(rung.days <= 0 for rung in ladder.rungs):
        yield f"“{deadline.title}” is binding. “{ladder.name}” reminds nobody once it is late: choose another ladder."


def _words(unit: Unit) -> str:
    return unit.value.replace("-", " ")
