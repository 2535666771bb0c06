"""How does the floor record a step of a case? The same rows as the product, in one transaction, and what it must read.

It knows the steps of a rapid review by heart: no definitions, no roles, no forms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tests.bench.nation import NOW, TODAY
from tests.bench.raw import Raw

LOCK = "SELECT id, version FROM cases WHERE reference = ? AND partnership_id = ? AND realm = 'reviews'"
TRACK = "SELECT stage FROM case_tracks WHERE case_id = ?"
BESIDE = """
    SELECT f.words FROM cases c LEFT JOIN case_facts f ON f.case_id = c.id AND f.name = 'blocks'
     WHERE c.parent_id = ? AND c.closed_on IS NULL"""
BY_NAME = "SELECT name, words, day, number FROM case_facts WHERE case_id = ? ORDER BY id"
SIGNED = """
    SELECT step, happened_on FROM events
     WHERE case_id = ? AND step = 'sign_on_behalf'"""
PARTNERS = """
    SELECT g.name FROM agencies g JOIN partners p ON p.agency_id = g.id
     WHERE g.partnership_id = ? AND (p.from_on IS NULL OR p.from_on <= ?) AND (p.until_on IS NULL OR p.until_on >= ?)"""
HOLIDAYS = "SELECT day, title FROM bank_holidays"
RULES = "SELECT deadline, period, unit FROM local_rules WHERE partnership_id = ? AND workflow = 'rapid_review'"
CHANGE = "UPDATE cases SET version = version + 1, closed_on = ? WHERE id = ?"
EVENT = """
    INSERT INTO events (kind, partnership_id, case_id, track, step, from_stage, to_stage, happened_on, recorded_at,
                        recorded_by, recorded_by_id, details, known_to)
    VALUES ('step_taken', ?, ?, 'rapid_review', ?, ?, ?, ?, ?, ?, ?, '{}', 'day') RETURNING id"""
FACTS = "INSERT INTO case_facts (case_id, event_id, name, kind, words, day, number) VALUES "
MOVE = "UPDATE case_tracks SET stage = ?, since_on = ?, ended_on = ? WHERE case_id = ?"
MEET = "UPDATE case_clocks SET met_on = ? WHERE case_id = ? AND name = ? AND met_on IS NULL AND dropped_on IS NULL"
RIGHTS = "UPDATE case_people SET until_on = ? WHERE case_id = ? AND (until_on IS NULL OR until_on > ?)"
"""The rights of single people end with the case."""
NATURE = "UPDATE children SET nature = ? WHERE case_id = ? AND nature = ''"
CLOCK = """
    INSERT INTO case_clocks (case_id, name, edition_from, counted_from_on, due_on, provisional)
    VALUES (?, ?, ?, ?, ?, FALSE)"""


@dataclass(frozen=True, slots=True)
class Recorder:
    """Who records, as the history names them, and their number."""

    signature: str
    person: int | None


@dataclass(frozen=True, slots=True)
class Move:
    """A step known by heart: where it leads, what is given, which clocks it meets, and which it starts.

    `facts` are rows of name, kind, words, day and number; `partners` are those named; `reads` asks for what its guards
    read of earlier steps;
    `starts` are the clocks with the first day of their edition and their working days; `nature` is kept of each child.
    """

    step: str
    at: str
    to: str
    facts: Sequence[Sequence[object]]
    partners: Sequence[str]
    reads: str
    closes: bool
    meets: Sequence[str]
    starts: Sequence[tuple[str, date, int]]
    nature: object


def record(db: Raw, move: Move, reference: str, place: int, version: int, who: Recorder, holidays: set[date]) -> None:
    """Record a step of a case that was read at this version; `holidays` are those that the product brings."""
    day, closed = TODAY.isoformat(), TODAY.isoformat() if move.closes else None
    db.run(db.begin_writing)
    ((case, seen),) = db.rows(f"{LOCK} {db.for_update}", reference, place)
    ((stage,),) = db.rows(TRACK, case)
    waits = any(move.step in (words or "").splitlines() for (words,) in db.rows(BESIDE, case))
    lacks = move.reads and not db.rows(move.reads, case)
    assert (seen, stage, waits, bool(lacks)) == (version, move.at, False, False), reference
    if move.partners:
        assert {name for (name,) in db.rows(PARTNERS, place, day, day)} >= set(move.partners), reference
    db.run(CHANGE, closed, case)
    now = f"{NOW:%Y-%m-%d %H:%M:%S.%f}" + ("" if db.is_sqlite else "+00")
    event_row = (place, case, move.step, move.at, move.to, day, now, who.signature, who.person)
    ((event,),) = db.rows(EVENT, *event_row)
    if move.facts:
        values = [value for fact in move.facts for value in (case, event, *fact)]
        db.run(FACTS + ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * len(move.facts)), *values)
    if move.to != move.at:
        db.run(MOVE, move.to, day, closed, case)
    if closed:
        db.run(RIGHTS, day, case, day)
    if move.nature:
        db.run(NATURE, move.nature, case)
    for name in move.meets:
        db.run(MEET, day, case, name)
    if move.starts:
        _start(db, case, place, move, holidays)
    db.run("COMMIT")


def _start(db: Raw, case: int, place: int, move: Move, holidays: set[date]) -> None:
    assert not db.rows(RULES, place), "The floor keeps to the periods of the definition."
    known = holidays | {date.fromisoformat(str(day)) for day, title in db.rows(HOLIDAYS) if title}
    for name, edition_from, days in move.starts:
        due = _working_days_on(TODAY, days, known)
        db.run(CLOCK, case, name, edition_from.isoformat(), TODAY.isoformat(), due.isoformat())


def _working_days_on(day: date, count: int, holidays: set[date]) -> date:
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5 and day not in holidays
    return day
