"""How does the floor plan a morning of reminders? One look at what is due, the ladders, and the rows written at once.

The texts are plainer than the product's and as long; who is told of what, and every row of the ledger, are the same.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeAlias

from tests.bench.floor_letters import letter_of
from tests.bench.nation import NOW, TODAY
from tests.bench.raw import Raw, as_day

OWNER, LEAD, PARTNER, MANAGER = "action_owner", "agency_lead", "safeguarding_partner", "business_manager"
Rungs: TypeAlias = tuple[tuple[int, str, tuple[str, ...]], ...]
RUNGS: Rungs = (
    (-30, "due-30", (OWNER,)),
    (-7, "due-7", (OWNER,)),
    (0, "due", (OWNER,)),
    (1, "due+1", (OWNER, LEAD)),
    (14, "due+14", (OWNER, LEAD, MANAGER)),
    (28, "due+28", (OWNER,)),
    (60, "due+60", (PARTNER, "subgroup_chair", "independent_chair")),
)
AGAIN = 14
"""The owner hears again after so many days, from the 28th on."""
LATE = (0, "due", (MANAGER,)), (1, "due+1", (MANAGER, "subgroup_chair", PARTNER))
STATUTORY: Rungs = ((-3, "due-3", (MANAGER,)), *LATE)
LONG: Rungs = ((-30, "due-30", (MANAGER,)), (-7, "due-7", (MANAGER,)), *LATE)
CLOCKS = {"sin": STATUTORY, "rapid_review": STATUTORY, "publication": LONG, "cdrm": LONG, "panel": LONG}
PEOPLE = """
    SELECT m.partnership_id, p.id, p.name, m.role, m.agency_id FROM memberships m JOIN people p ON p.id = m.person_id
     WHERE m.ended_on IS NULL AND p.disabled_at IS NULL ORDER BY m.id"""
DUE = """
    SELECT id, partnership_id, reference, address, realm, lead_agency_id, owner_id, due_on,
           CASE WHEN title_safe_to_mail THEN title ELSE '' END FROM actions
     WHERE ended_on IS NULL AND stage IN ('agreed_no_date', 'blocked', 'in_progress', 'not_started')
       AND (due_on IS NULL OR due_on <= ?) ORDER BY partnership_id, id"""
RUNNING = """
    SELECT c.id, k.partnership_id, k.reference, k.reference, k.realm, c.name, NULL, c.due_on, ''
      FROM case_clocks c JOIN cases k ON k.id = c.case_id
     WHERE k.closed_on IS NULL AND k.our_role = 'lead' AND c.met_on IS NULL AND c.dropped_on IS NULL AND c.due_on <= ?
     ORDER BY k.partnership_id, c.due_on, c.id"""
LETTER = """
    INSERT INTO letters (id, letter_key, kind, partnership_id, person_id, morning, subject, body, html, message_id,
        state,
                         tries, next_try_at, lease_by, answer)
    VALUES (?, ?, 'morning', ?, ?, ?, ?, ?, ?, ?, 'queued', 0, ?, '', '')"""
REMINDER = """
    INSERT INTO reminders (action_id, clock_id, person_id, rung, about, letter_id) VALUES (?, ?, ?, ?, ?, ?)"""


def first_round(db: Raw) -> tuple[int, int]:
    """Queue the letters of the first morning ever, and give how many letters and lines of the ledger were written."""
    until = TODAY - timedelta(days=RUNGS[0][0])
    db.run(db.begin_writing)
    holders, names = _people(db)
    lines: dict[tuple[int, int], list[Sequence[Any]]] = defaultdict(list)
    for clock in db.rows(RUNNING, until.isoformat()):
        for person, rung, about in _told_of_clock(clock, holders):
            lines[clock[1], person].append((*clock, None, clock[0], rung, about))
    for action in db.rows(DUE, until.isoformat()):
        for person, rung, about in _told(action, holders):
            lines[action[1], person].append((*action, action[0], None, rung, about))
    letters: list[Sequence[object]] = []
    reminders: list[Sequence[object]] = []
    for number, ((place, person), items) in enumerate(lines.items(), 1):
        letters.append(_letter(number, place, person, names[person], items))
        reminders.extend((item[-4], item[-3], person, item[-2], item[-1], number) for item in items)
    db.run_many(LETTER, letters)
    db.run_many(REMINDER, reminders)
    db.run("COMMIT")
    return len(letters), len(reminders)


def _people(db: Raw) -> tuple[dict[tuple[int, str, int | None], list[int]], dict[int, str]]:
    holders: dict[tuple[int, str, int | None], list[int]] = defaultdict(list)
    names = {}
    for place, person, name, role, agency in db.rows(PEOPLE):
        names[person] = name
        for key in ((place, role, agency), (place, role, None), (place, OWNER, person)):
            holders[key].append(person)
    return holders, names


def _told(action: Sequence[Any], holders: dict[tuple[int, str, int | None], list[int]]) -> list[tuple[int, str, str]]:
    """Give each person who hears of the action, with the highest rung that tells them."""
    _, place, _, _, realm, agency, owner, due_on, _ = action
    own = holders.get((place, OWNER, owner), [])[:1] if owner else []
    if due_on is None:
        return [(person, "no-date", f"{TODAY:%Y-%m}") for person in own]
    late = (TODAY - as_day(due_on)).days
    highest: dict[int, str] = {}
    for days, rung, roles in RUNGS:
        name = f"due+{late // AGAIN * AGAIN}" if days == 2 * AGAIN else rung
        for role in roles if days <= late else ():
            if role == OWNER:
                people = own
            elif realm == "child_deaths":
                people = [] if role == LEAD else holders.get((place, "cdop_manager", None), [])
            else:
                people = holders.get((place, role, agency if role in (LEAD, PARTNER) else None), [])
            highest.update(dict.fromkeys(people, name))
    return [(person, rung, str(due_on)) for person, rung in highest.items()]


def _told_of_clock(
    clock: Sequence[Any], holders: dict[tuple[int, str, int | None], list[int]]
) -> list[tuple[int, str, str]]:
    """Give each person who hears of the clock, with the highest rung that tells them; of some clocks nobody does."""
    _, place, _, _, realm, name, _, due_on, _ = clock
    late = (TODAY - as_day(due_on)).days
    highest: dict[int, str] = {}
    for days, rung, roles in CLOCKS.get(name, ()):
        for role in roles if days <= late else ():
            told = "cdop_manager" if realm == "child_deaths" else role
            highest.update(dict.fromkeys(holders.get((place, told, None), []), rung))
    return [(person, rung, str(due_on)) for person, rung in highest.items()]


def _letter(number: int, place: int, person: int, name: str, items: list[Sequence[Any]]) -> tuple[Any, ...]:
    key, now = f"{place}|{person}|{TODAY}", NOW.isoformat(" ")
    subject = f"Your actions: {len(items)} to look at, {TODAY:%-d %B %Y}"
    items.sort(key=lambda item: (str(item[7] or "9999"), item[2]))
    text, html = letter_of(name, person, items)
    return (number, key, place, person, str(TODAY), subject, text, html, f"<{number}@floor.example>", now)
