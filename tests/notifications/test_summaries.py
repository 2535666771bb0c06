"""The summary by mail: to whom, once, with whose eyes, and what stands in it."""

from datetime import date

import pytest
import sqlalchemy as sa

from notifications.ledger.queries import ledger
from notifications.models import Letter, LetterState, SummaryRhythm
from notifications.process.plan_round import plan_round
from notifications.rounds.report import SummaryHeldBack
from notifications.summaries.summary_choice import choose_summary
from reviews.access.permissions import NotAllowed
from reviews.core.clock import read_moment
from reviews.models import Action, Event, EventKind, Membership, Person
from reviews.transactions.unit_of_work import NotFound, unit_of_work
from tests.builders import BUILDER, a_case, a_clock, an_action, rewriting_history
from tests.notifications.mornings import (
    LETTERHEAD,
    Pigeonhole,
    a_morning,
    a_quiet_case,
    an_owned_action,
    deliver_to,
    hush,
    is_away,
    letters_of,
    mail_comes_back,
    owner_of,
)
from tests.web.visitor import statements
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

CHAIR, MEMBER, CDOP = "chair@anyshire.example", "member@anyshire.example", "cdop@anyshire.example"
MONDAY, NEXT_MONDAY = "2026-11-23", "2026-11-30"


def choose(database, email=CHAIR, rhythm="weekly", *, on="2026-11-20T09:00", actor=BUILDER, **more):
    with unit_of_work(database, actor, a_clock(on)) as unit:
        return choose_summary(unit, unit.partnership("ANYSHIRE"), email=email, rhythm=rhythm, **more)


def summaries(result):
    return [mail.to for mail in result.mails if mail.kind == "summary"]


def body_of(database, email):
    with database() as session:
        letter = sa.select(Letter).join(Person, Person.id == Letter.person_id).where(Person.email == email)
        return session.scalars(letter.where(Letter.kind == "summary").order_by(Letter.id.desc())).first()


def last_on(database):
    with database() as session:
        return session.scalar(sa.select(SummaryRhythm.last_on))


@pytest.fixture
def late(database, anyshire, case):
    """An action that is 53 days late on Monday 23 November, of which nothing more is said to its owner."""
    action = an_owned_action(database, case, anyshire, None, date(2026, 10, 1), title="Ring Child K's mother")
    hush(database)
    return action


def test_it_comes_on_its_morning_and_once(database, late):
    choose(database)

    assert summaries(a_morning(database, "2026-11-20")) == []
    first = a_morning(database, MONDAY)
    assert [(mail.kind, mail.items) for mail in first.mails if mail.to == CHAIR and mail.kind == "summary"] == [
        ("summary", ())
    ]
    assert summaries(a_morning(database, MONDAY)) == []
    assert summaries(a_morning(database, "2026-11-24")) == []
    assert summaries(a_morning(database, NEXT_MONDAY)) == [CHAIR]
    keys = [letter.letter_key for letter in letters_of(database) if letter.kind == "summary"]
    assert [key.partition("|summary|")[2] for key in keys] == [MONDAY, NEXT_MONDAY]


def test_who_chose_nothing_or_never_has_none(database, late):
    choose(database)
    assert choose(database, rhythm="never") is None

    assert summaries(a_morning(database, MONDAY)) == []


def test_a_morning_that_was_missed_is_made_up_for(database, late):
    choose(database)

    assert summaries(a_morning(database, "2026-11-25")) == [CHAIR]
    assert summaries(a_morning(database, "2026-11-26")) == []
    assert last_on(database) == date(2026, 11, 25)


def test_a_dry_run_names_it_and_writes_nothing(database, late):
    choose(database)

    found = plan_round(database, read_moment(MONDAY), letterhead=LETTERHEAD, dry_run=True)

    assert summaries(found) == [CHAIR]
    assert letters_of(database) == []
    assert last_on(database) is None


