"""Grants, exclusions and confinement of a single case: recording them, ending them, and who sees the case and why."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.case_rights import MANAGERS, in_force
from reviews.access.permissions import Actor, Permission, RoleAssignment, realm_of
from reviews.access.shown import note_case
from reviews.access.visibility import WHOLE_PARTNERSHIP, visible
from reviews.models import (
    Action,
    Case,
    CaseAgency,
    CasePerson,
    CaseRight,
    EventKind,
    Membership,
    Person,
    RightKind,
)
from reviews.models.cases import ABSORBED
from reviews.people.queries import actors_of
from reviews.transactions.references import check_reason
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm, Role
from workflows.definitions.action import UNFINISHED

GRANTED: Mapping[str, str] = {RightKind.READ.value: "read", RightKind.WORK.value: "work on"}
"""What a grant lets a person do with a case."""
LONGEST_GRANT = timedelta(days=366)
NOBODY_HERE = "Nobody here has the address {}. Choose a person, or add them under People first."


def grant(unit: Unit, case: Case, *, email: str, right: RightKind, until: date, reason: str) -> CaseRight:
    """Let a person who works in the partnership read a case, or work on it, up to and including a day.

    A grant of theirs that runs already is ended by the new one. Raises NotAllowed, NotReady, Refused.
    """
    _require_manager(unit, case)
    why, person = check_reason(reason), _colleague(unit, case, email)
    if not unit.today <= until <= unit.today + LONGEST_GRANT:
        raise Refused(f"The last day of a grant must be between today and {unit.today + LONGEST_GRANT:%-d %B %Y}.")
    if _running(unit, case, person.id, excluded=True):
        raise Refused(f"{person.name} is excluded from this case. End the exclusion first.")
    for earlier in _running(unit, case, person.id, excluded=False):
        earlier.ended_at = unit.now
    return _record(unit, case, person, right, until=until, reason=why)


def exclude(unit: Unit, case: Case, *, email: str, reason: str, until: date | None = None) -> CaseRight:
    """Hide a case and all that belongs to it from a person, for good or up to and including a day.

    Of each open action they own there, the manager is told that it needs another owner. Raises NotAllowed, NotReady,
    Refused.
    """
    case = _whole(case)
    _require_manager(unit, case)
    why, person = check_reason(reason), _colleague(unit, case, email)
    return _exclude(unit, case, person, until=until, reason=why)


def declare_interest(unit: Unit, case: Case, *, reason: str) -> CaseRight:
    """Exclude the actor from a case at their own word: they know the family, or have an interest in the case."""
    case, why = _whole(case), check_reason(reason)
    if unit.actor.person_id is None:
        raise Refused("Only a person can declare an interest. Act as one, with --as.")
    person = unit.session.get_one(Person, unit.actor.person_id)
    return _exclude(unit, case, person, reason=why, declared=True)


def confine(unit: Unit, case: Case, *, reason: str) -> None:
    """Let only the people who are named see a case. Raises NotAllowed, NotReady, Refused where it is confined."""
    _require_manager(unit, case)
    why = check_reason(reason)
    if case.parent_id is not None:
        raise Refused("A request or parallel process is confined with its case. Confine that.")
    if case.confined_at is not None:
        raise Refused(f"{case.reference} is confined to named people already.")
    case.confined_at = unit.now
    _record_confinement(unit, case, confined=True, reason=why)


def end_confinement(unit: Unit, case: Case, *, reason: str) -> None:
    """Open a confined case again to those who see it by role. Raises NotAllowed, NotReady, Refused."""
    _require_manager(unit, case)
    why = check_reason(reason)
    if case.confined_at is None:
        raise Refused(f"{case.reference} is not confined to named people.")
    case.confined_at = None
    _record_confinement(unit, case, confined=False, reason=why)


def end_right(unit: Unit, case: Case, *, email: str, excluded: bool, reason: str) -> None:
    """End a person's grants on a case, or their exclusion from it, at once. Raises NotAllowed, NotReady, Refused."""
    case = _whole(case) if excluded else case
    _require_manager(unit, case)
    why = check_reason(reason)
    person = unit.session.scalars(
        sa.select(Person).where(Person.email == email.strip().lower(), visible(unit.actor, Person))
    ).first()
    if person is None:
        raise Refused(NOBODY_HERE.format(email.strip()[:80]))
    running = _running(unit, case, person.id, excluded=excluded)
    if not running:
        raise Refused(f"{person.name} {'is not excluded from' if excluded else 'has no grant on'} this case.")
    for right in running:
        right.ended_at = unit.now
    unit.record(
        EventKind.CASE_RIGHT_ENDED,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={"right": running[0].kind.value, "person": person.id, "name": person.name, "reason": why},
    )
    unit.session.flush()


