"""Pages that put a case right: its title and agencies, and its children."""

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from reviews.access.permissions import Permission
from reviews.cases.details import remove_child, rename_child
from reviews.cases.edit_case import LONGEST_TITLE, edit_case
from reviews.cases.page_queries import agencies_involved, find_case, visible_children
from reviews.cases.validation import LONGEST_PSEUDONYM
from reviews.models import Case, Child, Partnership
from reviews.people.queries import agencies
from reviews.transactions.references import LONGEST_REASON
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, read_session
from web.core.query import query_text
from web.core.urls import case_address
from web.forms.fields import SelectMultipleField
from web.forms.submit_once import IdempotentForm, handle_form

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


def _find(reference: str, permission: Permission) -> tuple[Case, Partnership]:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    actor().require(permission, partnership.id, case.realm)
    return case, partnership


def _child(case: Case, number: int) -> Child:
    found = next((each for each in visible_children(read_session(), actor(), case) if each.id == number), None)
    if found is None:
        raise NotFound
    return found
