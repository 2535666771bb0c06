"""Pages on who the children of a case are: that it is stored, storing and changing it, and opening it for a purpose."""

from typing import Any

from flask import Blueprint, flash, g, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from reviews.access.permissions import Permission
from reviews.cases.page_queries import find_case
from reviews.core.keyring import MissingKey, keyring_of
from reviews.identities.commands import NotOnRecord, OpeningRequest, open_identity, remove_identity, store_identity
from reviews.identities.labels import DETAILS_OF_IDENTITY, PURPOSES, Detail, DetailKind
from reviews.identities.queries import IdentityLine, identity_lines, opening_lines
from reviews.identities.sealed_details import DamagedIdentity
from reviews.models import Case, Partnership, Through
from reviews.transactions.references import LONGEST_REASON
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import Purpose, needs, require_fresh_proof
from web.core.context import actor, app_context, close_read_session, read_session
from web.core.limited_views import limit, network
from web.core.on_record import Shows, note_written, shows
from web.core.query import query_text
from web.core.urls import case_address
from web.forms.date_field import DayField
from web.forms.fields import NeededIf, RadioField, SelectMultipleField
from web.forms.submit_once import IdempotentForm, handle_form
from workflows.core.engine import Refused

pages = Blueprint("cases_identities", __name__)


def _field(detail: Detail) -> Field:
    if detail.kind is DetailKind.DAY:
        return DayField(detail.title, [Optional()], description=detail.hint)
    kind = TextAreaField if detail.kind is DetailKind.LINES else StringField
    return kind(detail.title, [Optional(), Length(max=detail.longest)], description=detail.hint)


class IdentityForm(IdempotentForm):
    """It never shows what is stored: a detail left empty stays as it is."""

    cleared = SelectMultipleField(
        "Details that are not known any more",
        [Optional()],
        choices={detail.column: detail.title for detail in DETAILS_OF_IDENTITY if detail.column != "name"},
    )

    def values(self) -> dict[str, str]:
        typed: dict[str, Any] = {detail.column: self[detail.column].data for detail in DETAILS_OF_IDENTITY}
        return {column: data if isinstance(data, str) else data.isoformat() for column, data in typed.items() if data}


for _detail in DETAILS_OF_IDENTITY:
    setattr(IdentityForm, _detail.column, _field(_detail))


class PurposeForm(IdempotentForm):
    purpose = RadioField(
        "What do you open it for?",
        [InputRequired("Choose what you open the identity for")],
        choices={purpose.value: words for purpose, words in PURPOSES.items()},
    )
    reason = TextAreaField(
        "In your words",
        [
            NeededIf(lambda form: "Enter what you open the identity for" if form.purpose.data == "other" else ""),
            Length(max=LONGEST_REASON),
        ],
        description="Needed for “Something else”. Do not name the child: this stays on record.",
    )


class RemovalForm(IdempotentForm):
    reason = TextAreaField(
        "Why it is removed",
        [DataRequired("Enter the reason"), Length(max=LONGEST_REASON)],
        description="Do not name the child. The history of the case shows it.",
    )


@pages.route("/cases/<reference>/identities")
@needs(Permission.OPEN_IDENTITIES)
@shows(Shows.CASE)
@limit("case pages")
def identities(reference: str) -> ResponseReturnValue:
    case, partnership = _case(reference)
    return render_template(
        "cases/identities.html",
        case=case,
        lines=identity_lines(read_session(), actor(), case),
        openings=opening_lines(read_session(), actor(), case),
        purposes=PURPOSES,
        may_record=actor().may(Permission.RECORD_IDENTITIES, partnership.id, case.realm),
    )


@pages.route("/cases/<reference>/children/<int:number>/identity", methods=["GET", "POST"])
@needs(Permission.RECORD_IDENTITIES)
@shows(Shows.CASE)
def edit_identity(reference: str, number: int) -> ResponseReturnValue:
    _, partnership, _ = _find(reference, number, Permission.RECORD_IDENTITIES)
    code = partnership.code
    form = IdentityForm()

    def act(unit: Unit) -> str:
        row = unit.case(reference, partnership=code, version=form.seen_version)
        keyring = keyring_of(app_context().settings)
        store_identity(unit, keyring, row, number, values=form.values(), cleared=form.cleared.data or ())
        flash("The identity is stored under seal.", "success")
        return case_address(row.reference, row.partnership_id, "identities")

    def show() -> str:
        present, _, line = _find(reference, number, Permission.RECORD_IDENTITIES)
        form.show_version(present.version)
        return render_template(
            "cases/edit_identity.html", form=form, case=present, line=line, details=DETAILS_OF_IDENTITY
        )

    return handle_form(form, act, show)


@pages.route("/cases/<reference>/children/<int:number>/identity/open", methods=["GET", "POST"])
@needs(Permission.OPEN_IDENTITIES)
@shows(Shows.CASE)
@require_fresh_proof(Purpose.IDENTITY)
@limit("case pages")
def show_identity(reference: str, number: int) -> ResponseReturnValue:
    """Show an identity in the answer to the form that names the purpose, and nowhere else."""
    case, partnership, line = _find_stored(reference, number, Permission.OPEN_IDENTITIES)
    form = PurposeForm()
    code = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        asked = OpeningRequest(
            reference=case.reference,
            partnership=partnership.code,
            child_id=number,
            purpose=str(form.purpose.data),
            reason=form.reason.data or "",
            through=Through.PAGE,
            route=str(request.url_rule),
            network=network(),
            request_id=g.request_id,
        )
        context = app_context()
        close_read_session()
        try:
            opened = open_identity(context.database, context.clock, actor(), keyring_of(context.settings), asked)
            note_written()
            return render_template("cases/identity_opened.html", case=case, opened=opened)
        except NotOnRecord as fault:
            return render_template("errors/page.html", code=503, sentence=str(fault)), 503
        except Refused as refusal:
            form.refuse(refusal)
            code = 409 if isinstance(refusal, MissingKey | DamagedIdentity) else 422
    return render_template("cases/open_identity.html", form=form, case=case, line=line), code


@pages.route("/cases/<reference>/children/<int:number>/identity/remove", methods=["GET", "POST"])
@needs(Permission.RECORD_IDENTITIES)
@shows(Shows.CASE)
@require_fresh_proof(Purpose.IDENTITY)
def remove(reference: str, number: int) -> ResponseReturnValue:
    case, partnership, line = _find_stored(reference, number, Permission.RECORD_IDENTITIES)
    code = partnership.code
    form = RemovalForm()

    def act(unit: Unit) -> str:
        row = unit.case(reference, partnership=code)
        remove_identity(unit, row, number, reason=form.reason.data or "")
        flash("The identity is removed, and its key destroyed.", "success")
        return case_address(row.reference, row.partnership_id, "identities")

    return handle_form(
        form, act, lambda: render_template("cases/remove_identity.html", form=form, case=case, line=line)
    )


def _case(reference: str) -> tuple[Case, Partnership]:
    return find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)


def _find(reference: str, number: int, permission: Permission) -> tuple[Case, Partnership, IdentityLine]:
    case, partnership = _case(reference)
    actor().require(permission, partnership.id, case.realm)
    lines = identity_lines(read_session(), actor(), case)
    line = next((each for each in lines if each.child_id == number), None)
    if line is None:
        raise NotFound
    return case, partnership, line


def _find_stored(reference: str, number: int, permission: Permission) -> tuple[Case, Partnership, IdentityLine]:
    found = _find(reference, number, permission)
    if found[2].recorded_at is None:
        raise NotFound
    return found
