"""What did somebody other than the owner see for themselves?"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm.attributes import flag_modified

from reviews.access.independence import why_not_assured_by
from reviews.access.permissions import NotAllowed
from reviews.cases.validation import check_day
from reviews.models import Action, Assurance, EventKind
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused
from workflows.definitions.action import A

LONGEST_TEXT = 10_000
KINDS: Mapping[str, str] = {
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
    if kind not in KINDS:
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
