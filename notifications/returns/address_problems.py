"""From which addresses does mail come back, and until when?"""

import sqlalchemy as sa

from notifications.models import AddressTrouble, Letter
from reviews.access.permissions import Permission
from reviews.models import EventKind, Membership, Person
from reviews.people.accounts import change_email, line_of
from reviews.transactions.unit_of_work import NotFound, Unit

NEW_ADDRESS = "They have another address now."


def is_open() -> sa.ColumnElement[bool]:
    """Keep troubles, joined with their person, that nobody has solved. A new address is not troubled by an old one."""
    return AddressTrouble.solved_at.is_(None) & (AddressTrouble.email == Person.email)


def note_trouble(unit: Unit, letter: Letter, email: str, *, source: str, code: str) -> bool:
    """Keep that mail to this address came back; once for all letters, and not for one from before it was solved.

    `source` is `notify` or `bounce`, `code` what was answered, such as `5.1.1`.
    """
    # two returned letters at once: one trouble
    unit.session.execute(sa.select(Person.id).where(Person.id == letter.person_id).with_for_update(key_share=True))
    known = sa.select(AddressTrouble.solved_at).where(
        AddressTrouble.person_id == letter.person_id, AddressTrouble.email == email
    )
    for solved_at in unit.session.scalars(known):
        if solved_at is None or (letter.sent_at is not None and letter.sent_at <= solved_at):
            return False
    trouble = AddressTrouble(
        person_id=letter.person_id,
        email=email,
        letter_id=letter.id,
        source=source,
        answer=code,
        reported_at=unit.now,
    )
    unit.session.add(trouble)
    unit.session.flush()
    _record(unit, EventKind.ADDRESS_FAILED, letter.partnership_id, trouble, code=code)
    return True


def solve_trouble(unit: Unit, trouble_id: int, solution: str) -> None:
    """Let the person be written to again, saying why in one line; a trouble that is solved stays as it is.

    Raises NotFound for a trouble of somebody in none of the actor's partnerships, NotAllowed, and Refused.
    """
    trouble = _found(unit, AddressTrouble.id == trouble_id)
    _solve(unit, trouble, line_of(solution, "solution"))


def solve_address(unit: Unit, email: str, solution: str) -> bool:
    """Solve what is open of an address, and tell whether anything was. Raises as `solve_trouble` does."""
    person_id = unit.session.scalar(sa.select(Person.id).where(Person.email == email.strip().lower()))
    if person_id is None:
        raise NotFound
    _require_manager(unit, person_id)
    of_person = AddressTrouble.person_id == person_id
    waiting = sa.select(AddressTrouble.id).join(Person, Person.id == AddressTrouble.person_id).where(is_open())
    trouble_id = unit.session.scalar(waiting.where(of_person).order_by(AddressTrouble.id))
    if trouble_id is not None:
        solve_trouble(unit, trouble_id, solution)
    return trouble_id is not None


def give_address(unit: Unit, email: str, to: str) -> Person:
    """Change somebody's address, which solves what is open of the old one. Raises as `change_email` does."""
    old = email.strip().lower()
    person = change_email(unit, email=old, to=to)
    waiting = sa.select(AddressTrouble).where(
        AddressTrouble.person_id == person.id, AddressTrouble.email == old, AddressTrouble.solved_at.is_(None)
    )
    for trouble in unit.session.scalars(waiting.with_for_update()):
        _solve(unit, trouble, NEW_ADDRESS)
    return person


def _found(unit: Unit, wanted: sa.ColumnElement[bool]) -> AddressTrouble:
    trouble = unit.session.scalars(sa.select(AddressTrouble).where(wanted).with_for_update()).first()
    if trouble is None:
        raise NotFound
    _require_manager(unit, trouble.person_id)
    return trouble


def _require_manager(unit: Unit, person_id: int) -> None:
    """Ask for somebody who manages the people of a partnership the person has a role in."""
    if unit.actor.is_system:
        return
    places = unit.session.scalars(
        sa.select(Membership.partnership_id).where(Membership.person_id == person_id, Membership.ended_on.is_(None))
    )
    theirs = {post.partnership_id for post in unit.actor.posts}.intersection(places)
    if not theirs:
        raise NotFound
    if not any(unit.actor.may(Permission.MANAGE_PEOPLE, place) for place in theirs):
        unit.actor.require(Permission.MANAGE_PEOPLE, min(theirs))


def _solve(unit: Unit, trouble: AddressTrouble, solution: str) -> None:
    if trouble.solved_at is not None:
        return
    trouble.solved_at, trouble.solved_by, trouble.solution = unit.now, unit.actor.signature, solution
    place = unit.session.scalars(sa.select(Letter.partnership_id).where(Letter.id == trouble.letter_id)).one()
    _record(unit, EventKind.ADDRESS_SOLVED, place, trouble)


def _record(unit: Unit, kind: EventKind, partnership_id: int, trouble: AddressTrouble, **more: str) -> None:
    """The history names the person by number: their address stands in the list of people."""
    unit.record(
        kind, partnership_id=partnership_id, details={"person": trouble.person_id, "trouble": trouble.id, **more}
    )
