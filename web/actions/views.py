"""How does an action come into a plan by hand?"""

from collections.abc import Mapping, Sequence

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from notifications.rounds.next_rung import next_rung
from reviews.access.permissions import Permission
from reviews.actions.details import ACTION_KINDS, LONGEST_TEXT, LONGEST_TITLE, NewAction, add_action
from reviews.actions.list_queries import (
    AGES,
    LISTED,
    RATINGS,
    SOON,
    SORTS,
    ActionFilter,
    ActionLine,
    action_list,
    because,
)
from reviews.actions.page_queries import ActionFile, action_file
from reviews.cases.event_log import action_history, people_named
from reviews.cases.page_queries import find_case
from reviews.cases.responses import recommendations_named
from reviews.models import Case, PlanRules, Recommendation
from reviews.people.queries import Owner, agencies, owners, person_name
from reviews.recommendations.commands import add_answer, recommendation_named
from reviews.recommendations.queries import recommendations_of
from reviews.transactions.unit_of_work import Unit
from web.actions.bulk import offered
from web.actions.history import name_in, story
from web.actions.labels import STAGES, asked_of_owner, list_heading
from web.actions.list_filters import NONE, wanted_actions
from web.actions.presenter import particulars_of, proof_of, rests_of, shared_by, steps_shown, who_may
from web.actions.views_edit import DEPUTY_MAY
from web.core.access import needs
from web.core.context import actor, kinds, reader, today
from web.core.query import as_of, one_of, partnership_asked, shown, word
from web.core.urls import action_address, case_address
from web.forms.date_field import DayField
from web.forms.submit_once import OnceForm, send_form
from workflows.core.vocabulary import Role
from workflows.definitions.action import OPEN

pages = Blueprint("actions", __name__)


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
    kind = SelectField("Kind of action", [Optional()], choices={"": "Not said", **ACTION_KINDS})
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
def new_action() -> ResponseReturnValue:
    if not word("case"):
        return render_template("actions/new_where.html")
    case, place = find_case(reader(), actor(), word("case"), partnership=word("partnership") or None)
    actor().require(Permission.ADD_ACTION, case.partnership_id, case.realm)
    asked = recommendations_of(reader(), actor(), case)
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


MINE = 100
COLUMNS = frozenset(SORTS) - {"mine"}


@pages.route("/actions")
@needs(Permission.SEE_ACTIONS)
def list_actions() -> ResponseReturnValue:
    place, on, wanted, sort = _place(), as_of(), wanted_actions(), one_of("sort", COLUMNS) or "due"
    page = shown(
        lambda n: action_list(reader(), actor(), today=on, partnership_id=place, wanted=wanted, sort=sort, number=n)
    )
    places, owner = agencies(reader(), actor(), place, ended=True), _owner(wanted)
    return render_template(
        "actions/list.html",
        page=page,
        heading=list_heading(
            wanted,
            agency=dict(places).get(wanted.agency_id or 0, ""),
            owner=owner,
            source=kinds()[wanted.source].title if wanted.source else "",
        ),
        wanted=wanted,
        choices=_choices(places, {str(wanted.owner_id): owner} if owner else {}),
        sort=sort,
        on=on,
        kinds=kinds(),
        stages=STAGES,
        open_stages=OPEN,
        names_owners=any(post.role is not Role.SCRUTINY_MEMBER for post in actor().posts),
        **offered(place),
        may_add=actor().may(Permission.ADD_ACTION, place),
    )


@pages.route("/actions/mine")
@needs(Permission.SIGNED_IN)
def mine() -> ResponseReturnValue:
    wanted = ActionFilter(group="outstanding", done_by_id=actor().person_id)
    page = shown(
        lambda n: action_list(reader(), actor(), today=today(), wanted=wanted, sort="mine", number=n, size=MINE)
    )
    return render_template(
        "actions/mine.html",
        page=page,
        parts=_parts(page.rows),
        asked=asked_of_owner,
        today=today(),
        stages=STAGES,
        person_id=actor().person_id,
    )


@pages.route("/actions/<address>")
@needs(Permission.SEE_ACTIONS)
def action(address: str) -> ResponseReturnValue:
    file = action_file(reader(), actor(), address, today=today(), partnership=word("partnership") or None)
    history = shown(lambda n: action_history(reader(), actor(), file.action, number=n))
    names = people_named(reader(), actor(), history.rows)
    asked = recommendations_named(reader(), actor(), (row.details.get("recommendation_id") for row in history.rows))
    return render_template(
        "actions/action.html",
        file=file,
        action=file.action,
        because=_because(file),
        steps=steps_shown(file),
        who_may=who_may,
        history=[story(event, names, asked) for event in history.rows],
        **shared_by(file),
        **proof_of(file),
        **particulars_of(file),
        **rests_of(file),
        page=history,
        name_in=name_in,
        next_rung=next_rung(reader(), file.action, today()),
        is_open=file.action.stage in OPEN,
        today=today(),
    )


def _place() -> int | None:
    """Give the partnership asked for, or the only one they work in; None means all of theirs."""
    own = {post.partnership_id for post in actor().posts}
    return partnership_asked() or (own.pop() if len(own) == 1 else None)


def _choices(places: Sequence[tuple[int, str]], owner: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Give what each filter offers, as the address and as the reader say it."""
    codes = {post.partnership_code: post.partnership_name for post in actor().posts}
    return {
        "partnership": list(codes.items()) if len(codes) > 1 else [],
        "group": [(name, title) for name, (title, _) in LISTED.items()],
        "age": [(name, title) for name, (title, _) in AGES.items()],
        "rating": [(name, name) for name in RATINGS],
        "agency": [*((str(key), name) for key, name in places), (NONE, "No agency")],
        "owner": [*owner.items(), (NONE, "No owner")],
        "source": [(name, kind.title) for name, kind in kinds().items()],
    }


def _owner(wanted: ActionFilter) -> str:
    return person_name(reader(), actor(), wanted.owner_id) if wanted.owner_id else ""


def _parts(rows: Sequence[ActionLine]) -> dict[str, list[ActionLine]]:
    """Part a person's actions by what presses most; the order within each part stays."""
    parts: dict[str, list[ActionLine]] = {"Late": [], "Due in the next 30 days": [], "Later": [], "Waiting": []}
    for line in rows:
        parts[_part(line)].append(line)
    return parts


def _part(line: ActionLine) -> str:
    if line.stage not in OPEN:
        return "Waiting"
    if line.due_on is None or line.due_on > today() + SOON:
        return "Later"
    return "Late" if line.due_on < today() else "Due in the next 30 days"


def _because(file: ActionFile) -> str:
    rules = reader().get(PlanRules, file.action.case_id)
    return because(file.rating, file.action, rules=rules, today=today())
