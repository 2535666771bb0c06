"""Pages of the settings of a partnership: reminder policies, bank holidays and local periods."""

from itertools import groupby
from operator import attrgetter

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from reviews.access.permissions import Permission
from reviews.access.shown import note_rows
from reviews.cases.due_date_changes import (
    approve_due_dates,
    coming_holidays,
    fingerprint,
    holiday_loads,
    loaded_days,
    pending_due_dates,
)
from reviews.definitions.bank_holidays import present_calendar
from reviews.models import FactorRule, Partnership, ReminderPolicy
from reviews.settings.local_periods import (
    LONGEST_AUTHORITY,
    PeriodLine,
    clear_local_period,
    find_local_period,
    local_periods,
    set_local_period,
)
from reviews.settings.partnership_settings import (
    LONGEST_SENDER_NAME,
    require_late_reasons,
    set_email_domains,
    set_factor_rule,
    set_mail_sender,
)
from reviews.settings.reminder_policies import (
    USUAL_HOUR,
    available_policies,
    choose_reminder_policy,
    hour_of,
    local_policies,
    plans_with_other_policy,
    retire_reminder_policy,
    save_reminder_policy,
)
from reviews.transactions.unit_of_work import NotFound, Stale, Unit
from web.core.access import needs
from web.core.context import actor, read_session, today
from web.core.navigation import SET_UP_PAGES, set_up_pages
from web.core.on_record import Shows, shows
from web.core.query import code_of, partnership_for, partnerships_with, query_text
from web.core.urls import in_partnership
from web.forms.date_field import DayField
from web.forms.fields import RadioField, SelectField, SelectMultipleField
from web.forms.submit_once import IdempotentForm, earlier_address, handle_form
from web.settings.policy_forms import PolicyForm, form_data, name_from, stamp_of
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm
from workflows.core.working_days import Period
from workflows.core.working_days import Unit as PeriodUnit
from workflows.definitions.shared.ladder_policies import CALENDAR_LADDER, CLOCK_LADDERS, POLICIES

pages = Blueprint("settings", __name__)


HERE = "/settings/reminders"


class FollowForm(IdempotentForm):
    policy = StringField(description="The button that was pressed.")