def pass_rights_on(unit: Unit, case: Case, to: Case, *, only_exclusions: bool = False) -> None:
    """Give a case what its linked case has: exclusions in either realm, grants and confinement in the same realm."""
    came_from = f"It came with {case.reference}." if case.realm is to.realm else "It came with a linked case."
    rows = unit.session.scalars(
        sa.select(CaseRight).where(CaseRight.case_id == case.id, in_force(unit.today)).order_by(CaseRight.id)
    ).all()
    for right in rows:
        is_exclusion = right.kind is RightKind.EXCLUDED
        if not is_exclusion and (only_exclusions or case.realm is not to.realm):
            continue
        if not _running(unit, to, right.person_id, excluded=is_exclusion):
            person = unit.session.get_one(Person, right.person_id)
            _record(unit, to, person, right.kind, until=right.until_on, reason=came_from)
            if is_exclusion:
                _tell_manager(unit, to, person)
    if case.confined_at is not None and to.confined_at is None and case.realm is to.realm and not only_exclusions:
        to.confined_at = unit.now
        _record_confinement(unit, to, confined=True, reason=came_from)


def pass_rights_on_along(unit: Unit, links: Collection[tuple[int, int, str]]) -> None:
    """Do that for cases that were linked together, by their numbers; nearly all of them have nothing to pass on."""
    first = {link[0] for link in links}
    has_right = sa.select(CaseRight.case_id).where(CaseRight.case_id.in_(first), in_force(unit.today))
    confined = sa.select(Case.id).where(Case.id.in_(first), Case.confined_at.is_not(None))
    touched = {*unit.session.scalars(has_right), *unit.session.scalars(confined)} if first else set()
    passed_on = [link for link in links if link[0] in touched]
    numbers = {number for link in passed_on for number in link[:2]}
    query = sa.select(Case).where(Case.id.in_(numbers), visible(unit.actor, Case))
    cases = {case.id: case for case in unit.session.scalars(query)} if numbers else {}
    for start, end, kind in passed_on:
        if start in cases and end in cases:
            pass_rights_on(unit, cases[start], cases[end], only_exclusions=kind == ABSORBED)


def require_not_excluded(unit: Unit, case_id: int, person_id: int | None) -> None:
    """Refuse to give something of a case to a person who is excluded from it. Why they are is not said."""
    excluded = (CaseRight.case_id == case_id, CaseRight.person_id == person_id, CaseRight.kind == RightKind.EXCLUDED)
    named = sa.select(Person.name).join(CaseRight, CaseRight.person_id == Person.id).where(*excluded)
    if person_id and (name := unit.session.scalar(named.where(in_force(unit.today)).limit(1))) is not None:
        raise Refused(f"{name} cannot work on this case. Choose another person.")


def _require_manager(unit: Unit, case: Case) -> None:
    unit.actor.require(Permission.MANAGE_CASE_RIGHTS, case.partnership_id, case.realm)


def _whole(case: Case) -> Case:
    """Give the case that a child case belongs to: who knows the family is excluded from all of it."""
    return case.parent or case


def _colleague(unit: Unit, case: Case, email: str) -> Person:
    person = unit.session.scalars(
        sa.select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.email == email.strip().lower(),
            Person.disabled_at.is_(None),
            Membership.partnership_id == case.partnership_id,
            Membership.ended_on.is_(None),
            visible(unit.actor, Person),
        )
    ).first()
    if person is None:
        raise Refused(NOBODY_HERE.format(email.strip()[:80]))
    return person


def _running(unit: Unit, case: Case, person_id: int, *, excluded: bool) -> Sequence[CaseRight]:
    is_excluded = CaseRight.kind == RightKind.EXCLUDED
    return unit.session.scalars(
        sa.select(CaseRight)
        .where(
            CaseRight.case_id == case.id,
            CaseRight.person_id == person_id,
            is_excluded if excluded else ~is_excluded,
            in_force(unit.today),
        )
        .order_by(CaseRight.id)
    ).all()


def _exclude(
    unit: Unit, case: Case, person: Person, *, reason: str, until: date | None = None, declared: bool = False
) -> CaseRight:
    if until is not None and until < unit.today:
        raise Refused("The last day of an exclusion must be today or later.")
    if _running(unit, case, person.id, excluded=True):
        raise Refused(f"{person.name} is excluded from this case already.")
    right = _record(unit, case, person, RightKind.EXCLUDED, until=until, reason=reason, declared=declared)
    _tell_manager(unit, case, person)
    return right


