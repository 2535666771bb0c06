"""Every answer that shows a record, every refusal and every sign-in is in the audit log before it leaves."""

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from reviews.audit.refusal_limits import MOST_OF_NETWORK, WITHIN
from reviews.core.db import Database, engine_of
from reviews.core.secrets import hash_password
from reviews.models import AuditEntry, AuditKind, Person, Through
from reviews.people.sign_in_tries import BLOCKED_FROM
from tests.builders import World, a_case, an_action
from tests.web.core.things import filled, make_things, things_of_a_case
from tests.web.visitor import Doors
from web.core.on_record import record_every_answer
from workflows.core.vocabulary import Role

VIEWS = frozenset({AuditKind.SEEN, AuditKind.LISTED, AuditKind.FILE_TAKEN, AuditKind.EXPORTED})
ELSEWHERE = ("/account/with/", "/sign-in/with/")
"""They lead to a provider of sign-ins, of which there is none here."""
INVENTED = frozenset({"static", "reminders.letters"})
"""What they show is the same for everybody: the samples of mails are about a case that nobody has."""
THEME = re.compile(r"Dogs at home Marigold\d+")
MANAGER, OWNER = "manager@anyshire.example", "owner@anyshire.example"
PASSWORD = "correct horse battery"


def entries(database: Database, *, after: int = 0) -> Sequence[AuditEntry]:
    with database.audit() as session:
        return session.scalars(sa.select(AuditEntry).where(AuditEntry.id > after).order_by(AuditEntry.id)).all()


def last_id(database: Database) -> int:
    with database.audit() as session:
        return session.scalar(sa.select(sa.func.max(AuditEntry.id))) or 0


def shows_record(answer, references: Sequence[str]) -> bool:
    """Whether a record can be read in an answer; in a file of an export, whether it is one."""
    if answer.status_code >= 300 and not 400 <= answer.status_code < 500:
        return False
    if answer.headers.get("Content-Disposition", "").startswith("attachment"):
        return True
    text = THEME.sub("", answer.get_data(as_text=True))
    return "Marigold" in text or any(re.search(rf"\b{each}\b", text) for each in references)


@contextmanager
def without_log(database: Database) -> Iterator[None]:
    """Take the table of the audit log away meanwhile."""
    engine = engine_of(database.audit)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_entries RENAME TO taken_away")
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE taken_away RENAME TO audit_entries")


@pytest.fixture
def action(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, title="Marigold")
        return an_action(session, case, text="Marigold", owner=world.anyshire.people[Role.ACTION_OWNER])


@pytest.fixture
def password(doors, world):
    with doors.database.begin() as session:
        person = session.get_one(Person, world.anyshire.people[Role.ACTION_OWNER].id)
        person.password_hash = hash_password(PASSWORD)
    return person.id


def test_a_view_that_declares_nothing_stops_the_start():
    app = Flask("web")
    app.add_url_rule("/forgotten", "forgotten", lambda: "who knows what")
    with pytest.raises(LookupError, match="The view forgotten does not declare what it shows"):
        record_every_answer(app)


def test_every_address_leaves_one_row_where_it_shows_a_record_and_none_elsewhere(doors, world):
    review = make_things(doors, world.anyshire)
    with doors.database.begin() as session:
        death = things_of_a_case(doors, session, world.anyshire, "cdop_case")
    references = [review["case"], death["case"]]
    wrong = {}
    for email, known in ((MANAGER, review), (OWNER, review), ("cdop@anyshire.example", review | death)):
        client = doors.visitor(email).client
        for rule in sorted(doors.app.url_map.iter_rules(), key=lambda rule: rule.rule):
            if rule.endpoint in INVENTED or rule.rule.startswith(ELSEWHERE):
                continue
            before = last_id(doors.database)
            answer = client.open(filled(rule.rule, known), method="GET" if "GET" in rule.methods else "POST")
            seen = [each.kind for each in entries(doors.database, after=before) if each.kind in VIEWS]
            if len(seen) != shows_record(answer, references):
                wrong[rule.endpoint, email] = (answer.status_code, seen)
    assert wrong == {}


def rows_of_random_requests(doors: Doors, world: World, number: int) -> tuple[list[int], Sequence[AuditEntry]]:
    """Ask for so many pages as anybody; give who was shown a record, and what the log has."""
    review = make_things(doors, world.anyshire)
    with doors.database.begin() as session:
        death = things_of_a_case(doors, session, world.anyshire, "cdop_case")
        there = things_of_a_case(doors, session, world.midmarch, "rapid_review")
    references = [each["case"] for each in (review, death, there)]
    people = [*world.anyshire.people.values(), *world.midmarch.people.values()]
    clients = {person.id: doors.visitor(person.email).client for person in people}
    rules = [
        rule.rule
        for rule in doors.app.url_map.iter_rules()
        if "GET" in rule.methods and rule.endpoint not in INVENTED and not rule.rule.startswith(ELSEWHERE)
    ]
    chance, shown, before = random.Random(14), list[int](), last_id(doors.database)  # noqa: S311 - repeatable, no secret
    for _ in range(number):
        person_id = chance.choice(list(clients))
        known = chance.choice([review, review | death, review | there])
        answer = clients[person_id].get(filled(chance.choice(rules), known))
        if shows_record(answer, references):
            shown.append(person_id)
        doors.clock.at += timedelta(seconds=1)
    return shown, [each for each in entries(doors.database, after=before) if each.kind in VIEWS]


