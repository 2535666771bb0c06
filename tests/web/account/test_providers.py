"""Signing in with the account of a council or trust: who is invited comes in, and no bad token does."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import sqlalchemy as sa
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from reviews.core.secrets import secret_key
from reviews.models import Event, EventKind, LinkPurpose, Person, ProviderAccount, SignIn
from reviews.people.account_links import make_link
from reviews.people.invitations import invite
from reviews.people.offboarding import disable_person
from reviews.people.providers import add_provider, end_provider, live_providers
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER
from tests.changes import nothing_changes
from tests.web.account.openid_provider import CLIENT, SECRET, Provider, a_provider
from tests.web.visitor import Visitor, rows
from web.core.context import app_context

OWNER, MANAGER = "owner@anyshire.example", "manager@anyshire.example"
ANN = {"sub": "ann-1", "email": OWNER, "email_verified": True}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with a_provider() as provider:
        yield provider


@pytest.fixture
def council(running, doors) -> Provider:
    """A provider that people of the application can sign in with."""
    running.behave()
    add(doors, running)
    return running


def add(doors, provider, name="council", *, vouches=False):
    with doors.app.app_context(), unit_of_work(doors.database, BUILDER, doors.clock) as unit:
        add_provider(
            unit,
            name=name,
            title="Anyshire Council account",
            issuer=provider.issuer,
            client_id=CLIENT,
            client_secret=SECRET,
            vouches_for_addresses=vouches,
            secret=secret_key(app_context().settings),
        )


def invited(doors, world, email=OWNER):
    """Invite somebody, and give the token of the link in their mail."""
    with unit_of_work(doors.database, BUILDER, doors.clock) as unit:
        person = unit.session.scalars(sa.select(Person).where(Person.email == email)).one()
        person.password_hash = None
        unit.session.flush()
        invitation = invite(unit, world.anyshire.partnership.id, person.id)
        return make_link(unit, LinkPurpose.INVITATION, person_id=person.id, email=email, invitation_id=invitation.id)


def there_and_back(visitor: Visitor, council: Provider, claims, *, start="/sign-in/with/council") -> int:
    """Press the button, be whoever the claims name at the provider, and come back."""
    council.person = dict(claims)
    assert visitor.open(start) == 303
    return visitor.open(way_back(visitor.location))


def way_back(address: str) -> str:
    answer = requests.get(address, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"].removeprefix("http://127.0.0.1:8000")


def is_in(visitor: Visitor) -> bool:
    return visitor.open("/account") == 200


def test_who_is_invited_comes_in_with_the_councils_account_and_is_known_by_its_subject_from_then_on(
    doors, world, council
):
    token = invited(doors, world)
    ann = doors.visitor()
    assert ann.open(f"/invitation/{token}") == 200
    assert "Come in with your Anyshire Council account" in ann.said
    assert there_and_back(ann, council, ANN) == 303
    assert is_in(ann)
    assert "You can sign in with it" in ann.said
    assert rows(doors.database, Event, Event.kind == EventKind.PROVIDER_LINKED) == 1
    assert doors.visitor().open(f"/invitation/{token}") == 410
    elsewhere = doors.visitor()
    renamed = {**ANN, "email": "ann.married@anyshire.example"}
    assert there_and_back(elsewhere, council, renamed, start="/sign-in/with/council?next=/actions/mine") == 303
    assert elsewhere.location == "/actions/mine"
    assert is_in(elsewhere)
    assert rows(doors.database, ProviderAccount) == 1
    assert rows(doors.database, Person, Person.password_hash.is_(None), Person.email == OWNER) == 1


def test_who_goes_to_the_sign_in_page_instead_of_the_link_comes_in_by_their_confirmed_address(doors, world, council):
    invited(doors, world)
    ann = doors.visitor()
    assert ann.open("/sign-in") == 200
    assert "/sign-in/with/council" in ann.links
    assert there_and_back(ann, council, ANN) == 303
    assert is_in(ann)


@pytest.mark.parametrize(
    ("claims", "vouches", "comes_in"),
    [
        ({"email_verified": True}, False, True),
        ({"email_verified": False}, True, False),
        ({"email_verified": "false"}, True, False),
        ({}, False, False),
        ({}, True, True),
        ({"xms_edov": "1"}, False, True),
        ({"xms_edov": 0}, True, False),
    ],
)
def test_an_address_counts_where_the_provider_stands_by_it(doors, world, council, claims, vouches, comes_in):
    add(doors, council, vouches=vouches)
    invited(doors, world)
    code = there_and_back(doors.visitor(), council, {"sub": "ann-1", "email": OWNER, **claims})
    assert (code, rows(doors.database, ProviderAccount)) == ((303, 1) if comes_in else (403, 0))


def test_c12_an_account_is_not_taken_by_the_claim_of_an_address(doors, world, council):
    """Who has an account of ours and no invitation is nobody to a provider, whatever address it names."""
    stranger = doors.visitor()
    with nothing_changes(doors.database):
        assert there_and_back(stranger, council, {**ANN, "sub": "somebody else"}) == 403
    assert "This account is not known here." in stranger.said
    assert not is_in(stranger)


def test_c12_a_second_tenant_with_the_same_address_is_another_account(doors, world, council):
    invited(doors, world)
    assert there_and_back(doors.visitor(), council, ANN) == 303
    with a_provider() as trust:
        add(doors, trust, "trust", vouches=True)
        stranger = doors.visitor()
        with nothing_changes(doors.database):
            assert there_and_back(stranger, trust, ANN, start="/sign-in/with/trust") == 403
        assert not is_in(stranger)


def test_c13_an_invitation_is_not_accepted_with_the_account_of_another_address(doors, world, council):
    token = invited(doors, world)
    stranger = doors.visitor()
    stranger.open(f"/invitation/{token}")
    assert there_and_back(stranger, council, {**ANN, "email": "somebody@anyshire.example"}) == 403
    assert rows(doors.database, ProviderAccount) == 0
    assert doors.visitor().open(f"/invitation/{token}") == 200


def a_public_key_as_secret(council: Provider) -> OctKey:
    return OctKey.import_key(council.key.as_pem(private=False))


def hmac_signed(claims, key: OctKey) -> str:
    return str(jwt.encode({"alg": "HS256", "kid": "first"}, claims, key, algorithms=["HS256"]))


def unsigned(claims) -> str:
    _head, body, _signature = jwt.encode(
        {"alg": "HS256"}, claims, OctKey.generate_key(256), algorithms=["HS256"]
    ).split(".")
    none = urlsafe_b64encode(b'{"alg":"none","kid":"first"}').rstrip(b"=").decode()
    return f"{none}.{body}."


def spoilt(token: str) -> str:
    head, body, signature = token.split(".")
    return f"{head}.{body[:-4]}AAAA.{signature}"


BAD = {
    "another issuer": lambda it: setattr(it, "change", lambda c: c | {"iss": "https://evil.example"}),
    "another audience": lambda it: setattr(it, "change", lambda c: c | {"aud": "another client"}),
    "another nonce": lambda it: setattr(it, "change", lambda c: c | {"nonce": "that of yesterday"}),
    "no nonce": lambda it: setattr(it, "change", lambda c: {k: v for k, v in c.items() if k != "nonce"}),
    "given to another": lambda it: setattr(it, "change", lambda c: c | {"azp": "another client"}),
    "for several": lambda it: setattr(it, "change", lambda c: c | {"aud": [CLIENT, "another client"]}),
    "expired": lambda it: setattr(it, "change", lambda c: c | {"exp": c["iat"] - 61}),
    "of the future": lambda it: setattr(it, "change", lambda c: c | {"iat": c["iat"] + 3600}),
    "for nobody": lambda it: setattr(it, "change", lambda c: {k: v for k, v in c.items() if k != "sub"}),
    "unsigned": lambda it: setattr(it, "sign", unsigned),
    "signed with the public key": lambda it: setattr(it, "sign", lambda c: hmac_signed(c, a_public_key_as_secret(it))),
    "signed with our secret": lambda it: setattr(it, "sign", lambda c: hmac_signed(c, OctKey.import_key(SECRET))),
    "signed with another key": lambda it: setattr(
        it, "sign", lambda c: it.signed(c, key=RSAKey.generate_key(2048, {"kid": "first"}))
    ),
    "changed on the way": lambda it: setattr(it, "sign", lambda c: spoilt(it.signed(c))),
}


@pytest.mark.parametrize("fault", BAD)
def test_c12_a_bad_token_lets_nobody_in(doors, world, council, fault):
    invited(doors, world)
    BAD[fault](council)
    stranger = doors.visitor()
    with nothing_changes(doors.database):
        assert there_and_back(stranger, council, ANN) == 400
    assert "You could not be signed in with your Anyshire Council account." in stranger.said
    assert not is_in(stranger)


def test_c12_a_code_and_a_state_work_once_and_in_their_own_browser(doors, world, council):
    invited(doors, world)
    ann, stranger = doors.visitor(), doors.visitor()
    council.person = dict(ANN)
    assert ann.open("/sign-in/with/council") == 303
    back = way_back(ann.location)
    assert stranger.open(back) == 400
    with ann.client.session_transaction() as cookie:
        taken_along = dict(cookie["way"])
    assert ann.open(back) == 303
    assert ann.open(back) == 400
    with stranger.client.session_transaction() as cookie:
        cookie["way"] = taken_along
    assert stranger.open(back) == 400
    assert not is_in(stranger)


def test_c12_what_comes_back_without_a_code_or_from_another_issuer_is_refused(doors, council):
    for changed in ("error=access_denied&", "code=x&iss=https%3A%2F%2Fevil.example&"):
        visitor = doors.visitor()
        visitor.open("/sign-in/with/council")
        state = parse_qs(urlsplit(visitor.location).query)["state"][0]
        assert visitor.open(f"/sign-in/with/council/return?{changed}state={state}") == 400


def test_d11_the_way_back_leads_to_a_page_of_ours(doors, world, council):
    invited(doors, world)
    ann = doors.visitor()
    assert there_and_back(ann, council, ANN, start="/sign-in/with/council?next=//evil.example") == 303
    assert ann.location == "/"


def test_new_keys_of_a_provider_are_read_when_they_are_first_used(doors, world):
    with a_provider() as council:
        add(doors, council)
        invited(doors, world)
        assert there_and_back(doors.visitor(), council, ANN) == 303
        council.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
        doors.clock.at += timedelta(minutes=5)
        council.change = lambda claims: claims | {"iat": claims["iat"] + 300, "exp": claims["exp"] + 300}
        assert there_and_back(doors.visitor(), council, ANN) == 303


def test_who_has_left_does_not_come_in(doors, world, council):
    invited(doors, world)
    ann = doors.visitor()
    assert there_and_back(ann, council, ANN) == 303
    with unit_of_work(doors.database, BUILDER, doors.clock) as unit:
        disable_person(unit, email=OWNER, hand_on={})
    assert not is_in(ann)
    assert there_and_back(doors.visitor(), council, ANN) == 403


def test_who_has_a_password_links_the_councils_account_on_their_own_page(doors, world, council):
    manager = doors.visitor(MANAGER)
    assert manager.open("/account") == 200
    assert "/account/with/council" in manager.links
    assert there_and_back(manager, council, {"sub": "mary-1"}, start="/account/with/council") == 303
    manager.follow()
    assert "You can sign in with your Anyshire Council account now." in manager.html
    assert there_and_back(doors.visitor(), council, {"sub": "mary-1"}) == 303
    other = doors.visitor(OWNER)
    assert there_and_back(other, council, {"sub": "mary-1"}, start="/account/with/council") == 409


def test_who_left_their_desk_has_no_account_linked_to_them_by_the_next(doors, world, council):
    manager = doors.visitor(MANAGER)
    doors.clock.at += timedelta(minutes=11)
    assert manager.open("/account/with/council") == 303
    assert manager.location == "/confirm-it-is-you?to=account&next=/account/with/council"


def test_who_signs_out_is_led_to_the_provider_to_sign_out_there(doors, world, council):
    invited(doors, world)
    ann = doors.visitor()
    there_and_back(ann, council, ANN)
    assert ann.send("/sign-out") == 200
    assert "You may still be signed in with your Anyshire Council account." in ann.said
    address = next(link for link in ann.links if link.startswith(council.issuer))
    asked = parse_qs(urlsplit(address).query)
    assert asked["id_token_hint"][0].count(".") == 2
    assert asked["post_logout_redirect_uri"] == ["http://127.0.0.1:8000/sign-in"]
    assert not is_in(ann)


def test_the_end_of_a_provider_ends_its_sessions_and_links_and_its_people_are_invited_again(doors, world, council):
    invited(doors, world)
    ann = doors.visitor()
    there_and_back(ann, council, ANN)
    with unit_of_work(doors.database, BUILDER, doors.clock) as unit:
        assert end_provider(unit, name="council") == 1
    assert not is_in(ann)
    assert doors.visitor().open("/sign-in/with/council") == 404
    with doors.database() as session:
        assert list(live_providers(session)) == []
    add(doors, council)
    invited(doors, world)
    assert there_and_back(doors.visitor(), council, {**ANN, "sub": "new number of the same"}) == 303


def test_the_secret_of_the_client_and_the_token_of_a_session_are_stored_encrypted(doors, world, council):
    invited(doors, world)
    there_and_back(doors.visitor(), council, ANN)
    with doors.database() as session:
        stored = b"".join(
            session.scalars(sa.select(SignIn.id_token).where(SignIn.id_token.is_not(None))).all()
        ) + session.scalar(sa.text("SELECT client_secret FROM sign_in_providers"))
    assert SECRET.encode() not in stored
    assert b"eyJ" not in stored
