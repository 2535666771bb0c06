"""Passwords: which are refused, giving a new one, and asking for a link that sets one."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import sqlalchemy as sa

from reviews.access.permissions import Permission
from reviews.access.visibility import visible
from reviews.core.secrets import hash_password
from reviews.models import AccountMail, AccountMailKind, EventKind, Membership, Person
from reviews.people.account_links import spend_links
from reviews.people.sign_in import begin_session, end_sessions, record_of_account
from reviews.transactions.unit_of_work import NotFound, Stale, Unit
from workflows.core.engine import Refused

PRODUCT = "followthrough"
ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1234567890")
LONGEST_PERIOD = 4
SHORTEST_PIECE, SHORTEST_REST = 3, 6
"""Of names and addresses so many letters count; so many more beside them make a password that is not only theirs."""
NOT_LETTERS = re.compile(r"[\W\d_]+")

GUESSABLE = (
    "This password is easy to guess. It is one that many people use, or it is made of your name, your address or the "
    "name Followthrough. Choose three words that only you would put together."
)


def refuse_guessable(password: str, *, email: str, name: str) -> None:
    """Refuse what is tried first: common passwords, rows of keys, repetitions, and the person's own name or address."""
    typed = password.casefold()
    bare = NOT_LETTERS.sub("", typed)
    repeated = _repeated(typed)
    guesses = {typed, repeated, _repeated(bare), re.sub(r"^[\W\d_]+|[\W\d_]+$", "", typed)}
    if guesses & _common() or len(repeated) <= LONGEST_PERIOD or _is_run(typed) or _is_theirs(bare, email, name):
        raise Refused(GUESSABLE, field="password")


def hash_new_password(password: str, *, email: str, name: str) -> str:
    """Hash a password that its person has chosen, which takes a moment. Raises Refused for one that is refused."""
    hashed = hash_password(password)
    refuse_guessable(password, email=email, name=name)
    return hashed


@cache
def _common() -> frozenset[str]:
    text = files("reviews.people").joinpath("common_passwords.txt").read_text(encoding="ascii")
    return frozenset(text.split())


def _repeated(text: str) -> str:
    """Give the shortest part that makes the text when it is repeated: all of it where none does."""
    period = (text + text).find(text, 1)
    return text[:period]


def _is_run(text: str) -> bool:
    rows = [row * (len(text) // len(row) + 2) for row in ROWS]
    return any(text in row or text in row[::-1] for row in rows)


def _is_theirs(bare: str, email: str, name: str) -> bool:
    rest = bare
    for piece in sorted(_pieces(email, name), key=len, reverse=True):
        rest = rest.replace(piece, "")
    return rest != bare and len(rest) < SHORTEST_REST


def _pieces(email: str, name: str) -> Iterator[str]:
    yield PRODUCT
    for text in (*email.split("@"), name):
        words = [word for word in NOT_LETTERS.split(text.casefold()) if len(word) >= SHORTEST_PIECE]
        yield from words
        if words:
            yield "".join(words)


def give_password(unit: Unit, person: Person, password_hash: str) -> None:
    """Give a password, and end every session and link of before. The person is mailed that it was changed, if it was.

    Its first password nobody is told of: whoever gives it has just been mailed.
    """
    is_first = person.password_hash is None
    person.password_hash = password_hash
    end_sessions(unit, person)
    spend_links(unit, person)
    record_of_account(unit, EventKind.PASSWORD_CHANGED, person)
    if not is_first:
        unit.session.add(
            AccountMail(
                kind=AccountMailKind.PASSWORD_CHANGED, email=person.email, person_id=person.id, asked_at=unit.now
            )
        )


def change_password(unit: Unit, *, old_hash: str | None, new_hash: str, browser: str = "") -> str:
    """Change one's password, and give the token of a new session in place of all there were.

    `old_hash` is what the old password was checked against. Raises Stale where another is stored since.
    """
    person = unit.session.get_one(Person, unit.actor.person_id, with_for_update=True, populate_existing=True)
    if person.password_hash != old_hash:
        raise Stale
    give_password(unit, person, new_hash)
    return begin_session(unit, person, browser=browser)


def ask_for_reset(unit: Unit, *, email: str) -> None:
    """Take down that somebody at this address wants to set a password; whether there is an account is asked later."""
    unit.session.add(AccountMail(kind=AccountMailKind.RESET, email=email, asked_at=unit.now))


def send_reset(unit: Unit, *, email: str) -> Person:
    """Mail a person the link that sets a password, for whoever manages the people where they work.

    Raises NotFound, NotAllowed, and Refused for somebody who has left.
    """
    query = sa.select(Person).where(Person.email == email.strip().lower(), visible(unit.actor, Person))
    person = unit.session.scalars(query).first()
    if person is None:
        raise NotFound
    works_in = sa.select(Membership.partnership_id).where(
        Membership.person_id == person.id, Membership.ended_on.is_(None)
    )
    partnership_ids = set(unit.session.scalars(works_in))
    if person.disabled_at is not None or not partnership_ids:
        raise Refused(f"{person.name} has left, so no link can be sent to them.")
    if not any(unit.actor.may(Permission.MANAGE_PEOPLE, each) for each in partnership_ids):
        unit.actor.require(Permission.MANAGE_PEOPLE, min(partnership_ids))
    ask_for_reset(unit, email=person.email)
    return person
