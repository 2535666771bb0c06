"""What no browser sends by itself: statements in values, numbers beyond any row, far too much of anything."""

from itertools import cycle
from urllib.parse import quote, urlencode

import pytest

from tests.builders import a_case, an_action
from tests.changes import nothing_changes
from tests.web.core.every_form import asked_for, every_form, opened_pages
from tests.web.core.things import make_things
from tests.web.visitor import statements

MANAGER = "manager@anyshire.example"
MARK = "Zqx"
STATEMENTS = (
    f"{MARK}'; DROP TABLE actions; --",
    f"%{MARK}' OR '1'='1",
    f'{MARK}" UNION SELECT password_hash FROM people --',
    f"(CASE WHEN {MARK} THEN pg_sleep(9) END)",
    f"-due_on,{MARK}",
    f"$.{MARK}[*] ? (@ > 0)",
)


def test_d2_what_stands_in_an_address_is_never_part_of_a_statement(doors, world):
    pages = [(page, email, asked_for(page, visitor)) for page, email, visitor in opened_pages(doors, world)]
    codes = {}
    visitors = {email: doors.visitor(email) for _, email, _ in pages}
    with statements(doors.database) as asked:
        for text, (page, email, names) in zip(cycle(STATEMENTS), pages, strict=False):
            query = urlencode(dict.fromkeys(sorted(names), text))
            codes[f"{page} {sorted(names)}"] = visitors[email].open(f"{page}{'&' if '?' in page else '?'}{query}")
    assert sum(len(names) for *_, names in pages) > 600
    assert {page: code for page, code in codes.items() if code >= 500} == {}
    assert [statement for statement in asked if MARK in statement] == []
    assert len(asked) > len(pages)


def test_d2_a_list_takes_no_order_and_no_condition_from_its_address(doors, world):
    visitor = doors.visitor(MANAGER)
    names = ("sort", "group", "q", "agency", "owner", "case", "page", "as-of", "stage")
    codes = {}
    with statements(doors.database) as asked, nothing_changes(doors.database):
        for page in ("/actions", "/cases", "/people", "/reminders"):
            for name, text in zip(names, cycle(STATEMENTS), strict=False):
                codes[page, name] = visitor.open(f"{page}?{name}={quote(text)}")
    assert {sent: code for sent, code in codes.items() if code >= 500} == {}
    assert [statement for statement in asked if MARK in statement] == []


def test_d2_what_is_typed_into_a_form_is_never_part_of_a_statement(doors, world):
    codes = {}
    forms = every_form(doors, world)
    with statements(doors.database) as asked:
        for text, form in zip(cycle(STATEMENTS), forms, strict=False):
            codes[form.address] = doors.visitor(form.email).send(form.address, **form.filled(text))
    assert {address: code for address, code in codes.items() if code >= 500} == {}
    assert [statement for statement in asked if MARK in statement] == []
    assert len(asked) > len(forms)


def test_d2_signs_of_a_pattern_are_only_signs_in_a_search(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, title="Half_way")
        for text in ("50% of staff\\trained", "50 of staff"):
            an_action(session, case, text=text)
    visitor = doors.visitor(MANAGER)
    for asked, found in (("50%", 1), ("50", 2), ("5_", 0), ("%", 1), ("_", 0), ("\\", 1), ("f%trained", 0)):
        assert visitor.open(f"/actions?q={quote(asked)}") == 200
        assert visitor.html.count(" of staff") >= found, asked
        assert ("50 of staff" in visitor.said) is (found == 2), asked
        assert ("50% of staff" in visitor.said) is (found > 0), asked
    for asked, found in (("Half_", True), ("Half%way", False), ("H_lf", False)):
        visitor.open(f"/cases?q={quote(asked)}")
        assert ("Half_way" in visitor.said) is found, asked


@pytest.mark.parametrize("beyond", [str(2**63), "9" * 30, "9" * 5_000], ids=["a bit more", "30 digits", "5,000 digits"])
def test_d10_a_number_beyond_every_row_is_not_found(doors, world, beyond):
    known = make_things(doors, world.anyshire)
    visitor = doors.visitor(MANAGER)
    parts = {"address": known["action"], "reference": known["case"], "step": "progress", "number": "R1"}
    codes = {}
    with nothing_changes(doors.database):
        for rule in doors.app.url_map.iter_rules():
            numbers = [
                name for name, converter in rule._converters.items() if type(converter).__name__ == "IntegerConverter"
            ]
            if numbers:
                address = "".join(
                    beyond if part in numbers else parts.get(part, "x") if is_dynamic else part
                    for is_dynamic, part in rule._trace
                ).removeprefix("|")
                codes[address[:80]] = (
                    visitor.send(address, text="x") if "POST" in rule.methods else visitor.open(address)
                )
    assert len(codes) > 10
    assert {address: code for address, code in codes.items() if code not in (403, 404)} == {}


ODD = (
    b"%00",
    b"%ED%A0%80",
    b"%FF%FE",
    b"9" * 40,
    b"x" * 200_000,
    b"%E2%80%AE%0D%0A%1B",
    b"-1e999",
    b"%7B%22a%22%3A1%7D",
)


def test_d10_no_form_breaks_over_what_nobody_types(doors, world):
    codes = {}
    for form in every_form(doors, world):
        visitor = doors.visitor(form.email)
        names = [*form.typed, *(name for name in form.sent_along if name not in ("form_id", "csrf_token"))]
        for turn in range(0, len(ODD), 3):
            odd = cycle([*ODD[turn:], *ODD[:turn]])
            body = b"&".join(
                quote(name).encode() + b"=" + next(odd) for name in [*names, *names[:2]]
            )  # two stand twice
            answer = visitor.client.post(form.address, data=body, content_type="application/x-www-form-urlencoded")
            codes[form.address, turn] = answer.status_code
    assert len(codes) > 200
    assert {sent: code for sent, code in codes.items() if code >= 500} == {}


@pytest.mark.parametrize("body", ["[" * 10_000 + "]" * 10_000, "[1]", '{"update": 5, "happened_on": [1]}', "5", "no"])
def test_d10_no_form_is_taken_as_json(doors, world, body):
    with doors.database.begin() as session:
        action = an_action(session, a_case(session, world.anyshire.partnership))
    visitor = doors.visitor(MANAGER)
    with nothing_changes(doors.database):
        for page in (f"/actions/{action.address}/progress", "/sign-in", "/actions/reassign"):
            assert visitor.client.post(page, data=body, content_type="application/json").status_code == 415


def test_d10_far_too_much_is_refused(doors, world):
    with doors.database.begin() as session:
        action = an_action(session, a_case(session, world.anyshire.partnership))
    visitor = doors.visitor(MANAGER)
    address = f"/actions/{action.address}/progress"
    many = b"".join(b'--x\r\nContent-Disposition: form-data; name="n%d"\r\n\r\n1\r\n' % n for n in range(10_000))
    with nothing_changes(doors.database):
        assert visitor.send(address, update="x" * 1_100_000, happened_on="2026-11-20") == 413
        kind = "multipart/form-data; boundary=x"
        assert visitor.client.post(address, data=many + b"--x--\r\n", content_type=kind).status_code == 413
        five_thousand = {"action": [f"RR-2026-01.R1.A{number}" for number in range(5_000)]}
        for bulk in ("reassign", "more-time"):
            assert 400 <= visitor.send(f"/actions/{bulk}", **five_thousand, owner_email="owner@anyshire.example") < 500
