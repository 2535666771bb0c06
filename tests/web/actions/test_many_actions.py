"""Changing several actions at once; those that cannot be changed are listed with the reason."""

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from reviews.exports.formats import FORMATS
from reviews.models import Action, Event, EventKind, ExtensionRequest
from tests.builders import TODAY, a_case, an_action
from tests.changes import changes_of, nothing_changes
from tests.web.visitor import rows, statements
from workflows.core.vocabulary import Role

MANAGER, PAGE, LATER, OUT = "manager@anyshire.example", "/actions/reassign", "/actions/more-time", "/actions/export"
CHAIR, OWNER = "chair@anyshire.example", "owner@anyshire.example"
WHY = {"reason": "The venue was lost.", "meanwhile": "Staff read the briefing."}


def plan(doors, world):
    """Give two live actions, a finished one, one of child death review and one of another partnership."""
    place = world.anyshire
    with doors.database.begin() as session:
        case, death = a_case(session, place.partnership), a_case(session, place.partnership, "cdop_case")
        owned = {"owner": place.people[Role.ACTION_OWNER], "agency": place.agencies["Council"]}
        due = TODAY + timedelta(days=30)
        made = [an_action(session, case, stage=stage, due_on=due, **owned) for stage in ("", "", "closed_complete")]
        made.append(an_action(session, death, **owned))
        other = a_case(session, world.midmarch.partnership, reference="RR-2026-77")
        return [*made, an_action(session, other)]


def many(doors, world, count):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "strategy_plan", reference="SP-9")
        owner, due = world.anyshire.people[Role.ACTION_OWNER], TODAY + timedelta(days=30)
        return [an_action(session, case, owner=owner, due_on=due) for _ in range(count)]


def addresses(actions):
    return [action.address for action in actions]


def opened(visitor, page, actions):
    """Open a page for chosen rows and give what its form sends."""
    assert visitor.open(f"{page}?action={'&action='.join(addresses(actions))}") == 200
    return {"action": addresses(actions), "form_id": visitor.hidden("form_id")}


def wishes(doors):
    with doors.database() as session:
        return session.scalars(sa.select(ExtensionRequest).order_by(ExtensionRequest.id)).all()


def test_rows_are_chosen_in_the_list_and_given_to_one_person(doors, world):
    first, second, *_ = actions = plan(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open("/actions")
    assert f'name="action" value="{first.address}"' in visitor.html
    form = opened(visitor, PAGE, actions) | {"owner_email": CHAIR}
    assert actions[3].title in visitor.said
    assert actions[3].reference not in visitor.said.partition("These do not exist")[0]
    assert visitor.send(PAGE, **form) == 200
    assert f"Given to {CHAIR}: {first.reference}, {second.reference}." in visitor.said
    assert "2 done, 3 left as they were" in visitor.said
    for left in (actions[2].reference, *addresses(actions[3:])):
        assert left in visitor.said.partition("Left as they were")[2]
    assert visitor.send(PAGE, **form) == 303
    chair = world.anyshire.people[Role.SUBGROUP_CHAIR].id
    assert rows(doors.database, Action, Action.owner_id == chair) == 2
    assert rows(doors.database, Event, Event.kind == EventKind.ACTION_ASSIGNED, Event.case_id == first.case_id) == 5


def test_where_all_goes_through_the_list_says_so(doors, world):
    first, second, *_ = plan(doors, world)
    visitor = doors.visitor(MANAGER)
    form = opened(visitor, PAGE, [first, second]) | {"owner_email": CHAIR}
    assert visitor.send(PAGE, **form) == 303
    visitor.follow()
    assert f"Given to {CHAIR}: {first.reference}, {second.reference}." in visitor.said


def test_where_nothing_can_be_done_everything_is_named_and_nothing_stored(doors, world):
    *_, closed, unseen, other = plan(doors, world)
    visitor = doors.visitor(MANAGER)
    with nothing_changes(doors.database):
        assert visitor.send(PAGE, action=addresses([closed, unseen, other]), owner_email=CHAIR) == 409
    assert f"{closed.reference}: " in visitor.html
    assert "You cannot give them any of these actions." in visitor.html


def test_a_lead_gives_only_what_their_agency_leads(doors, world):
    first, *_ = plan(doors, world)
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership)
        others = an_action(session, case, agency=world.anyshire.agencies["Police"])
    visitor = doors.visitor("agency-lead@anyshire.example")
    assert visitor.send(PAGE, action=addresses([first, others]), owner_email=CHAIR) == 200
    assert rows(doors.database, Action, Action.id == others.id, Action.owner_id.is_(None)) == 1


