"""Addresses from which mail comes back: recording a problem and solving it."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import AddressProblem, FailureKind, Letter
from reviews.access.permissions import Permission
from reviews.models import AccountLink, AddressChange, EventKind, Membership, Person
from reviews.people.accounts import single_line
from reviews.people.address_changes import change_email, confirm_by_link, confirm_for_closed_address
from reviews.transactions.unit_of_work import NotFound, Unit

NEW_ADDRESS = "They have a new address."
SHOWN_FOR = timedelta(days=7)
"""A problem that closes no address is over when no mail has come back for so long."""


def closes_address() -> sa.ColumnElement[bool]:
    """The condition for problems, joined with their person, that close the person's present address."""
    return _unsolved() & AddressProblem.closes


def needs_somebody() -> sa.ColumnElement[bool]:
    """The condition for problems, joined with their person, that last until somebody does something about them."""
    return _unsolved() & (AddressProblem.closes | (AddressProblem.kind == FailureKind.UNCLEAR))


def is_shown(since: sa.ColumnElement[datetime]) -> sa.ColumnElement[bool]:
    """The condition for problems, joined with their person, that last, or that were reported since a moment."""
    return needs_somebody() | (_unsolved() & (AddressProblem.last_reported_at >= since))


def _unsolved() -> sa.ColumnElement[bool]:
    return AddressProblem.solved_at.is_(None) & (AddressProblem.email == Person.email)


def record_address_problem(
    unit: Unit, letter: Letter, email: str, *, source: str, code: str, kind: FailureKind
) -> AddressProblem | None:
    """Record that a letter to this address came back, as one more report of a problem that is there already.

    `source` is `notify`, `bounce` or `smtp`, `code` the status such as `5.1.1`. None where the letter is older than
    the solution of such a problem. A missing address is closed.
    """
    # locked, so that two letters that come back at once make one problem
    unit.session.execute(sa.select(Person.id).where(Person.id == letter.person_id).with_for_update(key_share=True))
    of_kind = (AddressProblem.person_id == letter.person_id, AddressProblem.email == email, AddressProblem.kind == kind)
    for earlier in unit.session.scalars(sa.select(AddressProblem).where(*of_kind)):
        if earlier.solved_at is None:
            if earlier.letter_id != letter.id:
                earlier.reports += 1
            earlier.letter_id, earlier.answer, earlier.last_reported_at = letter.id, code, unit.now
            return earlier
        if letter.sent_at is not None and letter.sent_at <= earlier.solved_at:
            return None
    problem = AddressProblem(
        person_id=letter.person_id,
        email=email,
        letter_id=letter.id,
        source=source,
        answer=code,
        kind=kind,
        closes=kind is FailureKind.ADDRESS,
        reports=1,
        reported_at=unit.now,
        last_reported_at=unit.now,
    )
    unit.session.add(problem)
    unit.session.flush()
    _record(unit, EventKind.ADDRESS_FAILED, letter.partnership_id, problem, code=code)
    return problem


def solve_problem(unit: Unit, problem_id: int, solution: str) -> None:
    """Send mail to the person again, with the reason in one line; a solved problem stays as it is.

    Raises NotFound for a problem of somebody in none of the actor's partnerships, NotAllowed, and Refused.
    """
    problem = _find(unit, AddressProblem.id == problem_id)
    _solve(unit, problem, single_line(solution, "solution"))


def solve_address(unit: Unit, email: str, solution: str) -> bool:
    """Solve the open problems of an address and return whether there were any. Raises as `solve_problem`."""
    email = email.strip().lower()
    person_id = unit.session.scalar(sa.select(Person.id).where(Person.email == email))
    if person_id is None:
        raise NotFound
    _require_solver(unit, person_id)
    unsolved = (
        AddressProblem.person_id == person_id,
        AddressProblem.solved_at.is_(None),
        AddressProblem.email == email,
    )
    problem_ids = unit.session.scalars(sa.select(AddressProblem.id).where(*unsolved).order_by(AddressProblem.id)).all()
    for problem_id in problem_ids:
        solve_problem(unit, problem_id, solution)
    return bool(problem_ids)


