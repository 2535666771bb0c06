"""Which steps of an action are mine now, which wait for something, and which are other people's?"""

from collections.abc import Sequence
from dataclasses import dataclass

from reviews.permissions import realm_of
from reviews.queries.action_file import ActionFile
from reviews.queries.case_file import StepAnswer
from workflows.engine import NotReady, WrongRole
from workflows.vocabulary import Realm, Role, Step

TAKES_WHAT_IS_MISSING = frozenset({"submit"})
"""Steps whose own form takes what their guards ask for: evidence may come with the wish to close."""


FIRST = ("accept", "accept_awaiting_impact", "confirm_impact", "progress", "submit", "set_date", "agree")
"""What is most likely meant stands first; the rest follows as it is written down in the workflow."""


@dataclass(frozen=True, slots=True)
class StepsShown:
    mine: Sequence[StepAnswer]
    waiting: Sequence[StepAnswer]
    of_others: Sequence[StepAnswer]


def steps_shown(file: ActionFile) -> StepsShown:
    """Sort the steps that lead on from here; of two ways to accept only the one that fits the action is shown."""
    steps = sorted(file.steps, key=_place)
    fitting = [answer for answer in steps if answer.step.name != _unfitting(file)]
    return StepsShown(
        mine=[answer for answer in fitting if is_offered(answer)],
        waiting=[answer for answer in fitting if answer.is_next and not is_offered(answer)],
        of_others=[answer for answer in fitting if isinstance(answer.refusal, WrongRole)],
    )


def is_offered(answer: StepAnswer) -> bool:
    """Whether the form of this step may be opened: nothing stands against it, or nothing the form does not take."""
    supplied = answer.step.name in TAKES_WHAT_IS_MISSING and isinstance(answer.refusal, NotReady)
    return answer.is_open or supplied


def who_may(step: Step, realm: Realm) -> str:
    """Name the roles a step of an action belongs to, but for those that have no part in its realm."""
    roles = [role for role in step.by if role is Role.ACTION_OWNER or realm_of(role) is realm]
    return ", ".join(sorted(_inside_a_line(role.words) for role in roles))


def _inside_a_line(words: str) -> str:
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def _place(answer: StepAnswer) -> int:
    return FIRST.index(answer.step.name) if answer.step.name in FIRST else len(FIRST)


def _unfitting(file: ActionFile) -> str:
    return "accept" if file.action.success_measure else "accept_awaiting_impact"
