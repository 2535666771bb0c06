"""The files of a case, and of what an agency returned: adding, listing, reading and withdrawing them."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, NotAllowed
from reviews.access.policies import roles_on_case
from reviews.access.visibility import visible
from reviews.definitions.installed import definition_of
from reviews.files.store import StoredFile
from reviews.models import Attachment, Case, Event, EventKind
from reviews.transactions.references import check_reason
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Step, Workflow
from workflows.definitions.action import MANAGERS

LONGEST_TITLE = 200
WHO_ADDS = "Only those who record steps of this case can add files, until it is closed. Then the manager can."
WHO_WITHDRAWS = "Only the person who added the file, until the case is closed, or the manager can withdraw it."


def may_add_file(actor: Actor, case: Case, workflow: Workflow) -> bool:
    """Whether the actor works on the case: some step of it is theirs to record. Of a closed one, the manager."""
    roles = roles_on_case(actor, case)
    if roles is None or roles & MANAGERS:
        return True
    return case.closed_on is None and any(roles & step.by for step in workflow.steps if step is not workflow.opening)


def may_withdraw_file(actor: Actor, case: Case, row: Attachment) -> bool:
    """Whether this file is the actor's to withdraw now. They are known by address: a name may change."""
    roles = roles_on_case(actor, case)
    is_theirs = bool(actor.email) and row.added_by.endswith(f"<{actor.email}>") and case.closed_on is None
    return row.withdrawn_on is None and (roles is None or bool(roles & MANAGERS) or is_theirs)


def add_file(unit: Unit, case: Case, file: StoredFile, *, title: str) -> Attachment:
    """Add a stored file to a case. Raises NotAllowed, Refused."""
    if not may_add_file(unit.actor, case, definition_of(unit.session, case)):
        raise NotAllowed(WHO_ADDS)
    return _add(unit, case, file, title=title)


def attach_to_step(unit: Unit, case: Case, file: StoredFile, step: Step) -> Attachment:
    """Add a stored file to the step that was just recorded in this unit, which has asked whether that may be."""
    unit.session.flush()
    recorded = sa.select(sa.func.max(Event.id)).where(
        Event.case_id == case.id,
        Event.kind == EventKind.STEP_TAKEN,
        Event.step == step.name,
        Event.recorded_at == unit.now,
    )
    return _add(unit, case, file, title=step.title, step=step.name, event_id=unit.session.scalar(recorded))


def withdraw_file(unit: Unit, case: Case, number: int, *, reason: str) -> Attachment:
    """Withdraw a file: it stays listed with the reason. Raises NotFound, NotAllowed, Refused."""
    row = unit.session.scalars(
        sa.select(Attachment).where(
            Attachment.id == number, Attachment.case_id == case.id, visible(unit.actor, Attachment)
        )
    ).first()
    if row is None:
        raise NotFound
    if row.withdrawn_on is not None:
        raise Refused("This file has already been withdrawn.")
    if not may_withdraw_file(unit.actor, case, row):
        raise NotAllowed(WHO_WITHDRAWS)
    why = check_reason(reason)
    row.withdrawn_on, row.withdrawn_by, row.withdrawn_reason = unit.today, unit.actor.signature, why
    _record(unit, case, EventKind.FILE_WITHDRAWN, row, withdrawn_reason=why)
    return row


def record_file_reading(unit: Unit, case: Case, number: int) -> None:
    """Record in the history of a case that somebody took a file of it."""
    _record(unit, case, EventKind.FILE_READ, attachment(unit.session, unit.actor, case, number))


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file as it is listed; `case_reference` is that of the request where an agency returned it."""

    row: Attachment
    case_reference: str
    step_title: str
    may_read: bool
    may_withdraw: bool

    @property
    def added_by(self) -> str:
        return self.row.added_by.partition(" <")[0]

    @property
    def withdrawn_by(self) -> str:
        return self.row.withdrawn_by.partition(" <")[0]


def files_of(session: Session, actor: Actor, case: Case) -> list[FileLine]:
    """List the files of a case and of the child cases that this person sees, the latest first."""
    query = (
        sa.select(Attachment, Case, Event.step)
        .join(Case, Case.id == Attachment.case_id)
        .outerjoin(Event, Event.id == Attachment.event_id)
        .where(sa.or_(Case.id == case.id, Case.parent_id == case.id), visible(actor, Attachment))
        .order_by(Attachment.added_at.desc(), Attachment.id.desc())
    )
    return [
        FileLine(
            row=row,
            case_reference=of.reference,
            step_title=_step_title(session, of, step),
            may_read=row.withdrawn_on is None or _manages(actor, of),
            may_withdraw=may_withdraw_file(actor, of, row),
        )
        for row, of, step in session.execute(query)
    ]


def attachment(session: Session, actor: Actor, case: Case, number: int) -> Attachment:
    """Give a file of this very case. Raises NotFound, also for one that was withdrawn: the manager may read that."""
    query = sa.select(Attachment).where(
        Attachment.id == number, Attachment.case_id == case.id, visible(actor, Attachment)
    )
    found = session.scalars(query).first()
    if found is None or (found.withdrawn_on is not None and not _manages(actor, case)):
        raise NotFound
    return found


def _add(
    unit: Unit, case: Case, file: StoredFile, *, title: str, step: str = "", event_id: int | None = None
) -> Attachment:
    title = " ".join(title.split())
    if not title or len(title) > LONGEST_TITLE:
        raise Refused(f"Say what the file is, in {LONGEST_TITLE} characters or fewer.", field="title")
    assert file.wrapped_key is not None, file.stored_as  # noqa: S101  # only evidence of earlier versions is plain
    row = Attachment(
        case_id=case.id,
        event_id=event_id,
        title=title,
        file_name=file.file_name,
        stored_as=file.stored_as,
        sha256=file.sha256,
        size=file.size,
        wrapped_key=file.wrapped_key,
        added_by=unit.actor.signature,
        added_at=unit.now,
    )
    unit.session.add(row)
    unit.session.flush()
    _record(unit, case, EventKind.FILE_ADDED, row, **({"step": step} if step else {}))
    return row


def _record(unit: Unit, case: Case, kind: EventKind, row: Attachment, **more: str) -> None:
    unit.record(
        kind,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={"file": row.id, "title": row.title, **more},
    )


def _step_title(session: Session, case: Case, name: str | None) -> str:
    step = definition_of(session, case).step(name) if name else None
    return step.title if step else ""


def _manages(actor: Actor, case: Case) -> bool:
    roles = roles_on_case(actor, case)
    return roles is None or bool(roles & MANAGERS)
