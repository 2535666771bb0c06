"""What does the round of one partnership have to look at?"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from notifications.base.summary_rhythm import SUMMARY
from notifications.models import Letter, Reminder
from notifications.rounds.audience import AUDIENCE, Holder, People
from notifications.rounds.delivery_problems import Trouble, read_tasks, told_this_week
from notifications.rounds.escalation import Stairs
from notifications.rounds.unavailable import Quiet, read_quiet
from reviews.definitions.local_rules import LocalRules, local_rules_of
from reviews.models import (
    Action,
    ActionPart,
    Case,
    CaseAgency,
    CaseClock,
    Event,
    EventKind,
    ImpactCheck,
    Membership,
    OurRole,
    Partnership,
    PartState,
    Person,
)
from workflows.catalogue import Catalogue
from workflows.core.vocabulary import Ladder, Rank, Realm, Role
from workflows.definitions.action import OPEN, A
from workflows.definitions.shared.ladder_policies import CHECK_LADDER, CLOCK_LADDERS
from workflows.definitions.shared.recorders import CHAIR


@dataclass(frozen=True, slots=True)
class ActionLine:
    """What a mail may know of an action. `title` is empty unless it is safe to mail.

    `aspect` is empty for the whole action. Otherwise `due_on` is that of one agency's part (parts.py) or
    of a check of its impact (impact_checks.py).
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
    aspect: str = ""


COLUMNS = (
    Action.id,
    Action.reference,
    Action.address,
    sa.case((Action.title_safe_to_mail, Action.title), else_=""),
    Action.realm,
    Action.stage,
    Action.lead_agency_id,
    Action.owner_id,
    Action.due_on,
    Action.case_id,
    Action.deputy_id,
)
"""The fields of a line in their order, but for `aspect`."""


Said: TypeAlias = tuple[int, int, str, str]
"""Action or clock, person, rung, and what it was about: a due date, a month or an event."""


class Spoken:
    """What the ledger holds of the live actions, or of the running clocks, of one partnership."""

    def __init__(self, said: Iterable[Said] = ()) -> None:
        self._rungs: dict[tuple[int, int, str], set[str]] = {}
        for matter_id, person_id, rung, about in said:
            self._rungs.setdefault((matter_id, person_id, about), set()).add(rung)

    def __contains__(self, said: Said) -> bool:
        matter_id, person_id, rung, about = said
        return rung in self.rungs(matter_id, person_id, about)

    def rungs(self, matter_id: int, person_id: int, about: str) -> Collection[str]:
        """Give the rungs that were said to one person of one due date."""
        return self._rungs.get((matter_id, person_id, about), ())


FIRST_RUNG = min(rung.days for ladder in CLOCK_LADDERS.values() for rung in ladder.rungs)
Around = aliased(Case)


