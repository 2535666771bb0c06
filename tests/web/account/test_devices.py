"""The page of the devices somebody is known on."""

import pytest
import sqlalchemy as sa

from reviews.core.secrets import hash_password
from reviews.models import Event, EventKind, KnownDevice, Person
from tests.web.visitor import rows

PASSWORD = "correct horse battery"
OWNER, CHAIR = "owner@anyshire.example", "chair@anyshire.example"
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def visitor(doors, world):
    """Give a browser in which the owner and then the chair have signed in."""
    with doors.database.begin() as session:
        people = sa.update(Person).where(Person.email.in_([OWNER, CHAIR]))
        session.execute(people.values(password_hash=hash_password(PASSWORD)))
    visitor = doors.visitor()
    visitor.client.environ_base["HTTP_USER_AGENT"] = AGENT
    for email in (OWNER, CHAIR):
        assert visitor.send("/sign-in", email=email, password=PASSWORD) == 303
    return visitor


def test_each_person_sees_their_own_devices_alone(doors, visitor):
    assert visitor.open("/account/devices") == 200
    assert "Devices you are known on: 1" in visitor.said
    assert "Firefox on Windows This one" in visitor.said
    assert rows(doors.database, KnownDevice) == 2


def test_signing_in_again_makes_no_second_device(doors, visitor):
    for email in (OWNER, CHAIR):
        visitor.send("/sign-in", email=email, password=PASSWORD)
    assert rows(doors.database, KnownDevice) == 2


def test_a_device_is_ended_by_its_owner_and_nobody_else(doors, visitor):
    with doors.database() as session:
        of_owner, of_chair = session.scalars(sa.select(KnownDevice.id).order_by(KnownDevice.id))
    assert visitor.open(f"/account/devices/{of_owner}/forget") == 404
    assert visitor.send(f"/account/devices/{of_owner}/forget", form_id="a" * 32) == 404
    assert visitor.open(f"/account/devices/{of_chair}/forget") == 200
    assert visitor.send(f"/account/devices/{of_chair}/forget", form_id="b" * 32) == 303
    assert visitor.follow() == 200
    assert "Firefox on Windows is no longer a device you are known on." in visitor.said
    assert "You are not known on any device." in visitor.said
    assert rows(doors.database, Event, Event.kind == EventKind.DEVICE_FORGOTTEN) == 1


def test_a_token_that_somebody_else_put_there_becomes_nobodys(doors, visitor):
    planted = doors.visitor()
    planted.client.set_cookie("followthrough-device", "planted-by-somebody")
    planted.send("/sign-in", email=CHAIR, password=PASSWORD)
    tokens = planted.client.get_cookie("followthrough-device").value.split(".")
    assert tokens[1] == "planted-by-somebody"
    assert len(tokens[0]) == 32
