"""By which policy are the owners of a partnership reminded, and how is one of its own written?"""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import StringField

from reviews.access.permissions import Permission
from reviews.models import Partnership, ReminderPolicy
from reviews.settings.queries_reminder_policies import plans_apart
from reviews.settings.reminder_policies import set_reminder_policy, write_reminder_policy
from reviews.settings.reviews_reminder_policies import USUAL_HOUR, hour_of, known_policies, own_policies
from reviews.transactions.unit_of_work import NotFound, Stale, Unit
from web.core.access import needs
from web.core.context import actor, reader
from web.core.places import code_of, place_for, places_with
from web.core.query import word
from web.core.urls import in_partnership
from web.forms.submit_once import OnceForm, send_form
from web.settings.policy_forms import PolicyForm, filled, name_from, stamp_of
from workflows.core.engine import Refused
from workflows.core.roles import Realm
from workflows.definitions.shared.ladder_policies import CALENDAR_LADDER, POLICIES

pages = Blueprint("reminder_policies", __name__)

HERE = "/settings/reminders"


class FollowForm(OnceForm):
    policy = StringField(description="The button that was pressed.")


@pages.route("/settings/reminders", methods=["GET", "POST"])
@needs(Permission.SET_LOCAL_RULES)
def policies() -> ResponseReturnValue:
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
def one_policy(policy: str) -> ResponseReturnValue:
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
