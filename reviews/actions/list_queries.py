"""Lists of actions: groups, ratings, filters and order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache, partial
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.actions.parts import Share, shares
from reviews.cases.late import action_lateness, is_awaiting_status, is_overdue, is_overdue_by
from reviews.cases.responses import answers_recommendation, in_plan_of
from reviews.core.fast_sql import literal_sql
from reviews.core.paging import SIZE, Page
from reviews.models import Action, Agency, Case, ExtensionRequest, ImpactCheck, Person, PlanRules, Recommendation
from reviews.models.actions import IN_PLAN
from reviews.models.people import known_as_in
from workflows.core.days import KnownDay, Precision, known_day
from workflows.core.lateness import Lateness
from workflows.core.vocabulary import Role
from workflows.definitions.action import OPEN, OUTSTANDING, ActionStage

SOON = timedelta(days=30)

Condition: TypeAlias = Callable[[date], ColumnElement[bool]]


def _open() -> ColumnElement[bool]:
    return Action.stage.in_(sorted(OPEN))


def _outstanding(_today: date) -> ColumnElement[bool]:
    return Action.stage.in_(sorted(OUTSTANDING))


def _unowned() -> ColumnElement[bool]:
    """Whoever looks after an action until it has a new owner does not own it.

    The column is named as text: written out with its type it would be compared with 1, which PostgreSQL refuses.
    """
    return Action.owner_id.is_(None) | sa.literal_column("actions.awaiting_owner")


def _more_time_asked(_today: date) -> ColumnElement[bool]:
    """Look for the request of each action alone, so that those of other partnerships are not read."""
    this = sa.literal_column("actions.id", ExtensionRequest.action_id.type)
    return _open() & sa.exists().where(ExtensionRequest.action_id == this, ExtensionRequest.answered_at.is_(None))


def _impact_due(today: date) -> ColumnElement[bool]:
    this = sa.literal_column("actions.id", ImpactCheck.action_id.type)
    due = (ImpactCheck.action_id == this) & ImpactCheck.answered_on.is_(None) & (ImpactCheck.due_on <= today)
    return (Action.stage == ActionStage.AWAITING_IMPACT.value) & sa.exists().where(due)


GROUPS: Mapping[str, tuple[str, Condition]] = {
    "outstanding": ("Outstanding", _outstanding),
    "overdue": ("Overdue", is_overdue),
    "due_soon": ("Due in the next 30 days", lambda today: _open() & Action.due_on.between(today, today + SOON)),
    "awaiting_sign_off": ("Awaiting sign-off", lambda _today: Action.stage == "submitted"),
    "no_owner": ("No owner", lambda today: _outstanding(today) & _unowned()),
    "no_date": ("No date", lambda _today: _open() & Action.due_on.is_(None)),
}
WAITING: Mapping[str, tuple[str, Condition]] = {
    "more_time": ("More time asked for", _more_time_asked),
    "impact_due": ("Impact to be checked", _impact_due),
}
"""Waits for an answer of the chair or the partners: counted once, and not for each agency."""
LISTED = {**GROUPS, **WAITING}
"""Every one is a subset of the live actions, those whose `ended_on` is empty."""

AGES: Mapping[str, tuple[str, Condition]] = {
    "1-30": ("1 to 30 days late", partial(is_overdue_by, 1, 30)),
    "31-90": ("31 to 90 days late", partial(is_overdue_by, 31, 90)),
    "over 90": ("Over 90 days late", partial(is_overdue_by, 91, None)),
}


@lru_cache(maxsize=32)
def counted_by(name: str, today: date) -> ColumnElement[bool]:
    """Give the condition of a group or an age on a day."""
    if name in AGES:  # the difference of two days has other words in each database, so it is not one text for both
        return AGES[name][1](today)
    return literal_sql(LISTED[name][1](today))


RATINGS = ("Red", "Amber", "Green", "Blue", "Grey")
BLUE = ("embedded", "closed_complete")
NOT_RATED = ("proposed", "agreed_no_date", "rejected", "superseded", "transferred", "no_longer_needed")
AMBER_DAYS = 14
LAST_GREEN_EXTENSION = 0
LAST_AMBER_EXTENSION = 2
AMBER_CHOICES = (7, 14, 21, 28, 42, 56)
CADENCE_CHOICES = (14, 30, 60, 90, 180)
"""What a plan may choose: fixed days, as the two databases reckon with days in different words."""
NEVER = 9999


@lru_cache(maxsize=8)
def rating(today: date) -> sa.ColumnElement[str]:
    """Work the colour out by the rule table of the plan: there is no national standard, so the words stand beside it.

    Blue: done and the evidence accepted. Grey: not due to start, no date yet, dropped, perhaps ended. Red: late,
    extended more than twice, or blocked without a plan. Amber: due within 14 days, extended, blocked with a plan, or
    where the plan asks for it not reported on for so long. Green: everything else but what its tracker leaves unrated,
    which is Grey. To submit an action changes none of this.
    """
    is_outstanding = Action.stage.in_(sorted(OUTSTANDING))
    table = sa.case(
        (Action.stage.in_(BLUE), "Blue"),
        (Action.stage.in_(NOT_RATED) | is_awaiting_status(), "Grey"),
        (
            is_outstanding
            & (
                is_overdue(today)
                | ((Action.stage == "blocked") & (Action.blocked_plan == ""))
                | (Action.times_extended > _of_plan("red_moves", LAST_AMBER_EXTENSION))
            ),
            "Red",
        ),
        (
            is_outstanding
            & (
                _is_near(today)
                | (Action.times_extended > LAST_GREEN_EXTENSION)
                | (Action.stage == "blocked")
                | _is_silent(today)
            ),
            "Amber",
        ),
        (Action.rating_reported == "", "Grey"),
        else_="Green",
    )
    return literal_sql(table)


def because(colour: str, action: Action, *, rules: PlanRules | None, today: date) -> str:
    """Say which line of the rating table, with the rules of its plan, gave an action its colour."""
    stage = action.stage
    match colour:
        case "Blue":
            return "its impact was seen" if stage == ActionStage.EMBEDDED else "done and accepted"
        case "Grey":
            return _why_grey(action)
        case "Red":
            return _why_red(action, rules, today)
        case "Amber":
            return _why_amber(action, rules, today)
        case _:
            return {
                ActionStage.SUBMITTED: "waiting for sign-off",
                ActionStage.AWAITING_IMPACT: "done, its impact still to be seen",
            }.get(ActionStage(stage), "on track")


def _why_grey(action: Action) -> str:
    if action.awaiting_status:
        return "to be decided whether it is done"
    if action.stage in NOT_RATED:
        first = {ActionStage.PROPOSED: "not agreed yet", ActionStage.AGREED_NO_DATE: "no date yet"}
        return first.get(ActionStage(action.stage), "not to be done")
    return "not rated in the tracker"


REPORTED_COLOURS = {
    **{colour.lower(): colour for colour in RATINGS},
    "r": "Red",
    "a": "Amber",
    "g": "Green",
    "b": "Blue",
    "orange": "Amber",
    "yellow": "Amber",
    "gray": "Grey",
}


def reported_colour(rating_reported: str) -> str:
    """Give the colour of this product that a reported rating names, or "" for any other words."""
    return REPORTED_COLOURS.get(rating_reported.strip().lower(), "")


def partnership_columns(actor: Actor) -> tuple[Any, ...]:
    """Give the columns of the chair's colour, its reason, and what a tracker says of agency and rating.

    They are empty for whoever reads only what is published.
    """
    columns: dict[Any, Any] = {
        Action.chair_rating: "",
        Action.chair_rating_reason: "",
        Action.lead_agency_text: "",
        Action.rating_reported: None,
    }
    others = tuple(assignment for assignment in actor.roles_held if assignment.role is not Role.SCRUTINY_MEMBER)
    if len(others) == len(actor.roles_held):
        return tuple(columns)
    seen = visible(replace(actor, roles_held=others), Action)
    return tuple(sa.case((seen, column), else_=empty) for column, empty in columns.items())


def _of_plan(rule: str, usual: int) -> sa.ColumnElement[int]:
    """Give a number of the plan's rules, or the usual one; looked up by key, only where the rating depends on it."""
    this = sa.literal_column("actions.case_id", PlanRules.case_id.type)
    of_plan = sa.select(getattr(PlanRules, rule)).where(PlanRules.case_id == this).scalar_subquery()
    return sa.func.coalesce(of_plan, usual)


