"""Another e-mail address for somebody, from the terminal; and roles that are not everybody's to give."""

import email
from datetime import date

import pytest

from notifications.ledger.forecast import foresee
from notifications.letters.links import Letterhead
from reviews.access.permissions import system
from reviews.models import Partnership
from reviews.people.queries import actor_by_email
from tests.changes import nothing_changes
from tests.notifications.returned import returned

CHANGE = ("people", "change-email")
OWNER, NEW = "owner-1@anyshire.example", "New.One@anyshire.example"
HERE = ("--partnership", "ANYSHIRE")
MANAGER = ("--as", "manager@anyshire.example")


def test_an_address_is_changed_by_who_keeps_it(terminal):
    found = terminal.json(*CHANGE, OWNER, NEW)
    again = terminal.run(*CHANGE, NEW, OWNER)

    assert (found["email"], found["was"]) == (NEW.lower(), OWNER)
    assert again.out.endswith(f"now gets mail, and signs in, at {OWNER}.\n")


def test_a_person_only_asks_for_it_at_the_terminal_too(terminal):
    asked = terminal.json(*CHANGE, OWNER, NEW, *MANAGER)
    assert asked == {"email": OWNER, "asked_for": NEW.lower(), "changed": False}
    assert terminal.json(*CHANGE, OWNER, NEW)["changed"]


def test_domains_are_set_and_check_names_who_has_none(terminal):
    assert terminal.run("people", "domains", *HERE).out == "ANYSHIRE allows addresses of any domain.\n"
    assert "Any address is allowed in ANYSHIRE" in terminal.run("check").out
    found = terminal.json("people", "domains", "anyshire.example", *HERE, *MANAGER)
    assert found == {"partnership": "ANYSHIRE", "domains": ["anyshire.example"]}
    assert "allows only addresses" in terminal.refused(*CHANGE, OWNER, "x@evil.example")
    assert terminal.json("people", "domains", "--any", *HERE)["domains"] == []


def test_what_cannot_be_is_refused_in_one_sentence(terminal, seeded):
    with nothing_changes(seeded):
        assert "There is no person" in terminal.refused(*CHANGE, "nobody@anyshire.example", NEW)
        assert "Somebody else already has the address" in terminal.refused(*CHANGE, OWNER, "chair@anyshire.example")
        assert "in the correct format" in terminal.refused(*CHANGE, OWNER, "nowhere")
        assert "Your role cannot do this" in terminal.refused(*CHANGE, OWNER, NEW, "--as", "chair@anyshire.example")
        assert "CDOP manager" in terminal.refused(*CHANGE, "cdop@anyshire.example", NEW, *MANAGER)


def test_a_new_address_solves_that_mail_to_the_old_one_came_back(terminal):
    terminal.json("remind", "--as-of", "2026-11-20T08:00")
    mails = [email.message_from_string(text) for text in terminal.mails]
    to, message_id = next((mail["To"], mail["Message-ID"]) for mail in mails if mail["To"].startswith("owner"))
    terminal.run("bounces", piped=returned("exchange", to=to, message_id=message_id))
    terminal.json(*CHANGE, to, NEW)
    terminal.json(*CHANGE, NEW, to)

    assert not terminal.json("people", "mail-works", to)["was_troubled"]


def test_roles_of_child_death_review_are_for_the_operator_to_give(terminal, seeded):
    add = ("people", "add", "ada@anyshire.example", "--name", "Ada Fell", "--job-title", "Named nurse", *HERE)
    cdop = (*add, "--agency", "anyshire council", "--role", "cdop_panel_member")
    with nothing_changes(seeded):
        assert "Only the CDOP manager" in terminal.refused(*cdop, *MANAGER)
    assert terminal.json(*cdop)["role"] == "cdop_panel_member"


@pytest.mark.parametrize("day", ["2026-11-23", "2026-12-25", "2026-11-21", "2025-06-02", "2027-03-01"])
def test_the_page_of_a_morning_foresees_what_a_dry_run_of_that_day_says(terminal, seeded, day):
    with nothing_changes(seeded):
        planned = terminal.json("remind", "--dry-run", "--as-of", day)
        found, seen = foreseen(seeded, system("test"), day), foreseen(seeded, "manager@anyshire.example", day)

    mails = [mail for mail in planned["mails"] if mail["partnership"] == "ANYSHIRE"]
    assert found.note == seen.note == planned["note"]
    assert spoken(found) == sorted((mail["to"], references(mail)) for mail in mails)
    held = [each for each in planned["held_back"] if each["partnership"] == "ANYSHIRE" and "to" not in each]
    assert sorted(
        (item.reference, why) for why, items in found.held_back.items() for item in items if item.address
    ) == (sorted((each["action"] or each["case"], each["why"]) for each in held))
    kept = [(to, [each for each in about if not each.startswith("CD-")]) for to, about in spoken(found)]
    assert spoken(seen) == [(to, about) for to, about in kept if about]


def foreseen(database, reader, day):
    with database() as session:
        place = session.query(Partnership).filter_by(code="ANYSHIRE").one().id
        on = date.fromisoformat(day)
        actor = actor_by_email(session, reader, today=on) if isinstance(reader, str) else reader
    letterhead = Letterhead("https://followthrough.example", "a key for tests only, with forty characters")
    return foresee(database, actor, partnership_id=place, code="ANYSHIRE", on=on, letterhead=letterhead)


def spoken(found):
    return sorted((mail.email, [item.reference for item in mail.items]) for mail in found.mails)


def references(mail):
    return [item["action"] or item["case"] for item in mail["items"]]
