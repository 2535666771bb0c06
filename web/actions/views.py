"""How does an action come into a plan by hand?"""

from collections.abc import Sequence

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from reviews.access.permissions import Permission
from reviews.actions.details import LONGEST_TEXT, LONGEST_TITLE, NewAction, add_action
from reviews.actions.particulars import KINDS
from reviews.cases.page_queries import find_case
from reviews.models import Case, Recommendation
from reviews.people.choices import Owner, agencies, owners, recommendations
from reviews.recommendations.answers import add_answer, recommendation_named
from reviews.transactions.unit_of_work import Unit
from web.actions.arranging import DEPUTY_MAY
from web.core.access import needs
from web.core.context import actor, reader
from web.core.query import word
from web.core.urls import action_address, case_address
from web.forms.date_field import DayField
from web.forms.submit_once import OnceForm, send_form

pages = Blueprint("new_action", __name__)


class NewActionForm(OnceForm):
    recommendation = SelectField("Recommendation it answers", [Optional()])
    further = TextAreaField(
        "Further recommendations it answers",
        [Optional(), Length(max=LONGEST_TITLE * 10)],
        description="One on each line, of this case or another, such as: R1 of LCSPR-2026-01.",
    )
    text = TextAreaField(
        "What will be done",
        [DataRequired("Say what will be done"), Length(max=LONGEST_TEXT)],
        description="Who does what, by when, so that somebody else can tell whether it was done.",
    )
    title = StringField(
        "Short title",
        [Optional(), Length(max=LONGEST_TITLE)],
        description="A few neutral words for lists. Left empty, the beginning of the text stands in its place.",
    )
    title_safe_to_mail = BooleanField(
        "The short title may stand in mails",
        description="Only where it tells nothing of a child, a family or a case. Otherwise mails hold the reference.",
    )
    success_measure = TextAreaField(
        "What will be different for children",
        [Optional(), Length(max=LONGEST_TEXT)],
        description="Where this is filled in, the action stays on the list after it is done, until its impact is seen.",
    )
    owner = SelectField("Owner", [Optional()], description="One named person. They are told the next working morning.")
    lead_agency = SelectField("Lead agency", [Optional()], description="Left open, it is the owner's agency.")
    due_on = DayField(
        "Due date",
        [Optional()],
        description="For example, 27 3 2027. Left empty, the action is agreed with its date to follow.",
    )
    deputy = SelectField("Deputy of the owner", [Optional()], description=DEPUTY_MAY)
    kind = SelectField("Kind of action", [Optional()], choices={"": "Not said", **KINDS})
    start_on = DayField("Begins on", [Optional()])
    review_on = DayField("Looked at again on", [Optional()])
    due_text = StringField("If there is no date yet, what was said of it", [Optional(), Length(max=LONGEST_TITLE)])

    def new_action(self, people: Sequence[Owner]) -> NewAction:
        owner = next((person for person in people if person.email == self.owner.data), None)
        deputy = next((person for person in people if person.email == self.deputy.data), None)
        owners_agency = owner.agency_id if owner else None
        return NewAction(
            text=self.text.data or "",
            title=self.title.data or "",
            title_safe_to_mail=bool(self.title_safe_to_mail.data and self.title.data),
            success_measure=self.success_measure.data or "",
            lead_agency_id=int(self.lead_agency.data) if self.lead_agency.data else owners_agency,
            owner_id=owner.person_id if owner else None,
            due_on=self.due_on.data,
            due_text="" if self.due_on.data else self.due_text.data or "",
            deputy_id=deputy.person_id if deputy else None,
            kind=self.kind.data or "",
            start_on=self.start_on.data,
            review_on=self.review_on.data,
        )


@pages.route("/actions/new", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
def new() -> ResponseReturnValue:
    if not word("case"):
        return render_template("actions/new_where.html")
    case, place = find_case(reader(), actor(), word("case"), partnership=word("partnership") or None)
    actor().require(Permission.ADD_ACTION, case.partnership_id, case.realm)
    asked = recommendations(reader(), actor(), case)
    people = owners(reader(), actor(), case.partnership_id)
    form = _form(case, asked, people)

    def act(work: Unit) -> str:
        found = work.case(case.reference, partnership=place.code)
        answered = next((each for each in asked if each.reference == form.recommendation.data), None)
        action = add_action(work, found, form.new_action(people), recommendation=answered)
        for words in filter(str.strip, (form.further.data or "").splitlines()):
            add_answer(work, action, recommendation_named(work, action.partnership_id, words))
        flash(f"{action.reference} is in the plan.")
        return action_address(action.address, action.partnership_id)

    back = case_address(case.reference, case.partnership_id)
    return send_form(form, act, lambda: render_template("actions/new.html", form=form, case=case, back=back))


def _form(case: Case, asked: Sequence[Recommendation], people: Sequence[Owner]) -> NewActionForm:
    form = NewActionForm(data={"recommendation": word("recommendation")})
    form.recommendation.choices = {"": "None of them", **{each.reference: _in_brief(each) for each in asked}}
    named = {person.email: person.in_words for person in people}
    form.owner.choices, form.deputy.choices = {"": "Nobody yet", **named}, {"": "Nobody", **named}
    places = agencies(reader(), actor(), case.partnership_id)
    form.lead_agency.choices = {"": "The owner's agency", **{str(key): name for key, name in places}}
    return form


def _in_brief(asked: Recommendation) -> str:
    text = " ".join(asked.text.split())
    return f"{asked.reference}: {text[:100]}{'…' if len(text) > 100 else ''}"
