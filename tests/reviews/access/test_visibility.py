"""Does everybody see what their role needs, and nothing else? (The matrix of roles and confidentiality.)"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, system
from reviews.access.visibility import visible
from reviews.actions.parts import add_action_part
from reviews.core.db import Database
from reviews.models import (
    Action,
    ActionPart,
    Agency,
    Case,
    CaseClock,
    CaseTrack,
    Child,
    Event,
    EventKind,
    Finding,
    Membership,
    Partnership,
    Person,
    Recommendation,
)
from reviews.recommendations.commands import add_finding
from tests.builders import (
    TODAY,
    Place,
    a_case,
    a_person,
    a_recommendation,
    a_unit,
    a_world,
    actor_of,
    an_action,
    give_review,
    take,
)
from workflows.core.vocabulary import Role

COLUMNS = {
    "BM": Role.BUSINESS_MANAGER,
    "BA": Role.BUSINESS_UNIT_ADMIN,
    "RM": Role.REVIEW_SUBGROUP_MEMBER,
    "SC": Role.SUBGROUP_CHAIR,
    "IC": Role.INDEPENDENT_CHAIR,
    "SP": Role.SAFEGUARDING_PARTNER,
    "AL": Role.AGENCY_LEAD,
    "AO": Role.ACTION_OWNER,
    "CM": Role.CDOP_MANAGER,
    "CP": Role.CDOP_PANEL_MEMBER,
    "LR": Role.LEAD_REVIEWER,
    "SM": Role.SCRUTINY_MEMBER,
}
EXPECTED = """
                              BM BA RM SC IC SP AL AO CM CP LR SM
    case of my agency         x  x  x  x  x  x  x  .  .  .  x  .
    case of other agencies    x  x  .  x  x  x  .  .  .  .  .  .
    child death               .  .  .  .  .  .  .  .  x  x  .  .
    plan without a case       x  x  .  x  x  x  .  .  .  .  .  .
    pseudonym in a review     x  x  x  x  x  x  .  .  .  .  x  .
    pseudonym in a death      .  .  .  .  .  .  .  .  x  .  .  .
    my action                 x  x  x  x  x  x  x  x  .  .  x  .
    action of other agencies  x  x  x  x  x  x  .  .  .  .  .  .
    action of a death         .  .  .  .  .  .  .  .  x  x  .  .
    my action of a death      .  .  .  .  .  .  .  x  x  x  .  .
    published action          x  x  x  x  x  x  .  .  .  .  .  x
    history of my case        x  x  x  x  x  x  x  .  .  .  x  .
    history of a death        .  .  .  .  .  .  .  .  x  x  .  .
    theirs in my case         x  x  x  x  x  x  .  .  .  .  x  .
    history of it             x  x  x  x  x  x  .  .  .  .  x  .
    recommendation            x  x  x  x  x  x  x  .  .  .  x  .
    finding                   x  x  x  x  x  x  x  .  .  .  x  .
    action we share           x  x  x  x  x  x  x  .  .  .  .  .
    our part of it            x  x  x  x  x  x  x  .  .  .  .  .
    a shared death            .  .  .  .  .  .  .  .  x  x  .  .
    clock of my case          x  x  x  x  x  x  x  .  .  .  x  .
    track of a death          .  .  .  .  .  .  .  .  x  x  .  .
    colleague                 x  x  x  x  x  x  x  x  x  x  x  x
    agency                    x  x  x  x  x  x  x  x  x  x  x  x
    partnership               x  x  x  x  x  x  x  x  x  x  x  x
    membership                x  x  x  x  x  x  x  x  x  x  x  x
