"""Roles that wait for a second person: asked for, confirmed, refused, or ended by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from reviews.access.permissions import Actor, NotAllowed, Permission, realm_of
from reviews.access.visibility import within
from reviews.models import Agency, EventKind, Membership, Partnership, Person, RoleAnswer, RoleRequest
from reviews.people.memberships import give_membership, require_current_agency, require_may_give
from reviews.people.queries import without_means
from reviews.transactions.references import check_reason
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm, Role

WAITS_FOR = timedelta(days=14)
"""Then a request that nobody answered ends by itself. Answered ones are listed as long."""
NOT_THE_SECOND = "A second person must confirm this role: not whoever asked for it, and not whoever gets it."


def ask_for_role(
    unit: Unit, person: Person, partnership: Partnership, *, agency: Agency, role: Role, job_title: str, known_as: str
) -> RoleRequest:
    """Ask for a role that needs a second person. It gives nothing until somebody else confirms it. Raises Refused."""
    if unit.actor.person_id is None:
        raise NotAllowed("Only a person can ask for a role.")
    waiting = waiting_request(unit, person.id, partnership.id, role)
    if waiting is not None and has_lapsed(waiting, unit.now):
        _answer(unit, waiting, RoleAnswer.LAPSED, EventKind.ROLE_LAPSED)
        unit.session.flush()
    elif waiting is not None:
        raise Refused(f"The role {role.in_sentence} already waits to be confirmed for {known_as or person.name}.")
    request = RoleRequest(
        partnership_id=partnership.id,
        person_id=person.id,
        agency_id=agency.id,
        role=role,
        job_title=job_title,
        known_as=known_as,
        asked_by=unit.actor.signature,
        asked_by_id=unit.actor.person_id,
        asked_at=unit.now,
    )
    unit.session.add(request)
    _record(unit, request, EventKind.ROLE_ASKED)
    return request


def confirm_role(unit: Unit, request: RoleRequest) -> RoleRequest:
    """Give the role that was asked for. Raises NotAllowed for who asked and for who gets it, Refused where it ended."""
    require_may_give(unit.actor, request.role, request.partnership_id)
    if unit.actor.person_id is not None and unit.actor.person_id in (request.asked_by_id, request.person_id):
        raise NotAllowed(NOT_THE_SECOND)
    _require_open(unit, request)
    if request.person.disabled_at is not None and not request.known_as:
        raise Refused(f"The account of {request.person.email} is disabled, so you cannot give it a role.")
    require_current_agency(unit, request.agency_id)
    give_membership(
        unit,
        request.person,
        request.partnership,
        agency_id=request.agency_id,
        role=request.role,
        job_title=request.job_title,
        known_as=request.known_as,
    )
    _answer(unit, request, RoleAnswer.CONFIRMED, EventKind.ROLE_CONFIRMED)
    return request


def refuse_role(unit: Unit, request: RoleRequest, *, reason: str) -> RoleRequest:
    """Refuse a role that waits; whoever asked may take it back so. Raises NotAllowed, Refused, NotReady."""
    require_may_give(unit.actor, request.role, request.partnership_id)
    _require_open(unit, request)
    request.reason = check_reason(reason)
    _answer(unit, request, RoleAnswer.REFUSED, EventKind.ROLE_REFUSED)
    return request


def settle_given(unit: Unit, person: Person, partnership: Partnership, role: Role) -> None:
    """Answer the request for a role that was given otherwise, at the terminal."""
    waiting = waiting_request(unit, person.id, partnership.id, role)
    if waiting is not None:
        _answer(unit, waiting, RoleAnswer.CONFIRMED, EventKind.ROLE_CONFIRMED)


def lapse_requests(unit: Unit) -> None:
    """End the requests that nobody answered in time."""
    late = (RoleRequest.answered_at.is_(None), RoleRequest.asked_at <= unit.now - WAITS_FOR)
    query = sa.select(RoleRequest).where(*late).order_by(RoleRequest.id).with_for_update(of=RoleRequest)
    for request in unit.session.scalars(query):
        _answer(unit, request, RoleAnswer.LAPSED, EventKind.ROLE_LAPSED)


def find_request(unit: Unit, number: int) -> RoleRequest:
    """Find and lock a request of a partnership whose people the actor manages; raises NotFound."""
    theirs = within(unit.actor, RoleRequest.partnership_id, Permission.MANAGE_PEOPLE)
    query = sa.select(RoleRequest).where(RoleRequest.id == number, theirs).with_for_update(of=RoleRequest)
    request = unit.session.scalars(query).first()
    if request is None:
        raise NotFound
    return request


def request_named(unit: Unit, partnership: Partnership, *, email: str, role: Role) -> RoleRequest:
    """Find and lock the waiting request for a role of the person with an address; raises NotFound."""
    query = sa.select(RoleRequest.id).join(Person, Person.id == RoleRequest.person_id)
    number = unit.session.scalar(
        query.where(
            Person.email == email.strip().lower(),
            RoleRequest.partnership_id == partnership.id,
            RoleRequest.role == role,
            RoleRequest.answered_at.is_(None),
        )
    )
    return find_request(unit, number or 0)


def waiting_request(unit: Unit, person_id: int, partnership_id: int, role: Role) -> RoleRequest | None:
    return unit.session.scalars(
        sa.select(RoleRequest)
        .where(
            RoleRequest.person_id == person_id,
            RoleRequest.partnership_id == partnership_id,
            RoleRequest.role == role,
            RoleRequest.answered_at.is_(None),
        )
        .with_for_update(of=RoleRequest)
    ).first()


def has_lapsed(request: RoleRequest, now: datetime) -> bool:
    """Whether it waited too long, also where that is not recorded yet."""
    return request.answered_at is None and request.asked_at <= now - WAITS_FOR


def _require_open(unit: Unit, request: RoleRequest) -> None:
    if request.answered_at is not None:
        raise Refused("This role does not wait any more: it has been answered.")
    if has_lapsed(request, unit.now):
        raise Refused(f"This role waited longer than {WAITS_FOR.days} days and has ended. Ask for it again.")


def _answer(unit: Unit, request: RoleRequest, answer: RoleAnswer, kind: EventKind) -> None:
    request.answer, request.answered_at, request.answered_by = answer, unit.now, unit.actor.signature
    _record(unit, request, kind)


def _record(unit: Unit, request: RoleRequest, kind: EventKind) -> None:
    details = {"person": request.person_id, "role": request.role.value}
    if request.reason:
        details["reason"] = request.reason
    unit.record(kind, partnership_id=request.partnership_id, details=details)


@dataclass(frozen=True, slots=True)
class RoleRequestLine:
    """A request of the last days. `answer` is None while it waits.

    `nobody_else` says that no other person of the partnership may confirm it, so that the operator does.
    `has_way_in` is false where the person cannot sign in yet.
    """

    number: int
    name: str
    email: str
    role: Role
    job_title: str
    agency: str
    partnership_id: int
    partnership: str
    asked_by: str
    asked_at: datetime
    ends_at: datetime
    answer: RoleAnswer | None
    answered_by: str
    answered_at: datetime | None
    reason: str
    may_confirm: bool
    may_refuse: bool
    nobody_else: bool
    has_way_in: bool


def role_requests(
    session: Session, actor: Actor, *, now: datetime, partnership_id: int | None = None
) -> list[RoleRequestLine]:
    """List the roles that wait, and those that were answered lately, where the actor sees the people; newest last."""
    seen = [within(actor, RoleRequest.partnership_id, Permission.SEE_PEOPLE)]
    if partnership_id is not None:
        seen.append(RoleRequest.partnership_id == partnership_id)
    lately = sa.func.coalesce(RoleRequest.answered_at, RoleRequest.asked_at) > now - WAITS_FOR
    requests = session.scalars(
        sa.select(RoleRequest)
        .where(*seen, lately)
        .options(
            joinedload(RoleRequest.person),
            joinedload(RoleRequest.asker),
            joinedload(RoleRequest.agency),
            joinedload(RoleRequest.partnership),
        )
        .order_by(RoleRequest.answered_at.is_not(None), RoleRequest.id)
    ).all()
    granting = _who_may_give(session, {each.partnership_id for each in requests if each.answered_at is None})
    asked_for = {each.person_id for each in requests}
    outside = set(session.scalars(sa.select(Person.id).where(Person.id.in_(asked_for), without_means())))
    return [
        _line(actor, each, granting, has_way_in=not each.known_as and each.person_id not in outside)
        for each in requests
    ]


def _line(
    actor: Actor, request: RoleRequest, granting: Sequence[tuple[int, int, Role]], *, has_way_in: bool
) -> RoleRequestLine:
    waits, own = request.answered_at is None, (request.asked_by_id, request.person_id)
    may_give = waits and actor.may_give(request.role, request.partnership_id)
    return RoleRequestLine(
        number=request.id,
        name=request.name,
        email=request.person.email,
        role=request.role,
        job_title=request.job_title,
        agency=request.agency.name,
        partnership_id=request.partnership_id,
        partnership=request.partnership.name,
        asked_by=request.asker.name,
        asked_at=request.asked_at,
        ends_at=request.asked_at + WAITS_FOR,
        answer=request.answer,
        answered_by=request.answered_by.partition(" <")[0],
        answered_at=request.answered_at,
        reason=request.reason,
        may_confirm=may_give and (actor.person_id is None or actor.person_id not in own),
        may_refuse=may_give,
        nobody_else=waits and not _others(request, granting),
        has_way_in=has_way_in,
    )


def _who_may_give(session: Session, partnership_ids: set[int]) -> list[tuple[int, int, Role]]:
    """Give partnership, person and role of those whose roles let them give roles."""
    if not partnership_ids:
        return []
    rows = session.execute(
        sa.select(Membership.partnership_id, Membership.person_id, Membership.role)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.partnership_id.in_(partnership_ids),
            Membership.role.in_((Role.BUSINESS_MANAGER, Role.CDOP_MANAGER)),
            Membership.ended_on.is_(None),
            Person.disabled_at.is_(None),
        )
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _others(request: RoleRequest, granting: Sequence[tuple[int, int, Role]]) -> set[int]:
    """Give who else may confirm a request: a business manager, who for child death review is the CDOP manager too."""
    needed = {Role.BUSINESS_MANAGER} | ({Role.CDOP_MANAGER} if realm_of(request.role) is Realm.CHILD_DEATHS else set())
    holders = [
        {person for at, person, held in granting if at == request.partnership_id and held is role} for role in needed
    ]
    return set.intersection(*holders) - {request.asked_by_id, request.person_id}
