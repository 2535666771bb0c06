"""The roles that are told of each kind of event, and the people who hold them.

The rungs of a ladder name their own roles; AUDIENCE names those for everything else that happens.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from reviews.access.permissions import realm_of
from reviews.access.visibility import WHOLE_PARTNERSHIP
from reviews.models import EventKind
from workflows.core.vocabulary import Realm, Role
from workflows.definitions.action import AWAITING_SIGN_OFF, DATED, OPEN, UNFINISHED

OF_AN_AGENCY = frozenset({Role.AGENCY_LEAD, Role.SAFEGUARDING_PARTNER})
"""Roles that are told of the actions of their own agency only."""


@dataclass(frozen=True, slots=True)
class AudienceRule:
    """`rung` is the name of the event in the ledger, `stages` those of the action at which it is still news.

    `also` are further roles that are told, where somebody holds them. `but_not_owner` leaves out the owner and their
    deputy in whatever role: what they did themselves is for others to decide.
    """

    rung: str
    role: Role
    stages: frozenset[str]
    also: tuple[Role, ...] = ()
    but_not_owner: bool = False


AUDIENCE: dict[EventKind, AudienceRule | None] = {
    EventKind.ACTION_ASSIGNED: AudienceRule("assigned", Role.ACTION_OWNER, OPEN),
    # by then its owner is whoever looks after it: the agency lead, in child death review the CDOP manager
    EventKind.ACTION_PARKED: AudienceRule("parked", Role.ACTION_OWNER, frozenset(UNFINISHED)),
    EventKind.ACTION_RETURNED: AudienceRule("returned", Role.ACTION_OWNER, OPEN),
    EventKind.ACTION_EXTENDED: AudienceRule("extended", Role.ACTION_OWNER, OPEN),
    EventKind.ACTION_SUBMITTED: AudienceRule(
        "submitted", Role.BUSINESS_MANAGER, AWAITING_SIGN_OFF, also=(Role.SUBGROUP_CHAIR,), but_not_owner=True
    ),
    EventKind.EXTENSION_REFUSED: AudienceRule("refused", Role.ACTION_OWNER, OPEN),
    EventKind.EXTENSION_UNDONE: AudienceRule("time-taken-back", Role.ACTION_OWNER, OPEN),
    EventKind.EXTENSION_ASKED: AudienceRule("more-time", Role.SUBGROUP_CHAIR, DATED),
    EventKind.EXTENSION_ASKED_AGAIN: AudienceRule("more-time", Role.SAFEGUARDING_PARTNER, DATED),
    EventKind.NOT_MINE_SAID: AudienceRule("not-mine", Role.BUSINESS_MANAGER, OPEN, also=(Role.AGENCY_LEAD,)),
    EventKind.OWNER_EXCLUDED: AudienceRule("owner-excluded", Role.BUSINESS_MANAGER, frozenset(UNFINISHED)),
    EventKind.DELAY_EXPLAINED: None,
    EventKind.CASE_OPENED: None,
    EventKind.STEP_TAKEN: None,
    EventKind.CLOCK_MOVED: None,
    EventKind.CLOCK_FORECAST: None,
    EventKind.LATE_REASON_GIVEN: None,
    EventKind.STEP_CORRECTED: None,
    EventKind.VERSION_MOVED: None,
    EventKind.VERSION_REVERTED: None,
    EventKind.CASE_OPENED_INSIDE: None,
    EventKind.AREA_RECORDED: None,
    EventKind.CHILD_RECORDED: None,
    EventKind.IDENTITY_CHANGED: None,
    EventKind.IDENTITY_ALERTED: None,
    EventKind.CASE_EDITED: None,
    EventKind.KIND_CHANGED: None,
    EventKind.CASE_RIGHT_GIVEN: None,
    EventKind.CASE_RIGHT_ENDED: None,
    EventKind.CASE_CONFINED: None,
    EventKind.RETENTION_RULE_SET: None,
    EventKind.RETENTION_HOLD_PLACED: None,
    EventKind.RETENTION_HOLD_RELEASED: None,
    EventKind.RETENTION_DECIDED: None,
    EventKind.CASE_DISPOSED: None,
    EventKind.AUDIT_LOG_DECIDED: None,
    EventKind.AUDIT_LOG_DISPOSED: None,
    EventKind.LOCAL_RULE_SET: None,
    EventKind.LATE_REASONS_SET: None,
    EventKind.AGENCY_CHANGED: None,
    EventKind.PARTNER_SET: None,
    EventKind.FINDING_MADE: None,
    EventKind.RECOMMENDATION_MADE: None,
    EventKind.RECOMMENDATION_CHANGED: None,
    EventKind.RECOMMENDATION_ANSWERED: None,
    EventKind.RECOMMENDATION_CHALLENGED: None,
    EventKind.RECOMMENDATION_REOPENED: None,
    EventKind.PLAN_RULES_SET: None,
    EventKind.PLAN_SILENCED: None,
    EventKind.REMINDERS_STARTED: None,
    EventKind.ANSWER_ADDED: None,
    EventKind.ANSWER_REMOVED: None,
    EventKind.PART_ADDED: None,
    EventKind.PART_NOTED: None,
    EventKind.PART_ENDED: None,
    EventKind.PART_REOPENED: None,
    EventKind.THEMES_SET: None,
    EventKind.THEME_CHANGED: None,
    EventKind.ACTION_ADDED: None,
    EventKind.ACTION_IMPORTED: None,
    EventKind.ACTION_CHANGED: None,
    EventKind.IMPORT_UNDONE: None,
    EventKind.QUESTION_DECIDED: None,
    EventKind.ACTION_STEP_TAKEN: None,
    EventKind.EVIDENCE_ADDED: None,
    EventKind.EVIDENCE_READ: None,
    EventKind.FILE_ADDED: None,
    EventKind.FILE_READ: None,
    EventKind.FILE_WITHDRAWN: None,
    EventKind.EVIDENCE_WITHDRAWN: None,
    EventKind.RATING_SAID: None,
    EventKind.ACTION_SNOOZED: None,
    EventKind.ANSWERED_BY_LINK: None,
    EventKind.ANSWER_UNDONE: None,
    EventKind.ABSENCE_RECORDED: None,
    EventKind.ABSENCE_ENDED: None,
    EventKind.ADDRESS_FAILED: None,
    EventKind.ADDRESS_SOLVED: None,
    EventKind.LETTER_RESENT: None,
    EventKind.SUMMARY_CHOSEN: None,
    EventKind.CALENDAR_MADE: None,
    EventKind.CALENDAR_REVOKED: None,
    EventKind.DEVICE_FORGOTTEN: None,
    EventKind.SIGN_IN_WARNED: None,
    EventKind.POLICY_WRITTEN: None,
    EventKind.ASSURANCE_GIVEN: None,
    EventKind.PLAN_EXPORTED: None,
    EventKind.PERSON_ADDED: None,
    EventKind.PERSON_DISABLED: None,
    EventKind.EMAIL_CHANGED: None,
    EventKind.EMAIL_ASKED: None,
    EventKind.EMAIL_CONFIRMED: None,
    EventKind.EMAIL_NOT_CHANGED: None,
    EventKind.EMAIL_DOMAINS_SET: None,
    EventKind.ROLE_ENDED: None,
    EventKind.PERSON_INVITED: None,
    EventKind.INVITATION_WITHDRAWN: None,
    EventKind.INVITATION_ACCEPTED: None,
    EventKind.RESET_SENT: None,
    EventKind.PASSWORD_CHANGED: None,
    EventKind.NAME_CHANGED: None,
    EventKind.PROVIDER_LINKED: None,
    EventKind.PROVIDER_SET: None,
    EventKind.PROVIDER_UNLINKED: None,
    EventKind.TOKEN_MADE: None,
    EventKind.TOKEN_REVOKED: None,
    EventKind.SESSIONS_ENDED: None,
    EventKind.FACTOR_CHANGED: None,
    EventKind.FACTOR_RESET: None,
    EventKind.FACTOR_RULE_SET: None,
    EventKind.ROLE_ASKED: None,
    EventKind.ROLE_CONFIRMED: None,
    EventKind.ROLE_REFUSED: None,
    EventKind.ROLE_LAPSED: None,
    EventKind.REQUEST_RECEIVED: None,
    EventKind.REQUEST_CHANGED: None,
    EventKind.REQUEST_PAUSED: None,
    EventKind.REQUEST_RESUMED: None,
    EventKind.REQUEST_EXTENDED: None,
    EventKind.REQUEST_ANSWERED: None,
    EventKind.REQUEST_REOPENED: None,
    EventKind.POLICY_SET: None,
    EventKind.MAIL_SENDER_SET: None,
    EventKind.POLICY_RETIRED: None,
    EventKind.AUDIT_NOTICE_NOTED: None,
}


def role_in_realm(role: Role, realm: Realm) -> Role | None:
    """Return the role that is told in place of a role, in a realm; None where nobody is.

    What is known for child death review stays with those who work on it (s16N Children Act 2004): the owner is told of
    such an action, the CDOP manager instead of business manager, chairs and partners, and no agency lead.
    """
    if realm is Realm.REVIEWS or role is Role.ACTION_OWNER:
        return role
    return None if role is Role.AGENCY_LEAD else Role.CDOP_MANAGER


@dataclass(frozen=True, slots=True)
class Holder:
    """One current role of one person whose account is open."""

    person_id: int
    role: Role
    agency_id: int


class People:
    """Those who may be written to in one partnership: accounts that are open, with a role there today."""

    def __init__(self, holders: Iterable[Holder]) -> None:
        self._ids: set[int] = set()
        self._by_role: dict[tuple[Role, int | None], list[int]] = {}
        self._roles: dict[int, set[Role]] = {}
        for holder in holders:
            self._ids.add(holder.person_id)
            self._roles.setdefault(holder.person_id, set()).add(holder.role)
            for agency_id in (None, holder.agency_id):
                self._by_role.setdefault((holder.role, agency_id), []).append(holder.person_id)

    def __contains__(self, person_id: int | None) -> bool:
        return person_id in self._ids

    def holding(self, role: Role, *, owner_id: int | None, agency_id: int | None) -> list[int]:
        """Return those who hold a role for one action: its owner, the lead or partner of its agency, or everybody.

        The owner is returned even after they have left: recipients.py finds who is told instead.
        """
        if role is Role.ACTION_OWNER:
            return [owner_id] if owner_id is not None else []
        if role in OF_AN_AGENCY:
            return self.all_with(role, agency_id) if agency_id is not None else []
        return self.all_with(role)

    def all_with(self, role: Role, agency_id: int | None = None) -> list[int]:
        """Return everybody with a role, or those who have it for one agency."""
        return self._by_role.get((role, agency_id), [])

    def works_in(self, person_id: int, realm: Realm) -> bool:
        return any(role.sees_records and realm_of(role) is realm for role in self._roles.get(person_id, ()))

    def sees_all_of(self, person_id: int, realm: Realm) -> bool:
        """Whether somebody sees every case of a realm (reviews/access/visibility.py)."""
        return any(realm_of(role) is realm for role in self._roles.get(person_id, set()) & WHOLE_PARTNERSHIP)

    def first(self, role: Role) -> int | None:
        return next(iter(self.all_with(role)), None)
