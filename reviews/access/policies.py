"""Which roles does this person hold on this one case or action?"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission, realm_of
from reviews.models import Action, ActionPart, Case, Evidence, Membership, Person
from workflows.core.vocabulary import Realm, Role
from workflows.definitions.action import AGREED, CLOSERS, DROPPED, MANAGERS, OUTSTANDING, UNFINISHED, WORKERS, A

RELATIVE = frozenset({Role.ACTION_OWNER, Role.AGENCY_LEAD, Role.LEAD_REVIEWER})
"""Roles that count only for one's own: the action one owns, the agency one leads for, the review one was given."""


def roles_in(actor: Actor, partnership_id: int, realm: Realm) -> frozenset[Role] | None:
    """Give the roles a case of a realm may be opened under; None is the system."""
    if actor.is_system:
        return None
    return frozenset(post.role for post in actor.posts_in(partnership_id) if realm_of(post.role) is realm)


def roles_on_case(actor: Actor, case: Case) -> frozenset[Role] | None:
    """Give the roles a step of the case may be recorded under; None is the system, which any step admits."""
    if actor.is_system:
        return None
    roles = (roles_in(actor, case.partnership_id, case.realm) or frozenset()) - {Role.ACTION_OWNER}
    if case.parent_id is not None:
        roles = roles - {Role.AGENCY_LEAD} | _leading(actor, {row.agency_id for row in case.involved})
    return roles if case.id in actor.reviewing else roles - {Role.LEAD_REVIEWER}


def _leading(actor: Actor, agencies: set[int]) -> frozenset[Role]:
    """A small case asks one agency: its lead answers, in either realm, and no other lead does."""
    leads = any(post.role is Role.AGENCY_LEAD and post.agency_id in agencies for post in actor.posts)
    return frozenset({Role.AGENCY_LEAD} if leads else ())


def roles_on_action(actor: Actor, action: Action) -> frozenset[Role] | None:
    """Give the roles a step of the action may be recorded under; None is the system, which any step admits."""
    if actor.is_system:
        return None
    posts = [post for post in actor.posts_in(action.partnership_id) if realm_of(post.role) is action.realm]
    roles = {post.role for post in posts} - RELATIVE
    if any(post.role is Role.AGENCY_LEAD and post.agency_id == action.lead_agency_id for post in posts):
        roles.add(Role.AGENCY_LEAD)
    if is_own(actor, action):
        roles.add(Role.ACTION_OWNER)
    return frozenset(roles)


def is_own(actor: Actor, action: Action) -> bool:
    """Whether the actor owns the action or is the owner's deputy: what one may do the other may, and may not."""
    own = actor.person_id is not None and actor.person_id in (action.owner_id, action.deputy_id)
    return own or stands_in(actor, action)


def stands_in(actor: Actor, action: Action) -> bool:
    """Whether the owner is away and the actor, who works in the realm of the action, is their deputy meanwhile."""
    away = (action.partnership_id, action.owner_id)
    return away in actor.standing_in and actor.works_in(action.partnership_id, action.realm)


def keeps_the_plan(actor: Actor, action: Action) -> bool:
    """Whether the actor manages the plan: what was withdrawn is still theirs to read."""
    roles = roles_on_action(actor, action)
    return roles is None or bool(roles & MANAGERS)


def may_end_strand(actor: Actor, action: Action, strand: ActionPart) -> bool:
    """Whether one agency's part is the actor's to end: their own agency's, of their action, or of a plan they keep."""
    if actor.may(Permission.ADD_ACTION, action.partnership_id, action.realm):
        return True
    return is_own(actor, action) or strand.agency_id in agencies_led(actor, action)


def agencies_led(actor: Actor, action: Action) -> frozenset[int]:
    """Give the agencies that the actor leads for where the action is: a lead's part in it is their agency's."""
    posts = [post for post in actor.posts_in(action.partnership_id) if realm_of(post.role) is action.realm]
    return frozenset(post.agency_id for post in posts if post.role is Role.AGENCY_LEAD)


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


def may_edit_details(actor: Actor, action: Action) -> bool:
    """Whether any detail of the action is this person's to change now."""
    return action.stage in UNFINISHED and _has_role(actor, action, WORKERS)


def may_rate_as_owner(actor: Actor, action: Action) -> bool:
    """Whether the actor works on the action and may say how they see it."""
    return action.stage in AGREED and _has_role(actor, action, WORKERS)


def may_rate_as_chair(actor: Actor, action: Action) -> bool:
    """Whether the actor is the chair for this action, and neither its owner nor their deputy."""
    is_rated = action.stage not in DROPPED | {A.PROPOSED}
    return is_rated and not is_own(actor, action) and _has_role(actor, action, CLOSERS)


def is_evidence_of(actor: Actor, action: Action, evidence: Evidence) -> bool:
    """Whether the actor offered the evidence, or manages the plan. They are known by address: a name may change."""
    offered = bool(actor.email) and evidence.offered_by.endswith(f"<{actor.email}>")
    return offered or keeps_the_plan(actor, action)


def may_withdraw_evidence(actor: Actor, action: Action, evidence: Evidence) -> bool:
    """Whether this piece of evidence is the actor's to withdraw now."""
    is_open = evidence.withdrawn_on is None and action.stage in OUTSTANDING
    return is_open and is_evidence_of(actor, action, evidence)


def _has_role(actor: Actor, action: Action, required: frozenset[Role]) -> bool:
    """Whether the actor has one of these roles on the action; the system has them all."""
    roles = roles_on_action(actor, action)
    return roles is None or bool(roles & required)
