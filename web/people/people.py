"""Who works in the partnership, in which roles?"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission
from reviews.people.choices import agencies
from reviews.people.queries import PeopleFilter, people_list
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.places import places_with
from web.core.query import number, one_of, partnership_asked, shown, word
from workflows.core.roles import Role

pages = Blueprint("people", __name__)

STANDINGS = {"open": "Open accounts", "disabled": "Disabled accounts"}


@pages.route("/people")
@needs(Permission.SEE_PEOPLE)
def people() -> ResponseReturnValue:
    place, wanted = partnership_asked(), _wanted()
    page = shown(lambda n: people_list(reader(), actor(), today=today(), partnership_id=place, wanted=wanted, number=n))
    return render_template(
        "people/people.html",
        page=page,
        wanted=wanted,
        roles={role.value: role.words for role in Role},
        agencies=agencies(reader(), actor(), place, ended=True),
        standings=STANDINGS,
        addressed=set(actor().partnerships_with(Permission.CHANGE_ADDRESSES)),
        managed=set(actor().partnerships_with(Permission.MANAGE_PEOPLE)),
        partnerships=places_with(Permission.SEE_PEOPLE),
        adds_in=places_with(Permission.MANAGE_PEOPLE),
    )


def _wanted() -> PeopleFilter:
    return PeopleFilter(
        text=word("q"),
        role=one_of("role", {role.value for role in Role}),
        agency_id=number("agency"),
        standing=one_of("standing", STANDINGS),
    )
