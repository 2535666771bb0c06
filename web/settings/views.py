"""By which policy are the owners of a partnership reminded, and how is one of its own written?"""

from itertools import groupby
from operator import attrgetter

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from reviews.access.permissions import Permission
from reviews.cases.due_date_changes import (
    approve_moves,
    coming_holidays,
    fingerprint,
    holiday_loads,
    loaded_days,
    waiting_moves,
)
from reviews.definitions.bank_holidays import present_calendar
from reviews.models import Partnership, ReminderPolicy
from reviews.settings.local_periods import (
    LONGEST_AUTHORITY,
    PeriodLine,
    clear_local_rule,
    local_periods,
    one_local_period,
    set_local_rule,
)
from reviews.settings.reminder_policies import (
    USUAL_HOUR,
    hour_of,
    known_policies,
    own_policies,
    plans_apart,
    set_reminder_policy,
    write_reminder_policy,
)
from reviews.transactions.unit_of_work import NotFound, Stale, Unit
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.query import code_of, place_for, places_with, word
from web.core.urls import in_partnership
from web.forms.date_field import DayField
from web.forms.submit_once import OnceForm, send_form
from web.settings.policy_forms import PolicyForm, filled, name_from, stamp_of
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm
from workflows.core.working_days import Period
from workflows.core.working_days import Unit as PeriodUnit
from workflows.definitions.shared.ladder_policies import CALENDAR_LADDER, CLOCK_LADDERS, POLICIES

pages = Blueprint("settings", __name__)


HERE = "/settings/reminders"


class FollowForm(OnceForm):
    policy = StringField(description="The button that was pressed.")