@dataclass(frozen=True, slots=True)
class ClockLine:
    """What a mail may know of a running clock.

    `within` is the reference of the case around a small one, `agency_id` the agency that one asks for something.
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


def read_clocks(session: Session, catalogue: Catalogue, partnership_id: int, morning: date) -> list[ClockLine]:
    """Read the clocks a ladder may have reached: of cases that are ours to lead and open, as is the case around."""
    rules = local_rules_of(session, partnership_id)
    rows = session.execute(
        sa.select(
            CaseClock.id,
            Case.reference,
            Around.reference.label("within"),
            Case.realm,
            Case.workflow,
            Case.workflow_version,
            CaseClock.name,
            CaseClock.edition_from,
            CaseClock.counted_from_on,
            CaseClock.due_on,
            _agency_asked().label("agency_id"),
        )
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(Around, Around.id == Case.parent_id)
        .where(*_running(partnership_id), CaseClock.due_on <= morning - timedelta(days=FIRST_RUNG))
        .order_by(CaseClock.due_on, CaseClock.id)
    )
    return [line for row in rows if (line := _line(row, catalogue, rules)) is not None]


def read_spoken(session: Session, partnership_id: int) -> Spoken:
    """Give what was said of the running clocks: clock, person, rung and the due date it was about."""
    rows = session.execute(
        sa.select(Reminder.clock_id, Reminder.person_id, Reminder.rung, Reminder.about)
        .join(CaseClock, CaseClock.id == Reminder.clock_id)
        .join(Case, Case.id == CaseClock.case_id)
        .outerjoin(Around, Around.id == Case.parent_id)
        .where(*_running(partnership_id))
    )
    return Spoken((row[0], row[1], row[2], row[3]) for row in rows if row[0] is not None)


def _running(partnership_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Case.partnership_id == partnership_id,
        Case.closed_on.is_(None),
        Case.our_role == OurRole.LEAD,
        Around.closed_on.is_(None),
        CaseClock.met_on.is_(None),
        CaseClock.dropped_on.is_(None),
    )


def _agency_asked() -> sa.ColumnElement[int | None]:
    """A small case involves the agency it asks; whose lead sees it by that, in either realm (access/visibility.py)."""
    agency = sa.select(sa.func.min(CaseAgency.agency_id)).where(CaseAgency.case_id == Case.id).scalar_subquery()
    return sa.case((Case.parent_id.is_not(None), agency), else_=None)


def _line(row: Any, catalogue: Catalogue, rules: LocalRules) -> ClockLine | None:
    deadline = catalogue.deadline(row.workflow, row.workflow_version, row.name)
    rule = rules.in_force(row.workflow, row.name, row.counted_from_on)
    ladder = CLOCK_LADDERS.get(rule.ladder or "", deadline.ladder) if rule is not None else deadline.ladder
    if ladder is None:
        return None
    ranks = (edition.rank for edition in deadline.editions if edition.effective_from == row.edition_from)
    return ClockLine(
        id=row.id,
        reference=row.reference,
        within=row.within or "",
        realm=row.realm,
        name=row.name,
        title=deadline.title,
        is_binding=next(ranks, Rank.LOCAL) is not Rank.LOCAL,
        agency_id=row.agency_id,
        due_on=row.due_on,
        ladder=ladder,
    )


IMPACT = "impact"
IMPACT_LADDER = replace(
    CHECK_LADDER,
    name="impact-ladder",
    title="Ladder of impact checks",
    rungs=tuple(replace(rung, tells=rung.tells | CHAIR) for rung in CHECK_LADDER.rungs),
)
"""The ladder of checks, whose every rung also tells the chair of the subgroup: it is theirs to answer."""


def read_checks(session: Session, partnership_id: int, morning: date) -> list[ActionLine]:
    """Read the actions whose next check is due, as lines with the date of that check."""
    rows = session.execute(
        sa.select(*COLUMNS, ImpactCheck.due_on)
        .join(ImpactCheck, ImpactCheck.action_id == Action.id)
        .where(
            Action.partnership_id == partnership_id,
            Action.ended_on.is_(None),
            Action.stage == A.AWAITING_IMPACT.value,
            ImpactCheck.answered_on.is_(None),
            ImpactCheck.due_on <= morning,
        )
        .order_by(Action.id, ImpactCheck.due_on)
    )
    first: dict[int, ActionLine] = {}
    for row in rows:
        first.setdefault(row[0], replace(ActionLine(*row[:-1]), due_on=row[-1], owner_id=None, aspect=IMPACT))
    return list(first.values())


PART = "part"
FOR_THE_DOER = frozenset({Role.ACTION_OWNER, Role.AGENCY_LEAD})


def read_parts(session: Session, partnership_id: int, *, until: date) -> list[ActionLine]:
    """Read the open parts that a ladder may have reached: lines of their action, with agency and date of the part.

    In child death review no agency's lead sees an action: nobody is reminded of parts there.
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
    """Give the ladder on which an agency's lead is reminded of its part: the rungs of whoever is to do the action.

    What goes further up speaks of the action as a whole.
    """
    rungs = tuple(
        replace(rung, tells=frozenset({Role.AGENCY_LEAD}), deputy=False)
        for rung in ladder.rungs
        if rung.tells & FOR_THE_DOER
    )
    return replace(ladder, name=f"{ladder.name}, parts", rungs=rungs)


def _part(action: ActionLine, strand_id: int, agency_id: int, due_on: date) -> ActionLine:
    """The owner and their deputy hear of the action itself."""
    return replace(
        action,
        agency_id=agency_id,
        due_on=due_on,
        owner_id=None,
        deputy_id=None,
        aspect=f"{PART} {strand_id}",
    )


TELLING = [kind for kind, told in AUDIENCE.items() if told is not None]


