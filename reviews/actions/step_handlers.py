"""One row for each step of the action workflow: the command that records it, and what the person is told afterwards.

The pages and the terminal go by this table. A test compares it with the steps of the definition.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from reviews.actions.details import assign_action
from reviews.actions.extensions import ask_extension, explain_delay, open_request, refuse_extension
from reviews.actions.impact import answer_check, waiting_check
from reviews.actions.steps import (
    accept_action,
    accept_step,
    extend_action,
    record_progress,
    return_action,
    set_due_date,
    submit_action,
    undo_extension,
)
from reviews.actions.take_step import take_action_step
from reviews.models import Action, ImpactResult
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import NotReady, Refused
from workflows.core.questions import Value

Answers: TypeAlias = Mapping[str, Any]
"""What was filled in, by the name of the field: the facts that the step asks for, and the fields of its handler."""
Command: TypeAlias = Callable[[Unit, Action, Answers, date], Action]

LAST = 99


@dataclass(frozen=True, slots=True)
class StepHandler:
    """How one step is recorded. Without a command it writes its facts and the stage, and nothing more.

    `message` is what the person reads afterwards. `fields` are filled in besides the facts that the step asks for.
    `supplies` are facts that those fields give, so that the form may be opened while they are missing. `asks_day` says
    whether the day it happened is asked for, and `position` where it stands among the steps offered.
    """

    step: str
    message: str
    command: Command | None = None
    fields: tuple[str, ...] = ()
    supplies: frozenset[str] = frozenset()
    asks_day: bool = True
    position: int = LAST


def _progress(unit: Unit, action: Action, answers: Answers, on: date) -> Action:
    return record_progress(unit, action, text=_text(answers, "update"), happened_on=on)


def _assign(unit: Unit, action: Action, answers: Answers, _on: date) -> Action:
    return assign_action(unit, action, owner_email=_text(answers, "owner_email"))


def _ask_extension(unit: Unit, action: Action, answers: Answers, on: date) -> Action:
    return ask_extension(
        unit,
        action,
        wanted_due_on=answers["wanted_due_on"],
        reason=_text(answers, "extension_reason"),
        meanwhile=_text(answers, "meanwhile"),
        happened_on=on,
    )


def _explain_delay(unit: Unit, action: Action, answers: Answers, on: date) -> Action:
    reason = _text(answers, "delay_reason")
    return explain_delay(unit, action, expected_on=answers["expected_on"], reason=reason, happened_on=on)


def _extend(unit: Unit, action: Action, answers: Answers, on: date) -> Action:
    return extend_action(
        unit,
        action,
        new_due_on=answers["new_due_on"],
        reason=_text(answers, "extension_reason"),
        meanwhile=_text(answers, "meanwhile"),
        happened_on=on,
    )


def _submit(unit: Unit, action: Action, answers: Answers, on: date) -> Action:
    return submit_action(
        unit,
        action,
        evidence=_text(answers, "evidence"),
        done=_text(answers, "done_summary"),
        link=_text(answers, "link"),
        file=answers.get("file"),
        shows=_text(answers, "shows"),
        happened_on=on,
    )


def _accept(unit: Unit, action: Action, answers: Answers, on: date) -> Action:
    return accept_action(unit, action, meeting=_text(answers, "closure_meeting"), happened_on=on)


def _confirm_impact(unit: Unit, action: Action, answers: Answers, on: date) -> Action:
    text = _text(answers, "impact_statement")
    return answer_check(unit, action, result=ImpactResult.EMBEDDED, text=text, happened_on=on)


def _check_impact(unit: Unit, action: Action, answers: Answers, on: date) -> Action:
    result, text = ImpactResult(answers["impact_result"]), _text(answers, "impact_statement")
    return answer_check(unit, action, result=result, text=text, happened_on=on)


def _impact_not_seen(unit: Unit, action: Action, answers: Answers, on: date) -> Action:
    text = _text(answers, "impact_missing")
    return answer_check(unit, action, result=ImpactResult.NOT_SEEN, text=text, happened_on=on)


def _return(unit: Unit, action: Action, answers: Answers, on: date) -> Action:
    return return_action(unit, action, reason=_text(answers, "return_reason"), happened_on=on)


def _refuse_extension(unit: Unit, action: Action, answers: Answers, on: date) -> Action:
    return refuse_extension(unit, action, reason=_text(answers, "refusal_reason"), happened_on=on)


def _undo_extension(unit: Unit, action: Action, answers: Answers, on: date) -> Action:
    return undo_extension(unit, action, reason=_text(answers, "undone_reason"), happened_on=on)


def _set_date(unit: Unit, action: Action, answers: Answers, on: date) -> Action:
    return set_due_date(unit, action, due_on=answers["new_due_on"], happened_on=on)


STEP_HANDLERS = (
    StepHandler("agree", "The action is agreed.", position=8),
    StepHandler("agree_without_date", "The action is agreed. Its date is to follow."),
    StepHandler("reject", "The action is rejected."),
    StepHandler("set_date", "The due date is set.", _set_date, position=7),
    StepHandler(
        "assign",
        "Given to the new owner, who is told tomorrow morning.",
        _assign,
        fields=("owner_email",),
        asks_day=False,
    ),
    StepHandler("start", "The action has started."),
    StepHandler("progress", "What has been done is recorded.", _progress, position=5),
    StepHandler("note", "Your note is recorded.", _progress),
    StepHandler("block", "The action is recorded as blocked."),
    StepHandler("plan_unblocking", "What is done about it is recorded."),
    StepHandler("unblock", "The action is in progress again."),
    StepHandler(
        "explain_delay",
        "Recorded: it is not done yet, and when you expect it. It stays late until it is done.",
        _explain_delay,
        asks_day=False,
        position=7,
    ),
    StepHandler(
        "ask_extension", "You asked for more time. The date stays as it is until more time is given.", _ask_extension
    ),
    StepHandler("extend", "More time is given. The due date has moved.", _extend),
    StepHandler(
        "undo_extension",
        "The time that was given is taken back, and the earlier date holds again. The owner is told tomorrow morning.",
        _undo_extension,
    ),
    StepHandler("refuse_extension", "The date stays. The owner is told tomorrow morning.", _refuse_extension),
    StepHandler(
        "submit",
        "Submitted as done. It now waits to be accepted.",
        _submit,
        fields=("evidence", "shows", "link", "file"),
        supplies=frozenset({"evidence"}),
        position=6,
    ),
    StepHandler("return", "Returned to the owner, who is told tomorrow morning.", _return),
    StepHandler("accept", "Accepted. The action is closed.", _accept, position=1),
    StepHandler(
        "accept_awaiting_impact",
        "Accepted as done. It stays on the list until its impact is seen.",
        _accept,
        position=2,
    ),
    StepHandler("confirm_impact", "The impact is confirmed. The action is closed.", _confirm_impact, position=4),
    StepHandler("check_impact", "The impact check is answered.", _check_impact, position=3),
    StepHandler(
        "impact_not_seen",
        "The action is open again, with the recommendations it answers. The owner is told tomorrow morning.",
        _impact_not_seen,
    ),
    StepHandler("reopen", "The action is open again."),
    StepHandler("supersede", "The action is replaced by another."),
    StepHandler("transfer", "The action is handed over."),
    StepHandler("withdraw", "The action is withdrawn."),
)
HANDLER_OF: Mapping[str, StepHandler] = {handler.step: handler for handler in STEP_HANDLERS}


def handler_of(step: str) -> StepHandler:
    """Give the row of a step; raises NotFound for one that nobody records on an action that is there."""
    if step not in HANDLER_OF:
        raise NotFound
    return HANDLER_OF[step]


def record_step(unit: Unit, action: Action, step: str, answers: Answers, *, happened_on: date | None = None) -> Action:
    """Record any step by its command, today unless another day is given. Raises NotFound, Refused."""
    handler, on = handler_of(step), happened_on or unit.today
    if handler.command is not None:
        return handler.command(unit, action, answers, on)
    return record_plain_step(unit, action, step, answers=answers, happened_on=on)


def record_plain_step(
    unit: Unit, action: Action, step: str, *, answers: Mapping[str, Value | None], happened_on: date
) -> Action:
    """Record a step that writes nothing but its facts and the stage. Raises NotFound for any other."""
    if handler_of(step).command is not None:
        raise NotFound
    take_action_step(unit, action, step, happened_on=happened_on, answers=answers)
    return action


def fits(step: str, action: Action, today: date) -> bool:
    """Whether a step makes sense for this action: of the two ways to accept it, only one does."""
    match step:
        case "accept" | "accept_awaiting_impact":
            return step == accept_step(action)
        case "refuse_extension":
            return open_request(action) is not None
        case "undo_extension":
            return action.times_extended > 0
        case "explain_delay":
            return action.due_on is not None and action.due_on < today
        case "check_impact":
            return waiting_check(action) is not None
        case _:
            return True


def may_be_filled_in(step: str, refusal: Refused | None) -> bool:
    """Whether the form of a step may be opened: nothing stands against it, or only what its own fields supply."""
    if refusal is None:
        return True
    supplies = handler_of(step).supplies
    if not supplies or not isinstance(refusal, NotReady):
        return False
    return all(supplies & held.guard.reads for held in refusal.held)


def first_answers(step: str, action: Action) -> dict[str, Value]:
    """Give what the form of a step shows as filled in: the request that is granted, the plan that is changed."""
    if step == "plan_unblocking":
        return {"blocked_plan": action.blocked_plan}
    request = open_request(action) if step == "extend" else None
    if request is None:
        return {}
    return {
        "new_due_on": request.wanted_due_on,
        "extension_reason": request.reason,
        "meanwhile": request.meanwhile,
    }


def _text(answers: Answers, name: str) -> str:
    return answers.get(name) or ""
