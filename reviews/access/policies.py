"""Which roles count for a person on one case or action, and what its state and theirs allow."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission, realm_of
from reviews.models import Action, ActionPart, Case, Evidence, Membership, Person
from workflows.core.vocabulary import Realm, Role
from workflows.definitions.action import (
    AGREED,
    CLOSERS,
    DROPPED,
    MANAGERS,
    OUTSTANDING,
    UNFINISHED,
    WORKERS,
    ActionStage,
)

RELATIVE = frozenset({Role.ACTION_OWNER, Role.AGENCY_LEAD, Role.LEAD_REVIEWER})
"""Roles that count only for the action one owns, the agency one leads for, the review one was given."""


WORKS_AS = {Realm.REVIEWS: Role.LEAD_REVIEWER, Realm.CHILD_DEATHS: Role.CDOP_PANEL_MEMBER}
"""The role as which a person works on a case that a grant opened to them."""


def roles_in(actor: Actor, partnership_id: int, realm: Realm) -> frozenset[Role] | None:
    """Give the roles that count when a case of the realm is opened; None for the system, which may open any."""
    if actor.is_system:
        return None
    return frozenset(
        assignment.role for assignment in actor.roles_held_in(partnership_id) if realm_of(assignment.role) is realm
    )


def roles_on_case(actor: Actor, case: Case) -> frozenset[Role] | None:
    """Give the roles that count for a step of the case; None for the system, which may take any step."""
    if actor.is_system:
        return None
    roles = (roles_in(actor, case.partnership_id, case.realm) or frozenset()) - {Role.ACTION_OWNER}
    if case.parent_id is not None:
        roles = roles - {Role.AGENCY_LEAD} | _leading(actor, {row.agency_id for row in case.involved})
    if case.id not in actor.reviewing:
        roles = roles - {Role.LEAD_REVIEWER}
    return roles | {WORKS_AS[case.realm]} if case.id in actor.case_rights.workable else roles


def _leading(actor: Actor, agencies: set[int]) -> frozenset[Role]:
    """A request goes to one agency: its lead answers, in either realm, and no other lead may."""
    leads = any(
        assignment.role is Role.AGENCY_LEAD and assignment.agency_id in agencies for assignment in actor.roles_held
    )
    return frozenset({Role.AGENCY_LEAD} if leads else ())


def roles_on_action(actor: Actor, action: Action) -> frozenset[Role] | None:
    """Give the roles that count for a step of the action; None for the system, which may take any step."""
    if actor.is_system:
        return None
    roles_held = [
        assignment
        for assignment in actor.roles_held_in(action.partnership_id)
        if realm_of(assignment.role) is action.realm
    ]
    roles = {assignment.role for assignment in roles_held} - RELATIVE
    if any(
        assignment.role is Role.AGENCY_LEAD and assignment.agency_id == action.lead_agency_id
        for assignment in roles_held
    ):
        roles.add(Role.AGENCY_LEAD)
    if is_owner_or_deputy(actor, action):
        roles.add(Role.ACTION_OWNER)
    return frozenset(roles)


def is_owner_or_deputy(actor: Actor, action: Action) -> bool:
    """Whether the actor owns the action or is the owner's deputy: both may do, and may not do, the same."""
    named = actor.person_id is not None and actor.person_id in (action.owner_id, action.deputy_id)
    return named or is_acting_deputy(actor, action)


def is_involved(actor: Actor, action: Action) -> bool:
    """Whether the actor owns the action, is the owner's deputy, or submitted it, also before it was given away."""
    submitters = (action.submitted_by_id, action.submitted_for_id)
    return is_owner_or_deputy(actor, action) or (actor.person_id is not None and actor.person_id in submitters)


def is_acting_deputy(actor: Actor, action: Action) -> bool:
    """Whether the owner is away today and the actor is their deputy, with a role in the realm of the action."""
    away = (action.partnership_id, action.owner_id)
    return away in actor.deputises_for and actor.works_in(action.partnership_id, action.realm)


