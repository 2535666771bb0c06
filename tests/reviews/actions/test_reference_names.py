"""The name that mails call an action by: given by a person, who says that nobody can be recognised by it."""

import pytest
import sqlalchemy as sa

from reviews.actions.details import edit_details
from reviews.cases.details import add_child
from reviews.models import Action, Event, EventKind
from tests.builders import a_case, a_unit, a_world, an_action
from tests.notifications.mornings import a_morning, letters_of
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

SAFE = {"name_is_safe": True}


@pytest.fixture
def session(database):
    with database.begin() as session:
        yield session


@pytest.fixture
def action(database, session):
    place = a_world(database).anyshire
    case = a_case(session, session.merge(place.partnership))
    add_child(a_unit(session), case, pseudonym="Child Q")
    return an_action(session, case, owner=session.merge(place.people[Role.ACTION_OWNER]), text="Canary text")


def test_a_name_that_is_marked_as_safe_stands_in_mail_and_history(database, session, action):
    edit_details(a_unit(session), action, {"reference_name": "  Bruising\n protocol ", **SAFE})
    session.commit()
    a_morning(database, "2026-12-04")

    with database() as reading:
        event = reading.scalars(sa.select(Event).where(Event.kind == EventKind.ACTION_CHANGED)).one()
    assert event.details == {"before": {"reference_name": ""}, "now": {"reference_name": "Bruising protocol"}}
    letter = next(each for each in letters_of(database) if each.person_id == action.owner_id)
    assert "  Bruising protocol\n" in letter.body
    assert "Bruising protocol" in letter.html
    assert "Canary" not in letter.body
    assert "Bruising" not in letter.subject


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({"reference_name": "Bruising"}, "Say that nobody can be recognised"),
        ({"reference_name": "Bruising", "name_is_safe": False}, "Say that nobody can be recognised"),
        ({"reference_name": "Review of child q", **SAFE}, "pseudonym"),
        ({"reference_name": "x" * 121, **SAFE}, "120 characters"),
        ({"reference_name": "a\u202eb", **SAFE}, "120 characters"),
    ],
)
def test_no_other_name_is_taken(session, action, details, reason):
    with pytest.raises(Refused, match=reason):
        edit_details(a_unit(session), action, details)


def test_a_name_is_taken_away_without_a_word_and_stays_when_other_details_change(session, action):
    unit = a_unit(session)
    edit_details(unit, action, {"reference_name": "Bruising protocol", **SAFE})
    edit_details(unit, action, {"kind": "training", "reference_name": "Bruising protocol"})
    assert action.reference_name == "Bruising protocol"

    edit_details(unit, action, {"reference_name": ""})
    assert action.reference_name == ""


def test_no_action_has_a_name_by_itself(session, action):
    assert session.scalars(sa.select(Action.reference_name)).all() == [""]
