"""Absences and rests, from the terminal."""

from datetime import date

import sqlalchemy as sa

from reviews.models import Action, Partnership, Person
from tests.changes import nothing_changes

HERE = ("--partnership", "ANYSHIRE")
OWNER, DEPUTY = "owner-1@anyshire.example", "owner-2@anyshire.example"
DAYS = ("--from", "2026-11-23", "--until", "2026-12-04")


def test_somebody_is_away_and_back(terminal):
    away = terminal.json("people", "away", OWNER, *DAYS, "--deputy", DEPUTY, *HERE, "--as", OWNER)
    back = terminal.json("people", "back", OWNER, *HERE, "--as", "manager@anyshire.example")

    assert away == {
        "email": OWNER,
        "deputy": DEPUTY,
        "from_on": "2026-11-23",
        "until_on": "2026-12-04",
        "partnership": "ANYSHIRE",
    }
    assert back == away | {"ended": True}
    assert "is not away" in terminal.refused("people", "back", OWNER, *HERE)


def test_an_absence_that_makes_no_sense_is_refused_and_nothing_is_stored(terminal, seeded):
    away = ("people", "away")
    with nothing_changes(seeded):
        assert "somebody else" in terminal.refused(*away, OWNER, *DAYS, "--deputy", OWNER, *HERE)
        assert "Only the person themself" in terminal.refused(
            *away, OWNER, *DAYS, "--deputy", DEPUTY, *HERE, "--as", "owner-3@anyshire.example"
        )
        nobody = terminal.refused(*away, "nobody@anyshire.example", *DAYS, "--deputy", DEPUTY, *HERE)
        assert "no person with the address" in nobody
        assert "is not a date" in terminal.refused(
            *away, OWNER, "--from", "2026-13-01", "--until", "2026-12-04", "--deputy", DEPUTY, *HERE
        )


def test_an_action_rests_and_keeps_its_date(terminal, seeded):
    with seeded() as session:
        action = session.scalars(
            sa.select(Action)
            .join(Person, Person.id == Action.owner_id)
            .join(Partnership, Partnership.id == Action.partnership_id)
            .where(
                Partnership.code == "ANYSHIRE",
                Action.stage == "in_progress",
                Action.realm == "reviews",
                Action.due_on > date(2026, 12, 1),
            )
            .order_by(Action.id)
        ).first()
        owner = action.owner.email
    snooze = ("actions", "snooze", action.reference, *HERE, "--reason", "The board meets on Tuesday.")

    assert "1 to 14 days" in terminal.refused(*snooze, "--days", "15")
    rested = terminal.json(*snooze, "--days", "2", "--as", owner)

    assert (rested["due_on"], rested["times_extended"]) == (action.due_on.isoformat(), action.times_extended)
    assert "owner of the action and their deputy" in terminal.refused(
        *snooze, "--days", "3", "--as", "manager@anyshire.example"
    )
