"""How does the floor show a chair's summary? The same counts, clocks and oldest actions as the page."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from html import escape
from typing import Any

from tests.bench.floor_lists import OPEN, OUTSTANDING, OVERDUE, RATING, due
from tests.bench.nation import TODAY
from tests.bench.raw import Raw


def _day(days: int) -> str:
    return f"'{TODAY + timedelta(days=days)}'"


NO_OWNER = "a.owner_id IS NULL OR a.awaiting_owner"
GROUPS = {
    "outstanding": f"a.stage IN ({OUTSTANDING})",
    "overdue": f"a.stage IN ({OPEN}) AND a.due_on <= {_day(-1)}",
    "due_soon": f"a.stage IN ({OPEN}) AND a.due_on BETWEEN {_day(0)} AND {_day(30)}",
    "awaiting_sign_off": "a.stage = 'submitted'",
    "no_owner": f"a.stage IN ({OUTSTANDING}) AND ({NO_OWNER})",
    "no_date": f"a.stage IN ({OPEN}) AND a.due_on IS NULL",
}
AGES = {
    "1-30": f"a.stage IN ({OPEN}) AND a.due_on <= {_day(-1)} AND a.due_on >= {_day(-30)}",
    "31-90": f"a.stage IN ({OPEN}) AND a.due_on <= {_day(-31)} AND a.due_on >= {_day(-90)}",
    "over 90": f"a.stage IN ({OPEN}) AND a.due_on <= {_day(-91)}",
}
NUMBERS = (*GROUPS, *AGES)
COUNTS = f"""
    SELECT g.name, c.workflow, {RATING} AS colour,
           {", ".join(f"count(*) FILTER (WHERE {condition})" for condition in (*GROUPS.values(), *AGES.values()))}
      FROM actions a
      JOIN cases c ON c.id = a.case_id AND c.partnership_id = a.partnership_id
      LEFT JOIN agencies g ON g.id = a.lead_agency_id AND g.partnership_id = a.partnership_id
     WHERE a.partnership_id = ? AND a.realm = 'reviews' AND a.ended_on IS NULL
     GROUP BY g.name, c.workflow, colour"""
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
CLOCKS = """
    SELECT c.reference, c.workflow, k.name, k.due_on FROM case_clocks k JOIN cases c ON c.id = k.case_id
     WHERE c.partnership_id = ? AND c.realm = 'reviews' AND c.our_role = 'lead'
       AND k.met_on IS NULL AND k.dropped_on IS NULL AND k.due_on <= ?
     ORDER BY k.due_on, c.reference, k.name LIMIT 50"""
OLDEST = f"""
    SELECT a.address, a.reference, a.title, g.name, p.name, a.owner_text, a.due_on FROM actions a
      LEFT JOIN agencies g ON g.id = a.lead_agency_id
      LEFT JOIN people p ON p.id = a.owner_id
     WHERE a.partnership_id = ? AND a.realm = 'reviews' AND {OVERDUE} ORDER BY a.due_on, a.id LIMIT 10"""


def summary(db: Raw, asked: Mapping[str, str]) -> str:
    place = int(asked["partnership"])
    totals: Counter[str] = Counter()
    by: dict[str, dict[str, Counter[str]]] = {"agency": {}, "source": {}}
    colours: Counter[str] = Counter(dict.fromkeys(("Red", "Amber", "Green", "Blue", "Grey"), 0))
    for agency, source, colour, *numbers in db.rows(COUNTS, place):
        counts = Counter(dict(zip(NUMBERS, numbers, strict=True)))
        totals.update(counts)
        by["agency"].setdefault(agency or "No agency", Counter()).update(counts)
        by["source"].setdefault(source, Counter()).update(counts)
        colours[colour] += counts["outstanding"]
    near = (TODAY + timedelta(days=14)).isoformat()
    return "".join(
        (
            f"<h1>Summary</h1><ul>{''.join(f'<li>{name} <b>{totals[name]:,}</b></li>' for name in GROUPS)}</ul>",
            _table(_numbers(name, (counts[group] for group in GROUPS)) for name, counts in by["agency"].items()),
            _table(_numbers(name, (count,)) for name, count in colours.items()),
            _table(_numbers(age, (totals[age],)) for age in AGES),
            _table(_numbers(name, (each["outstanding"], each["overdue"])) for name, each in by["source"].items()),
            _table(_oldest(row) for row in db.rows(OLDEST, place, TODAY.isoformat())),
            _table(_clock(row) for row in db.rows(CLOCKS, place, near)),
            _table(_numbers(f"{workflow} {stage}", (count,)) for workflow, stage, count in db.rows(STAGES, place)),
            _table(_numbers(f"{workflow} children", (count,)) for workflow, count in db.rows(CHILDREN, place)),
        )
    )


def _numbers(title: str, counts: Iterable[int]) -> str:
    cells = "".join(f'<td><a href="/actions?of={title}">{count:,}</a></td>' for count in counts)
    return f"<tr><th>{escape(title)}</th>{cells}</tr>"


def _oldest(row: Any) -> str:
    address, reference, title, agency, owner, owner_text, due_on = row
    return (
        f'<tr><td><a href="/actions/{address}">{reference}</a></td><td>{escape(title)}</td>'
        f"<td>{escape(agency or 'None')}</td><td>{escape(owner or owner_text)}</td><td>{due(due_on)}</td></tr>"
    )


def _clock(row: Any) -> str:
    reference, workflow, name, due_on = row
    return (
        f'<tr><td><a href="/cases/{reference}">{reference}</a></td><td>{workflow}</td>'
        f"<td>{name}</td><td>{due(due_on)}</td></tr>"
    )


def _table(lines: Iterable[str]) -> str:
    return f"<table>{''.join(lines)}</table>"
