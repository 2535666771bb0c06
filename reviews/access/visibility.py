"""What may this person see? The one WHERE clause of every query."""

from collections.abc import Callable
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import ColumnElement

from reviews.access.permissions import GRANTS, Actor, Permission, realm_of
from reviews.models import (
    Absence,
    Action,
    ActionPart,
    Agency,
    Case,
    CaseAgency,
    CaseClock,
    CaseTrack,
    Child,
    Event,
    Finding,
    Membership,
    Partnership,
    Person,
    Recommendation,
    Theme,
)
from workflows.core.vocabulary import Realm, Role

Rule: TypeAlias = Callable[[Actor], ColumnElement[bool]]

WHOLE_PARTNERSHIP = frozenset(
    {
        Role.BUSINESS_MANAGER,
        Role.BUSINESS_UNIT_ADMIN,
        Role.SUBGROUP_CHAIR,
        Role.INDEPENDENT_CHAIR,
        Role.SAFEGUARDING_PARTNER,
        Role.CDOP_MANAGER,
        Role.CDOP_PANEL_MEMBER,
    }
)
PUBLISHED_STAGES = (
    "published",
    "withdrawn_after_period",
    "improvements_only_published",
    "executive_summary_published",
)


def visible(actor: Actor, table: type[Any]) -> ColumnElement[bool]:
    """Give the condition on rows of a table: true for the system, false for who has no part in it."""
    if actor.is_system:
        return sa.true()
    rule: Rule = _RULES[table]
    return rule(actor)


def within(actor: Actor, partnership_id: Any, permission: Permission) -> ColumnElement[bool]:
    """Give the condition for rows that belong to a partnership as a whole, such as the reminder ledger."""
    if actor.is_system:
        return sa.true()
    found: ColumnElement[bool] = partnership_id.in_(actor.partnerships_with(permission))
    return found


def in_realms_of(actor: Actor, table: type[Any], permission: Permission) -> ColumnElement[bool]:
    """Give the condition for cases or actions in the realms, of the partnerships, where a permission is theirs."""
    if actor.is_system:
        return sa.true()
    return sa.or_(sa.false(), *_whole_realms(actor, table, GRANTS[permission]))


def absences_kept_by(actor: Actor) -> ColumnElement[bool]:
    """Give the condition for the absences that are the actor's to record and end: own, of people led, of all."""
    if actor.is_system:
        return sa.true()
    ways = [Absence.person_id == actor.person_id, within(actor, Absence.partnership_id, Permission.MANAGE_PEOPLE)]
    if led := _agencies(actor, {Role.AGENCY_LEAD}):
        theirs = sa.select(Membership.person_id).where(Membership.agency_id.in_(led), Membership.ended_on.is_(None))
        ways.append(_among(Absence.partnership_id, _partnerships(actor)) & Absence.person_id.in_(theirs))
    return sa.or_(*ways)


def _cases(actor: Actor) -> ColumnElement[bool]:
    ways = _whole_realms(actor, Case, WHOLE_PARTNERSHIP)
    agencies = _agencies(actor, {Role.REVIEW_SUBGROUP_MEMBER, Role.AGENCY_LEAD})
    if agencies:
        ways.append((Case.realm == Realm.REVIEWS) & Case.id.in_(_involving(agencies)))
    ways += _small_cases(actor)
    if actor.reviewing:
        ways.append(Case.id.in_(actor.reviewing))
    return sa.or_(sa.false(), *ways)


def _small_cases(actor: Actor) -> list[ColumnElement[bool]]:
    """Give the further ways into a case inside another: with the case around it, or as the lead of who is asked.

    A lead sees the request to their own agency in either realm, and of the requests to others nothing.
    """
    ways: list[ColumnElement[bool]] = []
    if members := _agencies(actor, {Role.REVIEW_SUBGROUP_MEMBER}):
        ways.append((Case.realm == Realm.REVIEWS) & Case.parent_id.in_(_involving(members)))
    if leads := _agencies(actor, {Role.AGENCY_LEAD}):
        ways.append(Case.parent_id.is_not(None) & Case.id.in_(_involving(leads)))
    if actor.reviewing:
        ways.append(Case.parent_id.in_(actor.reviewing))
    return ways


def _involving(agencies: list[int]) -> sa.Select[int]:
    return sa.select(CaseAgency.case_id).where(CaseAgency.agency_id.in_(agencies))


