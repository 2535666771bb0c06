"""Which rows a person may see: the condition that every query of records contains."""

from collections.abc import Callable, Collection
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from reviews.access.permissions import GRANTS, Actor, Permission, realm_of
from reviews.access.role_matrix import ROLE_MATRIX, Reach, seeing_actions, seeing_cases
from reviews.models import (
    Absence,
    Action,
    ActionPart,
    Agency,
    Attachment,
    Case,
    CaseAgency,
    CaseClock,
    CaseTrack,
    Child,
    ChildIdentity,
    Event,
    Finding,
    IdentityOpening,
    Membership,
    Partnership,
    Person,
    Recommendation,
    Theme,
)
from workflows.core.vocabulary import Realm, Role

Rule: TypeAlias = Callable[[Actor], ColumnElement[bool]]

WHOLE_PARTNERSHIP = seeing_cases(Reach.ALL)
PUBLISHED_STAGES = (
    "published",
    "withdrawn_after_period",
    "improvements_only_published",
    "executive_summary_published",
)


def visible(actor: Actor, table: type[Any]) -> ColumnElement[bool]:
    """Give the condition for the rows of a table that the actor may see. Raises KeyError for a table without a rule."""
    if actor.is_system:
        return sa.true()
    rule: Rule = _RULES[table]
    return rule(actor)


def visible_with(actor: Actor, case: type[Case]) -> ColumnElement[bool]:
    """Give the condition for a case the actor sees and those inside it, `case` being its name in the query.

    They see all of them, but for whoever leads an agency: a lead does not see what other agencies were asked.
    """
    if actor.is_system or not _agencies_seen(actor, {Role.AGENCY_LEAD}):
        return sa.true()
    return _cases(actor, case)


def within(actor: Actor, partnership_id: Any, permission: Permission) -> ColumnElement[bool]:
    """Give the condition for rows of a whole partnership, such as letters, where the actor has a permission."""
    if actor.is_system:
        return sa.true()
    found: ColumnElement[bool] = partnership_id.in_(actor.partnerships_with(permission))
    return found


def in_realms_of(actor: Actor, table: type[Any], permission: Permission) -> ColumnElement[bool]:
    """Give the condition for cases or actions of the partnerships and realms where the actor has a permission."""
    if actor.is_system:
        return sa.true()
    return sa.or_(sa.false(), *_whole_realms(actor, table, GRANTS[permission]))


def for_retention(actor: Actor, table: type[Any]) -> ColumnElement[bool]:
    """Give the condition for cases, or certificates of those that were disposed of, whose retention the actor manages.

    It shows references, and neither titles nor text: the privacy officer is shown those of both realms, confined cases
    among them, a manager those they see. Nobody is shown a case from which they are excluded.
    """
    if actor.is_system:
        return sa.true()
    rights = actor.case_rights
    managers = sa.or_(sa.false(), *_whole_realms(actor, table, GRANTS[Permission.MANAGE_CASE_RIGHTS]))
    watched = {each.partnership_id for each in actor.roles_held if each.role is Role.PRIVACY_OFFICER}
    if table is Case:
        managers = _except(managers, Case.id, rights.not_named_in)
    found = managers | _among(table.partnership_id, watched) if watched else managers
    return _except(found, Case.id, rights.excluded_from) if table is Case else found


def manageable_absences(actor: Actor) -> ColumnElement[bool]:
    """Give the condition for absences the actor may record and end: their own, of people of the agencies they lead, or,
    for who manages people, of everybody."""
    if actor.is_system:
        return sa.true()
    ways = [Absence.person_id == actor.person_id, within(actor, Absence.partnership_id, Permission.MANAGE_PEOPLE)]
    if led := _agencies(actor, {Role.AGENCY_LEAD}):
        theirs = sa.select(Membership.person_id).where(Membership.agency_id.in_(led), Membership.ended_on.is_(None))
        ways.append(_among(Absence.partnership_id, _partnerships(actor)) & Absence.person_id.in_(theirs))
    return sa.or_(*ways)


