"""The links in mails about accounts: made when the mail leaves, and spent by what they are for."""

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.models import AccountLink, AddressChange, Invitation, LinkPurpose, Membership, Person
from reviews.transactions.unit_of_work import Gone, NotFound, Unit

LASTS = {
    LinkPurpose.INVITATION: timedelta(days=7),
    LinkPurpose.RESET: timedelta(hours=1),
    LinkPurpose.ADDRESS_OLD: timedelta(days=7),
    LinkPurpose.ADDRESS_NEW: timedelta(days=7),
}
TOKEN_BYTES = 32


def make_link(
    unit: Unit,
    purpose: LinkPurpose,
    *,
    person_id: int,
    email: str,
    invitation_id: int | None = None,
    address_change_id: int | None = None,
) -> str:
    """Make the link of one mail to this address, and give its token, which is stored nowhere."""
    token = token_urlsafe(TOKEN_BYTES)
    unit.session.add(
        AccountLink(
            token_hash=_hash_for(purpose, token),
            purpose=purpose,
            person_id=person_id,
            email=email,
            invitation_id=invitation_id,
            address_change_id=address_change_id,
            made_at=unit.now,
            expires_at=unit.now + LASTS[purpose],
        )
    )
    return token


def find_link(
    session: Session, purpose: LinkPurpose, token: str, *, now: datetime, lock: bool = False
) -> tuple[AccountLink, Person]:
    """Give a link that works, and whose it is; `lock` keeps two from spending it. Raises NotFound and Gone.

    It works for the address that it was sent to, while its person has an account with a role.
    """
    query = sa.select(AccountLink).where(AccountLink.token_hash == _hash_for(purpose, token))
    link = session.scalars(query).first()
    if link is None:
        raise NotFound
    return _usable(session, link, now=now, lock=lock)


def find_invitation_to(session: Session, email: str, *, now: datetime) -> tuple[AccountLink, Person]:
    """Give the newest link of an invitation to an address that works, and lock its person. Raises NotFound and Gone."""
    query = sa.select(AccountLink).where(
        AccountLink.email == email, AccountLink.purpose == LinkPurpose.INVITATION, AccountLink.used_at.is_(None)
    )
    link = session.scalars(query.order_by(AccountLink.made_at.desc(), AccountLink.token_hash).limit(1)).first()
    if link is None:
        raise NotFound
    return _usable(session, link, now=now, lock=True)


def spend_links(unit: Unit, person: Person) -> None:
    """End every link of a person, and what they were invited by: they have a way in now."""
    links = sa.update(AccountLink).where(AccountLink.person_id == person.id, AccountLink.used_at.is_(None))
    invitations = sa.update(Invitation).where(
        Invitation.person_id == person.id, Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None)
    )
    for unused in (links, invitations):
        unit.session.execute(unused.values(used_at=unit.now))


def _usable(session: Session, link: AccountLink, *, now: datetime, lock: bool) -> tuple[AccountLink, Person]:
    people = sa.select(Person).where(Person.id == link.person_id)
    person = session.scalars(people.with_for_update(of=Person) if lock else people).one()
    session.refresh(link)  # as it is behind the lock
    is_over = link.used_at is not None or link.expires_at <= now or not _is_for(session, link, person, now)
    if is_over or person.disabled_at is not None or not _has_role(session, person) or _is_withdrawn(session, link):
        raise Gone
    return link, person


def _hash_for(purpose: LinkPurpose, token: str) -> str:
    """Hash a token with its purpose, so that it is unknown under any other."""
    return sha256(f"{purpose}|{token}".encode("utf-8", "surrogatepass")).hexdigest()


def _is_for(session: Session, link: AccountLink, person: Person, now: datetime) -> bool:
    """Whether a link is for the reader of its address: the person's, or the one they are to have by a change."""
    if link.address_change_id is None:
        return link.email == person.email
    change = session.get_one(AddressChange, link.address_change_id, populate_existing=True)
    waits = change.ended_at is None and change.expires_at > now and change.was == person.email
    return waits and link.email == (change.email if link.purpose is LinkPurpose.ADDRESS_NEW else change.was)


def _has_role(session: Session, person: Person) -> bool:
    query = sa.select(Membership.id).where(Membership.person_id == person.id, Membership.ended_on.is_(None))
    return session.scalar(query.limit(1)) is not None


def _is_withdrawn(session: Session, link: AccountLink) -> bool:
    if link.invitation_id is None:
        return False
    return session.get_one(Invitation, link.invitation_id, populate_existing=True).withdrawn_at is not None