def _is_near(today: date) -> sa.ColumnElement[bool]:
    within = [(Action.due_on <= today + timedelta(days=days), days) for days in AMBER_CHOICES]
    return sa.case(*within, else_=NEVER) <= _of_plan("amber_days", AMBER_DAYS)


def _is_silent(today: date) -> sa.ColumnElement[bool]:
    """Whether the last report, or where there is none the day it was to begin, is longer ago than the plan allows."""
    last = sa.func.coalesce(Action.last_progress_on, Action.start_on)
    silent = [(last < today - timedelta(days=days), days) for days in reversed(CADENCE_CHOICES)]
    return sa.case(*silent, else_=0) >= _of_plan("cadence_days", NEVER)


def _why_red(action: Action, rules: PlanRules | None, today: date) -> str:
    most = LAST_AMBER_EXTENSION if rules is None or rules.red_moves is None else rules.red_moves
    late = action_lateness(action.stage, action.due_on, action.done_on, today, awaiting_status=action.awaiting_status)
    reasons = (
        (late.is_late, "done after its due date" if action.done_on else "past its due date"),
        (action.stage == ActionStage.BLOCKED and not action.blocked_plan, "blocked, and nothing is planned about it"),
        (action.times_extended > most, _extended_too_often(most)),
    )
    return ", ".join(words for holds, words in reasons if holds)


