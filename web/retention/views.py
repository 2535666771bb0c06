"""Pages of retention: what is due for review, one case, holds and decisions, the schedule and the certificates."""

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from reviews.access.permissions import NotAllowed, Permission
from reviews.access.shown import note_case_named, note_rows
from reviews.cases.labels import RETENTION_HOLDS
from reviews.models import Case, Partnership, RetentionHoldKind
from reviews.retention.certificates import NOT_COVERED, backups_before, certificates, find_certificate
from reviews.retention.decisions_on_cases import (
    SECOND_PERSON,
    approve_disposal,
    decide_to_keep,
    past_decisions,
    past_holds,
    propose_disposal,
    refuse_disposal,
    release_hold,
    set_hold,
)
from reviews.retention.log_disposals import (
    approve_log_disposal,
    log_retention,
    propose_log_disposal,
    refuse_log_disposal,
)
from reviews.retention.review_list import RetentionLine, RetentionState, find_retained, retention_line, review_list
from reviews.retention.schedule import (
    AUDIT_LOG,
    MOST_YEARS,
    earlier_rules,
    rule_in_words,
    schedule,
    schedule_line,
    set_rule,
)
from reviews.transactions.references import LONGEST_REASON
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import Purpose, needs, require_fresh_proof
from web.core.context import actor, app_context, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import code_of, partnership_asked, partnership_for, partnerships_with, query_text
from web.core.urls import in_partnership
from web.forms.date_field import DayField
from web.forms.fields import IntegerField, NeededIf, RadioField
from web.forms.submit_once import IdempotentForm, handle_form

pages = Blueprint("retention", __name__)

HOLD_TITLES = {
    RetentionHoldKind.INQUIRY.value: "An inquiry",
    RetentionHoldKind.LITIGATION.value: "Litigation",
    RetentionHoldKind.INQUEST.value: "An inquest",
    RetentionHoldKind.OTHER.value: "Another reason",
}
NAME_NOBODY = "Name no child and nothing of the case: who manages retention does not see it."


class WhyForm(IdempotentForm):
    reason = TextAreaField(
        "Why", [DataRequired("Enter the reason"), Length(max=LONGEST_REASON)], description=NAME_NOBODY
    )


class HoldForm(WhyForm):
    kind = RadioField("What it is held for", [InputRequired("Choose what it is held for")], choices=HOLD_TITLES)


class UntilForm(WhyForm):
    until = DayField("Keep it until", [InputRequired("Enter the day")])


class RuleForm(WhyForm):
    never = BooleanField("Cases of this kind do not become due")
    years = IntegerField(
        "Years after the day the case closed",
        [
            NeededIf(lambda form: "" if form.never.data else "Enter the years, or tick that they do not become due"),
            NumberRange(1, MOST_YEARS, f"The years must be a number from 1 to {MOST_YEARS}"),
        ],
    )


@pages.route("/retention")
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.LIST)
def list_due() -> ResponseReturnValue:
    """List by what is to be done next. No title and no text of a case stands here."""
    lines = review_list(read_session(), actor(), today=today(), partnership_id=partnership_asked())
    note_rows(len(lines), partnership_id=partnership_asked())
    groups = [
        (title, note, [line for line in lines if line.state in states])
        for title, note, states in (
            ("Due for review", "", (RetentionState.DUE, RetentionState.NOT_DUE, RetentionState.OPEN)),
            ("Disposal proposed", "A second person approves or refuses it.", (RetentionState.PROPOSED,)),
            (
                "Disposal approved",
                "Whoever runs Followthrough does it with followthrough retention dispose --all-approved.",
                (RetentionState.APPROVED,),
            ),
            ("Do not destroy", "A hold stops their disposal until somebody releases it.", (RetentionState.STOPPED,)),
            ("To be kept until a day", "They are due again then.", (RetentionState.KEEP,)),
        )
    ]
    return render_template(
        "retention/review_list.html", groups=groups, is_empty=not lines, partnerships=len(_partnership_ids()) > 1
    )


@pages.route("/retention/cases/<int:number>")
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.CASE)
def show_case(number: int) -> ResponseReturnValue:
    line = _line(number)
    decision, me = line.decision, actor().person_id
    proposed_by_me = decision is not None and me is not None and decision.decided_by_id == me
    return render_template(
        "retention/case.html",
        line=line,
        states=RetentionState,
        rule=rule_in_words(line.rule.years) if line.rule else "",
        decisions=past_decisions(read_session(), line.number),
        released=past_holds(read_session(), line),
        hold_titles=HOLD_TITLES,
        may_decide=line.state in (RetentionState.DUE, RetentionState.KEEP),
        may_answer=line.state in (RetentionState.PROPOSED, RetentionState.APPROVED),
        may_approve=line.state is RetentionState.PROPOSED and not proposed_by_me,
        proposed_by_me=proposed_by_me,
    )


