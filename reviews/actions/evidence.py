"""What is offered to show that an action was done, and who has read it?"""

from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Actor, NotAllowed
from reviews.access.policies import keeps_the_plan, why_not_assured_by
from reviews.actions.parts import parts_led
from reviews.actions.take_step import require_step
from reviews.cases.validation import check_day
from reviews.files.store import Stored
from reviews.models import Action, Assurance, EventKind, Evidence
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.definitions.action import AGREED, OUTSTANDING, WORKABLE, A

LONGEST_TEXT = 10_000
LONGEST_LINK = 2_000
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
    unit: Unit, action: Action, *, text: str = "", link: str = "", file: Stored | None = None, shows: str = ""
) -> Evidence:
    """Put one more piece beside what is there. Raises WrongStage, WrongRole; Refused for nothing or a wrong link.

    It is for whoever may report progress, and for the lead of an agency that has a part in it. A link or file may
    have a text beside it.
    """
    parts = parts_led(unit.session, unit.actor, action) if action.stage in AGREED else []
    if not parts:
        require_step(unit, action, "progress" if action.stage in WORKABLE else "note")
    row = offer(unit, action, text=text, link=link, file=file, shows=shows)
    flag_modified(action, "stage")  # the version counts what changes other tables too
    unit.session.flush()
    unit.record(
        EventKind.EVIDENCE_ADDED,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"evidence": row.id, "evidence_kind": row.kind, "shows": row.shows, **_for_part(parts)},
    )
    return row


def offer(unit: Unit, action: Action, *, text: str, link: str, file: Stored | None, shows: str = "") -> Evidence:
    """Make the row of a piece that belongs to another step, as asking to close. Raises Refused."""
    said, address = text.strip(), link.strip()
    if not said and not address and file is None:
        raise Refused("Say what shows it, give a link, or choose a file.")
    if address and file is not None:
        raise Refused("Give the link and the file one after the other.")
    if len(said) > LONGEST_TEXT:
        raise Refused(f"Evidence must be {LONGEST_TEXT:,} characters or fewer; this has {len(said):,}.")
    if shows and shows not in SHOWS:
        raise Refused("What the evidence is must be one of the list.")
    if address:
        _require_address(address)
    row = Evidence(
        action_id=action.id,
        kind="file" if file else "link" if address else "text",
        text=said,
        link=address,
        shows=shows,
        offered_by=unit.actor.signature,
        offered_at=unit.now,
    )
    if file is not None:
        row.file_name, row.stored_as, row.sha256, row.size = file.file_name, file.stored_as, file.sha256, file.size
    unit.session.add(row)
    return row


def record_reading(unit: Unit, action: Action, number: int) -> None:
    """Write into the history of an action that somebody took a file of it."""
    unit.record(
        EventKind.EVIDENCE_READ,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"evidence": number},
    )


def host_of(link: str) -> str:
    """Give the host a link leads to; empty for one that is no address of the web."""
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return ""
    plain = link.isprintable() and not any(letter.isspace() for letter in link) and "\\" not in link
    return host if parts.scheme in ("http", "https") and plain and parts.username is None else ""


def _require_address(link: str) -> None:
    if len(link) > LONGEST_LINK or not host_of(link):
        raise Refused("The link must be a whole address that begins with https:// or http://, without a name before @.")


def _for_part(parts: Sequence[str]) -> dict[str, str]:
    return {"part": ", ".join(parts)} if parts else {}


ASSURANCE_KINDS: Mapping[str, str] = {
    "audit": "Audit",
    "dip_sample": "Dip sample",
    "visit": "Visit",
    "survey": "Survey",
    "feedback": "Feedback",
    "other": "Other",
}


def record_assurance(unit: Unit, action: Action, *, kind: str, seen_on: date, text: str, is_assured: bool) -> Assurance:
    """Put beside the evidence what somebody saw; the action stays where it is. Raises NotAllowed, Refused.

    It may be given at any stage but before the action is agreed: an audit a year later counts most.
    """
    refusal = why_not_assured_by(unit.actor, action)
    if refusal:
        raise NotAllowed(refusal)
    if action.stage == A.PROPOSED:
        raise Refused("The action is not agreed yet: there is nothing to be assured of.")
    check_day(seen_on, unit.today)
    said = text.strip()
    if kind not in ASSURANCE_KINDS:
        raise Refused("How it was seen must be one of the list.")
    if not said or len(said) > LONGEST_TEXT:
        raise Refused(f"Say what was seen, in {LONGEST_TEXT:,} characters or fewer.")
    row = Assurance(
        action_id=action.id,
        kind=kind,
        seen_on=seen_on,
        text=said,
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


LONGEST_REASON = 10_000


def withdraw_evidence(unit: Unit, action: Action, number: int, *, reason: str) -> Evidence:
    """Let a piece stand struck through, with the reason: it shows nothing any more.

    Raises NotFound, NotAllowed, Refused. It is for whoever offered it and for the managers, until the action
    is accepted.
    """
    row = _piece(unit, action, number)
    if row.withdrawn_on is not None:
        raise Refused("This piece of evidence is withdrawn already.")
    if action.stage not in OUTSTANDING:
        raise Refused("The action was accepted with its evidence, or is finished: what was offered stands.")
    if not _is_theirs(unit.actor, action, row):
        raise NotAllowed("Evidence is withdrawn by whoever offered it, or by the manager of the plan.")
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise Refused(f"Say why it is withdrawn, in {LONGEST_REASON:,} characters or fewer.")
    row.withdrawn_on, row.withdrawn_by, row.withdrawn_reason = unit.today, unit.actor.signature, said
    flag_modified(action, "stage")  # the version counts what changes other tables too
    unit.record(
        EventKind.EVIDENCE_WITHDRAWN,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"evidence": row.id, "evidence_kind": row.kind, "withdrawn_reason": said},
    )
    return row


def may_withdraw(actor: Actor, action: Action, row: Evidence) -> bool:
    """Whether this piece is the actor's to withdraw now."""
    return row.withdrawn_on is None and action.stage in OUTSTANDING and _is_theirs(actor, action, row)


def _is_theirs(actor: Actor, action: Action, row: Evidence) -> bool:
    """An address is one person's; their name may change."""
    offered = bool(actor.email) and row.offered_by.endswith(f"<{actor.email}>")
    return offered or keeps_the_plan(actor, action)


def _piece(unit: Unit, action: Action, number: int) -> Evidence:
    wanted = sa.select(Evidence).where(Evidence.id == number, Evidence.action_id == action.id)
    found = unit.session.scalars(wanted).first()
    if found is None:
        raise NotFound
    return found