def test_it_has_numbers_references_dates_and_agencies_and_no_title_or_name(database, anyshire, late):
    choose(database)
    a_morning(database, MONDAY)

    letter = body_of(database, CHAIR)
    assert letter.subject == "Summary of ANYSHIRE, 23 November 2026"
    for words in (
        "  Outstanding: 1\n  Overdue: 1\n",
        "  No owner: 1\n",
        "  Anyshire Council: 1 outstanding, 1 overdue\n",
        "  RR-2025-03/A1: was due on 1 October 2026, 53 days late; Anyshire Council\n",
        "https://followthrough.example/summary?partnership=ANYSHIRE",
        "every Monday",
    ):
        assert words in letter.body
    assert "Clocks" not in letter.body
    assert "Since your last summary" not in letter.body
    for part in (letter.body, letter.html):
        assert not any(word in part for word in ("Canary House", "Child K", "mother", owner_of(anyshire).name))
    assert "<strong>Overdue</strong>: 1<br>" in letter.html


def test_it_says_what_changed_since_the_last_one(database, anyshire, case, late):
    choose(database)
    a_morning(database, MONDAY)
    with database.begin() as session:
        an_action(session, case, due_on=date(2026, 11, 26), agency=anyshire.agencies["Council"])
        with rewriting_history(session):
            session.execute(sa.update(Event).values(recorded_at=read_moment("2026-11-24")))
        session.execute(
            sa.update(Action).where(Action.id == late.id).values(ended_on=date(2026, 11, 24), stage="closed_complete")
        )
    a_morning(database, NEXT_MONDAY)

    said = body_of(database, CHAIR).body.partition("Since your last summary, 23 November 2026\n\n")[2]
    assert said.startswith("  New: 2\n  Closed: 1\n  Newly overdue: 1\n")


def test_each_reads_with_their_own_eyes(database, anyshire, late):
    with database.begin() as session:
        deaths = a_quiet_case(session, anyshire.partnership, "cdop_case", reference="CDR-2026-01")
        an_action(session, deaths, due_on=date(2026, 10, 2))
    for email in (CHAIR, CDOP):
        choose(database, email)

    assert summaries(a_morning(database, MONDAY)) == [CHAIR, CDOP]
    chairs, cdops = body_of(database, CHAIR).body, body_of(database, CDOP).body
    assert ("RR-2025-03/A1" in chairs, "CDR-2026-01" in chairs) == (True, False)
    assert ("RR-2025-03/A1" in cdops, "CDR-2026-01" in cdops) == (False, True)


def test_an_empty_one_is_not_sent_and_named(database, anyshire, case):
    choose(database)

    found = a_morning(database, MONDAY)

    assert summaries(found) == []
    (held,) = [each for each in found.held_back if isinstance(each, SummaryHeldBack)]
    assert (held.to, held.partnership) == (CHAIR, "ANYSHIRE")
    assert "Nothing is outstanding" in held.why
    assert found.as_json()["held_back"][0]["action"] is None
    # it has had its morning: what turns up on Tuesday is for the next one
    with database.begin() as session:
        an_action(session, case, due_on=date(2026, 10, 1))
    assert summaries(a_morning(database, "2026-11-24")) == []


def test_a_clock_that_is_late_is_named(database, anyshire):
    with database.begin() as session:
        a_case(session, anyshire.partnership, reference="RR-2026-09", opened_on=date(2026, 11, 2))
    choose(database)
    a_morning(database, MONDAY)

    assert "  RR-2026-09: Serious incident notification, was due on" in body_of(database, CHAIR).body


def test_who_may_not_see_the_summary_any_more_is_not_written_to(database, anyshire, late):
    choose(database)
    with database.begin() as session:
        of_chair = Membership.person_id == anyshire.people[Role.SUBGROUP_CHAIR].id
        session.execute(sa.update(Membership).where(of_chair).values(role=Role.ACTION_OWNER))

    found = a_morning(database, MONDAY)

    assert summaries(found) == []
    assert [each.why for each in found.held_back if isinstance(each, SummaryHeldBack)] == [
        "They may no longer see the summary."
    ]


def test_who_lost_the_summary_before_the_hand_over_is_not_sent_it(database, anyshire, late, clock):
    choose(database)
    choose(database, MEMBER)
    a_morning(database, MONDAY)
    with database.begin() as session:
        of_chair = Membership.person_id == anyshire.people[Role.SUBGROUP_CHAIR].id
        session.execute(sa.update(Membership).where(of_chair).values(role=Role.ACTION_OWNER))
    transport = Pigeonhole()
    clock.at = read_moment(MONDAY)

    deliver_to(transport, database, clock, ignore_waits=True)

    assert MEMBER in {letter.to for letter in transport.letters}
    assert body_of(database, CHAIR).state is LetterState.SUPPRESSED


