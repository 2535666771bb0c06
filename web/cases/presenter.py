"""How are the plan and the steps of a case laid out on its page?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from reviews.actions.list_queries import ActionLine
from reviews.cases.page_queries import CaseFile, StepAnswer
from reviews.models import Recommendation
from workflows.core.engine import WrongRole

NOTHING: Mapping[int, Sequence[int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PlanPart:
    """A recommendation with its actions; None for the actions that answer none.

    `elsewhere` are those that answer it too and stand under an earlier one: each action is listed once.
    """

    recommendation: Recommendation | None
    actions: Sequence[ActionLine]
    elsewhere: Sequence[ActionLine] = ()


def plan_of(
    file: CaseFile, actions: Sequence[ActionLine], further: Mapping[int, Sequence[int]] = NOTHING
) -> list[PlanPart]:
    """Put the actions of a case under their recommendations, A2 before A10.

    `further` names for an action, by number, the recommendations of this case that it answers besides its own.
    """
    listed: dict[int | None, list[ActionLine]] = {}
    elsewhere: dict[int, list[ActionLine]] = {}
    own = {each.id for each in file.recommendations}
    for line in sorted(actions, key=lambda line: _natural(line.reference)):
        answered = [line.recommendation_id] if line.recommendation_id in own else []
        answered = [*answered, *further.get(line.id, ())]
        listed.setdefault(answered[0] if answered else None, []).append(line)
        for other in answered[1:]:
            elsewhere.setdefault(other, []).append(line)
    parts = [PlanPart(each, listed.get(each.id, ()), elsewhere.get(each.id, ())) for each in file.recommendations]
    loose = listed.get(None)
    return [*parts, PlanPart(None, loose)] if loose else parts


def steps_for_person(file: CaseFile) -> list[StepAnswer]:
    """List the steps that lead on from the present stages and are this person's: open, or held back by a guard."""
    return [answer for answer in file.steps if answer.is_next]


def steps_for_others(file: CaseFile) -> list[tuple[StepAnswer, str]]:
    """List the steps that lead on from the present stages and are others', each with who records it."""
    others = [answer for answer in file.steps if isinstance(answer.refusal, WrongRole)]
    return [(answer, ", ".join(sorted(role.in_sentence for role in answer.step.by))) for answer in others]


def _natural(reference: str) -> list[str | int]:
    """Order by number where there are numbers; letters and digits take turns, so that like meets like."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", reference)]
