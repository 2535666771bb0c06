"""Limits of pages, and who is believed about where a request comes from."""

from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa

from reviews.core.settings import Environment, Settings
from reviews.models import Person, TryCount
from reviews.people.limits import BUCKETS, count_or_limit, network_of
from tests.builders import a_case
from tests.web.visitor import rows, statements
from web.app import move_into
from web.core.app_context import AppContext

ELSEWHERE = {"REMOTE_ADDR": "198.51.100.9"}
MANAGER = "manager@anyshire.example"


def codes(client, address, times, **environ):
    return [client.get(address, environ_overrides=environ or None).status_code for _ in range(times)]


@pytest.fixture
def case(doors, world):
    with doors.database.begin() as session:
        return a_case(session, world.anyshire.partnership).reference


@pytest.mark.parametrize("address", ["/l/{}", "/l/{}/answer", "/calendar/{}.ics"])
def test_c6_tokens_that_do_not_exist_are_limited_for_those_who_try_them(doors, clock, address):
    client = doors.visitor().client
    found = [client.get(address.format(f"{number:032}")) for number in range(22)]
    assert [answer.status_code for answer in found] == [404] * 20 + [429] * 2
    assert found[-1].headers["Retry-After"] == "60"
    assert "from your network. Try again in 60 seconds." in found[-1].get_data(as_text=True)
    assert codes(client, address.format("x"), 1, **ELSEWHERE) == [404]
    clock.at += timedelta(minutes=1)
    assert codes(client, address.format("x"), 1) == [404]


def test_c6_a_calendar_that_exists_opens_whatever_others_of_the_network_try(doors, world):
    visitor = doors.visitor(MANAGER)
    visitor.send("/calendar", name="my phone")
    address = next(word for word in visitor.html.split('"') if word.endswith(".ics"))
    assert codes(visitor.client, "/calendar/x.ics", 21)[-1] == 429
    assert codes(visitor.client, f"/calendar/{address.rpartition('/')[2]}", 1) == [200]


def test_c14_a_forged_forwarding_address_gives_nobody_more_tries(doors):
    client = doors.visitor().client
    found = [client.get("/l/x", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code for number in range(21)]
    assert found == [404] * 20 + [429]


def test_c14_another_process_counts_with_the_same_counts(doors, clock):
    client = doors.visitor().client
    assert codes(client, "/l/x", 12) == [404] * 12
    move_into(doors.app, AppContext(doors.app.extensions["followthrough"].settings, doors.database, clock))
    assert codes(client, "/l/x", 9) == [404] * 8 + [429]


@pytest.fixture
def behind_a_proxy(doors, clock, tmp_path):
    settings = Settings(home=tmp_path, env=Environment.TEST, trusted_proxies="10.0.0.5, 10.1.0.0/24")
    move_into(doors.app, AppContext(settings, doors.database, clock))
    return doors.visitor().client


def test_c14_a_listed_proxy_is_believed_about_the_last_address_alone(behind_a_proxy):
    def ask(forwarded: str, peer: str) -> int:
        overrides = {"REMOTE_ADDR": peer}
        return behind_a_proxy.get(
            "/l/x", headers={"X-Forwarded-For": forwarded}, environ_overrides=overrides
        ).status_code

    assert [ask(f"203.0.113.{number}, 198.51.100.1", "10.0.0.5") for number in range(21)] == [404] * 20 + [429]
    assert ask("198.51.100.2", "10.1.0.77") == 404
    assert ask("198.51.100.1", "198.51.100.3") == 404
    assert ask("198.51.100.2", "198.51.100.1") == 429


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_one_attacker_is_an_address_or_the_network_of_one_site(address, network):
    assert network_of(address) == network


def test_d17_a_valid_user_opens_three_hundred_pages_of_cases_in_ten_minutes(doors, case, clock):
    visitor = doors.visitor(MANAGER)
    bucket = BUCKETS["case pages"]
    assert bucket.most == 300
    assert bucket.within == timedelta(minutes=10)
    counter = doors.app.extensions["followthrough"].step_counter
    person_id = _person_id(doors)
    for _ in range(299):
        counter.count_or_limit(doors.database, clock, "case pages", person_id)
    assert visitor.open(f"/cases/{case}") == 200
    found = codes(visitor.client, f"/cases/{case}/history", 10)
    assert found == [200] * 9 + [429]
    assert visitor.open(f"/cases/{case}") == 429
    assert "You have opened many pages of cases in a short time." in visitor.said
    assert visitor.open("/cases") == 200
    assert doors.visitor("chair@anyshire.example").open(f"/cases/{case}") == 200
    clock.at += timedelta(minutes=10)
    assert visitor.open(f"/cases/{case}") == 200


def test_d17_a_page_of_a_case_writes_its_count_down_only_now_and_then(doors, case):
    visitor = doors.visitor(MANAGER)
    visitor.open(f"/cases/{case}")
    with statements(doors.database) as asked:
        codes(visitor.client, f"/cases/{case}/history", 8)
    assert [each for each in asked if "INSERT" in each and "audit_entries" not in each] == []
    visitor.open(f"/cases/{case}")
    assert rows(doors.database, TryCount, TryCount.tries == 10) == 1


def test_d17_twenty_exports_an_hour(doors, case, clock):
    client = doors.visitor(MANAGER).client
    assert codes(client, f"/cases/{case}/plan.csv", 21) == [200] * 20 + [429]
    clock.at += timedelta(hours=1)
    assert codes(doors.visitor(MANAGER).client, f"/cases/{case}/plan.csv", 1) == [200]


def test_uploads_are_limited_and_looking_at_the_form_is_not(doors, world, clock):
    client = doors.visitor(MANAGER).client
    count_or_limit(doors.database, clock, "uploads", _person_id(doors), by=BUCKETS["uploads"].most - 1)
    assert codes(client, "/actions/import", 2) == [200, 200]
    sent = [client.post("/actions/import", data={"file": (BytesIO(b"x"), "x.csv")}).status_code for _ in range(2)]
    assert sent == [422, 429]


def _person_id(doors):
    with doors.database() as session:
        return session.scalars(sa.select(Person.id).where(Person.email == MANAGER)).one()
