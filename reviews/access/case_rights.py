"""Who has rights on a single case beside their roles, or lacks them: grants, exclusions, confinement.

A right on a case holds for its child cases too. An exclusion wins over every role, grant and assignment. A confined
case is seen only by those who are named: by a grant or as its lead reviewer, and by the manager of its realm, who
decides on that. The owner and the deputy of an action there see that action.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import GRANTS, NO_RIGHTS, CaseRights, Permission, RoleAssignment, realm_of
from reviews.models import Case, CasePerson, CaseRight, Membership, Person, RightKind
from workflows.core.vocabulary import Realm, Role

MANAGERS: Mapping[Realm, Role] = {realm_of(role): role for role in GRANTS[Permission.MANAGE_CASE_RIGHTS]}
"""Who sees a confined case of a realm by role, and names the others."""
PARENT = aliased(Case)


def in_force(today: Any) -> sa.ColumnElement[bool]:
    """Give the condition for a right that was not ended, and whose last day is not over."""
    return sa.and_(CaseRight.ended_at.is_(None), sa.or_(CaseRight.until_on.is_(None), CaseRight.until_on >= today))


def touched_by_rights(partnership_id: Any) -> sa.ColumnElement[bool]:
    """Give the condition, beside a person, whether anything has to be read of rights on single cases."""
    return sa.or_(
        sa.exists().where(CaseRight.person_id == Person.id, CaseRight.ended_at.is_(None)),
        sa.exists().where(Case.partnership_id == partnership_id, Case.confined_at.is_not(None)),
    )


@dataclass(slots=True)
class _Found:
    readable: set[int] = field(default_factory=set)
    workable: set[int] = field(default_factory=set)
    excluded_from: set[int] = field(default_factory=set)
    not_named_in: set[int] = field(default_factory=set)
    granted_in: dict[int, tuple[int, Realm]] = field(default_factory=dict)


def rights_of_people(
    session: Session,
    roles_held: Mapping[int, Collection[RoleAssignment]],
    reviewing: Mapping[int, Collection[int]],
    *,
    today: date,
) -> dict[int, CaseRights]:
    """Give the rights of people by their numbers, in one statement. A grant counts while they hold a role there."""
    found: dict[int, _Found] = {person_id: _Found() for person_id in roles_held}
    here = {
        person_id: {assignment.partnership_id for assignment in assignments}
        for person_id, assignments in roles_held.items()
    }
    partnerships = set().union(*here.values())
    rows = session.execute(_cases_with_rights(roles_held.keys(), partnerships, today)).all()
    for row in rows:
        if row.person_id is not None:
            _add_right(found[row.person_id], row, works_there=row.partnership_id in here[row.person_id])
    for row in rows:
        if row.is_confined:
            for person_id, assignments in roles_held.items():
                named = row.id in found[person_id].readable or not {row.id, row.parent_id}.isdisjoint(
                    reviewing.get(person_id, ())
                )
                if row.partnership_id in here[person_id] and not (named or _manages(assignments, row)):
                    found[person_id].not_named_in.add(row.id)
    return {person_id: _frozen(each) for person_id, each in found.items()}


def _cases_with_rights(
    people: Collection[int], partnerships: Collection[int], today: date
) -> sa.Select[*tuple[Any, ...]]:
    """Select each case, child cases too, that is confined or on which one of the people has a right, by right."""
    theirs = sa.select(CaseRight.case_id).where(CaseRight.person_id.in_(people), in_force(today))
    confined = sa.select(Case.id).where(Case.partnership_id.in_(partnerships), Case.confined_at.is_not(None))
    ids = sa.union(theirs, confined).subquery().select()
    right = (CaseRight.case_id == Case.id) | (CaseRight.case_id == Case.parent_id)
    return (
        sa.select(Case.id, Case.parent_id, Case.partnership_id, Case.realm, CaseRight.person_id, CaseRight.kind)
        .add_columns(
            (Case.confined_at.is_not(None) | PARENT.confined_at.is_not(None)).label("is_confined"),
        )
        .outerjoin(PARENT, PARENT.id == Case.parent_id)
        .outerjoin(CaseRight, right & CaseRight.person_id.in_(people) & in_force(today))
        .where(Case.id.in_(ids) | Case.parent_id.in_(ids))
        .order_by(Case.id, CaseRight.id)
    )


def _add_right(found: _Found, row: Any, *, works_there: bool) -> None:
    if row.kind is RightKind.EXCLUDED:
        found.excluded_from.add(row.id)
    elif works_there:
        found.readable.add(row.id)
        found.granted_in[row.id] = (row.partnership_id, row.realm)
        if row.kind is RightKind.WORK:
            found.workable.add(row.id)


def _manages(assignments: Collection[RoleAssignment], row: Any) -> bool:
    manager = MANAGERS[row.realm]
    return any(each.role is manager and each.partnership_id == row.partnership_id for each in assignments)


def _frozen(found: _Found) -> CaseRights:
    readable, workable = (ids - found.excluded_from for ids in (found.readable, found.workable))
    rights = CaseRights(
        readable=tuple(sorted(readable)),
        workable=tuple(sorted(workable)),
        excluded_from=tuple(sorted(found.excluded_from)),
        not_named_in=tuple(sorted(found.not_named_in)),
        granted_in=tuple(sorted({(*found.granted_in[case_id], case_id in workable) for case_id in readable})),
    )
    return NO_RIGHTS if rights == NO_RIGHTS else rights


@dataclass(frozen=True, slots=True)
class CaseBars:
    """Whom the cases of one partnership are hidden from by name: for rounds of mail, which act for nobody.

    `excluded` are numbers of case and person; `confined` has, for each confined case, everybody who is named there.
    """

    excluded: frozenset[tuple[int, int]] = frozenset()
    confined: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def bar(self, person_id: int | None, case_id: int, *, theirs: Collection[int | None] = ()) -> bool:
        """Whether the case is hidden from a person. `theirs` are owner and deputy of the action that it is about."""
        if person_id is None or (case_id, person_id) in self.excluded:
            return person_id is not None
        named = self.confined.get(case_id)
        return named is not None and person_id not in named and person_id not in theirs


NO_BARS = CaseBars()


def bars_of(session: Session, partnership_id: int, *, today: date) -> CaseBars:
    """Read them in one statement, and in another three where a case is confined."""
    family = sa.or_(CaseRight.case_id == Case.id, CaseRight.case_id == Case.parent_id)
    excluded = session.execute(
        sa.select(Case.id, CaseRight.person_id)
        .join(CaseRight, family)
        .where(Case.partnership_id == partnership_id, CaseRight.kind == RightKind.EXCLUDED, in_force(today))
    )
    return CaseBars(
        excluded=frozenset((row.id, row.person_id) for row in excluded),
        confined=_confined(session, partnership_id, family, today),
    )


def _confined(
    session: Session, partnership_id: int, family: sa.ColumnElement[bool], today: date
) -> dict[int, frozenset[int]]:
    top = sa.select(Case.id).where(Case.partnership_id == partnership_id, Case.confined_at.is_not(None))
    cases = session.execute(sa.select(Case.id, Case.realm).where(Case.id.in_(top) | Case.parent_id.in_(top))).all()
    if not cases:
        return {}
    ids = [row.id for row in cases]
    reviews = (CasePerson.case_id == Case.id) | (CasePerson.case_id == Case.parent_id)
    queries = (
        sa.select(Case.id, CaseRight.person_id)
        .join(CaseRight, family)
        .where(Case.id.in_(ids), CaseRight.kind != RightKind.EXCLUDED, in_force(today)),
        sa.select(Case.id, CasePerson.person_id)
        .join(CasePerson, reviews)
        .where(Case.id.in_(ids), CasePerson.until_on.is_(None) | (CasePerson.until_on >= today)),
        sa.select(Case.id, Membership.person_id)
        .join(Membership, Membership.partnership_id == Case.partnership_id)
        .where(
            Case.id.in_(ids),
            Membership.ended_on.is_(None),
            sa.or_(*((Case.realm == realm) & (Membership.role == role) for realm, role in MANAGERS.items())),
        ),
    )
    named: dict[int, set[int]] = {case_id: set() for case_id in ids}
    for query in queries:
        for row in session.execute(query):
            named[row.id].add(row.person_id)
    return {case_id: frozenset(people) for case_id, people in named.items()}
