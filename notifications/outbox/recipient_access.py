"""Conditions on a queued letter: what of it its recipient still has to be told, and whether mail to them comes back.

Between the morning and the delivery an action may be withdrawn, answered or given to somebody else, a role may end, or
mail may come back: what holds no more is left out. The conditions are part of the query for one letter. They use
aggregates instead of EXISTS, with which PostgreSQL would read whole tables for one letter.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from notifications.base.summary_rhythm import SUMMARY
from notifications.models import AddressProblem, Letter, Reminder
from notifications.returns.address_problems import closes_address
from notifications.rounds.audience import AUDIENCE
from notifications.rounds.digests import NO_DATE
from notifications.rounds.snapshot import ACCEPTANCE, IMPACT, PART
from reviews.access.case_rights import MANAGERS, in_force
from reviews.access.permissions import GRANTS, Permission, realm_of
from reviews.access.role_matrix import Reach, seeing_actions
from reviews.access.visibility import WHOLE_PARTNERSHIP
from reviews.cases.late import is_awaiting_status
from reviews.core.fast_sql import literal_sql
from reviews.models import (
    Absence,
    Action,
    ActionPart,
    Case,
    CaseAgency,
    CaseClock,
    CasePerson,
    CaseRight,
    Event,
    EventKind,
    ExtensionRequest,
    ImpactCheck,
    Membership,
    PartState,
    Person,
    RightKind,
)
from workflows.core.vocabulary import Realm, Role
from workflows.definitions.action import AWAITING_SIGN_OFF, OPEN, ActionStage

Condition = sa.ColumnElement[bool]
MORE_TIME = "more-time"
PARENT = aliased(Case)
HIDDEN = aliased(Case)
FIRST = aliased(Letter)
READERS = seeing_actions(Reach.ALL)
"""The roles that see every action of a realm (reviews/access/role_matrix.py)."""


def comes_back() -> Condition:
    """Whether mail to the person's present address comes back."""
    problem = sa.select(sa.func.min(AddressProblem.id)).where(AddressProblem.person_id == Person.id, closes_address())
    return problem.correlate(Person).scalar_subquery().is_not(None)


class LeftOut(StrEnum):
    """Why a line was taken out of its letter before that left. `STOPPED` is a letter that did not leave at all."""

    HIDDEN = "they may no longer see it"
    OVER = "there is nothing to do any more"
    REASSIGNED = "somebody else has it now"
    ANSWERED = "they have answered"
    REPEATED = "a later mail says it"
    STOPPED = "the mail was stopped"


ORIGINAL_ID = sa.func.coalesce(Letter.again_of_id, Letter.id)
"""Where the lines of a letter are: those of a copy are with the first letter."""
STILL_TRUE = ""
ANSWERS = (
    EventKind.ANSWERED_BY_LINK,
    EventKind.NOT_MINE_SAID,
    EventKind.DELAY_EXPLAINED,
    EventKind.ACTION_SNOOZED,
    EventKind.EXTENSION_ASKED,
    EventKind.EXTENSION_ASKED_AGAIN,
)
"""What an owner does about a reminder, besides reporting progress and asking to close the action."""
MAILED: sa.ColumnElement[str] = sa.literal_column("''", sa.String)
"""Written out, as the partial indexes of the lines have it."""
PROGRESS_STEPS = ("progress", "note")
LATER = aliased(Reminder)


def count_lines() -> sa.ScalarSelect[int]:
    """The number of lines in a letter."""
    return sa.select(sa.func.count()).where(*of_letter()).correlate(Letter).scalar_subquery()


def count_true_lines() -> sa.ColumnElement[int]:
    """The number of lines of a letter that are still to be told."""
    counted = sa.select(sa.func.count()).select_from(Reminder).where(*of_letter())
    actions = counted.join(Action, Action.id == Reminder.action_id).where(why_action_left_out() == STILL_TRUE)
    clocks = join_clocks(counted).where(why_clock_left_out() == STILL_TRUE)
    return actions.correlate(Letter).scalar_subquery() + clocks.correlate(Letter).scalar_subquery()


