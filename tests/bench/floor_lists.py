"""Lists of actions and cases, as the floor shows them."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from html import escape
from typing import Any

from tests.bench.nation import TODAY
from tests.bench.raw import Raw, as_day

OPEN = "'agreed_no_date', 'blocked', 'in_progress', 'not_started'"
OUTSTANDING = f"{OPEN}, 'submitted'"
OVERDUE = f"a.ended_on IS NULL AND a.stage IN ({OPEN}) AND a.due_on < ?"
SOON, NEAR = (TODAY + timedelta(days=14)).isoformat(), TODAY.isoformat()
RATING = f"""
    CASE WHEN a.stage IN ('embedded', 'closed_complete') THEN 'Blue'
         WHEN a.stage IN ('proposed', 'agreed_no_date', 'rejected', 'superseded', 'transferred', 'no_longer_needed')
         THEN 'Grey'
         WHEN a.stage IN ({OPEN}) AND (a.due_on < '{NEAR}' OR a.times_extended > 2) THEN 'Red'
         WHEN a.stage IN ({OPEN}) AND (a.due_on <= '{SOON}' OR a.times_extended > 0 OR a.stage = 'blocked')
         THEN 'Amber' ELSE 'Green' END"""
ROWS = f"""
    SELECT a.address, a.reference, a.title, c.reference, g.name, p.name, a.owner_text, a.due_on, a.original_due_on,
           a.times_extended, a.stage, {RATING}
      FROM actions a
      JOIN cases c ON c.id = a.case_id
      LEFT JOIN agencies g ON g.id = a.lead_agency_id
      LEFT JOIN people p ON p.id = a.owner_id
     WHERE """
BY_DUE = " ORDER BY a.due_on, a.id LIMIT 50"


def overdue_of_owner(db: Raw, asked: Mapping[str, str]) -> str:
    return _overdue(db, f"a.owner_id = ? AND {OVERDUE}", int(asked["person"]), TODAY.isoformat())


def overdue_of_partnership(db: Raw, asked: Mapping[str, str]) -> str:
    there = f"a.partnership_id = ? AND a.realm = 'reviews' AND {OVERDUE}"
    return _overdue(db, there, int(asked["partnership"]), TODAY.isoformat())


def mine(db: Raw, asked: Mapping[str, str]) -> str:
    """The person's own outstanding actions: those submitted come last."""
    there = f"owner_id = ? AND ended_on IS NULL AND stage IN ({OUTSTANDING})"
    ((total,),) = db.rows(f"SELECT count(*) FROM actions WHERE {there}", int(asked["person"]))
    order = "CASE WHEN stage = 'submitted' THEN 1 ELSE 0 END, due_on NULLS LAST, id"
    rows = db.rows(
        f"SELECT address, title, reference, stage, due_on FROM actions WHERE {there} ORDER BY {order} LIMIT 100",
        int(asked["person"]),
    )
    lines = (
        f'<li><a href="/actions/{address}">{escape(title)}</a> {reference}, {words(stage)} {due(due_on)}</li>'
        for address, title, reference, stage, due_on in rows
    )
    return f"<h1>My actions</h1><p>{total}</p><ul>{''.join(lines)}</ul>"


def tracker(db: Raw, asked: Mapping[str, str]) -> str:
    there = "partnership_id = ? AND realm = ? AND closed_on IS NULL"
    values = (int(asked["partnership"]), asked["realm"])
    ((total,),) = db.rows(f"SELECT count(*) FROM cases WHERE {there}", *values)
    running = "met_on IS NULL AND dropped_on IS NULL"
    next_due = f"(SELECT min(due_on) FROM case_clocks k WHERE k.case_id = cases.id AND {running})"
    cases = db.rows(
        f"""SELECT id, reference, title, workflow, opened_on, {next_due} AS next FROM cases WHERE {there}
             ORDER BY next NULLS LAST, id LIMIT 50""",
        *values,
    )
    ids = ", ".join(str(row[0]) for row in cases) or "NULL"
    stages = _grouped(db.rows(f"SELECT case_id, name, stage FROM case_tracks WHERE case_id IN ({ids}) ORDER BY id"))
    clocks = _grouped(
        db.rows(
            f"""SELECT case_id, name, counted_from_on, due_on FROM case_clocks WHERE case_id IN ({ids}) AND {running}
                 ORDER BY due_on, id"""
        )
    )
    return f"<h1>Cases</h1><p>{total}</p>{_table(_case(row, stages, clocks) for row in cases)}"


def due(due_on: date | str | None) -> str:
    """Say a day, and how far it is away."""
    if due_on is None:
        return "No date"
    left = (as_day(due_on) - TODAY).days
    return f"{day(due_on)} ({-left} days late)" if left < 0 else f"{day(due_on)} (in {left} days)"


def day(on: date | str) -> str:
    return f"{as_day(on):%-d %B %Y}"


def words(stored: str) -> str:
    return stored.replace("_", " ").capitalize()


def _overdue(db: Raw, there: str, *values: object) -> str:
    ((total,),) = db.rows(f"SELECT count(*) FROM actions a WHERE {there}", *values)
    rows = db.rows(f"{ROWS}{there}{BY_DUE}", *values)
    return f"<h1>Overdue actions</h1><p>{total}</p>{_table(_action(row) for row in rows)}"


def _action(row: Any) -> str:
    address, reference, title, case, agency, owner, owner_text, due_on, first_on, extended, stage, rating = row
    moved = f" first {day(first_on)}, moved {extended} times" if extended else ""
    return (
        f'<tr><td><a href="/actions/{address}">{reference}</a></td><td>{escape(title)}</td>'
        f'<td><a href="/cases/{case}">{case}</a></td><td>{escape(agency or "None")}</td>'
        f"<td>{escape(owner or owner_text)}</td><td>{due(due_on)}{moved}</td><td>{stage}</td><td>{rating}</td></tr>"
    )


def _case(row: Any, stages: Mapping[int, list[Any]], clocks: Mapping[int, list[Any]]) -> str:
    number, reference, title, workflow, opened_on, _ = row
    where = "<br>".join(f"{words(track)}: {words(stage)}" for track, stage in stages.get(number, ()))
    running = clocks.get(number, ())
    when = "<br>".join(f"{words(name)} since {day(start)}, due {due(due_on)}" for name, start, due_on in running[:2])
    return (
        f'<tr><td><a href="/cases/{reference}">{reference}</a></td><td>{escape(title)}<br>{workflow}</td>'
        f"<td>{where}</td><td>{when}</td><td>{day(opened_on)}</td></tr>"
    )


def _grouped(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for number, *rest in rows:
        found.setdefault(number, []).append(rest)
    return found


def _table(lines: Iterable[str]) -> str:
    return f"<table>{''.join(lines)}</table>"
