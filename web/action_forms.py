"""Which form does each step of an action have, and which command does it call?"""

from collections.abc import Callable, Mapping

from wtforms import Field, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from reviews.commands.action_steps import (
    accept_action,
    extend_action,
    move_action,
    record_progress,
    return_action,
    set_due_date,
    submit_action,
)
from reviews.commands.actions import assign_action
from reviews.models import Action
from reviews.queries.action_file import ActionFile
from reviews.queries.choices import owners
from reviews.unit import Unit
from web.state import actor, reader, today
from web.step_forms import LONGEST_TEXT, StepForm, make_form
from workflows.vocabulary import Step


class SubmitForm(StepForm):
    """What shows that an action was done; needed while there is no evidence yet."""

    evidence = TextAreaField(
        "What shows that it is done",
        [Length(max=LONGEST_TEXT)],
        description="Minutes, a policy, figures, an audit: what it is and where it is kept. Never a child's name.",
    )
    is_first = True

    def validate_evidence(self, field: Field) -> None:
        if self.is_first and not str(field.data or "").strip():
            raise ValidationError("Say what shows that it is done")


class AssignForm(StepForm):
    """Who is to do it from now on."""

    owner_email = SelectField("New owner", [InputRequired("Choose the new owner")])


def action_step_form(step: Step, find: Callable[[], ActionFile]) -> StepForm:
    """Make the form of a step; the day it happened is today unless changed. `find` reads the action where needed."""
    if step.name == "assign":
        return _assign_form(step, find())
    form = make_form(SubmitForm if step.name == "submit" else StepForm, step, today=today(), agencies=())
    if isinstance(form, SubmitForm):
        form.is_first = not find().action.evidence
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


def _progress(unit: Unit, action: Action, form: StepForm) -> None:
    record_progress(unit, action, text=form["update"].data, happened_on=form["happened_on"].data)


def _submit(unit: Unit, action: Action, form: StepForm) -> None:
    done = form["done_summary"].data or ""
    submit_action(unit, action, evidence=form["evidence"].data or "", done=done, happened_on=form["happened_on"].data)


def _accept(unit: Unit, action: Action, form: StepForm) -> None:
    accept_action(unit, action, meeting=form["closure_meeting"].data or "", happened_on=form["happened_on"].data)


def _return(unit: Unit, action: Action, form: StepForm) -> None:
    return_action(unit, action, reason=form["return_reason"].data, happened_on=form["happened_on"].data)


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
    "extend": _extend,
    "set_date": _set_date,
    "assign": _assign,
}
