"""Every step of an action from every stage, two decisions at once, and days that nobody can mean, on the pages."""

from collections.abc import Collection, Iterator
from datetime import date
from itertools import count
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from reviews.models import Action, Event, EventKind, ProgressUpdate
from tests.builders import NOW, TODAY, a_case, an_action
from tests.changes import nothing_changes
from workflows.core.vocabulary import Role, Step
from workflows.definitions.action import ACTION, FINISHED, ActionStage

STEPS = ACTION.tracks[0].steps
NOT_OF_REVIEWS = {Role.CDOP_MANAGER, Role.CDOP_PANEL_MEMBER}
"""Their part in a step counts in child death review alone."""
ANSWERS = {
    "happened_on": "2026-11-20",
    "update": "Half are trained.",
    "evidence": "Minutes",
    "new_due_on": "2027-03-01",
    "wanted_due_on": "2027-03-01",
    "expected_on": "2027-03-01",
    "owner_email": "agency-lead@anyshire.example",
    "impact_result": "embedded",
    "transferred_to": "The ICB",
    "accepted_by": "Its head",
}
PAIRS = ({"progress", "note"}, {"accept", "accept_awaiting_impact"})
"""One page each, which records the one that fits the action."""
_turns = count()


def answers_of(step: Step) -> dict[str, str]:
    return {asked.name: "As it was said" for asked in step.questions} | ANSWERS


def asked_for(roles: int) -> Iterator[tuple[Step, ActionStage, Role]]:
    """Give every step with every stage, each with as many roles, by turns."""
    everybody = sorted(Role)
    for step in STEPS:
        for stage in ActionStage:
            for _ in range(roles):
                yield step, stage, everybody[next(_turns) % len(everybody)]


def open_to(role: Role, name: str, stage: str) -> dict[str, Collection[str]]:
    """Give the steps that the page of one may record, with the stages an action may be at afterwards."""
    names = next((pair for pair in PAIRS if name in pair), {name})
    steps = [step for step in STEPS if step.name in names and stage in step.source]
    return {step.name: _leads_to(step, stage) for step in steps if role in step.by - NOT_OF_REVIEWS}


def _leads_to(step: Step, stage: str) -> Collection[str]:
    if step.reopens:
        return [each for each in ActionStage if each not in FINISHED]
    if step.name == "check_impact":
        return [stage, ActionStage.EMBEDDED]  # the last check that sees the change confirms it as well
    return [step.to or stage]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("roles", [1, pytest.param(len(Role), marks=pytest.mark.faults)])
def test_b2_no_step_leads_anywhere_but_where_the_definition_has_it(doors, world, roles):
    place = world.anyshire
    with doors.database.begin() as session:
        action = an_action(
            session,
            a_case(session, place.partnership),
            owner=place.people[Role.ACTION_OWNER],
            agency=place.agencies["Council"],
            evidence="Minutes",
        )
    visitors = {role: doors.visitor(place.people[role].email) for role in Role}
    wrong, taken = {}, 0
    for step, stage, role in asked_for(roles):
        before = put_at(doors, action, stage)
        code = visitors[role].send(f"/actions/{action.address}/{step.name}", **answers_of(step))
        with doors.database() as session:
            after, events = session.get_one(Action, action.id).stage, number_of_events(session)
        is_open = open_to(role, step.name, stage)
        if code == 303:
            taken += 1
            is_right = any(after in stages for stages in is_open.values()) and events > before
        else:
            codes = (409, 422) if is_open else (403, 404, 409)
            is_right = code in codes and after == stage and events == before
        if not is_right:
            wrong[step.name, stage.value, role.value] = (code, after)
    assert wrong == {}
    assert taken > 5 * roles


def put_at(doors, action, stage) -> int:
    """Put the action where it is to be asked from, as if it had come there by its steps; give the events there are."""
    with doors.database.begin() as session:
        found = session.get_one(Action, action.id)
        found.stage, found.ended_on = stage, TODAY if stage in FINISHED else None
        found.owner_id, found.due_on = action.owner_id, action.due_on
        return number_of_events(session)


