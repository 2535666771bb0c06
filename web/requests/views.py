"""Pages of the register of requests."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, Response, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from reviews.access.permissions import Permission
from reviews.access.shown import note_export, note_rows
from reviews.core.paging import SIZE, Page
from reviews.exports.formats import FORMATS
from reviews.exports.registers import write_register
from reviews.models import RequestKind, RequestOutcome
from reviews.requests.commands import (
    LONGEST_COUNCIL_REFERENCE,
    LONGEST_EXEMPTIONS,
    LONGEST_NOTE,
    RequestDetails,
    add_request,
    answer_request,
    ask_to_clarify,
    change_request,
    extend_request,
    find_request_numbered,
    record_clarified,
    reopen_request,
)
from reviews.requests.queries import (
    KINDS,
    OUTCOMES,
    RequestLine,
    cases_in_sight,
    request_handlers,
    request_history,
    request_line,
    request_lines,
)
from reviews.transactions.references import LONGEST_REASON
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import (
    code_of,
    paginate,
    partnership_asked,
    partnership_for,
    partnerships_with,
    query_choice,
)
from web.core.urls import in_partnership
from web.forms.date_field import DayField
from web.forms.fields import RadioField, SelectField
from web.forms.submit_once import IdempotentForm, handle_form

pages = Blueprint("requests", __name__)

REGISTER = "/registers/requests"
SHOWN = ("open", "late", "answered")
NEVER_A_NAME = "Never the name of whoever asks, or of a child."


class RequestForm(IdempotentForm):
    council_reference = StringField(
        "Reference in the council’s own system",
        [InputRequired("Enter the reference in the council’s own system"), Length(max=LONGEST_COUNCIL_REFERENCE)],
        description=f"There the requester is named. {NEVER_A_NAME}",
    )
    counted_from_on = DayField(
        "Day the clock counts from",
        [Optional()],
        description="For subject access, the day of the proof of identity. The day of receipt when left empty.",
    )
    ordered_due_on = DayField(
        "Day it is due",
        [Optional()],
        description="Only for a coroner, court or inquiry: the day that it has set. The law sets the others.",
    )
    cases = TextAreaField(
        "Cases it is about",
        [Optional()],
        description="One reference a line, such as RR-2025-03. Until subject access or disclosure is answered, they "
        "are not disposed of.",
    )
    handler = SelectField("Who handles it", [Optional()])
    note = TextAreaField("Note", [Optional(), Length(max=LONGEST_NOTE)], description=NEVER_A_NAME)


class NewRequestForm(RequestForm):
    kind = RadioField("What is asked for", [InputRequired("Choose what is asked for")])
    received_on = DayField("Day of receipt", [InputRequired("Enter the day of receipt")])


class AskedForm(IdempotentForm):
    asked_on = DayField("Day you asked", [InputRequired("Enter the day you asked")])


class ClarifiedForm(IdempotentForm):
    clarified_on = DayField("Day it came", [InputRequired("Enter the day it came")])


class ExtensionForm(IdempotentForm):
    until = DayField("New day", [InputRequired("Enter the new day")])
    notified_on = DayField(
        "Day you told the requester",
        [InputRequired("Enter the day you told the requester")],
        description="With the reason, within the time that the law gives at first.",
    )
    reason = TextAreaField("Reason", [InputRequired("Enter the reason"), Length(max=LONGEST_REASON)])


class ReplyForm(IdempotentForm):
    outcome = RadioField("Outcome", [InputRequired("Choose the outcome")])
    exemptions = StringField(
        "Exemptions",
        [Optional(), Length(max=LONGEST_EXEMPTIONS)],
        description="Where something was held back, such as section 40(2).",
    )
    answered_on = DayField("Day of the answer", [InputRequired("Enter the day of the answer")])


class ReopeningForm(IdempotentForm):
    reason = TextAreaField("Reason", [InputRequired("Enter the reason"), Length(max=LONGEST_REASON)])


@pages.route(REGISTER)
@needs(Permission.HANDLE_REQUESTS)
@shows(Shows.LIST)
def list_requests() -> ResponseReturnValue:
    lines = request_lines(read_session(), actor(), today=today(), partnership_id=partnership_asked())
    shown = query_choice("show", SHOWN) or "open"
    groups = {
        "open": [line for line in lines if line.is_open],
        "late": [line for line in lines if line.is_open and line.lateness.is_late],
        "answered": [line for line in lines if not line.is_open],
    }
    found = groups[shown]
    note_rows(len(found), partnership_id=partnership_asked())
    page = paginate(lambda number: Page(found[(number - 1) * SIZE : number * SIZE], number, len(found)))
    return render_template(
        "requests/list.html",
        page=page,
        shown=shown,
        counts={name: len(group) for name, group in groups.items()},
        kinds=KINDS,
        today=today(),
        partnerships=partnerships_with(Permission.HANDLE_REQUESTS),
    )


@pages.route(f"{REGISTER}.<into>")
@needs(Permission.HANDLE_REQUESTS)
@shows(Shows.EXPORT)
def export(into: str) -> ResponseReturnValue:
    if into not in ("xlsx", "csv"):
        raise NotFound
    partnership_id = partnership_for(Permission.HANDLE_REQUESTS)
    count, content = write_register("requests", read_session(), actor(), partnership_id, today=today(), into=into)
    note_export(into, count, partnership_id=partnership_id)
    answer = Response(content, mimetype=FORMATS[into].media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="requests-{today().isoformat()}.{into}"'
    return answer


@pages.route(f"{REGISTER}/new", methods=["GET", "POST"])
@needs(Permission.HANDLE_REQUESTS)
@shows(Shows.NOTHING)
def new_request() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.HANDLE_REQUESTS)
    form = NewRequestForm()
    form.kind.choices = [(kind.value, title) for kind, title in KINDS.items()]
    form.handler.choices = _handlers(partnership_id)

    def act(work: Unit) -> str:
        made = add_request(
            work,
            work.partnership(code_of(partnership_id)),
            _typed(form, received_on=form.received_on.data),
            kind=RequestKind(form.kind.data),
            received_on=form.received_on.data,
        )
        flash(f"The request is in the register as {made.reference}.")
        return _address(made.id)

    back = in_partnership(REGISTER, partnership_id)
    return handle_form(form, act, lambda: render_template("requests/new.html", form=form, back=back))


@pages.route(f"{REGISTER}/<int:number>")
@needs(Permission.HANDLE_REQUESTS)
@shows(Shows.LIST)
def show_request(number: int) -> ResponseReturnValue:
    line = _found(number)
    note_rows(1, partnership_id=line.partnership_id)
    return render_template(
        "requests/request.html",
        line=line,
        kinds=KINDS,
        outcomes=OUTCOMES,
        cases_in_sight=cases_in_sight(read_session(), actor(), line),
        history=request_history(read_session(), actor(), line),
        today=today(),
        back=in_partnership(REGISTER, line.partnership_id),
    )


@pages.route(f"{REGISTER}/<int:number>/change", methods=["GET", "POST"])
@needs(Permission.HANDLE_REQUESTS)
@shows(Shows.LIST)
def change(number: int) -> ResponseReturnValue:
    line = _found(number)
    note_rows(1, partnership_id=line.partnership_id)
    form = RequestForm(
        data={
            "council_reference": line.council_reference,
            "counted_from_on": line.counted_from_on,
            "ordered_due_on": line.ordered_due_on,
            "cases": "\n".join(line.cases),
            "handler": line.handler_email,
            "note": line.note,
        }
    )
    form.handler.choices = _handlers(line.partnership_id)
    if line.kind is not RequestKind.DISCLOSURE:
        del form.ordered_due_on

    def act(work: Unit) -> str:
        found = find_request_numbered(work, number, version=form.seen_version)
        change_request(work, found, _typed(form, received_on=line.received_on))
        flash(f"{line.reference} is changed.")
        return _address(number)

    return handle_form(form, act, _showing("requests/change.html", number, form))


@pages.route(f"{REGISTER}/<int:number>/clarification", methods=["GET", "POST"])
@needs(Permission.HANDLE_REQUESTS)
@shows(Shows.NOTHING)
def clarify(number: int) -> ResponseReturnValue:
    form = ClarifiedForm() if _found(number).paused_on else AskedForm()

    def act(work: Unit) -> str:
        request = find_request_numbered(work, number, version=form.seen_version)
        if isinstance(form, AskedForm):
            ask_to_clarify(work, request, asked_on=form.asked_on.data)
            flash("The clock stands still until the clarification comes.")
        else:
            record_clarified(work, request, clarified_on=form.clarified_on.data)
            flash("The clock runs again.")
        return _address(number)

    return handle_form(form, act, _showing("requests/clarification.html", number, form))


@pages.route(f"{REGISTER}/<int:number>/extend", methods=["GET", "POST"])
@needs(Permission.HANDLE_REQUESTS)
@shows(Shows.NOTHING)
def extend(number: int) -> ResponseReturnValue:
    form = ExtensionForm()
    if _found(number).kind is RequestKind.DISCLOSURE:
        del form.notified_on

    def act(work: Unit) -> str:
        extend_request(
            work,
            find_request_numbered(work, number, version=form.seen_version),
            until=form.until.data,
            notified_on=form.notified_on.data if "notified_on" in form else None,
            reason=form.reason.data or "",
        )
        flash("The request has more time.")
        return _address(number)

    return handle_form(form, act, _showing("requests/extend.html", number, form))


@pages.route(f"{REGISTER}/<int:number>/answer", methods=["GET", "POST"])
@needs(Permission.HANDLE_REQUESTS)
@shows(Shows.NOTHING)
def answer(number: int) -> ResponseReturnValue:
    form = ReplyForm()
    form.outcome.choices = [(outcome.value, title) for outcome, title in OUTCOMES.items()]

    def act(work: Unit) -> str:
        answer_request(
            work,
            find_request_numbered(work, number, version=form.seen_version),
            outcome=RequestOutcome(form.outcome.data),
            answered_on=form.answered_on.data,
            exemptions=form.exemptions.data or "",
        )
        flash("The answer is recorded, and the clock has ended.")
        return _address(number)

    return handle_form(form, act, _showing("requests/answer.html", number, form))


@pages.route(f"{REGISTER}/<int:number>/reopen", methods=["GET", "POST"])
@needs(Permission.HANDLE_REQUESTS)
@shows(Shows.NOTHING)
def reopen(number: int) -> ResponseReturnValue:
    form = ReopeningForm()

    def act(work: Unit) -> str:
        found = find_request_numbered(work, number, version=form.seen_version)
        reopen_request(work, found, reason=form.reason.data or "")
        flash(f"{found.reference} is open again.")
        return _address(number)

    return handle_form(form, act, _showing("requests/reopen.html", number, form))


def _found(number: int) -> RequestLine:
    return request_line(read_session(), actor(), number, today=today())


def _address(number: int) -> str:
    return f"{REGISTER}/{number}"


def _handlers(partnership_id: int) -> dict[str, str]:
    return {"": "Nobody yet", **request_handlers(read_session(), actor(), partnership_id)}


def _typed(form: RequestForm, *, received_on: date) -> RequestDetails:
    return RequestDetails(
        council_reference=form.council_reference.data or "",
        counted_from_on=form.counted_from_on.data or received_on,
        ordered_due_on=form.ordered_due_on.data if "ordered_due_on" in form else None,
        cases=(form.cases.data or "").splitlines(),
        handler=form.handler.data or "",
        note=form.note.data or "",
    )


def _showing(template: str, number: int, form: IdempotentForm) -> Callable[[], str]:
    def show() -> str:
        line = _found(number)
        form.show_version(line.version)
        return render_template(
            template, form=form, line=line, kinds=KINDS, outcomes=OUTCOMES, today=today(), back=_address(number)
        )

    return show
