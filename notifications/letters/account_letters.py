"""Letters about accounts: an invitation, the link that sets a password, and that a password was changed.

They are written from what is waiting in `account_mails`. The link of one is made when it leaves: neither the queue nor
the ledger has it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.letters.compose import Written, message_id, render_mail
from notifications.letters.links import Letterhead
from notifications.letters.wording import day, one_line
from notifications.models import AccountLetter, Letter, LetterState
from reviews.audit.notices import notice_in_words
from reviews.backups.generations import generation_of
from reviews.core.clock import moment_in_words
from reviews.identities.unusual_openings import ALERT_RULES, AlertReason
from reviews.models import (
    AccountMail,
    AccountMailKind,
    AddressChange,
    AuditNotice,
    Event,
    EventKind,
    Invitation,
    LinkPurpose,
    Membership,
    Partnership,
    Person,
)
from reviews.models.event_details import IdentityAlerted, details_of
from reviews.people.account_links import make_link
from reviews.people.queries import without_means
from reviews.people.sign_in import record_of_account
from reviews.transactions.unit_of_work import OPERATOR, Unit
from workflows.core.vocabulary import Role

ACCOUNT_KINDS = frozenset(kind.value for kind in AccountMailKind)
ONE_RESET_IN = timedelta(minutes=5)
"""However often a person, or somebody in their name, asks for a link."""
THE_OPERATOR = "Whoever runs Followthrough"
AS_THEMSELF = "Somebody signed in as you"
NO_VALUES: Mapping[str, str] = MappingProxyType({})
BATCH_SIZE = 50
"""Few, so that others can write to the database in between."""
LINK_LEFT_OUT = "…"
"""Stands in the queue and the ledger where the mail has the token of its link."""


@dataclass(frozen=True, slots=True)
class _Wording:
    """The fixed sentences of one kind of mail; `link` is the words of the link and the path it leads to."""

    subject: str
    before: Sequence[str]
    link: tuple[str, str]
    after: Sequence[str]


WRONG_ADDRESS = (
    "You were signed out everywhere. If you did not want this, tell your business manager or whoever runs "
    "Followthrough at once."
)

WORDINGS: Mapping[AccountMailKind, _Wording] = {
    AccountMailKind.INVITATION: _Wording(
        "You are invited to Followthrough",
        (
            "You are invited to Followthrough by {invited_by}. {partnership} follows up the actions of its reviews "
            "there.",
            "Open the link and choose a password. Nobody else ever knows it.",
        ),
        ("Accept the invitation", f"/invitation/{LINK_LEFT_OUT}"),
        (
            "The link works once, within seven days. It is for you alone: do not forward this mail.",
            "If you did not expect this, do nothing, or ask {invited_by}.",
        ),
    ),
    AccountMailKind.RESET: _Wording(
        "Set your password for Followthrough",
        ("Somebody asked for a link with which you set your password for Followthrough. If it was you, open it.",),
        ("Set your password", f"/reset/{LINK_LEFT_OUT}"),
        (
            "The link works once, within one hour.",
            "If it was not you, do nothing: your password stays as it is.",
        ),
    ),
    AccountMailKind.PASSWORD_CHANGED: _Wording(
        "Your password for Followthrough was changed",
        (
            "Your password was changed on {at}. Whoever was signed in with the old one no longer is.",
            "If it was you, you need do nothing. If it was not, set a new password at once, and tell whoever runs "
            "Followthrough.",
        ),
        ("Set a new password", "/reset"),
        (),
    ),
    AccountMailKind.SIGN_IN_TRIED: _Wording(
        "Somebody tries to sign in to Followthrough as you",
        (
            "Within a day the password of your account was wrong ten times or more, the last time on {at}. Nobody has "
            "come in with a wrong one.",
            "If it was you, and you have forgotten your password, set a new one. If it was not, you need do nothing: "
            "whoever tries must wait longer each time, and on the devices you have signed in on before you get in as "
            "ever.",
        ),
        ("Set a new password", "/reset"),
        ("You get one such mail a day at most. If they go on, tell whoever runs Followthrough.",),
    ),
    AccountMailKind.ADDRESS_OLD: _Wording(
        "Confirm your new address for Followthrough",
        (
            "{by} asks that you get your mail from Followthrough at {new}, and sign in with that address.",
            "Nothing changes until it is confirmed from here and from the new address. This one stays yours till then.",
        ),
        ("Confirm or refuse the new address", f"/address/old/{LINK_LEFT_OUT}"),
        ("The link works once, within seven days. If you do nothing, nothing changes.",),
    ),
    AccountMailKind.ADDRESS_NEW: _Wording(
        "Confirm this address for Followthrough",
        (
            "{by} asks that you get your mail from Followthrough at this address, and sign in with it.",
            "Nothing changes until it is confirmed from here and from the address you have there now.",
        ),
        ("Confirm or refuse this address", f"/address/new/{LINK_LEFT_OUT}"),
        ("The link works once, within seven days. If this is not for you, do nothing: then nothing changes.",),
    ),
    AccountMailKind.ADDRESS_CHANGED: _Wording(
        "You get mail from Followthrough at this address now",
        ("Since {at} you get your mail from Followthrough at {new}, and sign in with it. Before it was {was}.",),
        ("Sign in", "/sign-in"),
        (WRONG_ADDRESS,),
    ),
    AccountMailKind.ADDRESS_LEFT: _Wording(
        "You get mail from Followthrough at another address now",
        ("Since {at} you get your mail from Followthrough at {new}, and sign in with it. This was the last to {was}.",),
        ("Sign in", "/sign-in"),
        (WRONG_ADDRESS,),
    ),
    AccountMailKind.AWAY: _Wording(
        "You are recorded as away",
        (
            "{by} has recorded that you are away from {from_on} to {until_on}. Meanwhile {deputy} is your deputy, gets "
            "your reminders and may act in your place.",
        ),
        ("See who is away", "/people/away"),
        ("If that is not right, end it there, and tell your business manager.",),
    ),
    AccountMailKind.DEPUTY: _Wording(
        "You are somebody’s deputy",
        (
            "{by} has recorded that {person} is away from {from_on} to {until_on} and that you are the deputy. You get "
            "their reminders meanwhile and may act in their place.",
        ),
        ("See who is away", "/people/away"),
        ("If you cannot, tell {by} or your business manager.",),
    ),
    AccountMailKind.BACK: _Wording(
        "You are no longer recorded as away",
        ("{by} has ended your absence from {from_on} to {until_on}. You get your reminders again.",),
        ("See who is away", "/people/away"),
        ("If that is not right, record it again, or tell your business manager.",),
    ),
    AccountMailKind.ROLE_GIVEN: _Wording(
        "You have another role in Followthrough",
        ("{by} has given you the role {role} in {partnership}.",),
        ("Open Followthrough", "/"),
        ("If that is not right, tell your business manager.",),
    ),
    AccountMailKind.ROLE_ENDED: _Wording(
        "A role of yours in Followthrough has ended",
        ("{by} has ended your role {role} in {partnership}.",),
        ("Open Followthrough", "/"),
        ("If that is not right, tell your business manager.",),
    ),
    AccountMailKind.ACCOUNT_DISABLED: _Wording(
        "Your account for Followthrough is disabled",
        (
            "{by} has disabled your account. You can no longer sign in, and get no more mail from Followthrough after "
            "this.",
        ),
        ("Open Followthrough", "/"),
        ("If that is not right, tell the business manager of {partnership}.",),
    ),
    AccountMailKind.IDENTITY_ALERT: _Wording(
        "Unusual opening of an identity in Followthrough",
        (
            "{opener} opened the identity of a child in the case {reference} of {partnership} on {at}. You are told "
            "because {why}.",
            "The purpose is on record with it. It may have been right: ask {opener} what it was for.",
        ),
        ("Open Followthrough", "/"),
        ("Further openings of the same kind within the hour are on record, and no mail is sent about them.",),
    ),
    AccountMailKind.AUDIT_NOTICE: _Wording(
        "Something unusual in Followthrough’s audit log",
        (
            "Somebody in {partnership} {what}. That may have a good reason.",
            "Look at the notice, ask them if need be, and note what you found. Until then it stays open.",
        ),
        ("See the notices", "/audit"),
        ("Nothing was stopped or changed because of it. While it is open, you get no further mail of the same kind.",),
    ),
}
RECORDED_AS = {
    AccountMailKind.RESET: EventKind.RESET_SENT,
    AccountMailKind.SIGN_IN_TRIED: EventKind.SIGN_IN_WARNED,
}
PURPOSES = {
    AccountMailKind.INVITATION: LinkPurpose.INVITATION,
    AccountMailKind.RESET: LinkPurpose.RESET,
    AccountMailKind.ADDRESS_OLD: LinkPurpose.ADDRESS_OLD,
    AccountMailKind.ADDRESS_NEW: LinkPurpose.ADDRESS_NEW,
}
TO_THE_ADDRESS_NAMED = frozenset({AccountMailKind.ADDRESS_NEW, AccountMailKind.ADDRESS_LEFT})
"""They go to the address that stands in `account_mails`, whatever that of the person is."""
ALSO_TO_LEAVERS = frozenset({AccountMailKind.ROLE_ENDED, AccountMailKind.ACCOUNT_DISABLED})
"""What they tell may be that somebody has left."""


def write_account_letters(unit: Unit, letterhead: Letterhead) -> int:
    """Queue a letter for each mail about an account that is waiting, where it is for somebody who works here.

    At most BATCH_SIZE are written; gives how many were.
    """
    waiting = sa.select(AccountMail).where(AccountMail.written_at.is_(None)).order_by(AccountMail.id).limit(BATCH_SIZE)
    mails = unit.session.scalars(waiting.with_for_update(skip_locked=True)).all()
    for mail in mails:
        person = _recipient(unit.session, mail)
        partnership = _partnership(unit.session, mail, person) if person else None
        if person is None or partnership is None or _is_repeated(unit, mail, person):
            unit.session.delete(mail)  # of a stranger's address nothing is stored
            continue
        mail.person_id, mail.partnership_id, mail.written_at = person.id, partnership.id, unit.now
        invitation = unit.session.get(Invitation, mail.invitation_id) if mail.invitation_id else None
        written = write_account_letter(
            mail.kind,
            name=person.name,
            partnership=partnership.name,
            invited_by=invitation.invited_by if invitation else "",
            at=mail.asked_at,
            letterhead=letterhead,
            more=_more_values(unit.session, mail),
        )
        _queue(unit, mail, written, letterhead)
        if mail.kind in RECORDED_AS:
            record_of_account(unit, RECORDED_AS[mail.kind], person)
    return len(mails)


def is_any_waiting(session: Session) -> bool:
    """Whether a mail about an account waits to be written."""
    return session.scalar(sa.select(AccountMail.id).where(AccountMail.written_at.is_(None)).limit(1)) is not None


def write_account_letter(
    kind: AccountMailKind,
    *,
    name: str,
    partnership: str,
    invited_by: str,
    at: datetime,
    letterhead: Letterhead,
    more: Mapping[str, str] = NO_VALUES,
) -> Written:
    """Write the letter, with three dots where it has its token when it leaves.

    `more` are further values of its sentences: of a change of an address, or of what was recorded.
    """
    wording = WORDINGS[kind]
    values = {
        "invited_by": one_line(invited_by),
        "partnership": one_line(partnership),
        "at": moment_in_words(at),
        **{key: one_line(value) for key, value in more.items()},
    }
    words, path = wording.link
    rendered = render_mail(
        "account",
        {
            "subject": wording.subject,
            "name": one_line(name),
            "before": [each.format_map(values) for each in wording.before],
            "words": words,
            "link": f"{letterhead.base_url.rstrip('/')}{path}",
            "after": [each.format_map(values) for each in wording.after],
        },
    )
    return Written(wording.subject, *rendered)


def why_stopped(session: Session, letter_id: int) -> str:
    """Why a letter about an account may not leave any more; empty where it may."""
    mail = _mail_of(session, letter_id)
    invitation = session.get(Invitation, mail.invitation_id) if mail.invitation_id else None
    if invitation is not None and invitation.withdrawn_at is not None:
        return "the invitation is withdrawn"
    if invitation is not None and invitation.used_at is not None:
        return "they have come in already"
    change = session.get(AddressChange, mail.address_change_id) if mail.address_change_id else None
    if change is not None and mail.kind in PURPOSES and change.ended_at is not None:
        return "the change of the address is over"
    return ""


def with_link(unit: Unit, letter_id: int, email: str, written: Written) -> Written:
    """Make the link of a letter that leaves now for this address, and write it in."""
    mail = _mail_of(unit.session, letter_id)
    purpose = PURPOSES.get(mail.kind)
    if purpose is None or mail.person_id is None:
        return written
    token = make_link(
        unit,
        purpose,
        person_id=mail.person_id,
        email=email,
        invitation_id=mail.invitation_id,
        address_change_id=mail.address_change_id,
    )
    path = WORDINGS[mail.kind].link[1]
    filled = path.replace(LINK_LEFT_OUT, token)
    return replace(written, body=written.body.replace(path, filled), html=written.html.replace(path, filled))


def _mail_of(session: Session, letter_id: int) -> AccountMail:
    """Give what a letter, or the first of which it is a copy, is about."""
    first = sa.select(sa.func.coalesce(Letter.again_of_id, Letter.id)).where(Letter.id == letter_id).scalar_subquery()
    query = sa.select(AccountMail).join(AccountLetter, AccountLetter.account_mail_id == AccountMail.id)
    return session.scalars(query.where(AccountLetter.letter_id == first)).one()


def _recipient(session: Session, mail: AccountMail) -> Person | None:
    named = Person.id == mail.person_id if mail.person_id else Person.email == mail.email
    person = session.scalars(sa.select(Person).where(named)).first()
    if person is None or (person.disabled_at is not None and mail.kind not in ALSO_TO_LEAVERS):
        return None
    # whoever has no way in yet is invited, and reads there what they are
    if mail.kind is AccountMailKind.ROLE_GIVEN:
        outside = sa.select(Person.id).where(Person.id == person.id, without_means())
        return None if session.scalar(outside) is not None else person
    return person


def _partnership(session: Session, mail: AccountMail, person: Person) -> Partnership | None:
    """Give the partnership whose mail it is: that of the invitation, or else the first the person works in."""
    if mail.kind in ALSO_TO_LEAVERS:
        return session.get(Partnership, mail.partnership_id)
    works_in = (
        sa.select(Partnership)
        .join(Membership, Membership.partnership_id == Partnership.id)
        .where(Membership.person_id == person.id, Membership.ended_on.is_(None))
        .order_by(Membership.id)
    )
    if mail.partnership_id is not None:
        works_in = works_in.where(Partnership.id == mail.partnership_id)
    return session.scalars(works_in.limit(1)).first()


def _more_values(session: Session, mail: AccountMail) -> dict[str, str]:
    if mail.address_change_id is not None:
        change = session.get_one(AddressChange, mail.address_change_id)
        by_themself = change.asked_by_id == change.person_id and not change.asked_by.startswith(OPERATOR)
        asked_by = AS_THEMSELF if by_themself else _name_in(change.asked_by)
        return {"by": asked_by, "was": change.was, "new": change.email}
    if mail.audit_notice_id is not None:
        return {"what": notice_in_words(session.get_one(AuditNotice, mail.audit_notice_id))}
    return _values_of_event(session, mail) if mail.event_id is not None else {}


def _values_of_event(session: Session, mail: AccountMail) -> dict[str, str]:
    event = session.get_one(Event, mail.event_id)
    values = {"by": _name_in(event.recorded_by)}
    for key, value in event.details.items():
        if key in ("person", "deputy"):
            values[key] = session.get_one(Person, value).name
        elif key in ("from_on", "until_on"):
            values[key] = day(date.fromisoformat(value))
        elif key == "role":
            values[key] = Role(value).in_sentence
    if mail.kind is AccountMailKind.IDENTITY_ALERT:
        values |= _alert_values(details_of(event, IdentityAlerted))
    return values


def _alert_values(alerted: IdentityAlerted) -> dict[str, str]:
    return {
        "opener": alerted["opened_by"],
        "reference": alerted["reference"],
        "why": " and ".join(ALERT_RULES[AlertReason(reason)].words for reason in alerted["why"]),
    }


def _name_in(signature: str) -> str:
    """Give the name in a signature, without the address; the operator by what they do."""
    return THE_OPERATOR if signature.startswith(OPERATOR) else signature.partition(" <")[0]


def _is_repeated(unit: Unit, mail: AccountMail, person: Person) -> bool:
    """Whether a letter says no more than an earlier one: links of the last minutes, and one disabling in two places."""
    if mail.kind is AccountMailKind.ACCOUNT_DISABLED:
        same = sa.select(AccountMail.id).where(
            AccountMail.person_id == person.id, AccountMail.kind == mail.kind, AccountMail.asked_at == mail.asked_at
        )
        return unit.session.scalar(same.where(AccountMail.id < mail.id).limit(1)) is not None
    if mail.kind is not AccountMailKind.RESET:
        return False
    lately = sa.select(AccountMail.id).where(
        AccountMail.person_id == person.id,
        AccountMail.kind == AccountMailKind.RESET,
        AccountMail.written_at > unit.now - ONE_RESET_IN,
    )
    return unit.session.scalar(lately.limit(1)) is not None


def _queue(unit: Unit, mail: AccountMail, written: Written, letterhead: Letterhead) -> None:
    letter_key = f"account|{mail.id}"
    letter = Letter(
        letter_key=letter_key,
        kind=mail.kind.value,
        partnership_id=mail.partnership_id,
        person_id=mail.person_id,
        morning=unit.today,
        subject=written.subject,
        body=written.body,
        html=written.html,
        message_id=message_id(letterhead, letter_key, generation_of(unit.session)),
        state=LetterState.QUEUED,
        next_try_at=unit.now,
        written_at=unit.now,
        address=mail.email if mail.kind in TO_THE_ADDRESS_NAMED else "",
    )
    unit.session.add(letter)
    unit.session.flush()
    unit.session.add(AccountLetter(letter_id=letter.id, account_mail_id=mail.id))
