"""The forms of the steps of an action, made of the facts that a step asks for and the fields of its handler."""

from collections.abc import Callable
from typing import Any

from wtforms import Field
from wtforms.validators import InputRequired, ValidationError

from reviews.actions.page_queries import ActionFile
from reviews.actions.step_handlers import first_answers, handler_of
from reviews.people.queries import owners
from web.actions.forms import EvidenceForm
from web.core.context import actor, read_session, today
from web.forms.fields import SelectField
from web.forms.step_form import StepForm, make_form
from workflows.core.vocabulary import Step

PREFILLED = frozenset({"extend", "plan_unblocking"})
"""Steps whose form shows what the action says already; for the others the action is not read."""


class ActionStepForm(StepForm):
    def answers(self) -> dict[str, Any]:
        """Give what the handler of the step takes: the facts asked for, and its own fields."""
        return {**super().answers()}


class SubmitForm(ActionStepForm, EvidenceForm):
    """Asks for what shows that the action was done; needed while there is no evidence yet."""

    is_first = True

    def validate_evidence(self, field: Field) -> None:
        if self.is_first and not self.offers and not str(field.data or "").strip():
            raise ValidationError("Say what shows that it is done")

    def answers(self) -> dict[str, Any]:
        texts = {name: self[name].data or "" for name in ("evidence", "link", "shows")}
        return {**super().answers(), **texts, "file": self.stored}


class AssignForm(ActionStepForm):
    owner_email = SelectField("New owner", [InputRequired("Choose the new owner")])

    def answers(self) -> dict[str, Any]:
        return {"owner_email": self["owner_email"].data}


FORM_OF: dict[tuple[str, ...], type[ActionStepForm]] = {
    (): ActionStepForm,
    handler_of("submit").fields: SubmitForm,
    handler_of("assign").fields: AssignForm,
}
"""By the fields of the handler."""


def action_step_form(step: Step, find: Callable[[], ActionFile]) -> ActionStepForm:
    """Make the form of a step; the day it happened is today unless changed. `find` reads the action where needed."""
    handler = handler_of(step.name)
    initial = first_answers(step.name, find().action) if step.name in PREFILLED else {}
    form = make_form(FORM_OF[handler.fields], step, today=today(), agencies=(), initial=initial)
    del form.late_reason
    if not handler.asks_day:
        del form.happened_on
    if isinstance(form, SubmitForm):
        form.is_first = all(piece.withdrawn_on for piece in find().action.evidence)
        form.evidence.label.text = "What shows that it is done"
        if form.is_first:
            form.evidence.description = f"Needed unless you give a link or a file below. {form.evidence.description}"
    if isinstance(form, AssignForm):
        action = find().action
        people = owners(read_session(), actor(), action.partnership_id, case_id=action.case_id, today=today())
        form.owner_email.choices = {"": "Choose an owner", **{person.email: person.in_words for person in people}}
    return form
