"""A passkey in a real browser, with a device of its own that the browser makes up."""

import pytest
from sqlalchemy import update

from reviews.core.db import Database
from reviews.core.secrets import hash_password
from reviews.models import FactorRule, Partnership, Passkey, Person
from tests.builders import a_world
from tests.web.browsing import PATIENCE, browser, served, sign_out, violations

__all__ = ["browser"]

EMAIL, PASSWORD = "chair@anyshire.example", "correct horse battery"
DEVICE = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
DEVICE |= {"isUserVerified": True, "automaticPresenceSimulation": True}


@pytest.fixture
def address(database: Database, tmp_path):
    """Serve a partnership that asks whoever sees cases for a second factor, at a name: passkeys have no number."""
    a_world(database)
    with database.begin() as session:
        session.execute(update(Partnership).values(factor_rule=FactorRule.CASE_READERS))
        session.execute(update(Person).where(Person.email == EMAIL).values(password_hash=hash_password(PASSWORD)))
    with served(database, tmp_path, host="localhost") as found:
        yield found


def test_a_passkey_is_made_lets_in_and_is_not_replayed_or_copied(browser, address, database):
    context = browser.new_context(base_url=address)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})

    signs_in(page)
    assert violations(page) == []
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add the passkey").click()
    page.get_by_role("heading", name="Your recovery codes").wait_for()

    signs_out_and_in(page)
    sent = []
    page.on("request", lambda request: sent.append(request) if request.url.endswith("/second-factor/passkey") else None)
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(lambda url: "second-factor" not in url)
    with database() as session:
        used = session.query(Passkey).one()
        assert (used.name, used.rp_id, used.sign_count > 1) == ("Laptop", "localhost", True)

    signs_out_and_in(page)
    token = page.locator("form[data-passkey] [name=csrf_token]").input_value()
    fields = {**sent[0].post_data_json, "csrf_token": token}
    page.request.post("/second-factor/passkey/options", form=fields, headers={"Referer": page.url})
    replayed = page.request.post("/second-factor/passkey", form=fields, headers={"Referer": page.url})
    assert (replayed.status, "The passkey was not accepted" in replayed.text()) == (422, True)

    with database.begin() as session:
        session.execute(update(Passkey).values(sign_count=1000))
    page.get_by_role("button", name="Use your passkey").click()
    page.get_by_text("The passkey was not accepted").first.wait_for()
    context.close()


def signs_in(page):
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/*second-factor*")


def signs_out_and_in(page):
    page.goto("/")
    sign_out(page)
    signs_in(page)
