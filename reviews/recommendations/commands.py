"""Findings, recommendations, the partners' responses to them, and the actions that answer them."""

import re
from dataclasses import asdict, dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Permission
from reviews.access.visibility import visible
from reviews.cases.case_access import pass_rights_on
from reviews.cases.steps import open_case
from reviews.cases.validation import check_day
from reviews.models import Action, ActionAnswer, Case, CaseLink, EventKind, Finding, Partnership, Recommendation
from reviews.models.cases import CHALLENGED
from reviews.models.recommendations import RESPONSES
from reviews.transactions.references import next_free, require_top_level_case
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused
from workflows.core.questions import Value
from workflows.core.vocabulary import Realm
from workflows.definitions.challenge_entry import CHALLENGE_ENTRY

LONGEST_TEXT = 10_000
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Wording:
    """The text of a recommendation and its addressee. `success` is what will be different for children.

    `evidence_wanted` is the evidence that would show it.
    """

    text: str
    success: str = ""
    evidence_wanted: str = ""
    addressee: str = ""
    finding_id: int | None = None


REASON_NEEDED = "Enter a reason. Only the response “accepted” needs none."


def add_recommendation(unit: Unit, case: Case, *, text: str, reference: str = "") -> Recommendation:
    """Add a recommendation of which only the text is known; numbered R1, R2 … unless a reference is given."""
    return make_recommendation(unit, case, Wording(text), reference=reference)


def make_recommendation(unit: Unit, case: Case, wording: Wording, *, reference: str = "") -> Recommendation:
    """Add a recommendation; numbered R1, R2 … unless a reference is given. Raises NotAllowed, Refused."""
    unit.actor.require(Permission.ADD_ACTION, case.partnership_id, case.realm)
    require_top_level_case(case)
    values = _checked_columns(unit, case, wording)
    taken = set(unit.session.scalars(sa.select(Recommendation.reference).where(Recommendation.case_id == case.id)))
    made = Recommendation(case_id=case.id, reference=reference or next_free("R", taken), **values)
    unit.session.add(made)
    unit.session.flush()
    _record(unit, EventKind.RECOMMENDATION_MADE, case, made)
    return made


def change_recommendation(unit: Unit, case: Case, recommendation: Recommendation, wording: Wording) -> None:
    """Change a recommendation; the history keeps the previous values. Raises Refused where nothing is different."""
    unit.actor.require(Permission.ADD_ACTION, case.partnership_id, case.realm)
    values = _checked_columns(unit, case, wording)
    present = {name: getattr(recommendation, name) for name in values}
    before = {name: value for name, value in present.items() if value != values[name]}
    if not before:
        raise Refused("You have not changed anything.")
    for name in before:
        setattr(recommendation, name, values[name])
    flag_modified(case, "closed_on")  # raises the version of the case, so that two changes at once are noticed
    _record(unit, EventKind.RECOMMENDATION_CHANGED, case, recommendation, before=before)


def answer_recommendation(
    unit: Unit,
    case: Case,
    recommendation: Recommendation,
    *,
    response: str,
    reason: str,
    by: str,
    on: date | None = None,
    addressee: str = "",
) -> None:
    """Record the partners' response: one of RESPONSES, with who decided it (role and name), the day, and the reason.

    A response other than “accepted” needs a reason, “for national bodies” an addressee. Raises NotAllowed, Refused.
    """
    unit.actor.require(Permission.ADD_ACTION, case.partnership_id, case.realm)
    on = on or unit.today
    if response not in RESPONSES:
        raise Refused("Choose one of the responses in the list.")
    if response != "accepted" and not reason.strip():
        raise Refused(REASON_NEEDED)
    if not by.strip():
        raise Refused("Enter who decided the response, by role and name.")
    addressee = addressee.strip() or recommendation.addressee
    if response == "national" and not addressee:
        raise Refused("Enter which national body the recommendation is for.")
    check_day(on, unit.today)
    recommendation.response, recommendation.response_reason = response, reason.strip()
    recommendation.response_by, recommendation.responded_on = _name(by), on
    recommendation.addressee = _name(addressee)
    flag_modified(case, "closed_on")
    _record(unit, EventKind.RECOMMENDATION_ANSWERED, case, recommendation, response=response, by=_name(by))


def raise_challenge(
    unit: Unit,
    case: Case,
    recommendation: Recommendation,
    *,
    partnership: Partnership,
    answers: dict[str, Value | None],
    happened_on: date,
) -> Case:
    """Open an entry of the challenge log about a rejected recommendation, linked to its case. Raises Refused.

    The log belongs to the realm of reviews, so nothing of child death review goes into it.
    """
    if recommendation.response != "rejected":
        raise Refused("You can only challenge a recommendation that was rejected.")
    if case.realm is not Realm.REVIEWS:
        raise Refused("A recommendation of a child death review cannot go into the challenge log.")
    challenge = open_case(
        unit,
        workflow=CHALLENGE_ENTRY.name,
        partnership=partnership,
        happened_on=happened_on,
        answers=answers,
        title=f"{recommendation.reference} of {case.reference} was rejected",
    )
    link = CaseLink(from_case_id=case.id, to_case_id=challenge.id, kind=CHALLENGED, linked_at=unit.now)
    unit.session.add(link)
    pass_rights_on(unit, case, challenge)
    _record(unit, EventKind.RECOMMENDATION_CHALLENGED, case, recommendation, challenge=challenge.reference)
    return challenge