"""


def test_each_role_sees_in_its_partnership_what_the_matrix_says(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        things = things_of(session, world.anyshire)
        seen = {
            name: " ".join(
                "x" if sees(session, world.anyshire.actors[role], thing) else "." for role in COLUMNS.values()
            )
            for name, thing in things.items()
        }
    assert seen == {line[:26].strip(): " ".join(line[26:].split()) for line in _lines()}


def test_no_role_sees_anything_of_another_partnership(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        for name, thing in things_of(session, world.midmarch).items():
            for role, actor in world.anyshire.actors.items():
                assert not sees(session, actor, thing), f"{role} of Anyshire sees of Midmarch: {name}"


def test_the_system_sees_everything_and_nobody_without_a_post_anything(database: Database) -> None:
    world = a_world(database)
    nobody = Actor(name="Nobody", email="nobody@elsewhere.example", person_id=-1)
    with database() as session:
        for name, thing in things_of(session, world.anyshire).items():
            assert sees(session, system("reminders"), thing), name
            assert not sees(session, nobody, thing), name


def test_an_ended_role_sees_nothing(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        leaver = world.anyshire.people[Role.BUSINESS_MANAGER]
        session.execute(sa.update(Membership).where(Membership.person_id == leaver.id).values(ended_on=TODAY))
        case = a_case(session, world.anyshire.partnership)
        assert not sees(session, actor_of(session, leaver), Thing(Case, case.id))


def test_two_roles_together_open_no_third_thing(database: Database) -> None:
    """A business manager who sits on the CDOP reads its anonymised papers, not the pseudonym of the child."""
    world = a_world(database)
    with database() as session:
        place = world.anyshire
        manager = place.people[Role.BUSINESS_MANAGER]
        a_person(session, place.partnership, Role.CDOP_PANEL_MEMBER, place.agencies["Council"], manager.email)
        both = actor_of(session, manager)
        death = a_case(session, place.partnership, "cdop_case")
        child = session.scalars(sa.select(Child).where(Child.case_id == death.id)).one()
        assert sees(session, both, Thing(Case, death.id))
        assert not sees(session, both, Thing(Child, child.id))


def test_a_role_in_one_partnership_gives_nothing_in_the_other_where_the_same_person_works(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        manager = world.anyshire.people[Role.BUSINESS_MANAGER]
        a_person(
            session, world.midmarch.partnership, Role.ACTION_OWNER, world.midmarch.agencies["Police"], manager.email
        )
        both = actor_of(session, manager)
        here, there = (a_case(session, place.partnership) for place in (world.anyshire, world.midmarch))
        assert sees(session, both, Thing(Case, here.id))
        assert not sees(session, both, Thing(Case, there.id))


@pytest.mark.parametrize(
    ("until_on", "seen"), [(date(2026, 11, 19), False), (TODAY, True), (None, True)], ids=["ended", "last day", "open"]
)
def test_a_lead_reviewer_sees_the_review_until_the_contract_ends(
    database: Database, until_on: date | None, seen: bool
) -> None:
    world = a_world(database)
    with database() as session:
        reviewer = world.anyshire.people[Role.LEAD_REVIEWER]
        case = a_case(session, world.anyshire.partnership)
        give_review(session, case, reviewer, until_on)
        assert sees(session, actor_of(session, reviewer), Thing(Case, case.id)) is seen


def test_a_councillor_sees_the_actions_of_a_thematic_review_once_its_summary_is_published(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        review = a_case(session, world.anyshire.partnership, "thematic_review", opened_on=date(2026, 3, 2))
        action = Thing(Action, an_action(session, review).id)
        councillor = world.anyshire.actors[Role.SCRUTINY_MEMBER]
        take(session, review, "select_cases", "begin", "report", on=date(2026, 4, 1), gaps_noted="None came.")
        assert not sees(session, councillor, action)
        take(session, review, "publish_summary")
        assert sees(session, councillor, action)


@dataclass(frozen=True)
class Thing:
    table: Any
    id: Any


def _part(session: Session, case: Case, agency: Agency) -> ActionPart:
    """Give an agency its part of an action that nobody leads."""
    return add_action_part(a_unit(session), an_action(session, case), agency_id=agency.id)


def sees(session: Session, actor: Actor, thing: Thing) -> bool:
    session.flush()
    wanted = sa.select(sa.func.count()).where(thing.table.id == thing.id, visible(actor, thing.table))
    return bool(session.scalar(wanted))


def things_of(session: Session, place: Place) -> dict[str, Thing]:
    """Make one of everything. All people are of the council; the police are somebody else's agency."""
    council, police = place.agencies["Council"], place.agencies["Police"]
    owner = place.people[Role.ACTION_OWNER]
    mine = a_case(session, place.partnership, agencies=(council,))
    other = a_case(session, place.partnership, agencies=(police,))
    death = a_case(session, place.partnership, "cdop_case", agencies=(council,))
    plan = a_case(session, place.partnership, "strategy_plan")
    report = a_case(session, place.partnership, "lcspr", agencies=(police,))
    next(track for track in report.tracks if track.name == "publication").stage = "published"
    reviewer = place.people[Role.LEAD_REVIEWER]
    give_review(session, mine, reviewer)
    place.actors[Role.LEAD_REVIEWER] = actor_of(session, reviewer)
    theirs = an_action(session, mine, agency=police)
    shared = _part(session, other, council)
    return {
        "case of my agency": Thing(Case, mine.id),
        "case of other agencies": Thing(Case, other.id),
        "child death": Thing(Case, death.id),
        "plan without a case": Thing(Case, plan.id),
        "pseudonym in a review": Thing(Child, _first(session, Child, mine)),
        "pseudonym in a death": Thing(Child, _first(session, Child, death)),
        "my action": Thing(Action, an_action(session, mine, owner=owner, agency=council).id),
        "action of other agencies": Thing(Action, an_action(session, other, agency=police).id),
        "action of a death": Thing(Action, an_action(session, death, agency=council).id),
        "my action of a death": Thing(Action, an_action(session, death, owner=owner).id),
        "published action": Thing(Action, an_action(session, report, agency=police).id),
        "history of my case": Thing(Event, _first(session, Event, mine)),
        "history of a death": Thing(Event, _first(session, Event, death)),
        "theirs in my case": Thing(Action, theirs.id),
        "history of it": Thing(Event, _added(session, theirs)),
        "recommendation": Thing(Recommendation, a_recommendation(session, mine).id),
        "finding": Thing(Finding, add_finding(a_unit(session), mine, text="Nobody asked.").id),
        "action we share": Thing(Action, shared.action_id),
        "our part of it": Thing(ActionPart, shared.id),
        "a shared death": Thing(Action, _part(session, death, council).action_id),
        "clock of my case": Thing(CaseClock, _first(session, CaseClock, mine)),
        "track of a death": Thing(CaseTrack, _first(session, CaseTrack, death)),
        "colleague": Thing(Person, a_person(session, place.partnership).id),
        "agency": Thing(Agency, police.id),
        "partnership": Thing(Partnership, place.partnership.id),
        "membership": Thing(Membership, _membership(session, owner)),
    }


def _first(session: Session, table: Any, case: Case) -> int:
    return session.scalars(sa.select(table.id).where(table.case_id == case.id).order_by(table.id)).first()


def _membership(session: Session, person: Person) -> int:
    return session.scalars(sa.select(Membership.id).where(Membership.person_id == person.id)).one()


def _added(session: Session, action: Action) -> int:
    session.flush()
    added = sa.select(Event.id).where(Event.action_id == action.id, Event.kind == EventKind.ACTION_ADDED)
    return session.scalars(added).one()


def _lines() -> list[str]:
    return [line[4:] for line in EXPECTED.splitlines()[2:] if line.strip()]
