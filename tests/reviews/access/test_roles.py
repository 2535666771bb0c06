"""The roles that count on one case or action."""

from reviews.access.permissions import Actor, RoleAssignment, system
from reviews.access.policies import roles_in, roles_on_action, roles_on_case
from reviews.models import Action, Case
from workflows.core.vocabulary import Realm, Role

HERE, ELSEWHERE = 1, 2
COUNCIL, POLICE = 10, 20
ADA, BOB = 100, 200


def ada(*roles_held: tuple[Role, int], partnership_id: int = HERE, reviewing: tuple[int, ...] = ()) -> Actor:
    held = tuple(
        RoleAssignment(partnership_id, "ANYSHIRE", "Anyshire", agency, "", role, "") for role, agency in roles_held
    )
    return Actor(name="Ada Fair", email="ada@anyshire.example", person_id=ADA, roles_held=held, reviewing=reviewing)


def a_review() -> Case:
    return Case(id=5, partnership_id=HERE, realm=Realm.REVIEWS)


def a_death() -> Case:
    return Case(id=6, partnership_id=HERE, realm=Realm.CHILD_DEATHS)


def an_action_of(agency: int | None = COUNCIL, owner: int | None = BOB, realm: Realm = Realm.REVIEWS) -> Action:
    return Action(partnership_id=HERE, realm=realm, lead_agency_id=agency, owner_id=owner)


def test_a_role_of_one_realm_does_not_count_in_the_other() -> None:
    manager, coordinator = ada((Role.BUSINESS_MANAGER, COUNCIL)), ada((Role.CDOP_MANAGER, COUNCIL))
    assert roles_on_case(manager, a_review()) == {Role.BUSINESS_MANAGER}
    assert roles_on_case(manager, a_death()) == set()
    assert roles_on_case(coordinator, a_review()) == set()
    assert roles_on_case(coordinator, a_death()) == {Role.CDOP_MANAGER}
    assert roles_in(coordinator, HERE, Realm.REVIEWS) == set()


def test_a_role_elsewhere_does_not_count() -> None:
    stranger = ada((Role.BUSINESS_MANAGER, COUNCIL), partnership_id=ELSEWHERE)
    assert roles_on_case(stranger, a_review()) == set()
    assert roles_on_action(stranger, an_action_of()) == set()


def test_a_lead_reviewer_counts_only_on_the_review_under_contract() -> None:
    post = (Role.LEAD_REVIEWER, COUNCIL)
    assert roles_on_case(ada(post, reviewing=(5,)), a_review()) == {Role.LEAD_REVIEWER}
    assert roles_on_case(ada(post, reviewing=(4,)), a_review()) == set()


def test_somebody_who_owns_actions_is_an_owner_of_their_own_action_only() -> None:
    owner = ada((Role.ACTION_OWNER, COUNCIL))
    assert roles_on_action(owner, an_action_of(owner=ADA)) == {Role.ACTION_OWNER}
    assert roles_on_action(owner, an_action_of(owner=BOB)) == set()
    assert roles_on_action(owner, an_action_of(owner=None)) == set()


def test_a_chair_who_owns_an_action_is_its_owner_too() -> None:
    chair = ada((Role.SUBGROUP_CHAIR, COUNCIL))
    assert roles_on_action(chair, an_action_of(owner=ADA)) == {Role.SUBGROUP_CHAIR, Role.ACTION_OWNER}


def test_an_agency_lead_counts_for_the_actions_of_the_agency() -> None:
    lead = ada((Role.AGENCY_LEAD, COUNCIL))
    assert roles_on_action(lead, an_action_of(agency=COUNCIL)) == {Role.AGENCY_LEAD}
    assert roles_on_action(lead, an_action_of(agency=POLICE)) == set()
    assert roles_on_action(lead, an_action_of(agency=None)) == set()
    assert roles_on_action(lead, an_action_of(agency=COUNCIL, realm=Realm.CHILD_DEATHS)) == set()


def test_the_owner_of_an_action_of_a_child_death_is_its_owner() -> None:
    assert roles_on_action(ada((Role.ACTION_OWNER, COUNCIL)), an_action_of(owner=ADA, realm=Realm.CHILD_DEATHS)) == {
        Role.ACTION_OWNER
    }


def test_the_system_is_admitted_by_every_step() -> None:
    assert roles_on_case(system("import"), a_review()) is None
    assert roles_on_action(system("import"), an_action_of()) is None
    assert roles_in(system("import"), HERE, Realm.REVIEWS) is None
