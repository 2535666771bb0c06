"""Forms that change an action without a step: parts, recommendations, details, ratings and snoozes."""

from typing import Any

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, Field, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from reviews.access.permissions import NotAllowed, Permission
from reviews.access.policies import may_edit_details, may_rate_as_chair, may_rate_as_owner
from reviews.actions.details import (
    DETAIL_FIELDS,
    LARGEST_DETAIL,
    LONGEST_REFERENCE_NAME,
    NAME_IS_SAFE,
    DetailField,
    detail_values,
)
from reviews.actions.details import edit_details as save_details
from reviews.actions.extensions import LONGEST_SNOOZE, LONGEST_SNOOZE_REASON, may_snooze, snooze_action
from reviews.actions.list_queries import RATINGS
from reviews.actions.page_queries import ActionFile, action_file, active_snoozes
from reviews.actions.parts import (
    HOW_IT_GOES,
    LONGEST_NAME,
    LONGEST_TEXT,
    WHOSE_PART,
    WHY_NOT_NEEDED,
    WHY_OPEN_AGAIN,
    PartLine,
    add_action_part,
    end_action_part,
    find_action_part,
    note_part,
    parts_of_action,
    reopen_part,
)
from reviews.actions.ratings import (
    LONGEST_RATING_REASON,
    WHY_RATED,
    remove_chair_rating,
    set_chair_rating,
    set_owner_rating,
)
from reviews.cases.responses import AnsweredRecommendation, answered_by
from reviews.models import Action, PartState
from reviews.people.queries import agencies, owners
from reviews.recommendations.commands import add_answer, recommendation_named, remove_answer
from reviews.transactions.unit_of_work import NotFound, Unit
from web.actions.action_forms import find_action_file, handle_action_form
from web.core.access import needs
from web.core.context import actor, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import query_text
from web.core.urls import action_address
from web.forms.date_field import DayField
from web.forms.fields import IntegerField, NeededIf, RadioField, SelectField, SelectMultipleField
from web.forms.submit_once import IdempotentForm, handle_form
from workflows.core.engine import Refused
from workflows.core.labels import sentence
from workflows.core.questions import Kind

pages = Blueprint("actions_edit", __name__)


ENDINGS = {"done": "Done", "not_needed": "Not needed"}
STILL_OPEN = {"open": "Still open. I only want to add a note"}
REOPENED = {"open": "Open again"}


class NewPartForm(IdempotentForm):
    agency = SelectField("Agency", [NeededIf(lambda form: "" if form.agency_text.data else WHOSE_PART)])
    agency_text = StringField(
        "Or another body",
        [NeededIf(lambda form: ""), Length(max=LONGEST_NAME)],
        description="One that is not an agency here, such as a district council.",
    )
    due_on = DayField("Due date of its part", [Optional()])
    note = TextAreaField("What its part is", [Optional(), Length(max=LONGEST_TEXT)])


class PartForm(IdempotentForm):
    state = RadioField("How it stands", [InputRequired("Say how it stands")])
    ended_on = DayField("Day it ended", [Optional()])
    note = TextAreaField(
        "How it is going, what was done, or why",
        [NeededIf(lambda form: form.note_needed()), Length(max=LONGEST_TEXT)],
        description="You must fill this in unless the part is done. Earlier notes stay in the history. "
        "Never a child's name.",
    )
    is_open = True

    def note_needed(self) -> str:
        state = self.state.data
        if state == "open":
            return HOW_IT_GOES if self.is_open else WHY_OPEN_AGAIN
        return WHY_NOT_NEEDED if state == "not_needed" else ""


