"""The list of actions, a person's own actions, the page of one action, and the form that adds one."""

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from reviews.access.permissions import Permission
from reviews.access.shown import note_rows
from reviews.actions.details import (
    ACTION_KINDS,
    DETAIL_FIELDS,
    LONGEST_REFERENCE_NAME,
    LONGEST_TEXT,
    LONGEST_TITLE,
    NewAction,
    add_action,
)
from reviews.actions.list_queries import SOON, ActionFilter, ActionLine, action_list
from reviews.actions.page_queries import action_file
from reviews.cases.list_queries_child_cases import (
    ChildCaseFilter,
    asks_an_agency,
    child_case_list,
    count_child_cases,
)
from reviews.cases.page_queries import find_case
from reviews.models import Case, Recommendation
from reviews.people.queries import Owner, agencies, owners
from reviews.recommendations.commands import add_answer, recommendation_named
from reviews.recommendations.queries import recommendations_of
from reviews.transactions.unit_of_work import Unit
from web.actions.labels import STAGES, next_step_of_owner
from web.actions.list_presenter import action_list_page
from web.actions.presenter import action_page, evidence_title, name_in, who_may
from web.actions.question_count import open_question_count
from web.actions.views_edit import DEPUTY_MAY, SAFE_HINT, SAFE_LABEL
from web.core.access import needs
from web.core.context import actor, kinds, read_session, today
from web.core.limited_views import limit
from web.core.on_record import Shows, shows
from web.core.query import paginate, query_text
from web.core.urls import action_address, case_address
from web.forms.date_field import DayField
from web.forms.fields import SelectField
from web.forms.submit_once import IdempotentForm, handle_form
from workflows.core.vocabulary import Role
from workflows.definitions.action import OPEN

pages = Blueprint("actions", __name__)


REFERENCE_NAME = next(detail for detail in DETAIL_FIELDS if detail.name == "reference_name")


class NewActionForm(IdempotentForm):
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
        description="A few neutral words for lists. If you leave it empty, the beginning of the text is used.",
    )
    reference_name = StringField(
        REFERENCE_NAME.label, [Optional(), Length(max=LONGEST_REFERENCE_NAME)], description=REFERENCE_NAME.hint
    )
    name_is_safe = BooleanField(SAFE_LABEL, description=SAFE_HINT)
    title_safe_to_mail = BooleanField(
        "The short title may be used in emails",
        description="Only if it says nothing about a child, a family or a case. Otherwise emails use the reference.",
    )
    success_measure = TextAreaField(
        "What will be different for children",
        [Optional(), Length(max=LONGEST_TEXT)],
        description="If you fill this in, the action stays on the list after it is done, until its impact is seen.",
    )
    owner = SelectField("Owner", [Optional()], description="One named person. They are told the next working morning.")
    lead_agency = SelectField(
        "Lead agency", [Optional()], description="If you leave it empty, it is the owner's agency."
    )
    due_on = DayField(
        "Due date",
        [Optional()],
        description="For example, 27 3 2027. If you leave it empty, the action is agreed with its date to follow.",
    )
    deputy = SelectField("Deputy of the owner", [Optional()], description=DEPUTY_MAY)
    kind = SelectField("Kind of action", [Optional()], choices={"": "Not said", **ACTION_KINDS})
    start_on = DayField("Begins on", [Optional()])
    review_on = DayField("Looked at again on", [Optional()])
    due_text = StringField("If there is no date yet, what was said about it", [Optional(), Length(max=LONGEST_TITLE)])

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
            reference_name=self.reference_name.data or "",
            name_is_safe=self.name_is_safe.data,
        )


@pages.route("/actions/new", methods=["GET", "POST"])
@needs(Permission.ADD_ACTION)
@shows(Shows.CASE, Shows.NOTHING)
def new_action() -> ResponseReturnValue:
    if not query_text("case"):
        return render_template("actions/new_where.html")
    case, partnership = find_case(
        read_session(), actor(), query_text("case"), partnership=query_text("partnership") or None
    )
    actor().require(Permission.ADD_ACTION, case.partnership_id, case.realm)
    asked = recommendations_of(read_session(), actor(), case)
    people = owners(read_session(), actor(), case.partnership_id, case_id=case.id, today=today())
    form = _form(case, asked, people)

    def act(work: Unit) -> str:
        locked = work.case(case.reference, partnership=partnership.code)
        answered = next((each for each in asked if each.reference == form.recommendation.data), None)
        action = add_action(work, locked, form.new_action(people), recommendation=answered)
        for words in filter(str.strip, (form.further.data or "").splitlines()):
            add_answer(work, action, recommendation_named(work, action.partnership_id, words))
        flash(f"{action.reference} is in the plan.")
        return action_address(action.address, action.partnership_id)

    back = case_address(case.reference, case.partnership_id)
    return handle_form(form, act, lambda: render_template("actions/new.html", form=form, case=case, back=back))


