"""What each role sees: the one table that the rules of visibility, the page of roles and its test read."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from workflows.core.vocabulary import Realm, Role


class Reach(StrEnum):
    """How much of the records of its realm in a partnership a role sees, in the words of the page of roles."""

    ALL = "all"
    OF_AGENCY = "those of its agency"
    GIVEN = "those it was given, until a day"
    OWN = "its own"
    PUBLISHED = "those of published reviews"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class RoleReach:
    """What a role sees by itself. Whoever owns an action, or stands in for its owner, sees it in any role."""

    cases: Reach
    actions: Reach
    realm: Realm = Realm.REVIEWS


ROLE_MATRIX: Mapping[Role, RoleReach] = {
    Role.BUSINESS_MANAGER: RoleReach(Reach.ALL, Reach.ALL),
    Role.BUSINESS_UNIT_ADMIN: RoleReach(Reach.ALL, Reach.ALL),
    Role.REVIEW_SUBGROUP_MEMBER: RoleReach(Reach.OF_AGENCY, Reach.ALL),
    Role.SUBGROUP_CHAIR: RoleReach(Reach.ALL, Reach.ALL),
    Role.INDEPENDENT_CHAIR: RoleReach(Reach.ALL, Reach.ALL),
    Role.SAFEGUARDING_PARTNER: RoleReach(Reach.ALL, Reach.ALL),
    Role.AGENCY_LEAD: RoleReach(Reach.OF_AGENCY, Reach.OF_AGENCY),
    Role.ACTION_OWNER: RoleReach(Reach.NONE, Reach.OWN),
    Role.CDOP_MANAGER: RoleReach(Reach.ALL, Reach.ALL, Realm.CHILD_DEATHS),
    Role.CDOP_PANEL_MEMBER: RoleReach(Reach.ALL, Reach.ALL, Realm.CHILD_DEATHS),
    Role.LEAD_REVIEWER: RoleReach(Reach.GIVEN, Reach.GIVEN),
    Role.SCRUTINY_MEMBER: RoleReach(Reach.NONE, Reach.PUBLISHED),
    Role.PRIVACY_OFFICER: RoleReach(Reach.NONE, Reach.NONE),
    Role.TECHNICIAN: RoleReach(Reach.NONE, Reach.NONE),
}


def seeing_cases(reach: Reach) -> frozenset[Role]:
    """Give the roles that see cases as far as this."""
    return frozenset(role for role, row in ROLE_MATRIX.items() if row.cases is reach)


def seeing_actions(reach: Reach) -> frozenset[Role]:
    """Give the roles that see actions as far as this."""
    return frozenset(role for role, row in ROLE_MATRIX.items() if row.actions is reach)
