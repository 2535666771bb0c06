"""The table of roles is that of the field: its matrix of roles and confidentiality, cell by cell."""

import pytest

from reviews.access.permissions import GRANTS, Permission
from reviews.access.role_matrix import ROLE_MATRIX, Reach
from workflows.core.vocabulary import Realm, Role
from workflows.definitions.action import CLOSERS

FIELD = """
Role                   | Case          | Child identity      | Child death | Actions        | Reports   | Admin
Business manager       | RW            | R                   | -           | RW             | RW        | users
Business unit admin    | RW            | R                   | -           | RW             | R         | merging
Review subgroup member | R own agency  | pseudonym           | -           | R all, W own   | R         | -
Subgroup chair         | RA            | on request          | -           | A              | RA        | -
Independent chair      | R             | pseudonym           | summary     | R              | R         | -
Safeguarding partner   | RA            | pseudonym           | summary     | R              | RA        | -
Agency lead            | R own agency  | own agency's record | own forms   | RW own agency  | R own     | -
Action owner           | -             | -                   | -           | W own          | own list  | -
CDOP manager           | -             | RW                  | RW          | RW             | RW        | -
CDOP panel member      | -             | -                   | R           | R              | R         | -
Lead reviewer          | RW own review | as contracted       | -           | R own review   | -         | -
Scrutiny member        | -             | -                   | -           | published only | published | -
Privacy officer        | -             | -                   | -           | -              | -         | -
Technician             | -             | -                   | -           | -              | -         | -
"""
LESS = {
    ("Agency lead", "Child identity"): "What the agency itself recorded is with the agency: here is no identity yet.",
    ("Agency lead", "Child death"): "Their request is a case of its own, which its agency sees in either realm.",
    ("Independent chair", "Child death"): "No summary goes across the realms.",
    ("Safeguarding partner", "Child death"): "No summary goes across the realms.",
    ("Agency lead", "Reports"): "Their own list of actions is on the page of actions.",
    ("Action owner", "Reports"): "Their own list of actions is on the page of actions.",
    ("CDOP panel member", "Reports"): "The summary names actions and owners, which the panel does not follow.",
    ("Scrutiny member", "Reports"): "Published reports are outside the product.",
    ("Business unit admin", "Admin"): "Who merges agencies moves people, and so manages them.",
}
"""Where a role sees or may do less here than in the field, and why. Nowhere more."""


def cells(column: str) -> dict[Role, str]:
    """Give the cells of a column, by role; "" where it is less than the field has."""
    head, *lines = [[cell.strip() for cell in line.split("|")] for line in FIELD.strip().splitlines()]
    place = head.index(column)
    found = {line[0]: "" if (line[0], column) in LESS else line[place] for line in lines}
    return {role: found[role.words] for role in Role}


def test_the_table_has_each_role_once_and_no_reason_for_nothing():
    assert set(ROLE_MATRIX) == set(Role)
    assert {name for name, _ in LESS} <= {role.words for role in Role}


@pytest.mark.parametrize("role", Role)
def test_a_role_sees_the_cases_that_it_sees_in_the_field(role):
    own, deaths = cells("Case")[role], cells("Child death")[role]
    reach = {"-": Reach.NONE, "": Reach.NONE, "R own agency": Reach.OF_AGENCY, "RW own review": Reach.GIVEN}
    row = ROLE_MATRIX[role]
    in_reviews, in_deaths = reach.get(own, Reach.ALL), reach.get(deaths, Reach.ALL)

    assert in_reviews is (row.cases if row.realm is Realm.REVIEWS else Reach.NONE)
    assert in_deaths is (row.cases if row.realm is Realm.CHILD_DEATHS else Reach.NONE)
    assert (role in GRANTS[Permission.SEE_CASE]) is (row.cases is not Reach.NONE)


@pytest.mark.parametrize("role", Role)
def test_a_role_sees_the_actions_that_it_sees_in_the_field(role):
    reach = {
        "-": Reach.NONE,
        "RW own agency": Reach.OF_AGENCY,
        "W own": Reach.OWN,
        "R own review": Reach.GIVEN,
        "published only": Reach.PUBLISHED,
    }
    cell = cells("Actions")[role]

    assert ROLE_MATRIX[role].actions is reach.get(cell, Reach.ALL)
    if cell == "A":
        assert role in CLOSERS


@pytest.mark.parametrize(
    ("column", "permission"),
    [
        ("Child identity", Permission.SEE_CHILDREN),
        ("Reports", Permission.SEE_SUMMARY),
        ("Admin", Permission.MANAGE_PEOPLE),
    ],
)
def test_a_permission_is_that_of_the_roles_that_have_it_in_the_field(column, permission):
    assert GRANTS[permission] == {role for role, cell in cells(column).items() if cell not in ("-", "")}
