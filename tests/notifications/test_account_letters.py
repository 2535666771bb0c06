"""Letters about accounts: what they say, that only the mail itself has their link, and when they do not leave."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from notifications.ledger.invitation_states import InvitationState, invitation_states
from notifications.ledger.resend import send_again
from notifications.letters.account_letters import write_account_letter
from notifications.models import Letter, LetterState
from notifications.process.plan_round import plan_round
from notifications.returns.delivery_reports import DeliveryOutcome, Report, apply_report
from reviews.models import AccountLink, AccountMail, AccountMailKind, Event, EventKind, Person
from reviews.people.invitations import invite, withdraw_invitation
from reviews.people.offboarding import disable_person
from reviews.people.passwords import ask_for_reset, give_password
from tests.builders import BUILDER, NOW, a_unit, an_action
from tests.notifications.mornings import LETTERHEAD, Pigeonhole, deliver_to
from tests.notifications.test_letters import LETTERS
from workflows.core.vocabulary import Role

OWNER = "owner@anyshire.example"


@pytest.fixture
def owner(anyshire):
    return anyshire.people[Role.ACTION_OWNER]


def invited(database, anyshire, person, clock):
    with database.begin() as session:
        invite(a_unit(session, now=clock.now()), anyshire.partnership.id, person.id)


def state(database, anyshire, person, clock):
    key = (person.id, anyshire.partnership.id)
    with database() as session:
        found = invitation_states(session, BUILDER, [key[1]], [key[0]], now=clock.now())
    return found[key].state if key in found else None


def links(letters, path):
    found = [word for letter in letters for word in letter.body.split() if f"/{path}/" in word]
    assert all(word in letter.html for letter, word in zip(letters, found, strict=True))
    return found


OF_CHANGES = {
    "by": "Mary Manager",
    "person": "Sam Away",
    "deputy": "Dee Deputy",
    "from_on": "20 November 2026",
    "until_on": "4 December 2026",
    "role": "agency lead",
    "was": "before@example.org",
    "new": "olive@anyshire.example",
    "opener": "Mary Manager",
    "reference": "RR-2026-04",
    "why": "it was at night or at a weekend",
    "what": "opened 120 different cases in 11 seconds",
}


@pytest.mark.parametrize("kind", AccountMailKind)
def test_each_letter_reads_as_its_file(kind):
    letter = write_account_letter(
        kind,
        name="Olive O'Neill & Co",
        partnership="Anyshire Safeguarding Children Partnership",
        invited_by="Mary Manager",
        at=NOW,
        letterhead=LETTERHEAD,
        more=OF_CHANGES,
    )
    assert f"Subject: {letter.subject}\n\n{letter.body}" == Path(LETTERS / f"{kind.value}.txt").read_text()


def test_an_invitation_goes_to_its_person_with_a_link_that_only_the_mail_has(database, anyshire, owner, clock):
    invited(database, anyshire, owner, clock)
    assert state(database, anyshire, owner, clock) is InvitationState.WAITING
    post = Pigeonhole()
    assert deliver_to(post, database, clock).sent == 1
    (letter,) = post.letters
    (link,) = links(post.letters, "invitation")
    token = link.removeprefix("https://followthrough.example/invitation/")
    assert (letter.to, len(token)) == (OWNER, 43)
    assert state(database, anyshire, owner, clock) is InvitationState.SENT
    with database() as session:
        stored = session.scalars(sa.select(Letter)).one()
        made = session.scalars(sa.select(AccountLink)).one()
        everything = [str(value) for row in (stored, made) for value in vars(row).values()]
        assert (made.email, made.expires_at) == (OWNER, clock.now() + timedelta(days=7))
    assert [text for text in everything if token in text] == []
    assert "https://followthrough.example/invitation/…" in stored.body


def test_a_second_mail_has_a_link_of_its_own_and_leaves_the_first(database, anyshire, owner, clock):
    post = Pigeonhole()
    for _ in range(2):
        invited(database, anyshire, owner, clock)
        deliver_to(post, database, clock)
    assert len(set(links(post.letters, "invitation"))) == 2
    with database() as session:
        assert [each.used_at for each in session.scalars(sa.select(AccountLink))] == [None, None]


def test_a_mail_that_waits_is_not_asked_for_twice(database, anyshire, owner, clock):
    for _ in range(2):
        invited(database, anyshire, owner, clock)
    assert deliver_to(Pigeonhole(), database, clock).sent == 1


def test_an_invitation_that_is_withdrawn_meanwhile_does_not_leave(database, anyshire, owner, clock):
    invited(database, anyshire, owner, clock)
    with database.begin() as session:
        withdraw_invitation(a_unit(session), anyshire.partnership.id, owner.id)
    post = Pigeonhole()
    deliver_to(post, database, clock)
    assert post.letters == []
    assert state(database, anyshire, owner, clock) is InvitationState.WITHDRAWN
    with database() as session:
        assert session.scalars(sa.select(Letter.answer)).all() == ["the invitation is withdrawn"]


def test_a_letter_that_comes_back_and_one_that_expires_are_seen(database, anyshire, owner, clock):
    invited(database, anyshire, owner, clock)
    deliver_to(Pigeonhole(), database, clock)
    clock.at += timedelta(days=7)
    assert state(database, anyshire, owner, clock) is InvitationState.EXPIRED
    with database.begin() as session:
        message_id = session.scalars(sa.select(Letter.message_id)).one()
        report = Report(message_id, frozenset({OWNER}), DeliveryOutcome.RETURNED, "bounce", "5.1.1")
        apply_report(a_unit(session, now=clock.now()), report)
    assert state(database, anyshire, owner, clock) is InvitationState.BOUNCED


def test_a_copy_of_the_ledger_has_a_link_of_its_own(database, anyshire, owner, clock):
    invited(database, anyshire, owner, clock)
    post = Pigeonhole()
    deliver_to(post, database, clock)
    with database.begin() as session:
        letter_id = session.scalars(sa.select(Letter.id)).one()
        send_again(a_unit(session), letter_id, letterhead=LETTERHEAD)
    deliver_to(post, database, clock)
    assert len(set(links(post.letters, "invitation"))) == 2


def reset_asked(database, email, clock):
    with database.begin() as session:
        ask_for_reset(a_unit(session, now=clock.now()), email=email)


def test_c8_only_somebody_who_works_here_gets_a_link_and_of_a_stranger_nothing_stays(database, anyshire, owner, clock):
    with database.begin() as session:
        disable_person(a_unit(session), email="chair@anyshire.example")
    for email in (OWNER, "nobody@elsewhere.example", "chair@anyshire.example"):
        reset_asked(database, email, clock)
    post = Pigeonhole()
    deliver_to(post, database, clock)
    assert [letter.to for letter in post.letters] == [OWNER]
    assert len(links(post.letters, "reset")) == 1
    with database() as session:
        assert session.scalars(sa.select(AccountMail.email)).all() == [OWNER]
        sent = session.scalars(sa.select(Event.details).where(Event.kind == EventKind.RESET_SENT)).all()
        assert sent == [{"person": owner.id}]
        assert session.scalars(sa.select(AccountLink.expires_at)).all() == [clock.now() + timedelta(hours=1)]


def test_however_often_a_link_is_asked_for_one_mail_goes_in_five_minutes(database, anyshire, clock):
    post = Pigeonhole()
    for minutes in (0, 1, 3, 2):
        clock.at += timedelta(minutes=minutes)
        reset_asked(database, OWNER, clock)
        deliver_to(post, database, clock)
    assert len(post.letters) == 2


def test_whose_password_is_changed_is_told_but_not_of_the_first(database, anyshire, owner, clock):
    post = Pigeonhole()
    for password_hash in ("first", "second"):
        with database.begin() as session:
            give_password(a_unit(session), session.get_one(Person, owner.id), password_hash)
        deliver_to(post, database, clock)
    assert [letter.subject for letter in post.letters] == ["Your password for Followthrough was changed"]


def test_a_mail_about_an_account_is_not_the_mail_of_the_morning(database, anyshire, case, owner, clock):
    invited(database, anyshire, owner, clock)
    deliver_to(Pigeonhole(), database, clock)
    with database.begin() as session:
        an_action(session, session.merge(case), owner=session.merge(owner), due_on=clock.now().date())
    planned = plan_round(database, clock.now(), letterhead=LETTERHEAD)
    assert OWNER in [mail.to for mail in planned.mails]
    with database() as session:
        states = session.scalars(sa.select(Letter.state).order_by(Letter.id)).all()
    assert states[0] is LetterState.SENT
