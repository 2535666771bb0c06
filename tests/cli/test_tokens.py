"""The technician gives a program a token, sees which there are, and takes one back."""

import json

import pytest
import sqlalchemy as sa

from reviews.models import ApiToken

OWNER = "owner@anyshire.example"
CREATE = ("token", "create", "--person", OWNER, "--expires")


def test_a_token_is_printed_once_listed_without_its_secret_and_revoked(terminal, seeded):
    made = terminal.json(*CREATE, "2027-03-31", "--scope", "write")
    assert len(made["token"]) > 40
    with seeded() as session:
        assert made["token"] not in session.scalar(sa.select(ApiToken.token_hash))
    listed = terminal.run("token", "list", "--json").out
    assert made["token"] not in listed
    (line,) = json.loads(listed)
    assert (line["person"], line["scope"], line["state"]) == (OWNER, "write", "open")
    assert terminal.json("token", "revoke", str(made["id"]))["state"] == "revoked"
    assert "token" in terminal.refused("token", "revoke", str(made["id"]))
    assert OWNER in terminal.run("token", "list").out


@pytest.mark.parametrize("day", ["2026-11-19", "2027-11-30"])
def test_a_token_lasts_a_year_at_most(terminal, day):
    assert "within a year" in terminal.refused(*CREATE, day)
    assert terminal.json("token", "list") == []


def test_a_token_is_over_with_the_account(terminal):
    terminal.json(*CREATE, "2027-03-31")
    terminal.run("people", "disable", OWNER)
    assert terminal.json("token", "list")[0]["state"] == "expired"
    assert "is disabled" in terminal.refused(*CREATE, "2027-03-31")
    unknown = ("token", "create", "--person", "nobody@anyshire.example", "--expires", "2027-03-31")
    assert "nobody@anyshire.example" in terminal.refused(*unknown)
