"""The unit of work: one transaction of one actor at one moment."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from reviews.access.permissions import Actor
from reviews.access.shown import note_action, note_case
from reviews.access.visibility import visible
from reviews.core.clock import Clock, local_day
from reviews.core.db import Database, open_read_session
from reviews.core.fast_sql import insert_all
from reviews.definitions.bank_holidays import present_calendar
from reviews.definitions.local_rules import LocalRules, local_rules_of
from reviews.models import AccountMail, AccountMailKind, Action, Case, Event, EventKind, Partnership
from reviews.models.event_details import check_details
from workflows.core.bank_holidays import Calendar
from workflows.core.days import Precision
from workflows.core.engine import Refused

Row = TypeVar("Row")
OPERATOR = "operator"
"""How the name of whoever acts at the terminal begins."""
ABOUT_PEOPLE: tuple[tuple[EventKind, str, AccountMailKind], ...] = (
    (EventKind.ABSENCE_RECORDED, "person", AccountMailKind.AWAY),
    (EventKind.ABSENCE_RECORDED, "deputy", AccountMailKind.DEPUTY),
    (EventKind.ABSENCE_ENDED, "person", AccountMailKind.BACK),
    (EventKind.PERSON_ADDED, "person", AccountMailKind.ROLE_GIVEN),
    (EventKind.ROLE_ENDED, "person", AccountMailKind.ROLE_ENDED),
    (EventKind.PERSON_DISABLED, "person", AccountMailKind.ACCOUNT_DISABLED),
)
"""What is recorded about people, with the detail that names them and the mail that they get."""
NOTHING: Mapping[str, str] = MappingProxyType({})


class NotFound(Exception):
    """There is no such thing, or the actor may not see it: the answer is the same."""


class Gone(Exception):
    """There was such a link, and it works no more: used, expired, withdrawn, or its person has left."""


class Stale(Exception):
    """Somebody else changed the row after it was read."""


@dataclass(slots=True)
class Unit:
    """What a command works with: a session with its transaction, the actor, and the moment it happens."""

    session: Session
    actor: Actor
    now: datetime
    _calendar: Calendar | None = None
    _local_rules: dict[int, LocalRules] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return local_day(self.now)

    @property
    def calendar(self) -> Calendar:
        """The bank holidays, read when first needed."""
        if self._calendar is None:
            self._calendar = present_calendar(self.session)
        return self._calendar

    def local_rules(self, partnership_id: int) -> LocalRules:
        """The local rules of a partnership, read when first needed."""
        if partnership_id not in self._local_rules:
            self._local_rules[partnership_id] = local_rules_of(self.session, partnership_id)
        return self._local_rules[partnership_id]

    def partnership(self, code: str) -> Partnership:
        query = sa.select(Partnership).where(Partnership.code == code.upper(), visible(self.actor, Partnership))
        return self._first(query)

    def case(self, reference: str, *, partnership: str | None = None, version: int | None = None) -> Case:
        """Find a case by its reference, locked for this unit; raises NotFound, or Stale when `version` is old."""
        case: Case = self._one(_finding(self.actor, Case, "reference", partnership), reference)
        note_case(self.actor, case)
        self._require_version(case, version)
        return case

    def action(self, reference: str, *, partnership: str | None = None, version: int | None = None) -> Action:
        """Find an action by its reference or its address, locked for this unit; NotFound or Stale otherwise."""
        column = "reference" if "/" in reference else "address"
        action: Action = self._one(_finding(self.actor, Action, column, partnership), reference)
        note_action(self.actor, action)
        self._require_version(action, version)
        return action

    def record(
        self,
        kind: EventKind,
        *,
        partnership_id: int,
        case_id: int | None = None,
        action_id: int | None = None,
        happened_on: date | None = None,
        known_to: Precision = Precision.DAY,
        details: Mapping[str, Any] | None = None,
        **columns: str | None,
    ) -> Event:
        """Write the history row of a change; `columns` may name track, step, from_stage and to_stage.

        `details` has the keys of the kind (reviews/models/event_details.py); raises ValueError for any other.
        """
        check_details(kind, details or NOTHING)
        event = Event(
            kind=kind,
            partnership_id=partnership_id,
            case_id=case_id,
            action_id=action_id,
            happened_on=happened_on or self.today,
            known_to=known_to,
            recorded_at=self.now,
            recorded_by=self.actor.signature,
            recorded_by_id=self.actor.person_id,
            details=dict(details or NOTHING),
            **columns,
        )
        self.session.add(event)
        self._have_people_mailed(event)
        return event

    def _have_people_mailed(self, event: Event) -> None:
        """Have those written to whom it is about, where somebody else has recorded it."""
        if self.actor.is_system and not self.actor.name.startswith(OPERATOR):
            return
        concerned = {event.details.get(key): mail for kind, key, mail in ABOUT_PEOPLE if kind is event.kind}
        for person_id, mail in concerned.items():
            if person_id is not None and person_id != self.actor.person_id:
                self.session.flush()  # for the number of the event
                self.session.add(
                    AccountMail(
                        kind=mail,
                        email="",
                        person_id=person_id,
                        partnership_id=event.partnership_id,
                        event_id=event.id,
                        asked_at=self.now,
                    )
                )

    def _first(self, query: sa.Select[Row]) -> Row:
        found = self.session.scalars(query).first()
        if found is None:
            raise NotFound
        return found

    def _one(self, query: sa.Select[Any], reference: str) -> Any:
        """Find a row by its reference. Who sees both realms must not change the one where they mean the other."""
        found = self.session.scalars(query, {"named": reference}).all()
        if not found:
            raise NotFound
        if len(found) > 1 and found[0].partnership_id == found[1].partnership_id:
            raise Refused(
                f"{reference} is there twice, also in child death review. Act as a person who sees one of them."
            )
        return found[0]

    def _require_version(self, row: Case | Action, version: int | None) -> None:
        if version is not None and row.version != version:
            raise Stale


@lru_cache(maxsize=256)
def _finding(actor: Actor, table: Any, column: str, partnership: str | None) -> sa.Select[Any]:
    """Build the query that finds and locks a case or action. Cached: building it takes as long as running it."""
    query = sa.select(table).where(getattr(table, column) == sa.bindparam("named"), visible(actor, table))
    if partnership is not None:
        named = sa.select(Partnership.id).where(Partnership.code == partnership.upper())
        query = query.where(table.partnership_id == named.scalar_subquery())
    return query.order_by(table.partnership_id, table.id).limit(2).with_for_update(of=table, key_share=True)


@contextmanager
def unit_of_work(database: Database, actor: Actor, clock: Clock) -> Iterator[Unit]:
    """Open a transaction that is committed at the end, or rolled back by an exception. Raises Stale."""
    with database() as session:
        session.connection(execution_options={"writes": True})
        try:
            yield Unit(session, actor, clock.now())
            session.commit()
        except StaleDataError as error:
            raise Stale from error


@contextmanager
def reading(database: Database) -> Iterator[Session]:
    """Open a session that only reads."""
    with open_read_session(database) as session:
        yield session


def record_each(unit: Unit, kind: EventKind, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one event for each row. A row has partnership_id and details, and case_id or action_id or both.

    Raises ValueError for details that are not those of the kind.
    """
    same = {
        "kind": kind,
        "happened_on": unit.today,
        "recorded_at": unit.now,
        "recorded_by": unit.actor.signature,
        "recorded_by_id": unit.actor.person_id,
        "case_id": None,
        "action_id": None,
    }

    def checked() -> Iterator[dict[str, Any]]:
        for row in rows:
            check_details(kind, row.get("details", {}))
            yield {**same, **row}

    insert_all(unit.session, Event, checked())