def number_of_events(session) -> int:
    return session.scalars(sa.select(sa.func.count(Event.id))).one()


@pytest.mark.parametrize("rounds", [8, pytest.param(100, marks=pytest.mark.faults)])
def test_b6_of_two_decisions_at_once_one_counts(doors, world, rounds):
    place = world.anyshire
    with doors.database.begin() as session:
        case = a_case(session, place.partnership)
        owner, council = place.people[Role.ACTION_OWNER], place.agencies["Council"]
        waiting = [
            an_action(session, case, owner=owner, agency=council, stage="submitted", evidence="Minutes").address
            for _ in range(rounds)
        ]
    chair = place.people[Role.SUBGROUP_CHAIR].email
    decisions = {"accept": {}, "return": {"return_reason": "Four of ten are missing."}}
    visitors = {step: doors.visitor(chair) for step in decisions}
    for address in waiting:
        line, codes = Barrier(len(decisions)), {}

        def decide(step, address=address, line=line, codes=codes):
            visitor = visitors[step]
            assert visitor.open(f"/actions/{address}/{step}") == 200
            seen = {"version": visitor.hidden("version"), "form_id": visitor.hidden("form_id")}
            line.wait(30)
            codes[step] = visitor.send(
                f"/actions/{address}/{step}", happened_on=TODAY.isoformat(), **seen, **decisions[step]
            )

        threads = [Thread(target=decide, args=(step,)) for step in decisions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(codes.values()) == [303, 409], (address, codes)
        with doors.database() as session:
            action = session.scalars(sa.select(Action).where(Action.address == address)).one()
            moved = sa.select(Event).where(Event.action_id == action.id, Event.from_stage == "submitted")
            [event] = session.scalars(moved)
            assert (action.stage, event.step) == (
                (event.to_stage, "accept") if codes["accept"] == 303 else ("in_progress", "return")
            )


IMPOSSIBLE = (
    *("0001-01-01", "9999-12-31", "1900-01-01", "2026-11-21", "2027-02-29", "2026-02-30", "2026-13-01"),
    *("2026-11-20T01:30+14:00", "2026-W47-5", "١٩٩٩-٠١-٠١", "-2026-11-20", "99999-01-01", "now"),
)


def test_b7_no_day_is_taken_that_cannot_have_been_and_none_changes_when_it_was_recorded(doors, world):
    place = world.anyshire
    with doors.database.begin() as session:
        case = a_case(session, place.partnership, opened_on=date(2024, 1, 2))
        action = an_action(session, case, owner=place.people[Role.ACTION_OWNER], agency=place.agencies["Council"])
        session.get_one(Action, action.id).agreed_on = date(2024, 1, 2)
    visitor = doors.visitor(place.people[Role.ACTION_OWNER].email)
    address = f"/actions/{action.address}/progress"
    with nothing_changes(doors.database):
        codes = {day: visitor.send(address, update="Trained", happened_on=day) for day in IMPOSSIBLE}
        parts = {"happened_on-day": "29", "happened_on-month": "2", "happened_on-year": "2026"}
        codes["in parts"] = visitor.send(address, update="Trained", **parts)
    assert {day: code for day, code in codes.items() if code != 422} == {}
    ahead = {
        "Date": "Fri, 01 Jan 2100 00:00:00 GMT",
        "X-Forwarded-Date": "2100-01-01",
        "X-Timezone": "Pacific/Kiritimati",
    }
    typed = {"update": "Trained", "happened_on": "2024-02-29", "recorded_at": "2100-01-01T00:00", "now": "2100-01-01"}
    assert visitor.client.post(address, data=typed, headers=ahead).status_code == 303
    with doors.database() as session:
        report = session.scalars(sa.select(ProgressUpdate)).one()
        event = session.scalars(sa.select(Event).where(Event.kind == EventKind.ACTION_STEP_TAKEN)).one()
    assert (report.happened_on, report.reported_at) == (date(2024, 2, 29), NOW)
    assert (event.happened_on, event.recorded_at) == (date(2024, 2, 29), NOW)
