"""Sentences name only what their reader may see: refusals, histories and what holds a step back."""

import pytest

from reviews.cases.event_labels import event_changes, event_title
from reviews.cases.event_log import case_history, unseen_references
from reviews.cases.facts import facts_of
from reviews.models import EventKind
from tests.builders import TO_THE_PANEL, TODAY, a_case, a_person, a_process, a_unit, a_world, actor_of, an_action, take
from workflows.core.vocabulary import Role
from workflows.definitions import CASE_WORKFLOWS


@pytest.fixture
def place(database):
    return a_world(database).anyshire


@pytest.fixture
def session(database):
    with database.begin() as session:
        yield session


def a_lead(session, place, word="Police"):
    return actor_of(session, a_person(session, place.partnership, Role.AGENCY_LEAD, place.agencies[word]))


def facts(session, actor, case):
    return facts_of(session, actor, case, CASE_WORKFLOWS[case.workflow], on=TODAY)


def told(session, actor, case):
    """Give the titles and changes of the history of a case as this person reads them."""
    events = case_history(session, actor, case, size=100).rows
    unseen, kind = unseen_references(session, actor, case, events), CASE_WORKFLOWS[case.workflow]
    return [event_title(kind, event, unseen) for event in events] + [
        text for event in events for _, text in event_changes(kind, event, unseen)
    ]


def test_a13_a_refusal_names_no_action_of_another_agency_nor_how_many_there_are(session, place):
    police = place.agencies["Police"]
    case = a_case(session, place.partnership, "lcspr", agencies=(police,))
    own = an_action(session, case, agency=police, stage="in_progress")
    others = [an_action(session, case, agency=place.agencies["Hospitals"], stage="in_progress") for _ in range(2)]
    lead, manager = a_lead(session, place), place.actors[Role.BUSINESS_MANAGER]

    assert facts(session, lead, case).names("open_actions") == (
        own.reference,
        "other actions of the plan, which you cannot see",
    )
    assert facts(session, manager, case).names("open_actions") == (own.reference, *(each.reference for each in others))


def test_a13_a_refusal_names_no_other_agency_that_was_asked(session, place):
    police, case = place.agencies["Police"], a_case(session, place.partnership, agencies=(place.agencies["Police"],))
    take(session, case, *TO_THE_PANEL[:3])
    asked = tuple(place.agencies[word].name for word in ("Hospitals", "Council", "Police"))
    take(session, case, "open_gathering", agencies_asked=asked, returns_due_on=TODAY)
    a_process(session, case, "look_again")
    lead, manager = a_lead(session, place), place.actors[Role.BUSINESS_MANAGER]

    assert set(facts(session, lead, case).names("returns_outstanding")) == {police.name, "another agency"}
    assert set(facts(session, manager, case).names("returns_outstanding")) == set(asked)
    assert facts(session, lead, case).blocked["look_again"] == ("a parallel process, which you cannot see",)
    assert f"({case.reference}.P1" in facts(session, manager, case).blocked["look_again"][0]
    assert f"Opened inside: {case.reference}.I3" in told(session, lead, case)
    assert "A request or a parallel process was opened inside" in told(session, lead, case)
    assert not any(f"{case.reference}.{each}" in " ".join(told(session, lead, case)) for each in ("I1", "I2", "P1"))
    assert f"Opened inside: {case.reference}.I1 to {case.reference}.I3" in told(session, manager, case)


def test_a13_a_history_names_no_action_of_another_agency(session, place):
    case = a_case(session, place.partnership, "lcspr", agencies=(place.agencies["Police"],))
    hidden = an_action(session, case, agency=place.agencies["Hospitals"])
    a_unit(session).record(
        EventKind.RECOMMENDATION_REOPENED,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={"recommendation": "R1", "action": hidden.reference},
    )
    session.flush()
    lead, manager = a_lead(session, place), place.actors[Role.BUSINESS_MANAGER]

    assert told(session, lead, case)[0] == "Recommendation R1 reopened: no impact of one of its actions was seen"
    assert told(session, manager, case)[0] == f"Recommendation R1 reopened: no impact of {hidden.reference} was seen"


def test_a13_a_note_of_a_move_to_another_version_names_no_request_to_another_agency(session, place):
    case = a_case(session, place.partnership, agencies=(place.agencies["Police"],))
    take(session, case, *TO_THE_PANEL[:3])
    take(session, case, "open_gathering", agencies_asked=(place.agencies["Hospitals"].name,), returns_due_on=TODAY)
    notes = [f"{case.reference}.I1 runs on to its end, though version 9 opens no more of its kind."]
    moved = {"move": 1, "from": 1, "to": 2, "reason": "New guidance", "stages": [], "clocks": [], "said": notes}
    a_unit(session).record(EventKind.VERSION_MOVED, partnership_id=case.partnership_id, case_id=case.id, details=moved)
    session.flush()

    assert notes[0] not in told(session, a_lead(session, place), case)
    assert notes[0] in told(session, place.actors[Role.BUSINESS_MANAGER], case)
