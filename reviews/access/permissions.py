"""Permissions: which role may do what, and who is acting with which roles."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reviews.access.role_matrix import ROLE_MATRIX
from workflows.core.vocabulary import Realm, Role


class NotAllowed(Exception):
    """The person sees the thing, and may not do this to it. The sentence says who may."""


class Permission(StrEnum):
    SEE_TRACKER = "see_tracker"
    SEE_CASE = "see_case"
    SEE_CHILDREN = "see_children"
    OPEN_CASE = "open_case"
    RECORD_STEP = "record_step"
    SEE_ACTIONS = "see_actions"
    RECORD_CHILDREN = "record_children"
    OPEN_IDENTITIES = "open_identities"
    RECORD_IDENTITIES = "record_identities"
    RECORD_AREA = "record_area"
    EDIT_CASE = "edit_case"
    EXPLAIN_CLOCKS = "explain_clocks"
    ADD_ACTION = "add_action"
    REASSIGN_ACTIONS = "reassign_actions"
    IMPORT_ACTIONS = "import_actions"
    IMPORT_CASES = "import_cases"
    SEE_SUMMARY = "see_summary"
    SEE_THEMES = "see_themes"
    MANAGE_THEMES = "manage_themes"
    SEE_REMINDERS = "see_reminders"
    SEND_AGAIN = "send_again"
    SEE_WORKFLOWS = "see_workflows"
    MANAGE_WORKFLOWS = "manage_workflows"
    SEE_PEOPLE = "see_people"
    SEE_SYSTEM = "see_system"
    SEE_SETTINGS = "see_settings"
    SET_LOCAL_RULES = "set_local_rules"
    MOVE_CLOCKS = "move_clocks"
    MANAGE_PEOPLE = "manage_people"
    CHANGE_ADDRESSES = "change_addresses"
    SOLVE_DELIVERY_PROBLEMS = "solve_delivery_problems"
    MANAGE_CASE_RIGHTS = "manage_case_rights"
    MANAGE_RETENTION = "manage_retention"
    SEE_AUDIT = "see_audit"
    SEE_AUDIT_NOTICES = "see_audit_notices"
    HANDLE_REQUESTS = "handle_requests"
    SIGNED_IN = "signed_in"
    HALF_SIGNED_IN = "half_signed_in"
    ANYBODY = "anybody"


class _Roles:
    """Sets of roles that several permissions have in common."""

    UNIT = frozenset({Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN})
    MANAGERS = frozenset({Role.BUSINESS_MANAGER, Role.CDOP_MANAGER})
    HEADS = frozenset({Role.SUBGROUP_CHAIR, Role.INDEPENDENT_CHAIR, Role.SAFEGUARDING_PARTNER})
    MEMBERS = frozenset({Role.REVIEW_SUBGROUP_MEMBER})
    CDOP = frozenset({Role.CDOP_MANAGER, Role.CDOP_PANEL_MEMBER})
    ALL = frozenset(Role)
    OF_RECORDS = frozenset(role for role in Role if role.sees_records)
    CASE_READERS = UNIT | HEADS | MEMBERS | CDOP | {Role.AGENCY_LEAD, Role.LEAD_REVIEWER}


NOTICE_READERS = (Role.PRIVACY_OFFICER, Role.INDEPENDENT_CHAIR, Role.SAFEGUARDING_PARTNER)
"""Who is told of unusual entries of the audit log: the first of these roles that somebody else holds than the person
themself. All that the log has is for the privacy officer alone."""

GRANTS: dict[Permission, frozenset[Role]] = {
    Permission.SEE_TRACKER: _Roles.CASE_READERS,
    Permission.SEE_CASE: _Roles.CASE_READERS,
    Permission.SEE_CHILDREN: _Roles.CASE_READERS - {Role.AGENCY_LEAD, Role.CDOP_PANEL_MEMBER},
    Permission.OPEN_CASE: _Roles.UNIT | {Role.CDOP_MANAGER, Role.SAFEGUARDING_PARTNER},
    Permission.RECORD_STEP: _Roles.CASE_READERS,
    Permission.SEE_ACTIONS: _Roles.OF_RECORDS,
    Permission.RECORD_CHILDREN: _Roles.UNIT | {Role.CDOP_MANAGER},
    Permission.OPEN_IDENTITIES: _Roles.UNIT | {Role.CDOP_MANAGER, Role.LEAD_REVIEWER},
    Permission.RECORD_IDENTITIES: _Roles.UNIT | {Role.CDOP_MANAGER},
    Permission.RECORD_AREA: _Roles.UNIT | {Role.CDOP_MANAGER},
    Permission.EDIT_CASE: _Roles.UNIT | {Role.CDOP_MANAGER},
    Permission.EXPLAIN_CLOCKS: _Roles.UNIT | {Role.CDOP_MANAGER},
    Permission.ADD_ACTION: _Roles.UNIT | {Role.CDOP_MANAGER},
    Permission.REASSIGN_ACTIONS: _Roles.UNIT | {Role.CDOP_MANAGER, Role.AGENCY_LEAD},
    Permission.IMPORT_ACTIONS: _Roles.UNIT | {Role.CDOP_MANAGER},
    Permission.IMPORT_CASES: _Roles.UNIT | {Role.CDOP_MANAGER},
    Permission.SEE_SUMMARY: _Roles.UNIT | _Roles.HEADS | _Roles.MEMBERS | {Role.CDOP_MANAGER},
    Permission.SEE_THEMES: _Roles.UNIT | _Roles.HEADS | _Roles.MEMBERS | _Roles.CDOP,
    Permission.MANAGE_THEMES: _Roles.UNIT | {Role.CDOP_MANAGER},
    Permission.SEE_REMINDERS: _Roles.UNIT | {Role.SUBGROUP_CHAIR},
    Permission.SEND_AGAIN: _Roles.UNIT,
    Permission.SEE_WORKFLOWS: _Roles.ALL,
    Permission.MANAGE_WORKFLOWS: _Roles.UNIT | {Role.CDOP_MANAGER},
    Permission.SEE_PEOPLE: _Roles.UNIT,
    Permission.SEE_SYSTEM: frozenset({Role.TECHNICIAN}),
    Permission.SEE_SETTINGS: _Roles.UNIT
    | _Roles.MANAGERS
    | {Role.SUBGROUP_CHAIR, Role.PRIVACY_OFFICER, Role.TECHNICIAN},
    Permission.SET_LOCAL_RULES: _Roles.MANAGERS,
    Permission.MOVE_CLOCKS: _Roles.MANAGERS,
    Permission.MANAGE_PEOPLE: frozenset({Role.BUSINESS_MANAGER}),
    Permission.CHANGE_ADDRESSES: _Roles.UNIT,
    Permission.SOLVE_DELIVERY_PROBLEMS: _Roles.UNIT,
    Permission.MANAGE_CASE_RIGHTS: _Roles.MANAGERS,
    Permission.MANAGE_RETENTION: _Roles.MANAGERS | {Role.PRIVACY_OFFICER},
    Permission.SEE_AUDIT: frozenset({Role.PRIVACY_OFFICER}),
    Permission.SEE_AUDIT_NOTICES: frozenset(NOTICE_READERS),
    Permission.HANDLE_REQUESTS: frozenset({Role.BUSINESS_MANAGER, Role.PRIVACY_OFFICER}),
    Permission.SIGNED_IN: _Roles.ALL,
    Permission.HALF_SIGNED_IN: _Roles.ALL,
}
BY_READING = frozenset({Permission.SEE_TRACKER, Permission.SEE_CASE, Permission.SEE_ACTIONS})
"""What a grant to read a case opens, whatever the person's role; which cases they find there, visibility.py says."""
BY_WORKING = BY_READING | {Permission.RECORD_STEP}
"""What a grant to work on a case opens."""