@pytest.mark.parametrize("word", ["chair", "partner"])
def test_who_may_give_nothing_and_ask_for_nothing_may_still_take_out_what_they_see(doors, world, word):
    plan(doors, world)
    visitor = doors.visitor(f"{word}@anyshire.example")
    visitor.open("/actions")
    assert 'formaction="/actions/export"' in visitor.html
    for page in (PAGE, LATER):
        assert f'formaction="{page}"' not in visitor.html
        assert visitor.open(page) == 403


def test_nothing_chosen_says_how_to_choose(doors):
    visitor = doors.visitor(MANAGER)
    for page in (PAGE, LATER, OUT):
        assert visitor.open(page) == 200
        assert "tick their rows" in visitor.said


def test_more_time_is_asked_for_all_that_may_and_each_becomes_a_wish_of_its_own(doors, world):
    first, second, closed, *unseen = actions = plan(doors, world)
    visitor = doors.visitor(MANAGER)
    to = TODAY + timedelta(days=90)
    form = opened(visitor, LATER, actions) | WHY | {"how": "day", "new_due_on": to.isoformat()}
    with changes_of(doors.database) as changes:
        assert visitor.send(LATER, **form) == 200
    assert changes.added == {"extension_requests": 2, "events": 2, "sent_forms": 1}
    assert f"You asked for more time for: {first.reference}, {second.reference}." in visitor.said
    for each in (closed.reference, *addresses(unseen)):
        assert each in visitor.said.partition("Left as they were")[2]
    assert {(each.action_id, each.wanted_due_on, each.reason, each.meanwhile) for each in wishes(doors)} == {
        (action.id, to, WHY["reason"], WHY["meanwhile"]) for action in (first, second)
    }
    with nothing_changes(doors.database):
        assert visitor.send(LATER, **form) == 303


def test_each_may_move_by_some_weeks_from_its_own_date(doors, world):
    first, *_ = plan(doors, world)
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "strategy_plan", reference="SP-9")
        other = an_action(session, case, due_on=TODAY + timedelta(days=10))
        late = an_action(session, case, due_on=TODAY - timedelta(days=60))
        undated = an_action(session, case, due_on=None)
    visitor = doors.visitor(MANAGER)
    form = opened(visitor, LATER, [first, other, late, undated]) | WHY
    assert visitor.send(LATER, **form, how="weeks", weeks="6") == 200
    weeks = timedelta(weeks=6)
    assert {(each.action_id, each.wanted_due_on) for each in wishes(doors)} == {
        (first.id, first.due_on + weeks),
        (other.id, other.due_on + weeks),
    }
    left = visitor.said.partition("Left as they were")[2]
    assert f"{late.reference} " in left
    assert f"{undated.reference} This action has no date yet" in left


