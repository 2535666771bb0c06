"""Grants, exclusions and confined cases, by the one rule of what a person may see."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import NO_RIGHTS, Actor, NotAllowed, Permission
from reviews.access.policies import roles_on_case
from reviews.access.visibility import visible
from reviews.actions.details import assign_action
from reviews.cases.case_access import (
    case_access,
    confine,
    declare_interest,
    end_confinement,
    end_right,
    exclude,
    grant,
)
from reviews.core.db import Database
from reviews.models import (
    Action,
    Agency,
    Case,
    CaseClock,
    CaseRight,
    Child,
    Event,
    EventKind,
    Membership,
    Person,
    RightKind,
)
from reviews.people.absences import record_absence
from reviews.people.offboarding import open_actions_of
from reviews.people.queries import actor_by_email, owners
from reviews.transactions.unit_of_work import Unit
from tests.builders import (
    NOW,
    TO_THE_PANEL,
    TODAY,
    Place,
    a_case,
    a_person,
    a_unit,
    a_world,
    actor_of,
    an_action,
    give_review,
    take,
)
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

WHY = "Their sister works with the family."
REVIEW_ROLES = [
    Role.BUSINESS_MANAGER,
    Role.BUSINESS_UNIT_ADMIN,
    Role.REVIEW_SUBGROUP_MEMBER,
    Role.SUBGROUP_CHAIR,
    Role.INDEPENDENT_CHAIR,
    Role.SAFEGUARDING_PARTNER,
    Role.AGENCY_LEAD,
    Role.LEAD_REVIEWER,
]
DEATH_ROLES = [Role.CDOP_MANAGER, Role.CDOP_PANEL_MEMBER]
TABLES = (Case, CaseClock, Child, Event, Action)


def things_seen(session: Session, actor: Actor, case: Case) -> set[str]:
    """Give the tables of which the person sees a row that belongs to the case or a child case of it."""
    family = sa.select(Case.id).where((Case.id == case.id) | (Case.parent_id == case.id))
    return {
        table.__name__
        for table in TABLES
        if session.scalar(
            sa.select(sa.func.count())
            .select_from(table)
            .where((table.id if table is Case else table.case_id).in_(family), visible(actor, table))
        )
    }


def a_rich_case(session: Session, place: Place, kind: str = "rapid_review") -> Case:
    """Make a case with requests to agencies, a lead reviewer and an action of the owner, all of the council."""
    council = place.agencies["Council"]
    case = a_case(session, place.partnership, kind, agencies=(council,))
    if kind == "rapid_review":
        take(session, case, "convene_discussion", "decide_notify", "submit_sin", "open_gathering")
        give_review(session, case, place.people[Role.LEAD_REVIEWER])
    an_action(session, case, owner=place.people[Role.ACTION_OWNER], agency=council)
    return case


def somebody(session: Session, place: Place, role: Role = Role.ACTION_OWNER, agency: Agency | None = None) -> Person:
    person = a_person(session, place.partnership, role, agency)
    session.flush()
    return person


def now(session: Session, place: Place, role: Role) -> Actor:
    return actor_of(session, place.people[role])


def manager_of(session: Session, place: Place, role: Role = Role.BUSINESS_MANAGER) -> Unit:
    return a_unit(session, now(session, place, role))


@pytest.mark.parametrize("role", [*REVIEW_ROLES, Role.ACTION_OWNER])
def test_an_exclusion_wins_over_every_role_in_a_review(database: Database, role: Role) -> None:
    world = a_world(database)
    with database() as session:
        place = world.anyshire
        case = a_rich_case(session, place)
        assert things_seen(session, now(session, place, role), case)
        exclude(a_unit(session), case, email=place.people[role].email, reason=WHY)
        assert things_seen(session, now(session, place, role), case) == set()
        others = [each for each in REVIEW_ROLES if each is not role]
        assert all(things_seen(session, now(session, place, each), case) for each in others)


@pytest.mark.parametrize("role", DEATH_ROLES)
def test_an_exclusion_wins_over_every_role_in_a_child_death_review(database: Database, role: Role) -> None:
    world = a_world(database)
    with database() as session:
        place = world.anyshire
        case = a_rich_case(session, place, "cdop_case")
        exclude(a_unit(session), case, email=place.people[role].email, reason=WHY)
        assert things_seen(session, now(session, place, role), case) == set()


def test_an_exclusion_wins_over_grant_owner_and_deputy(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        place, unit = world.anyshire, a_unit(session)
        case = a_rich_case(session, place)
        owner, other = place.people[Role.ACTION_OWNER], somebody(session, place)
        record_absence(
            unit, place.partnership, email=owner.email, deputy_email=other.email, from_on=TODAY, until_on=TODAY
        )
        an_action(session, case, deputy_id=other.id)
        grant(unit, case, email=other.email, right=RightKind.WORK, until=TODAY, reason="To help.")
        assert "Case" in things_seen(session, actor_of(session, other), case)
        exclude(unit, case, email=other.email, reason=WHY)
        assert things_seen(session, actor_of(session, other), case) == set()
        assert not actor_of(session, other).may(Permission.RECORD_STEP)


@pytest.mark.parametrize("right", [RightKind.READ, RightKind.WORK])
def test_a_grant_opens_one_case_and_nothing_else(database: Database, right: RightKind) -> None:
    world = a_world(database)
    with database() as session:
        place = world.anyshire
        case, other = (a_rich_case(session, place) for _ in range(2))
        person = somebody(session, place)
        assert things_seen(session, actor_of(session, person), case) == set()
        grant(manager_of(session, place), case, email=person.email, right=right, until=TODAY, reason="To help.")
        actor = actor_of(session, person)
        children = {"Child"} if right is RightKind.WORK else set()
        assert things_seen(session, actor, case) == {"Case", "CaseClock", "Event", "Action"} | children
        assert things_seen(session, actor, other) == set()
        assert actor.may(Permission.SEE_CASE, place.partnership.id)
        assert actor.may(Permission.RECORD_STEP) is (right is RightKind.WORK)
        assert not actor.may(Permission.EDIT_CASE)
        assert (Role.LEAD_REVIEWER in (roles_on_case(actor, case) or ())) is (right is RightKind.WORK)
        assert Role.LEAD_REVIEWER not in (roles_on_case(actor, other) or ())


def test_grant_and_exclusion_end_by_the_clock(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        place, unit = world.anyshire, a_unit(session)
        case = a_rich_case(session, place)
        person, chair = somebody(session, place), place.people[Role.SUBGROUP_CHAIR]
        grant(unit, case, email=person.email, right=RightKind.READ, until=TODAY, reason="To help.")
        exclude(unit, case, email=chair.email, reason=WHY, until=TODAY)
        session.flush()
        tomorrow = TODAY + timedelta(days=1)
        assert "Case" not in things_seen(session, actor_by_email(session, person.email, today=tomorrow), case)
        assert "Case" in things_seen(session, actor_by_email(session, chair.email, today=tomorrow), case)
        assert actor_by_email(session, chair.email, today=tomorrow).case_rights == NO_RIGHTS


def test_grant_and_exclusion_are_ended_by_hand_with_a_reason(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        place, unit = world.anyshire, manager_of(session, world.anyshire)
        case = a_rich_case(session, place)
        person, chair = somebody(session, place), place.people[Role.SUBGROUP_CHAIR]
        grant(unit, case, email=person.email, right=RightKind.READ, until=TODAY, reason="To help.")
        exclude(unit, case, email=chair.email, reason=WHY)
        end_right(unit, case, email=person.email, excluded=False, reason="It is done.")
        end_right(unit, case, email=chair.email, excluded=True, reason="It was an error.")
        assert "Case" not in things_seen(session, actor_of(session, person), case)
        assert "Case" in things_seen(session, actor_of(session, chair), case)
        reasons = {
            event.details["reason"]
            for event in session.scalars(sa.select(Event).where(Event.case_id == case.id))
            if event.kind in (EventKind.CASE_RIGHT_GIVEN, EventKind.CASE_RIGHT_ENDED)
        }
        assert reasons == {"To help.", WHY, "It is done.", "It was an error."}
        with pytest.raises(Refused, match="is not excluded"):
            end_right(unit, case, email=chair.email, excluded=True, reason="Again.")


def test_two_people_can_be_excluded_and_one_is_let_in_again(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        place, unit = world.anyshire, a_unit(session)
        case = a_rich_case(session, place)
        for role in (Role.SUBGROUP_CHAIR, Role.SAFEGUARDING_PARTNER):
            exclude(unit, case, email=place.people[role].email, reason=WHY)
        with pytest.raises(Refused, match="excluded from this case already"):
            exclude(unit, case, email=place.people[Role.SUBGROUP_CHAIR].email, reason=WHY)
        end_right(
            unit, case, email=place.people[Role.SUBGROUP_CHAIR].email, excluded=True, reason="The family has moved."
        )
        assert things_seen(session, now(session, place, Role.SUBGROUP_CHAIR), case)
        assert not things_seen(session, now(session, place, Role.SAFEGUARDING_PARTNER), case)


def test_an_interest_that_is_declared_excludes_from_the_whole_case_at_once(database: Database) -> None:
    """An agency lead who sees nothing but the request to their agency is excluded from all of the case."""
    world = a_world(database)
    with database() as session:
        place = world.anyshire
        case = a_rich_case(session, place)
        request = session.scalars(sa.select(Case).where(Case.parent_id == case.id).order_by(Case.id)).first()
        lead = now(session, place, Role.AGENCY_LEAD)
        declare_interest(a_unit(session, lead), request, reason="I know this family.")
        assert things_seen(session, now(session, place, Role.AGENCY_LEAD), case) == set()
        declared = session.scalars(sa.select(CaseRight)).one()
        assert (declared.case_id, declared.recorded_by) == (case.id, lead.signature)


def test_a_confined_case_is_for_those_who_are_named_whatever_the_role(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        place, unit = world.anyshire, manager_of(session, world.anyshire)
        case = a_rich_case(session, place)
        named = somebody(session, place, Role.SUBGROUP_CHAIR)
        grant(unit, case, email=named.email, right=RightKind.READ, until=TODAY, reason="Chairs this review.")
        confine(unit, case, reason="A colleague's child.")
        seen = {role for role in REVIEW_ROLES if things_seen(session, now(session, place, role), case)}
        assert seen == {Role.BUSINESS_MANAGER, Role.LEAD_REVIEWER}
        assert "Case" in things_seen(session, actor_of(session, named), case)
        assert things_seen(session, now(session, place, Role.ACTION_OWNER), case) == {"Action", "Event"}
        end_confinement(unit, case, reason="It is published.")
        assert all(things_seen(session, now(session, place, role), case) for role in REVIEW_ROLES)


def test_a_manager_who_is_excluded_does_not_see_a_confined_case_either(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        place = world.anyshire
        case = a_rich_case(session, place)
        confine(a_unit(session), case, reason="A colleague's child.")
        exclude(a_unit(session), case, email=place.people[Role.BUSINESS_MANAGER].email, reason=WHY)
        assert things_seen(session, now(session, place, Role.BUSINESS_MANAGER), case) == set()


def test_only_the_manager_of_the_realm_decides_who_sees_a_case(database: Database) -> None:
    """Nobody of the realm of reviews opens a child death to anybody; its own manager may, also to them."""
    world = a_world(database)
    with database() as session:
        place = world.anyshire
        death, review = a_rich_case(session, place, "cdop_case"), a_rich_case(session, place)
        chair = place.people[Role.SUBGROUP_CHAIR]
        told = {"email": chair.email, "right": RightKind.WORK, "until": TODAY, "reason": "To help."}
        for role in set(Role) - {Role.CDOP_MANAGER}:
            with pytest.raises(NotAllowed):
                grant(manager_of(session, place, role), death, **told)
            with pytest.raises(NotAllowed):
                confine(manager_of(session, place, role), death, reason="To help.")
        for role in set(Role) - {Role.BUSINESS_MANAGER}:
            with pytest.raises(NotAllowed):
                exclude(manager_of(session, place, role), review, email=chair.email, reason=WHY)
        grant(manager_of(session, place, Role.CDOP_MANAGER), death, **told)
        opened = now(session, place, Role.SUBGROUP_CHAIR)
        assert things_seen(session, opened, death) == {"Case", "CaseClock", "Event", "Action"}
        assert roles_on_case(opened, death) == {Role.CDOP_PANEL_MEMBER}


def test_a_grant_needs_a_person_of_the_partnership_a_day_and_no_exclusion(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        place, unit = world.anyshire, manager_of(session, world.anyshire)
        case = a_rich_case(session, place)
        stranger, chair = world.midmarch.people[Role.SUBGROUP_CHAIR], place.people[Role.SUBGROUP_CHAIR]
        why = {"right": RightKind.READ, "reason": "To help."}
        with pytest.raises(Refused, match="Nobody here has the address"):
            grant(unit, case, email=stranger.email, until=TODAY, **why)
        for until in (TODAY - timedelta(days=1), TODAY + timedelta(days=400)):
            with pytest.raises(Refused, match="between today and"):
                grant(unit, case, email=chair.email, until=until, **why)
        exclude(unit, case, email=chair.email, reason=WHY)
        with pytest.raises(Refused, match="End the exclusion first"):
            grant(unit, case, email=chair.email, until=TODAY, **why)


def test_a_grant_ends_with_the_last_role_in_the_partnership(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        place = world.anyshire
        case, person = a_rich_case(session, place), somebody(session, place)
        grant(a_unit(session), case, email=person.email, right=RightKind.READ, until=TODAY, reason="To help.")
        session.execute(sa.update(Membership).where(Membership.person_id == person.id).values(ended_on=TODAY))
        assert things_seen(session, actor_of(session, person), case) == set()


def test_nothing_of_a_case_is_given_to_who_is_excluded_from_it(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        place, unit = world.anyshire, manager_of(session, world.anyshire)
        case, person = a_rich_case(session, place), somebody(session, place)
        exclude(unit, case, email=person.email, reason=WHY)
        action = an_action(session, case)
        with pytest.raises(Refused, match="cannot work on this case") as refusal:
            assign_action(unit, action, owner_email=person.email)
        assert WHY not in refusal.value.sentence
        offered = owners(session, unit.actor, case.partnership_id, case_id=case.id, today=TODAY)
        assert person.email not in {each.email for each in offered}, "who would be refused is not offered"
        assert person.email in {each.email for each in owners(session, unit.actor, case.partnership_id)}
        with pytest.raises(Refused, match="cannot work on this case"):
            an_action(session, case, deputy_id=person.id)


def test_a8_exclusion_and_confinement_go_on_to_the_case_it_leads_to(database: Database) -> None:
    """A8: a copy, here the review that a rapid review leads to, keeps flag, grants and exclusions."""
    world = a_world(database)
    with database() as session:
        place, unit = world.anyshire, manager_of(session, world.anyshire)
        case = a_case(session, place.partnership, agencies=(place.agencies["Council"],))
        person, chair = somebody(session, place), place.people[Role.SUBGROUP_CHAIR]
        grant(unit, case, email=person.email, right=RightKind.READ, until=TODAY, reason="To help.")
        exclude(unit, case, email=chair.email, reason=WHY)
        confine(unit, case, reason="A colleague's child.")
        opened = take(session, case, *TO_THE_PANEL, "panel_response", "confirm_lcspr")
        assert opened is not None
        assert opened.confined_at == NOW
        assert things_seen(session, actor_of(session, person), opened)
        assert not things_seen(session, now(session, place, Role.SUBGROUP_CHAIR), opened)
        assert not things_seen(session, now(session, place, Role.SAFEGUARDING_PARTNER), opened)


def test_who_sees_a_case_is_what_the_rule_says_and_each_has_a_reason(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        place, unit = world.anyshire, manager_of(session, world.anyshire)
        police = somebody(session, place, Role.AGENCY_LEAD, place.agencies["Police"])
        granted = somebody(session, place)
        case, death = a_rich_case(session, place), a_rich_case(session, place, "cdop_case")
        request = session.scalars(sa.select(Case).where(Case.parent_id == case.id).order_by(Case.id)).first()
        grant(unit, case, email=granted.email, right=RightKind.READ, until=TODAY, reason="To help.")
        exclude(unit, case, email=place.people[Role.SUBGROUP_CHAIR].email, reason=WHY)
        for confined in (False, True):
            if confined:
                confine(unit, case, reason="A colleague's child.")
            for each, who in (
                (case, unit.actor),
                (request, unit.actor),
                (death, now(session, place, Role.CDOP_MANAGER)),
            ):
                lines = {line.email: line for line in case_access(session, who, each, today=TODAY)}
                for person in [*place.people.values(), police, granted]:
                    sees = bool(
                        session.scalar(
                            sa.select(sa.func.count()).where(
                                Case.id == each.id, visible(actor_of(session, person), Case)
                            )
                        )
                    )
                    line = lines.get(person.email)
                    assert (line is not None and line.sees) is sees, (person.email, each.reference)
                    in_favour = [reason for reason in (line.reasons if line else ()) if reason != "Excluded"]
                    assert bool(in_favour) is sees or "Excluded" in (line.reasons if line else ()), person.email
        chair = {line.email: line for line in case_access(session, unit.actor, case, today=TODAY)}
        assert chair[place.people[Role.SUBGROUP_CHAIR].email].reasons == ("Excluded",)


def test_an_exclusion_goes_on_into_the_other_realm_and_nothing_else_does(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        place, unit = world.anyshire, manager_of(session, world.anyshire)
        case, manager = a_case(session, place.partnership), place.people[Role.CDOP_MANAGER]
        grant(unit, case, email=manager.email, right=RightKind.READ, until=TODAY, reason="To help.")
        exclude(unit, case, email=place.people[Role.CDOP_PANEL_MEMBER].email, reason=WHY)
        confine(unit, case, reason="A colleague's child.")
        death = take(session, case, "child_died", child_concerned="Child K")
        assert death is not None
        assert death.confined_at is None
        assert [right.kind for right in session.scalars(sa.select(CaseRight).where(CaseRight.case_id == death.id))] == [
            RightKind.EXCLUDED
        ]
        assert not things_seen(session, now(session, place, Role.CDOP_PANEL_MEMBER), death)


def test_what_a_leaver_owned_is_not_parked_with_who_is_excluded(database: Database) -> None:
    world = a_world(database)
    with database() as session:
        place = world.anyshire
        case, unit = a_rich_case(session, place), manager_of(session, place)
        exclude(a_unit(session), case, email=place.people[Role.AGENCY_LEAD].email, reason=WHY)
        owner = place.people[Role.ACTION_OWNER]
        [action] = open_actions_of(session, unit.actor, owner.id, [place.partnership.id], today=TODAY)
        assert action.keeper is not None
        assert action.keeper.role is Role.BUSINESS_MANAGER
