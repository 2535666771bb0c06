"""Pages that put a case right: its title and agencies, its children, and its kind."""

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from reviews.access.permissions import Permission
from reviews.cases.change_kind import change_kind, facts_in_common, kinds_to_change_to
from reviews.cases.details import remove_child, rename_child
from reviews.cases.edit_case import LONGEST_TITLE, edit_case
from reviews.cases.page_queries import agencies_involved, clocks_of, find_case, visible_children
from reviews.cases.people import people_to_choose, reviewers_of
from reviews.cases.validation import LONGEST_PSEUDONYM
from reviews.definitions.installed import definition_of, present_kind
from reviews.models import Case, Child, Partnership
from reviews.people.queries import agencies
from reviews.transactions.references import LONGEST_REASON
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import query_text
from web.core.urls import case_address
from web.forms.fields import SelectMultipleField
from web.forms.question_fields import answers_as_typed, time_of
from web.forms.step_form import StepForm, make_form
from web.forms.submit_once import IdempotentForm, handle_form
from workflows.core.vocabulary import Step, Workflow

pages = Blueprint("cases_edit", __name__)


class CaseForm(IdempotentForm):
    title = StringField(
        "Neutral title",
        [Optional(), Length(max=LONGEST_TITLE)],
        description="A few words to tell this case from others. Never a child's name, initials or date of birth.",
    )
    agencies = SelectMultipleField("Agencies involved", [Optional()])
    reason = TextAreaField("Why this changes", [DataRequired("Enter the reason"), Length(max=LONGEST_REASON)])


class PseudonymForm(IdempotentForm):
    pseudonym = StringField(
        "Pseudonym of the child",
        [DataRequired("Enter a pseudonym"), Length(max=LONGEST_PSEUDONYM)],
        description="Such as Child B. Never a name, initials or a date of birth.",
    )
    reason = TextAreaField(
        "Why this changes",
        [DataRequired("Enter the reason"), Length(max=LONGEST_REASON)],
        description="Do not name the child. More people see the history than the pseudonyms.",
    )


@pages.route("/cases/<reference>/edit", methods=["GET", "POST"])
@needs(Permission.EDIT_CASE)
@shows(Shows.CASE)
def edit(reference: str) -> ResponseReturnValue:
    case, partnership = _find(reference, Permission.EDIT_CASE)
    involved = agencies_involved(read_session(), case)
    form = CaseForm(data={"title": case.title, "agencies": involved})
    offered = [name for _, name in agencies(read_session(), actor(), partnership.id)]
    form.agencies.choices = {name: name for name in sorted({*offered, *involved})}

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=partnership.code, version=form.seen_version)
        ticked = form.agencies.data or []
        edit_case(
            unit,
            found,
            title=form.title.data or "",
            add=[name for name in ticked if name not in involved],
            remove=[name for name in involved if name not in ticked],
            reason=form.reason.data or "",
        )
        flash("You changed the case. What it said before stays in the history.")
        return case_address(found.reference, found.partnership_id)

    return handle_form(form, act, lambda: _show_case(reference, form))


def _show_case(reference: str, form: CaseForm) -> str:
    case, _ = _find(reference, Permission.EDIT_CASE)
    form.show_version(case.version)
    return render_template(
        "cases/edit_case.html", form=form, case=case, involved=agencies_involved(read_session(), case)
    )


@pages.route("/cases/<reference>/children/<int:number>", methods=["GET", "POST"])
@needs(Permission.RECORD_CHILDREN)
@shows(Shows.CASE)
def child(reference: str, number: int) -> ResponseReturnValue:
    case, partnership = _find(reference, Permission.RECORD_CHILDREN)
    found = _child(case, number)
    form = PseudonymForm(data={"pseudonym": found.pseudonym})

    def act(unit: Unit) -> str:
        row = unit.case(reference, partnership=partnership.code, version=form.seen_version)
        reason = form.reason.data or ""
        if request.form.get("do") == "remove":
            remove_child(unit, row, number, reason=reason)
            flash("You removed the child.")
        else:
            rename_child(unit, row, number, pseudonym=form.pseudonym.data or "", reason=reason)
            flash("You changed the pseudonym.")
        return case_address(row.reference, row.partnership_id, "children")

    return handle_form(form, act, lambda: _show_child(reference, number, form))


def _show_child(reference: str, number: int, form: PseudonymForm) -> str:
    case, _ = _find(reference, Permission.RECORD_CHILDREN)
    form.show_version(case.version)
    return render_template("cases/edit_child.html", form=form, case=case, child=_child(case, number))


class KindForm(StepForm):
    """The form of the opening step of another kind, and why the case changes to it."""

    reason = TextAreaField(
        "Why the kind changes",
        [DataRequired("Enter the reason"), Length(max=LONGEST_REASON)],
        description="Without names. The history shows it.",
    )


@pages.route("/cases/<reference>/kind")
@needs(Permission.EDIT_CASE)
@shows(Shows.CASE)
def choose_kind(reference: str) -> ResponseReturnValue:
    case, _ = _find(reference, Permission.EDIT_CASE)
    offered = kinds_to_change_to(read_session(), actor(), case, today=today())
    return render_template("cases/change_kind.html", case=case, offered=offered)


@pages.route("/cases/<reference>/kind/<kind>", methods=["GET", "POST"])
@needs(Permission.EDIT_CASE)
@shows(Shows.CASE)
def change(reference: str, kind: str) -> ResponseReturnValue:
    case, partnership = _find(reference, Permission.EDIT_CASE)
    workflow = present_kind(read_session(), kind, today(), partnership.id)
    if workflow is None or workflow.inside or workflow.opening is None:
        raise NotFound
    step, day = workflow.opening, (case.opened.exact if case.opened else None) or today()
    recorded = facts_in_common(read_session(), case, workflow, on=day)
    form = make_form(
        KindForm,
        step,
        today=day,
        agencies=[name for _, name in agencies(read_session(), actor(), partnership.id)],
        people=people_to_choose(read_session(), actor(), partnership.id, workflow.realm, step.questions),
        initial=answers_as_typed(step.questions, recorded),
    )

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=partnership.code, version=form.seen_version)
        change_kind(
            unit,
            found,
            to=kind,
            happened_on=form.happened_on.data or unit.today,
            answers=form.answers(),
            reason=form.reason.data or "",
        )
        flash(f"{found.reference} is of the kind “{workflow.title}” now. What was recorded before is in the history.")
        return case_address(found.reference, found.partnership_id)

    return handle_form(form, act, lambda: _show_kind(reference, form, workflow, step))


def _show_kind(reference: str, form: KindForm, workflow: Workflow, step: Step) -> str:
    case, _ = _find(reference, Permission.EDIT_CASE)
    form.show_version(case.version)
    present = definition_of(read_session(), case)
    return render_template(
        "cases/change_kind_form.html",
        form=form,
        case=case,
        present=present,
        workflow=workflow,
        step=step,
        reviewers=reviewers_of(read_session(), actor(), case, today=today()),
        ending=[clock for clock in clocks_of(read_session(), case) if clock.is_running],
        time_of=time_of,
    )


def _find(reference: str, permission: Permission) -> tuple[Case, Partnership]:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    actor().require(permission, partnership.id, case.realm)
    return case, partnership


def _child(case: Case, number: int) -> Child:
    found = next((each for each in visible_children(read_session(), actor(), case) if each.id == number), None)
    if found is None:
        raise NotFound
    return found
