"""Pages of the audit log: its notices, who saw a case, what a person saw, and what is disclosed of it."""

from datetime import date

from flask import Blueprint, Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from reviews.access.permissions import NotAllowed, Permission
from reviews.audit.anchors import verified_to
from reviews.audit.labels import GROUPS
from reviews.audit.notices import THEMSELF, all_notices, find_notice, note_notice, open_notices
from reviews.audit.queries import (
    CaseSubject,
    LogPeriod,
    Subject,
    case_subject,
    log_rows,
    people_of,
    person_subject,
)
from reviews.audit.record_reading import record_reading
from reviews.core.clock import local_day
from reviews.core.paging import Page
from reviews.exports.disclosures import FORMATS, MOST_ROWS, PURPOSES, Disclosure
from reviews.models import NoticeFinding, Through
from reviews.transactions.references import LONGEST_REASON
from reviews.transactions.unit_of_work import NotFound, Unit
from web.audit.presenter import cut_at_day, days_of
from web.core.access import Purpose, needs, require_fresh_proof
from web.core.context import actor, app_context, close_read_session, read_session
from web.core.limited_views import limit, network
from web.core.on_record import Shows, shows
from web.core.query import (
    code_of,
    day,
    number,
    paginate,
    partnership_for,
    partnerships_with,
    query_choice,
    query_text,
)
from web.core.urls import in_partnership
from web.forms.fields import RadioField
from web.forms.submit_once import IdempotentForm, handle_form

pages = Blueprint("audit", __name__)

ROWS = 500
FINDINGS = {
    NoticeFinding.EXPLAINED: "Explained: there was a good reason",
    NoticeFinding.PASSED_ON: "Passed on: somebody else deals with it now",
}


@pages.route("/audit")
@needs(Permission.SEE_AUDIT_NOTICES)
@shows(Shows.NOTHING)
def audit() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.SEE_AUDIT_NOTICES)
    may_ask = actor().may(Permission.SEE_AUDIT, partnership_id)
    return render_template(
        "audit/audit.html",
        notices=open_notices(read_session(), actor(), partnership_id),
        may_ask=may_ask,
        people=people_of(read_session(), actor(), partnership_id) if may_ask else [],
        **_of_partnership(partnership_id, Permission.SEE_AUDIT_NOTICES),
    )


@pages.route("/audit/notices")
@needs(Permission.SEE_AUDIT_NOTICES)
@shows(Shows.NOTHING)
def notices() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.SEE_AUDIT_NOTICES)

    def fetch(page: int) -> Page[object]:
        found = all_notices(read_session(), actor(), partnership_id, page=page)
        return Page(found.rows, found.number, found.total)

    return render_template(
        "audit/notices.html", page=paginate(fetch), **_of_partnership(partnership_id, Permission.SEE_AUDIT_NOTICES)
    )


class NoteForm(IdempotentForm):
    finding = RadioField(
        "What you found",
        [InputRequired("Choose what you found")],
        choices={finding.value: words for finding, words in FINDINGS.items()},
    )
    note = TextAreaField(
        "Note",
        [InputRequired("Write what you found"), Length(max=LONGEST_REASON)],
        description="What the reason was, or to whom you passed it on. It stays as you write it. Name no child.",
    )


@pages.route("/audit/notices/<int:number>", methods=["GET", "POST"])
@needs(Permission.SEE_AUDIT_NOTICES)
@shows(Shows.NOTHING)
def notice(number: int) -> ResponseReturnValue:
    found, form = find_notice(read_session(), actor(), number), NoteForm()
    if not found.may_note and found.noted_at is None:
        raise NotAllowed(THEMSELF)
    partnership_id = found.partnership_id

    def act(work: Unit) -> str:
        note_notice(work, number, finding=NoticeFinding(form.finding.data), note=form.note.data or "")
        flash("What you found is on record.")
        return in_partnership("/audit", partnership_id)

    return handle_form(
        form,
        act,
        lambda: render_template(
            "audit/notice.html",
            form=form,
            notice=found,
            findings=FINDINGS,
            may_ask=actor().may(Permission.SEE_AUDIT, partnership_id),
            on=local_day(found.from_at),
            to_on=local_day(found.to_at),
            back=in_partnership("/audit", partnership_id),
        ),
    )


@pages.route("/audit/who-saw")
@needs(Permission.SEE_AUDIT)
@shows(Shows.NOTHING)
def who_saw() -> ResponseReturnValue:
    """Show who saw a case. An unknown reference is said on the page, as it is asked for in a form."""
    return _show_log("reference")


@pages.route("/audit/seen-by")
@needs(Permission.SEE_AUDIT)
@shows(Shows.NOTHING)
def seen_by() -> ResponseReturnValue:
    return _show_log("person")