def _cases(actor: Actor, case: type[Case] = Case) -> ColumnElement[bool]:
    ways = _whole_realms(actor, case, WHOLE_PARTNERSHIP)
    agencies = _agencies_seen(actor, seeing_cases(Reach.OF_AGENCY))
    if agencies:
        ways.append((case.realm == Realm.REVIEWS) & case.id.in_(_involving(agencies)))
    ways += _child_cases(actor, case)
    if actor.reviewing:
        ways.append(case.id.in_(actor.reviewing))
    rights = actor.case_rights
    if rights.readable:
        ways.append(case.id.in_(rights.readable))
    return _except(sa.or_(sa.false(), *ways), case.id, (*rights.excluded_from, *rights.not_named_in))


def _child_cases(actor: Actor, case: type[Case]) -> list[ColumnElement[bool]]:
    """Give who sees child cases beside the managers: those who see the parent case, and the lead of the agency asked.

    A lead sees requests to their own agency in either realm, and none to others.
    """
    ways: list[ColumnElement[bool]] = []
    if members := _agencies_seen(actor, {Role.REVIEW_SUBGROUP_MEMBER}):
        ways.append((case.realm == Realm.REVIEWS) & case.parent_id.in_(_involving(members)))
    if leads := _agencies_seen(actor, {Role.AGENCY_LEAD}):
        ways.append(case.parent_id.is_not(None) & case.id.in_(_involving(leads)))
    if actor.reviewing:
        ways.append(case.parent_id.in_(actor.reviewing))
    return ways


def _involving(agencies: list[int]) -> sa.Select[int]:
    return sa.select(CaseAgency.case_id).where(CaseAgency.agency_id.in_(agencies))


def _actions(actor: Actor) -> ColumnElement[bool]:
    ways = _whole_realms(actor, Action, seeing_actions(Reach.ALL))
    ways += _actions_deputised(actor)
    agencies = _agencies_seen(actor, seeing_actions(Reach.OF_AGENCY))
    if agencies:
        ways.append((Action.realm == Realm.REVIEWS) & Action.lead_agency_id.in_(agencies))
        parts = sa.select(ActionPart.action_id).where(ActionPart.agency_id.in_(agencies))
        ways.append((Action.realm == Realm.REVIEWS) & Action.id.in_(parts))
    if actor.reviewing:
        ways.append(Action.case_id.in_(actor.reviewing))
    scrutinised = [
        assignment.partnership_id
        for assignment in actor.roles_held
        if ROLE_MATRIX[assignment.role].actions is Reach.PUBLISHED
    ]
    if scrutinised:
        published = sa.select(CaseTrack.case_id).where(
            CaseTrack.name == "publication", CaseTrack.stage.in_(PUBLISHED_STAGES)
        )
        ways.append(Action.partnership_id.in_(scrutinised) & Action.case_id.in_(published))
    rights = actor.case_rights
    if rights.readable:
        ways.append(Action.case_id.in_(rights.readable))
    if rights.not_named_in:
        ways = [_except(sa.or_(sa.false(), *ways), Action.case_id, rights.not_named_in)]
    ways += [Action.owner_id == actor.person_id, Action.deputy_id == actor.person_id]
    return _except(sa.or_(*ways), Action.case_id, rights.excluded_from)


def _except(condition: ColumnElement[bool], case_id: Any, hidden: tuple[int, ...]) -> ColumnElement[bool]:
    """Narrow a condition by the cases that are hidden from a person by name, whatever else would show them."""
    return condition & case_id.not_in(hidden) if hidden else condition


def _actions_deputised(actor: Actor) -> list[ColumnElement[bool]]:
    """Give the condition for actions of people who are away, for their deputy. In child death review a deputy sees all
    actions by role."""
    return [
        (Action.realm == Realm.REVIEWS) & (Action.partnership_id == partnership_id) & (Action.owner_id == owner_id)
        for partnership_id, owner_id in actor.deputises_for
        if actor.works_in(partnership_id, Realm.REVIEWS)
    ]


def _absences(actor: Actor) -> ColumnElement[bool]:
    return sa.or_(Absence.deputy_id == actor.person_id, manageable_absences(actor))


def _through_cases(column: Any) -> Rule:
    return lambda actor: column.in_(sa.select(Case.id).where(_cases(actor)))


def _children(actor: Actor) -> ColumnElement[bool]:
    """A permission counts only in the realm of the role that has it: two roles together do not add up to a third.

    Who may work on a case by name sees its children as its lead reviewer does.
    """
    allowed = _whole_realms(actor, Case, GRANTS[Permission.SEE_CHILDREN])
    if actor.case_rights.workable:
        allowed.append((Case.realm == Realm.REVIEWS) & Case.id.in_(actor.case_rights.workable))
    return Child.case_id.in_(sa.select(Case.id).where(_cases(actor), sa.or_(sa.false(), *allowed)))