def _extended_too_often(most: int) -> str:
    if most == 0:
        return "extended"
    return f"extended more than {['once', 'twice'][most - 1] if most < 3 else f'{most} times'}"


def _why_amber(action: Action, rules: PlanRules | None, today: date) -> str:
    near = rules.amber_days if rules and rules.amber_days else AMBER_DAYS
    cadence = rules.cadence_days if rules and rules.cadence_days else NEVER
    last, moved = action.last_progress_on or action.start_on, action.times_extended
    often = f"extended {['', 'once', 'twice'][moved] if moved < 3 else f'{moved} times'}"
    is_past = action.due_on is not None and action.due_on < today
    reasons = (
        (action.stage == ActionStage.BLOCKED, "blocked, with a plan"),
        (is_past, "done in time, and past its due date while it waits for sign-off"),
        (
            action.due_on is not None and today <= action.due_on <= today + timedelta(days=near),
            f"due within {near} days",
        ),
        (moved > LAST_GREEN_EXTENSION, often),
        (last is not None and last < today - timedelta(days=cadence), f"no report for {cadence} days"),
    )
    return ", ".join(words for holds, words in reasons if holds)


@dataclass(frozen=True, slots=True)
class ActionLine:
    """One action of a list. `case_reference` is None for whoever may see the action and not its case."""

    reference: str
    address: str
    title: str
    stage: str
    workflow: str
    agency: str | None
    owner: str | None
    owner_text: str
    due_on: date | None
    due_text: str
    original_due_on: date | None
    times_extended: int
    partnership_id: int
    recommendation_id: int | None
    deputy_id: int | None
    awaiting_owner: bool
    done_on: date | None
    due_known_to: Precision
    original_due_known_to: Precision
    awaiting_status: bool
    case_reference: str | None
    rating: str
    id: int
    chair_rating: str = ""
    """The chair's colour beside the rating, and why; empty too for whoever reads only what is published."""
    chair_rating_reason: str = ""
    lead_agency_text: str = ""
    """A lead agency that is none here, and the rating in the tracker, hidden from them as well."""
    rating_reported: str | None = None
    share: Share | None = None
    """How many of the agencies that share it have ended their part; None where it is not shared."""

    @property
    def due(self) -> KnownDay:
        """The due date as far as it is known."""
        return known_day(self.due_on, self.due_known_to)

    @property
    def original_due(self) -> KnownDay:
        return known_day(self.original_due_on, self.original_due_known_to)

    def lateness(self, today: date) -> Lateness:
        return action_lateness(self.stage, self.due_on, self.done_on, today, awaiting_status=self.awaiting_status)


