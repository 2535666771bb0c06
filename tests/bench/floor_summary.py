"""How does the floor show a chair's summary? The same counts, late cases, clocks and actions as the page."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

from tests.bench.floor_lists import (
    LATE,
    OPEN,
    OUTSTANDING,
    OVERDUE,
    OWNER,
    RATING,
    day_literal,
    due,
    summed_up,
)
from tests.bench.nation import TODAY
from tests.bench.raw import Raw, as_day

NO_OWNER = "a.owner_id IS NULL OR a.awaiting_owner"
GROUPS = {
    "outstanding": f"a.stage IN ({OUTSTANDING})",
    "overdue": LATE,
    "due_soon": f"a.stage IN ({OPEN}) AND a.due_on BETWEEN {day_literal(0)} AND {day_literal(30)}",
    "awaiting_sign_off": "a.stage = 'submitted'",
    "no_owner": f"a.stage IN ({OUTSTANDING}) AND ({NO_OWNER})",
    "no_date": f"a.stage IN ({OPEN}) AND a.due_on IS NULL",
}
WAITING = {
    "more_time": f"""a.stage IN ({OPEN}) AND EXISTS
        (SELECT 1 FROM extension_requests e WHERE e.action_id = a.id AND e.answered_at IS NULL)""",
    "impact_due": f"""a.stage = 'awaiting_impact' AND EXISTS
        (SELECT 1 FROM impact_checks i
          WHERE i.action_id = a.id AND i.answered_on IS NULL AND i.due_on <= {day_literal(0)})""",
}
AGES = {"1-30": "BETWEEN 1 AND 30", "31-90": "BETWEEN 31 AND 90", "over 90": ">= 91"}
"""How many days late an overdue action is."""
OTHERWISE = f"a.stage IN ({OUTSTANDING}) AND a.chair_rating <> ''"
"""The chair rated it otherwise."""
NUMBERS = (*GROUPS, *WAITING, *AGES, "rated otherwise")
DAYS_LATE = {
    True: f"julianday(coalesce(a.done_on, {day_literal(0)})) - julianday(a.due_on)",
    False: f"coalesce(a.done_on, date {day_literal(0)}) - a.due_on",
}
"""In the words of SQLite, and in those of PostgreSQL."""


def _counts(days_late: str) -> str:
    ages = (f"{LATE} AND {days_late} {between}" for between in AGES.values())
    conditions = (*GROUPS.values(), *WAITING.values(), *ages, OTHERWISE)
    return f"""
    SELECT g.name, c.workflow, {RATING} AS colour,
           {", ".join(f"count(*) FILTER (WHERE {condition})" for condition in conditions)}
      FROM actions a
      JOIN cases c ON c.id = a.case_id AND c.partnership_id = a.partnership_id
      LEFT JOIN agencies g ON g.id = a.lead_agency_id AND g.partnership_id = a.partnership_id
     WHERE a.partnership_id = ? AND a.realm = 'reviews' AND a.ended_on IS NULL
     GROUP BY a.lead_agency_id, g.name, c.workflow, colour"""


COUNTS = {is_sqlite: _counts(days_late) for is_sqlite, days_late in DAYS_LATE.items()}
STAGES = """
    SELECT c.workflow, t.stage, count(*) FROM cases c JOIN case_tracks t ON t.case_id = c.id
     WHERE c.partnership_id = ? AND c.realm = 'reviews' AND c.closed_on IS NULL AND c.parent_id IS NULL
       AND c.our_role = 'lead' AND t.name IN ('rapid_review', 'review')
     GROUP BY c.workflow, t.stage ORDER BY c.workflow, t.stage"""
CHILDREN = """
    SELECT c.workflow, count(*) FROM cases c JOIN children d ON d.case_id = c.id
     WHERE c.partnership_id = ? AND c.realm = 'reviews' AND c.closed_on IS NULL AND c.parent_id IS NULL
       AND c.our_role = 'lead'
     GROUP BY c.workflow"""
CLOCKS = f"""
    SELECT o.id, o.reference, o.workflow, CASE WHEN c.parent_id IS NULL THEN '' ELSE c.reference END, k.name, k.due_on
      FROM case_clocks k JOIN cases c ON c.id = k.case_id JOIN cases o ON o.id = coalesce(c.parent_id, c.id)
     WHERE c.partnership_id = ? AND c.realm = 'reviews' AND c.closed_on IS NULL AND o.closed_on IS NULL
       AND k.met_on IS NULL AND k.dropped_on IS NULL AND k.due_on <= {day_literal(14)}
     ORDER BY k.due_on, k.id"""
"""Those that are late or near, each with the outermost case, whoever leads it."""
MOST = 50
ACTIONS = f"""
    SELECT a.address, a.reference, a.title, coalesce(g.name, a.lead_agency_text), {OWNER}, a.owner_text, a.due_on,
           a.done_on, a.chair_rating, a.chair_rating_reason
      FROM actions a
      LEFT JOIN agencies g ON g.id = a.lead_agency_id
      LEFT JOIN people p ON p.id = a.owner_id
     WHERE a.partnership_id = ? AND a.realm = 'reviews' AND """
BY_DUE = f" ORDER BY a.due_on NULLS LAST, a.id LIMIT {MOST}"
OLDEST = f"{ACTIONS}{OVERDUE}{BY_DUE}"
TO_ACCEPT = f"{ACTIONS}a.ended_on IS NULL AND a.stage = 'submitted'{BY_DUE}"


def summary(db: Raw, asked: Mapping[str, str]) -> str:
    place = int(asked["partnership"])
    totals: Counter[str] = Counter()
    by: dict[str, dict[str, Counter[str]]] = {"agency": {}, "source": {}}
    colours: Counter[str] = Counter(dict.fromkeys(("Red", "Amber", "Green", "Blue", "Grey"), 0))
    for agency, source, colour, *numbers in db.rows(COUNTS[db.is_sqlite], place):
        counts = Counter(dict(zip(NUMBERS, numbers, strict=True)))
        totals.update(counts)
        by["agency"].setdefault(agency or "No agency", Counter()).update(counts)
        by["source"].setdefault(source, Counter()).update(counts)
        colours[colour] += counts["outstanding"]
    agencies = sorted(by["agency"].items(), key=lambda item: (-item[1]["overdue"], item[0]))
    shown = [name for name in (*GROUPS, *WAITING) if name in GROUPS or totals[name]]
    to_accept = db.rows(TO_ACCEPT, place) if totals["awaiting_sign_off"] else []
    return "".join(
        (
            f"<h1>Summary</h1><ul>{''.join(f'<li>{name} <b>{totals[name]:,}</b></li>' for name in shown)}</ul>",
            _table(_numbers(name, (counts[group] for group in GROUPS)) for name, counts in agencies),
            _table(_numbers(name, (count,)) for name, count in colours.items()),
            f"<p>The chair rated {totals['rated otherwise']} otherwise</p>" if totals["rated otherwise"] else "",
            _table(_numbers(age, (totals[age],)) for age in AGES),
            _table(_numbers(name, (each["outstanding"], each["overdue"])) for name, each in by["source"].items()),
            _table(f"<tr>{summed_up(row)}</tr>" for row in (*to_accept, *db.rows(OLDEST, place))),
            *_clocks(db.rows(CLOCKS, place)),
            _table(_numbers(f"{workflow} {stage}", (count,)) for workflow, stage, count in db.rows(STAGES, place)),
            _table(_numbers(f"{workflow} children", (count,)) for workflow, count in db.rows(CHILDREN, place)),
        )
    )


def _clocks(rows: Iterable[Any]) -> Iterator[str]:
    """Show how many cases are late, each with its clock due longest ago, and then the clocks that are near."""
    late: dict[int, Any] = {}
    near = []
    for row in rows:
        if as_day(row[-1]) < TODAY:
            late.setdefault(row[0], row)
        else:
            near.append(row)
    if late:
        yield f"<h2>Late cases: <b>{len(late):,}</b></h2>"
    yield _table(_clock(row) for row in sorted(late.values(), key=lambda row: (row[-1], row[0]))[:MOST])
    yield _table(_clock(row) for row in sorted(near, key=lambda row: (row[-1], row[1], row[3], row[4]))[:MOST])


def _numbers(title: str, counts: Iterable[int]) -> str:
    cells = "".join(f'<td><a href="/actions?of={title}">{count:,}</a></td>' for count in counts)
    return f"<tr><th>{escape(title)}</th>{cells}</tr>"


def _clock(row: Any) -> str:
    _, reference, workflow, inside, name, due_on = row
    within = f' <a href="/cases/{inside}">{inside}</a>' if inside else ""
    return (
        f'<tr><td><a href="/cases/{reference}">{reference}</a></td><td>{workflow}</td>'
        f"<td>{name}{within}</td><td>{due(due_on)}</td></tr>"
    )


def _table(lines: Iterable[str]) -> str:
    return f"<table>{''.join(lines)}</table>"
