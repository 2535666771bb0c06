"""A second, independent reading of a history and its clocks, with none of the product's code.

Only the definition as plain data, the rows of the history, and the feed of bank holidays are used.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from workflows.core.questions import Value

LONDON = ZoneInfo("Europe/London")
FEED = Path(__file__).parents[3] / "workflows" / "core" / "bank_holidays.json"
HOLIDAYS = {event["date"] for event in json.loads(FEED.read_text(encoding="utf-8"))["england-and-wales"]["events"]}


@dataclass(frozen=True)
class Taken:
    """A step of the history: on which track, from and to which stage, on which day, with which facts."""

    track: str
    step: str
    from_stage: str
    to_stage: str
    on: date
    answers: Mapping[str, Value]


@dataclass(frozen=True)
class Ran:
    """A clock, and how it ended: `met`, `dropped` or not at all."""

    name: str
    counted_from_on: date
    due_on: date
    ended: str
    ended_on: date | None


def replayed(data: dict[str, Any], history: Sequence[Taken]) -> dict[str, str]:
    """Give the stage of each track after the history, or raise AssertionError where a step does not follow."""
    return {track: trail[-1] for track, trail in trails(data, history).items()}


def trails(data: dict[str, Any], history: Sequence[Taken]) -> dict[str, list[str]]:
    """Give the stages each track has been at, one after the other; a step back leads to one of them."""
    trails = {track["name"]: [track["initial"]] for track in data["tracks"]}
    steps = {step["name"]: step for step in data["steps"]}
    for number, taken in enumerate(history):
        step = steps[taken.step]
        trail = trails[taken.track]
        before = "unopened" if number == 0 else trail[-1]
        assert step["track"] == taken.track, taken
        assert taken.from_stage == before, taken
        assert before in step["from"], taken
        leads_to = _back(data, taken.track, trail, step) if step["to"] == "where_it_was" else step["to"] or before
        assert taken.to_stage == leads_to, taken
        if leads_to != trail[-1]:
            trail.append(leads_to)
    return trails


def _back(data: dict[str, Any], track: str, trail: list[str], step: dict[str, Any]) -> str:
    """Lifting a hold leads to the stage before it; reopening to the last one that is neither an end nor a hold."""
    if step["hold"] == "lift":
        return trail[-2]
    (ends,) = ({*each["final"], *each["settled"]} for each in data["tracks"] if each["name"] == track)
    holds = {each["to"] for each in data["steps"] if each["track"] == track and each["hold"] == "place"}
    return next(stage for stage in reversed(trail) if stage not in ends | holds)


def since(data: dict[str, Any], history: Sequence[Taken]) -> dict[str, date]:
    """Give the day each track came to where it stands; a track without a step of its own began with the case."""
    moved = [taken for taken in history if taken.to_stage != taken.from_stage]
    days = {track["name"]: history[0].on for track in data["tracks"]}
    return days | {taken.track: taken.on for taken in moved}


def closed_on(data: dict[str, Any], history: Sequence[Taken]) -> date | None:
    """Give the day the last track was finished, if all are; a track is finished on the first day of its standing so."""
    ended: dict[str, date | None] = {track["name"]: None for track in data["tracks"]}
    finished = {track["name"]: {*track["final"], *track["settled"]} for track in data["tracks"]}
    for taken in history:
        over = taken.to_stage in finished[taken.track]
        ended[taken.track] = (ended[taken.track] or taken.on) if over else None
    days = [day for day in ended.values() if day is not None]
    return max(days) if len(days) == len(ended) else None


def clocks(data: dict[str, Any], history: Sequence[Taken]) -> list[Ran]:
    """Follow each deadline by itself through the whole history."""
    return [ran for deadline in data["deadlines"] for ran in _clocks(deadline, history)]


def _clocks(deadline: dict[str, Any], history: Sequence[Taken]) -> Iterator[Ran]:
    """Keep one line for each day counted from: it runs, is met, or is dropped and may be taken up again."""
    due_on: dict[date, date] = {}
    ended: dict[date, tuple[str, date | None]] = {}
    running: date | None = None
    for taken in history:
        start = _start(deadline, taken)
        day = _day(start) if start is not None else None
        if running is not None and day != running:
            if taken.step in deadline["met_by"]:
                ended[running], running = ("met", taken.on), None
            elif taken.step in deadline["ended_by"]:
                ended[running], running = ("dropped", taken.on), None
        edition = _edition(deadline, start) if start is not None else None
        if start is None or day is None or edition is None or day == running or ended.get(day, ("",))[0] == "met":
            continue
        if running is not None:
            ended[running] = ("dropped", taken.on)
        due_on.setdefault(day, due(start, edition))
        ended[day], running = ("", None), day
    for day, (how, on) in ended.items():
        yield Ran(deadline["name"], day, due_on[day], how, on)


def _start(deadline: dict[str, Any], taken: Taken) -> date | None:
    if deadline["counted_from"] == taken.step:
        return taken.on
    day = taken.answers.get(deadline["counted_from"])
    return day if isinstance(day, date) else None


def _edition(deadline: dict[str, Any], start: date) -> dict[str, Any] | None:
    held = [each for each in deadline["editions"] if each["effective_from"] <= _day(start).isoformat()]
    return held[-1] if held else None


def _day(moment: date) -> date:
    return moment.astimezone(LONDON).date() if isinstance(moment, datetime) else moment


def due(start: date, edition: Mapping[str, Any]) -> date:
    """Count a day at a time; months by looking for the day of the same number, or the last one before it."""
    count, forth = edition["period"], -1 if edition["back"] else 1
    day = _day(start)
    match edition["unit"]:
        case "days":
            return day + timedelta(days=forth * count)
        case "hours" if isinstance(start, datetime):
            return (start.astimezone(UTC) + timedelta(hours=forth * count)).astimezone(LONDON).date()
        case "hours":
            return day + timedelta(days=forth * ((count + 23) // 24))
        case "months":
            return _months_on(day, forth * count)
        case _:
            while count:
                day += timedelta(days=forth)
                count -= day.weekday() < 5 and day.isoformat() not in HOLIDAYS
            return day


def _months_on(day: date, months: int) -> date:
    first, forth = day.replace(day=1), 1 if months > 0 else -1
    for _ in range(abs(months)):
        first = (first + timedelta(days=31 if forth > 0 else -1)).replace(day=1)
    found = first
    while found.day < day.day and (found + timedelta(days=1)).month == first.month:
        found += timedelta(days=1)
    return found
