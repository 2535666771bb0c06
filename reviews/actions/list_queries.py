"""Which actions match, in what order, and how does each stand today?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.actions.action_groups import AGES, LISTED, counted_by
from reviews.actions.rating import chairs_word, rating
from reviews.actions.strands import Share, shares
from reviews.cases.responses import answers, in_plan_of
from reviews.core.paging import SIZE, Page
from reviews.models import Action, Agency, Case, Person, Recommendation
from workflows.definitions.action import A


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
    case_reference: str | None
    rating: str
    id: int
    own_rating: str = ""
    """What the chair says beside the rating, and why; empty too for whoever reads only what is published."""
    own_rating_reason: str = ""
    share: Share | None = None
    """How many of the agencies that share it have ended their part; None where nobody shares it."""

    def days_late(self, today: date) -> int:
        return (today - self.due_on).days if self.due_on and self.due_on < today else 0


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
        Person.name,
        Action.owner_text,
        Action.due_on,
        Action.due_text,
        Action.original_due_on,
        Action.times_extended,
        Action.partnership_id,
        Action.recommendation_id,
        Action.deputy_id,
    )
    .select_from(Action)
    .join(Case, Case.id == Action.case_id)
    .outerjoin(Agency, Agency.id == Action.lead_agency_id)
    .outerjoin(Person, Person.id == Action.owner_id)
)
"""What an action line begins with; what depends on reader and day follows."""

SUBMITTED_LAST = sa.case((Action.stage == A.SUBMITTED, 1), else_=0)

SORTS: Mapping[str, tuple[Any, ...]] = {
    "due": (Action.due_on.asc().nulls_last(),),
    "-due": (Action.due_on.desc().nulls_last(),),
    "reference": (Action.reference,),
    "-reference": (Action.reference.desc(),),
    "agency": (Agency.name.asc().nulls_last(), Action.due_on.asc().nulls_last()),
    "-agency": (Agency.name.desc().nulls_last(), Action.due_on.asc().nulls_last()),
    "owner": (Person.name.asc().nulls_last(), Action.due_on.asc().nulls_last()),
    "-owner": (Person.name.desc().nulls_last(), Action.due_on.asc().nulls_last()),
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
    query = _rows(actor, today, "reference").where(answers(recommendation.id), visible(actor, Action))
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
    """Build what counts and what gives the rows; kept, as a person comes back and building takes as long as asking."""
    conditions = _conditions(actor, today, partnership_id, wanted)
    count = _joined(sa.select(sa.func.count()), wanted).where(*conditions)
    rows = _rows(actor, today, sort).where(*conditions)
    return count, rows.limit(sa.bindparam("size")).offset(sa.bindparam("before"))


def _rows(actor: Actor, today: date, sort: str) -> Rows:
    case_reference = sa.case((visible(actor, Case), Case.reference))
    order = SORTS.get(sort, SORTS["due"])
    return COLUMNS.add_columns(case_reference, rating(today), Action.id, *chairs_word(actor)).order_by(
        *order, Action.id
    )


def _joined(query: sa.Select[int], wanted: ActionFilter) -> sa.Select[int]:
    """Count over the actions alone where no condition looks at the case."""
    query = query.select_from(Action)
    return query.join(Case, Case.id == Action.case_id) if wanted.source else query


def _conditions(
    actor: Actor, today: date, partnership_id: int | None, wanted: ActionFilter
) -> list[sa.ColumnElement[bool]]:
    """Build only what narrows: of a page's time, building conditions is no small part."""
    narrowed: tuple[tuple[object, Callable[[], sa.ColumnElement[bool]]], ...] = (
        (partnership_id, lambda: Action.partnership_id == partnership_id),
        (wanted.owner_id, lambda: Action.owner_id == wanted.owner_id),
        (wanted.done_by_id, lambda: _done_by(wanted.done_by_id)),
        (wanted.agency_id, lambda: Action.lead_agency_id == wanted.agency_id),
        (wanted.no_owner, lambda: Action.owner_id.is_(None)),
        (wanted.no_agency, lambda: Action.lead_agency_id.is_(None)),
        (wanted.rating, lambda: rating(today) == wanted.rating),
        (wanted.source, lambda: Case.workflow == wanted.source),
        (wanted.case_reference, lambda: in_plan_of(wanted.case_reference, actor, partnership_id)),
        (wanted.text, lambda: _says(wanted.text)),
    )
    groups = [name for table, name in ((LISTED, wanted.group), (AGES, wanted.age)) if name in table]
    live = [Action.ended_on.is_(None)] if groups else []
    counted = [counted_by(name, today) for name in groups]
    return [visible(actor, Action), *live, *counted, *(condition() for value, condition in narrowed if value)]


def _done_by(person_id: int | None) -> sa.ColumnElement[bool]:
    """Each way is said whole: SQLite looks at one at a time for an index that holds the live actions alone."""
    live = Action.ended_on.is_(None)
    return sa.or_((Action.owner_id == person_id) & live, (Action.deputy_id == person_id) & live)


def _says(text: str) -> sa.ColumnElement[bool]:
    columns = (Action.text, Action.title, Action.reference)
    return sa.or_(*(column.icontains(text, autoescape=True) for column in columns))