def _form(case: Case, asked: Sequence[Recommendation], people: Sequence[Owner]) -> NewActionForm:
    form = NewActionForm(data={"recommendation": query_text("recommendation")})
    form.recommendation.choices = {"": "None of them", **{each.reference: _in_brief(each) for each in asked}}
    named = {person.email: person.in_words for person in people}
    form.owner.choices, form.deputy.choices = {"": "Nobody yet", **named}, {"": "Nobody", **named}
    found = agencies(read_session(), actor(), case.partnership_id)
    form.lead_agency.choices = {"": "The owner's agency", **{str(key): name for key, name in found}}
    return form


def _in_brief(asked: Recommendation) -> str:
    text = " ".join(asked.text.split())
    return f"{asked.reference}: {text[:100]}{'…' if len(text) > 100 else ''}"


MOST_OWED = 5
NOTHING_OWED: dict[str, object] = {"owed": None, "owed_late": 0}


def _owed() -> dict[str, object]:
    """Give what the agencies that this person leads were asked for and have not sent, for a template."""
    led = {assignment.agency_id for assignment in actor().roles_held if assignment.role is Role.AGENCY_LEAD}
    if not led:
        return NOTHING_OWED
    asking = [name for name, kind in kinds().items() if asks_an_agency(kind)]
    filters, near = ChildCaseFilter(asking, agency_ids=led), today() + SOON
    found = child_case_list(read_session(), actor(), today=today(), near=near, filters=filters, size=MOST_OWED)
    note_rows(len(found.rows))
    overdue = replace(filters, clock="late")
    late = count_child_cases(read_session(), actor(), today=today(), near=near, filters=overdue) if found.total else 0
    return {"owed": found, "owed_late": late}


MINE = 100
"""Actions on a page of a person's own."""


@pages.route("/actions")
@needs(Permission.SEE_ACTIONS)
@shows(Shows.LIST)
def list_actions() -> ResponseReturnValue:
    """List actions. It is the home page of an agency's lead, where it begins with what the agency was asked for."""
    return render_template(
        "actions/list.html",
        listing=action_list_page(),
        kinds=kinds(),
        stages=STAGES,
        open_stages=OPEN,
        today=today(),
        **(NOTHING_OWED if request.args else _owed()),
    )


@pages.route("/actions/mine")
@needs(Permission.SIGNED_IN)
@shows(Shows.LIST)
def mine() -> ResponseReturnValue:
    theirs = ActionFilter(group="outstanding", done_by_id=actor().person_id)
    page = paginate(
        lambda n: action_list(read_session(), actor(), today=today(), wanted=theirs, sort="mine", number=n, size=MINE)
    )
    return render_template(
        "actions/mine.html",
        page=page,
        groups=_by_urgency(page.rows),
        next_step=next_step_of_owner,
        today=today(),
        stages=STAGES,
        person_id=actor().person_id,
        open_questions=open_question_count(),
        **_owed(),
    )


@pages.route("/actions/<address>")
@needs(Permission.SEE_ACTIONS)
@shows(Shows.ACTION)
@limit("case pages")
def action(address: str) -> ResponseReturnValue:
    file = action_file(read_session(), actor(), address, today=today(), partnership=query_text("partnership") or None)
    return render_template(
        "actions/action.html",
        page=action_page(file),
        evidence_title=evidence_title,
        name_in=name_in,
        who_may=who_may,
    )


def _by_urgency(rows: Sequence[ActionLine]) -> dict[str, list[ActionLine]]:
    """Group a person's actions by how urgent they are; the order within each group stays."""
    groups: dict[str, list[ActionLine]] = {"Late": [], "Due in the next 30 days": [], "Later": [], "Waiting": []}
    for line in rows:
        groups[_urgency(line)].append(line)
    return groups


def _urgency(line: ActionLine) -> str:
    if line.stage not in OPEN:
        return "Waiting"
    if line.due_on is None or line.due_on > today() + SOON:
        return "Later"
    return "Late" if line.lateness(today()).is_late else "Due in the next 30 days"
