"""How does each agency say how far it is with its part of a shared action?"""

from collections.abc import Callable

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from reviews.commands.strands import LONGEST_NAME, LONGEST_TEXT, add_strand, end_strand, reopen_strand, strand_of
from reviews.models import Action, StrandState
from reviews.permissions import NotAllowed, Permission
from reviews.queries.action_file import ActionFile, action_file
from reviews.queries.choices import agencies
from reviews.queries.strands import StrandLine, strands_of
from reviews.unit import NotFound, Unit
from web.access import needs
from web.addresses import action_address
from web.fields import DayField
from web.lists import word
from web.once import OnceForm, send_form
from web.state import actor, reader, today

pages = Blueprint("strands", __name__)

ENDINGS = {"done": "Done", "not_needed": "Not needed"}
AGAIN = {"open": "Open again"}


class NewStrandForm(OnceForm):
    agency = SelectField("Agency", [Optional()])
    agency_text = StringField(
        "Or another body",
        [Optional(), Length(max=LONGEST_NAME)],
        description="One that is no agency here, such as a district council.",
    )
    due_on = DayField("Due date of its part", [Optional()])
    note = TextAreaField("What its part is", [Optional(), Length(max=LONGEST_TEXT)])


class StrandForm(OnceForm):
    state = RadioField("How it stands", [InputRequired("Say how it stands")])
    ended_on = DayField("Day it ended", [Optional()])
    note = TextAreaField(
        "What was done, or why",
        [Optional(), Length(max=LONGEST_TEXT)],
        description="Needed where the part is not needed, or is opened again. Never a child's name.",
    )


@pages.route("/actions/<address>/strands/new", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def add(address: str) -> ResponseReturnValue:
    file = _file(address)
    actor().require(Permission.ADD_ACTION, file.action.partnership_id, file.action.realm)
    form = NewStrandForm()
    places = agencies(reader(), actor(), file.action.partnership_id)
    form.agency.choices = {"": "Choose an agency", **{str(key): name for key, name in places}}

    def act(unit: Unit, action: Action) -> str:
        chosen = int(form.agency.data) if form.agency.data else None
        text, note = form.agency_text.data or "", form.note.data or ""
        add_strand(unit, action, agency_id=chosen, agency_text=text, due_on=form.due_on.data, note=note)
        return "One more agency has its part of this action."

    return _send(address, form, act, lambda now: {"template": "actions/new_strand.html"})


@pages.route("/actions/<address>/strands/<int:strand>", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
def change(address: str, strand: int) -> ResponseReturnValue:
    line = _line(_file(address), strand)
    if not line.may_end:
        raise NotAllowed("This part is for its agency's lead, the owner and the business unit, until it is submitted.")
    form = StrandForm(data={"ended_on": today()})
    is_open = line.state is StrandState.OPEN
    form.state.choices = ENDINGS if is_open else AGAIN
    if not is_open:
        del form.ended_on

    def act(unit: Unit, action: Action) -> str:
        found, note, state = strand_of(unit, action, strand), form.note.data or "", StrandState(form.state.data)
        if state is StrandState.OPEN:
            reopen_strand(unit, action, found, note=note)
            return f"The part of {line.name} is open again."
        end_strand(unit, action, found, state=state, note=note, ended_on=form["ended_on"].data)
        return f"The part of {line.name}: {ENDINGS[state.value].lower()}."

    return _send(address, form, act, lambda now: {"template": "actions/strand.html", "line": _line(now, strand)})


def _send(
    address: str, form: OnceForm, act: Callable[[Unit, Action], str], about: Callable[[ActionFile], dict[str, object]]
) -> ResponseReturnValue:
    def run(unit: Unit) -> str:
        action = unit.action(address, partnership=word("partnership") or None, version=form.seen_version)
        flash(act(unit, action))
        return action_address(action.address, action.partnership_id)

    def show() -> str:
        now = _file(address)
        form.show_version(now.action.version)
        shown = about(now)
        back = action_address(now.action.address, now.action.partnership_id)
        template = str(shown.pop("template"))
        return render_template(template, form=form, action=now.action, back=back, today=today(), **shown)

    return send_form(form, run, show)


def _line(file: ActionFile, number: int) -> StrandLine:
    found = next((each for each in strands_of(reader(), actor(), file.action) if each.number == number), None)
    if found is None:
        raise NotFound
    return found


def _file(address: str) -> ActionFile:
    return action_file(reader(), actor(), address, today=today(), partnership=word("partnership") or None)
