"""The name and the Reply-To of a partnership's mails: who sets them, and what they may be."""

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.models import Event, EventKind, Partnership
from reviews.settings.partnership_settings import set_mail_sender
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, a_world
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

NAME, REPLY_TO = "Anyshire Partnership, Reviews", "reviews@anyshire.example"


def set_sender(database, clock, actor=BUILDER, **values):
    with unit_of_work(database, actor, clock) as unit:
        sender = {"sender_name": NAME, "reply_to": REPLY_TO, **values}
        set_mail_sender(unit, unit.partnership("ANYSHIRE"), **sender)


def test_the_manager_sets_it_and_the_history_has_it(database, clock):
    place = a_world(database).anyshire
    set_sender(database, clock, place.actors[Role.BUSINESS_MANAGER], sender_name=f"  {NAME} ")

    with database() as session:
        row = session.get_one(Partnership, place.partnership.id)
        event = session.scalars(sa.select(Event).where(Event.kind == EventKind.MAIL_SENDER_SET)).one()
    assert (row.sender_name, row.reply_to) == (NAME, REPLY_TO)
    assert event.details == {"sender_name": NAME, "reply_to": REPLY_TO, "notify_reply_to_id": ""}


@pytest.mark.parametrize("role", [Role.CDOP_MANAGER, Role.SUBGROUP_CHAIR, Role.BUSINESS_UNIT_ADMIN])
def test_nobody_else_does(database, clock, role):
    place = a_world(database).anyshire
    with pytest.raises(NotAllowed):
        set_sender(database, clock, place.actors[role])


@pytest.mark.parametrize(
    "values",
    [
        {"sender_name": "evil@example.org"},
        {"sender_name": "x <evil@example.org>"},
        {"sender_name": "=?utf-8?q?x?="},
        {"sender_name": "a\u202eb"},
        {"sender_name": "x" * 101},
        {"reply_to": "nobody"},
        {"reply_to": "a@example.org\nBcc: b@example.org"},
        {"reply_to": "a@example.org, b@example.org"},
        {"notify_reply_to_id": "mine"},
    ],
)
def test_what_could_make_another_sender_of_it_is_refused(database, clock, values):
    a_world(database)
    with pytest.raises(Refused):
        set_sender(database, clock, **values)
