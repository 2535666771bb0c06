"""Which form does each step of an action have, and which command does it call?"""

from collections.abc import Callable, Mapping

from wtforms import Field, SelectField
from wtforms.validators import InputRequired, ValidationError

from reviews.actions.details import assign_action
from reviews.actions.extensions import ask_extension, open_request, refuse_extension
from reviews.actions.impact import answer_check
from reviews.actions.page_queries import ActionFile
from reviews.actions.steps import (
    accept_action,
    extend_action,
    move_action,
    record_progress,
    return_action,
    set_due_date,
    submit_action,
)
from reviews.models import Action, ImpactResult
from reviews.people.queries import owners
from reviews.transactions.unit_of_work import Unit
from web.actions.forms import EvidenceForm
from web.core.context import actor, reader, today
from web.forms.step_form import StepForm, make_form
from workflows.core.questions import Value
from workflows.core.vocabulary import Step


class SubmitForm(StepForm, EvidenceForm):
    """What shows that an action was done; needed while there is no evidence yet."""

    is_first = True

    def validate_evidence(self, field: Field) -> None:
        if self.is_first and not self.offers and not str(field.data or "").strip():
            raise ValidationError("Say what shows that it is done")


class AssignForm(StepForm):
    """Who is to do it from now on."""

    owner_email = SelectField("New owner", [InputRequired("Choose the new owner")])


def action_step_form(step: Step, find: Callable[[], ActionFile]) -> StepForm:
    """Make the form of a step; the day it happened is today unless changed. `find` reads the action where needed."""
    if step.name == "assign":
        return _assign_form(step, find())
    known = _known(step, find)
    form = make_form(SubmitForm if step.name == "submit" else StepForm, step, today=today(), agencies=(), known=known)
    if isinstance(form, SubmitForm):
        form.is_first = all(piece.withdrawn_on for piece in find().action.evidence)
        form.evidence.label.text = "What shows that it is done"
    del form.late_reason
    return form


def record(unit: Unit, action: Action, step: Step, form: StepForm) -> None:
    """Call the command of the step with what was typed. Raises Refused, NotFound."""
    own = _COMMANDS.get(step.name)
    if own is not None:
        own(unit, action, form)
    else:
        move_action(unit, action, step.name, given=form.given(), happened_on=form["happened_on"].data)


def _assign_form(step: Step, file: ActionFile) -> AssignForm:
    form = make_form(AssignForm, step, today=today(), agencies=())
    del form.late_reason, form.happened_on
    people = owners(reader(), actor(), file.action.partnership_id)
    form.owner_email.choices = {"": "Choose an owner", **{person.email: person.in_words for person in people}}
    return form


def _known(step: Step, find: Callable[[], ActionFile]) -> dict[str, Value]:
    """Give what a form shows as answered already."""
    if step.name == "extend":
        return _as_asked_for(find())
    return {"blocked_plan": find().action.blocked_plan} if step.name == "plan_unblocking" else {}


def _as_asked_for(file: ActionFile) -> dict[str, Value]:
    """Give the answers that grant the wish as it was made."""
    asked = open_request(file.action)
    if asked is None:
        return {}
    return {"new_due_on": asked.wanted_due_on, "extension_reason": asked.reason, "meanwhile": asked.meanwhile}


def _progress(unit: Unit, action: Action, form: StepForm) -> None:
    record_progress(unit, action, text=form["update"].data, happened_on=form["happened_on"].data)


def _submit(unit: Unit, action: Action, form: StepForm) -> None:
    done = form["done_summary"].data or ""
    offered = {name: form[name].data or "" for name in ("evidence", "link", "shows")}
    file = form.stored if isinstance(form, SubmitForm) else None
    submit_action(unit, action, **offered, file=file, done=done, happened_on=form["happened_on"].data)


def _accept(unit: Unit, action: Action, form: StepForm) -> None:
    accept_action(unit, action, meeting=form["closure_meeting"].data or "", happened_on=form["happened_on"].data)


def _return(unit: Unit, action: Action, form: StepForm) -> None:
    return_action(unit, action, reason=form["return_reason"].data, happened_on=form["happened_on"].data)


def _ask_extension(unit: Unit, action: Action, form: StepForm) -> None:
    ask_extension(
        unit,
        action,
        wanted_due_on=form["wanted_due_on"].data,
        reason=form["extension_reason"].data,
        meanwhile=form["meanwhile"].data or "",
        happened_on=form["happened_on"].data,
    )


def _refuse_extension(unit: Unit, action: Action, form: StepForm) -> None:
    refuse_extension(unit, action, reason=form["refusal_reason"].data, happened_on=form["happened_on"].data)


def _check_impact(unit: Unit, action: Action, form: StepForm) -> None:
    _answer_check(unit, action, form, ImpactResult(form["impact_result"].data), "impact_statement")


def _confirm_impact(unit: Unit, action: Action, form: StepForm) -> None:
    _answer_check(unit, action, form, ImpactResult.EMBEDDED, "impact_statement")


def _impact_not_seen(unit: Unit, action: Action, form: StepForm) -> None:
    _answer_check(unit, action, form, ImpactResult.NOT_SEEN, "impact_missing")


def _answer_check(unit: Unit, action: Action, form: StepForm, result: ImpactResult, text: str) -> None:
    answer_check(unit, action, result=result, text=form[text].data, happened_on=form["happened_on"].data)


def _extend(unit: Unit, action: Action, form: StepForm) -> None:
    extend_action(
        unit,
        action,
        new_due_on=form["new_due_on"].data,
        reason=form["extension_reason"].data,
        meanwhile=form["meanwhile"].data or "",
        happened_on=form["happened_on"].data,
    )


def _set_date(unit: Unit, action: Action, form: StepForm) -> None:
    set_due_date(unit, action, due_on=form["new_due_on"].data, happened_on=form["happened_on"].data)


def _assign(unit: Unit, action: Action, form: StepForm) -> None:
    assign_action(unit, action, owner_email=form["owner_email"].data)


_COMMANDS: Mapping[str, Callable[[Unit, Action, StepForm], None]] = {
    "progress": _progress,
    "note": _progress,
    "submit": _submit,
    "accept": _accept,
    "accept_awaiting_impact": _accept,
    "return": _return,
    "confirm_impact": _confirm_impact,
    "check_impact": _check_impact,
    "impact_not_seen": _impact_not_seen,
    "ask_extension": _ask_extension,
    "extend": _extend,
    "refuse_extension": _refuse_extension,
    "set_date": _set_date,
    "assign": _assign,
}