def test_who_is_away_has_it_when_they_are_back(database, anyshire, late):
    chair, deputy = anyshire.people[Role.SUBGROUP_CHAIR], anyshire.people[Role.BUSINESS_MANAGER]
    is_away(database, anyshire, chair, deputy, "2026-11-21", "2026-11-24")
    choose(database)

    away = a_morning(database, MONDAY)
    assert summaries(away) == []
    assert [each.why for each in away.held_back if isinstance(each, SummaryHeldBack)] == [
        "They are away. The summary follows when they are back."
    ]
    assert summaries(a_morning(database, "2026-11-25")) == [CHAIR]


def test_who_cannot_be_reached_is_held_back(database, anyshire, late):
    choose(database)
    mail_comes_back(database, anyshire, anyshire.people[Role.SUBGROUP_CHAIR])

    assert summaries(a_morning(database, MONDAY)) == []


def test_a_summary_does_not_stand_in_the_way_of_a_reminder(database, anyshire, case, late):
    owner = owner_of(anyshire)
    with database.begin() as session:
        session.add(
            Membership(
                person_id=owner.id,
                partnership_id=anyshire.partnership.id,
                agency_id=anyshire.agencies["Council"].id,
                role=Role.REVIEW_SUBGROUP_MEMBER,
                job_title="Member",
            )
        )
    choose(database, owner.email)
    assert summaries(a_morning(database, MONDAY)) == [owner.email]
    an_owned_action(database, case, anyshire, owner, date(2026, 11, 23))

    second = a_morning(database, MONDAY)

    assert [(mail.to, mail.kind) for mail in second.mails] == [(owner.email, "morning")]


def test_the_ledger_shows_it(database, anyshire, late):
    choose(database)
    a_morning(database, MONDAY)

    with database() as session:
        page = ledger(session, anyshire.actors[Role.BUSINESS_MANAGER], partnership_id=anyshire.partnership.id)

    assert [(row.to_email, row.kind, row.items) for row in page.rows if row.kind == "summary"] == [
        (CHAIR, "summary", [])
    ]


def test_those_who_chose_nothing_cost_one_question(database, anyshire, late):
    hush(database)
    with statements(database) as asked:
        plan_round(database, read_moment(MONDAY), letterhead=LETTERHEAD, dry_run=True)

    assert len([each for each in asked if "summary_rhythms" in each]) == 1
    assert not any("count(*) FILTER" in each for each in asked)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"rhythm": "daily"}, "Choose weekly"),
        ({"rhythm": "weekly", "weekday": "sunday"}, "Monday to Friday"),
        ({"rhythm": "meeting"}, "Give the day"),
        ({"rhythm": "meeting", "meeting_on": date(2026, 11, 20)}, "after today"),
        ({"rhythm": "meeting", "meeting_on": date(2028, 1, 1)}, "within a year"),
    ],
)
def test_what_makes_no_sense_is_refused(database, anyshire, given, sentence):
    with pytest.raises(Refused, match=sentence):
        choose(database, **given)
    assert last_on(database) is None


def test_each_chooses_for_themself_if_the_summary_is_theirs(database, anyshire):
    wish = choose(database, actor=anyshire.actors[Role.SUBGROUP_CHAIR], rhythm="monthly")
    assert wish.email == CHAIR
    with pytest.raises(NotAllowed, match="only choose for yourself"):
        choose(database, actor=anyshire.actors[Role.BUSINESS_MANAGER])
    with pytest.raises(NotAllowed):
        choose(database, "owner@anyshire.example", actor=anyshire.actors[Role.ACTION_OWNER])
    with pytest.raises(NotFound):
        choose(database, "chair@midmarch.example")
    with database() as session:
        event = session.scalars(sa.select(Event).where(Event.kind == EventKind.SUMMARY_CHOSEN)).one()
    assert event.details == {"person": wish.person_id, "rhythm": "monthly", "weekday": 0, "meeting_on": None}


def test_a_second_choice_takes_the_place_of_the_first(database, anyshire):
    choose(database, weekday="friday")
    choose(database, rhythm="meeting", meeting_on=date(2026, 12, 3))

    with database() as session:
        kept = session.scalars(sa.select(SummaryRhythm)).one()
    assert (kept.rhythm, kept.weekday, kept.meeting_on) == ("meeting", 0, date(2026, 12, 3))
