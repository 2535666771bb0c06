"""How is a recommendation made, and what do the partners answer to it?"""

import re
from dataclasses import asdict, dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from reviews.access.permissions import Permission
from reviews.access.visibility import visible
from reviews.cases.steps import open_case
from reviews.cases.validation import check_day
from reviews.models import Action, ActionAnswer, Case, CaseLink, EventKind, Finding, Partnership, Recommendation
from reviews.models.recommendations import RESPONSES
from reviews.transactions.references import next_free, require_whole
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused
from workflows.core.questions import Value
from workflows.core.vocabulary import Realm
from workflows.definitions.challenge_entry import CHALLENGE_ENTRY

CHALLENGED = "challenged"
"""The kind of the link from a case to the challenge of a recommendation that was rejected."""
LONGEST_TEXT = 10_000
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Wording:
    """What a recommendation says, and to whom. `success` is what will be different for children.

    `evidence_wanted` is what would convince of it, said beforehand.
    """

    text: str
    success: str = ""
    evidence_wanted: str = ""
    addressee: str = ""
    finding_id: int | None = None


def add_recommendation(unit: Unit, case: Case, *, text: str, reference: str = "") -> Recommendation:
    """Add what the review asks for; numbered R1, R2 … unless a reference is given."""
    return make_recommendation(unit, case, Wording(text), reference=reference)


def make_recommendation(unit: Unit, case: Case, wording: Wording, *, reference: str = "") -> Recommendation:
    """Add a recommendation with all it says. Raises NotAllowed, or Refused for an empty or overlong text."""
    unit.actor.require(Permission.ADD_ACTION, case.partnership_id, case.realm)
    require_whole(case)
    said = _checked(unit, case, wording)
    made = Recommendation(case_id=case.id, reference=reference or _next_reference(unit, case), **said)
    unit.session.add(made)
    unit.session.flush()
    _record(unit, EventKind.RECOMMENDATION_MADE, case, made)
    return made


def change_recommendation(unit: Unit, case: Case, recommendation: Recommendation, wording: Wording) -> None:
    """Put it in other words; the history keeps those of before. Raises Refused where nothing is changed."""
    unit.actor.require(Permission.ADD_ACTION, case.partnership_id, case.realm)
    said = _checked(unit, case, wording)
    present = {name: getattr(recommendation, name) for name in said}
    before = {name: value for name, value in present.items() if value != said[name]}
    if not before:
        raise Refused("Nothing is changed: these are the words that are there.")
    for name in before:
        setattr(recommendation, name, said[name])
    flag_modified(case, "closed_on")  # two changes at once are told of each other by the version of the case
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
    """Keep the partners' response: one of RESPONSES, with who decided it (role and name), the day, and the reason.

    A response other than “accepted” needs its reason, one for national bodies whom it is for.
    """
    unit.actor.require(Permission.ADD_ACTION, case.partnership_id, case.realm)
    on = on or unit.today
    if response not in RESPONSES:
        raise Refused("The response must be one of those offered.")
    if response != "accepted" and not reason.strip():
        raise Refused("Any response but “accepted” needs its reason.")
    if not by.strip():
        raise Refused("Say who decided the response, by role and name.")
    addressee = addressee.strip() or recommendation.addressee
    if response == "national" and not addressee:
        raise Refused("A recommendation for national bodies needs to say for which.")
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
    given: dict[str, Value | None],
    happened_on: date,
) -> Case:
    """Open an entry of the challenge log about a rejected recommendation, linked to its case. Raises Refused.

    What is known for child death review does not go into the log of reviews.
    """
    if recommendation.response != "rejected":
        raise Refused("Only a recommendation that was rejected is challenged.")
    if case.realm is not Realm.REVIEWS:
        raise Refused("What is known for child death review does not go into the challenge log.")
    challenge = open_case(
        unit,
        workflow=CHALLENGE_ENTRY.name,
        partnership=partnership,
        happened_on=happened_on,
        given=given,
        title=f"{recommendation.reference} of {case.reference} was rejected",
    )
    link = CaseLink(from_case_id=case.id, to_case_id=challenge.id, kind=CHALLENGED, linked_at=unit.now)
    unit.session.add(link)
    _record(unit, EventKind.RECOMMENDATION_CHALLENGED, case, recommendation, challenge=challenge.reference)
    return challenge


