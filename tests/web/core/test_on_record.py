"""Every answer that shows a record, and every refusal, is in the audit log before it leaves."""

import re
from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from flask import Flask

from reviews.core.db import Database
from reviews.models import AuditEntry, AuditKind
from tests.web.core.things import filled, make_things, things_of_a_case
from web.core.on_record import record_every_answer

VIEWS = frozenset({AuditKind.SEEN, AuditKind.LISTED, AuditKind.FILE_TAKEN, AuditKind.EXPORTED})
ELSEWHERE = ("/account/with/", "/sign-in/with/")
"""They lead to a provider of sign-ins, of which there is none here."""
INVENTED = frozenset({"static", "reminders.letters"})
"""What they show is the same for everybody: the samples of mails are about a case that nobody has."""
THEME = re.compile(r"Dogs at home Marigold\d+")


def entries(database: Database, *, after: int = 0) -> Sequence[AuditEntry]:
    with database.audit() as session:
        return session.scalars(sa.select(AuditEntry).where(AuditEntry.id > after).order_by(AuditEntry.id)).all()


def last_id(database: Database) -> int:
    with database.audit() as session:
        return session.scalar(sa.select(sa.func.max(AuditEntry.id))) or 0


def shows_record(answer, references: Sequence[str]) -> bool:
    """Whether a record can be read in an answer; in a file of an export, whether it is one."""
    if answer.status_code >= 300 and not 400 <= answer.status_code < 500:
        return False
    if answer.headers.get("Content-Disposition", "").startswith("attachment"):
        return True
    text = THEME.sub("", answer.get_data(as_text=True))
    return "Marigold" in text or any(re.search(rf"\b{each}\b", text) for each in references)


def test_a_view_that_declares_nothing_stops_the_start():
    app = Flask("web")
    app.add_url_rule("/forgotten", "forgotten", lambda: "who knows what")
    with pytest.raises(LookupError, match="The view forgotten does not declare what it shows"):
        record_every_answer(app)


def test_every_answer_with_a_record_leaves_one_row_and_no_other_does(doors, world):
    known = make_things(doors, world.anyshire)
    with doors.database.begin() as session:
        death = things_of_a_case(doors, session, world.anyshire, "cdop_case")
    references = [known["case"], death["case"]]
    visitors = [doors.visitor(f"{word}@anyshire.example") for word in ("manager", "cdop", "owner", "chair")]
    wrong = {}
    for rule in sorted(doors.app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.endpoint in INVENTED or rule.rule.startswith(ELSEWHERE):
            continue
        for things in (known, known | death):
            for number, visitor in enumerate(visitors):
                before = last_id(doors.database)
                method = "GET" if "GET" in rule.methods else "POST"
                answer = visitor.client.open(filled(rule.rule, things), method=method)
                rows = [each for each in entries(doors.database, after=before) if each.kind in VIEWS]
                if len(rows) != shows_record(answer, references):
                    wrong[rule.endpoint, number] = (
                        answer.status_code,
                        [(r.kind.value, r.reference, r.number) for r in rows],
                    )
    assert wrong == {}
