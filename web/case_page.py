"""How are the plan and the steps of a case laid out on its page?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reviews.models import Recommendation
from reviews.queries.action_list import ActionLine
from reviews.queries.case_file import CaseFile, StepAnswer
from workflows.engine import WrongRole


@dataclass(frozen=True, slots=True)
class PlanPart:
    """A recommendation with its actions; None for the actions that answer none."""

    recommendation: Recommendation | None
    actions: Sequence[ActionLine]


def plan_of(file: CaseFile, actions: Sequence[ActionLine]) -> list[PlanPart]:
    """Put the actions of a case under their recommendations, A2 before A10."""
    by_recommendation: dict[int | None, list[ActionLine]] = {}
    for line in sorted(actions, key=lambda line: _natural(line.reference)):
        by_recommendation.setdefault(line.recommendation_id, []).append(line)
    parts = [PlanPart(each, by_recommendation.get(each.id, ())) for each in file.recommendations]
    loose = by_recommendation.get(None)
    return [*parts, PlanPart(None, loose)] if loose else parts


def own_steps(file: CaseFile) -> list[StepAnswer]:
    """List the steps that lead on from the present stages and are this person's: open, or held back by a guard."""
    return [answer for answer in file.steps if answer.is_next]


def other_steps(file: CaseFile) -> list[tuple[StepAnswer, str]]:
    """List the steps that lead on from the present stages and are others', each with who records it."""
    others = [answer for answer in file.steps if isinstance(answer.refusal, WrongRole)]
    return [(answer, ", ".join(sorted(role.in_sentence for role in answer.step.by))) for answer in others]


def _natural(reference: str) -> list[str | int]:
    """Order by number where there are numbers; letters and digits take turns, so that like meets like."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", reference)]
