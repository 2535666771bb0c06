"""How does the floor hand over what is queued? One connection to the database, one to the mail server, the ledger kept.

A letter is claimed before it goes and noted after it went, with the next one claimed in the same transaction.
"""

import smtplib
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from tests.bench.nation import NOW
from tests.bench.raw import Raw

SENDER = "mail@followthrough.example"
CLAIM = """
    UPDATE letters SET state = 'sending', tries = tries + 1, first_tried_at = ?, lease_until = ?, lease_by = 'floor'
     WHERE id = (SELECT id FROM letters WHERE state IN ('queued', 'sending') AND state = 'queued' AND next_try_at <= ?
                    AND id > ? ORDER BY id LIMIT 1 {locked})
    RETURNING id, (SELECT email FROM people WHERE people.id = letters.person_id), subject, body, html, message_id"""
SENT = "UPDATE letters SET state = 'sent', sent_at = ?, lease_until = NULL, lease_by = '' WHERE id = ?"
HEAD = """\
From: Followthrough <{sender}>
To: {to}
Subject: {subject}
Message-ID: {message_id}
Date: {at}
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="floor"
"""
PART = """\
--floor
Content-Type: text/{kind}; charset="utf-8"
Content-Transfer-Encoding: 8bit

{text}
"""


def hand_over_all(db: Raw, port: int) -> int:
    """Send every letter that is due, and give how many went."""
    claim = CLAIM.format(locked="" if db.is_sqlite else "FOR UPDATE SKIP LOCKED")
    sent, letter = 0, _turn(db, claim, None)
    with smtplib.SMTP("127.0.0.1", port, "followthrough.example") as line:
        while letter is not None:
            line.sendmail(SENDER, letter[1], _message(*letter[1:]))
            sent, letter = sent + 1, _turn(db, claim, letter[0])
    return sent


def _turn(db: Raw, claim: str, last: int | None) -> Any:
    """Note the last letter as sent and claim the next; None where there is no other."""
    now = NOW.isoformat(" ")
    db.run(db.begin_writing)
    if last is not None:
        db.run(SENT, now, last)
    found = db.rows(claim, now, (NOW + timedelta(minutes=10)).isoformat(" "), now, last or 0)
    db.run("COMMIT")
    return found[0] if found else None


def _message(to: str, subject: str, text: str, html: str, message_id: str) -> bytes:
    head = HEAD.format(sender=SENDER, to=to, subject=subject, message_id=message_id, at=format_datetime(NOW))
    parts = PART.format(kind="plain", text=text) + PART.format(kind="html", text=html)
    return f"{head}\n{parts}--floor--\n".replace("\n", "\r\n").encode()