def test_r14_of_random_requests_the_log_has_those_that_showed_a_record(doors, world):
    shown, found = rows_of_random_requests(doors, world, 200)
    assert [each.person_id for each in found] == shown
    assert len(shown) > 5
    assert all(each.role and each.person and each.network == "127.0.0.1" for each in found)


@pytest.mark.faults
def test_r14_of_two_thousand_random_requests_the_log_has_those_that_showed_a_record(doors, world):
    shown, found = rows_of_random_requests(doors, world, 2_000)
    assert [each.person_id for each in found] == shown


def test_f8_a_row_says_who_saw_what_when_in_which_role_and_where(doors, world, action):
    doors.visitor(OWNER).open(f"/actions/{action.address}")
    doors.visitor(MANAGER).client.head(f"/cases/{action.address.partition('.')[0]}")
    doors.visitor(MANAGER).open("/actions")
    seen, by_head, listed = entries(doors.database)
    assert (seen.kind, seen.case_id, seen.action_id, seen.reference) == (
        AuditKind.SEEN,
        action.case_id,
        action.id,
        action.reference,
    )
    owner = world.anyshire.people[Role.ACTION_OWNER]
    assert (seen.person_id, seen.person, seen.role) == (owner.id, owner.name, "action_owner")
    assert (seen.at, seen.through, seen.route, seen.outcome) == (
        doors.clock.now(),
        Through.PAGE,
        "/actions/<address>",
        "",
    )
    assert seen.partnership_id == world.anyshire.partnership.id
    assert seen.request_id
    assert (by_head.kind, by_head.case_id, by_head.action_id) == (AuditKind.SEEN, action.case_id, None)
    assert by_head.role == "business_manager"
    assert (listed.kind, listed.number, listed.case_id) == (AuditKind.LISTED, 1, None)


def test_a_form_shown_again_is_a_view_and_a_form_that_was_taken_is_none(doors, action):
    visitor = doors.visitor(OWNER)
    page = f"/actions/{action.address}/arrange"
    assert visitor.send(page, form_id="a", version="99", title="Ours") == 409
    [seen] = entries(doors.database)
    assert (seen.kind, seen.action_id, seen.outcome) == (AuditKind.SEEN, action.id, "409 conflict")
    assert visitor.send(f"/actions/{action.address}/assessment", form_id="b", rating="nothing") == 422
    assert entries(doors.database)[-1].outcome == ""


def test_an_export_and_a_file_are_on_record_before_they_leave(doors, world):
    known = make_things(doors, world.anyshire)
    client = doors.visitor(MANAGER).client
    before = last_id(doors.database)
    assert client.get(f"/cases/{known['case']}/plan.xlsx").status_code == 200
    [exported] = entries(doors.database, after=before)
    assert (exported.kind, exported.outcome, exported.number) == (AuditKind.EXPORTED, "xlsx", 1)
    assert exported.reference == known["case"]
    with client.get(f"/actions/{known['action']}/evidence/{known['piece']}", buffered=False) as answer:
        taken = entries(doors.database)[-1]  # before the first byte was asked for
        assert answer.status_code == 200
    assert (taken.kind, taken.reference.replace("/", ".")) == (AuditKind.FILE_TAKEN, known["action"])


def test_r14_what_cannot_be_put_on_record_is_not_shown(doors, world, password, caplog):
    known = make_things(doors, world.anyshire)
    client, case, piece = doors.visitor(MANAGER).client, known["case"], known["piece"]
    pages = (f"/cases/{case}", f"/cases/{case}/plan.csv", f"/actions/{known['action']}/evidence/{piece}", "/actions")
    with without_log(doors.database):
        for page in (*pages, "/cases/RR-1999-01"):
            answer = client.get(page)
            assert answer.status_code == 503, page
            assert int(answer.headers["Retry-After"]) > 0
            assert "must be put on record first" in answer.get_data(as_text=True)
            assert known["word"] not in answer.get_data(as_text=True)
            assert "Content-Disposition" not in answer.headers
        anybody = doors.app.test_client()
        assert anybody.post("/sign-in", data={"email": OWNER, "password": PASSWORD}).status_code == 503
        assert anybody.get("/sign-in").status_code == 200
        assert client.get("/workflows").status_code == 200
    assert "the audit log cannot be written in GET /cases/<reference>" in caplog.text
    assert anybody.get("/actions/mine").status_code == 303  # nobody is signed in without a record
    assert client.get(pages[0]).status_code == 200


