"""What became of invitations: from the invitation, its links, and the letters that carried them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.models import AccountLetter, Letter, LetterState
from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import within
from reviews.models import AccountLink, AccountMail, Invitation


class InvitationState(StrEnum):
    """Where the mail comes back, that is what has to be put right; otherwise how far the person has come."""

    WAITING = "waiting"
    SENT = "sent"
    OPENED = "opened"
    USED = "used"
    EXPIRED = "expired"
    BOUNCED = "bounced"
    NOT_SENT = "not_sent"
    WITHDRAWN = "withdrawn"

    @property
    def is_open(self) -> bool:
        """Whether another mail about it may be sent, and it may be withdrawn."""
        return self not in (InvitationState.USED, InvitationState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class InvitationStatus:
    """The last invitation of a person to a partnership; `expires_at` is when the last of its links does."""

    state: InvitationState
    invited_by: str
    invited_at: datetime
    mails: int
    sent_at: datetime | None
    expires_at: datetime | None
    opened_at: datetime | None
    used_at: datetime | None
    withdrawn_at: datetime | None


BOUNCED = (LetterState.BOUNCED, LetterState.SUPPRESSED)
NOT_SENT = (LetterState.FAILED, LetterState.UNCERTAIN)


def invitation_states(
    session: Session, actor: Actor, partnership_ids: Collection[int], person_ids: Collection[int], *, now: datetime
) -> dict[tuple[int, int], InvitationStatus]:
    """Give the last invitation of each person to each partnership, by person and partnership."""
    last = (
        sa.select(sa.func.max(Invitation.id))
        .where(
            Invitation.person_id.in_(person_ids),
            Invitation.partnership_id.in_(partnership_ids),
            within(actor, Invitation.partnership_id, Permission.SEE_PEOPLE),
        )
        .group_by(Invitation.person_id, Invitation.partnership_id)
    )
    found = {each.id: each for each in session.scalars(sa.select(Invitation).where(Invitation.id.in_(last)))}
    if not found:
        return {}
    mails = _mails(session, found)
    expiries = _expiries(session, found)
    return {
        (each.person_id, each.partnership_id): _status(each, mails.get(each.id, []), expiries.get(each.id), now)
        for each in found.values()
    }


def _mails(
    session: Session, invitation_ids: Collection[int]
) -> dict[int, list[tuple[LetterState | None, datetime | None]]]:
    """Give the state of the letter of each mail, the first sent first; None of one that is not written yet."""
    rows = session.execute(
        sa.select(AccountMail.invitation_id, Letter.state, Letter.sent_at)
        .outerjoin(AccountLetter, AccountLetter.account_mail_id == AccountMail.id)
        .outerjoin(Letter, sa.func.coalesce(Letter.again_of_id, Letter.id) == AccountLetter.letter_id)
        .where(AccountMail.invitation_id.in_(invitation_ids))
        .order_by(AccountMail.id, Letter.id)
    )
    mails: dict[int, list[tuple[LetterState | None, datetime | None]]] = {}
    for invitation_id, state, sent_at in rows:
        if invitation_id is not None:
            mails.setdefault(invitation_id, []).append((state, sent_at))
    return mails


def _expiries(session: Session, invitation_ids: Collection[int]) -> dict[int, datetime]:
    rows = session.execute(
        sa.select(AccountLink.invitation_id, sa.func.max(AccountLink.expires_at))
        .where(AccountLink.invitation_id.in_(invitation_ids))
        .group_by(AccountLink.invitation_id)
    )
    return {invitation_id: expires_at for invitation_id, expires_at in rows if invitation_id is not None}


def _status(
    invitation: Invitation,
    mails: list[tuple[LetterState | None, datetime | None]],
    expires_at: datetime | None,
    now: datetime,
) -> InvitationStatus:
    letter_state = mails[-1][0] if mails else None
    return InvitationStatus(
        state=_state(invitation, letter_state, is_expired=expires_at is not None and expires_at <= now),
        invited_by=invitation.invited_by,
        invited_at=invitation.invited_at,
        mails=len(mails),
        sent_at=max((sent_at for _, sent_at in mails if sent_at is not None), default=None),
        expires_at=expires_at,
        opened_at=invitation.opened_at,
        used_at=invitation.used_at,
        withdrawn_at=invitation.withdrawn_at,
    )


def _state(invitation: Invitation, letter_state: LetterState | None, *, is_expired: bool) -> InvitationState:
    by_letter = dict.fromkeys(BOUNCED, InvitationState.BOUNCED) | dict.fromkeys(NOT_SENT, InvitationState.NOT_SENT)
    if invitation.used_at is not None:
        return InvitationState.USED
    if invitation.withdrawn_at is not None:
        return InvitationState.WITHDRAWN
    if letter_state in by_letter:
        return by_letter[letter_state]
    if letter_state in (None, LetterState.QUEUED, LetterState.SENDING):
        return InvitationState.WAITING
    if is_expired:
        return InvitationState.EXPIRED
    return InvitationState.OPENED if invitation.opened_at is not None else InvitationState.SENT
