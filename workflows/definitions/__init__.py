"""Definitions of all workflows, and the ladders.

A definition lists its stages, its forms (tuples of questions that a step asks), its steps and its deadlines, in that
order. Within its file the set of stages is called `Stage`.
"""

from collections.abc import Mapping

from workflows.core.vocabulary import Workflow
from workflows.definitions.action import ACTION
from workflows.definitions.cdop_case import CDOP_CASE
from workflows.definitions.challenge_entry import CHALLENGE_ENTRY
from workflows.definitions.dardr_involvement import DARDR_INVOLVEMENT
from workflows.definitions.information_request import INFORMATION_REQUEST, REPORT_REQUEST
from workflows.definitions.inspection_plan import INSPECTION_PLAN
from workflows.definitions.lcspr import LCSPR
from workflows.definitions.learning_review import LEARNING_REVIEW
from workflows.definitions.multi_agency_audit import MULTI_AGENCY_AUDIT
from workflows.definitions.national_review_learning import NATIONAL_REVIEW_LEARNING
from workflows.definitions.parallel_process import PARALLEL_PROCESS
from workflows.definitions.rapid_review import RAPID_REVIEW
from workflows.definitions.restraint_review import RESTRAINT_REVIEW
from workflows.definitions.risk_entry import RISK_ENTRY
from workflows.definitions.scr_legacy import SCR_LEGACY
from workflows.definitions.scrutiny_recommendation import SCRUTINY_RECOMMENDATION
from workflows.definitions.section_11_audit import SECTION_11_AUDIT
from workflows.definitions.shared.ladder_policies import LADDERS
from workflows.definitions.strategy_plan import STRATEGY_PLAN
from workflows.definitions.thematic_review import THEMATIC_REVIEW

__all__ = ["CASE_WORKFLOWS", "LADDERS", "WORKFLOWS"]

CASE_WORKFLOWS: Mapping[str, Workflow] = {
    workflow.name: workflow
    for workflow in (
        RAPID_REVIEW,
        LCSPR,
        CDOP_CASE,
        STRATEGY_PLAN,
        LEARNING_REVIEW,
        THEMATIC_REVIEW,
        MULTI_AGENCY_AUDIT,
        DARDR_INVOLVEMENT,
        INSPECTION_PLAN,
        SECTION_11_AUDIT,
        RESTRAINT_REVIEW,
        SCRUTINY_RECOMMENDATION,
        NATIONAL_REVIEW_LEARNING,
        CHALLENGE_ENTRY,
        RISK_ENTRY,
        SCR_LEGACY,
        INFORMATION_REQUEST,
        REPORT_REQUEST,
        PARALLEL_PROCESS,
    )
}
WORKFLOWS: Mapping[str, Workflow] = {**CASE_WORKFLOWS, ACTION.name: ACTION}