@dataclass(frozen=True, slots=True)
class ActionFilter:
    """What the list is narrowed to; an empty field narrows nothing. `group` and `age` name a number of the summary.

    `done_by_id` is somebody's whole work: what they own and what they are deputy for, of the live actions.
    """

    group: str = ""
    age: str = ""
    rating: str = ""
    agency_id: int | None = None
    no_agency: bool = False
    owner_id: int | None = None
    no_owner: bool = False
    done_by_id: int | None = None
    source: str = ""
    case_reference: str = ""
    text: str = ""


Rows: TypeAlias = sa.Select[*tuple[Any, ...]]

COLUMNS: Rows = (
    sa.select(
        Action.reference,
        Action.address,
        Action.title,
        Action.stage,
        Case.workflow,
        Agency.name,
        sa.func.coalesce(known_as_in(Action.partnership_id, Action.owner_id), Person.name),
        Action.owner_text,
        Action.due_on,
        Action.due_text,
        Action.original_due_on,
        Action.times_extended,
        Action.partnership_id,
        Action.recommendation_id,
        Action.deputy_id,
        Action.awaiting_owner,
        Action.done_on,
        Action.due_known_to,
        Action.original_due_known_to,
        Action.awaiting_status,
    )
    .select_from(Action)
    .join(Case, Case.id == Action.case_id)
    .outerjoin(Agency, Agency.id == Action.lead_agency_id)
    .outerjoin(Person, Person.id == Action.owner_id)
)
"""What an action line begins with; what depends on reader and day follows."""

SUBMITTED_LAST = sa.case((Action.stage == ActionStage.SUBMITTED, 1), else_=0)

SORTS: Mapping[str, tuple[Any, ...]] = {
    "due": (Action.due_on.asc().nulls_last(),),
    "-due": (Action.due_on.desc().nulls_last(),),
    "reference": (Action.reference,),
    "-reference": (Action.reference.desc(),),
    "agency": (Agency.name.asc().nulls_last(), Action.due_on.asc().nulls_last()),
    "-agency": (Agency.name.desc().nulls_last(), Action.due_on.asc().nulls_last()),
    "owner": (Person.name.asc().nulls_last(), Action.due_on.asc().nulls_last()),
    "-owner": (Person.name.desc().nulls_last(), Action.due_on.asc().nulls_last()),
    "plan": IN_PLAN,
    "mine": (SUBMITTED_LAST, Action.due_on.asc().nulls_last()),
}


def action_list(
    session: Session,
    actor: Actor,
    *,
    today: date,
    partnership_id: int | None = None,
    wanted: ActionFilter,
    sort: str = "due",
    number: int = 1,
    size: int = SIZE,
) -> Page[ActionLine]:
    """Give one page of the actions the actor may see; an unknown sort means by due date."""
    count, rows = _statements(actor, today, partnership_id, wanted, sort)
    connection = session.connection()  # straight to it: columns need nothing of what a session does for objects
    total = connection.scalar(count) or 0
    found = connection.execute(rows, {"size": size, "before": (number - 1) * size}).all()
    parts = shares(session, [row.id for row in found], today)
    return Page([ActionLine(*(*row, parts.get(row.id))) for row in found], number, total, size)


def first_actions(
    session: Session, actor: Actor, *, today: date, partnership_id: int, wanted: ActionFilter, size: int
) -> list[ActionLine]:
    """Give the first actions of the list by due date, for a page that has counted them already."""
    _, rows = _statements(actor, today, partnership_id, wanted, "due")
    return [ActionLine(*row) for row in session.execute(rows, {"size": size, "before": 0})]


