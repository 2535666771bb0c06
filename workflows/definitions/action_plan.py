"""How does the action plan of a practice review run, from draft to the check of its impact?"""

from enum import StrEnum

from workflows.core.questions import Asked, Kind
from workflows.core.vocabulary import Step, Track
from workflows.definitions.shared.recorders import CHAIR, CHAIR_OR_PARTNERS, MANAGER, PARTNERS, REVIEWER_OR_UNIT
from workflows.guards.lcspr import (
    every_recommendation_answered,
    no_action_open,
    plan_has_actions,
    plan_is_empty,
    review_over,
)

AGREED = (Asked("plan_version", "Version of the plan"),)
NOT_NEEDED = (Asked("no_plan_reason", "Where the learning goes instead", Kind.TEXT),)
RESUMED = (Asked("resumed_reason", "Which impact is not seen yet", Kind.TEXT),)
CLOSED = (Asked("plan_impact", "What is different for children", Kind.TEXT),)


class A(StrEnum):
    NONE = "none"
    DRAFT = "draft_plan"
    AGREED = "agreed"
    MONITORING = "monitoring"
    IMPACT = "impact_check"
    CLOSED = "closed"


NO_ACTIONS_YET = (A.NONE, A.DRAFT, A.AGREED)
ANSWERED = (every_recommendation_answered,)
DONE = (no_action_open,)
NO_PLAN = (review_over, plan_is_empty, every_recommendation_answered)

STEPS = (
    Step("draft_plan", "Draft the plan", (A.NONE,), A.DRAFT, REVIEWER_OR_UNIT),
    Step("agree_plan", "Agree the plan", (A.DRAFT,), A.AGREED, CHAIR_OR_PARTNERS, ANSWERED, AGREED),
    Step("monitor_plan", "Begin to monitor", (A.AGREED,), A.MONITORING, MANAGER, (plan_has_actions,)),
    Step("check_impact", "Begin the check of impact", (A.MONITORING,), A.IMPACT, CHAIR, DONE),
    Step("resume_plan", "Go back to monitoring", (A.IMPACT,), A.MONITORING, CHAIR, asks=RESUMED),
    Step("close_plan", "Close the plan", (A.IMPACT,), A.CLOSED, PARTNERS, DONE, CLOSED),
    Step("no_plan_needed", "Close without a plan", NO_ACTIONS_YET, A.CLOSED, CHAIR_OR_PARTNERS, NO_PLAN, NOT_NEEDED),
)

ACTION_PLAN = Track("action_plan", "Action plan", A, A.NONE, final=frozenset({A.CLOSED}), steps=STEPS)
