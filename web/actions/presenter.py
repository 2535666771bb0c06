"""Which steps of an action are mine now, which wait for something, and which are other people's?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reviews.access.permissions import Permission, realm_of
from reviews.access.policies import is_own, keeps_the_plan, why_not_assured_by
from reviews.actions.details import ACTION_KINDS, may_arrange
from reviews.actions.evidence import ASSURANCE_KINDS, SHOWS, may_withdraw
from reviews.actions.extensions import latest_rest, open_request
from reviews.actions.impact import waiting_check
from reviews.actions.page_queries import ActionFile, assurances_of, rests
from reviews.actions.parts import parts_led, strands_of
from reviews.actions.ratings import may_override, may_rate_own
from reviews.cases.page_queries import StepAnswer
from reviews.cases.responses import answered_by
from reviews.models import Assurance, Evidence
from web.actions.history import name_in
from web.core.context import actor, reader, today
from workflows.core.engine import NotReady, Refused, WrongRole
from workflows.core.vocabulary import Realm, Role, Step
from workflows.definitions.action import AGREED, DATED, SHARED_OUT, A

TAKES_WHAT_IS_MISSING = frozenset({"submit"})
"""Steps whose own form takes what their guards ask for: evidence may come with the wish to close."""


FIRST = (
    "accept",
    "accept_awaiting_impact",
    "check_impact",
    "confirm_impact",
    "progress",
    "submit",
    "set_date",
    "agree",
)
"""What is most likely meant stands first; the rest follows as it is written down in the workflow."""


@dataclass(frozen=True, slots=True)
class StepsShown:
    mine: Sequence[StepAnswer]
    waiting: Sequence[StepAnswer]
    of_others: Sequence[StepAnswer]


def steps_shown(file: ActionFile) -> StepsShown:
    """Sort the steps that lead on from here; what does not fit the action is left out."""
    steps, unfitting = sorted(file.steps, key=_place), _unfitting(file)
    fitting = [answer for answer in steps if answer.step.name not in unfitting]
    return StepsShown(
        mine=[answer for answer in fitting if is_offered(answer)],
        waiting=[answer for answer in fitting if answer.is_next and not is_offered(answer)],
        of_others=[answer for answer in fitting if isinstance(answer.refusal, WrongRole)],
    )


def is_offered(answer: StepAnswer) -> bool:
    """Whether the form of this step may be opened: nothing stands against it, or nothing the form does not take."""
    return answer.is_open or (answer.step.name in TAKES_WHAT_IS_MISSING and _takes(answer.refusal))


def who_may(step: Step, realm: Realm) -> str:
    """Name the roles a step of an action belongs to, but for those that have no part in its realm."""
    roles = [role for role in step.by if role is Role.ACTION_OWNER or realm_of(role) is realm]
    return ", ".join(sorted(_inside_a_line(role.words) for role in roles))


def _takes(refusal: Refused | None) -> bool:
    """Whether nothing but evidence is missing: the form of the step asks for that, and not for other agencies."""
    return isinstance(refusal, NotReady) and all("evidence" in held.guard.reads for held in refusal.held)


def _inside_a_line(words: str) -> str:
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def _place(answer: StepAnswer) -> int:
    return FIRST.index(answer.step.name) if answer.step.name in FIRST else len(FIRST)


def _unfitting(file: ActionFile) -> set[str]:
    accepting = "accept" if file.action.success_measure else "accept_awaiting_impact"
    pointless = {
        accepting: True,
        "refuse_extension": open_request(file.action) is None,
        "check_impact": waiting_check(file.action) is None,
    }
    return {name for name, holds in pointless.items() if holds}


def particulars_of(file: ActionFile) -> dict[str, Any]:
    """Give what is shown; who reads only what is published changes nothing."""
    action, works_here = file.action, not file.published_only
    return {
        "kinds": ACTION_KINDS,
        "may_arrange": works_here and may_arrange(actor(), action),
        "may_assess": works_here and may_rate_own(actor(), action),
        "may_override": works_here and may_override(actor(), action),
    }


WORDS: Mapping[str, str] = {"text": "Evidence", "link": "Link", "file": "File"}


@dataclass(frozen=True, slots=True)
class Assured:
    title: str
    seen_on: date
    by: str
    text: str


def proof_of(file: ActionFile) -> dict[str, Any]:
    """Give what is shown; nobody who reads only what is published gets any of it."""
    seen = () if file.published_only else assurances_of(reader(), actor(), file.action)
    return {
        "evidence_title": evidence_title,
        "assurances": [_assured(row) for row in seen],
        "may_offer": may_offer(file),
        "may_withdraw": lambda piece: may_withdraw(actor(), file.action, piece),
        "keeps_plan": keeps_the_plan(actor(), file.action),
        "may_assure": file.action.stage != A.PROPOSED and not why_not_assured_by(actor(), file.action),
    }


def may_offer(file: ActionFile) -> bool:
    """Whether this person may add evidence: to the action, or as the lead of an agency that has a part in it."""
    if file.may("progress") or file.may("note"):
        return True
    return file.action.stage in AGREED and bool(parts_led(reader(), actor(), file.action))


def evidence_title(piece: Evidence) -> str:
    """Say what a piece is: `Audit (file)`."""
    kind, shows = WORDS.get(piece.kind, "Evidence"), SHOWS.get(piece.shows, "")
    return kind if not shows else shows if piece.kind == "text" else f"{shows} ({kind.lower()})"


def _assured(row: Assurance) -> Assured:
    outcome = "assured" if row.is_assured else "not assured"
    return Assured(
        f"{ASSURANCE_KINDS.get(row.kind, row.kind)}: {outcome}", row.seen_on, name_in(row.given_by), row.text
    )


def rests_of(file: ActionFile) -> dict[str, Any]:
    shown = not file.published_only
    return {
        "rests": rests(reader(), file.action, today()) if shown else [],
        "may_snooze": shown and may_snooze(file),
    }


def may_snooze(file: ActionFile) -> bool:
    """Whether the action is theirs and has a date that it may still be put off from."""
    due_on = file.action.due_on
    can_rest = due_on is not None and file.action.stage in DATED and latest_rest(due_on, today()) > today()
    return can_rest and is_own(actor(), file.action)


def shared_by(file: ActionFile) -> dict[str, Any]:
    """Give what the page shows, and whether this person keeps the plan and may add an agency now."""
    may_plan = actor().may(Permission.ADD_ACTION, file.action.partnership_id, file.action.realm)
    return {
        "answered": answered_by(reader(), actor(), file.action),
        "strands": strands_of(reader(), actor(), file.action),
        "may_plan": may_plan,
        "may_share": may_plan and file.action.stage in SHARED_OUT,
    }