def test_an_owner_asks_for_their_own_and_for_no_others(doors, world):
    first, second, *_ = plan(doors, world)
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "strategy_plan", reference="SP-9")
        anothers = an_action(session, case, due_on=TODAY + timedelta(days=30))
    visitor = doors.visitor(OWNER)
    form = opened(visitor, LATER, [first, second, anothers]) | WHY
    assert visitor.send(LATER, **form, how="weeks", weeks="2") == 200
    assert {each.action_id for each in wishes(doors)} == {first.id, second.id}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"how": "day"}, "Enter the new date"),
        ({"how": "weeks"}, "Enter the number of weeks"),
        ({"how": "weeks", "weeks": "0"}, "Enter 1 to 156 weeks"),
        ({"how": "weeks", "weeks": "99999999999"}, "Enter 1 to 156 weeks"),
        ({"how": "never"}, "“Until when”: choose one of “One new date for all of them”"),
        ({"how": "weeks", "weeks": "2", "reason": ""}, "Say why more time is needed"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_and_chosen_stays(doors, world, typed, sentence):
    first, *_ = plan(doors, world)
    visitor = doors.visitor(MANAGER)
    form = opened(visitor, LATER, [first]) | WHY
    with nothing_changes(doors.database):
        assert visitor.send(LATER, **(form | typed)) == 422
    assert sentence in visitor.said
    assert f'name="action" value="{first.address}"' in visitor.html
    assert WHY["meanwhile"] in visitor.html


def test_all_that_match_the_filters_are_meant_without_ticking_them(doors, world):
    plan(doors, world)
    made = many(doors, world, 60)
    visitor = doors.visitor(MANAGER)
    assert visitor.open("/actions?case=SP-9") == 200
    assert "All 60 that match the filters" in visitor.said
    assert '<input type="hidden" name="case" value="SP-9">' in visitor.html
    assert visitor.open(f"{LATER}?case=SP-9&all=yes") == 200
    form = {"action": addresses(made), "form_id": visitor.hidden("form_id")} | WHY
    assert all(f'name="action" value="{each}"' in visitor.html for each in addresses(made))
    assert visitor.send(f"{LATER}?case=SP-9&all=yes", **form, how="weeks", weeks="4") == 200
    assert "60 done, 0 left as they were" in visitor.said
    assert len(wishes(doors)) == 60


def test_five_hundred_are_the_most_and_what_is_beyond_is_said(doors, world):
    made = many(doors, world, 503)
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"{LATER}?case=SP-9&all=yes") == 200
    assert "503 actions match the filters. These are the first 500" in visitor.said
    with nothing_changes(doors.database):
        sent = {"action": addresses(made), "how": "weeks", "weeks": "1"} | WHY
        assert visitor.send(LATER, **sent) == 422
    assert "You can choose up to 500 actions at once." in visitor.said


@pytest.mark.parametrize("into", list(FORMATS))
def test_chosen_rows_go_out_in_every_format_and_into_the_history_of_each_case(doors, world, into):
    first, _, closed, *_ = actions = plan(doors, world)
    (other,) = many(doors, world, 1)
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"{OUT}?action={'&action='.join(addresses([first, closed, other, *actions[3:]]))}") == 200
    assert f"they stay as they are: {', '.join(addresses(actions[3:]))}" in visitor.said
    link = next(each for each in visitor.links if each.startswith(f"{OUT}/{into}?"))
    with changes_of(doors.database) as changes:
        answer = visitor.client.get(link)
    assert (answer.status_code, answer.content_type) == (200, FORMATS[into].media_type)
    assert f'attachment; filename="actions-{TODAY.isoformat()}.{into}"' in answer.headers["Content-Disposition"]
    assert changes.added == {"events": 2}
    if into == "csv":
        found = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))
        assert {row["Reference"] for row in found} == {each.reference for each in (first, closed, other)}
        assert {row["Plan"] for row in found} == {"SP-9", first.reference.rpartition("/")[0]}


def test_what_is_not_theirs_to_see_is_not_in_the_file(doors, world):
    first, *_ = actions = plan(doors, world)
    many(doors, world, 2)
    visitor = doors.visitor(OWNER)
    answer = visitor.client.get(f"{OUT}/csv?all=yes")
    found = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))
    assert {row["Owner e-mail"] for row in found} == {OWNER}
    assert {row["Plan"] for row in found} == {""}
    assert first.reference in {row["Reference"] for row in found}
    assert actions[4].reference not in {row["Reference"] for row in found}
    alien = f"{OUT}/csv?action={actions[4].address}"
    assert (visitor.open(alien), visitor.location) == (303, "/actions")
    assert visitor.open(f"{OUT}/exe?action={first.address}") == 404


def test_a_page_of_many_rows_asks_as_often_as_one_of_few(doors, world):
    made = many(doors, world, 60)
    visitor = doors.visitor(MANAGER)
    asked = []
    for some in (made[:1], made):
        visitor.open(f"{LATER}?action={'&action='.join(addresses(some))}")
        with statements(doors.database) as found:
            visitor.open(f"{LATER}?action={'&action='.join(addresses(some))}")
        asked.append(len(found))
    assert asked[0] == asked[1]