def _checked_columns(unit: Unit, case: Case, wording: Wording) -> dict[str, str | int | None]:
    """Give the columns of a wording. Raises Refused for an empty or overlong text or a finding of another case."""
    if not wording.text.strip():
        raise Refused("Enter the recommendation.")
    if max(len(wording.text), len(wording.success), len(wording.evidence_wanted)) > LONGEST_TEXT:
        raise Refused(f"A recommendation must be {LONGEST_TEXT:,} characters or fewer.")
    if wording.finding_id is not None:
        query = sa.select(Finding.id).where(
            Finding.id == wording.finding_id, Finding.case_id == case.id, visible(unit.actor, Finding)
        )
        if unit.session.scalar(query) is None:
            raise Refused("Choose a finding of the same case.")
    values = {name: value.strip() if isinstance(value, str) else value for name, value in asdict(wording).items()}
    return values | {"addressee": _name(wording.addressee)}


def _name(text: str) -> str:
    return " ".join(text.split())[:LONGEST_NAME]


def _record(unit: Unit, kind: EventKind, case: Case, recommendation: Recommendation, **details: object) -> None:
    unit.record(
        kind,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={"recommendation": recommendation.reference, **details},
    )


REFERENCE_PATTERNS = (
    re.compile(r"(?P<number>.+?)\s+of\s+(?P<case>\S+)", re.IGNORECASE),
    re.compile(r"(?P<case>[^\s/,]+)[\s/,]+(?P<number>.+)"),
)
"""`R1 of LCSPR-2026-01`, `LCSPR-2026-01 R1` or `LCSPR-2026-01/R1`."""


def recommendation_named(unit: Unit, partnership_id: int, words: str) -> Recommendation:
    """Find a recommendation as a person types it, among those the actor may see. Raises Refused."""
    for pattern in REFERENCE_PATTERNS:
        match = pattern.fullmatch(" ".join(words.split()))
        found = _find(unit, partnership_id, match["case"], match["number"]) if match else None
        if found is not None:
            return found
    raise Refused(f"There is no recommendation “{words.strip()}” here. Enter one such as R1 of LCSPR-2026-01.")


def add_answer(unit: Unit, action: Action, recommendation: Recommendation) -> None:
    """Record that an action answers a further recommendation, of the same partnership and realm.

    Such an action stands in the plan of each review and is counted once. Raises NotAllowed, Refused.
    """
    unit.actor.require(Permission.ADD_ACTION, action.partnership_id, action.realm)
    asking_case = _case_of(unit, recommendation)
    if (asking_case.partnership_id, asking_case.realm) != (action.partnership_id, action.realm):
        raise Refused("An action can only answer recommendations of the same partnership and kind of review.")
    if recommendation.id == action.recommendation_id or _further_answer(unit, action, recommendation) is not None:
        raise Refused(f"{action.reference} already answers {recommendation.reference} of {asking_case.reference}.")
    unit.session.add(ActionAnswer(action_id=action.id, recommendation_id=recommendation.id))
    _record_in_both(unit, EventKind.ANSWER_ADDED, action, asking_case, recommendation)


def remove_answer(unit: Unit, action: Action, recommendation: Recommendation) -> None:
    """Record that an action no longer answers a further recommendation. Raises NotAllowed, Refused."""
    unit.actor.require(Permission.ADD_ACTION, action.partnership_id, action.realm)
    asking_case = _case_of(unit, recommendation)
    answer = _further_answer(unit, action, recommendation)
    if answer is None:
        raise Refused(
            f"The action does not answer {recommendation.reference} of {asking_case.reference} as a further one."
        )
    unit.session.delete(answer)
    _record_in_both(unit, EventKind.ANSWER_REMOVED, action, asking_case, recommendation)


def _find(unit: Unit, partnership_id: int, case: str, number: str) -> Recommendation | None:
    return unit.session.scalars(
        sa.select(Recommendation)
        .join(Case, Case.id == Recommendation.case_id)
        .where(
            Case.partnership_id == partnership_id,
            sa.func.lower(Case.reference) == case.lower(),
            sa.func.lower(Recommendation.reference) == number.lower(),
            visible(unit.actor, Case),
        )
        .order_by(Recommendation.id)
    ).first()


def _case_of(unit: Unit, recommendation: Recommendation) -> Case:
    return unit.session.scalars(
        sa.select(Case).where(Case.id == recommendation.case_id, visible(unit.actor, Case))
    ).one()


def _further_answer(unit: Unit, action: Action, recommendation: Recommendation) -> ActionAnswer | None:
    return unit.session.get(ActionAnswer, (action.id, recommendation.id))


def _record_in_both(
    unit: Unit, kind: EventKind, action: Action, asking_case: Case, recommendation: Recommendation
) -> None:
    """Record an event in the histories of both cases.

    That of the action has the number of the recommendation alone: not all who read it may see the other case.
    """
    flag_modified(action, "stage")  # raises the version of the action, though only another table changes
    unit.record(
        kind,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"recommendation_id": recommendation.id},
    )
    unit.record(
        kind,
        partnership_id=asking_case.partnership_id,
        case_id=asking_case.id,
        details={"recommendation": recommendation.reference},
    )


def add_finding(unit: Unit, case: Case, *, text: str, reference: str = "") -> Finding:
    """Add a finding; numbered F1, F2 … unless a reference is given. Raises NotAllowed, Refused."""
    unit.actor.require(Permission.ADD_ACTION, case.partnership_id, case.realm)
    require_top_level_case(case)
    if not text.strip():
        raise Refused("Enter the finding.")
    if len(text) > LONGEST_TEXT:
        raise Refused(f"A finding must be {LONGEST_TEXT:,} characters or fewer.")
    taken = set(unit.session.scalars(sa.select(Finding.reference).where(Finding.case_id == case.id)))
    finding = Finding(case_id=case.id, reference=reference or next_free("F", taken), text=text.strip())
    unit.session.add(finding)
    unit.session.flush()
    unit.record(
        EventKind.FINDING_MADE,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={"finding": finding.reference},
    )
    return finding
