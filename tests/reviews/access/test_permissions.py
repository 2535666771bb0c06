"""Permissions: who may do what, and where."""

import pytest

from reviews.access.permissions import GRANTS, Actor, NotAllowed, Permission, RoleAssignment, realm_of, system
from workflows.core.vocabulary import Realm, Role

ANYSHIRE, MIDMARCH = 1, 2


def holding(*roles: Role, partnership_id: int = ANYSHIRE) -> Actor:
    roles_held = tuple(
        RoleAssignment(partnership_id, "ANYSHIRE", "Anyshire", 1, "Anyshire Council", role, "officer") for role in roles
    )
    return Actor(name="Ada Fair", email="ada@anyshire.example", person_id=1, roles_held=roles_held)


def test_every_permission_but_the_open_ones_says_who_holds_it() -> None:
    assert set(Permission) - set(GRANTS) == {Permission.ANYBODY}


@pytest.mark.parametrize("role", Role)
def test_every_role_may_sign_in_and_see_its_actions_but_those_without_records(role: Role) -> None:
    assert holding(role).may(Permission.SIGNED_IN)
    assert holding(role).may(Permission.SEE_ACTIONS, ANYSHIRE) == role.sees_records


def test_privacy_and_technician_may_do_nothing_with_records() -> None:
    beside = {
        Permission.SIGNED_IN,
        Permission.HALF_SIGNED_IN,
        Permission.SEE_SETTINGS,
        Permission.SEE_WORKFLOWS,
    }
    granted = {role: {each for each in GRANTS if holding(role).may(each)} for role in Role if not role.sees_records}
    log = {Permission.SEE_AUDIT, Permission.SEE_AUDIT_NOTICES}
    assert granted == {
        Role.PRIVACY_OFFICER: beside | log | {Permission.HANDLE_REQUESTS, Permission.MANAGE_RETENTION},
        Role.TECHNICIAN: beside | {Permission.SEE_SYSTEM},
    }
    assert not holding(Role.TECHNICIAN).works_in(ANYSHIRE, Realm.REVIEWS)


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        (Permission.MANAGE_PEOPLE, {Role.BUSINESS_MANAGER}),
        (Permission.IMPORT_ACTIONS, {Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN, Role.CDOP_MANAGER}),
        (Permission.IMPORT_CASES, {Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN, Role.CDOP_MANAGER}),
        (Permission.ADD_ACTION, {Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN, Role.CDOP_MANAGER}),
        (Permission.SEE_PEOPLE, {Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN}),
        (Permission.CHANGE_ADDRESSES, {Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN}),
        (Permission.SEE_AUDIT, {Role.PRIVACY_OFFICER}),
    ],
)
def test_what_changes_much_is_for_few(permission: Permission, roles: set[Role]) -> None:
    assert {role for role in Role if holding(role).may(permission, ANYSHIRE)} == roles


def test_neither_an_owner_nor_a_councillor_reads_a_case_or_a_summary() -> None:
    for role in (Role.ACTION_OWNER, Role.SCRUTINY_MEMBER):
        for permission in (Permission.SEE_CASE, Permission.SEE_TRACKER, Permission.SEE_SUMMARY, Permission.RECORD_STEP):
            assert not holding(role).may(permission)


def test_a_permission_counts_only_where_the_role_is_held() -> None:
    manager = holding(Role.BUSINESS_MANAGER)
    assert manager.may(Permission.OPEN_CASE, ANYSHIRE)
    assert not manager.may(Permission.OPEN_CASE, MIDMARCH)
    assert manager.partnerships_with(Permission.OPEN_CASE) == (ANYSHIRE,)


def test_a_refusal_says_whose_it_is() -> None:
    with pytest.raises(NotAllowed, match=r"It can be done by: business manager\.$"):
        holding(Role.SUBGROUP_CHAIR).require(Permission.MANAGE_PEOPLE, ANYSHIRE)


def test_the_system_may_do_everything_and_signs_with_its_own_name() -> None:
    assert all(system("reminders").may(permission) for permission in GRANTS)
    assert system("reminders").signature == "reminders"
    assert holding(Role.ACTION_OWNER).signature == "Ada Fair <ada@anyshire.example>"


def test_only_the_child_death_roles_belong_to_the_child_death_realm() -> None:
    of_deaths = {role for role in Role if realm_of(role) is Realm.CHILD_DEATHS}
    assert of_deaths == {Role.CDOP_MANAGER, Role.CDOP_PANEL_MEMBER}
