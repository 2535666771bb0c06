"""Roles and their second person at the terminal, and who the history says was there."""

import os
import pwd

import sqlalchemy as sa

from reviews.models import Agency, Event, Partnership
from reviews.people.accounts import add_person
from reviews.people.queries import actor_by_email
from tests.builders import NOW, TODAY, a_unit
from tests.changes import nothing_changes
from workflows.core.vocabulary import Role

HERE, AS = ("--partnership", "ANYSHIRE"), ("--as", "manager@anyshire.example")
ANN = "ann@anyshire.example"
CHAIR = ("--name", "Ann Lee", "--job-title", "Chair", "--agency", "Anyshire Council", "--role", "subgroup_chair")
US = f"operator ({pwd.getpwuid(os.getuid()).pw_name})"


def last_events(database, count):
    with database() as session:
        found = session.scalars(sa.select(Event).order_by(Event.id.desc()).limit(count))
        return [(event.kind.value, event.recorded_by) for event in found][::-1]


def test_c13_no_command_gives_who_runs_it_a_role(terminal, seeded):
    with nothing_changes(seeded):
        answer = terminal.refused("people", "add", "manager@anyshire.example", *CHAIR, *HERE, *AS)
        assert answer.startswith("You cannot give a role to yourself.")
        ended = ("people", "end-role", "manager@anyshire.example", "--role", "business_manager", *HERE, *AS)
        assert terminal.refused(*ended).startswith("You cannot end a role of your own.")


def test_d20_every_act_has_the_operating_systems_user_beside_the_person(terminal, seeded, monkeypatch):
    monkeypatch.setenv("LOGNAME", "somebody-else")
    monkeypatch.setenv("USER", "somebody-else")
    terminal.json("people", "add", ANN, *CHAIR, *HERE, *AS)
    terminal.json("people", "add", "bob@anyshire.example", *CHAIR, *HERE)
    terminal.json("actions", "progress", "LCSPR-2026-04/R1/A1", "--text", "The rota is written.", *HERE, *AS)
    (_, with_person), (_, alone), (_, progress) = last_events(seeded, 3)
    assert with_person.startswith(f"{US} for ")
    assert with_person.endswith(" <manager@anyshire.example>")
    assert (alone, progress) == (US, with_person)


def test_a_role_that_waits_is_listed_confirmed_and_refused_at_the_terminal(terminal, seeded):
    ask(seeded)
    (line,) = terminal.json("people", "role-requests", *HERE)
    assert (line["email"], line["role"], line["answer"], line["nobody_else"]) == (ANN, "subgroup_chair", None, True)
    waits = (ANN, "--role", "subgroup_chair", *HERE)
    assert "A second person must confirm" in terminal.refused("people", "confirm-role", *waits, *AS)
    assert terminal.json("people", "confirm-role", *waits)["answer"] == "confirmed"
    assert last_events(seeded, 2) == [("person_added", US), ("role_confirmed", US)]
    assert "There is no subgroup_chair that waits" in terminal.refused("people", "confirm-role", *waits)
    ask(seeded, "bob@anyshire.example")
    waits = ("bob@anyshire.example", *waits[1:])
    assert terminal.json("people", "refuse-role", *waits, "--reason", "Not agreed.", *AS)["answer"] == "refused"
    assert [each["answer"] for each in terminal.json("people", "role-requests", *HERE)] == ["confirmed", "refused"]


def ask(database, email=ANN):
    """Ask for the role on a page: at the terminal it would be given at once."""
    with database.begin() as session:
        manager = actor_by_email(session, "manager@anyshire.example", today=TODAY)
        place = session.scalars(sa.select(Partnership).where(Partnership.code == "ANYSHIRE")).one()
        agency = session.scalars(sa.select(Agency).where(Agency.name == "Anyshire Council")).one()
        chair = {"name": "Ann Lee", "job_title": "Chair", "agency": agency, "role": Role.SUBGROUP_CHAIR}
        add_person(a_unit(session, manager, NOW), place, email=email, **chair)