def _actions(actor: Actor) -> ColumnElement[bool]:
    whole = WHOLE_PARTNERSHIP | {Role.REVIEW_SUBGROUP_MEMBER}
    ways = _whole_realms(actor, Action, whole)
    ways += [Action.owner_id == actor.person_id, Action.deputy_id == actor.person_id]
    ways += _of_those_away(actor)
    agencies = _agencies(actor, {Role.AGENCY_LEAD})
    if agencies:
        ways.append((Action.realm == Realm.REVIEWS) & Action.lead_agency_id.in_(agencies))
        parts = sa.select(ActionPart.action_id).where(ActionPart.agency_id.in_(agencies))
        ways.append((Action.realm == Realm.REVIEWS) & Action.id.in_(parts))
    if actor.reviewing:
        ways.append(Action.case_id.in_(actor.reviewing))
    scrutinised = [post.partnership_id for post in actor.posts if post.role is Role.SCRUTINY_MEMBER]
    if scrutinised:
        published = sa.select(CaseTrack.case_id).where(
            CaseTrack.name == "publication", CaseTrack.stage.in_(PUBLISHED_STAGES)
        )
        ways.append(Action.partnership_id.in_(scrutinised) & Action.case_id.in_(published))
    return sa.or_(sa.false(), *ways)


def _of_those_away(actor: Actor) -> list[ColumnElement[bool]]:
    """Give the way into the actions of somebody away for who stands in; child death review sees its own whole."""
    return [
        (Action.realm == Realm.REVIEWS) & (Action.partnership_id == place) & (Action.owner_id == person)
        for place, person in actor.standing_in
        if actor.works_in(place, Realm.REVIEWS)
    ]


def _absences(actor: Actor) -> ColumnElement[bool]:
    return sa.or_(Absence.deputy_id == actor.person_id, absences_kept_by(actor))


def _through_cases(column: Any) -> Rule:
    return lambda actor: column.in_(sa.select(Case.id).where(_cases(actor)))


def _children(actor: Actor) -> ColumnElement[bool]:
    """A permission counts in the realm of the role that carries it: two roles together open no third thing."""
    allowed = _whole_realms(actor, Case, GRANTS[Permission.SEE_CHILDREN])
    return Child.case_id.in_(sa.select(Case.id).where(_cases(actor), sa.or_(sa.false(), *allowed)))


def _events(actor: Actor) -> ColumnElement[bool]:
    """What was done to an action is for those who see the action, whatever they see of its case."""
    cases = sa.select(Case.id).where(_cases(actor))
    actions = sa.select(Action.id).where(_actions(actor))
    return sa.or_(Event.action_id.is_(None) & Event.case_id.in_(cases), Event.action_id.in_(actions))


def _of_own_partnerships(column: Any) -> Rule:
    return lambda actor: _among(column, _partnerships(actor))


def _partnerships(actor: Actor) -> set[int]:
    return {post.partnership_id for post in actor.posts}


def _people(actor: Actor) -> ColumnElement[bool]:
    fellows = sa.select(Membership.person_id).where(_of_own_partnerships(Membership.partnership_id)(actor))
    return sa.or_(Person.id == actor.person_id, Person.id.in_(fellows))


def _whole_realms(actor: Actor, table: Any, roles: frozenset[Role]) -> list[ColumnElement[bool]]:
    """Give one way in for each realm that the actor may see whole, in the partnerships where they may."""
    places: dict[Realm, set[int]] = {}
    for post in actor.posts:
        if post.role in roles:
            places.setdefault(realm_of(post.role), set()).add(post.partnership_id)
    return [_among(table.partnership_id, ids) & (table.realm == realm) for realm, ids in sorted(places.items())]


def _among(column: Any, ids: set[int]) -> ColumnElement[bool]:
    """Say it plainly where there is one, as for nearly everybody: a list is written out anew for every page."""
    one: ColumnElement[bool] = column == next(iter(ids)) if len(ids) == 1 else column.in_(sorted(ids))
    return one


def _agencies(actor: Actor, roles: set[Role]) -> list[int]:
    return sorted({post.agency_id for post in actor.posts if post.role in roles})


_RULES: dict[type[Any], Rule] = {
    Absence: _absences,
    Case: _cases,
    CaseTrack: _through_cases(CaseTrack.case_id),
    CaseClock: _through_cases(CaseClock.case_id),
    CaseAgency: _through_cases(CaseAgency.case_id),
    Finding: _through_cases(Finding.case_id),
    Recommendation: _through_cases(Recommendation.case_id),
    Child: _children,
    Action: _actions,
    ActionPart: lambda actor: ActionPart.action_id.in_(sa.select(Action.id).where(_actions(actor))),
    Event: _events,
    Person: _people,
    Agency: _of_own_partnerships(Agency.partnership_id),
    Membership: _of_own_partnerships(Membership.partnership_id),
    Partnership: _of_own_partnerships(Partnership.id),
    Theme: _of_own_partnerships(Theme.partnership_id),
}