@pages.route("/settings/reminders", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
@shows(Shows.NOTHING)
def reminder_policies() -> ResponseReturnValue:
    partnership_id, form = partnership_for(Permission.SET_LOCAL_RULES), FollowForm()

    def act(work: Unit) -> str:
        choose_reminder_policy(work, work.partnership(code_of(partnership_id)), policy=form.policy.data or "")
        flash("You have chosen the policy. It applies from the next round. Reminders already sent are not sent again.")
        return in_partnership(HERE, partnership_id)

    return handle_form(form, act, lambda: _show_policies(form, partnership_id))


@pages.route("/settings/reminders/new", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
@shows(Shows.NOTHING)
def new_policy() -> ResponseReturnValue:
    partnership_id = _partnership_to_set()
    policies = available_policies(read_session(), partnership_id)
    copied = policies.get(query_text("from"), CALENDAR_LADDER)
    form = PolicyForm(
        data=form_data(copied, hour_of(read_session(), partnership_id, copied.name), title=f"{copied.title} of our own")
    )

    def act(work: Unit) -> str:
        name = name_from(form.title.data or "")
        if name in available_policies(work.session, partnership_id):
            raise Refused("There is already a policy with this name. Give yours another name.")
        return _write(work, form, partnership_id, name)

    return handle_form(form, act, lambda: _show_policy(form, partnership_id, heading="A policy of our own"))


@pages.route("/settings/reminders/<policy>", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
@shows(Shows.NOTHING)
def reminder_policy(policy: str) -> ResponseReturnValue:
    partnership_id = _partnership_to_set()
    row = _local_policy(read_session(), partnership_id, policy)
    form = PolicyForm(
        data=form_data(available_policies(read_session(), partnership_id)[policy], row.begins, title=row.title)
    )

    def act(work: Unit) -> str:
        if form.version.data != str(stamp_of(_local_policy(work.session, partnership_id, policy))):
            raise Stale
        return _write(work, form, partnership_id, policy)

    def show() -> str:
        found = _local_policy(read_session(), partnership_id, policy)
        form.show_version(stamp_of(found))
        return _show_policy(form, partnership_id, heading=found.title, name=policy)

    return handle_form(form, act, show)


@pages.route("/settings/reminders/<policy>/retire", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
@shows(Shows.NOTHING)
def retire_policy(policy: str) -> ResponseReturnValue:
    partnership_id, form = _partnership_to_set(), IdempotentForm()
    back = in_partnership(HERE, partnership_id)
    found = next((row for row in local_policies(read_session(), partnership_id) if row.name == policy), None)
    if found is None and not earlier_address(form):
        raise NotFound
    title = found.title if found else policy

    def act(work: Unit) -> str:
        retire_reminder_policy(work, work.partnership(code_of(partnership_id)), name=policy)
        flash(f"“{title}” is retired. It can no longer be chosen.")
        return back

    return handle_form(
        form, act, lambda: render_template("settings/retire_policy.html", form=form, title=title, back=back)
    )


def _partnership_to_set() -> int:
    partnership_id = partnership_for(Permission.SET_LOCAL_RULES)
    actor().require(Permission.SET_LOCAL_RULES, partnership_id, Realm.REVIEWS)
    return partnership_id


def _local_policy(session: Session, partnership_id: int, name: str) -> ReminderPolicy:
    found = next((row for row in local_policies(session, partnership_id) if row.name == name), None)
    if found is None:
        raise NotFound
    return found


def _write(work: Unit, form: PolicyForm, partnership_id: int, name: str) -> str:
    save_reminder_policy(
        work,
        work.partnership(code_of(partnership_id)),
        name=name,
        title=form.title.data or "",
        rungs=form.rungs_typed(),
        begins=(form.begins.data or "").strip(),
    )
    flash("You have saved the policy. Choose it below for the partnership, or on the page of a plan for its actions.")
    return in_partnership(HERE, partnership_id)


def _show_policies(form: FollowForm, partnership_id: int) -> str:
    local = {row.name: row for row in local_policies(read_session(), partnership_id)}
    return render_template(
        "settings/reminder_policies.html",
        form=form,
        policies=available_policies(read_session(), partnership_id),
        hours={name: row.begins for name, row in local.items()} | dict.fromkeys(POLICIES, USUAL_HOUR),
        local=local,
        followed=read_session().get_one(Partnership, partnership_id).reminder_policy,
        plans=plans_with_other_policy(read_session(), actor(), partnership_id=partnership_id),
        may_set=actor().may(Permission.SET_LOCAL_RULES, partnership_id, Realm.REVIEWS),
        partnership_id=partnership_id,
        copy_of=lambda name: in_partnership(f"{HERE}/new", partnership_id, **{"from": name}),
        partnership=code_of(partnership_id),
        partnerships=partnerships_with(Permission.SET_LOCAL_RULES),
    )


def _show_policy(form: PolicyForm, partnership_id: int, *, heading: str, name: str = "") -> str:
    present = available_policies(read_session(), partnership_id).get(name)
    back = in_partnership(HERE, partnership_id)
    return render_template("settings/reminder_policy.html", form=form, heading=heading, back=back, present=present)


class DueDateChangesForm(IdempotentForm):
    """The changes that were shown, by their fingerprint, and the clocks chosen among them."""

    seen = HiddenField()
    which = StringField(description="The button that was pressed: all, or chosen.")
    clocks = SelectMultipleField("Clocks", coerce=int, choices={}, validate_choice=False)


@pages.route("/settings/holidays", methods=["GET", "POST"])
@needs(Permission.MOVE_CLOCKS)
@shows(Shows.LIST)
def bank_holidays() -> ResponseReturnValue:
    partnership_id, form = partnership_for(Permission.MOVE_CLOCKS), DueDateChangesForm()

    def act(work: Unit) -> str:
        chosen = None if form.which.data == "all" else set(form.clocks.data or ())
        moved = approve_due_dates(
            work, work.partnership(code_of(partnership_id)), seen=form.seen.data or "", clock_ids=chosen
        )
        flash(f"{len(moved)} clock{'s' if len(moved) > 1 else ''} moved. The history of each case has the change.")
        return in_partnership("/settings/holidays", partnership_id)

    return handle_form(form, act, lambda: _show_holidays(form, partnership_id))


def _show_holidays(form: DueDateChangesForm, partnership_id: int) -> str:
    waiting = pending_due_dates(read_session(), actor(), partnership_id=partnership_id)
    note_rows(len(waiting), partnership_id=partnership_id)
    form.seen.data = fingerprint(waiting)
    return render_template(
        "settings/holidays.html",
        form=form,
        waiting=waiting,
        chosen=set(form.clocks.data or ()),
        known_to=present_calendar(read_session()).last_day,
        coming=coming_holidays(read_session(), today()),
        loads=holiday_loads(read_session()),
        days=loaded_days(read_session()),
        partnership_id=partnership_id,
        partnership=code_of(partnership_id),
        partnerships=partnerships_with(Permission.MOVE_CLOCKS),
    )


UNITS = {unit.value: unit.value.replace("-", " ").capitalize() for unit in PeriodUnit}


class LocalPeriodForm(IdempotentForm):
    period = StringField(
        "Period here", [Optional(), Regexp(r"^[0-9]{1,5}$", message="The period must be a whole number, such as 12")]
    )
    unit = SelectField("Counted in", choices=UNITS)
    ladder = SelectField("Who is reminded", description="If you change nothing, the usual ladder applies.")
    counted_from = SelectField(
        "What the period is counted from",
        choices={"": ""},
        description="If you change nothing, the edition in force on the day the clock starts decides.",
    )
    effective_from = DayField("For clocks that start from", [InputRequired("Enter the day it applies from")])
    authority = StringField(
        "Who agreed it, and when",
        [InputRequired("Enter who agreed it, and when"), Length(max=LONGEST_AUTHORITY)],
        description="For example, Executive, 12 March 2026. It is shown beside every date that is counted by it.",
    )
    what = StringField(description="The button that was pressed: set, or clear.")

    @property
    def local_period(self) -> Period | None:
        return Period(int(self.period.data), PeriodUnit(self.unit.data)) if self.period.data else None


@pages.route("/settings/periods")
@needs(Permission.SET_LOCAL_RULES)
@shows(Shows.NOTHING)
def periods() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.SET_LOCAL_RULES)
    found = local_periods(read_session(), actor(), partnership_id=partnership_id, today=today())
    return render_template(
        "settings/periods.html",
        kinds=[(kind, list(lines)) for kind, lines in groupby(found, attrgetter("kind"))],
        partnership_id=partnership_id,
        partnership=code_of(partnership_id),
        partnerships=partnerships_with(Permission.SET_LOCAL_RULES),
        ladders=CLOCK_LADDERS,
        today=today(),
    )


@pages.route("/settings/periods/<workflow>/<deadline>", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
@shows(Shows.NOTHING)
def period(workflow: str, deadline: str) -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.SET_LOCAL_RULES)
    line = _line(partnership_id, workflow, deadline)
    form = _form(line)

    def act(work: Unit) -> str:
        _record(work, form, code_of(partnership_id), workflow, deadline)
        flash(f"{line.deadline.title}: recorded. Running clocks keep their dates.")
        return in_partnership("/settings/periods", partnership_id)

    return handle_form(form, act, lambda: _show_period(form, partnership_id, workflow, deadline))


def _record(work: Unit, form: LocalPeriodForm, code: str, workflow: str, deadline: str) -> None:
    partnership, day = work.partnership(code), form.effective_from.data
    deadline_and_authority = {"workflow": workflow, "deadline": deadline, "authority": form.authority.data or ""}
    if form.what.data == "clear":
        clear_local_period(work, partnership, effective_from=day, **deadline_and_authority)
    else:
        set_local_period(
            work,
            partnership,
            effective_from=day,
            period=form.local_period,
            ladder=form.ladder.data or None,
            counted_from=form.counted_from.data or None,
            **deadline_and_authority,
        )


def _form(line: PeriodLine) -> LocalPeriodForm:
    rule = line.in_force
    form = LocalPeriodForm(
        data={
            "period": str(rule.period) if rule and rule.period is not None else "",
            "unit": (rule.unit if rule and rule.unit else line.edition.period.unit).value,
            "ladder": rule.ladder if rule and rule.ladder else "",
            "counted_from": rule.counted_from if rule and rule.counted_from else "",
        }
    )
    form.counted_from.choices = {
        "": "As usual",
        **{name: f"From {words}, always" for name, words in line.deadline.starts},
    }
    usual = line.deadline.ladder
    form.ladder.choices = {
        "": f"As usual: {usual.title.lower() if usual else 'nobody'}",
        **{name: ladder.title for name, ladder in CLOCK_LADDERS.items()},
    }
    return form


def _show_period(form: LocalPeriodForm, partnership_id: int, workflow: str, deadline: str) -> str:
    return render_template(
        "settings/period.html",
        form=form,
        line=_line(partnership_id, workflow, deadline),
        back=in_partnership("/settings/periods", partnership_id),
        ladders=CLOCK_LADDERS,
        today=today(),
    )


def _line(partnership_id: int, workflow: str, deadline: str) -> PeriodLine:
    return find_local_period(
        read_session(), actor(), partnership_id=partnership_id, workflow=workflow, deadline=deadline, today=today()
    )


class SenderForm(IdempotentForm):
    sender_name = StringField(
        "Name of the sender",
        [Optional(), Length(max=LONGEST_SENDER_NAME)],
        description="Shown as the sender of each mail. Leave it empty for the one of this installation.",
    )
    reply_to = StringField(
        "Address for answers (Reply-To)",
        [Optional(), Length(max=254)],
        description="Where the answer to a mail goes. Leave it empty for the address of this installation.",
    )
    notify_reply_to_id = StringField(
        "Id of that address at GOV.UK Notify",
        [Optional(), Length(max=36)],
        description="Needed only where mail goes out by GOV.UK Notify: whoever runs Followthrough has it.",
    )


@pages.route("/settings/mail", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
@shows(Shows.NOTHING)
def mail_sender() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.SET_LOCAL_RULES)
    row = read_session().get_one(Partnership, partnership_id)
    fields = ("sender_name", "reply_to", "notify_reply_to_id")
    form = SenderForm(data={name: getattr(row, name) for name in fields})

    def act(work: Unit) -> str:
        typed = {name: form[name].data or "" for name in fields}
        set_mail_sender(work, work.partnership(code_of(partnership_id)), **typed)
        flash("The sender of the mails is set. It holds from the next mail on.")
        return in_partnership("/settings/mail", partnership_id)

    def show() -> str:
        return render_template(
            "settings/mail.html",
            form=form,
            partnerships=partnerships_with(Permission.SET_LOCAL_RULES),
            partnership=code_of(partnership_id),
        )

    return handle_form(form, act, show)


class LateReasonsForm(IdempotentForm):
    required = BooleanField("Ask for the reason with every step that comes after a due date")


@pages.route("/settings/late-reasons", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
@shows(Shows.NOTHING)
def late_reasons() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.SET_LOCAL_RULES)
    form = LateReasonsForm(data={"required": read_session().get_one(Partnership, partnership_id).late_reasons_required})

    def act(unit: Unit) -> str:
        require_late_reasons(unit, unit.partnership(code_of(partnership_id)), required=form.required.data)
        flash("You changed when a reason is asked for.")
        return in_partnership("/settings/late-reasons", partnership_id)

    return handle_form(form, act, lambda: render_template("settings/late_reasons.html", form=form))


FACTOR_RULES = {
    FactorRule.EVERYBODY.value: "Everybody",
    FactorRule.CASE_READERS.value: "Everybody whose role sees cases",
    FactorRule.NOBODY.value: "Nobody",
}


class FactorRuleForm(IdempotentForm):
    rule = RadioField("Who must have one", [InputRequired("Choose who must have one")], choices=FACTOR_RULES)


@pages.route("/settings/second-factor", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.NOTHING)
def factor_rule() -> ResponseReturnValue:
    partnership_id = partnership_for(Permission.MANAGE_PEOPLE)
    form = FactorRuleForm(data={"rule": read_session().get_one(Partnership, partnership_id).factor_rule.value})

    def act(work: Unit) -> str:
        set_factor_rule(work, work.partnership(code_of(partnership_id)), rule=FactorRule(form.rule.data))
        flash("You have set who must have a second factor. It holds from the next time they sign in.")
        return in_partnership("/settings/second-factor", partnership_id)

    def show() -> str:
        return render_template(
            "settings/second_factor.html",
            form=form,
            partnerships=partnerships_with(Permission.MANAGE_PEOPLE),
            partnership=code_of(partnership_id),
        )

    return handle_form(form, act, show)


class DomainsForm(IdempotentForm):
    domains = TextAreaField(
        "Domains, one a line",
        [Length(max=20_000)],
        description="For example, council.gov.uk. Those below it, such as mail.council.gov.uk, are allowed with it.",
    )


@pages.route("/settings/domains", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
@shows(Shows.NOTHING)
def email_domains() -> ResponseReturnValue:
    partnership_id = _partnership_to_set()
    present = read_session().get_one(Partnership, partnership_id).email_domains
    form = DomainsForm(data={"domains": "\n".join(present)})
    back = in_partnership("/settings", partnership_id)

    def act(unit: Unit) -> str:
        found = set_email_domains(unit, unit.partnership(code_of(partnership_id)), (form.domains.data or "").split())
        any_domain = "Addresses of any domain are allowed."
        flash(f"Allowed domains of new addresses: {len(found)}." if found else any_domain)
        return in_partnership("/settings/domains", partnership_id)

    return handle_form(form, act, lambda: render_template("settings/domains.html", form=form, back=back))


@pages.route("/settings")
@needs(Permission.SEE_SETTINGS)
@shows(Shows.NOTHING)
def settings() -> ResponseReturnValue:
    mine = list(set_up_pages(actor()))
    groups = {title: [page for page in pages_of if page in mine] for title, pages_of in SET_UP_PAGES.items()}
    return render_template("settings/settings.html", groups=groups)
