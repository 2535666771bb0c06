"""Which steps of an action are mine now, which wait for something, and which are other people's?"""

from collections.abc import Sequence
from dataclasses import dataclass

from reviews.access.permissions import realm_of
from reviews.actions.impact import waiting_check
from reviews.actions.more_time import open_request
from reviews.actions.page_queries import ActionFile
from reviews.cases.page_queries import StepAnswer
from workflows.core.engine import NotReady, Refused, WrongRole
from workflows.core.roles import Realm, Role
from workflows.core.vocabulary import Step

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
