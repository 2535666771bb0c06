"""The home page: what waits for the person signed in."""

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission
from web.core.access import needs
from web.core.context import actor, today
from web.core.on_record import Shows, shows
from web.home.home_parts import HomePart
from workflows.core.vocabulary import Role

pages = Blueprint("home", __name__)

HOME_PARTS: tuple[HomePart, ...] = ()
"""The panels of all homes, in the order in which a page shows those of its person."""
HEADS = frozenset({Role.SUBGROUP_CHAIR, Role.INDEPENDENT_CHAIR, Role.SAFEGUARDING_PARTNER})
HOME_PAGES = (
    (HEADS, "/summary"),
    (
        frozenset(role for role in Role if role.sees_records)
        - HEADS
        - {Role.ACTION_OWNER, Role.AGENCY_LEAD, Role.SCRUTINY_MEMBER},
        "/cases",
    ),
    (frozenset({Role.AGENCY_LEAD, Role.SCRUTINY_MEMBER}), "/actions"),
    (frozenset({Role.ACTION_OWNER}), "/actions/mine"),
    (frozenset({Role.PRIVACY_OFFICER}), "/audit"),
    (frozenset({Role.TECHNICIAN}), "/system"),
)
"""The page that stands for the home of a role that has no panels."""


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A panel with what it shows."""

    part: HomePart
    content: object


@pages.route("/")
@needs(Permission.SIGNED_IN)
@shows(Shows.LIST, Shows.NOTHING)
def home() -> ResponseReturnValue:
    held = {assignment.role for assignment in actor().roles_held}
    shown = [
        ShownPart(part, content) for part in HOME_PARTS if part.roles & held and (content := part.load()) is not None
    ]
    if not shown:
        for roles, path in HOME_PAGES:
            if roles & held:
                return redirect(path, 303)
    return render_template("home/home.html", shown=shown, has_role=bool(held), today=today())
