"""What the token of a link says, and that nobody else can make one."""

from datetime import date

import pytest

from notifications.letters.links import Answer, Letterhead, Link, Sealer, answers_for
from tests.notifications.mornings import LETTERHEAD

LINK = Link(partnership_id=1, person_id=2, action_id=3, morning=date(2026, 11, 20))
TODAY = date(2026, 11, 20)


def test_a_token_says_what_it_was_made_of():
    assert Sealer(LETTERHEAD).read(Sealer(LETTERHEAD).token(LINK)) == LINK


def test_a_token_needs_no_escaping_in_an_address():
    token = Sealer(LETTERHEAD).token(Link(2**31, 2**62, 2**62, date.max))

    assert token.replace("-", "").replace("_", "").isalnum()
    assert Sealer(LETTERHEAD).read(token) == Link(2**31, 2**62, 2**62, date.max)


def test_no_letter_of_a_token_can_be_changed():
    sealer = Sealer(LETTERHEAD)
    token = sealer.token(LINK)
    changed = {token[:n] + other + token[n + 1 :] for n in range(len(token)) for other in "AbZ9_-" if other != token[n]}

    assert [each for each in changed if sealer.read(each) is not None] == []


@pytest.mark.parametrize("text", ["", "x", "x" * 56, "=" * 56, "é" * 56, "A" * 10_000, "AAAA AAAA", "\n", "%00", "."])
def test_nonsense_is_no_token(text):
    assert Sealer(LETTERHEAD).read(text) is None


def test_what_stands_around_a_token_is_no_part_of_it():
    token = Sealer(LETTERHEAD).token(LINK)

    assert [Sealer(LETTERHEAD).read(each) for each in (token + "=", token + "AAAA", " " + token, token[:-4])] == [
        None
    ] * 4


def test_another_key_or_purpose_makes_another_token():
    other = Letterhead(LETTERHEAD.base_url, "another key of the same kind, just as long")

    assert Sealer(other).read(Sealer(LETTERHEAD).token(LINK)) is None
    assert LETTERHEAD.hashed("message-id") != LETTERHEAD.hashed("letter-link")


def test_the_key_is_not_shown_where_a_letterhead_is():
    assert LETTERHEAD.key not in repr(LETTERHEAD)


@pytest.mark.parametrize(
    ("due_on", "left_out"),
    [
        (date(2026, 11, 21), {Answer.NOT_YET}),
        (TODAY, {Answer.NOT_YET}),
        (date(2026, 11, 19), {Answer.ON_TRACK}),
        (None, {Answer.MORE_TIME, Answer.DONE, Answer.NOT_YET}),
    ],
)
def test_only_what_can_be_asked_for_is_offered(due_on, left_out):
    assert set(Answer) - set(answers_for(due_on, TODAY)) == left_out