def of_letter() -> tuple[Condition, ...]:
    return Reminder.letter_id == ORIGINAL_ID, Reminder.left_out == ""


def join_clocks(query: sa.Select[Any]) -> sa.Select[Any]:
    clocks = query.join(CaseClock, CaseClock.id == Reminder.clock_id).join(Case, Case.id == CaseClock.case_id)
    return clocks.outerjoin(PARENT, PARENT.id == Case.parent_id)


def may_see_summary() -> Condition:
    """Whether a letter is no summary, or its person may still see the summary, and all of that one."""
    holds = _holds(literal_sql(Membership.role.in_(sorted(GRANTS[Permission.SEE_SUMMARY]))))
    return (Letter.kind != SUMMARY) | (holds & ~has_lost_case())


def has_lost_case() -> Condition:
    """Whether a case was hidden from the person by name since the letter was written, so that its text may tell of it.

    Of a case that was confined since, the managers of its realm may know. A copy has the text of the first letter.
    """
    written_at = sa.select(FIRST.written_at).where(FIRST.id == ORIGINAL_ID).correlate(Letter).scalar_subquery()
    excluded = sa.select(sa.func.min(CaseRight.id)).where(
        CaseRight.person_id == Letter.person_id,
        CaseRight.recorded_at > written_at,
        CaseRight.kind == RightKind.EXCLUDED,
        CaseRight.ended_at.is_(None),
    )
    confined = sa.select(sa.func.min(HIDDEN.id)).where(
        HIDDEN.partnership_id == Letter.partnership_id, HIDDEN.confined_at > written_at, ~_manages(HIDDEN)
    )
    return excluded.correlate(Letter).scalar_subquery().is_not(None) | confined.correlate(
        Letter
    ).scalar_subquery().is_not(None)


def why_action_left_out() -> sa.ColumnElement[str]:
    """Why a line about an action is not to be told any more, as a value of LeftOut; empty where it is."""
    is_owner = (Action.owner_id == Letter.person_id) | (Action.deputy_id == Letter.person_id)
    as_owner = Reminder.role == Role.ACTION_OWNER.value
    is_stand_in = Reminder.why != ""
    given_since = _event_since(literal_sql(Event.kind.in_([EventKind.ACTION_ASSIGNED, EventKind.ACTION_PARKED])))
    return sa.case(
        (_is_untrue(_action_is_theirs()), LeftOut.HIDDEN.value),
        (Action.ended_on.is_not(None) | is_awaiting_status() | _is_untrue(_is_unchanged()), LeftOut.OVER.value),
        (as_owner & ~is_stand_in & _is_untrue(is_owner), LeftOut.REASSIGNED.value),
        (is_stand_in & given_since, LeftOut.REASSIGNED.value),
        (as_owner & _event_since(_is_answer()), LeftOut.ANSWERED.value),
        (_is_repeated(LATER.action_id == Reminder.action_id), LeftOut.REPEATED.value),
        else_=STILL_TRUE,
    )


def why_clock_left_out() -> sa.ColumnElement[str]:
    """Why a line about a clock is not to be told any more; empty where it is."""
    runs = (
        CaseClock.met_on.is_(None)
        & CaseClock.dropped_on.is_(None)
        & Case.closed_on.is_(None)
        & PARENT.closed_on.is_(None)
        & (sa.cast(CaseClock.due_on, sa.String) == Reminder.about)
    )
    return sa.case(
        (_is_untrue(_case_is_theirs()), LeftOut.HIDDEN.value),
        (_is_untrue(runs), LeftOut.OVER.value),
        (_is_repeated(LATER.clock_id == Reminder.clock_id), LeftOut.REPEATED.value),
        else_=STILL_TRUE,
    )


def _is_untrue(condition: Condition) -> Condition:
    """Whether a condition is false or not known, as where a column it compares is empty."""
    return ~sa.func.coalesce(condition, sa.false())


