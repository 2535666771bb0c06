"""How does what was decided become letters in the queue, each claimed once?"""

from datetime import date
from typing import Any

from notifications.claims import announce, claim_letters, note_reminders
from notifications.decided import Decided, Line
from notifications.letters import Writer, message_id
from notifications.standing import Standing
from reviews.unit import Unit

KIND = "morning"


def write_down(unit: Unit, standing: Standing, decided: Decided, base_url: str) -> set[int]:
    """Claim the letters, keep what they say, announce what is dealt with, and give the people written to.

    An event is announced when everybody who hears of it has been written to; otherwise it waits for the next morning.
    """
    writer = Writer(standing, base_url, unit.today)
    people = sorted(decided.lines)
    letters = [_letter(unit, standing, writer, base_url, id_, list(decided.lines[id_].values())) for id_ in people]
    claimed = claim_letters(unit.session, letters)
    note_reminders(
        unit.session,
        [
            _reminder(line, person_id, claimed[person_id])
            for person_id in people
            if person_id in claimed
            for line in decided.lines[person_id].values()
        ],
    )
    waiting = standing.mailed | (decided.lines.keys() - claimed.keys())
    done = [event_id for event_id, hearers in decided.hears.items() if waiting.isdisjoint(hearers)]
    announce(unit.session, standing.place.id, done, unit.now)
    return set(claimed)


def once_key(code: str, person_id: int, morning: date) -> str:
    """Give the key that makes a letter the only one to this person of this partnership on this morning."""
    return f"{code}|{person_id}|{morning.isoformat()}"


def _letter(
    unit: Unit, standing: Standing, writer: Writer, base_url: str, person_id: int, lines: list[Line]
) -> dict[str, Any]:
    written = writer.write(standing.recipients[person_id], lines)
    once = once_key(standing.place.code, person_id, unit.today)
    return {
        "once": once,
        "kind": KIND,
        "partnership_id": standing.place.id,
        "person_id": person_id,
        "morning": unit.today,
        "subject": written.subject,
        "body": written.body,
        "message_id": message_id(base_url, once),
        "next_try_at": unit.now,
    }


def _reminder(line: Line, person_id: int, letter_id: int) -> dict[str, Any]:
    return {
        "action_id": None if line.of_clock else line.matter.id,
        "clock_id": line.matter.id if line.of_clock else None,
        "person_id": person_id,
        "rung": line.rung,
        "about": line.about,
        "letter_id": letter_id,
    }
