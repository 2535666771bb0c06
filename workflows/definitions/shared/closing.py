"""Last steps of a case that has actions, and the step that reopens a case."""

from workflows.core.involvement import NOBODY, Involvement
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import BACK, REOPENED, Role, Step
from workflows.definitions.shared.roles import CHAIR_OR_MANAGER, CHAIR_OR_PARTNERS, MANAGER
from workflows.guards.lcspr import no_action_open, plan_has_actions, plan_is_empty

MONITORING, CLOSED = "action_monitoring", "closed"

IMPACT = (Question("plan_impact", "What is different for children", Kind.TEXT),)
NO_ACTIONS = (Question("no_plan_reason", "Where the learning goes instead", Kind.TEXT),)
GIVEN_UP = (Question("given_up_reason", "Why it ends early", Kind.TEXT),)
DONE = (no_action_open,)

CLOSERS = ("close", "close_without_actions", "give_up")
"""The steps of `closing` that end a case."""


def reopening(
    *ended: str, by: frozenset[Role] = CHAIR_OR_PARTNERS | MANAGER, name: str = "reopen", title: str = "Reopen"
) -> Step:
    """Give the step that leads a track back to where it was before it ended at one of these stages."""
    return Step(
        name, title, ended, BACK, by, questions=(Question(REOPENED, "Why it is reopened", Kind.TEXT),), barred=NOBODY
    )


def closing(
    learnt: tuple[str, ...],
    before: tuple[str, ...],
    monitored: str = MONITORING,
    refused: tuple[str, ...] = (),
    barred: frozenset[Involvement] = NOBODY,
) -> tuple[Step, ...]:
    """Give the last steps of a case, which all end at `closed`, and the one that reopens it.

    From the stages `learnt` the actions are monitored, or none is needed; from the stages `before` the case ends early.
    `monitored` is the stage in which actions are monitored; `refused` are ends, reopened too, that a case reaches
    before it has begun. `barred` are those who may not end the case.
    """
    return (
        Step(
            "monitor_actions",
            "Monitor the actions",
            learnt,
            monitored,
            CHAIR_OR_MANAGER,
            (plan_has_actions,),
            barred=NOBODY,
        ),
        Step(
            "close_without_actions",
            "Close without actions",
            learnt,
            CLOSED,
            CHAIR_OR_PARTNERS,
            (plan_is_empty,),
            NO_ACTIONS,
            barred=barred,
        ),
        Step("close", "Close", (monitored,), CLOSED, CHAIR_OR_PARTNERS, DONE, IMPACT, barred=barred),
        Step("give_up", "End early", before, CLOSED, CHAIR_OR_PARTNERS, DONE, GIVEN_UP, barred=barred),
        reopening(CLOSED, *refused),
    )
