"""The page on which a step is recorded on an action."""

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from reviews.access.permissions import NotAllowed, Permission
from reviews.actions.event_labels import EventNames
from reviews.actions.extensions import open_request
from reviews.actions.page_queries import ActionFile, action_file
from reviews.actions.step_handlers import handler_of, may_be_filled_in, record_step
from reviews.cases.event_log import action_history, people_named
from reviews.transactions.unit_of_work import NotFound, Unit
from web.actions.presenter import decision_basis, evidence_title, history_entries, name_in
from web.actions.step_forms import ActionStepForm, SubmitForm, action_step_form
from web.core.access import LARGEST_EVIDENCE, accepts_files, needs
from web.core.context import actor, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import query_text
from web.core.stored_files import taking_files
from web.core.urls import action_address
from web.forms.file_upload import ACCEPTED
from web.forms.submit_once import handle_form
from workflows.core.engine import WrongRole
from workflows.core.vocabulary import Step
from workflows.definitions.action import ACTION

pages = Blueprint("actions_steps", __name__)


@pages.route("/actions/<address>/<step>", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
@shows(Shows.ACTION)
@accepts_files(LARGEST_EVIDENCE, step="submit")
def take_step(address: str, step: str) -> ResponseReturnValue:
    file = _file(address) if request.method == "GET" else None
    definition = _open_step(file, step) if file else _step_named(step)
    form = action_step_form(definition, lambda: file or _file(address))

    def act(work: Unit) -> str:
        action = work.action(address, partnership=query_text("partnership") or None, version=form.seen_version)
        day = form["happened_on"].data if "happened_on" in form else None
        record_step(work, action, step, form.answers(), happened_on=day)
        flash(handler_of(step).message)
        return action_address(action.address, action.partnership_id)

    with taking_files() as taker:
        if isinstance(form, SubmitForm):
            form.taker = taker
        return handle_form(form, act, lambda: _show(address, definition, form))


def _show(address: str, step: Step, form: ActionStepForm) -> str:
    file = _file(address)
    form.show_version(file.action.version)
    latest = action_history(read_session(), actor(), file.action).rows[:1]
    return render_template(
        "actions/step.html",
        file=file,
        action=file.action,
        step=step,
        accepted=ACCEPTED,
        decision=decision_basis(file, step),
        request=open_request(file.action) if step.name in ("extend", "refuse_extension") else None,
        evidence_title=evidence_title,
        name_in=name_in,
        form=form,
        latest=history_entries(latest, EventNames(people_named(read_session(), actor(), latest))),
        back=action_address(file.action.address, file.action.partnership_id),
        today=today(),
    )


def _step_named(name: str) -> Step:
    """Find the step of a form that is sent: the command that records it says whether it is open to this person."""
    step = ACTION.step(name)
    if step is None or step is ACTION.opening:
        raise NotFound
    return step


def _open_step(file: ActionFile, name: str) -> Step:
    """Find a step to show the form of; one that is not open is refused before anything is typed."""
    answer = next((answer for answer in file.steps if answer.step.name == name), None)
    if answer is None:
        raise NotFound
    if answer.refusal is not None and not may_be_filled_in(name, answer.refusal):
        raise NotAllowed(answer.refusal.sentence) if isinstance(answer.refusal, WrongRole) else answer.refusal
    return answer.step


def _file(address: str) -> ActionFile:
    return action_file(read_session(), actor(), address, today=today(), partnership=query_text("partnership") or None)