@dataclass(frozen=True, slots=True)
class Place:
    """A partnership, and the policy its reminders follow."""

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
class Standing:
    """`spoken` holds action, person, rung and about, `spoken_of_clocks` the same of clocks.

    `mailed` are the people who had their mail this morning. `parts` are those agencies have in shared actions, `checks`
    those of impact that are due. `tasks` are for the business managers, `told_of_tasks` who heard of them this week.
    """

    place: Place
    people: People
    recipients: dict[int, Recipient]
    actions: list[ActionLine]
    clocks: list[ClockLine]
    news: list[News]
    spoken: Spoken
    spoken_of_clocks: Spoken
    mailed: set[int]
    quiet: Quiet = field(default_factory=Quiet)
    parts: list[ActionLine] = field(default_factory=list)
    checks: list[ActionLine] = field(default_factory=list)
    tasks: list[Trouble] = field(default_factory=list)
    told_of_tasks: set[int] = field(default_factory=set)


def places(session: Session) -> list[Place]:
    columns = (Partnership.id, Partnership.code, Partnership.name, Partnership.reminder_policy)
    return [Place(*row) for row in session.execute(sa.select(*columns).order_by(Partnership.code))]


def read_standing(session: Session, place: Place, stairs: Stairs, catalogue: Catalogue) -> Standing:
    """Read one partnership in sixteen queries, columns only; the number of people and roles does not add to them."""
    people, recipients = _people(session, place)
    morning = stairs.today
    return Standing(
        place=place,
        people=people,
        recipients=recipients,
        news=_news(session, place),
        actions=_actions(session, place, until=stairs.until),
        clocks=read_clocks(session, catalogue, place.id, morning),
        spoken=_spoken(session, place),
        spoken_of_clocks=read_spoken(session, place.id),
        mailed=_mailed(session, place, morning),
        quiet=read_quiet(session, place.id, morning),
        parts=read_parts(session, place.id, until=stairs.until),
        checks=read_checks(session, place.id, morning),
        tasks=read_tasks(session, place.id),
        told_of_tasks=told_this_week(session, place.id, morning),
    )


def _people(session: Session, place: Place) -> tuple[People, dict[int, Recipient]]:
    rows = session.execute(
        sa.select(Person.id, Person.name, Person.email, Membership.role, Membership.agency_id)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.partnership_id == place.id, Membership.ended_on.is_(None), Person.disabled_at.is_(None))
        .order_by(Membership.id)
    ).all()
    people = People(Holder(row.id, row.role, row.agency_id) for row in rows)
    return people, {row.id: Recipient(row.id, row.name, row.email) for row in rows}


def _unannounced(place: Place) -> sa.ColumnElement[bool]:
    return sa.and_(
        Event.partnership_id == place.id,
        Event.announced_at.is_(None),
        Event.kind.in_(TELLING),
        Event.action_id.is_not(None),
    )


def _news(session: Session, place: Place) -> list[News]:
    events = sa.select(Event.id, Event.kind, Event.action_id).where(_unannounced(place)).order_by(Event.id)
    return [News(*row[:2], row[2]) for row in session.execute(events) if row[2] is not None]


def _actions(session: Session, place: Place, *, until: date) -> list[ActionLine]:
    """Read the live actions on the ladder, those without a date, and those of which there is news."""
    of_news = sa.select(Event.action_id).where(_unannounced(place))
    rows = session.execute(
        sa.select(*COLUMNS)
        .where(
            Action.partnership_id == place.id,
            Action.ended_on.is_(None),
            sa.or_(Action.due_on.is_(None), Action.due_on <= until, Action.id.in_(of_news)),
        )
        .order_by(Action.id)
    )
    return [ActionLine(*row) for row in rows]


def _spoken(session: Session, place: Place) -> Spoken:
    rows = session.execute(
        sa.select(Reminder.action_id, Reminder.person_id, Reminder.rung, Reminder.about)
        .join(Action, Action.id == Reminder.action_id)
        .where(Action.partnership_id == place.id, Action.ended_on.is_(None))
    )
    return Spoken((row[0], row[1], row[2], row[3]) for row in rows if row[0] is not None)


def _mailed(session: Session, place: Place, morning: date) -> set[int]:
    of_morning = (Letter.partnership_id == place.id, Letter.morning == morning, Letter.kind != SUMMARY)
    return set(session.scalars(sa.select(Letter.person_id).where(*of_morning)))
