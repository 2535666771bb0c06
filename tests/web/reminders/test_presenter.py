"""Every state and kind of a letter has its words on the pages about reminders."""

from notifications.base.summary_rhythm import SUMMARY
from notifications.models import ROLE_ANSWERED, SEALS, SECOND_FACTOR, LetterState
from notifications.process.plan_round import KIND
from notifications.rounds.delivery_problems import WITH_TASKS
from reviews.models import AccountMailKind
from web.reminders.letter_presenter import NOW
from web.reminders.presenter import KINDS, STATES


def test_every_state_has_a_tag_and_a_sentence():
    assert set(STATES) == set(NOW) == set(LetterState)


def test_every_kind_has_its_words():
    assert set(KINDS) == {KIND, WITH_TASKS, SUMMARY, ROLE_ANSWERED, SEALS, SECOND_FACTOR, *AccountMailKind}