def test_unknown_and_hidden_leave_the_same_row(doors, world, action):
    hidden, unknown = action.address.partition(".")[0], "RR-1999-01"
    visitor = doors.visitor("manager@midmarch.example")
    for each in (hidden, unknown, "Jane-Smith", "jane@x.example"):
        assert visitor.open(f"/cases/{each}") == 404
    rows = entries(doors.database)
    assert [each.reference for each in rows] == [hidden, unknown, "", ""]
    told = {(each.kind, each.outcome, each.case_id, each.partnership_id, each.role, each.route) for each in rows}
    assert told == {
        (
            AuditKind.REFUSED,
            "404 authz.denied",
            None,
            world.midmarch.partnership.id,
            "business_manager",
            "/cases/<reference>",
        )
    }


def test_each_refusal_is_on_record_with_its_reason(doors, world, action):
    case = action.address.partition(".")[0]
    anybody, member = doors.visitor(), doors.visitor("member@anyshire.example")
    assert anybody.open("/cases") == 303
    assert anybody.open("/no/such/page") == 404
    assert anybody.open("/l/secret-of-a-link") == 404
    assert member.open(f"/cases/{case}/access") == 403
    assert member.client.post("/summary/mail", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
    assert member.open(f"/cases/{case}/steps/publish") in (403, 404, 409)
    found = [(each.outcome, each.person_id, each.route) for each in entries(doors.database)]
    person_id = world.anyshire.people[Role.REVIEW_SUBGROUP_MEMBER].id
    assert found[:4] == [
        ("303 auth.required", None, "/cases"),
        ("404 link.invalid", None, "/l/<token>"),
        ("403 authz.denied", person_id, "/cases/<reference>/access"),
        ("400 csrf.refused", None, "/summary/mail"),
    ]
    assert len(found) == 5
    told = " ".join(str(each.__dict__) for each in entries(doors.database))
    assert "secret-of-a-link" not in told


def test_c14_refusals_of_one_network_do_not_fill_the_disk(doors, clock):
    anybody = doors.visitor()
    for _ in range(MOST_OF_NETWORK + 20):
        assert anybody.open("/cases") == 303
    rows = entries(doors.database)
    assert len(rows) == MOST_OF_NETWORK
    assert rows[-1].outcome == "303 auth.required, no more is written for 10 minutes"
    clock.at += WITHIN
    anybody.open("/cases")
    assert entries(doors.database)[-1].number == 21  # it stands for those that were left out


def test_d17_what_a_limit_refuses_is_written_once(doors, world, action):
    client = doors.visitor(MANAGER).client
    case = action.address.partition(".")[0]
    codes = [client.get(f"/cases/{case}/plan.csv").status_code for _ in range(24)]
    assert codes == [200] * 20 + [429] * 4
    kinds = [(each.kind, each.outcome) for each in entries(doors.database)]
    assert kinds == [(AuditKind.EXPORTED, "csv")] * 20 + [(AuditKind.REFUSED, "429 limit.hit")]


def test_f8_signing_in_failing_and_out_are_on_record(doors, world, password):
    anybody = doors.visitor()
    typed = {"email": "My Secret Password 1!", "password": "x"}
    assert anybody.send("/sign-in", **typed) == 422
    assert anybody.send("/sign-in", email=OWNER, password="wrong") == 422
    assert anybody.send("/sign-in", email=OWNER, password=PASSWORD) == 303
    assert anybody.send("/sign-out") == 303
    owner = world.anyshire.people[Role.ACTION_OWNER]
    rows = entries(doors.database)
    assert [(each.kind, each.outcome, each.person_id, each.person) for each in rows] == [
        (AuditKind.SIGN_IN_FAILED, "password", None, ""),
        (AuditKind.SIGN_IN_FAILED, "password", owner.id, ""),
        (AuditKind.SIGNED_IN, "password", owner.id, owner.name),
        (AuditKind.SIGNED_OUT, "", owner.id, owner.name),
    ]
    assert {each.partnership_id for each in rows[1:]} == {world.anyshire.partnership.id}
    assert "Secret" not in " ".join(str(each.__dict__) for each in rows)


def test_c9_a_lock_out_is_on_record_once_while_it_lasts(doors, world, password, clock):
    anybody = doors.visitor()
    for _ in range(BLOCKED_FROM):
        clock.at += timedelta(minutes=1)
        anybody.send("/sign-in", email=OWNER, password="wrong")
    before = last_id(doors.database)
    codes = [anybody.send("/sign-in", email=OWNER, password=PASSWORD) for _ in range(5)]
    assert codes == [429] * 5
    [row] = entries(doors.database, after=before)
    assert (row.kind, row.person_id, row.person) == (AuditKind.LOCKED_OUT, password, "")
