"""Which workflows and ladders are there?"""

from collections.abc import Mapping

from workflows.definitions.action import ACTION
from workflows.definitions.cdop_case import CDOP_CASE
from workflows.definitions.ladders import LADDERS
from workflows.definitions.lcspr import LCSPR
from workflows.definitions.rapid_review import RAPID_REVIEW
from workflows.definitions.strategy_plan import STRATEGY_PLAN
from workflows.vocabulary import Workflow

__all__ = ["CASE_WORKFLOWS", "LADDERS", "WORKFLOWS"]

CASE_WORKFLOWS: Mapping[str, Workflow] = {
    workflow.name: workflow for workflow in (RAPID_REVIEW, LCSPR, CDOP_CASE, STRATEGY_PLAN)
}
WORKFLOWS: Mapping[str, Workflow] = {**CASE_WORKFLOWS, ACTION.name: ACTION}
