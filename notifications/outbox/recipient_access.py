"""Conditions on a queued letter: its recipient may still read it, and mail to them does not come back.

Between the morning and the delivery an action may get another owner, a role may end, or mail may come back: then the
letter is not sent. The conditions are part of the query for one letter. They use aggregates instead of EXISTS, with
which PostgreSQL would read whole tables for one letter.
"""

from typing import Any

import sqlalchemy as sa

from notifications.base.summary_rhythm import SUMMARY
from notifications.models import AddressProblem, Letter, Reminder
from notifications.returns.address_problems import is_open
from reviews.access.permissions import GRANTS, Permission, realm_of
from reviews.access.visibility import WHOLE_PARTNERSHIP
from reviews.core.fast_sql import literal_sql
from reviews.models import Absence, Action, ActionPart, Case, CaseAgency, CaseClock, Membership, Person
from workflows.core.vocabulary import Realm, Role

Condition = sa.ColumnElement[bool]
READERS = WHOLE_PARTNERSHIP | {Role.REVIEW_SUBGROUP_MEMBER}
"""The roles that see every action of a realm (reviews/access/visibility.py)."""


def comes_back() -> Condition:
    """Whether mail to the person's present address comes back."""
    problem = sa.select(sa.func.min(AddressProblem.id)).where(AddressProblem.person_id == Person.id, is_open())
    return problem.correlate(Person).scalar_subquery().is_not(None)


def is_theirs() -> Condition:
    """Whether the person may still read any line of the letter. A letter without lines is theirs to read.

    The summary has no lines either: it is for somebody who may still see the summary.
    """
    original_id = sa.func.coalesce(Letter.again_of_id, Letter.id)
    lines = sa.select(sa.func.min(Reminder.id)).where(Reminder.letter_id == original_id)
    actions = lines.join(Action, Action.id == Reminder.action_id).where(_action_is_theirs())
    clocks = lines.join(CaseClock, CaseClock.id == Reminder.clock_id).join(Case, Case.id == CaseClock.case_id)
    theirs = [each.correlate(Letter).scalar_subquery() for each in (actions, clocks.where(_case_is_theirs()))]
    # counted, as for the least number alone PostgreSQL would go through the lines of all letters before this one
    counted = sa.select(sa.func.count()).where(Reminder.letter_id == original_id).correlate(Letter).scalar_subquery()
    sees_summary = Membership.role.in_(sorted(GRANTS[Permission.SEE_SUMMARY]))
    has_no_lines = (counted == 0) & ((Letter.kind != SUMMARY) | _holds(sees_summary))
    return has_no_lines | theirs[0].is_not(None) | theirs[1].is_not(None)


def _action_is_theirs() -> Condition:
    parts = sa.select(ActionPart.agency_id).where(ActionPart.action_id == Action.id).correlate(Action)
    leads = (Membership.role == Role.AGENCY_LEAD) & (
        (Membership.agency_id == Action.lead_agency_id) | Membership.agency_id.in_(parts)
    )
    return sa.or_(
        Action.owner_id == Letter.person_id,
        Action.deputy_id == Letter.person_id,
        _holds(*_readers_of(Action.realm, READERS), (Action.realm == Realm.REVIEWS) & leads),
        _stands_in(),
    )


def _case_is_theirs() -> Condition:
    asked = sa.select(CaseAgency.agency_id).where(CaseAgency.case_id == Case.id).correlate(Case)
    leads = (Membership.role == Role.AGENCY_LEAD) & Membership.agency_id.in_(asked)
    return _holds(*_readers_of(Case.realm, WHOLE_PARTNERSHIP), leads)


def _readers_of(column: Any, roles: frozenset[Role]) -> list[Condition]:
    return [
        (column == realm) & _has_any_role(sorted(role for role in roles if realm_of(role) is realm)) for realm in Realm
    ]


def _has_any_role(roles: list[Role]) -> Condition:
    return literal_sql(Membership.role.in_(roles))  # as values they would be put into the text anew for each letter


def _holds(*ways: Condition) -> Condition:
    """Whether the person holds a role today, in the partnership of the letter, in one of these ways."""
    held = sa.select(sa.func.min(Membership.id)).where(
        Membership.person_id == Letter.person_id,
        Membership.partnership_id == Letter.partnership_id,
        Membership.ended_on.is_(None),
        sa.or_(*ways),
    )
    return held.correlate(Letter, Action, Case).scalar_subquery().is_not(None)


def _stands_in() -> Condition:
    away = sa.select(sa.func.min(Absence.id)).where(
        Absence.deputy_id == Letter.person_id,
        Absence.person_id == Action.owner_id,
        Absence.partnership_id == Letter.partnership_id,
        Absence.from_on <= Letter.morning,
        Absence.until_on >= Letter.morning,
        Absence.ended_at.is_(None),
    )
    return away.correlate(Letter, Action).scalar_subquery().is_not(None)