@pages.route("/settings/reminders", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
def reminder_policies() -> ResponseReturnValue:
    place, form = place_for(Permission.SET_LOCAL_RULES), FollowForm()

    def act(work: Unit) -> str:
        set_reminder_policy(work, work.partnership(code_of(place)), policy=form.policy.data or "")
        flash("The policy is chosen. It holds from the next round on; what was said already is not said again.")
        return in_partnership(HERE, place)

    return send_form(form, act, lambda: _show_all(form, place))


@pages.route("/settings/reminders/new", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
def new_policy() -> ResponseReturnValue:
    place = _place()
    known = known_policies(reader(), place)
    copied = known.get(word("from"), CALENDAR_LADDER)
    form = PolicyForm(data=filled(copied, hour_of(reader(), place, copied.name), title=f"{copied.title} of our own"))

    def act(work: Unit) -> str:
        name = name_from(form.title.data or "")
        if name in known_policies(work.session, place):
            raise Refused("There is a policy of this title already: give yours another.")
        return _write(work, form, place, name)

    return send_form(form, act, lambda: _show_one(form, place, heading="A policy of our own"))


@pages.route("/settings/reminders/<policy>", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
def reminder_policy(policy: str) -> ResponseReturnValue:
    place = _place()
    row = _own(reader(), place, policy)
    form = PolicyForm(data=filled(known_policies(reader(), place)[policy], row.begins, title=row.title))

    def act(work: Unit) -> str:
        if form.version.data != str(stamp_of(_own(work.session, place, policy))):
            raise Stale
        return _write(work, form, place, policy)

    def show() -> str:
        found = _own(reader(), place, policy)
        form.show_version(stamp_of(found))
        return _show_one(form, place, heading=found.title, name=policy)

    return send_form(form, act, show)


def _place() -> int:
    place = place_for(Permission.SET_LOCAL_RULES)
    actor().require(Permission.SET_LOCAL_RULES, place, Realm.REVIEWS)
    return place


def _own(session: Session, place: int, name: str) -> ReminderPolicy:
    found = next((row for row in own_policies(session, place) if row.name == name), None)
    if found is None:
        raise NotFound
    return found


def _write(work: Unit, form: PolicyForm, place: int, name: str) -> str:
    write_reminder_policy(
        work,
        work.partnership(code_of(place)),
        name=name,
        title=form.title.data or "",
        rungs=form.rungs_typed(),
        begins=(form.begins.data or "").strip(),
    )
    flash("The policy is written. Choose it below for the partnership, or on the page of a plan for its actions.")
    return in_partnership(HERE, place)


def _show_all(form: FollowForm, place: int) -> str:
    own = {row.name: row for row in own_policies(reader(), place)}
    return render_template(
        "settings/reminder_policies.html",
        form=form,
        policies=known_policies(reader(), place),
        hours={name: row.begins for name, row in own.items()} | dict.fromkeys(POLICIES, USUAL_HOUR),
        own=own,
        followed=reader().get_one(Partnership, place).reminder_policy,
        plans=plans_apart(reader(), actor(), partnership_id=place),
        may_set=actor().may(Permission.SET_LOCAL_RULES, place, Realm.REVIEWS),
        place=place,
        copy_of=lambda name: in_partnership(f"{HERE}/new", place, **{"from": name}),
        partnership=code_of(place),
        partnerships=places_with(Permission.SET_LOCAL_RULES),
    )


def _show_one(form: PolicyForm, place: int, *, heading: str, name: str = "") -> str:
    present = known_policies(reader(), place).get(name)
    back = in_partnership(HERE, place)
    return render_template("settings/reminder_policy.html", form=form, heading=heading, back=back, present=present)


class MovesForm(OnceForm):
    """The moves that were shown, by their fingerprint, and those chosen among them."""

    seen = HiddenField()
    which = StringField(description="The button that was pressed: all, or chosen.")
    clocks = SelectMultipleField("Clocks", coerce=int, choices={}, validate_choice=False)


@pages.route("/settings/holidays", methods=["GET", "POST"])
@needs(Permission.MOVE_CLOCKS)
def bank_holidays() -> ResponseReturnValue:
    place, form = place_for(Permission.MOVE_CLOCKS), MovesForm()

    def act(work: Unit) -> str:
        chosen = None if form.which.data == "all" else set(form.clocks.data or ())
        moved = approve_moves(work, work.partnership(code_of(place)), seen=form.seen.data or "", clock_ids=chosen)
        flash(f"{len(moved)} clock{'s' if len(moved) > 1 else ''} moved. Each move stands in the history of its case.")
        return in_partnership("/settings/holidays", place)

    return send_form(form, act, lambda: _show_holidays(form, place))


def _show_holidays(form: MovesForm, place: int) -> str:
    waiting = waiting_moves(reader(), actor(), partnership_id=place)
    form.seen.data = fingerprint(waiting)
    return render_template(
        "settings/holidays.html",
        form=form,
        waiting=waiting,
        chosen=set(form.clocks.data or ()),
        known_to=present_calendar(reader()).last_day,
        coming=coming_holidays(reader(), today()),
        loads=holiday_loads(reader()),
        days=loaded_days(reader()),
        place=place,
        partnership=code_of(place),
        partnerships=places_with(Permission.MOVE_CLOCKS),
    )


UNITS = {unit.value: unit.value.replace("-", " ").capitalize() for unit in PeriodUnit}


class LocalPeriodForm(OnceForm):
    period = StringField(
        "Period here", [Optional(), Regexp(r"^[0-9]{1,5}$", message="The period must be a whole number, such as 12")]
    )
    unit = SelectField("Counted in", choices=UNITS)
    ladder = SelectField("Who is reminded", description="Left as it is, the ladder of the definition reminds.")
    effective_from = DayField("For clocks counted from", [InputRequired("Enter the day it holds from")])
    authority = StringField(
        "Who agreed it, and when",
        [InputRequired("Say who agreed it, and when"), Length(max=LONGEST_AUTHORITY)],
        description="Such as “Executive, 12 March 2026”. It stands beside every date that is counted by it.",
    )
    what = StringField(description="The button that was pressed: set, or clear.")

    @property
    def own_period(self) -> Period | None:
        return Period(int(self.period.data), PeriodUnit(self.unit.data)) if self.period.data else None


@pages.route("/settings/periods")
@needs(Permission.SET_LOCAL_RULES)
def periods() -> ResponseReturnValue:
    place = place_for(Permission.SET_LOCAL_RULES)
    found = local_periods(reader(), actor(), partnership_id=place, today=today())
    return render_template(
        "settings/periods.html",
        kinds=[(kind, list(lines)) for kind, lines in groupby(found, attrgetter("kind"))],
        place=place,
        partnership=code_of(place),
        partnerships=places_with(Permission.SET_LOCAL_RULES),
        ladders=CLOCK_LADDERS,
        today=today(),
    )


@pages.route("/settings/periods/<workflow>/<deadline>", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
def period(workflow: str, deadline: str) -> ResponseReturnValue:
    place = place_for(Permission.SET_LOCAL_RULES)
    line = _line(place, workflow, deadline)
    form = _form(line)

    def act(work: Unit) -> str:
        _record(work, form, code_of(place), workflow, deadline)
        flash(f"{line.deadline.title}: recorded. Clocks that run already keep their dates.")
        return in_partnership("/settings/periods", place)

    return send_form(form, act, lambda: _show_period(form, place, workflow, deadline))


def _record(work: Unit, form: LocalPeriodForm, code: str, workflow: str, deadline: str) -> None:
    partnership, day = work.partnership(code), form.effective_from.data
    said = {"workflow": workflow, "deadline": deadline, "authority": form.authority.data or ""}
    if form.what.data == "clear":
        clear_local_rule(work, partnership, effective_from=day, **said)
    else:
        period, ladder = form.own_period, form.ladder.data or None
        set_local_rule(work, partnership, effective_from=day, period=period, ladder=ladder, **said)


def _form(line: PeriodLine) -> LocalPeriodForm:
    own = line.own
    form = LocalPeriodForm(
        data={
            "period": str(own.period) if own and own.period is not None else "",
            "unit": (own.unit if own and own.unit else line.edition.period.unit).value,
            "ladder": own.ladder if own and own.ladder else "",
        }
    )
    usual = line.deadline.ladder
    form.ladder.choices = {
        "": f"As usual: {usual.title.lower() if usual else 'nobody'}",
        **{name: ladder.title for name, ladder in CLOCK_LADDERS.items()},
    }
    return form


def _show_period(form: LocalPeriodForm, place: int, workflow: str, deadline: str) -> str:
    return render_template(
        "settings/period.html",
        form=form,
        line=_line(place, workflow, deadline),
        back=in_partnership("/settings/periods", place),
        ladders=CLOCK_LADDERS,
        today=today(),
    )


def _line(place: int, workflow: str, deadline: str) -> PeriodLine:
    return one_local_period(
        reader(), actor(), partnership_id=place, workflow=workflow, deadline=deadline, today=today()
    )


SECTIONS = (
    (
        "Local periods",
        "/settings/periods",
        "The periods and reminder ladders of the partnership's own, beside the national ones.",
        Permission.SET_LOCAL_RULES,
    ),
    (
        "Reminder policies",
        "/settings/reminders",
        "On which days before and after its date an action is brought up, with whom, and when the round begins.",
        Permission.SET_LOCAL_RULES,
    ),
    (
        "Bank holidays",
        "/settings/holidays",
        "Which are known and up to when, and the clocks that wait for approval before they move.",
        Permission.MOVE_CLOCKS,
    ),
)


@pages.route("/settings")
@needs(Permission.SEE_SETTINGS)
def settings() -> ResponseReturnValue:
    theirs = [(title, href, words) for title, href, words, permission in SECTIONS if actor().may(permission)]
    return render_template("settings/settings.html", sections=theirs)