def actions_answering(
    session: Session, actor: Actor, recommendation: Recommendation, *, today: date
) -> list[ActionLine]:
    """Give the actions that answer a recommendation, added for it or for another, that the actor may see; each once."""
    query = _rows(actor, today, "plan").where(answers_recommendation(recommendation.id), visible(actor, Action))
    found = session.execute(query).all()
    parts = shares(session, [row.id for row in found], today)
    return [ActionLine(*(*row, parts.get(row.id))) for row in found]


def actions_called(
    session: Session, actor: Actor, partnership_id: int, addresses: Sequence[str], *, today: date
) -> list[ActionLine]:
    """Give actions of one partnership by their addresses, those that the actor may see."""
    named = (Action.partnership_id == partnership_id, Action.address.in_(addresses), visible(actor, Action))
    return [ActionLine(*row) for row in session.execute(_rows(actor, today, "reference").where(*named))]


@lru_cache(maxsize=256)
def _statements(
    actor: Actor, today: date, partnership_id: int | None, wanted: ActionFilter, sort: str
) -> tuple[sa.Select[int], Rows]:
    """Build the statements that count and that read the rows. Cached: building takes as long as running them."""
    conditions = _conditions(actor, today, partnership_id, wanted)
    count = _joined(sa.select(sa.func.count()), wanted).where(*conditions)
    rows = _rows(actor, today, sort).where(*conditions)
    return count, rows.limit(sa.bindparam("size")).offset(sa.bindparam("before"))


def _rows(actor: Actor, today: date, sort: str) -> Rows:
    case_reference = sa.case((visible(actor, Case), Case.reference))
    order = SORTS.get(sort, SORTS["due"])
    return COLUMNS.add_columns(case_reference, rating(today), Action.id, *partnership_columns(actor)).order_by(
        *order, Action.id
    )


def _joined(query: sa.Select[int], wanted: ActionFilter) -> sa.Select[int]:
    """Join the case only where a condition looks at it."""
    query = query.select_from(Action)
    return query.join(Case, Case.id == Action.case_id) if wanted.source else query


def _conditions(
    actor: Actor, today: date, partnership_id: int | None, wanted: ActionFilter
) -> list[sa.ColumnElement[bool]]:
    """Build only the conditions of the filters that are set: building them takes much of a page's time."""
    narrowed: tuple[tuple[object, Callable[[], sa.ColumnElement[bool]]], ...] = (
        (partnership_id, lambda: Action.partnership_id == partnership_id),
        (wanted.owner_id, lambda: of_owner(wanted.owner_id)),
        (wanted.done_by_id, lambda: _done_by(wanted.done_by_id)),
        (wanted.agency_id, lambda: Action.lead_agency_id == wanted.agency_id),
        (wanted.no_owner, lambda: Action.owner_id.is_(None)),
        (wanted.no_agency, lambda: Action.lead_agency_id.is_(None)),
        (wanted.rating, lambda: rating(today) == wanted.rating),
        (wanted.source, lambda: Case.workflow == wanted.source),
        (wanted.case_reference, lambda: in_plan_of(wanted.case_reference, actor, partnership_id)),
        (wanted.text, lambda: _contains(wanted.text)),
    )
    groups = [name for table, name in ((LISTED, wanted.group), (AGES, wanted.age)) if name in table]
    live = [Action.ended_on.is_(None)] if groups else []
    counted = [counted_by(name, today) for name in groups]
    return [visible(actor, Action), *live, *counted, *(condition() for value, condition in narrowed if value)]


def of_owner(person_id: int | None) -> sa.ColumnElement[bool]:
    """What somebody owns, and what they owned until they left and has no owner of its own yet."""
    return sa.or_(Action.owner_id == person_id, Action.previous_owner_id == person_id)


def _done_by(person_id: int | None) -> sa.ColumnElement[bool]:
    """Repeat the whole condition for each column: SQLite looks at one at a time for an index of live actions."""
    live = Action.ended_on.is_(None)
    return sa.or_((Action.owner_id == person_id) & live, (Action.deputy_id == person_id) & live)


def _contains(text: str) -> sa.ColumnElement[bool]:
    columns = (Action.text, Action.title, Action.reference)
    return sa.or_(*(column.icontains(text, autoescape=True) for column in columns))
