"""Are several actions given to one person at once, and is what is left named?"""

from reviews.models import Action, Event, EventKind
from tests.builders import a_case, an_action
from tests.changes import nothing_changes
from tests.web.visitor import rows
from workflows.vocabulary import Role

MANAGER, PAGE = "manager@anyshire.example", "/actions/reassign"
CHAIR = "chair@anyshire.example"


def plan(doors, world):
    """Give two live actions, a finished one, one of child death review and one of another partnership."""
    place = world.anyshire
    with doors.database.begin() as session:
        case, death = a_case(session, place.partnership), a_case(session, place.partnership, "cdop_case")
        owned = {"owner": place.people[Role.ACTION_OWNER], "agency": place.agencies["Council"]}
        made = [an_action(session, case, stage=stage, **owned) for stage in ("", "submitted", "closed_complete")]
        made.append(an_action(session, death, **owned))
        other = a_case(session, world.midmarch.partnership, reference="RR-2026-77")
        return [*made, an_action(session, other)]


def addresses(actions):
    return [action.address for action in actions]


def test_rows_are_chosen_in_the_list_and_given_to_one_person(doors, world):
    first, second, *_ = actions = plan(doors, world)
    visitor = doors.visitor(MANAGER)
    visitor.open("/actions")
    assert f'name="action" value="{first.address}"' in visitor.html
    assert visitor.open(f"{PAGE}?action={'&action='.join(addresses(actions))}") == 200
    assert actions[3].title in visitor.said
    assert actions[3].reference not in visitor.said.partition("Not here")[0]
    form = {"action": addresses(actions), "owner_email": CHAIR, "form_id": visitor.hidden("form_id")}
    assert [visitor.send(PAGE, **form) for _ in range(2)] == [303, 303]
    visitor.follow()
    assert f"Given to {CHAIR}: {first.reference}, {second.reference}." in visitor.said
    assert f"Left as it was: {actions[2].reference}." in visitor.said
    for unseen in actions[3:]:
        assert f"Left as it was: {unseen.address}. There is no such action here" in visitor.said
    chair = world.anyshire.people[Role.SUBGROUP_CHAIR].id
    assert rows(doors.database, Action, Action.owner_id == chair) == 2
    assert rows(doors.database, Event, Event.kind == EventKind.ACTION_ASSIGNED, Event.case_id == first.case_id) == 5


def test_where_nothing_can_be_done_everything_is_named_and_nothing_stored(doors, world):
    *_, closed, unseen, other = plan(doors, world)
    visitor = doors.visitor(MANAGER)
    with nothing_changes(doors.database):
        assert visitor.send(PAGE, action=addresses([closed, unseen, other]), owner_email=CHAIR) == 409
    assert f"{closed.reference}: " in visitor.html
    assert "None of the actions could be given to them." in visitor.html


def test_a_lead_gives_only_what_their_agency_leads(doors, world):
    first, *_ = plan(doors, world)
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership)
        others = an_action(session, case, agency=world.anyshire.agencies["Police"])
    visitor = doors.visitor("agency-lead@anyshire.example")
    assert visitor.send(PAGE, action=addresses([first, others]), owner_email=CHAIR) == 303
    assert rows(doors.database, Action, Action.id == others.id, Action.owner_id.is_(None)) == 1


def test_who_may_give_nothing_has_no_boxes(doors, world):
    plan(doors, world)
    for word in ("chair", "owner", "partner"):
        visitor = doors.visitor(f"{word}@anyshire.example")
        visitor.open("/actions")
        assert "ft-choose" not in visitor.html
        assert visitor.open(PAGE) == 403


def test_nothing_chosen_says_how_to_choose(doors):
    visitor = doors.visitor(MANAGER)
    assert visitor.open(PAGE) == 200
    assert "tick their rows" in visitor.said
