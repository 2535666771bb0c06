"""How does each agency say how far it is with its part of a shared action?"""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from reviews.access.permissions import NotAllowed, Permission
from reviews.actions.page_queries import ActionFile
from reviews.actions.parts import (
    LONGEST_NAME,
    LONGEST_TEXT,
    add_strand,
    end_strand,
    note_strand,
    reopen_strand,
    strand_of,
)
from reviews.actions.strands import StrandLine, strands_of
from reviews.models import Action, StrandState
from reviews.people.choices import agencies
from reviews.transactions.unit_of_work import NotFound, Unit
from web.actions.edit_view import action_asked, send_about
from web.core.access import needs
from web.core.context import actor, reader, today
from web.forms.date_field import DayField
from web.forms.submit_once import OnceForm

pages = Blueprint("strands", __name__)

ENDINGS = {"done": "Done", "not_needed": "Not needed"}
GOING_ON = {"open": "Still open: I only say how it comes on"}
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
        "How it comes on, what was done, or why",
        [Optional(), Length(max=LONGEST_TEXT)],
        description="Needed unless the part is done. Earlier notes stay in the history. Never a child's name.",
    )


@pages.route("/actions/<address>/strands/new", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def add(address: str) -> ResponseReturnValue:
    file = action_asked(address)
    actor().require(Permission.ADD_ACTION, file.action.partnership_id, file.action.realm)
    form = NewStrandForm()
    places = agencies(reader(), actor(), file.action.partnership_id)
    form.agency.choices = {"": "Choose an agency", **{str(key): name for key, name in places}}

    def act(unit: Unit, action: Action) -> str:
        chosen = int(form.agency.data) if form.agency.data else None
        text, note = form.agency_text.data or "", form.note.data or ""
        add_strand(unit, action, agency_id=chosen, agency_text=text, due_on=form.due_on.data, note=note)
        return "One more agency has its part of this action."

    return send_about(address, form, act, "actions/new_strand.html")


@pages.route("/actions/<address>/strands/<int:strand>", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
def change(address: str, strand: int) -> ResponseReturnValue:
    line = _line(action_asked(address), strand)
    if not line.may_end:
        raise NotAllowed("This part is for its agency's lead, the owner and the business unit, until it is submitted.")
    form = StrandForm(data={"ended_on": today()})
    is_open = line.state is StrandState.OPEN
    form.state.choices = GOING_ON | ENDINGS if is_open else AGAIN
    if not is_open:
        del form.ended_on

    def act(unit: Unit, action: Action) -> str:
        found, note, state = strand_of(unit, action, strand), form.note.data or "", StrandState(form.state.data)
        if state is StrandState.OPEN and found.state is StrandState.OPEN:
            note_strand(unit, action, found, note=note)
            return f"What you say of the part of {line.name} is recorded."
        if state is StrandState.OPEN:
            reopen_strand(unit, action, found, note=note)
            return f"The part of {line.name} is open again."
        end_strand(unit, action, found, state=state, note=note, ended_on=form["ended_on"].data)
        return f"The part of {line.name}: {ENDINGS[state.value].lower()}."

    return send_about(address, form, act, "actions/strand.html", lambda now: {"line": _line(now, strand)})


def _line(file: ActionFile, number: int) -> StrandLine:
    found = next((each for each in strands_of(reader(), actor(), file.action) if each.number == number), None)
    if found is None:
        raise NotFound
    return found