@pages.route("/retention/cases/<int:number>/hold", methods=["GET", "POST"])
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.CASE)
def hold(number: int) -> ResponseReturnValue:
    form = HoldForm()

    def act(work: Unit, case: Case) -> None:
        kind = RetentionHoldKind(form.kind.data)
        set_hold(work, case, kind=kind, reason=form.reason.data or "")
        flash(f"{case.reference} must not be destroyed until somebody releases the hold.")

    return _decide(number, form, act, "hold.html")


@pages.route("/retention/cases/<int:number>/holds/<int:hold>/release", methods=["GET", "POST"])
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.CASE)
def release(number: int, hold: int) -> ResponseReturnValue:
    form, line = WhyForm(), _line(number)
    found = next((each for each in line.holds if each.id == hold), None)
    if found is None and not any(each.id == hold for each in past_holds(read_session(), line)):
        raise NotFound

    def act(work: Unit, case: Case) -> None:
        release_hold(work, case, hold, reason=form.reason.data or "")
        flash(f"The hold on {case.reference} is released.")

    title = RETENTION_HOLDS[found.kind] if found else ""
    return _decide(number, form, act, "release.html", hold=found, title=title)


@pages.route("/retention/cases/<int:number>/keep", methods=["GET", "POST"])
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.CASE)
def keep(number: int) -> ResponseReturnValue:
    form = UntilForm()

    def act(work: Unit, case: Case) -> None:
        decide_to_keep(work, case, until=form.until.data, reason=form.reason.data or "")
        flash(f"{case.reference} is kept until {form.until.data:%-d %B %Y}.")

    example = today().replace(day=1) + timedelta(days=366)
    return _decide(number, form, act, "keep.html", example=f"For example, 1 {example.month} {example.year}")


@pages.route("/retention/cases/<int:number>/propose", methods=["GET", "POST"])
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.CASE)
def propose(number: int) -> ResponseReturnValue:
    form = WhyForm()

    def act(work: Unit, case: Case) -> None:
        propose_disposal(work, case, reason=form.reason.data or "")
        flash(f"You have proposed to dispose of {case.reference}. A second person must approve it.")

    return _decide(number, form, act, "propose.html")


@pages.route("/retention/cases/<int:number>/approve", methods=["GET", "POST"])
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.CASE)
@require_fresh_proof(Purpose.DISPOSAL)
def approve(number: int) -> ResponseReturnValue:
    form, decision = IdempotentForm(), _line(number).decision
    if decision is not None and decision.answer is None and decision.decided_by_id == actor().person_id:
        raise NotAllowed(SECOND_PERSON)

    def act(work: Unit, case: Case) -> None:
        approve_disposal(work, case)
        flash(f"You have approved the disposal of {case.reference}. It is done by whoever runs Followthrough.")

    return _decide(number, form, act, "approve.html")


@pages.route("/retention/cases/<int:number>/refuse", methods=["GET", "POST"])
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.CASE)
def refuse(number: int) -> ResponseReturnValue:
    form = WhyForm()

    def act(work: Unit, case: Case) -> None:
        refuse_disposal(work, case, reason=form.reason.data or "")
        flash(f"{case.reference} is not disposed of. It is due for review again.")

    return _decide(number, form, act, "refuse.html")


@pages.route("/retention/schedule")
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.NOTHING)
def show_schedule() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.MANAGE_RETENTION)
    return render_template(
        "retention/schedule.html",
        lines=schedule(read_session(), actor(), partnership_id),
        earlier=earlier_rules(read_session(), actor(), partnership_id),
        in_words=rule_in_words,
        partnership_id=partnership_id,
        partnership=code_of(partnership_id),
        partnerships=partnerships_with(Permission.MANAGE_RETENTION),
    )


@pages.route("/retention/schedule/<workflow>", methods=["GET", "POST"])
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.NOTHING)
def change_rule(workflow: str) -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.MANAGE_RETENTION)
    line = schedule_line(read_session(), actor(), partnership_id, workflow)
    form = RuleForm(data={"years": line.years})
    back = in_partnership("/retention/schedule", partnership_id)

    def act(work: Unit) -> str:
        years = None if form.never.data else form.years.data
        partnership = work.partnership(code_of(partnership_id))
        set_rule(work, partnership, workflow=workflow, years=years, reason=form.reason.data or "")
        flash(f"{line.title}: {rule_in_words(years, workflow)}.")
        return back

    return handle_form(form, act, lambda: render_template("retention/rule.html", form=form, line=line, back=back))