def realm_of(role: Role) -> Realm:
    return ROLE_MATRIX[role].realm


SECOND_PERSON = frozenset(
    {
        Role.SUBGROUP_CHAIR,
        Role.INDEPENDENT_CHAIR,
        Role.SAFEGUARDING_PARTNER,
        Role.CDOP_MANAGER,
        Role.CDOP_PANEL_MEMBER,
        Role.PRIVACY_OFFICER,
    }
)
"""Roles that one person asks for and another confirms: who decides, and who sees child death review."""
ONE_PERSON = frozenset(
    {
        Role.BUSINESS_MANAGER,
        Role.BUSINESS_UNIT_ADMIN,
        Role.REVIEW_SUBGROUP_MEMBER,
        Role.AGENCY_LEAD,
        Role.ACTION_OWNER,
        Role.LEAD_REVIEWER,
        Role.SCRUTINY_MEMBER,
        Role.TECHNICIAN,
    }
)
"""Roles that one person may give another. Every role stands in one of the two sets."""


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A role that a person holds in a partnership, for an agency.

    `earlier_agency_ids` are those they held it for until these went over into others: they see what is closed of them.
    """

    partnership_id: int
    partnership_code: str
    partnership_name: str
    agency_id: int
    agency_name: str
    role: Role
    job_title: str
    earlier_agency_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseRights:
    """The rights that a person has, or lacks, by name today: numbers of cases, child cases among them.

    `readable` are those of their grants, `workable` those among them on which they may also work. `excluded_from` are
    hidden from them whatever else they hold. `not_named_in` are confined to people of whom they are not one: there
    they see nothing but actions they own or are the deputy for. `granted_in` are the partnerships and realms of their
    grants, each with whether they may work there.
    """

    readable: tuple[int, ...] = ()
    workable: tuple[int, ...] = ()
    excluded_from: tuple[int, ...] = ()
    not_named_in: tuple[int, ...] = ()
    granted_in: tuple[tuple[int, Realm, bool], ...] = ()

    def open(self, permission: Permission, partnership_id: int | None, realm: Realm | None) -> bool:
        """Whether a grant there opens pages that need the permission."""
        return permission in BY_WORKING and any(
            partnership_id in (None, granted_in) and realm in (None, of_realm)
            for granted_in, of_realm, works in self.granted_in
            if works or permission in BY_READING
        )


NO_RIGHTS = CaseRights()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person with the roles they hold, or the system, which may do everything, under a name.

    `reviewing` are the numbers of the cases a lead reviewer has today. `deputises_for` are the people who are away
    today and whose deputy this person is, as numbers of partnership and person. `operator` is who acts for them at the
    terminal. `case_rights` are those they have, or lack, on single cases beside their roles.
    """

    name: str
    email: str = ""
    person_id: int | None = None
    roles_held: tuple[RoleAssignment, ...] = ()
    reviewing: tuple[int, ...] = ()
    is_system: bool = False
    deputises_for: tuple[tuple[int, int], ...] = ()
    operator: str = ""
    case_rights: CaseRights = NO_RIGHTS

    @property
    def signature(self) -> str:
        """How the history names them: `Name <address>`, and the system by its name.

        At the terminal the operating system's user comes first: `operator (root) for Name <address>`.
        """
        if not self.email:
            return self.name
        name, address = f"{self.operator} for {self.name}" if self.operator else self.name, f" <{self.email}>"
        return name[: max(LONGEST_SIGNATURE - len(address), 0)] + address

    @property
    def at_terminal(self) -> bool:
        """Whether somebody with access to the server stands behind it, who counts as a second person."""
        return self.is_system or bool(self.operator)

    def may(self, permission: Permission, partnership_id: int | None = None, realm: Realm | None = None) -> bool:
        """Whether a role they hold there, or a grant, has the permission. Without partnership or realm, in any."""
        if self.is_system or self.case_rights.open(permission, partnership_id, realm):
            return True
        roles = GRANTS[permission]
        roles_held = self.roles_held_in(partnership_id)
        return any(assignment.role in roles and realm in (None, realm_of(assignment.role)) for assignment in roles_held)

    def require(self, permission: Permission, partnership_id: int | None = None, realm: Realm | None = None) -> None:
        if not self.may(permission, partnership_id, realm):
            who = ", ".join(sorted(role.in_sentence for role in GRANTS[permission]))
            raise NotAllowed(f"Your role cannot do this. It can be done by: {who}.")

    def require_operator(self) -> None:
        if not self.is_system:
            raise NotAllowed("Only an operator can do this, at the terminal of the server.")

    def may_give(self, role: Role, partnership_id: int) -> bool:
        """Whether they may give somebody a role there. Roles of child death review are given by its manager alone."""
        if self.is_system:
            return True
        if not self.may(Permission.MANAGE_PEOPLE, partnership_id):
            return False
        return realm_of(role) is Realm.REVIEWS or self.manages_child_deaths(partnership_id)

    def manages_child_deaths(self, partnership_id: int) -> bool:
        return self.is_system or any(
            assignment.role is Role.CDOP_MANAGER for assignment in self.roles_held_in(partnership_id)
        )

    def roles_held_in(self, partnership_id: int | None) -> Iterable[RoleAssignment]:
        return [assignment for assignment in self.roles_held if partnership_id in (None, assignment.partnership_id)]

    def works_in(self, partnership_id: int, realm: Realm) -> bool:
        """Whether a role there has to do with the records of a realm."""
        return any(
            assignment.role.sees_records and realm_of(assignment.role) is realm
            for assignment in self.roles_held_in(partnership_id)
        )

    def partnerships_with(self, permission: Permission) -> tuple[int, ...]:
        roles = GRANTS[permission]
        by_role = {assignment.partnership_id for assignment in self.roles_held if assignment.role in roles}
        by_grant = {key for key, _, _ in self.case_rights.granted_in if self.case_rights.open(permission, key, None)}
        return tuple(sorted(by_role | by_grant))


def needs_second_person(actor: Actor, role: Role) -> bool:
    """Whether a role that this actor gives waits until somebody else confirms it."""
    return role in SECOND_PERSON and not actor.at_terminal


LONGEST_SIGNATURE = 200
"""As columns hold it. A longer name is cut, and the address stays whole."""


def system(name: str) -> Actor:
    """Give the product itself as actor, under the name the history is to show."""
    return Actor(name=name, is_system=True)
