"""The technician lets people sign in with the accounts of a council, and ends that."""

import json

import pytest

from tests.web.account.openid_provider import CLIENT, SECRET, a_provider


@pytest.fixture
def provider():
    with a_provider() as running:
        yield running


def added(terminal, issuer, *more):
    return terminal.run(
        *("providers", "add", "council", "--title", "council account", "--issuer", issuer, "--client-id", CLIENT),
        *more,
        piped=f"{SECRET}\n".encode(),
    )


def test_a_provider_is_added_listed_and_ended(terminal, provider):
    answer = added(terminal, provider.issuer, "--vouches-for-addresses", "--json")
    assert answer.code == 0, answer
    assert SECRET not in answer.out
    made = json.loads(answer.out[answer.out.index("{") :])
    assert made["return_to"] == "http://127.0.0.1:8000/sign-in/with/council/return"
    (line,) = terminal.json("providers", "list")
    assert (line["name"], line["issuer"], line["vouches_for_addresses"], line["accounts"], line["ended_at"]) == (
        "council",
        provider.issuer,
        True,
        0,
        None,
    )
    assert "council account" in terminal.run("providers", "list").out
    assert terminal.json("providers", "end", "council") == {"name": "council", "accounts": 0}
    assert "council" in terminal.refused("providers", "end", "council")
    assert terminal.json("providers", "list")[0]["ended_at"]


@pytest.mark.parametrize(
    ("issuer", "why"),
    [
        ("https://login.microsoftonline.com/common/v2.0", "signs in accounts of every organisation"),
        ("https://login.microsoftonline.com/organizations/v2.0", "signs in accounts of every organisation"),
        ("http://login.council.example", "is not an https address"),
        ("http://127.0.0.1:9", "cannot be read"),
    ],
)
def test_a_provider_that_cannot_be_used_is_refused_with_the_reason(terminal, issuer, why):
    answer = added(terminal, issuer)
    assert answer.code == 1
    assert why in answer.err
    assert terminal.json("providers", "list") == []


def test_an_issuer_must_be_written_exactly_as_the_provider_calls_itself(terminal, provider):
    answer = added(terminal, f"{provider.issuer}/")
    assert answer.code == 1
    assert f"It calls itself '{provider.issuer}'. Enter the issuer exactly so." in answer.err
