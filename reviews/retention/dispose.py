"""Disposal of a case: its rows in one transaction, then its files. The next run finishes one that was killed."""

import email
import email.policy
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from hashlib import sha256
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.audit.disposing import disposing
from reviews.audit.seal_rows import note_disposed
from reviews.backups.backup_folder import MANIFEST, read_manifest
from reviews.core.clock import Clock
from reviews.core.db import Base, Database, engine_of, is_sqlite
from reviews.core.keyring import keyring_of
from reviews.core.settings import Settings
from reviews.files.store import discard, folder_of
from reviews.models import (
    Case,
    ColumnMapping,
    DisposalCertificate,
    DisposalFile,
    EventKind,
    Partnership,
    Person,
    SavedForm,
    SentForm,
    Stream,
)
from reviews.people.saved_forms import saved_forms
from reviews.retention.certificates import next_number
from reviews.retention.decisions_on_cases import require_unchanged
from reviews.retention.disposal_tables import DISPOSED, STORED_AS, belongs_to
from reviews.retention.review_list import RetentionLine, RetentionState, find_retained, retention_line, review_list
from reviews.transactions.unit_of_work import Unit, reading, unit_of_work
from workflows.core.engine import Refused

NOTHING_LEFT = "The text of this mail was disposed of."
WAITING_TO_LEAVE = ("queued", "sending")


def approved_cases(
    session: Session, actor: Actor, *, today: date, partnership_id: int | None = None
) -> list[RetentionLine]:
    """List the cases whose disposal is approved."""
    lines = review_list(session, actor, today=today, partnership_id=partnership_id)
    return [line for line in lines if line.state is RetentionState.APPROVED]


def dispose_of(
    database: Database, settings: Settings, clock: Clock, actor: Actor, *, number: int, forms_key: bytes | None
) -> DisposalCertificate:
    """Delete all rows of a case in one transaction, and leave its certificate; its files are marked, and still there.

    `forms_key` opens the saved forms, which hold what people typed in the last day. Raises NotAllowed, NotFound, and
    Refused where it is not approved, or something stops it by now.
    """
    actor.require_operator()
    with unit_of_work(database, actor, clock) as unit:
        overwrite_what_is_deleted(unit.session)
        case = find_retained(unit, number=number)
        line = _lock(unit, case)
        _require_approved(line)
        names = _Names.of(unit.session, line)
        _require_no_waiting_letter(unit.session, line, names)
        certificate = _certificate(unit, settings, line, case)
        unit.record(
            EventKind.CASE_DISPOSED,
            partnership_id=line.partnership_id,
            details={"certificate": certificate.number, "reference": line.reference},
        )
        # the last number of the history is now one that stays, so that SQLite gives none of the others again
        unit.session.flush()
        unit.session.expunge(case)
        counts = _empty_letters(unit.session, line, names)
        counts |= _forget_forms(unit, line, names, forms_key)
        counts |= _forget_answers(unit.session, line)
        with disposing(unit.session):
            found = _delete_rows(unit.session, list(line.case_ids))
            keyring = keyring_of(settings)
            note_disposed(unit.session, Stream.HISTORY, found.event_ids, certificate.number, keyring=keyring)
        certificate.counts = found.counts | {name: count for name, count in counts.items() if count}
        certificate.files, certificate.digest = len(found.files), found.digest
        for stored_as in found.files:
            unit.session.add(DisposalFile(stored_as=stored_as, certificate_id=certificate.id))
        unit.session.flush()
        return certificate


def unfinished(session: Session) -> list[DisposalCertificate]:
    """Give the certificates of cases whose files may still be there."""
    query = sa.select(DisposalCertificate).where(DisposalCertificate.finished_at.is_(None))
    return list(session.scalars(query.order_by(DisposalCertificate.id)))


def finish_disposals(database: Database, settings: Settings, clock: Clock, actor: Actor) -> list[int]:
    """Remove the files of all cases that were disposed of, also by a run that was killed; gives their certificates.

    On SQLite the database is written anew, so that nothing stays in pages that are free. Raises Refused where it is in
    use too long for that: then the next run does it.
    """
    with reading(database) as session:
        certificates = unfinished(session)
        marked = list(session.scalars(sa.select(DisposalFile.stored_as)))
    if not certificates:
        return []
    for stored_as in marked:
        discard(folder_of(settings.home), stored_as)
    removed = {each.id: _remove_mails(settings, _Names.of_certificate(each)) for each in certificates}
    write_anew(database)
    with unit_of_work(database, actor, clock) as unit:
        unit.session.execute(sa.delete(DisposalFile).where(DisposalFile.stored_as.in_(marked)))
        for each in certificates:
            stored = unit.session.get_one(DisposalCertificate, each.id)
            if stored.finished_at is None:
                mails = {"mail_files": removed[each.id]} if removed[each.id] else {}
                stored.counts, stored.finished_at = {**stored.counts, **mails}, unit.now
    return [each.id for each in certificates]


