"""How is a step recorded on an action?"""

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from reviews.access.permissions import NotAllowed, Permission
from reviews.actions.page_queries import ActionFile, action_file
from reviews.cases.event_log import action_history, people_named
from reviews.files.store import folder_of, taking_files
from reviews.transactions.unit_of_work import NotFound, Unit
from web.actions.forms import ACCEPTED
from web.actions.history import story
from web.actions.labels import DONE
from web.actions.presenter import is_offered
from web.actions.step_forms import SubmitForm, action_step_form, record
from web.core.access import LARGEST_EVIDENCE, accepts_files, needs
from web.core.context import actor, house, reader, today
from web.core.query import word
from web.core.urls import action_address
from web.forms.step_form import StepForm
from web.forms.submit_once import send_form
from workflows.core.engine import WrongRole
from workflows.core.vocabulary import Step
from workflows.definitions.action import ACTION

pages = Blueprint("actions_steps", __name__)


@pages.route("/actions/<address>/<step>", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
@accepts_files(LARGEST_EVIDENCE, step="submit")
def take_step(address: str, step: str) -> ResponseReturnValue:
    file = _file(address) if request.method == "GET" else None
    wanted = _open_step(file, step) if file else _known_step(step)
    form = action_step_form(wanted, lambda: file or _file(address))

    def act(work: Unit) -> str:
        action = work.action(address, partnership=_place(), version=form.seen_version)
        record(work, action, wanted, form)
        flash(DONE.get(wanted.name, f"Recorded: {wanted.title.lower()}."))
        return action_address(action.address, action.partnership_id)

    with taking_files(house().database, folder_of(house().settings.home), house().clock.now()) as taker:
        if isinstance(form, SubmitForm):
            form.taker = taker
        return send_form(form, act, lambda: _show(address, wanted, form))


def _show(address: str, step: Step, form: StepForm) -> str:
    file = _file(address)
    form.show_version(file.action.version)
    latest = action_history(reader(), actor(), file.action).rows[:1]
    names = people_named(reader(), actor(), latest)
    return render_template(
        "actions/step.html",
        file=file,
        action=file.action,
        step=step,
        accepted=ACCEPTED,
        form=form,
        latest=[story(event, names) for event in latest],
        back=action_address(file.action.address, file.action.partnership_id),
        today=today(),
    )


def _known_step(name: str) -> Step:
    """Find the step of a form that is sent: whether it is theirs and open, the command says that records it."""
    step = ACTION.step(name)
    if step is None or step is ACTION.opening:
        raise NotFound
    return step


def _open_step(file: ActionFile, name: str) -> Step:
    """Find a step to show the form of; one that is not open is refused before anything is typed."""
    answer = next((answer for answer in file.steps if answer.step.name == name), None)
    if answer is None:
        raise NotFound
    if answer.refusal is not None and not is_offered(answer):
        raise NotAllowed(answer.refusal.sentence) if isinstance(answer.refusal, WrongRole) else answer.refusal
    return answer.step


def _file(address: str) -> ActionFile:
    return action_file(reader(), actor(), address, today=today(), partnership=_place())


def _place() -> str | None:
    return word("partnership") or None