def _is_unchanged() -> Condition:
    """Whether the action, its part or its check still is what the line is about: at that stage, with that date.

    Of news, the action is at one of the stages of its rule; a request for more time still waits for its decision.
    """
    stages = {rule.rung: rule.stages for rule in AUDIENCE.values() if rule is not None}
    waits = sa.select(sa.func.min(ExtensionRequest.id)).where(
        ExtensionRequest.action_id == Action.id, ExtensionRequest.answered_at.is_(None)
    )
    news = [(Reminder.rung == rung) & _at_stage(at) for rung, at in stages.items() if rung != MORE_TIME]
    asked = (Reminder.rung == MORE_TIME) & waits.correlate(Action).scalar_subquery().is_not(None)
    no_date = (Reminder.rung == NO_DATE) & Action.due_on.is_(None) & _at_stage(OPEN)
    submitted = Reminder.about.startswith(f"{ACCEPTANCE} ") & _at_stage(AWAITING_SIGN_OFF)
    on_ladder = (sa.cast(Action.due_on, sa.String) == Reminder.about) & _at_stage(OPEN)
    more_time = asked & _at_stage(stages[MORE_TIME])
    return sa.or_(on_ladder, no_date, *news, more_time, submitted, _part_is_open(), _check_waits())


def _part_is_open() -> Condition:
    due_on = sa.cast(sa.func.coalesce(ActionPart.due_on, Action.due_on), sa.String)
    about = PART + " " + sa.cast(ActionPart.id, sa.String) + " " + due_on
    part = sa.select(sa.func.min(ActionPart.id)).where(
        ActionPart.action_id == Action.id, ActionPart.state == PartState.OPEN, about == Reminder.about
    )
    return part.correlate(Action, Reminder).scalar_subquery().is_not(None) & _at_stage(OPEN)


def _check_waits() -> Condition:
    about = IMPACT + " " + sa.cast(ImpactCheck.due_on, sa.String)
    check = sa.select(sa.func.min(ImpactCheck.id)).where(
        ImpactCheck.action_id == Action.id, ImpactCheck.answered_on.is_(None), about == Reminder.about
    )
    waits = check.correlate(Action, Reminder).scalar_subquery().is_not(None)
    return waits & _at_stage([ActionStage.AWAITING_IMPACT])


def _at_stage(stages: Iterable[str]) -> Condition:
    return literal_sql(Action.stage.in_(sorted(stages)))


def _is_answer() -> Condition:
    reported = (Event.kind == EventKind.ACTION_STEP_TAKEN) & Event.step.in_(PROGRESS_STEPS)
    return literal_sql(Event.kind.in_(ANSWERS) | reported)


def _event_since(condition: Condition) -> Condition:
    """Whether something happened to the action since the letter was written."""
    events = sa.select(sa.func.min(Event.id)).where(
        Event.action_id == Action.id, Event.recorded_at > Letter.written_at, condition
    )
    return events.correlate(Action, Letter).scalar_subquery().is_not(None)


def _is_repeated(of_same: Condition) -> Condition:
    """Whether a later letter to the person has a line about the same thing. A copy was asked for by somebody."""
    # a sum, as SQLite would go through all lines of the person instead of the few about the same thing
    to_same = LATER.person_id + 0 == Reminder.person_id
    later = sa.select(sa.func.min(LATER.id)).where(
        of_same, to_same, LATER.left_out == MAILED, LATER.letter_id > Reminder.letter_id
    )
    return Letter.again_of_id.is_(None) & later.correlate(Reminder).scalar_subquery().is_not(None)


def _action_is_theirs() -> Condition:
    parts = sa.select(ActionPart.agency_id).where(ActionPart.action_id == Action.id).correlate(Action)
    leads = (Membership.role == Role.AGENCY_LEAD) & (
        (Membership.agency_id == Action.lead_agency_id) | Membership.agency_id.in_(parts)
    )
    by_role = sa.or_(
        _holds(*_readers_of(Action.realm, READERS), (Action.realm == Realm.REVIEWS) & leads),
        _stands_in(),
    )
    named = (Action.owner_id == Letter.person_id) | (Action.deputy_id == Letter.person_id)
    hidden = aliased(Case)
    # each as a number that is there or not: see the top of this file
    of_confined = sa.select(sa.func.min(hidden.id)).where(
        hidden.id == Action.case_id, hidden.confined_at.is_not(None), ~_is_named(hidden.id, hidden)
    )
    barred = of_confined.correlate(Letter, Action).scalar_subquery().is_not(None)
    return (sa.func.coalesce(named, sa.false()) | (by_role & ~barred)) & ~_is_excluded(Action.case_id)


