"""The page on which a business manager chooses how actions are reminded of, and writes a policy of their own."""

import pytest
import sqlalchemy as sa

from reviews.actions.plan_rules import PlanRuleSet, set_plan_rules
from reviews.models import Event, EventKind, Partnership, ReminderPolicy
from tests.builders import a_case, a_unit
from tests.web.visitor import rows, statements
from web.settings.policy_forms import name_from

MANAGER, CDOP = "manager@anyshire.example", "cdop@anyshire.example"
PAGE = "/settings/reminders"
NEW = f"{PAGE}/new"
OURS = f"{PAGE}/ours"
TYPED = {
    "title": "Ours",
    "begins": "06:30",
    "kind": "working",
    "rungs-0-when": "before",
    "rungs-0-days": "5",
    "rungs-0-tells": ["action_owner", "deputy"],
    "rungs-1-when": "on",
    "rungs-1-tells": ["action_owner"],
    "rungs-2-when": "after",
    "rungs-2-days": "1",
    "rungs-2-every": "5",
    "rungs-2-tells": ["action_owner", "agency_lead"],
    "rungs-3-when": "",
}


def kept(doors):
    with doors.database() as session:
        return session.scalars(sa.select(ReminderPolicy)).all()


def followed(doors):
    with doors.database() as session:
        return session.scalars(sa.select(Partnership.reminder_policy).where(Partnership.code == "ANYSHIRE")).one()


def change(visitor, **typed):
    """Open the form of the policy `ours` and send it with what is typed otherwise."""
    visitor.open(OURS)
    return visitor.send(OURS, **TYPED | {"version": visitor.hidden("version")} | typed)


@pytest.mark.parametrize(
    ("word", "page", "new"), [("manager", 200, 200), ("cdop", 200, 403), ("admin", 403, 403), ("owner", 403, 403)]
)
def test_policies_are_written_by_the_business_manager(doors, word, page, new):
    visitor = doors.visitor(f"{word}@anyshire.example")
    assert (visitor.open(PAGE), visitor.open(NEW)) == (page, new)


def test_the_settings_lead_to_the_policies_and_they_stand_side_by_side_in_words(doors):
    visitor = doors.visitor(MANAGER)
    visitor.open("/settings")
    assert PAGE in visitor.links
    assert visitor.open(PAGE) == 200
    assert "Calendar ladder Followed here 30 days before the date: owner" in visitor.said
    assert "1 working day after the date, then every 5 working days: owner and agency lead" in visitor.said
    assert f"{NEW}?from=working-day-ladder" in visitor.links


def test_another_policy_is_chosen_and_that_is_in_the_history(doors):
    visitor = doors.visitor(MANAGER)
    assert visitor.send(PAGE, policy="working-day-ladder") == 303
    assert visitor.follow() == 200
    assert "Working-day ladder Followed here" in visitor.said
    assert rows(doors.database, Event, Event.kind == EventKind.POLICY_SET) == 1


def test_an_unknown_policy_and_whoever_may_not_are_refused(doors):
    assert doors.visitor(MANAGER).send(PAGE, policy="hold-ladder") == 422
    assert doors.visitor(CDOP).send(PAGE, policy="working-day-ladder") == 403
    assert followed(doors) == "calendar-ladder"


def test_a_built_in_policy_is_copied_into_the_form(doors):
    visitor = doors.visitor(MANAGER)
    assert visitor.open(f"{NEW}?from=working-day-ladder") == 200
    assert 'value="Working-day ladder of our own"' in visitor.html
    assert visitor.html.count('id="rungs-') > 6
    assert '<option value="working" selected>' in visitor.html


def test_a_policy_is_written_once_and_can_be_followed(doors):
    visitor = doors.visitor(MANAGER)
    for _ in range(2):
        assert visitor.send(NEW, form_id="same", **TYPED) == 303
    assert visitor.follow() == 200
    assert "5 working days before the date: owner and deputy" in visitor.said
    assert "The round begins at 06:30." in visitor.said
    [row] = kept(doors)
    assert (row.name, [rung["name"] for rung in row.rungs]) == ("ours", ["due-5wd", "due", "late+1wd"])
    assert visitor.send(PAGE, policy="ours") == 303
    assert followed(doors) == "ours"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"rungs-0-days": "often"}, "Rung 1: the days must be a whole number from 1 to 400."),
        ({"rungs-0-tells": []}, "Rung 1: choose who gets a reminder."),
        ({"rungs-0-tells": ["scrutiny_member"]}, "Rung 1: choose who gets a reminder."),
        ({"rungs-0-every": "2"}, "repeats: only a rung after the due date may repeat"),
        ({"rungs-2-when": ""}, "tells nobody once an action is late"),
        ({"rungs-1-when": "before", "rungs-1-days": "5"}, "two rungs named due-5wd"),
        ({"rungs-1-when": "never"}, "Rung 2: choose before the date, on the day, or after it."),
        ({"begins": "13:00"}, "The hour must be between 05:00 and 11:59"),
        ({"title": ""}, "Enter the name of the policy"),
        ({"title": "Calendar ladder"}, "There is already a policy with this name"),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_comes_back(doors, typed, sentence):
    visitor = doors.visitor(MANAGER)
    assert visitor.send(NEW, **TYPED | typed) == 422
    assert sentence in visitor.said
    assert 'value="06:30"' in visitor.html or "begins" in typed
    assert kept(doors) == []


