"""Last steps of a case that has actions."""

from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import Step
from workflows.definitions.shared.roles import CHAIR_OR_MANAGER, CHAIR_OR_PARTNERS
from workflows.guards.lcspr import no_action_open, plan_has_actions, plan_is_empty

MONITORING, CLOSED = "action_monitoring", "closed"

IMPACT = (Question("plan_impact", "What is different for children", Kind.TEXT),)
NO_ACTIONS = (Question("no_plan_reason", "Where the learning goes instead", Kind.TEXT),)
GIVEN_UP = (Question("given_up_reason", "Why it ends early", Kind.TEXT),)
DONE = (no_action_open,)

CLOSERS = ("close", "close_without_actions", "give_up")
"""The steps of `closing` that end a case."""


def closing(learnt: tuple[str, ...], before: tuple[str, ...], monitored: str = MONITORING) -> tuple[Step, ...]:
    """Give the last steps of a case. They all end at `closed`.

    From the stages `learnt` the actions are monitored, or none is needed; from the stages `before` the case ends early.
    `monitored` is the stage in which actions are monitored.
    """
    return (
        Step("monitor_actions", "Monitor the actions", learnt, monitored, CHAIR_OR_MANAGER, (plan_has_actions,)),
        Step(
            "close_without_actions",
            "Close without actions",
            learnt,
            CLOSED,
            CHAIR_OR_PARTNERS,
            (plan_is_empty,),
            NO_ACTIONS,
        ),
        Step("close", "Close", (monitored,), CLOSED, CHAIR_OR_PARTNERS, DONE, IMPACT),
        Step("give_up", "End early", before, CLOSED, CHAIR_OR_PARTNERS, DONE, GIVEN_UP),
    )
