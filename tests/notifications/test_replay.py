"""A letter that was given up goes back into the queue; one that was handed over goes again as a copy."""

from datetime import date

import pytest
import sqlalchemy as sa

from notifications.ledger.resend import replay, send_again
from notifications.models import LetterState
from notifications.process.worker import Delivered
from notifications.transports.envelope import RefusedForGood
from reviews.access.permissions import NotAllowed
from reviews.models import Event, EventKind
from reviews.transactions.unit_of_work import NotFound, unit_of_work
from tests.builders import BUILDER
from tests.notifications.mornings import (
    LETTERHEAD,
    Pigeonhole,
    a_morning,
    an_owned_action,
    deliver_to,
    hush,
    letters_of,
    owner_of,
    queue,
    raising,
)
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role


@pytest.fixture
def letter(database, anyshire, case):
    """Give the mail of an action, not yet handed over."""
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 11, 20))
    hush(database)
    a_morning(database, "2026-11-20T08:00")
    [found] = letters_of(database)
    return found


def set_to(database, letter, state, **values):
    with database.begin() as session:
        session.execute(sa.update(type(letter)).where(type(letter).id == letter.id).values(state=state, **values))


def resent(database):
    with database() as session:
        events = session.scalars(sa.select(Event).where(Event.kind == EventKind.LETTER_RESENT).order_by(Event.id))
        return [event.details for event in events]


def replayed(database, clock, letter_id, actor=BUILDER):
    with unit_of_work(database, actor, clock) as unit:
        return replay(unit, letter_id)


def copied(database, clock, letter_id, actor=BUILDER):
    with unit_of_work(database, actor, clock) as unit:
        return send_again(unit, letter_id, letterhead=LETTERHEAD)


@pytest.mark.parametrize("state", [LetterState.FAILED, LetterState.UNCERTAIN])
def test_a_letter_that_was_given_up_goes_again_as_the_same_letter(database, clock, letter, state):
    set_to(database, letter, state, tries=8, answer="451")
    replayed(database, clock, letter.id)
    [queued] = letters_of(database)
    transport = Pigeonhole()

    assert (queued.state, queued.tries, queued.message_id) == (LetterState.QUEUED, 0, letter.message_id)
    assert deliver_to(transport, database, clock) == Delivered(sent=1)
    assert [each.message_id for each in transport.letters] == [letter.message_id]
    assert resent(database) == [{"letter": letter.id}]


def test_who_carries_a_replayed_letter_is_asked_first_whether_they_have_it(database, clock, letter):
    asked = []

    class Question(Pigeonhole):
        def taken(self, letter, *, settled):
            asked.append((letter.message_id, settled))

    set_to(database, letter, LetterState.UNCERTAIN, tries=8)
    replayed(database, clock, letter.id)
    deliver_to(Question(), database, clock)

    assert asked == [(letter.message_id, True)]


def test_a_letter_that_waits_or_went_is_not_replayed(database, clock, letter):
    for state in (LetterState.QUEUED, LetterState.SUPPRESSED):
        set_to(database, letter, state)
        with pytest.raises(Refused, match="You can only put a mail back into the queue if it failed"):
            replayed(database, clock, letter.id)
    assert resent(database) == []


def test_a_letter_that_was_handed_over_goes_again_as_a_copy_of_its_own(database, clock, letter):
    transport = Pigeonhole()
    deliver_to(transport, database, clock)
    first = copied(database, clock, letter.id)
    deliver_to(transport, database, clock)
    second = copied(database, clock, first.id)

    assert deliver_to(transport, database, clock) == Delivered(sent=1)
    assert [first.letter_key, second.letter_key] == [f"{letter.letter_key}|again|{number}" for number in (1, 2)]
    assert {first.again_of_id, second.again_of_id} == {letter.id}
    assert len({each.message_id for each in transport.letters}) == 3
    assert len({each.body for each in transport.letters}) == 1
    assert resent(database) == [{"letter": letter.id, "copy": copy.id} for copy in (first, second)]


def test_a_copy_is_not_the_mail_of_the_morning_on_which_it_is_asked_for(database, clock, letter, anyshire, case):
    deliver_to(Pigeonhole(), database, clock)
    an_owned_action(database, case, anyshire, owner_of(anyshire), date(2026, 11, 23))
    hush(database)
    copied(database, clock, letter.id)

    assert [mail.to for mail in a_morning(database, "2026-11-23T08:00").mails] != []


def test_a_copy_is_not_sent_to_who_has_lost_the_action(database, clock, letter, case, anyshire):
    deliver_to(Pigeonhole(), database, clock)
    copied(database, clock, letter.id)
    with database.begin() as session:
        session.execute(sa.text("UPDATE actions SET owner_id = NULL"))
    transport = Pigeonhole()

    assert deliver_to(transport, database, clock) == Delivered(suppressed=1)


def test_a_letter_that_was_not_handed_over_has_no_copy(database, clock, letter):
    with pytest.raises(Refused, match="not been handed over"):
        copied(database, clock, letter.id)


def test_only_the_unit_sends_again_and_only_what_it_may_see(database, clock, letter, anyshire):
    set_to(database, letter, LetterState.FAILED)
    with pytest.raises(NotAllowed):
        replayed(database, clock, letter.id, anyshire.actors[Role.SUBGROUP_CHAIR])
    for role in (Role.ACTION_OWNER, Role.CDOP_MANAGER):
        with pytest.raises(NotFound):
            replayed(database, clock, letter.id, anyshire.actors[role])
    with pytest.raises(NotFound):
        replayed(database, clock, letter.id + 1)

    assert replayed(database, clock, letter.id, anyshire.actors[Role.BUSINESS_MANAGER]).id == letter.id


def test_a_replayed_letter_is_tried_as_long_as_a_new_one(database, clock, anyshire):
    queue(database, anyshire, clock, 1)
    deliver_to(Pigeonhole(at_hand_over=raising(RefusedForGood("550"))), database, clock)
    [letter] = letters_of(database)
    clock.at = clock.at.replace(month=12)
    replayed(database, clock, letter.id)

    assert letters_of(database)[0].first_tried_at == clock.at
