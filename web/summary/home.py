"""Where does a person begin?"""

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission
from web.core.access import needs
from web.core.context import actor
from workflows.core.roles import Role

pages = Blueprint("home", __name__)

HEADS = frozenset({Role.SUBGROUP_CHAIR, Role.INDEPENDENT_CHAIR, Role.SAFEGUARDING_PARTNER})
BEGINNINGS = (
    (HEADS, "/summary"),
    (frozenset(Role) - HEADS - {Role.ACTION_OWNER, Role.AGENCY_LEAD, Role.SCRUTINY_MEMBER}, "/cases"),
    (frozenset({Role.AGENCY_LEAD, Role.SCRUTINY_MEMBER}), "/actions"),
    (frozenset({Role.ACTION_OWNER}), "/actions/mine"),
)
"""The first line that one of a person's roles stands in says where they begin."""


@pages.route("/")
@needs(Permission.SIGNED_IN)
def home() -> ResponseReturnValue:
    held = {post.role for post in actor().posts}
    for roles, beginning in BEGINNINGS:
        if roles & held:
            return redirect(beginning, 303)
    return render_template("home/home.html")
