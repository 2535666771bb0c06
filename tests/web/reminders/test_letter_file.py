"""The page of one email: its delivery, the text a reader may see, and sending it again."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifications.models import Letter, LetterAnswer, LetterState
from reviews.models import Event, EventKind
from tests.builders import NOW, a_case, an_action
from tests.web.reminders.letters import a_letter
from tests.web.visitor import rows, statements
from workflows.core.vocabulary import Role

MANAGER = "manager@anyshire.example"
BODY = "Good morning\n\nAnswer: https://followthrough.example/l/AAAA-bb_cc== or undo /l/AAAA-bb_cc==/answer\n"


@pytest.fixture
def written(doors, world):
    """Write one letter to the owner; give its number and the address of its action."""

    def written(*kinds, **more):
        with doors.database.begin() as session:
            cases = [a_case(session, world.anyshire.partnership, kind) for kind in kinds or ("rapid_review",)]
            actions = [an_action(session, case) for case in cases]
            letter = a_letter(session, world.anyshire, *actions, body=BODY, **more)
            return letter.id, actions[-1].address

    return written


def state_of(doors, number):
    with doors.database() as session:
        return session.get_one(Letter, number).state


def test_a_letter_says_what_it_spoke_of_and_what_became_of_it(doors, written):
    number, address = written(state="bounced", reported_at=NOW + timedelta(hours=2), answer="5.1.1", tries=2)
    visitor = doors.visitor(MANAGER)
    visitor.open("/reminders")
    assert f"/reminders/{number}" in visitor.links
    assert visitor.open(f"/reminders/{number}") == 200
    assert "Subject Your actions To Action owner" in visitor.said
    assert "Came back It came back. 5.1.1 Tries 2" in visitor.said
    assert f"What it was about: 1 action {address.replace('.', '/')} (on the day)" in visitor.said
    first, then = "First tried 20 November 2026 at 8:00am", "It came back 20 November 2026 at 10:00am"
    assert f"{first} Handed over 20 November 2026 at 8:00am {then}" in visitor.said
    assert f"/actions/{address}" in visitor.links


def test_the_text_is_without_the_links_that_answer_for_its_reader(doors, written):
    number, _ = written()
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/reminders/{number}")
    assert "Good morning Answer: https://followthrough.example/l/… or undo /l/…/answer" in visitor.said
    assert "AAAA" not in visitor.html


def test_the_text_and_subject_are_kept_where_one_line_is_not_theirs(doors, written):
    number, _ = written("cdop_case", "rapid_review", subject="2 to look at")
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/reminders/{number}")
    assert "What it was about: 1 action RR-" in visitor.said
    assert "You cannot see the text, because it may be about something you cannot see." in visitor.said
    assert all(kept not in visitor.html for kept in ("Good morning", "2 to look at", "CD-2026", "CDR-2026"))


def test_the_text_is_kept_where_it_may_tell_of_an_answer_about_a_child_death(doors, world, written):
    number, _ = written()
    with doors.database.begin() as session:
        hidden = an_action(session, a_case(session, world.anyshire.partnership, "cdop_case"))
        earlier = a_letter(session, world.anyshire, hidden, letter_key="earlier")
        told = {"letter_id": earlier.id, "action_id": hidden.id, "answered_at": NOW}
        session.add(LetterAnswer(answer="seen", recorded={}, **told))
        earlier_id = earlier.id
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"/reminders/{earlier_id}") == 404
    visitor.open(f"/reminders/{number}")
    assert "Good morning" not in visitor.html


@pytest.mark.parametrize(("word", "shown"), [("manager", True), ("chair", False), ("admin", True)])
def test_a_letter_that_names_tasks_is_read_by_who_is_to_do_them(doors, written, word, shown):
    number, _ = written(kind="morning-tasks")
    visitor = doors.visitor(f"{word}@anyshire.example")
    assert visitor.open(f"/reminders/{number}") == 200
    assert ("Good morning" in visitor.said) is shown


def test_a_letter_of_tasks_alone_and_a_summary_stand_in_the_ledger(doors, world):
    with doors.database.begin() as session:
        tasks = a_letter(session, world.anyshire, to=Role.BUSINESS_MANAGER, letter_key="tasks", kind="morning-tasks")
        summary = a_letter(session, world.anyshire, to=Role.SUBGROUP_CHAIR, letter_key="summary", kind="summary")
        numbers = tasks.id, summary.id
    manager, chair = doors.visitor(MANAGER), doors.visitor("chair@anyshire.example")
    assert [manager.open(f"/reminders/{number}") for number in numbers] == [200, 200]
    assert "Words of the mail" not in manager.said
    assert [chair.open(f"/reminders/{number}") for number in numbers] == [404, 200]


def test_answers_by_its_links_are_told(doors, written):
    number, address = written()
    with doors.database.begin() as session:
        action_id = session.scalar(sa.text("SELECT id FROM actions"))
        given = {"answered_at": NOW, "undone_at": NOW + timedelta(days=1)}
        session.add(LetterAnswer(letter_id=number, action_id=action_id, answer="on-track", recorded={}, **given))
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/reminders/{number}")
    told = "on track, 20 November 2026 at 8:00am, undone 21 November 2026 at 8:00am"
    assert f"{address.replace('.', '/')}: {told}" in visitor.said


@pytest.mark.parametrize("state", ["failed", "uncertain"])
def test_what_was_given_up_goes_back_into_the_queue_by_one_press(doors, written, state):
    number, _ = written(state=state, sent_at=None, answer="451")
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/reminders/{number}")
    assert f"/reminders/{number}/replay" in visitor.links
    assert f"/reminders/{number}/again" not in visitor.links
    assert visitor.open(f"/reminders/{number}/replay") == 200
    sent = [visitor.send(f"/reminders/{number}/replay", form_id="one") for _ in range(2)]
    assert (sent, visitor.location) == ([303, 303], f"/reminders/{number}")
    visitor.follow()
    assert "The mail is waiting to be handed over again." in visitor.html
    assert "Put back into the queue 20 November 2026 at 8:00am by Business manager" in visitor.said
    assert state_of(doors, number) is LetterState.QUEUED
    assert rows(doors.database, Event, Event.kind == EventKind.LETTER_RESENT) == 1


@pytest.mark.parametrize("state", ["sent", "delivered", "bounced"])
def test_what_was_handed_over_goes_again_as_one_copy(doors, written, state):
    number, _ = written(state=state)
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/reminders/{number}")
    assert f"/reminders/{number}/again" in visitor.links
    assert visitor.open(f"/reminders/{number}/again") == 200
    sent = [visitor.send(f"/reminders/{number}/again", form_id="one") for _ in range(2)]
    assert sent == [303, 303]
    copy = int(visitor.location.rpartition("/")[2])
    assert rows(doors.database, Letter) == 2
    visitor.follow()
    assert f"/reminders/{number}" in visitor.links
    assert "A copy of the first mail" in visitor.said
    visitor.open(f"/reminders/{number}")
    assert f"/reminders/{copy}" in visitor.links


def test_what_does_not_fit_its_state_is_not_done(doors, written):
    number, _ = written()
    visitor = doors.visitor(MANAGER)
    assert (visitor.open(f"/reminders/{number}/replay"), visitor.location) == (303, f"/reminders/{number}")
    assert visitor.send(f"/reminders/{number}/replay") == 422
    assert "You can only put a mail back into the queue if it failed" in visitor.said
    assert state_of(doors, number) is LetterState.SENT


def test_the_chair_reads_but_does_not_send_and_others_find_nothing(doors, written):
    number, _ = written()
    chair = doors.visitor("chair@anyshire.example")
    assert chair.open(f"/reminders/{number}") == 200
    assert f"/reminders/{number}/again" not in chair.links
    assert [chair.open(f"/reminders/{number}/again"), chair.send(f"/reminders/{number}/again")] == [403, 403]
    stranger = doors.visitor("manager@midmarch.example")
    assert [stranger.open(f"/reminders/{number}{more}") for more in ("", "/again", "/replay")] == [404] * 3
    assert stranger.send(f"/reminders/{number}/again") == 404
    assert [doors.visitor(MANAGER).open(f"/reminders/{n}") for n in (number + 1, 10**30)] == [404, 404]


def test_a_letter_of_a_child_death_alone_is_not_found(doors, written):
    number, _ = written("cdop_case", state="failed", sent_at=None)
    visitor = doors.visitor(MANAGER)
    assert [visitor.open(f"/reminders/{number}"), visitor.send(f"/reminders/{number}/replay")] == [404, 404]
    visitor.send("/reminders/replay", letters=str(number))
    assert state_of(doors, number) is LetterState.FAILED


def test_all_that_a_filter_shows_go_back_together(doors, world):
    with doors.database.begin() as session:
        action = an_action(session, a_case(session, world.anyshire.partnership))
        states = ["failed", "uncertain", "failed", "sent"]
        numbers = [
            a_letter(session, world.anyshire, action, letter_key=f"{n}", state=s).id for n, s in enumerate(states)
        ]
    visitor = doors.visitor(MANAGER)
    visitor.open("/reminders?state=failed&sort=to")
    assert "Put mails that were given up back into the queue: 2" in visitor.said
    assert "/reminders/replay?state=failed" in visitor.links
    assert visitor.open("/reminders/replay?state=failed") == 200
    assert "2 mails matching the filters were given up." in visitor.said
    form = {"letters": visitor.hidden("letters"), "form_id": "one"}
    assert [visitor.send("/reminders/replay?state=failed", **form) for _ in range(2)] == [303, 303]
    assert visitor.location == "/reminders?state=failed"
    assert [state_of(doors, number).value for number in numbers] == ["queued", "uncertain", "queued", "sent"]
    assert rows(doors.database, Event, Event.kind == EventKind.LETTER_RESENT) == 2
    visitor.open("/reminders/replay?state=failed")
    assert "No mails matching the filters were given up." in visitor.said
    assert doors.visitor("chair@anyshire.example").open("/reminders/replay") == 403


def test_no_more_than_some_hundred_go_back_at_once(doors, world):
    with doors.database.begin() as session:
        action = an_action(session, a_case(session, world.anyshire.partnership))
        for n in range(501):
            a_letter(session, world.anyshire, action, letter_key=f"{n}", state="failed")
    visitor = doors.visitor(MANAGER)
    visitor.open("/reminders/replay")
    assert "501 mails matching the filters were given up. This puts back the 500 oldest" in visitor.said
    many = ",".join(str(n) for n in range(1, 503))
    assert visitor.send("/reminders/replay", letters=many) == 422
    assert visitor.send("/reminders/replay", letters="x,-1,,99999999999999999999") == 303
    assert (
        visitor.send(
            "/reminders/replay", letters=visitor.hidden("letters") if visitor.open("/reminders/replay") else ""
        )
        == 303
    )
    visitor.open("/reminders/replay")
    assert "1 mail matching the filters was given up." in visitor.said


def test_a_letter_with_many_lines_asks_the_database_no_more(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership)
        few = a_letter(session, world.anyshire, an_action(session, case), letter_key="few").id
        many = a_letter(session, world.anyshire, *(an_action(session, case) for _ in range(40)), letter_key="many").id
    visitor = doors.visitor(MANAGER)
    asked = []
    for number in (few, many):
        with statements(doors.database) as each:
            visitor.open(f"/reminders/{number}")
        asked.append(len(each))
    assert asked[0] == asked[1]
