"""Every address is guarded, and none breaks for somebody it is not meant for."""

import re
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask

from notifications.models import AddressProblem, FailureKind
from notifications.returns.address_problems import record_address_problem
from reviews.access.permissions import Permission
from reviews.actions.evidence import add_evidence
from reviews.actions.parts import add_action_part
from reviews.files.store import folder_of, store
from reviews.imports.store_rows import Source, begin_run
from reviews.models import CalendarFeed, Event
from reviews.people.absences import record_absence
from reviews.recommendations.commands import add_finding
from reviews.recommendations.themes import add_theme
from reviews.settings.reminder_policies import save_reminder_policy
from tests.builders import TODAY, World, a_case, a_recommendation, a_unit, an_action
from tests.web.reminders.letters import a_letter
from tests.web.visitor import Doors, Visitor
from web.core.access import guard_every_request, permission_of
from workflows.core.vocabulary import Role, Rung

WITH_A_TOKEN_OF_THEIR_OWN = {"public.notify_callback"}
"""Not for browsers: no session counts there, and no form's token is asked for."""
WITH_A_SEAL = {"public.answer_link", "public.answer_given"}
"""What is not sealed here does not exist, and so has no form."""
OPEN_TO_ANYBODY = (
    WITH_A_TOKEN_OF_THEIR_OWN
    | {
        "static",
        "health.alive",
        "health.ready",
        "account.sign_in",
        "account.sign_out",
    }
    | WITH_A_SEAL
    | {"calendars.file"}
)


def addresses(doors: Doors, world: World, method: str) -> list[tuple[str, str]]:
    """Give endpoint and address of every route, filled in with things of Anyshire that are there."""
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership)
        asked = a_recommendation(session, case)
        owner, deputy = (world.anyshire.people[role] for role in (Role.ACTION_OWNER, Role.LEAD_REVIEWER))
        action = an_action(session, case, recommendation=asked, owner=owner)
        finding = add_finding(a_unit(session), case, text="Nobody asked.")
        part = add_action_part(a_unit(session), action, agency_text="A district council")
        known = {"case": case.reference, "action": action.address, "recommendation": asked.reference}
        known |= {"finding": finding.reference, "strand": str(part.id)}
        steps = sa.select(sa.func.max(Event.id)).where(Event.case_id == case.id, Event.action_id.is_(None))
        known["event"] = str(session.scalar(steps.where(Event.step.is_not(None))))
        home = doors.app.extensions["followthrough"].settings.home
        minutes = store(folder_of(home), BytesIO(b"We met."), "minutes.txt")
        known["piece"] = str(add_evidence(a_unit(session), action, file=minutes).id)
        known["theme"] = str(add_theme(a_unit(session), world.anyshire.partnership.id, "Dogs at home").id)
        rung = Rung("due+1", 1, frozenset({Role.ACTION_OWNER}))
        place = session.merge(world.anyshire.partnership)
        save_reminder_policy(a_unit(session), place, name="ours", title="Ours", rungs=[rung])
        run = begin_run(a_unit(session), case, Source("tracker.csv"))
        known["run"] = str(run.id)
        days = {"from_on": TODAY, "until_on": TODAY}
        away = record_absence(a_unit(session), place, email=owner.email, deputy_email=deputy.email, **days)
        known["absence"] = str(away.id)
        theirs = CalendarFeed(
            person_id=world.anyshire.people[Role.BUSINESS_MANAGER].id,
            name="x",
            token_hash=method,
            made_at=doors.clock.now(),
        )
        session.add(theirs)
        session.flush()
        known["calendar"] = str(theirs.id)
        letter = a_letter(session, world.anyshire, action)
        known["letter"] = str(letter.id)
        record_address_problem(
            a_unit(session), letter, "owner@anyshire.example", source="bounce", code="5.1.1", kind=FailureKind.ADDRESS
        )
        known["trouble"] = str(session.scalar(sa.select(AddressProblem.id)))
    known["agency"] = str(world.anyshire.agencies["Police"].id)
    known["person"] = str(world.anyshire.people[Role.ACTION_OWNER].id)
    rules = [rule for rule in doors.app.url_map.iter_rules() if method in rule.methods]
    return [(rule.endpoint, _filled(rule.rule, known)) for rule in rules]


def _filled(rule: str, known: dict[str, str]) -> str:
    parts = {"address": known["action"], "filename": "favicon.svg", "name": "rapid_review", "kind": "parallel_process"}
    parts |= {"run": known["run"], "token": "x" * 32, "sample": "news", "form_id": "x" * 22}
    parts |= {"version": "2", "finding": known["finding"], "strand": known["strand"]}
    parts |= {"piece": known["piece"], "into": "csv", "letter": known["letter"], "trouble": known["trouble"]}
    parts |= {"theme_id": known["theme"], "absence": known["absence"], "calendar": known["calendar"]}
    parts |= {"person": known["person"], "role": "action_owner", "agency": known["agency"]}
    parts |= {"workflow": "rapid_review", "deadline": "meeting", "policy": "ours"}
    in_case = {"reference": known["case"], "number": known["recommendation"], "event": known["event"]}
    in_case |= {"clock": "sin", "since": TODAY.isoformat()}
    if "children" in rule:
        in_case["number"] = "1"  # of the child, not of a recommendation
    if rule.endswith("/kind/<kind>"):
        parts["kind"] = "learning_review"  # to which a case is changed, not what is listed in it
    step = {"step": "progress" if rule.startswith("/actions") else "convene_discussion"}
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: {**parts, **in_case, **step}[part[1]], rule)


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
    pages = guarded(doors, world, "GET")
    roles = [doors.visitor(f"{word}@anyshire.example") for word in ("manager", "chair", "cdop", "owner")]
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
def test_what_nobody_types_is_refused_in_words(doors, address):
    visitor = doors.visitor("manager@anyshire.example")
    assert visitor.open(address) == 400
    assert "This request could not be read" in visitor.said
