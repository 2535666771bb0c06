"""How does each agency say how far it is with its part of a shared action?"""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import IntegerField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from reviews.access.permissions import NotAllowed, Permission
from reviews.actions.details import ACTION_KINDS, Particulars, arrange_action, may_arrange
from reviews.actions.extensions import LONGEST, LONGEST_REASON, snooze_action
from reviews.actions.list_queries import RATINGS
from reviews.actions.page_queries import ActionFile, action_file
from reviews.actions.parts import (
    LONGEST_NAME,
    LONGEST_TEXT,
    StrandLine,
    add_strand,
    end_strand,
    note_strand,
    reopen_strand,
    strand_of,
    strands_of,
)
from reviews.actions.ratings import (
    LONGEST_RATING_REASON,
    may_override,
    may_rate_own,
    override_rating,
    rate_own,
    remove_override,
)
from reviews.cases.responses import Answered, answered_by
from reviews.models import Action, PartState
from reviews.people.queries import agencies, owners
from reviews.recommendations.commands import add_answer, recommendation_named, remove_answer
from reviews.transactions.unit_of_work import NotFound, Unit
from web.actions.edit_view import action_asked, send_about
from web.actions.presenter import may_snooze, rests_of
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.query import word
from web.core.urls import action_address
from web.forms.date_field import DayField
from web.forms.submit_once import OnceForm, send_form
from workflows.core.engine import Refused

pages = Blueprint("actions_edit", __name__)


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
def add_part(address: str) -> ResponseReturnValue:
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

    return send_about(address, form, act, "actions/new_part.html")