def _show_log(asked: str) -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.SEE_AUDIT)
    people = people_of(read_session(), actor(), partnership_id)
    kind = query_choice("kind", GROUPS)
    period = LogPeriod(day("from"), day("to"), GROUPS[kind].kinds if kind else frozenset())
    shown = {
        "asked": asked,
        "people": people,
        "kinds": [(name, group.title) for name, group in GROUPS.items()],
        "kind": kind,
        "period": period,
        "reference": query_text("reference").upper(),
        "person_id": number("person"),
        **_of_partnership(partnership_id, Permission.SEE_AUDIT),
    }
    try:
        subject = _subject(asked, partnership_id)
    except NotFound:
        code = 404 if query_text(asked) else 200
        return render_template("audit/log.html", subject=None, days=[], before=None, is_first=True, **shown), code
    rows = log_rows(read_session(), app_context().database, subject, period, before=number("before"), limit=ROWS + 1)
    page, before = cut_at_day(rows, ROWS)
    _record(subject, len(page))
    days = days_of(
        page,
        is_cut=before is not None,
        next_day=local_day(rows[len(page)].at) if before is not None else None,
        with_who=asked == "reference",
        names={each.person_id: each.name for each in people},
    )
    is_first = number("before") is None
    return render_template("audit/log.html", subject=subject, days=days, before=before, is_first=is_first, **shown)


@pages.route("/audit/disclosure")
@needs(Permission.SEE_AUDIT)
@shows(Shows.NOTHING)
@require_fresh_proof(Purpose.DISCLOSURE)
def disclosure() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.SEE_AUDIT)
    if (asked := _asked()) == "":
        return redirect(in_partnership("/audit", partnership_id), 303)
    return _show_disclosure(_subject(asked, partnership_id), [])


@pages.route("/audit/disclosure/file")
@needs(Permission.SEE_AUDIT)
@shows(Shows.NOTHING)
@require_fresh_proof(Purpose.DISCLOSURE)
@limit("exports")
def disclosure_file() -> ResponseReturnValue:
    """Send what the log has of one case or person as a file. That it was disclosed, and why, is written first."""
    partnership_id = partnership_for(Permission.SEE_AUDIT)
    if (asked := _asked()) == "":
        return redirect(in_partnership("/audit", partnership_id), 303)
    subject = _subject(asked, partnership_id)
    into, purpose = query_choice("format", FORMATS), query_choice("purpose", _purposes(subject))
    from_on, to_on = day("from"), day("to")
    if not purpose or not into:
        return _show_disclosure(subject, ["Choose a purpose and a format"]), 422
    database, now = app_context().database, app_context().clock.now()
    rows = log_rows(read_session(), database, subject, LogPeriod(from_on, to_on), limit=MOST_ROWS + 1)
    if len(rows) > MOST_ROWS:
        return _show_disclosure(subject, [f"There are more than {MOST_ROWS:,} entries. Choose a shorter period"]), 422
    content = FORMATS[into].write(
        Disclosure(
            subject=subject,
            partnership=partnerships_with(Permission.SEE_AUDIT)[code_of(partnership_id)],
            rows=rows,
            from_on=from_on,
            to_on=to_on,
            purpose=PURPOSES[purpose].title,
            disclosed_by=actor().name,
            disclosed_at=now,
            verified_to=verified_to(read_session(), partnership_id),
        )
    )
    _record(subject, len(rows), disclosed=f"{into} for {PURPOSES[purpose].short}")
    answer = Response(content, content_type=FORMATS[into].media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="audit-log-{now:%Y-%m-%d}.{into}"'
    return answer


def _asked() -> str:
    """Give what a disclosure is to be about; "" where the address says neither."""
    return next((name for name in ("reference", "person") if query_text(name)), "")


def _show_disclosure(subject: Subject, faults: list[str]) -> str:
    return render_template(
        "audit/disclosure.html",
        subject=subject,
        is_case=isinstance(subject, CaseSubject),
        purposes=_purposes(subject),
        formats=FORMATS,
        faults=faults,
        purpose=query_text("purpose"),
        into=query_text("format") or "xlsx",
        from_on=_iso(day("from")),
        to_on=_iso(day("to")),
        **_of_partnership(partnership_for(Permission.SEE_AUDIT), Permission.SEE_AUDIT),
    )


def _purposes(subject: Subject) -> dict[str, str]:
    """Give the purposes that what is on record of a case, or of a person, is disclosed for."""
    is_case = isinstance(subject, CaseSubject)
    return {name: each.title for name, each in PURPOSES.items() if (each.of_case if is_case else each.of_person)}


def _subject(asked: str, partnership_id: int) -> Subject:
    """Find what is asked about in the address. Raises NotFound."""
    if asked == "reference":
        reference = query_text("reference")
        return case_subject(read_session(), app_context().database, actor(), partnership_id, reference)
    return person_subject(read_session(), actor(), partnership_id, number("person") or 0)


def _record(subject: Subject, rows: int, *, disclosed: str = "") -> None:
    """Write that the log was read, before it is shown: what cannot be written is not shown."""
    close_read_session()
    record_reading(
        app_context().database,
        actor(),
        subject,
        at=app_context().clock.now(),
        through=Through.PAGE,
        route=request.url_rule.rule if request.url_rule else "",
        number=rows,
        disclosed=disclosed,
        network=network(),
        request_id=g.get("request_id", ""),
    )


def _of_partnership(partnership_id: int, permission: Permission) -> dict[str, object]:
    """Give what every page here is told of the partnership; `partnership` is its code where there are several."""
    several = partnerships_with(permission)
    code = code_of(partnership_id)
    return {
        "partnership_id": partnership_id,
        "partnership_name": several[code],
        "partnerships": several,
        "partnership": code,
        "findings": FINDINGS,
    }


def _iso(value: date | None) -> str:
    return value.isoformat() if value else ""
