"""Pages that invite people: one person with the state of their invitation, and everybody who has no way in."""

from collections.abc import Collection

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from notifications.ledger.invitation_states import InvitationState, invitation_states
from reviews.access.permissions import Permission
from reviews.people.invitations import invite, invite_all, people_to_invite, withdraw_invitation
from reviews.people.offboarding import person_with_roles
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, app_context, read_session
from web.core.on_record import Shows, shows
from web.core.query import code_of, partnership_for
from web.core.urls import in_partnership
from web.forms.submit_once import IdempotentForm, handle_form
from workflows.core.engine import Refused

pages = Blueprint("people_invite", __name__)

INVITATION_STATES = {
    InvitationState.WAITING: ("Invitation waiting", "grey"),
    InvitationState.SENT: ("Invitation sent", "blue"),
    InvitationState.OPENED: ("Invitation opened", "teal"),
    InvitationState.USED: ("Invitation used", "green"),
    InvitationState.EXPIRED: ("Invitation expired", "orange"),
    InvitationState.BOUNCED: ("Invitation came back", "red"),
    InvitationState.NOT_SENT: ("Invitation not sent", "red"),
    InvitationState.WITHDRAWN: ("Invitation withdrawn", "yellow"),
}
LONGEST_NUMBER = 12


@pages.route("/people/<int:person>/invitation", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.NOTHING)
def invitation(person: int) -> ResponseReturnValue:
    """Show what became of a person's invitation; send it, send it again, or withdraw it."""
    partnership_id, form = partnership_for(Permission.MANAGE_PEOPLE), IdempotentForm()
    found, roles = person_with_roles(read_session(), actor(), person)
    if partnership_id not in {each.partnership_id for each in roles}:
        raise NotFound
    name, here = found.name, in_partnership(f"/people/{person}/invitation", partnership_id)

    def act(work: Unit) -> str:
        if request.form.get("act") == "withdraw":
            withdraw_invitation(work, partnership_id, person)
            flash(f"The invitation of {name} is withdrawn. Its links no longer work.")
        else:
            invite(work, partnership_id, person)
            flash(f"An invitation to {name} is on its way.")
        return here

    def show() -> str:
        shown, _ = person_with_roles(read_session(), actor(), person)
        states = invitation_states(read_session(), actor(), [partnership_id], [person], now=app_context().clock.now())
        return render_template(
            "people/invitation.html",
            form=form,
            person=shown,
            status=states.get((person, partnership_id)),
            words=INVITATION_STATES,
            back=in_partnership("/people", partnership_id),
        )

    return handle_form(form, act, show)


@pages.route("/people/invitations", methods=["GET", "POST"])
@needs(Permission.MANAGE_PEOPLE)
@shows(Shows.NOTHING)
def invitations() -> ResponseReturnValue:
    """List everybody who has no way in, and invite those who are ticked: nobody who was not on the page."""
    partnership_id, form = partnership_for(Permission.MANAGE_PEOPLE), IdempotentForm()
    here = in_partnership("/people/invitations", partnership_id)
    ticked = [int(each) for each in request.form.getlist("person") if _is_number(each)]

    def act(work: Unit) -> str:
        if not ticked:
            raise Refused("Tick at least one person.")
        invited = invite_all(work, partnership_id, ticked)
        flash(_in_words(invited, len(set(ticked)) - invited))
        return here

    def show() -> str:
        people = people_to_invite(read_session(), actor(), partnership_id)
        states = invitation_states(
            read_session(),
            actor(),
            [partnership_id],
            [each.person_id for each in people],
            now=app_context().clock.now(),
        )
        by_person = {person_id: status for (person_id, _), status in states.items()}
        return render_template(
            "people/invitations.html",
            form=form,
            people=people,
            status=by_person,
            ticked=set(ticked) if form.is_submitted() else _to_tick([each.person_id for each in people], by_person),
            words=INVITATION_STATES,
            partnership=code_of(partnership_id),
            back=in_partnership("/people", partnership_id),
        )

    return handle_form(form, act, show)


def _to_tick(people: list[int], status: Collection[int]) -> set[int]:
    """Tick at first whoever was never invited."""
    return {each for each in people if each not in status}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER


def _in_words(invited: int, left_out: int) -> str:
    sentence = f"{invited} {'invitation is' if invited == 1 else 'invitations are'} on the way."
    if left_out:
        return f"{sentence} {left_out} of those ticked can sign in by now, or have left."
    return sentence
