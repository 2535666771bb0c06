"""Who stands far enough from an action to vouch for it, or to accept it as done?"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, realm_of
from reviews.access.policies import roles_on_action
from reviews.models import Action, Membership, Person
from workflows.core.roles import Role
from workflows.definitions.action import CLOSERS

FOR_NO_AGENCY = frozenset(
    {
        Role.BUSINESS_MANAGER,
        Role.BUSINESS_UNIT_ADMIN,
        Role.INDEPENDENT_CHAIR,
        Role.LEAD_REVIEWER,
        Role.CDOP_MANAGER,
    }
)
"""Roles that work for the partnership, whichever agency employs them."""
FOR_AN_AGENCY = frozenset(
    {Role.REVIEW_SUBGROUP_MEMBER, Role.SUBGROUP_CHAIR, Role.SAFEGUARDING_PARTNER, Role.CDOP_PANEL_MEMBER}
)


def why_not_assured_by(actor: Actor, action: Action) -> str:
    """Say why this person cannot vouch for an action they see; empty for whoever can."""
    roles = roles_on_action(actor, action)
    if roles is None:
        return ""
    if Role.ACTION_OWNER in roles:
        return "Assurance comes from somebody other than the owner."
    if action.case_id in actor.reviewing:
        roles = roles | {Role.LEAD_REVIEWER}
    if roles & FOR_NO_AGENCY:
        return ""
    if not roles & FOR_AN_AGENCY:
        return "Assurance is for members and chairs of the review subgroup or panel, partners, reviewers and the unit."
    own = _agencies(actor, action, FOR_AN_AGENCY)
    return "" if own - {action.lead_agency_id} else "Assurance comes from another agency than the one that leads."


def accepts_for_own_agency(session: Session, actor: Actor, action: Action) -> bool:
    """Whether the actor's agency leads on the action, while somebody of another agency could close it.

    Where the partnership has no other closer, its chair closes these too: an action must not wait for nobody.
    """
    own = _agencies(actor, action, CLOSERS)
    if action.lead_agency_id is None or own != {action.lead_agency_id}:
        return False
    roles = [role for role in CLOSERS if realm_of(role) is action.realm]
    others = sa.select(Membership.id).join(Person, Person.id == Membership.person_id)
    found = others.where(
        Membership.partnership_id == action.partnership_id,
        Membership.role.in_(roles),
        Membership.ended_on.is_(None),
        Membership.agency_id != action.lead_agency_id,
        Membership.person_id.is_distinct_from(action.owner_id),
        Membership.person_id.is_distinct_from(action.deputy_id),
        Person.disabled_at.is_(None),
    )
    return session.scalar(found.limit(1)) is not None


def _agencies(actor: Actor, action: Action, roles: frozenset[Role]) -> set[int]:
    posts = actor.posts_in(action.partnership_id)
    return {post.agency_id for post in posts if post.role in roles and realm_of(post.role) is action.realm}