def _checked(unit: Unit, case: Case, wording: Wording) -> dict[str, str | int | None]:
    """Give the columns of a wording; a text must be there and fit, a finding must be of the same case."""
    if not wording.text.strip():
        raise Refused("A recommendation needs its text.")
    if max(len(wording.text), len(wording.success), len(wording.evidence_wanted)) > LONGEST_TEXT:
        raise Refused(f"A recommendation must be {LONGEST_TEXT:,} characters or fewer.")
    if wording.finding_id is not None:
        known = sa.select(Finding.id).where(
            Finding.id == wording.finding_id, Finding.case_id == case.id, visible(unit.actor, Finding)
        )
        if unit.session.scalar(known) is None:
            raise Refused("The finding must be one of the same case.")
    said = {name: value.strip() if isinstance(value, str) else value for name, value in asdict(wording).items()}
    return said | {"addressee": _name(wording.addressee)}


def _name(text: str) -> str:
    return " ".join(text.split())[:LONGEST_NAME]


def _record(unit: Unit, kind: EventKind, case: Case, recommendation: Recommendation, **details: object) -> None:
    unit.record(
        kind,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={"recommendation": recommendation.reference, **details},
    )


def _next_reference(unit: Unit, case: Case) -> str:
    given = sa.select(Recommendation.reference).where(Recommendation.case_id == case.id)
    return next_free("R", set(unit.session.scalars(given)))


WAYS_TO_SAY_IT = (
    re.compile(r"(?P<number>.+?)\s+of\s+(?P<case>\S+)", re.IGNORECASE),
    re.compile(r"(?P<case>[^\s/,]+)[\s/,]+(?P<number>.+)"),
)
"""`R1 of LCSPR-2026-01`, `LCSPR-2026-01 R1` or `LCSPR-2026-01/R1`."""


def recommendation_named(unit: Unit, partnership_id: int, words: str) -> Recommendation:
    """Find a recommendation as a person names it, among those the actor may see. Raises Refused with the words."""
    for way in WAYS_TO_SAY_IT:
        said = way.fullmatch(" ".join(words.split()))
        found = _find(unit, partnership_id, said["case"], said["number"]) if said else None
        if found is not None:
            return found
    raise Refused(f"There is no recommendation “{words.strip()}” here. Name it as in R1 of LCSPR-2026-01.")


def add_answer(unit: Unit, action: Action, recommendation: Recommendation) -> None:
    """Let an action answer one more recommendation, of the same partnership and realm. Raises NotAllowed, Refused.

    An action that serves several reviews stands in each of their plans and is counted once.
    """
    unit.actor.require(Permission.ADD_ACTION, action.partnership_id, action.realm)
    asking = _case_of(unit, recommendation)
    if (asking.partnership_id, asking.realm) != (action.partnership_id, action.realm):
        raise Refused("An action answers recommendations of its own partnership and kind of review only.")
    if recommendation.id == action.recommendation_id or _kept(unit, action, recommendation) is not None:
        raise Refused(f"{action.reference} answers {recommendation.reference} of {asking.reference} already.")
    unit.session.add(ActionAnswer(action_id=action.id, recommendation_id=recommendation.id))
    _record_in_both(unit, EventKind.ANSWER_ADDED, action, asking, recommendation)


def remove_answer(unit: Unit, action: Action, recommendation: Recommendation) -> None:
    """Let an action answer a further recommendation no longer; its own stays. Raises NotAllowed, Refused."""
    unit.actor.require(Permission.ADD_ACTION, action.partnership_id, action.realm)
    asking = _case_of(unit, recommendation)
    kept = _kept(unit, action, recommendation)
    if kept is None:
        raise Refused(f"{recommendation.reference} of {asking.reference} is not among its further recommendations.")
    unit.session.delete(kept)
    _record_in_both(unit, EventKind.ANSWER_REMOVED, action, asking, recommendation)


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


def _kept(unit: Unit, action: Action, recommendation: Recommendation) -> ActionAnswer | None:
    return unit.session.get(ActionAnswer, (action.id, recommendation.id))


def _record_in_both(unit: Unit, kind: EventKind, action: Action, asking: Case, recommendation: Recommendation) -> None:
    """Write it into both histories. That of the action names the recommendation by number: not all who read it may
    see the other case."""
    flag_modified(action, "stage")  # the version counts what changes other tables too
    unit.record(
        kind,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"recommendation_id": recommendation.id},
    )
    unit.record(
        kind,
        partnership_id=asking.partnership_id,
        case_id=asking.id,
        details={"recommendation": recommendation.reference},
    )


def add_finding(unit: Unit, case: Case, *, text: str, reference: str = "") -> Finding:
    """Add what the review found; numbered F1, F2 … unless a reference is given. Raises NotAllowed, Refused."""
    unit.actor.require(Permission.ADD_ACTION, case.partnership_id, case.realm)
    require_whole(case)
    if not text.strip():
        raise Refused("A finding needs its text.")
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
