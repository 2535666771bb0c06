"""The notice of what is unusual in the audit log, from the entries to the mail."""

import sqlalchemy as sa

from notifications.process.job import ReminderJobs
from reviews.core.db import Database
from reviews.models import AccountMail, AuditKind
from tests.builders import NOW
from tests.notifications.mornings import LETTERHEAD, Pigeonhole, deliver_to
from tests.reviews.audit.entries import a_burst
from workflows.core.vocabulary import Role


def test_the_job_has_the_privacy_officer_mailed_without_a_name_or_a_reference(database: Database, anyshire, clock):
    owner = anyshire.people[Role.ACTION_OWNER]
    a_burst(
        database,
        owner,
        25,
        partnership_id=anyshire.partnership.id,
        kind=AuditKind.REFUSED,
        reference="RR-2026-01",
        at=NOW,
    )
    post = Pigeonhole()
    jobs = ReminderJobs(clock, post, letterhead=LETTERHEAD)
    assert [jobs.watch_audit_log(database), jobs.watch_audit_log(database)] == [True, False]
    deliver_to(post, database, clock)
    (letter,) = post.letters
    assert letter.to == "privacy@anyshire.example"
    text = " ".join(letter.body.split())
    assert "Somebody in Anyshire Safeguarding Children Partnership was refused 25 times in 24 seconds." in text
    assert "https://followthrough.example/audit" in text
    for private in (owner.name, owner.email, "RR-2026-01"):
        assert private not in letter.subject + letter.body + letter.html
    with database() as session:
        assert session.scalars(sa.select(AccountMail.audit_notice_id)).one() is not None