@pages.route("/actions/<address>/strands/<int:strand>", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
def change_part(address: str, strand: int) -> ResponseReturnValue:
    line = _line(action_asked(address), strand)
    if not line.may_end:
        raise NotAllowed("This part is for its agency's lead, the owner and the business unit, until it is submitted.")
    form = StrandForm(data={"ended_on": today()})
    is_open = line.state is PartState.OPEN
    form.state.choices = GOING_ON | ENDINGS if is_open else AGAIN
    if not is_open:
        del form.ended_on

    def act(unit: Unit, action: Action) -> str:
        found, note, state = strand_of(unit, action, strand), form.note.data or "", PartState(form.state.data)
        if state is PartState.OPEN and found.state is PartState.OPEN:
            note_strand(unit, action, found, note=note)
            return f"What you say of the part of {line.name} is recorded."
        if state is PartState.OPEN:
            reopen_strand(unit, action, found, note=note)
            return f"The part of {line.name} is open again."
        end_strand(unit, action, found, state=state, note=note, ended_on=form["ended_on"].data)
        return f"The part of {line.name}: {ENDINGS[state.value].lower()}."

    return send_about(address, form, act, "actions/part.html", lambda now: {"line": _line(now, strand)})


def _line(file: ActionFile, number: int) -> StrandLine:
    found = next((each for each in strands_of(reader(), actor(), file.action) if each.number == number), None)
    if found is None:
        raise NotFound
    return found


class AnswersForm(OnceForm):
    add = StringField(
        "One more recommendation",
        [Optional(), Length(max=120)],
        description="Of this case or another, such as: R1 of LCSPR-2026-01.",
    )
    remove = SelectMultipleField("It no longer answers", [Optional()])


@pages.route("/actions/<address>/answers", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def choose_recommendations(address: str) -> ResponseReturnValue:
    file = _file(address)
    actor().require(Permission.ADD_ACTION, file.action.partnership_id, file.action.realm)
    form = AnswersForm()
    answered = answered_by(reader(), actor(), file.action)
    form.remove.choices = {each.in_words: each.in_words for each in answered if not each.is_own}

    def act(unit: Unit) -> str:
        action = unit.action(address, partnership=word("partnership") or None, version=form.seen_version)
        flash(_change(unit, action, form.add.data or "", form.remove.data or []))
        return action_address(action.address, action.partnership_id)

    return send_form(form, act, lambda: _show(address, form))


def _change(unit: Unit, action: Action, add: str, remove: list[str]) -> str:
    """Take away and add what the form says, and give the sentence for it. Raises Refused where it says nothing."""
    if not add.strip() and not remove:
        raise Refused("Name a recommendation, or tick one that the action no longer answers.")
    for words in remove:
        remove_answer(unit, action, recommendation_named(unit, action.partnership_id, words))
    if add.strip():
        add_answer(unit, action, recommendation_named(unit, action.partnership_id, add))
    unit.session.flush()
    said = [each.in_words for each in answered_by(unit.session, unit.actor, action)]
    return f"{action.reference} answers {', '.join(said) or 'no recommendation'}."


def _show(address: str, form: AnswersForm) -> str:
    file = _file(address)
    form.show_version(file.action.version)
    answered: list[Answered] = answered_by(reader(), actor(), file.action)
    back = action_address(file.action.address, file.action.partnership_id)
    return render_template(
        "actions/choose_recommendations.html", form=form, action=file.action, answered=answered, back=back
    )


def _file(address: str) -> ActionFile:
    return action_file(reader(), actor(), address, today=today(), partnership=word("partnership") or None)


DEPUTY_MAY = (
    "Sees the action and may do what the owner may: report, submit, ask for more time. Like the owner, they cannot "
    "accept it."
)


class ArrangeForm(OnceForm):
    deputy = SelectField("Deputy of the owner", [Optional()], description=DEPUTY_MAY)
    kind = SelectField("Kind of action", [Optional()], choices={"": "Not said", **ACTION_KINDS})
    start_on = DayField("Begins on", [Optional()])
    review_on = DayField("Looked at again on", [Optional()])

    def wanted(self) -> Particulars:
        """Give what was filled in; the deputy only where this person was asked for one."""
        said = Particulars(kind=self.kind.data or "", start_on=self.start_on.data, review_on=self.review_on.data)
        if "deputy" in self:
            said["deputy"] = self["deputy"].data or ""
        return said


@pages.route("/actions/<address>/arrange", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
def edit_details(address: str) -> ResponseReturnValue:
    file = action_asked(address)
    form = _form(file)
    if not form.is_submitted() and not may_arrange(actor(), file.action):
        raise NotAllowed("This is for the owner, their deputy, the lead of its agency and the unit, until it ends.")

    def act(unit: Unit, action: Action) -> str:
        arrange_action(unit, action, form.wanted())
        return "What is kept of the action is changed."

    return send_about(address, form, act, "actions/edit_details.html", lambda now: {"kinds": ACTION_KINDS})


def _form(file: ActionFile) -> ArrangeForm:
    action = file.action
    deputy = action.deputy.email if action.deputy else ""
    kept = {"deputy": deputy, "kind": action.kind, "start_on": action.start_on, "review_on": action.review_on}
    form = ArrangeForm(data=kept)
    if file.may("assign"):
        form.deputy.choices = deputies(action.partnership_id, action.owner_id)
    else:
        del form.deputy
    return form


def deputies(partnership_id: int, owner_id: int | None = None) -> dict[str, str]:
    """Give who may stand in for an owner, by address: everybody with a role in the partnership but the owner."""
    people = owners(reader(), actor(), partnership_id)
    return {"": "Nobody", **{each.email: each.in_words for each in people if each.person_id != owner_id}}


NONE = "none"
COLOURS = {name: name for name in RATINGS}


class AssessmentForm(OnceForm):
    rating = RadioField(
        "How do you see it?",
        [InputRequired("Say how you see it")],
        choices={**COLOURS, NONE: "No assessment"},
        description="Your view stands beside the rating that is worked out, and never in its place.",
    )


class RatingForm(OnceForm):
    rating = RadioField(
        "How do you rate it?",
        [InputRequired("Say how you rate it")],
        choices={**COLOURS, NONE: "As it is worked out: mine is taken back"},
    )
    reason = TextAreaField(
        "Why",
        [Length(max=LONGEST_RATING_REASON)],
        description="Needed with a colour. Stands with your rating wherever it is shown. Never a child's name.",
    )


@pages.route("/actions/<address>/assessment", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
def rate_as_owner(address: str) -> ResponseReturnValue:
    file = action_asked(address)
    form = AssessmentForm(data={"rating": file.action.owner_rating or None})
    if not form.is_submitted() and not may_rate_own(actor(), file.action):
        raise NotAllowed("An action is assessed by its owner, their deputy, its agency's lead and the unit.")

    def act(unit: Unit, action: Action) -> str:
        rate_own(unit, action, rating="" if form.rating.data == NONE else form.rating.data)
        return "How you see it stands beside the rating."

    return send_about(address, form, act, "actions/rating.html")


@pages.route("/actions/<address>/rating", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
def rate_as_chair(address: str) -> ResponseReturnValue:
    file = action_asked(address)
    form = RatingForm(data={"rating": file.action.chair_rating or None, "reason": file.action.chair_rating_reason})
    if not form.is_submitted() and not may_override(actor(), file.action):
        raise NotAllowed("An action is rated otherwise by the subgroup's chair alone, and never by its owner.")

    def act(unit: Unit, action: Action) -> str:
        if form.rating.data == NONE:
            remove_override(unit, action)
            return "The rating stands as it is worked out."
        override_rating(unit, action, rating=form.rating.data, reason=form.reason.data or "")
        return "Your rating stands beside the one that is worked out."

    return send_about(address, form, act, "actions/rating.html")


class SnoozeForm(OnceForm):
    days = IntegerField(
        "Days",
        [InputRequired("Enter how many days")],
        description=f"{LONGEST} at most, and not beyond 14 days after its date. It can rest twice for one date.",
    )
    reason = TextAreaField("Why it can wait", [InputRequired("Say why it can wait"), Length(max=LONGEST_REASON)])


@pages.route("/actions/<address>/snooze", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
def snooze(address: str) -> ResponseReturnValue:
    form = SnoozeForm()
    if not form.is_submitted() and not may_snooze(action_asked(address)):
        raise NotAllowed("This is for the action's owner and their deputy, until it is 14 days late.")

    def act(unit: Unit, action: Action) -> str:
        until_on = snooze_action(unit, action, days=form.days.data or 0, reason=form.reason.data or "").until_on
        return f"You hear of it again on {until_on:%-d %B %Y}. Its date has not moved."

    return send_about(address, form, act, "actions/snooze.html", rests_of)
