"""Every address is guarded, and none breaks for somebody it is not meant for."""

import re

import pytest
from flask import Flask

from reviews.access.permissions import Permission
from tests.builders import World, a_case, an_action
from tests.changes import nothing_changes
from tests.web.core.things import filled, make_things
from tests.web.visitor import Doors, Visitor
from web.core.access import guard_every_request, permission_of

WITH_A_TOKEN_OF_THEIR_OWN = {"public.notify_callback"}
"""Not for browsers: no session counts there, and no form's token is asked for."""
WITH_A_SEAL = {"public.answer_link", "public.answer_given", "account_links.invitation", "account_links.reset"} | {
    "addresses.confirm"
}
"""What is not sealed here does not exist, and so has no form."""
OPEN_TO_ANYBODY = (
    WITH_A_TOKEN_OF_THEIR_OWN
    | {
        "static",
        "health.alive",
        "health.ready",
        "account.sign_in",
        "account.sign_out",
        "account_links.ask",
        "account_providers.sign_in",
        "account_providers.finish",
    }
    | WITH_A_SEAL
    | {"calendars.file"}
)


def addresses(doors: Doors, world: World, method: str) -> list[tuple[str, str]]:
    """Give endpoint and address of every route, filled in with things of Anyshire that are there."""
    known = make_things(doors, world.anyshire)
    rules = [rule for rule in doors.app.url_map.iter_rules() if method in rule.methods]
    return [(rule.endpoint, filled(rule.rule, known)) for rule in rules]


def guarded(doors: Doors, world: World, method: str) -> list[str]:
    found = addresses(doors, world, method)
    return [address for endpoint, address in found if endpoint not in OPEN_TO_ANYBODY]


def test_every_view_declares_its_permission(doors):
    declared = {endpoint: permission_of(doors.app, endpoint) for endpoint in doors.app.view_functions}
    assert [endpoint for endpoint, permission in declared.items() if permission is None] == []
    anybody = {endpoint for endpoint, permission in declared.items() if permission is Permission.ANYBODY}
    assert anybody == OPEN_TO_ANYBODY


def test_a_view_without_a_permission_stops_the_start():
    app = Flask("web")
    app.add_url_rule("/forgotten", "forgotten", lambda: "open to all")
    with pytest.raises(LookupError, match="The view forgotten declares no permission"):
        guard_every_request(app)


def test_every_page_opens_for_those_it_is_for(doors, world):
    elsewhere = "/account/with/"  # leads to a provider of sign-ins: see account/test_providers.py
    pages = [page for page in guarded(doors, world, "GET") if not page.startswith(elsewhere)]
    roles = [
        doors.visitor(f"{word}@anyshire.example")
        for word in ("manager", "chair", "cdop", "owner", "technician", "privacy")
    ]
    unopened = [page for page in pages if not any(visitor.open(page) in (200, 303) for visitor in roles)]
    assert unopened == []


def test_nobody_reads_anything_before_signing_in(doors, world):
    visitor = doors.visitor()
    codes = {page: (visitor.open(page), visitor.location) for page in guarded(doors, world, "GET")}
    assert [page for page, (code, to) in codes.items() if code != 303 or not to.startswith("/sign-in")] == []


def test_an_outsider_is_let_into_nothing_of_another_partnership(doors, world):
    pages = [page for page in guarded(doors, world, "GET") if re.search(r"RR-", page)]
    assert len(pages) > 4
    codes = {(word, page): outsider(doors, word).open(page) for word in ("manager", "owner") for page in pages}
    assert {asked: code for asked, code in codes.items() if code not in (403, 404)} == {}


def test_lists_say_nothing_of_another_partnership(doors, world):
    pages = [page for page in guarded(doors, world, "GET") if "RR-" not in page]
    visitor = outsider(doors, "manager")
    said = {page: (visitor.open(page), visitor.html.lower()) for page in pages}
    assert [page for page, (code, html) in said.items() if code >= 500 or "anyshire" in html] == []


def outsider(doors: Doors, word: str) -> Visitor:
    return doors.visitor(f"{word}@midmarch.example")


@pytest.mark.faults
def test_nothing_breaks_for_any_role(doors, world):
    pages = guarded(doors, world, "GET")
    words = [person.email for person in world.anyshire.people.values()]
    codes = {(email, page): doors.visitor(email).open(page) for email in words for page in pages}
    assert {asked: code for asked, code in codes.items() if code not in (200, 303, 403, 404, 409)} == {}


def test_no_form_is_taken_without_its_token(doors, world):
    doors.app.config["WTF_CSRF_ENABLED"] = True
    visitor = doors.visitor("manager@anyshire.example")
    posted = addresses(doors, world, "POST")
    forms = [page for endpoint, page in posted if endpoint not in WITH_A_TOKEN_OF_THEIR_OWN | WITH_A_SEAL]
    codes = {page: visitor.send(page, update="x") for page in forms}
    assert "/sign-out" in codes
    assert {page: code for page, code in codes.items() if code != 400} == {}


def test_an_unknown_address_and_a_wrong_method_are_not_found(doors):
    visitor = doors.visitor("manager@anyshire.example")
    assert visitor.open("/nowhere") == 404
    assert visitor.send("/actions") == 405
    assert "Page not found" in visitor.said


def test_unknown_and_not_theirs_read_the_same(doors, world):
    with doors.database.begin() as session:
        address = an_action(session, a_case(session, world.anyshire.partnership)).address
    visitor = outsider(doors, "manager")
    pages = []
    for asked in (f"/actions/{address}", "/actions/RR-1999-01.A1"):
        assert visitor.open(asked) == 404
        pages.append(re.sub(r'nonce="[^"]*"|ft-code">[^<]*<|csrf_token" value="[^"]*"', "", visitor.html))
    assert pages[0] == pages[1]


@pytest.mark.parametrize("address", ["/actions?q=%00", "/actions/RR%00", "/cases?q=a%00b"])
def test_d10_what_nobody_types_is_refused_in_words(doors, address):
    visitor = doors.visitor("manager@anyshire.example")
    assert visitor.open(address) == 400
    assert "This request could not be read" in visitor.said


def test_what_is_sent_for_another_partnership_is_not_done_in_ones_own(doors, world):
    visitor = doors.visitor("manager@anyshire.example")
    with nothing_changes(doors.database):
        for code in ("MIDMARCH", "NOWHERE"):
            assert visitor.send(f"/themes/new?partnership={code}", name="Dogs at home", form_id=code) == 404
            assert visitor.send(f"/summary/mail?partnership={code}", rhythm="weekly", weekday="0", form_id=code) == 404
    assert visitor.send("/themes/new?partnership=anyshire", name="Dogs at home", form_id="x") == 303