@pages.route("/retention/audit-log")
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.NOTHING)
def audit_log() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.MANAGE_RETENTION)
    found = log_retention(read_session(), actor(), partnership_id, today=today())
    return render_template(
        "retention/audit_log.html",
        found=found,
        rule=rule_in_words(found.rule.years if found.rule else None, AUDIT_LOG),
        proposed_by_me=found.pending is not None and found.pending.proposed_by_id == actor().person_id,
        partnership_id=partnership_id,
        partnership=code_of(partnership_id),
        partnerships=partnerships_with(Permission.MANAGE_RETENTION),
    )


@pages.route("/retention/audit-log/propose", methods=["GET", "POST"])
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.NOTHING)
def propose_log() -> ResponseReturnValue:
    form = WhyForm()

    def act(work: Unit, partnership: Partnership) -> None:
        propose_log_disposal(work, partnership, reason=form.reason.data or "")
        flash("You have proposed to dispose of the months that are due. A second person must approve it.")

    return _decide_on_log(form, act, "Propose to dispose of it", "Propose the disposal")


@pages.route("/retention/audit-log/approve", methods=["GET", "POST"])
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.NOTHING)
@require_fresh_proof(Purpose.DISPOSAL)
def approve_log() -> ResponseReturnValue:
    def act(work: Unit, partnership: Partnership) -> None:
        approve_log_disposal(work, partnership)
        flash("You have approved the disposal. It is done by whoever runs Followthrough.")

    return _decide_on_log(IdempotentForm(), act, "Approve the disposal", "Approve the disposal", is_final=True)


@pages.route("/retention/audit-log/refuse", methods=["GET", "POST"])
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.NOTHING)
def refuse_log() -> ResponseReturnValue:
    form = WhyForm()

    def act(work: Unit, partnership: Partnership) -> None:
        refuse_log_disposal(work, partnership, reason=form.reason.data or "")
        flash("Nothing of the audit log is disposed of.")

    return _decide_on_log(form, act, "Refuse the disposal", "Refuse it")


@pages.route("/retention/certificates")
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.NOTHING)
def list_certificates() -> ResponseReturnValue:
    lines = certificates(read_session(), actor(), partnership_id=partnership_asked())
    return render_template("retention/certificates.html", lines=lines)


@pages.route("/retention/certificates/<certificate>")
@needs(Permission.MANAGE_RETENTION)
@shows(Shows.NOTHING)
def show_certificate(certificate: str) -> ResponseReturnValue:
    line = find_certificate(read_session(), actor(), certificate, code=query_text("partnership"))
    return render_template(
        "retention/certificate.html",
        line=line,
        rule=rule_in_words(line.certificate.years),
        backups=backups_before(line.certificate, app_context().settings.backups),
        not_covered=NOT_COVERED,
    )


def _partnership_ids() -> tuple[int, ...]:
    return actor().partnerships_with(Permission.MANAGE_RETENTION)


def _line(number: int) -> RetentionLine:
    line = retention_line(read_session(), actor(), today=today(), number=number)
    note_case_named(line.reference, case_id=line.number, partnership_id=line.partnership_id)
    return line


def _decide(
    number: int, form: IdempotentForm, act: Callable[[Unit, Case], None], template: str, **more: object
) -> ResponseReturnValue:
    """Handle a form about one case, found again and locked in the transaction that decides."""
    line = _line(number)
    back = in_partnership(f"/retention/cases/{number}", line.partnership_id)

    def decide(work: Unit) -> str:
        act(work, find_retained(work, number=number))
        return back

    return handle_form(
        form, decide, lambda: render_template(f"retention/{template}", form=form, line=_line(number), back=back, **more)
    )


def _decide_on_log(
    form: IdempotentForm,
    act: Callable[[Unit, Partnership], None],
    title: str,
    button: str,
    *,
    is_final: bool = False,
) -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.MANAGE_RETENTION)
    back = in_partnership("/retention/audit-log", partnership_id)

    def decide(work: Unit) -> str:
        act(work, work.partnership(code_of(partnership_id)))
        return back

    def show() -> str:
        found = log_retention(read_session(), actor(), partnership_id, today=today())
        return render_template(
            "retention/decide_log.html",
            form=form,
            found=found,
            back=back,
            title=title,
            button=button,
            is_final=is_final,
        )

    return handle_form(form, decide, show)