def _record(
    unit: Unit,
    case: Case,
    person: Person,
    kind: RightKind,
    *,
    until: date | None,
    reason: str,
    declared: bool = False,
) -> CaseRight:
    right = CaseRight(
        case_id=case.id,
        person_id=person.id,
        kind=kind,
        until_on=until,
        reason=reason,
        recorded_by=unit.actor.signature,
        recorded_at=unit.now,
    )
    unit.session.add(right)
    details = {"right": kind.value, "person": person.id, "name": person.name, "reason": reason}
    unit.record(
        EventKind.CASE_RIGHT_GIVEN,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={
            **details,
            "until": until.isoformat() if until else None,
            **({"declared": True} if declared else {}),
        },
    )
    unit.session.flush()
    return right


def _record_confinement(unit: Unit, case: Case, *, confined: bool, reason: str) -> None:
    unit.record(
        EventKind.CASE_CONFINED,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={"confined": confined, "reason": reason},
    )
    unit.session.flush()


def _tell_manager(unit: Unit, case: Case, person: Person) -> None:
    """Leave news for the manager of each open action that the person owns and may no longer see."""
    owned = sa.select(Action.id).where(
        Action.case_id == case.id, Action.owner_id == person.id, Action.stage.in_(sorted(UNFINISHED))
    )
    for action_id in unit.session.scalars(owned.order_by(Action.id)):
        unit.record(EventKind.OWNER_EXCLUDED, partnership_id=case.partnership_id, case_id=case.id, action_id=action_id)


@dataclass(frozen=True, slots=True)
class AccessLine:
    """One person and whether they see a case, with every reason for and against. `owned` are their open actions there.

    Who sees only actions of the case, as their owner, does not see the case.
    """

    person_id: int
    name: str
    email: str
    sees: bool
    reasons: tuple[str, ...]
    owned: int = 0


@dataclass(frozen=True, slots=True)
class RightLine:
    """A grant or exclusion that was recorded, in force or over; of one that was ended by hand, when."""

    number: int
    name: str
    email: str
    kind: RightKind
    until_on: date | None
    reason: str
    recorded_by: str
    recorded_at: datetime
    ended_at: datetime | None
    is_in_force: bool


def case_access(session: Session, actor: Actor, case: Case, *, today: date) -> list[AccessLine]:
    """List who sees a case, and who has a right on it or is excluded, by name. Raises NotAllowed.

    Whether somebody sees it is asked of the rule itself, for each person; the reasons only say why.
    """
    actor.require(Permission.MANAGE_CASE_RIGHTS, case.partnership_id, case.realm)
    people = actors_of(session, case.partnership_id, today=today)
    seen = _who_sees(session, case, people)
    facts = _facts_of_access(session, case, today)
    lines = []
    for person in people:
        assert person.person_id is not None  # noqa: S101  # none of them is the system
        reasons = tuple(_reasons(person, case, facts))
        owned = facts.owned.get(person.person_id, 0)
        if reasons or owned or person.person_id in seen:
            sees = person.person_id in seen
            lines.append(AccessLine(person.person_id, person.name, person.email, sees, reasons, owned))
    return sorted(lines, key=lambda line: (not line.sees, line.name.casefold(), line.email))


def case_rights_of(session: Session, actor: Actor, case: Case, *, today: date) -> list[RightLine]:
    """List all grants and exclusions of a case, the latest first; those of the whole case for a child case too."""
    actor.require(Permission.MANAGE_CASE_RIGHTS, case.partnership_id, case.realm)
    rows = session.execute(
        sa.select(CaseRight, Person.name, Person.email)
        .join(Person, Person.id == CaseRight.person_id)
        .where(CaseRight.case_id.in_([case.id, case.parent_id or case.id]))
        .order_by(CaseRight.id.desc())
    )
    return [
        RightLine(
            number=right.id,
            name=name,
            email=email,
            kind=right.kind,
            until_on=right.until_on,
            reason=right.reason,
            recorded_by=right.recorded_by.partition(" <")[0],
            recorded_at=right.recorded_at,
            ended_at=right.ended_at,
            is_in_force=right.ended_at is None and (right.until_on is None or right.until_on >= today),
        )
        for right, name, email in rows
    ]


def find_case_to_declare(session: Session, actor: Actor, reference: str, *, partnership_id: int | None) -> Case:
    """Find a case that a person sees, or of which they see an action, so that they may declare an interest in it."""
    of_action = sa.select(Action.case_id).where(visible(actor, Action))
    query = sa.select(Case).where(Case.reference == reference, visible(actor, Case) | Case.id.in_(of_action))
    if partnership_id is not None:
        query = query.where(Case.partnership_id == partnership_id)
    found = session.scalars(query.order_by(Case.partnership_id, Case.id).limit(1)).first()
    if found is None:
        raise NotFound
    note_case(actor, found)
    return found


