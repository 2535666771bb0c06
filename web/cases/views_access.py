"""Pages on who sees a case: the list, grants, exclusions, confinement and their ends, and one's own interest in it."""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from reviews.access.permissions import Permission
from reviews.cases.case_access import (
    RightLine,
    case_access,
    case_rights_of,
    confine,
    declare_interest,
    end_confinement,
    end_right,
    exclude,
    find_case_to_declare,
    grant,
)
from reviews.cases.page_queries import find_case
from reviews.models import Case, RightKind
from reviews.people.queries import owners
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import partnership_asked, query_text
from web.core.urls import case_address
from web.forms.date_field import DayField
from web.forms.fields import RadioField, SelectField
from web.forms.submit_once import IdempotentForm, handle_form

pages = Blueprint("cases_access", __name__)

LONGEST_REASON = 2_000
MAY = {
    RightKind.READ.value: "Read the case",
    RightKind.WORK.value: "Work on the case",
}
HINTS = {
    RightKind.READ.value: "They see the case, its plan and its history, but not the children.",
    RightKind.WORK.value: "In a review they also see the children, and record what a lead reviewer may record. In a "
    "child death review they record what a member of the panel may record.",
}


class ReasonForm(IdempotentForm):
    reason = TextAreaField("Why", [DataRequired("Enter the reason"), Length(max=LONGEST_REASON)])


class NamedPersonForm(ReasonForm):
    person = SelectField("Person", [InputRequired("Choose the person")])


class GrantForm(NamedPersonForm):
    right = RadioField("What they may do", [InputRequired("Choose what they may do")], choices=MAY)
    until = DayField("Last day", [InputRequired("Enter the last day")])


class ExcludeForm(NamedPersonForm):
    until = DayField("Last day", [Optional()])


@pages.route("/cases/<reference>/access")
@needs(Permission.MANAGE_CASE_RIGHTS)
@shows(Shows.CASE)
def access(reference: str) -> ResponseReturnValue:
    case, _ = _case_to_manage(reference)
    rights = case_rights_of(read_session(), actor(), case, today=today())
    return render_template(
        "cases/access.html",
        case=case,
        lines=case_access(read_session(), actor(), case, today=today()),
        running=[right for right in rights if right.is_in_force],
        over=[right for right in rights if not right.is_in_force],
        titles=MAY | {RightKind.EXCLUDED.value: "Excluded"},
    )


@pages.route("/cases/<reference>/access/grant", methods=["GET", "POST"])
@needs(Permission.MANAGE_CASE_RIGHTS)
@shows(Shows.CASE)
def grant_access(reference: str) -> ResponseReturnValue:
    case, code = _case_to_manage(reference)
    form = GrantForm()
    _offer_people(form, case)

    def act(work: Unit) -> str:
        found = work.case(reference, partnership=code)
        right, until = RightKind(form.right.data), form.until.data
        grant(work, found, email=form.person.data, right=right, until=until, reason=form.reason.data or "")
        flash(f"The grant is recorded, until {until:%-d %B %Y}.")
        return _list_address(found)

    return handle_form(form, act, lambda: render_template("cases/grant.html", form=form, case=case, hints=HINTS))


@pages.route("/cases/<reference>/access/exclude", methods=["GET", "POST"])
@needs(Permission.MANAGE_CASE_RIGHTS)
@shows(Shows.CASE)
def exclude_person(reference: str) -> ResponseReturnValue:
    case, code = _case_to_manage(reference)
    form = ExcludeForm()
    _offer_people(form, case)

    def act(work: Unit) -> str:
        found = work.case(reference, partnership=code)
        person = exclude(work, found, email=form.person.data, until=form.until.data, reason=form.reason.data or "")
        flash("The person is excluded from this case. From now on they find it nowhere.")
        return "/cases" if person.person_id == work.actor.person_id else _list_address(found)

    return handle_form(form, act, lambda: render_template("cases/exclude.html", form=form, case=case))


@pages.route("/cases/<reference>/access/confine", methods=["GET", "POST"])
@needs(Permission.MANAGE_CASE_RIGHTS)
@shows(Shows.CASE)
def confine_case(reference: str) -> ResponseReturnValue:
    """Confine a case to named people, or open it again to those who see it by role."""
    case, code = _case_to_manage(reference)
    form = ReasonForm()
    is_confined = case.confined_at is not None

    def act(work: Unit) -> str:
        found = work.case(reference, partnership=code, version=form.seen_version)
        change = end_confinement if found.confined_at is not None else confine
        change(work, found, reason=form.reason.data or "")
        flash("Only named people see this case now." if found.confined_at else "The case is no longer confined.")
        return _list_address(found)

    def show() -> str:
        form.show_version(find_case(read_session(), actor(), reference, partnership=code)[0].version)
        return render_template("cases/confine.html", form=form, case=case, is_confined=is_confined)

    return handle_form(form, act, show)


@pages.route("/cases/<reference>/access/<int:right>/end", methods=["GET", "POST"])
@needs(Permission.MANAGE_CASE_RIGHTS)
@shows(Shows.CASE)
def end_access(reference: str, right: int) -> ResponseReturnValue:
    case, code = _case_to_manage(reference)
    line, form = _right(case, right), ReasonForm()

    def act(work: Unit) -> str:
        excluded = line.kind is RightKind.EXCLUDED
        found = work.case(reference, partnership=code)
        end_right(work, found, email=line.email, excluded=excluded, reason=form.reason.data or "")
        flash(f"{'The exclusion' if excluded else 'The grant'} of {line.name} has ended.")
        return _list_address(found)

    return handle_form(form, act, lambda: render_template("cases/end_right.html", form=form, case=case, line=line))


@pages.route("/cases/<reference>/interest", methods=["GET", "POST"])
@needs(Permission.SIGNED_IN)
@shows(Shows.CASE)
def interest(reference: str) -> ResponseReturnValue:
    """Declare one's own interest. Nobody can take that back themself: the manager ends it."""
    partnership_id, form = partnership_asked(), ReasonForm()
    case = find_case_to_declare(read_session(), actor(), reference, partnership_id=partnership_id)

    def act(work: Unit) -> str:
        found = find_case_to_declare(work.session, work.actor, reference, partnership_id=partnership_id)
        declare_interest(work, found, reason=form.reason.data or "")
        flash("You have declared your interest. You no longer see this case, and get no mail about it.")
        return "/"

    back = case_address(case.reference, case.partnership_id) if actor().may(Permission.SEE_CASE) else "/actions/mine"
    return handle_form(form, act, lambda: render_template("cases/interest.html", form=form, case=case, back=back))


def _case_to_manage(reference: str) -> tuple[Case, str]:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    actor().require(Permission.MANAGE_CASE_RIGHTS, partnership.id, case.realm)
    return case, partnership.code


def _offer_people(form: NamedPersonForm, case: Case) -> None:
    people = owners(read_session(), actor(), case.partnership_id)
    form.person.choices = {"": "Choose a person", **{each.email: each.in_words for each in people}}


def _right(case: Case, number: int) -> RightLine:
    lines = case_rights_of(read_session(), actor(), case, today=today())
    found = next((line for line in lines if line.number == number and line.is_in_force), None)
    if found is None:
        raise NotFound
    return found


def _list_address(case: Case) -> str:
    return case_address(case.reference, case.partnership_id, "access")