def _case_is_theirs() -> Condition:
    asked = sa.select(CaseAgency.agency_id).where(CaseAgency.case_id == Case.id).correlate(Case)
    leads = (Membership.role == Role.AGENCY_LEAD) & Membership.agency_id.in_(asked)
    by_role = _holds(*_readers_of(Case.realm, WHOLE_PARTNERSHIP), leads)
    is_confined = Case.confined_at.is_not(None) | PARENT.confined_at.is_not(None)
    named = _is_named(Case.id, Case) | _is_named(Case.parent_id, Case)
    return by_role & (~is_confined | named) & ~_is_excluded(Case.id) & ~_is_excluded(Case.parent_id)


def _is_excluded(case_id: Any) -> Condition:
    """Whether the person of the letter is excluded from a case."""
    right = sa.select(sa.func.min(CaseRight.id)).where(
        CaseRight.case_id == case_id,
        CaseRight.person_id == Letter.person_id,
        CaseRight.kind == RightKind.EXCLUDED,
        in_force(Letter.morning),
    )
    return right.correlate(Letter, Action, Case).scalar_subquery().is_not(None)


def _is_named(case_id: Any, case: Any) -> Condition:
    """Whether the person of the letter is among those who are named in a confined case, or manages its realm."""
    granted = sa.select(sa.func.min(CaseRight.id)).where(
        CaseRight.case_id == case_id,
        CaseRight.person_id == Letter.person_id,
        CaseRight.kind != RightKind.EXCLUDED,
        in_force(Letter.morning),
    )
    reviewer = sa.select(sa.func.min(CasePerson.case_id)).where(
        CasePerson.case_id == case_id,
        CasePerson.person_id == Letter.person_id,
        CasePerson.until_on.is_(None) | (CasePerson.until_on >= Letter.morning),
    )
    return sa.or_(
        granted.correlate(Letter, case).scalar_subquery().is_not(None),
        reviewer.correlate(Letter, case).scalar_subquery().is_not(None),
        _manages(case),
    )


def _manages(case: Any) -> Condition:
    """Whether the person of the letter manages the realm of a case."""
    roles = sa.or_(*((case.realm == realm) & (Membership.role == role) for realm, role in MANAGERS.items()))
    held = sa.select(sa.func.min(Membership.id)).where(
        Membership.person_id == Letter.person_id,
        Membership.partnership_id == Letter.partnership_id,
        Membership.ended_on.is_(None),
        roles,
    )
    return held.correlate(Letter, case).scalar_subquery().is_not(None)


def _readers_of(column: Any, roles: frozenset[Role]) -> list[Condition]:
    return [
        (column == realm) & _has_any_role(sorted(role for role in roles if realm_of(role) is realm)) for realm in Realm
    ]


def _has_any_role(roles: list[Role]) -> Condition:
    return literal_sql(Membership.role.in_(roles))  # as values they would be put into the text anew for each letter


def _holds(*ways: Condition) -> Condition:
    """Whether the person holds a role today, in the partnership of the letter, in one of these ways."""
    held = sa.select(sa.func.min(Membership.id)).where(
        Membership.person_id == Letter.person_id,
        Membership.partnership_id == Letter.partnership_id,
        Membership.ended_on.is_(None),
        sa.or_(*ways),
    )
    return held.correlate(Letter, Action, Case).scalar_subquery().is_not(None)


def _stands_in() -> Condition:
    away = sa.select(sa.func.min(Absence.id)).where(
        Absence.deputy_id == Letter.person_id,
        Absence.person_id == Action.owner_id,
        Absence.partnership_id == Letter.partnership_id,
        Absence.from_on <= Letter.morning,
        Absence.until_on >= Letter.morning,
        Absence.ended_at.is_(None),
    )
    return away.correlate(Letter, Action).scalar_subquery().is_not(None)
