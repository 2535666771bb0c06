"""How does what was decided become letters in the queue, each claimed once?"""

from datetime import date
from typing import Any

from notifications.letters.answers_told import read_given
from notifications.letters.compose import Writer, Written, message_id
from notifications.letters.letterhead import Letterhead
from notifications.outbox.claims import announce, claim_letters, note_reminders
from notifications.rounds.decided import Decided, Line
from notifications.rounds.delivery_problems import WITH_TASKS
from notifications.rounds.snapshot import Place, Standing
from reviews.transactions.unit_of_work import Unit

KIND = "morning"


def write_down(unit: Unit, standing: Standing, decided: Decided, letterhead: Letterhead) -> set[int]:
    """Claim the letters, keep what they say, announce what is dealt with, and give the people written to.

    An event is announced when everybody who hears of it has been written to; otherwise it waits for the next morning.
    """
    writer, given = Writer(standing, letterhead, unit.today), read_given(unit.session, standing.place.id, unit.now)

    def letter(person_id: int) -> dict[str, Any]:
        lines, tasks = list(decided.lines[person_id].values()), decided.tasks.get(person_id, ())
        written = writer.write(standing.recipients[person_id], lines, given.get(person_id, ()), tasks)
        return {"kind": WITH_TASKS if tasks else KIND, **_letter(unit, standing.place, letterhead, person_id, written)}

    claimed = claim_letters(unit.session, map(letter, sorted(decided.lines)))
    note_reminders(
        unit.session,
        (
            _reminder(line, person_id, letter_id)
            for person_id, letter_id in sorted(claimed.items())
            for line in decided.lines[person_id].values()
        ),
    )
    waiting = standing.mailed | (decided.lines.keys() - claimed.keys())
    done = [event_id for event_id, hearers in decided.hears.items() if waiting.isdisjoint(hearers)]
    announce(unit.session, standing.place.id, done, unit.now)
    return set(claimed)


def once_key(code: str, person_id: int, morning: date) -> str:
    """Give the key that makes a letter the only one to this person of this partnership on this morning."""
    return f"{code}|{person_id}|{morning.isoformat()}"


def _letter(unit: Unit, place: Place, letterhead: Letterhead, person_id: int, written: Written) -> dict[str, Any]:
    once = once_key(place.code, person_id, unit.today)
    return {
        "once": once,
        "partnership_id": place.id,
        "person_id": person_id,
        "morning": unit.today,
        "subject": written.subject,
        "body": written.body,
        "html": written.html,
        "message_id": message_id(letterhead, once),
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