def manages_plan(actor: Actor, action: Action) -> bool:
    """Whether the actor manages the plan of the action, and so may read evidence that was withdrawn."""
    roles = roles_on_action(actor, action)
    return roles is None or bool(roles & MANAGERS)


def may_end_part(actor: Actor, action: Action, part: ActionPart) -> bool:
    """Whether the actor may end a part: as lead of its agency, as owner of the action, or as manager of the plan."""
    if actor.may(Permission.ADD_ACTION, action.partnership_id, action.realm):
        return True
    return is_owner_or_deputy(actor, action) or part.agency_id in agencies_led(actor, action)


def agencies_led(actor: Actor, action: Action) -> frozenset[int]:
    """Give the agencies for which the actor is the lead, in the partnership and realm of the action."""
    roles_held = [
        assignment
        for assignment in actor.roles_held_in(action.partnership_id)
        if realm_of(assignment.role) is action.realm
    ]
    return frozenset(assignment.agency_id for assignment in roles_held if assignment.role is Role.AGENCY_LEAD)


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
    """Give the sentence why this person cannot record assurance of an action they see; "" for those who can."""
    roles = roles_on_action(actor, action)
    if roles is None:
        return ""
    if is_involved(actor, action):
        return "Assurance must come from somebody other than the owner, their deputy and whoever submitted the action."
    if action.case_id in actor.reviewing or action.case_id in actor.case_rights.workable:
        roles = roles | {WORKS_AS[action.realm]}
    if roles & FOR_NO_AGENCY:
        return ""
    if not roles & FOR_AN_AGENCY:
        return (
            "Your role cannot record assurance. Members and chairs of the review subgroup or panel, partners, "
            "reviewers and the business unit can."
        )
    if _agencies(actor, action, FOR_AN_AGENCY) - {action.lead_agency_id}:
        return ""
    return "Your agency leads on this action. Assurance must come from another agency."


def accepts_for_leading_agency(session: Session, actor: Actor, action: Action) -> bool:
    """Whether the actor's agency leads on the action, and somebody of another agency could accept it instead.

    Where nobody else in the partnership may accept actions, this is false: otherwise nobody could close it.
    """
    agencies = _agencies(actor, action, CLOSERS)
    if action.lead_agency_id is None or agencies != {action.lead_agency_id}:
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
    roles_held = actor.roles_held_in(action.partnership_id)
    return {
        assignment.agency_id
        for assignment in roles_held
        if assignment.role in roles and realm_of(assignment.role) is action.realm
    }


def may_edit_details(actor: Actor, action: Action) -> bool:
    """Whether any detail of the action is this person's to change now."""
    return action.stage in UNFINISHED and _has_role(actor, action, WORKERS)


def may_rate_as_owner(actor: Actor, action: Action) -> bool:
    """Whether the actor works on the action and may say how they see it."""
    return action.stage in AGREED and _has_role(actor, action, WORKERS)


def may_rate_as_chair(actor: Actor, action: Action) -> bool:
    """Whether the actor is the chair for this action, and it is not their own."""
    is_rated = action.stage not in DROPPED | {ActionStage.PROPOSED}
    return is_rated and not is_involved(actor, action) and _has_role(actor, action, CLOSERS)


def is_evidence_of(actor: Actor, action: Action, evidence: Evidence) -> bool:
    """Whether the actor offered the evidence, or manages the plan. They are known by address: a name may change."""
    offered = bool(actor.email) and evidence.offered_by.endswith(f"<{actor.email}>")
    return offered or manages_plan(actor, action)


def may_withdraw_evidence(actor: Actor, action: Action, evidence: Evidence) -> bool:
    """Whether this piece of evidence is the actor's to withdraw now."""
    is_open = evidence.withdrawn_on is None and action.stage in OUTSTANDING
    return is_open and is_evidence_of(actor, action, evidence)


def _has_role(actor: Actor, action: Action, required: frozenset[Role]) -> bool:
    """Whether the actor has one of these roles on the action; the system has them all."""
    roles = roles_on_action(actor, action)
    return roles is None or bool(roles & required)
