"""All that one round of a partnership reads: actions, clocks, news, people, and reminders already sent."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from notifications.base.summary_rhythm import SUMMARY
from notifications.models import ROLE_ANSWERED, SEALS, SECOND_FACTOR, Letter, Reminder
from notifications.rounds.audience import AUDIENCE, Holder, People
from notifications.rounds.delivery_problems import DeliveryProblem, read_tasks, sent_tasks_this_week
from notifications.rounds.escalation import Escalation
from notifications.rounds.unavailable import Unavailable, read_unavailable
from reviews.access.case_rights import NO_BARS, CaseBars, bars_of
from reviews.audit.anchors import anchor_lines
from reviews.core.clock import local_day
from reviews.definitions.local_rules import LocalRules, local_rules_of
from reviews.models import (
    AccountMailKind,
    Action,
    ActionPart,
    Case,
    CaseAgency,
    CaseClock,
    CaseHold,
    Event,
    EventKind,
    ExtensionRequest,
    ImpactCheck,
    LocalRule,
    Membership,
    OurRole,
    Partnership,
    PartState,
    Person,
)
from reviews.models.actions import name_in_mails
from workflows.catalogue import Catalogue
from workflows.core.bank_holidays import Calendar
from workflows.core.days import KnownDay, Precision, known_day
from workflows.core.lateness import Lateness, lateness
from workflows.core.local_periods import due_period, is_binding, local_period
from workflows.core.vocabulary import Ladder, Realm, Role, Workflow
from workflows.definitions.action import AWAITING_SIGN_OFF, OPEN, ActionStage
from workflows.definitions.shared.ladder_policies import CHECK_LADDER, CLOCK_LADDERS
from workflows.definitions.shared.roles import CHAIR


@dataclass(frozen=True, slots=True)
class ActionLine:
    """What a mail may know of an action. `title` is its reference name, or else its title if that is safe to mail.

    `aspect` is empty for the whole action. Otherwise `due_on` is that of one agency's part or of an
    impact check, or the day it was submitted.
    `previous_owner` is the name of the owner who has left, until the action has an owner of its own again.
    `expected_on` is when the owner of a late action expects it, `asked_for_time` whether a request for more time waits.
    While it is `awaiting_status` nobody has decided whether it has ended already.
    """

    id: int
    reference: str
    address: str
    title: str
    realm: Realm
    stage: str
    agency_id: int | None
    owner_id: int | None
    due_on: date | None
    case_id: int = 0
    deputy_id: int | None = None
    brought_in_on: date | None = None
    previous_owner: str = ""
    expected_on: date | None = None
    asked_for_time: bool = False
    due_known_to: Precision = Precision.DAY
    awaiting_status: bool = False
    aspect: str = ""

    @property
    def due(self) -> KnownDay:
        """The due date as far as it is known."""
        return known_day(self.due_on, self.due_known_to)


COLUMNS = (
    Action.id,
    Action.reference,
    Action.address,
    name_in_mails(),
    Action.realm,
    Action.stage,
    Action.lead_agency_id,
    Action.owner_id,
    Action.due_on,
    Action.case_id,
    Action.deputy_id,
    Action.brought_in_on,
    sa.func.coalesce(
        sa.select(Person.name).where(Person.id == Action.previous_owner_id).correlate(Action).scalar_subquery(), ""
    ),
    Action.expected_on,
    sa.exists().where(ExtensionRequest.action_id == Action.id, ExtensionRequest.answered_at.is_(None)),
    Action.due_known_to,
    Action.awaiting_status,
)
"""The fields of ActionLine in their order, without `aspect`."""


ReminderKey: TypeAlias = tuple[int, int, str, str]
"""The id of an action or clock, the id of a person, the rung, and what it was about: due date, month or event id."""


class SentReminders:
    """Index of the reminders already sent for the live actions, or the running clocks, of one partnership."""

    def __init__(self, sent: Iterable[ReminderKey] = ()) -> None:
        self._rungs: dict[tuple[int, int, str], set[str]] = {}
        for subject_id, person_id, rung, about in sent:
            self._rungs.setdefault((subject_id, person_id, about), set()).add(rung)

    def __contains__(self, key: ReminderKey) -> bool:
        subject_id, person_id, rung, about = key
        return rung in self.rungs(subject_id, person_id, about)

    def rungs(self, subject_id: int, person_id: int, about: str) -> Collection[str]:
        """Return the rungs one person was sent for one due date."""
        return self._rungs.get((subject_id, person_id, about), ())


FIRST_RUNG = min(rung.days for ladder in CLOCK_LADDERS.values() for rung in ladder.rungs)
ParentCase = aliased(Case)


@dataclass(frozen=True, slots=True)
class ClockLine:
    """What a mail may know of a running clock.

    `within` is the reference of the parent case, `agency_id` the agency that a child case asks for something,
    `owner_id` the person who sees to it that a hold ends, and `brought_in_on` the day an import started it. `lateness`
    is that of the morning. `timed_step` is the title of the step that is recorded by itself where nobody acts by the
    due date.
    """

    id: int
    reference: str
    within: str
    realm: Realm
    name: str
    title: str
    is_binding: bool
    agency_id: int | None
    due_on: date
    ladder: Ladder
    lateness: Lateness
    brought_in_on: date | None = None
    owner_id: int | None = None
    timed_step: str = ""
    case_id: int = 0


def read_clocks(
    session: Session, catalogue: Catalogue, partnership_id: int, morning: date, calendar: Calendar
) -> list[ClockLine]:
    """Read the clocks that may have reached a rung: of open cases that we lead, whose parent case is open too."""
    rules = local_rules_of(session, partnership_id)
    rows = session.execute(
        sa.select(
            CaseClock.id,
            Case.reference,
            ParentCase.reference.label("within"),
            Case.realm,
            Case.workflow,
            Case.workflow_version,
            CaseClock.name,
            CaseClock.edition_from,
            CaseClock.start_rule,
            sa.func.coalesce(CaseClock.started_on, CaseClock.counted_from_on).label("begun_on"),
            CaseClock.due_on,
            CaseClock.brought_in_on,
            LocalRule.period.label("local_count"),
            LocalRule.unit.label("local_unit"),
            _agency_asked().label("agency_id"),
            _hold_owner().label("owner_id"),
            CaseClock.case_id,
        )
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(LocalRule, LocalRule.id == CaseClock.local_rule_id)
        .outerjoin(ParentCase, ParentCase.id == Case.parent_id)
        .where(*_running(partnership_id), CaseClock.due_on <= morning - timedelta(days=FIRST_RUNG))
        .order_by(CaseClock.due_on, CaseClock.id)
    )
    lines = (_line(row, catalogue, rules, morning, calendar) for row in rows)
    return [line for line in lines if line is not None]


def _sent_clock_reminders(session: Session, partnership_id: int) -> SentReminders:
    rows = session.execute(
        sa.select(Reminder.clock_id, Reminder.person_id, Reminder.rung, Reminder.about)
        .join(CaseClock, CaseClock.id == Reminder.clock_id)
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(ParentCase, ParentCase.id == Case.parent_id)
        .where(*_running(partnership_id), Reminder.left_out == "")
    )
    return SentReminders((row[0], row[1], row[2], row[3]) for row in rows if row[0] is not None)


def _running(partnership_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Case.partnership_id == partnership_id,
        Case.closed_on.is_(None),
        Case.our_role == OurRole.LEAD,
        ParentCase.closed_on.is_(None),
        CaseClock.met_on.is_(None),
        CaseClock.dropped_on.is_(None),
    )


def _agency_asked() -> sa.ColumnElement[int | None]:
    """The agency of a child case is the one it asks, whose lead can see it in either realm (access/visibility.py)."""
    agency = sa.select(sa.func.min(CaseAgency.agency_id)).where(CaseAgency.case_id == Case.id).scalar_subquery()
    return sa.case((Case.parent_id.is_not(None), agency), else_=None)


def _hold_owner() -> sa.ScalarSelect[int]:
    """Give the owner of the hold that is to be looked at again on the day the clock is counted from."""
    of_clock = CaseHold.case_id == CaseClock.case_id, CaseHold.review_on == CaseClock.counted_from_on
    query = sa.select(sa.func.min(CaseHold.owner_id)).where(*of_clock, CaseHold.lifted_on.is_(None))
    return query.correlate(CaseClock).scalar_subquery()


def _line(row: Any, catalogue: Catalogue, rules: LocalRules, morning: date, calendar: Calendar) -> ClockLine | None:
    deadline = catalogue.deadline(row.workflow, row.workflow_version, row.name)
    rule = rules.in_force(row.workflow, row.name, row.begun_on)
    ladder = CLOCK_LADDERS.get(rule.ladder or "", deadline.ladder) if rule is not None else deadline.ladder
    if ladder is None:
        return None
    edition = catalogue.edition(row.workflow, row.workflow_version, row.name, row.edition_from)
    period = due_period(edition, local_period(edition, row.local_count, row.local_unit))
    return ClockLine(
        id=row.id,
        reference=row.reference,
        within=row.within or "",
        realm=row.realm,
        name=row.name,
        title=deadline.title_by(row.start_rule),
        is_binding=is_binding(edition),
        agency_id=row.agency_id,
        due_on=row.due_on,
        ladder=ladder,
        brought_in_on=row.brought_in_on,
        lateness=lateness(row.due_on, morning, period.unit, calendar),
        owner_id=row.owner_id if deadline.counted_from.endswith("_review_on") else None,
        timed_step=_timed_step(catalogue.version(row.workflow, row.workflow_version), row.name),
        case_id=row.case_id,
    )


def _timed_step(workflow: Workflow, clock: str) -> str:
    steps = (workflow.step(move.step) for move in workflow.timed_moves if move.deadline == clock)
    return next((step.title for step in steps if step is not None), "")


IMPACT = "impact"
IMPACT_LADDER = replace(
    CHECK_LADDER,
    name="impact-ladder",
    title="Ladder of impact checks",
    rungs=tuple(replace(rung, tells=rung.tells | CHAIR) for rung in CHECK_LADDER.rungs),
)
"""The ladder of checks, where every rung also tells the chair of the subgroup, who answers the check."""


def read_checks(session: Session, partnership_id: int, morning: date) -> list[ActionLine]:
    """Read the actions whose next check is due, as lines with the date of that check."""
    rows = session.execute(
        sa.select(*COLUMNS, ImpactCheck.due_on)
        .join(ImpactCheck, ImpactCheck.action_id == Action.id)
        .where(
            Action.partnership_id == partnership_id,
            Action.ended_on.is_(None),
            Action.stage == ActionStage.AWAITING_IMPACT.value,
            ImpactCheck.answered_on.is_(None),
            ImpactCheck.due_on <= morning,
        )
        .order_by(Action.id, ImpactCheck.due_on)
    )
    first: dict[int, ActionLine] = {}
    for row in rows:
        first.setdefault(row[0], _at(ActionLine(*row[:-1]), row[-1], IMPACT))
    return list(first.values())


ACCEPTANCE = "acceptance"


def read_submissions(session: Session, partnership_id: int) -> list[ActionLine]:
    """Read the actions that wait to be accepted or returned, as lines with the day they were submitted."""
    submitted_at = (
        sa.select(sa.func.max(Event.recorded_at))
        .where(Event.action_id == Action.id, Event.kind == EventKind.ACTION_SUBMITTED)
        .correlate(Action)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(*COLUMNS, submitted_at)
        .where(
            Action.partnership_id == partnership_id,
            Action.ended_on.is_(None),
            Action.stage.in_(sorted(AWAITING_SIGN_OFF)),
            submitted_at.is_not(None),
        )
        .order_by(Action.id)
    )
    return [replace(ActionLine(*row[:-1]), due_on=local_day(row[-1]), aspect=ACCEPTANCE) for row in rows]


PART = "part"
FOR_THE_DOER = frozenset({Role.ACTION_OWNER, Role.AGENCY_LEAD})


def read_parts(session: Session, partnership_id: int, *, until: date) -> list[ActionLine]:
    """Read the open parts that may have reached a rung: lines of their action, with agency and date of the part.

    In child death review no agency lead sees an action, so nobody is reminded of parts there.
    """
    due_on = sa.func.coalesce(ActionPart.due_on, Action.due_on, type_=sa.Date)
    rows = session.execute(
        sa.select(*COLUMNS, ActionPart.id, ActionPart.agency_id, due_on)
        .join(ActionPart, ActionPart.action_id == Action.id)
        .where(
            Action.partnership_id == partnership_id,
            Action.ended_on.is_(None),
            Action.stage.in_(sorted(OPEN)),
            Action.realm == Realm.REVIEWS,
            ActionPart.state == PartState.OPEN,
            ActionPart.agency_id.is_not(None),
            due_on <= until,
        )
        .order_by(ActionPart.id)
    )
    return [_part(ActionLine(*row[:-3]), *row[-3:]) for row in rows]


@lru_cache(maxsize=64)
def ladder_of_parts(ladder: Ladder) -> Ladder:
    """Return the ladder for an agency lead's reminders of a part: the rungs for whoever does the action.

    Rungs that tell others are about the action as a whole.
    """
    rungs = tuple(
        replace(rung, tells=frozenset({Role.AGENCY_LEAD}), deputy=False)
        for rung in ladder.rungs
        if rung.tells & FOR_THE_DOER
    )
    return replace(ladder, name=f"{ladder.name}, parts", rungs=rungs)


def _part(action: ActionLine, strand_id: int, agency_id: int, due_on: date) -> ActionLine:
    # without owner and deputy: they are reminded of the action itself
    return replace(_at(action, due_on, f"{PART} {strand_id}"), agency_id=agency_id, deputy_id=None)


def _at(action: ActionLine, due_on: date, aspect: str) -> ActionLine:
    """Give an action with the date of one of its aspects, which is a day of its own, or that of the action."""
    known_to = action.due_known_to if due_on == action.due_on else Precision.DAY
    return replace(action, due_on=due_on, due_known_to=known_to, owner_id=None, aspect=aspect)


ANNOUNCED_KINDS = [kind for kind, rule in AUDIENCE.items() if rule is not None]


@dataclass(frozen=True, slots=True)
class PartnershipRow:
    """The columns of a partnership that a round needs; `policy` is the name of its reminder policy."""

    id: int
    code: str
    name: str
    policy: str


@dataclass(frozen=True, slots=True)
class News:
    """An event that nobody has been told of yet."""

    id: int
    kind: EventKind
    action_id: int


@dataclass(frozen=True, slots=True)
class Recipient:
    id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class PartnershipSnapshot:
    """One partnership on one morning.

    `mailed` are the people who had their mail this morning. `parts` are those of agencies in shared actions, `checks`
    the impact checks that are due, `submissions` the actions to be accepted or returned. `tasks` are for the business
    unit; `managers_sent_tasks` had them this week. `bars` say whom a case is hidden from by name,
    `anchors` the state of history and audit log, for the chairs.
    """

    partnership: PartnershipRow
    people: People
    recipients: dict[int, Recipient]
    actions: list[ActionLine]
    clocks: list[ClockLine]
    news: list[News]
    sent_reminders: SentReminders
    sent_clock_reminders: SentReminders
    mailed: set[int]
    unavailable: Unavailable = field(default_factory=Unavailable)
    parts: list[ActionLine] = field(default_factory=list)
    checks: list[ActionLine] = field(default_factory=list)
    submissions: list[ActionLine] = field(default_factory=list)
    tasks: list[DeliveryProblem] = field(default_factory=list)
    managers_sent_tasks: set[int] = field(default_factory=set)
    bars: CaseBars = NO_BARS
    anchors: list[str] = field(default_factory=list)


def list_partnerships(session: Session) -> list[PartnershipRow]:
    columns = (Partnership.id, Partnership.code, Partnership.name, Partnership.reminder_policy)
    return [PartnershipRow(*row) for row in session.execute(sa.select(*columns).order_by(Partnership.code))]


def read_snapshot(
    session: Session, partnership: PartnershipRow, escalation: Escalation, catalogue: Catalogue
) -> PartnershipSnapshot:
    """Read one partnership in twenty queries, columns only; the number of people and roles does not add to them."""
    people, recipients = read_people(session, partnership)
    morning = escalation.today
    return PartnershipSnapshot(
        partnership=partnership,
        people=people,
        recipients=recipients,
        news=_news(session, partnership),
        actions=_actions(session, partnership, until=escalation.until),
        clocks=read_clocks(session, catalogue, partnership.id, morning, escalation.calendar),
        sent_reminders=_sent_action_reminders(session, partnership),
        sent_clock_reminders=_sent_clock_reminders(session, partnership.id),
        mailed=_mailed(session, partnership, morning),
        unavailable=read_unavailable(session, partnership.id, morning),
        parts=read_parts(session, partnership.id, until=escalation.until),
        checks=read_checks(session, partnership.id, morning),
        submissions=read_submissions(session, partnership.id),
        tasks=read_tasks(session, partnership.id),
        managers_sent_tasks=sent_tasks_this_week(session, partnership.id, morning),
        bars=bars_of(session, partnership.id, today=morning),
        anchors=anchor_lines(session, partnership.id, partnership.code, day=morning),
    )


def snapshot_for_writing(session: Session, partnership: PartnershipRow, morning: date) -> PartnershipSnapshot:
    """Read what the writer of a letter needs besides its lines: the people, and who can be asked."""
    people, recipients = read_people(session, partnership)
    return PartnershipSnapshot(
        partnership=partnership,
        people=people,
        recipients=recipients,
        actions=[],
        clocks=[],
        news=[],
        sent_reminders=SentReminders(),
        sent_clock_reminders=SentReminders(),
        mailed=set(),
        unavailable=read_unavailable(session, partnership.id, morning),
        anchors=anchor_lines(session, partnership.id, partnership.code, day=morning),
    )


def read_people(session: Session, partnership: PartnershipRow) -> tuple[People, dict[int, Recipient]]:
    rows = session.execute(
        sa.select(Person.id, Person.name, Person.email, Membership.role, Membership.agency_id)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.partnership_id == partnership.id, Membership.ended_on.is_(None), Person.disabled_at.is_(None))
        .order_by(Membership.id)
    ).all()
    people = People(Holder(row.id, row.role, row.agency_id) for row in rows)
    return people, {row.id: Recipient(row.id, row.name, row.email) for row in rows}


def _unannounced(partnership: PartnershipRow) -> sa.ColumnElement[bool]:
    return sa.and_(
        Event.partnership_id == partnership.id,
        Event.announced_at.is_(None),
        Event.kind.in_(ANNOUNCED_KINDS),
        Event.action_id.is_not(None),
    )


def _news(session: Session, partnership: PartnershipRow) -> list[News]:
    events = sa.select(Event.id, Event.kind, Event.action_id).where(_unannounced(partnership)).order_by(Event.id)
    return [News(*row[:2], row[2]) for row in session.execute(events) if row[2] is not None]


def _actions(session: Session, partnership: PartnershipRow, *, until: date) -> list[ActionLine]:
    """Read the live actions on the ladder, those without a date, and those of which there is news."""
    of_news = sa.select(Event.action_id).where(_unannounced(partnership))
    rows = session.execute(
        sa.select(*COLUMNS)
        .where(
            Action.partnership_id == partnership.id,
            Action.ended_on.is_(None),
            sa.or_(Action.due_on.is_(None), Action.due_on <= until, Action.id.in_(of_news)),
        )
        .order_by(Action.id)
    )
    return [ActionLine(*row) for row in rows]


def _sent_action_reminders(session: Session, partnership: PartnershipRow) -> SentReminders:
    rows = session.execute(
        sa.select(Reminder.action_id, Reminder.person_id, Reminder.rung, Reminder.about)
        .join(Action, Action.id == Reminder.action_id)
        .where(Action.partnership_id == partnership.id, Action.ended_on.is_(None), Reminder.left_out == "")
    )
    return SentReminders((row[0], row[1], row[2], row[3]) for row in rows if row[0] is not None)


def _mailed(session: Session, partnership: PartnershipRow, morning: date) -> set[int]:
    other_kinds = (SUMMARY, ROLE_ANSWERED, SEALS, SECOND_FACTOR, *AccountMailKind)
    of_morning = (Letter.partnership_id == partnership.id, Letter.morning == morning, Letter.kind.not_in(other_kinds))
    return set(session.scalars(sa.select(Letter.person_id).where(*of_morning)))
