"""The mail about a second factor, which leaves at once and not with those of a morning."""

from pathlib import Path

import sqlalchemy as sa

from notifications.factor_letters import write_about_factor
from notifications.letters.links import Letterhead
from notifications.models import Letter, LetterState
from notifications.outbox.next_letter import next_letter
from reviews.core.db import Database
from tests.builders import NOW, a_partnership, a_person, a_unit

HERE = Path(__file__).with_name("letters")
LETTERHEAD = Letterhead("https://followthrough.anyshire.example", "a key of more than thirty-two characters")


def test_a_mail_about_a_second_factor_reads_so_and_is_due_at_once(database: Database) -> None:
    paragraphs = [
        "An app that shows codes was added to your account as a second factor.",
        "If this was not you, look at your second factors, and tell your business manager.",
    ]
    with database.begin() as session:
        person = a_person(session, a_partnership(session))
        person.name = "Inspector Nuala Trent"
        session.flush()
        write_about_factor(a_unit(session), person.id, paragraphs, page="/account/second-factor", letterhead=LETTERHEAD)
    with database() as session:
        letter = session.scalars(sa.select(Letter)).one()
        due = session.execute(next_letter(ignore_waits=False, dead=()), {"after": 0, "now": NOW}).one()
        assert (due.id, due.is_there, letter.state) == (letter.id, True, LetterState.QUEUED)
        written = f"Subject: {letter.subject}\n\n{letter.body}"
        assert written == (HERE / "about_a_second_factor.txt").read_text(encoding="utf-8")
        assert all(paragraph in letter.html for paragraph in paragraphs)
