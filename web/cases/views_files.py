"""Adding, downloading and withdrawing the files of a case, and of what an agency returned."""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from reviews.access.permissions import NotAllowed, Permission
from reviews.cases.attachments import (
    LONGEST_TITLE,
    WHO_ADDS,
    WHO_WITHDRAWS,
    add_file,
    attachment,
    files_of,
    may_add_file,
    record_file_reading,
    withdraw_file,
)
from reviews.cases.page_queries import find_case
from reviews.definitions.installed import definition_of
from reviews.files.store import stored_file
from reviews.models import Case
from reviews.transactions.references import LONGEST_REASON
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import LARGEST_EVIDENCE, accepts_files, needs
from web.core.context import actor, read_session
from web.core.on_record import Shows, shows
from web.core.query import query_text
from web.core.stored_files import send_file, taking_files
from web.core.urls import case_address
from web.forms.file_upload import ACCEPTED, FileUploadForm, has_file
from web.forms.submit_once import IdempotentForm, handle_form

pages = Blueprint("cases_files", __name__)


class CaseFileForm(FileUploadForm):
    title = StringField(
        "What it is",
        [DataRequired("Say what the file is"), Length(max=LONGEST_TITLE)],
        description="Such as Chronology of the council, or Minutes of 3 March. Never a child's name.",
    )

    def validate_file(self, field: Field) -> None:
        if not has_file(field):
            raise ValidationError("Choose a file")
        super().validate_file(field)


class WithdrawFileForm(IdempotentForm):
    reason = TextAreaField(
        "Why you withdraw it",
        [DataRequired("Say why you withdraw it"), Length(max=LONGEST_REASON)],
        description="The file stays listed, struck through, with this reason. Never a child's name.",
    )


@pages.route("/cases/<reference>/files/new", methods=["GET", "POST"])
@needs(Permission.SEE_CASE)
@shows(Shows.CASE)
@accepts_files(LARGEST_EVIDENCE)
def add(reference: str) -> ResponseReturnValue:
    case, code = _case(reference)
    if not may_add_file(actor(), case, definition_of(read_session(), case)):
        raise NotAllowed(WHO_ADDS)
    form = CaseFileForm()

    def act(work: Unit) -> str:
        found = work.case(reference, partnership=code)
        assert form.stored is not None  # noqa: S101  # the form is not valid without one
        add_file(work, found, form.stored, title=form.title.data or "")
        flash("The file is added to the case.")
        return _address(found)

    def show() -> str:
        found, _ = _case(reference)
        return render_template("cases/new_file.html", form=form, case=found, accepted=ACCEPTED, back=_address(found))

    with taking_files() as form.taker:
        return handle_form(form, act, show)


@pages.route("/cases/<reference>/files/<int:number>")
@needs(Permission.SEE_CASE)
@shows(Shows.FILE)
def download(reference: str, number: int) -> ResponseReturnValue:
    """Send a file under the reference of its case, not under the name that somebody gave it."""
    case, code = _case(reference)
    row = attachment(read_session(), actor(), case, _checked(number))
    return send_file(
        stored_file(row),
        f"{case.reference}-file-{number}",
        lambda work: record_file_reading(work, work.case(reference, partnership=code), number),
    )


@pages.route("/cases/<reference>/files/<int:number>/withdraw", methods=["GET", "POST"])
@needs(Permission.SEE_CASE)
@shows(Shows.CASE)
def withdraw(reference: str, number: int) -> ResponseReturnValue:
    case, code = _case(reference)
    lines = files_of(read_session(), actor(), case)
    line = next((line for line in lines if line.row.id == number and line.row.case_id == case.id), None)
    if line is None:
        raise NotFound
    form = WithdrawFileForm()
    if not form.is_submitted() and not line.may_withdraw:
        raise NotAllowed(WHO_WITHDRAWS)

    def act(work: Unit) -> str:
        found = work.case(reference, partnership=code)
        withdraw_file(work, found, number, reason=form.reason.data or "")
        flash("The file is withdrawn. It stays listed with your reason.")
        return _address(found)

    def show() -> str:
        found, _ = _case(reference)
        return render_template("cases/withdraw_file.html", form=form, case=found, line=line, back=_address(found))

    return handle_form(form, act, show)


def _case(reference: str) -> tuple[Case, str]:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    return case, partnership.code


def _checked(number: int) -> int:
    if number >= 2**31:
        raise NotFound
    return number


def _address(case: Case) -> str:
    return case_address(case.reference, case.partnership_id)