@pages.route("/actions/<address>/strands/new", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
@shows(Shows.ACTION)
def add_part(address: str) -> ResponseReturnValue:
    file = find_action_file(address)
    actor().require(Permission.ADD_ACTION, file.action.partnership_id, file.action.realm)
    form = NewPartForm()
    found = agencies(read_session(), actor(), file.action.partnership_id)
    form.agency.choices = {"": "Choose an agency", **{str(key): name for key, name in found}}

    def act(unit: Unit, action: Action) -> str:
        chosen = int(form.agency.data) if form.agency.data else None
        text, note = form.agency_text.data or "", form.note.data or ""
        add_action_part(unit, action, agency_id=chosen, agency_text=text, due_on=form.due_on.data, note=note)
        return "The agency now has a part of this action."

    return handle_action_form(address, form, act, "actions/new_part.html")


@pages.route("/actions/<address>/strands/<int:strand>", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
@shows(Shows.ACTION)
def change_part(address: str, strand: int) -> ResponseReturnValue:
    line = _line(find_action_file(address), strand)
    if not line.may_end:
        raise NotAllowed(
            "Only the lead of its agency, the owner of the action and the business unit can change this part, "
            "until the action is submitted."
        )
    form = PartForm(data={"ended_on": today()})
    is_open = line.state is PartState.OPEN
    form.is_open = is_open
    form.state.choices = STILL_OPEN | ENDINGS if is_open else REOPENED
    if not is_open:
        del form.ended_on

    def act(unit: Unit, action: Action) -> str:
        part, note, state = find_action_part(unit, action, strand), form.note.data or "", PartState(form.state.data)
        if state is PartState.OPEN and part.state is PartState.OPEN:
            note_part(unit, action, part, note=note)
            return f"Your note on the part of {line.name} is recorded."
        if state is PartState.OPEN:
            reopen_part(unit, action, part, note=note)
            return f"The part of {line.name} is open again."
        end_action_part(unit, action, part, state=state, note=note, ended_on=form["ended_on"].data)
        return f"The part of {line.name}: {ENDINGS[state.value].lower()}."

    return handle_action_form(address, form, act, "actions/part.html", lambda file: {"line": _line(file, strand)})


def _line(file: ActionFile, number: int) -> PartLine:
    found = next(
        (each for each in parts_of_action(read_session(), actor(), file.action) if each.number == number), None
    )
    if found is None:
        raise NotFound
    return found


class AnswersForm(IdempotentForm):
    add = StringField(
        "One more recommendation",
        [Optional(), Length(max=120)],
        description="Of this case or another, such as: R1 of LCSPR-2026-01.",
    )
    remove = SelectMultipleField("It no longer answers", [Optional()])


@pages.route("/actions/<address>/answers", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
@shows(Shows.ACTION)
def choose_recommendations(address: str) -> ResponseReturnValue:
    file = _file(address)
    actor().require(Permission.ADD_ACTION, file.action.partnership_id, file.action.realm)
    form = AnswersForm()
    answered = answered_by(read_session(), actor(), file.action)
    form.remove.choices = {each.in_words: each.in_words for each in answered if not each.is_first_answered}

    def act(unit: Unit) -> str:
        action = unit.action(address, partnership=query_text("partnership") or None, version=form.seen_version)
        flash(_change_recommendations(unit, action, form.add.data or "", form.remove.data or []))
        return action_address(action.address, action.partnership_id)

    return handle_form(form, act, lambda: _show_recommendations(address, form))


def _change_recommendations(unit: Unit, action: Action, add: str, remove: list[str]) -> str:
    """Remove and add recommendations, and give the sentence for it. Raises Refused where there are none."""
    if not add.strip() and not remove:
        raise Refused("Enter a recommendation, or tick one that the action no longer answers.")
    for words in remove:
        remove_answer(unit, action, recommendation_named(unit, action.partnership_id, words))
    if add.strip():
        add_answer(unit, action, recommendation_named(unit, action.partnership_id, add))
    unit.session.flush()
    answered = [each.in_words for each in answered_by(unit.session, unit.actor, action)]
    return f"{action.reference} answers {', '.join(answered) or 'no recommendation'}."


def _show_recommendations(address: str, form: AnswersForm) -> str:
    file = _file(address)
    form.show_version(file.action.version)
    answered: list[AnsweredRecommendation] = answered_by(read_session(), actor(), file.action)
    back = action_address(file.action.address, file.action.partnership_id)
    return render_template(
        "actions/choose_recommendations.html", form=form, action=file.action, answered=answered, back=back
    )


def _file(address: str) -> ActionFile:
    return action_file(read_session(), actor(), address, today=today(), partnership=query_text("partnership") or None)


DEPUTY_MAY = (
    "They see the action and can do what the owner can: report, submit, ask for more time. Like the owner, they "
    "cannot accept it."
)


SAFE_LABEL = "Nobody can be recognised by this name"
SAFE_HINT = "It goes into mails. Needed for a new name: no name, pseudonym, school, street or event of a case."
TYPED = (Kind.CHOICE, Kind.WORDS)


class DetailsForm(IdempotentForm):
    """The deputy; a field for each detail is added below."""

    deputy = SelectField("Deputy of the owner", [Optional()], description=DEPUTY_MAY)

    def details(self) -> dict[str, Any]:
        """Give what was filled in; the deputy only where this person was asked for one."""
        details = {
            each.name: (self[each.name].data or "") if each.kind in TYPED else self[each.name].data
            for each in DETAIL_FIELDS
        }
        details[NAME_IS_SAFE] = self[NAME_IS_SAFE].data
        return details | ({"deputy": self["deputy"].data or ""} if "deputy" in self else {})


def _field_of(detail: DetailField) -> Field:
    match detail.kind:
        case Kind.WORDS:
            return StringField(detail.label, [Optional(), Length(max=LONGEST_REFERENCE_NAME)], description=detail.hint)
        case Kind.CHOICE:
            return SelectField(detail.label, [Optional()], choices={"": "Not said", **detail.choices})
        case Kind.DAY:
            return DayField(detail.label, [Optional()], description=detail.hint)
        case _:
            largest = NumberRange(1, LARGEST_DETAIL, f"Enter a whole number from 1 to {LARGEST_DETAIL:,}")
            return IntegerField(detail.label, [Optional(), largest], description=detail.hint)


for _detail in DETAIL_FIELDS:
    setattr(DetailsForm, _detail.name, _field_of(_detail))
    if _detail.name == "reference_name":
        setattr(DetailsForm, NAME_IS_SAFE, BooleanField(SAFE_LABEL, description=SAFE_HINT))


@pages.route("/actions/<address>/arrange", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
@shows(Shows.ACTION)
def edit_details(address: str) -> ResponseReturnValue:
    file = find_action_file(address)
    form = _details_form(file)
    if not form.is_submitted() and not may_edit_details(actor(), file.action):
        raise NotAllowed(
            "Only the owner, their deputy, the lead of its agency and the business unit can change these details, "
            "until the action is finished."
        )

    def act(unit: Unit, action: Action) -> str:
        save_details(unit, action, form.details())
        return "The details of the action are changed."

    return handle_action_form(address, form, act, "actions/edit_details.html", _stored_details)


def _details_form(file: ActionFile) -> DetailsForm:
    action = file.action
    deputy = action.deputy.email if action.deputy else ""
    form = DetailsForm(data={"deputy": deputy, **detail_values(action)})
    if file.may("assign"):
        form.deputy.choices = deputies(action)
    else:
        del form.deputy
    return form


def _stored_details(file: ActionFile) -> dict[str, Any]:
    """Give what the action says now, for somebody whose form was overtaken."""
    values = zip(DETAIL_FIELDS, detail_values(file.action).values(), strict=True)
    return {"details": [(each.label, sentence(each.text(value))) for each, value in values]}


def deputies(action: Action) -> dict[str, str]:
    """Give who may stand in for the owner, by address: everybody of the partnership whom the case is open to."""
    people = owners(read_session(), actor(), action.partnership_id, case_id=action.case_id, today=today())
    return {"": "Nobody", **{each.email: each.in_words for each in people if each.person_id != action.owner_id}}


NONE = "none"
COLOURS = {name: name for name in RATINGS}


class AssessmentForm(IdempotentForm):
    rating = RadioField(
        "How do you see it?",
        [InputRequired("Say how you see it")],
        choices={**COLOURS, NONE: "No assessment"},
        description="Your view is shown beside the rating that is worked out. It never replaces it.",
    )


class RatingForm(IdempotentForm):
    rating = RadioField(
        "How do you rate it?",
        [InputRequired("Say how you rate it")],
        choices={**COLOURS, NONE: "As it is worked out. Remove my rating"},
    )
    reason = TextAreaField(
        "Why",
        [NeededIf(lambda form: WHY_RATED if form.rating.data in COLOURS else ""), Length(max=LONGEST_RATING_REASON)],
        description="You must give a reason for a colour. It is shown with your rating. Never a child's name.",
    )


@pages.route("/actions/<address>/assessment", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
@shows(Shows.ACTION)
def rate_as_owner(address: str) -> ResponseReturnValue:
    file = find_action_file(address)
    form = AssessmentForm(data={"rating": file.action.owner_rating or None})
    if not form.is_submitted() and not may_rate_as_owner(actor(), file.action):
        raise NotAllowed(
            "Only the owner, their deputy, the lead of its agency and the business unit can assess an action."
        )

    def act(unit: Unit, action: Action) -> str:
        set_owner_rating(unit, action, rating="" if form.rating.data == NONE else form.rating.data)
        return "Your assessment is recorded. It is shown beside the rating."

    return handle_action_form(address, form, act, "actions/rating.html")


@pages.route("/actions/<address>/rating", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
@shows(Shows.ACTION)
def rate_as_chair(address: str) -> ResponseReturnValue:
    file = find_action_file(address)
    form = RatingForm(data={"rating": file.action.chair_rating or None, "reason": file.action.chair_rating_reason})
    if not form.is_submitted() and not may_rate_as_chair(actor(), file.action):
        raise NotAllowed("Only the chair of the subgroup can rate an action differently, and not if they own it.")

    def act(unit: Unit, action: Action) -> str:
        if form.rating.data == NONE:
            remove_chair_rating(unit, action)
            return "Your rating is removed. The rating is as it is worked out."
        set_chair_rating(unit, action, rating=form.rating.data, reason=form.reason.data or "")
        return "Your rating is recorded. It is shown beside the one that is worked out."

    return handle_action_form(address, form, act, "actions/rating.html")


class SnoozeForm(IdempotentForm):
    days = IntegerField(
        "Days",
        [InputRequired("Enter how many days")],
        description=f"Up to {LONGEST_SNOOZE}, and no later than 14 days after the due date. "
        "You can snooze it twice for one date.",
    )
    reason = TextAreaField("Why it can wait", [InputRequired("Say why it can wait"), Length(max=LONGEST_SNOOZE_REASON)])


@pages.route("/actions/<address>/snooze", methods=["GET", "POST"])
@needs(Permission.SEE_ACTIONS)
@shows(Shows.ACTION)
def snooze(address: str) -> ResponseReturnValue:
    form = SnoozeForm()
    file = find_action_file(address) if not form.is_submitted() else None
    if file is not None and not may_snooze(actor(), file.action, today()):
        raise NotAllowed("Only the owner of the action and their deputy can snooze it, until it is 14 days late.")

    def act(unit: Unit, action: Action) -> str:
        until_on = snooze_action(unit, action, days=form.days.data or 0, reason=form.reason.data or "").until_on
        return f"You will not be reminded until {until_on:%-d %B %Y}. The due date has not moved."

    return handle_action_form(
        address,
        form,
        act,
        "actions/snooze.html",
        lambda file: {"snoozes": active_snoozes(read_session(), file.action, today())},
    )