def test_a_policy_is_changed_and_whoever_is_second_sees_what_it_says_now(doors):
    first, second = doors.visitor(MANAGER), doors.visitor(MANAGER)
    first.send(NEW, **TYPED)
    second.open(OURS)
    seen = second.hidden("version")
    doors.clock.at += doors.clock.at.resolution * 1_000_000
    assert change(first, **{"rungs-0-days": "7"}) == 303
    assert second.send(OURS, **TYPED | {"version": seen, "begins": "08:00"}) == 409
    assert "The policy is now: 7 working days before the date: owner and deputy" in second.said
    assert 'value="08:00"' in second.html
    assert second.send(OURS, **TYPED | {"version": second.hidden("version"), "begins": "08:00"}) == 303
    assert [row.begins for row in kept(doors)] == ["08:00"]


def test_a_policy_of_another_partnership_and_a_built_in_one_are_not_there_to_change(doors):
    doors.visitor(MANAGER).send(NEW, **TYPED)
    assert doors.visitor("manager@midmarch.example").open(OURS) == 404
    assert doors.visitor(MANAGER).open(f"{PAGE}/calendar-ladder") == 404


def test_a_policy_that_nobody_follows_is_retired_and_written_again_it_is_back(doors):
    visitor = doors.visitor(MANAGER)
    visitor.send(NEW, **TYPED)
    visitor.open(PAGE)
    assert f"{OURS}/retire" in visitor.links
    assert visitor.open(f"{OURS}/retire") == 200
    assert [visitor.send(f"{OURS}/retire", form_id="same-retire") for _ in range(2)] == [303, 303]
    visitor.follow()
    assert "“Ours” is retired." in visitor.said
    assert OURS not in visitor.links
    assert visitor.send(PAGE, policy="ours") == 422
    assert visitor.open(f"{OURS}/retire") == 404
    assert rows(doors.database, Event, Event.kind == EventKind.POLICY_RETIRED) == 1
    assert visitor.send(NEW, form_id="again", **TYPED) == 303
    assert visitor.send(PAGE, policy="ours") == 303
    assert len(kept(doors)) == 1


def test_a_policy_that_somebody_follows_is_not_retired(doors, world):
    visitor = doors.visitor(MANAGER)
    visitor.send(NEW, **TYPED)
    visitor.send(PAGE, policy="ours")
    assert visitor.send(f"{OURS}/retire") == 422
    assert "The partnership follows “Ours”. Choose another policy for it first." in visitor.said
    visitor.send(PAGE, policy="calendar-ladder")
    with doors.database.begin() as session:
        unit = a_unit(session)
        case = a_case(session, world.anyshire.partnership, reference="RR-2026-07")
        set_plan_rules(unit, case, PlanRuleSet(reminder_policy="ours"))
    assert visitor.send(f"{OURS}/retire") == 422
    assert "One plan follows “Ours”. Choose another policy for each first." in visitor.said
    assert doors.visitor(CDOP).open(f"{OURS}/retire") == 403


def test_plans_that_follow_another_are_named_to_whoever_may_see_them(doors, world):
    with doors.database.begin() as session:
        unit = a_unit(session)
        case = a_case(session, world.anyshire.partnership, reference="RR-2026-07")
        set_plan_rules(unit, case, PlanRuleSet(reminder_policy="working-day-ladder"))
    for email, seen in ((MANAGER, True), (CDOP, False)):
        visitor = doors.visitor(email)
        visitor.open(PAGE)
        assert ("Plans that follow another policy RR-2026-07" in visitor.said) is seen


def test_more_policies_ask_no_more_of_the_database(doors):
    visitor = doors.visitor(MANAGER)
    counts = []
    for wanted in (1, 9):
        while len(kept(doors)) < wanted:
            assert visitor.send(NEW, **TYPED | {"title": f"Ours {len(kept(doors))}"}) == 303
        with statements(doors.database) as asked:
            visitor.open(PAGE)
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Our own ladder", "our-own-ladder"),
        ("2026: häufig!", "policy-2026-h-ufig"),
        ("–", "policy"),
        ("a" * 99, "a" * 40),
    ],
)
def test_a_name_is_made_from_the_title(title, name):
    assert name_from(title) == name
