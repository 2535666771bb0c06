"""Evidence that an action was done, assurance by others, and the withdrawal of evidence."""

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import NotAllowed
from reviews.access.policies import is_evidence_of, why_not_assured_by
from reviews.actions.parts import parts_led
from reviews.actions.take_step import require_step
from reviews.cases.validation import check_day
from reviews.files.store import StoredFile
from reviews.models import Action, Assurance, EventKind, Evidence
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.definitions.action import AGREED, OUTSTANDING, WORKABLE, ActionStage

LONGEST_TEXT = 10_000
LONGEST_LINK = 2_000
LONGEST_WITHDRAWAL_REASON = 10_000
SHOWS: Mapping[str, str] = {
    "minute": "Minute of a meeting",
    "policy": "Policy or procedure",
    "training": "Training data",
    "audit": "Audit",
    "survey": "Survey",
    "family_feedback": "Feedback of children or families",
    "practitioner_feedback": "Feedback of practitioners",
    "compliments_complaints": "Compliments or complaints",
    "performance": "Performance data",
}
"""What a piece of evidence is, as annual reports of partnerships list it."""


def add_evidence(
    unit: Unit, action: Action, *, text: str = "", link: str = "", file: StoredFile | None = None, shows: str = ""
) -> Evidence:
    """Add a piece of evidence. Raises WrongStage, WrongRole; Refused where it is empty or the link is wrong.

    Whoever may report progress may add it, and the lead of an agency that has a part in the action. A link or file
    may have a text beside it.
    """
    parts = parts_led(unit.session, unit.actor, action) if action.stage in AGREED else []
    if not parts:
        require_step(unit, action, "progress" if action.stage in WORKABLE else "note")
    row = create_evidence(unit, action, text=text, link=link, file=file, shows=shows)
    flag_modified(action, "stage")  # the version counts what changes other tables too
    unit.session.flush()
    unit.record(
        EventKind.EVIDENCE_ADDED,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={
            "evidence": row.id,
            "evidence_kind": row.kind,
            "shows": row.shows,
            **({"part": ", ".join(parts)} if parts else {}),
        },
    )
    return row


def create_evidence(
    unit: Unit, action: Action, *, text: str, link: str, file: StoredFile | None, shows: str = ""
) -> Evidence:
    """Make the row of a piece of evidence, without a history row of its own. Raises Refused."""
    text, link = text.strip(), link.strip()
    if not text and not link and file is None:
        raise Refused("Say what shows it, give a link, or choose a file.")
    if link and file is not None:
        raise Refused("Add the link and the file one after the other.")
    if len(text) > LONGEST_TEXT:
        raise Refused(f"Evidence must be {LONGEST_TEXT:,} characters or fewer; this has {len(text):,}.")
    if shows and shows not in SHOWS:
        raise Refused("Choose what the evidence is from the list.")
    if link and (len(link) > LONGEST_LINK or not host_of(link)):
        raise Refused("The link must be a whole address that begins with https:// or http://, without a name before @.")
    row = Evidence(
        action_id=action.id,
        kind="file" if file else "link" if link else "text",
        text=text,
        link=link,
        shows=shows,
        offered_by=unit.actor.signature,
        offered_at=unit.now,
    )
    if file is not None:
        row.file_name, row.stored_as, row.sha256, row.size = file.file_name, file.stored_as, file.sha256, file.size
        row.wrapped_key = file.wrapped_key
    unit.session.add(row)
    return row


def record_reading(unit: Unit, action: Action, number: int) -> None:
    """Record in the history of an action that somebody downloaded a file of its evidence."""
    unit.record(
        EventKind.EVIDENCE_READ,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"evidence": number},
    )


def host_of(link: str) -> str:
    """Give the host a link leads to; "" where it is not a web address."""
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return ""
    plain = link.isprintable() and not any(letter.isspace() for letter in link) and "\\" not in link
    return host if parts.scheme in ("http", "https") and plain and parts.username is None else ""


ASSURANCE_KINDS: Mapping[str, str] = {
    "audit": "Audit",
    "dip_sample": "Dip sample",
    "visit": "Visit",
    "survey": "Survey",
    "feedback": "Feedback",
    "other": "Other",
}


def record_assurance(unit: Unit, action: Action, *, kind: str, seen_on: date, text: str, is_assured: bool) -> Assurance:
    """Record what somebody other than the owner saw; the stage stays. Raises NotAllowed, Refused.

    Any stage will do once the action is agreed: an audit a year later counts most.
    """
    refusal = why_not_assured_by(unit.actor, action)
    if refusal:
        raise NotAllowed(refusal)
    if action.stage == ActionStage.PROPOSED:
        raise Refused("You cannot give assurance until the action is agreed.")
    check_day(seen_on, unit.today)
    text = text.strip()
    if kind not in ASSURANCE_KINDS:
        raise Refused("Choose how you saw it from the list.")
    if not text or len(text) > LONGEST_TEXT:
        raise Refused(f"Say what you saw, in {LONGEST_TEXT:,} characters or fewer.")
    row = Assurance(
        action_id=action.id,
        kind=kind,
        seen_on=seen_on,
        text=text,
        is_assured=is_assured,
        given_by=unit.actor.signature,
        given_at=unit.now,
    )
    unit.session.add(row)
    flag_modified(action, "stage")  # the version counts what changes other tables too
    unit.record(
        EventKind.ASSURANCE_GIVEN,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        happened_on=seen_on,
        details={"assurance_kind": kind, "is_assured": is_assured},
    )
    return row


def withdraw_evidence(unit: Unit, action: Action, number: int, *, reason: str) -> Evidence:
    """Withdraw a piece of evidence: it stays listed with the reason, and counts no more.

    Raises NotFound, NotAllowed, Refused. Whoever offered it and the managers may do so until the action is accepted.
    """
    query = sa.select(Evidence).where(Evidence.id == number, Evidence.action_id == action.id)
    row = unit.session.scalars(query).first()
    if row is None:
        raise NotFound
    if row.withdrawn_on is not None:
        raise Refused("This evidence has already been withdrawn.")
    if action.stage not in OUTSTANDING:
        raise Refused("You cannot withdraw evidence once the action is accepted or finished.")
    if not is_evidence_of(unit.actor, action, row):
        raise NotAllowed("Only the person who offered the evidence or the manager of the plan can withdraw it.")
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_WITHDRAWAL_REASON:
        raise Refused(f"Say why you withdraw it, in {LONGEST_WITHDRAWAL_REASON:,} characters or fewer.")
    row.withdrawn_on, row.withdrawn_by, row.withdrawn_reason = unit.today, unit.actor.signature, reason
    flag_modified(action, "stage")  # the version counts what changes other tables too
    unit.record(
        EventKind.EVIDENCE_WITHDRAWN,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"evidence": row.id, "evidence_kind": row.kind, "withdrawn_reason": reason},
    )
    return row