def _of_identities(column: Any) -> Rule:
    """Whoever keeps the identities of a realm sees those of its cases, and a lead reviewer those of their cases alone:
    neither a grant by name nor another role of theirs that shows a case opens one."""

    def rule(actor: Actor) -> ColumnElement[bool]:
        allowed = _whole_realms(actor, Case, GRANTS[Permission.RECORD_IDENTITIES])
        if actor.reviewing:
            allowed.append(Case.id.in_(actor.reviewing))
        cases = sa.select(Case.id).where(_cases(actor), sa.or_(sa.false(), *allowed))
        found: ColumnElement[bool] = column.in_(cases)
        return found

    return rule


def _events(actor: Actor) -> ColumnElement[bool]:
    """Events of an action are for those who see the action, whether or not they see its case."""
    cases = sa.select(Case.id).where(_cases(actor))
    actions = sa.select(Action.id).where(_actions(actor))
    return sa.or_(Event.action_id.is_(None) & Event.case_id.in_(cases), Event.action_id.in_(actions))


def _in_their_partnerships(column: Any) -> Rule:
    return lambda actor: _among(column, _partnerships(actor))


def _partnerships(actor: Actor) -> set[int]:
    return {assignment.partnership_id for assignment in actor.roles_held}


def _people(actor: Actor) -> ColumnElement[bool]:
    fellows = sa.select(Membership.person_id).where(_in_their_partnerships(Membership.partnership_id)(actor))
    return sa.or_(Person.id == actor.person_id, Person.id.in_(fellows))


def _whole_realms(actor: Actor, table: Any, roles: frozenset[Role]) -> list[ColumnElement[bool]]:
    """Give one condition for each realm in which one of these roles sees everything, in its partnerships."""
    partnerships: dict[Realm, set[int]] = {}
    for assignment in actor.roles_held:
        if assignment.role in roles:
            partnerships.setdefault(realm_of(assignment.role), set()).add(assignment.partnership_id)
    return [_among(table.partnership_id, ids) & (table.realm == realm) for realm, ids in sorted(partnerships.items())]


def _among(column: Any, ids: set[int]) -> ColumnElement[bool]:
    """Compare with the number where there is only one, as for nearly everybody: SQLAlchemy caches `=`, not the length
    of a list."""
    found: ColumnElement[bool] = column == next(iter(ids)) if len(ids) == 1 else column.in_(sorted(ids))
    return found


def _agencies(actor: Actor, roles: set[Role]) -> list[int]:
    return sorted({assignment.agency_id for assignment in actor.roles_held if assignment.role in roles})


def _agencies_seen(actor: Actor, roles: Collection[Role]) -> list[int]:
    """Give the agencies whose records they see: their own, and those that went over into it while they were there."""
    held = [assignment for assignment in actor.roles_held if assignment.role in roles]
    return sorted({key for each in held for key in (each.agency_id, *each.earlier_agency_ids)})


_RULES: dict[type[Any], Rule] = {
    Absence: _absences,
    Case: _cases,
    CaseTrack: _through_cases(CaseTrack.case_id),
    CaseClock: _through_cases(CaseClock.case_id),
    CaseAgency: _through_cases(CaseAgency.case_id),
    Attachment: _through_cases(Attachment.case_id),
    Finding: _through_cases(Finding.case_id),
    Recommendation: _through_cases(Recommendation.case_id),
    Child: _children,
    ChildIdentity: lambda actor: ChildIdentity.child_id.in_(
        sa.select(Child.id).where(_of_identities(Child.case_id)(actor))
    ),
    IdentityOpening: _of_identities(IdentityOpening.case_id),
    Action: _actions,
    ActionPart: lambda actor: ActionPart.action_id.in_(sa.select(Action.id).where(_actions(actor))),
    Event: _events,
    Person: _people,
    Agency: _in_their_partnerships(Agency.partnership_id),
    Membership: _in_their_partnerships(Membership.partnership_id),
    Partnership: _in_their_partnerships(Partnership.id),
    Theme: _in_their_partnerships(Theme.partnership_id),
}

TABLES = frozenset(_RULES)
"""The tables whose rows are seen by some and not by others."""