def give_address(unit: Unit, email: str, to: str) -> Person:
    """Change somebody's address at once, which solves the problems of the old one. Raises as `change_email` does."""
    old = email.strip().lower()
    person = change_email(unit, email=old, to=to)
    _solve_problems_of(unit, person.id, old)
    return person


def confirm_address(unit: Unit, link: AccountLink, person: Person) -> AddressChange:
    """Confirm a change from one of its addresses; once it is made, the problems of the old one are solved."""
    return _with_problems_solved(unit, confirm_by_link(unit, link, person))


def confirm_for_old_address(unit: Unit, number: int) -> AddressChange:
    """Confirm a change in place of an old address that is closed. Raises as `confirm_for_closed_address` does."""
    person_id = unit.session.scalar(sa.select(AddressChange.person_id).where(AddressChange.id == number))
    old_works = person_id is None or not is_address_closed(unit.session, person_id)
    return _with_problems_solved(unit, confirm_for_closed_address(unit, number, old_works=old_works))


def is_address_closed(session: Session, person_id: int) -> bool:
    """Whether nobody writes to the present address of a person, because mail to it comes back."""
    query = sa.select(AddressProblem.id).join(Person, Person.id == AddressProblem.person_id)
    return session.scalar(query.where(Person.id == person_id, closes_address()).limit(1)) is not None


def _with_problems_solved(unit: Unit, change: AddressChange) -> AddressChange:
    if change.ended_at is not None:
        _solve_problems_of(unit, change.person_id, change.was)
    return change


def _solve_problems_of(unit: Unit, person_id: int, email: str) -> None:
    unsolved = sa.select(AddressProblem).where(
        AddressProblem.person_id == person_id, AddressProblem.email == email, AddressProblem.solved_at.is_(None)
    )
    for problem in unit.session.scalars(unsolved.with_for_update()):
        _solve(unit, problem, NEW_ADDRESS)


def _find(unit: Unit, condition: sa.ColumnElement[bool]) -> AddressProblem:
    problem = unit.session.scalars(sa.select(AddressProblem).where(condition).with_for_update()).first()
    if problem is None:
        raise NotFound
    _require_solver(unit, problem.person_id)
    return problem


def _require_solver(unit: Unit, person_id: int) -> None:
    """Require an actor who solves delivery problems in a partnership in which the person has a role."""
    if unit.actor.is_system:
        return
    of_person = unit.session.scalars(
        sa.select(Membership.partnership_id).where(Membership.person_id == person_id, Membership.ended_on.is_(None))
    )
    shared_ids = {assignment.partnership_id for assignment in unit.actor.roles_held}.intersection(of_person)
    if not shared_ids:
        raise NotFound
    if not any(unit.actor.may(Permission.SOLVE_DELIVERY_PROBLEMS, partnership_id) for partnership_id in shared_ids):
        unit.actor.require(Permission.SOLVE_DELIVERY_PROBLEMS, min(shared_ids))


def _solve(unit: Unit, problem: AddressProblem, solution: str) -> None:
    if problem.solved_at is not None:
        return
    problem.solved_at, problem.solved_by, problem.solution = unit.now, unit.actor.signature, solution
    partnership_id = unit.session.scalars(sa.select(Letter.partnership_id).where(Letter.id == problem.letter_id)).one()
    _record(unit, EventKind.ADDRESS_SOLVED, partnership_id, problem)


def _record(unit: Unit, kind: EventKind, partnership_id: int, problem: AddressProblem, **more: str) -> None:
    """The event names the person by id, so that no address is in the history."""
    unit.record(
        kind, partnership_id=partnership_id, details={"person": problem.person_id, "trouble": problem.id, **more}
    )