@dataclass(frozen=True, slots=True)
class _FactsOfAccess:
    agencies: frozenset[int]
    parent_agencies: frozenset[int]
    reviewers: dict[int, date | None]
    rights: dict[int, list[tuple[RightKind, date | None]]]
    owned: dict[int, int]
    is_confined: bool


def _facts_of_access(session: Session, case: Case, today: date) -> _FactsOfAccess:
    ids = [case.id, case.parent_id or case.id]
    reviewers = session.execute(
        sa.select(CasePerson.person_id, CasePerson.until_on).where(
            CasePerson.case_id.in_(ids), CasePerson.until_on.is_(None) | (CasePerson.until_on >= today)
        )
    )
    rights: dict[int, list[tuple[RightKind, date | None]]] = {}
    for row in session.execute(
        sa.select(CaseRight.person_id, CaseRight.kind, CaseRight.until_on)
        .where(CaseRight.case_id.in_(ids), in_force(today))
        .order_by(CaseRight.id)
    ):
        rights.setdefault(row.person_id, []).append((row.kind, row.until_on))
    owned = session.execute(
        sa.select(Action.owner_id, sa.func.count())
        .where(Action.case_id == case.id, Action.ended_on.is_(None), Action.owner_id.is_not(None))
        .group_by(Action.owner_id)
    )
    involved = session.execute(sa.select(CaseAgency.case_id, CaseAgency.agency_id).where(CaseAgency.case_id.in_(ids)))
    agencies = [(row.case_id, row.agency_id) for row in involved]
    confined = sa.select(Case.id).where(Case.id.in_(ids), Case.confined_at.is_not(None))
    return _FactsOfAccess(
        agencies=frozenset(agency_id for case_id, agency_id in agencies if case_id == case.id),
        parent_agencies=frozenset(agency_id for case_id, agency_id in agencies if case_id != case.id),
        reviewers={row.person_id: row.until_on for row in reviewers},
        rights=rights,
        owned={row[0]: row[1] for row in owned if row[0] is not None},
        is_confined=session.scalar(confined.limit(1)) is not None,
    )


def _who_sees(session: Session, case: Case, people: Sequence[Actor]) -> set[int]:
    """Ask the one rule for each person, many in a statement."""
    seen: set[int] = set()
    for start in range(0, len(people), MOST_ASKED):
        some = people[start : start + MOST_ASKED]
        columns = [
            sa.exists().where(Case.id == case.id, visible(person, Case)).label(f"person_{person.person_id}")
            for person in some
        ]
        row = session.execute(sa.select(*columns)).one()
        seen.update(person.person_id for person, sees in zip(some, row, strict=True) if sees and person.person_id)
    return seen


MOST_ASKED = 50
"""People in one statement that asks who sees a case."""


def _reasons(person: Actor, case: Case, facts: _FactsOfAccess) -> Iterator[str]:
    assert person.person_id is not None  # noqa: S101  # none of them is the system
    yield from _rights_in_words(facts.rights.get(person.person_id, ()))
    if person.person_id in facts.reviewers and case.realm is Realm.REVIEWS:
        until = facts.reviewers[person.person_id]
        yield f"Lead reviewer of it{f' until {until:%-d %B %Y}' if until else ''}"
    for assignment in person.roles_held_in(case.partnership_id):
        if not facts.is_confined or assignment.role is MANAGERS[case.realm]:
            yield from _by_role(assignment, case, facts)


def _by_role(assignment: RoleAssignment, case: Case, facts: _FactsOfAccess) -> Iterator[str]:
    """Say why a role shows the case, as the rule of cases in access/visibility.py has it."""
    role, title, agency_id = assignment.role, assignment.role.words, assignment.agency_id
    of_reviews, is_child = case.realm is Realm.REVIEWS, case.parent_id is not None
    if role in WHOLE_PARTNERSHIP and realm_of(role) is case.realm:
        yield title
    elif role is Role.REVIEW_SUBGROUP_MEMBER and of_reviews and agency_id in facts.agencies | facts.parent_agencies:
        yield f"{title}: {assignment.agency_name} is involved"
    elif role is Role.AGENCY_LEAD and agency_id in facts.agencies and (of_reviews or is_child):
        yield f"{title}: {assignment.agency_name} {'was asked' if is_child else 'is involved'}"


def _rights_in_words(rights: Sequence[tuple[RightKind, date | None]]) -> Iterator[str]:
    for kind, until in rights:
        words = "Excluded" if kind is RightKind.EXCLUDED else f"May {GRANTED[kind]} it by name"
        yield f"{words}{f' until {until:%-d %B %Y}' if until else ''}"