@dataclass(frozen=True, slots=True)
class _Names:
    """The references of a case and its child cases; those of its actions begin with them."""

    references: tuple[str, ...]

    @classmethod
    def of(cls, session: Session, line: RetentionLine) -> "_Names":
        query = sa.select(Case.reference).where(Case.id.in_(line.case_ids)).order_by(Case.id)
        return cls(tuple(session.scalars(query)))

    @classmethod
    def of_certificate(cls, certificate: DisposalCertificate) -> "_Names":
        return cls((certificate.reference, *certificate.child_references))

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, self.references))})(?![\w-])")

    def likely(self, column: Any) -> sa.ColumnElement[bool]:
        """Give the condition for texts in which one of them may stand."""
        return sa.or_(*(column.contains(reference, autoescape=True) for reference in self.references))

    def stand_in(self, *texts: str | None) -> bool:
        return any(self.pattern.search(text or "") for text in texts)


@dataclass(slots=True)
class _DeletedRows:
    """What was deleted: rows by table, files by their stored names, numbers of events, and one hash over all of it."""

    counts: dict[str, int] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    event_ids: list[int] = field(default_factory=list)
    digest: str = ""


def _lock(unit: Unit, case: Case) -> RetentionLine:
    """Lock the case and its child cases for deletion, so that no hold and no row comes in between, and look again."""
    line = retention_line(unit.session, unit.actor, today=unit.today, number=case.id)
    locked = sa.select(Case.id).where(Case.id.in_(line.case_ids)).order_by(Case.id).with_for_update(of=Case)
    unit.session.execute(locked)
    unit.session.expire_all()
    return retention_line(unit.session, unit.actor, today=unit.today, number=case.id)


def _require_approved(line: RetentionLine) -> None:
    if line.holds:
        raise Refused(f"{line.reference} must not be destroyed: a hold runs.")
    if line.state is not RetentionState.APPROVED:
        raise Refused(f"The disposal of {line.reference} is not approved. It is {line.state.value}.")
    if line.obstacles:
        raise Refused(f"{line.reference} cannot be disposed of. {' '.join(line.obstacles)}")
    require_unchanged(line)


def _certificate(unit: Unit, settings: Settings, line: RetentionLine, case: Case) -> DisposalCertificate:
    decision, rule = line.decision, line.rule
    if decision is None or rule is None or rule.years is None or line.due_since is None or case.closed_on is None:
        raise Refused(f"The disposal of {line.reference} is not approved.")
    if decision.answered_at is None:
        raise Refused(f"The disposal of {line.reference} is not approved.")
    children = sa.select(Case.reference).where(Case.id.in_(line.case_ids), Case.id != case.id).order_by(Case.id)
    partnership = unit.session.get_one(Partnership, line.partnership_id)
    certificate = DisposalCertificate(
        partnership_id=partnership.id,
        number=next_number(unit, partnership, case.realm),
        realm=case.realm,
        reference=case.reference,
        workflow=case.workflow,
        child_references=list(unit.session.scalars(children)),
        opened_year=case.opened_on.year,
        closed_on=case.closed_on,
        closed_known_to=case.closed_known_to,
        years=rule.years,
        rule_set_by=rule.set_by,
        due_since=line.due_since,
        proposed_by=decision.decided_by,
        proposed_at=decision.decided_at,
        approved_by=decision.answered_by,
        approved_at=decision.answered_at,
        run_by=unit.actor.signature,
        run_at=unit.now,
        counts={},
        files=0,
        digest="",
        backups=list(_backups(settings)),
    )
    unit.session.add(certificate)
    unit.session.flush()
    return certificate


def _backups(settings: Settings) -> Iterator[dict[str, Any]]:
    """Name the backups in the folder of backups, each with the moment it was made where its manifest can be read."""
    folder = settings.backups
    for path in sorted(folder.iterdir()) if folder is not None and folder.is_dir() else ():
        if (path / MANIFEST).is_file():
            try:
                made_at: str | None = read_manifest(path).made_at.isoformat()
            except Refused:
                made_at = None
            yield {"name": path.name, "made_at": made_at}


def _delete_rows(session: Session, case_ids: list[int]) -> _DeletedRows:
    found, digest = _DeletedRows(), sha256()
    cases = Base.metadata.tables["cases"]
    for name in DISPOSED:
        table = Base.metadata.tables[name]
        query = sa.select(table).where(belongs_to(name, case_ids)).order_by(*table.primary_key)
        count = 0
        for row in session.execute(query).mappings():
            count += 1
            digest.update(sha256(_canonical(name, row)).digest())
            if row.get(STORED_AS):
                found.files.append(row[STORED_AS])
            if name == "events":
                found.event_ids.append(row["id"])
        if count:
            found.counts[name] = count
    # the case points at one of its events
    session.execute(sa.update(cases).where(cases.c.id.in_(case_ids)).values(kind_changed_id=None))
    for name, count in found.counts.items():
        deleted: Any = session.execute(sa.delete(Base.metadata.tables[name]).where(belongs_to(name, case_ids)))
        if deleted.rowcount != count:
            raise Refused("Rows of this case were added meanwhile. Run it again.")
    found.digest = digest.hexdigest()
    return found


def _canonical(table: str, row: Any) -> bytes:
    return json.dumps([table, dict(row)], default=_plain, ensure_ascii=False, sort_keys=True).encode()


