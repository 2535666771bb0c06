"""Lists of actions and cases, as the floor shows them."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from html import escape
from typing import Any

from tests.bench.nation import TODAY
from tests.bench.raw import Raw, as_day


def day_literal(days: int) -> str:
    """Write the day so many days from today into a query."""
    return f"'{TODAY + timedelta(days=days)}'"


OPEN = "'agreed_no_date', 'blocked', 'in_progress', 'not_started'"
OUTSTANDING = f"{OPEN}, 'submitted'"
LATE = f"""
    a.stage IN ({OUTSTANDING}) AND NOT a.awaiting_status AND a.due_on < {day_literal(0)}
    AND (a.done_on IS NULL OR a.done_on > a.due_on)"""
"""Late until it is accepted; what is submitted was done on a day, and is late by that."""
OVERDUE = f"a.ended_on IS NULL AND {LATE}"
AMBER_DAYS, CADENCE_DAYS = (7, 14, 21, 28, 42, 56), (180, 90, 60, 30, 14)
NEAR = " ".join(f"WHEN a.due_on <= {day_literal(days)} THEN {days}" for days in AMBER_DAYS)
SILENT = " ".join(
    f"WHEN coalesce(a.last_progress_on, a.start_on) < {day_literal(-days)} THEN {days}" for days in CADENCE_DAYS
)


def _of_plan(rule: str, usual: int) -> str:
    return f"coalesce((SELECT r.{rule} FROM plan_rules r WHERE r.case_id = a.case_id), {usual})"


RATING = f"""
    CASE WHEN a.stage IN ('embedded', 'closed_complete') THEN 'Blue'
         WHEN a.awaiting_status
           OR a.stage IN ('proposed', 'agreed_no_date', 'rejected', 'superseded', 'transferred', 'no_longer_needed')
         THEN 'Grey'
         WHEN a.stage IN ({OUTSTANDING})
          AND ({LATE} OR (a.stage = 'blocked' AND a.blocked_plan = '')
               OR a.times_extended > {_of_plan("red_moves", 2)}) THEN 'Red'
         WHEN a.stage IN ({OUTSTANDING})
          AND (CASE {NEAR} ELSE 9999 END <= {_of_plan("amber_days", 14)} OR a.times_extended > 0 OR a.stage = 'blocked'
               OR CASE {SILENT} ELSE 0 END >= {_of_plan("cadence_days", 9999)}) THEN 'Amber'
         WHEN a.rating_reported = '' THEN 'Grey' ELSE 'Green' END"""
OWNER = """
    coalesce((SELECT max(m.known_as) FROM memberships m
               WHERE m.person_id = a.owner_id AND m.partnership_id = a.partnership_id AND m.known_as <> ''), p.name)"""
ROWS = f"""
    SELECT a.address, a.reference, a.title, coalesce(g.name, a.lead_agency_text), {OWNER}, a.owner_text, a.due_on,
           a.done_on, a.chair_rating, a.chair_rating_reason, c.reference, a.original_due_on, a.times_extended, a.stage,
           {RATING}, a.rating_reported, a.id
      FROM actions a
      JOIN cases c ON c.id = a.case_id
      LEFT JOIN agencies g ON g.id = a.lead_agency_id
      LEFT JOIN people p ON p.id = a.owner_id
     WHERE """
BY_DUE = " ORDER BY a.due_on NULLS LAST, a.id LIMIT 50"
SHARES = f"""
    SELECT s.action_id, count(s.ended_on), count(*),
           count(CASE WHEN s.ended_on IS NULL AND a.stage IN ({OPEN}) AND NOT a.awaiting_status
                       AND coalesce(s.due_on, a.due_on) < {day_literal(0)} THEN 1 END)
      FROM action_parts s JOIN actions a ON a.id = s.action_id WHERE s.action_id IN """


def overdue_of_owner(db: Raw, asked: Mapping[str, str]) -> str:
    person = int(asked["person"])
    return _overdue(db, f"(a.owner_id = ? OR a.previous_owner_id = ?) AND {OVERDUE}", person, person)


def overdue_of_partnership(db: Raw, asked: Mapping[str, str]) -> str:
    there = f"a.partnership_id = ? AND a.realm = 'reviews' AND {OVERDUE}"
    return _overdue(db, there, int(asked["partnership"]))


def mine(db: Raw, asked: Mapping[str, str]) -> str:
    """What the person owns or is deputy for and is outstanding: what is submitted comes last."""
    person = int(asked["person"])
    live = f"ended_on IS NULL AND stage IN ({OUTSTANDING})"
    there = f"((owner_id = ? AND {live}) OR (deputy_id = ? AND {live}))"
    ((total,),) = db.rows(f"SELECT count(*) FROM actions WHERE {there}", person, person)
    order = "CASE WHEN stage = 'submitted' THEN 1 ELSE 0 END, due_on NULLS LAST, id"
    rows = db.rows(
        f"""SELECT address, title, reference, stage, due_on, done_on, deputy_id, awaiting_status, id
              FROM actions WHERE {there} ORDER BY {order} LIMIT 100""",
        person,
        person,
    )
    rows.sort(key=lambda row: _urgency(row[3], row[4], is_undecided=row[7]))
    shares = _shares(db, [row[-1] for row in rows])
    lines = (
        f'<li><a href="/actions/{address}">{escape(title)}</a> {reference}, {words(stage)}{shares.get(number, "")} '
        f"{due(due_on, done_on)}{' Deputy' if deputy == person else ''}</li>"
        for address, title, reference, stage, due_on, done_on, deputy, _, number in rows
    )
    return f"<h1>My actions</h1><p>{total}</p><ul>{''.join(lines)}</ul>"


def _urgency(stage: str, due_on: date | str | None, *, is_undecided: bool) -> int:
    """Number the parts of the page: late, due in the next 30 days, later, waiting."""
    if stage == "submitted":
        return 3
    days = None if due_on is None else (as_day(due_on) - TODAY).days
    if days is None or days > 30:
        return 2
    return 0 if days < 0 and not is_undecided else 1


def tracker(db: Raw, asked: Mapping[str, str]) -> str:
    """The open cases by the first due day of the clocks that run in them or inside them."""
    there = "partnership_id = ? AND realm = ? AND closed_on IS NULL AND parent_id IS NULL"
    values = (int(asked["partnership"]), asked["realm"])
    ((total,),) = db.rows(f"SELECT count(*) FROM cases WHERE {there}", *values)
    running = "k.met_on IS NULL AND k.dropped_on IS NULL AND h.closed_on IS NULL"
    next_due = f"""
        (SELECT min(k.due_on) FROM case_clocks k JOIN cases h ON h.id = k.case_id
          WHERE (h.id = cases.id OR h.parent_id = cases.id) AND {running})"""
    cases = db.rows(
        f"""SELECT id, reference, title, workflow, opened_on, opened_known_to, lead_area, {next_due} AS next
              FROM cases WHERE {there} ORDER BY next NULLS LAST, id LIMIT 50""",
        *values,
    )
    ids = ", ".join(str(row[0]) for row in cases) or "NULL"
    stages = _grouped(db.rows(f"SELECT case_id, name, stage FROM case_tracks WHERE case_id IN ({ids}) ORDER BY id"))
    clocks = _grouped(
        db.rows(
            f"""SELECT coalesce(h.parent_id, h.id), CASE WHEN h.parent_id IS NULL THEN '' ELSE h.reference END,
                       k.name, k.counted_from_on, k.due_on
                  FROM case_clocks k JOIN cases h ON h.id = k.case_id
                 WHERE (h.id IN ({ids}) OR h.parent_id IN ({ids})) AND {running}
                   AND (h.parent_id IS NULL OR k.due_on < {day_literal(0)}) ORDER BY k.due_on, k.id"""
        )
    )
    return f"<h1>Cases</h1><p>{total}</p>{_table(_case(row, stages, clocks) for row in cases)}"


def due(due_on: date | str | None, done_on: date | str | None = None) -> str:
    """Say a day, and how far it is away, or how late it was done."""
    if due_on is None:
        return "No date"
    left = (as_day(due_on) - (as_day(done_on) if done_on else TODAY)).days
    if left < 0:
        return f"{day(due_on)} ({-left} days late)"
    return day(due_on) if done_on else f"{day(due_on)} (in {left} days)"


def summed_up(row: Any) -> str:
    """Give the first cells of an action, which the summary has too."""
    address, reference, title, agency, owner, owner_text, due_on, done_on, colour, reason = row
    chair = f"<br>(chair: {colour}, because {escape(reason[:80])})" if colour else ""
    return (
        f'<td><a href="/actions/{address}">{reference}</a></td><td>{escape(title)}{chair}</td>'
        f"<td>{escape(agency or 'None')}</td><td>{escape(owner or owner_text)}</td><td>{due(due_on, done_on)}</td>"
    )


def day(on: date | str) -> str:
    return f"{as_day(on):%-d %B %Y}"


def words(stored: str) -> str:
    return stored.replace("_", " ").capitalize()


def _overdue(db: Raw, there: str, *values: object) -> str:
    ((total,),) = db.rows(f"SELECT count(*) FROM actions a WHERE {there}", *values)
    rows = db.rows(f"{ROWS}{there}{BY_DUE}", *values)
    shares = _shares(db, [row[-1] for row in rows])
    return f"<h1>Overdue actions</h1><p>{total}</p>{_table(_action(row, shares) for row in rows)}"


def _shares(db: Raw, ids: list[int]) -> dict[int, str]:
    """Say of each action that several agencies share how many are done."""
    rows = db.rows(f"{SHARES}({', '.join(map(str, ids))}) GROUP BY s.action_id") if ids else []
    return {number: f" {ended} of {total} agencies done, {late} late" for number, ended, total, late in rows}


def _action(row: Any, shares: Mapping[int, str]) -> str:
    case, first_on, extended, stage, rating, reported, number = row[10:]
    moved = f"<td>first {day(first_on)}, moved {extended} times</td>" if extended else "<td></td>"
    colour = rating if reported is None else f"{escape(reported)} as reported, worked out: {rating}"
    return (
        f'<tr>{summed_up(row[:10])}{moved}<td><a href="/cases/{case}">{case}</a></td>'
        f"<td>{stage}{shares.get(number, '')}</td><td>{colour}</td></tr>"
    )


def _case(row: Any, stages: Mapping[int, list[Any]], clocks: Mapping[int, list[Any]]) -> str:
    number, reference, title, workflow, opened_on, known_to, lead_area, _ = row
    where = "<br>".join(f"{words(track)}: {words(stage)}" for track, stage in stages.get(number, ()))
    running = clocks.get(number, [])
    shown = [*[each for each in running if not each[0]][:2], *[each for each in running if each[0]][:1]]
    when = "<br>".join(
        f"{words(name)} {inside} since {day(start)}, {due(due_on)}" for inside, name, start, due_on in shown
    )
    more = f"<br>and {len(running) - len(shown)} more" if len(running) > len(shown) else ""
    opened = day(opened_on) if known_to == "day" else f"{day(opened_on)} ({known_to})"
    return (
        f'<tr><td><a href="/cases/{reference}">{reference}</a></td><td>{escape(title)}<br>{workflow} {lead_area}</td>'
        f"<td>{where}</td><td>{when}{more}</td><td>{opened}</td></tr>"
    )


def _grouped(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for number, *rest in rows:
        found.setdefault(number, []).append(rest)
    return found


def _table(lines: Iterable[str]) -> str:
    return f"<table>{''.join(lines)}</table>"