def _plain(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case Enum():
            return value.value
        case bytes() | memoryview():
            return bytes(value).hex()
        case _:
            return str(value)


def _letters_about(session: Session, line: RetentionLine, names: _Names) -> Sequence[Any]:
    """Give the mails that bring up the case, an action or a clock of it, alone or among others."""
    letters, reminders = Base.metadata.tables["letters"], Base.metadata.tables["reminders"]
    about = sa.select(reminders.c.letter_id).where(belongs_to("reminders", list(line.case_ids)))
    columns = (letters.c.subject, letters.c.body, letters.c.html)
    rows = session.execute(
        sa.select(letters.c.id, letters.c.state, *columns, letters.c.id.in_(about).label("is_about"))
        .where(letters.c.partnership_id == line.partnership_id)
        .where(sa.or_(letters.c.id.in_(about), *map(names.likely, columns)))
    ).all()
    return [row for row in rows if row.is_about or names.stand_in(row.subject, row.body, row.html)]


def _require_no_waiting_letter(session: Session, line: RetentionLine, names: _Names) -> None:
    if any(row.state in WAITING_TO_LEAVE for row in _letters_about(session, line, names)):
        raise Refused(f"A mail that names {line.reference} waits to leave. Try again once it has left.")


def _empty_letters(session: Session, line: RetentionLine, names: _Names) -> dict[str, int]:
    """Take the text out of the mails about it. The rows stay: they say who was written to, and whether it arrived."""
    letters = Base.metadata.tables["letters"]
    rows = _letters_about(session, line, names)
    for row in rows:
        subject = NOTHING_LEFT if names.stand_in(row.subject) else row.subject
        emptied = {"subject": subject, "body": NOTHING_LEFT, "html": ""}
        session.execute(sa.update(letters).where(letters.c.id == row.id).values(emptied))
    return {"letters": len(rows)}


def _forget_forms(unit: Unit, line: RetentionLine, names: _Names, key: bytes | None) -> dict[str, int]:
    """Delete what people of the partnership typed about it in the last day, and where forms about it led."""
    session = unit.session
    leading = session.execute(
        sa.select(SentForm.form_id, SentForm.leads_to).where(names.likely(SentForm.leads_to))
    ).all()
    sent = [row.form_id for row in leading if names.stand_in(row.leads_to)]
    session.execute(sa.delete(SentForm).where(SentForm.form_id.in_(sent)))
    typed = []
    if key is not None:
        for person_id in session.scalars(sa.select(Person.id).where(Person.id.in_(sa.select(SavedForm.person_id)))):
            for form in saved_forms(session, key, person_id, now=unit.now):
                if names.stand_in(form.typed.address, *(text for _, text in form.typed.fields), *form.typed.files):
                    typed.append(form.id)
    session.execute(sa.delete(SavedForm).where(SavedForm.id.in_(typed)))
    return {"sent_forms": len(sent), "saved_forms": len(typed)}


def _forget_answers(session: Session, line: RetentionLine) -> dict[str, int]:
    """Forget what was decided about texts of its trackers: it would be offered for the next file with such headings."""
    questions, actions = Base.metadata.tables["import_questions"], Base.metadata.tables["actions"]
    columns = (
        (questions, (questions.c.text,)),
        (actions, (actions.c.owner_text, actions.c.due_text, actions.c.status_text, actions.c.lead_agency_text)),
    )
    texts = {
        text
        for table, named in columns
        for row in session.execute(sa.select(*named).where(table.c.case_id.in_(line.case_ids)))
        for text in row
        if text
    }
    forgotten = 0
    for mapping in session.scalars(sa.select(ColumnMapping).where(ColumnMapping.partnership_id == line.partnership_id)):
        left = {
            asked: answer
            for asked, answer in mapping.answers.items()
            if asked not in texts and asked.partition("/")[2] not in texts
        }
        forgotten += len(mapping.answers) - len(left)
        if len(left) != len(mapping.answers):
            mapping.answers = left
    return {"column_mappings": forgotten}


def _remove_mails(settings: Settings, names: _Names) -> int:
    """Remove the mails about it from the folder into which an installation without a mail server writes them."""
    scheme, _, folder = settings.mail.partition("://")
    removed = 0
    for path in sorted(Path(folder).glob("*.eml")) if scheme == "folder" else ():
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        texts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
        if names.stand_in(str(message["subject"]), *texts):
            path.unlink()
            removed += 1
    return removed


def overwrite_what_is_deleted(session: Session) -> None:
    if is_sqlite(session):
        session.execute(sa.text("PRAGMA secure_delete = ON"))


def write_anew(database: Database) -> None:
    """Have SQLite write its file anew: pages that were freed before still hold what stood in them."""
    engine = engine_of(database)
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()
    try:
        driver: Any = raw.driver_connection
        driver.execute("VACUUM")
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except OperationalError as fault:
        raise Refused(
            "The rows are deleted, but the database is in use and could not be written anew. "
            "Run followthrough retention dispose again when fewer people work."
        ) from fault
    finally:
        raw.close()
