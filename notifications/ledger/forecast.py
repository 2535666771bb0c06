"""The mails of a coming morning and what is held back, as far as the reader may see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.base.summary_rhythm import SUMMARY
from notifications.ledger.queries import LedgerItem, works_in_deaths
from notifications.letters.links import Letterhead
from notifications.process.plan_round import plan_round
from notifications.rounds.report import ClockHeldBack, ClockItem, HeldBack, Item, Mail, Moved, Round, SummaryHeldBack
from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import visible
from reviews.core.clock import read_moment
from reviews.core.db import Database
from reviews.definitions.installed import present_catalogue
from reviews.models import Action, Case, Person
from reviews.transactions.unit_of_work import reading
from workflows.catalogue import Catalogue

RoundItem: TypeAlias = Item | ClockItem | HeldBack | ClockHeldBack | SummaryHeldBack


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody's mail of the morning. Without items it is a summary, or a list of tasks, as `kind` tells."""

    name: str
    email: str
    kind: str
    items: Sequence[LedgerItem]


@dataclass(frozen=True, slots=True)
class ExpectedMove:
    """A step that is recorded by itself that morning, as nobody acted by its day."""

    case: str
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`note` says why there is no round; `held_back` is by reason, the most frequent first.

    `already` says that some have had their mail of this morning, `failed` that the round could not be planned.
    """

    note: str
    mails: Sequence[Expected]
    held_back: Mapping[str, Sequence[LedgerItem]] = field(default_factory=dict)
    already: bool = False
    failed: bool = False
    moves: Sequence[ExpectedMove] = ()


def foresee(
    database: Database, actor: Actor, *, partnership_id: int, code: str, on: date, letterhead: Letterhead
) -> Foreseen:
    """Plan the round of a morning as a dry run, and return what the reader may see of it."""
    planned = plan_round(database, read_moment(on.isoformat()), letterhead=letterhead, dry_run=True, codes=[code])
    with reading(database) as session:
        visible_parts = _visible_parts(session, actor, partnership_id, planned)
    mails = [found for mail in planned.mails if (found := visible_parts.mail(mail)) is not None]
    return Foreseen(
        note=planned.note,
        mails=sorted(mails, key=lambda each: (each.name.casefold(), each.email, each.kind)),
        held_back=_held_back(planned, visible_parts),
        already=planned.already > 0,
        failed=bool(planned.failed_in),
        moves=[move for moved in planned.moved if (move := visible_parts.move(moved)) is not None],
    )


@dataclass(frozen=True, slots=True)
class _VisibleParts:
    """What the reader may see of a round: actions by reference, cases by reference, people by address.

    `hidden_addresses` are of people whose summaries may be about child deaths; those summaries are not shown.
    """

    addresses: Mapping[str, str]
    cases: Mapping[str, tuple[str, int]]
    names: Mapping[str, str]
    hidden_addresses: frozenset[str]
    sees_tasks: bool
    catalogue: Catalogue

    def mail(self, mail: Mail) -> Expected | None:
        """Return a mail with the items that may be seen; None if nothing of it may be seen."""
        items = [
            replace(found, rung=item.rung) for item in mail.items if (found := self.visible_item(item)) is not None
        ]
        alone = mail.to not in self.hidden_addresses if mail.kind == SUMMARY else self.sees_tasks
        if not items and (mail.items or not alone):
            return None
        return Expected(self.names.get(mail.to, mail.to), mail.to, mail.kind, items)

    def move(self, moved: Moved) -> ExpectedMove | None:
        """Return what happens by itself in a case, if the reader may see that case."""
        if (kind := self.cases.get(moved.case)) is None:
            return None
        step = self.catalogue.version(*kind).step(moved.step)
        return ExpectedMove(moved.case, step.title if step else moved.step, moved.reason)

    def visible_item(self, item: RoundItem) -> LedgerItem | None:
        """Return the action, clock or summary if the reader may see it; otherwise None."""
        match item:
            case SummaryHeldBack():
                return None if item.to in self.hidden_addresses else LedgerItem(f"the summary for {item.to}", "", "")
            case ClockItem() | ClockHeldBack():
                if (kind := self.cases.get(item.case)) is None:
                    return None
                return LedgerItem(item.case, item.case, "", self.catalogue.deadline(*kind, item.clock).title)
            case Item() | HeldBack():
                address = self.addresses.get(item.action)
                return None if address is None else LedgerItem(item.action, address, "")


def _held_back(planned: Round, visible_parts: _VisibleParts) -> dict[str, list[LedgerItem]]:
    reasons: dict[str, list[LedgerItem]] = {}
    for held in planned.held_back:
        if (found := visible_parts.visible_item(held)) is not None:
            reasons.setdefault(held.why, []).append(found)
    return dict(sorted(reasons.items(), key=lambda each: (-len(each[1]), each[0])))


def _visible_parts(session: Session, actor: Actor, partnership_id: int, planned: Round) -> _VisibleParts:
    items: list[RoundItem] = [*(item for mail in planned.mails for item in mail.items), *planned.held_back]
    actions = {each.action for each in items if isinstance(each, Item | HeldBack)}
    cases = {each.case for each in items if isinstance(each, ClockItem | ClockHeldBack)}
    cases |= {moved.case for moved in planned.moved}
    of_actions = sa.select(Action.reference, Action.address).where(
        Action.partnership_id == partnership_id, Action.reference.in_(actions), visible(actor, Action)
    )
    of_cases = sa.select(Case.reference, Case.workflow, Case.workflow_version).where(
        Case.partnership_id == partnership_id, Case.reference.in_(cases), visible(actor, Case)
    )
    emails = {mail.to for mail in planned.mails} | {each.to for each in items if isinstance(each, SummaryHeldBack)}
    people = sa.select(Person.email, Person.name, works_in_deaths(Person.id, partnership_id))
    to = session.execute(people.where(Person.email.in_(emails))).all()
    return _VisibleParts(
        addresses={row[0]: row[1] for row in session.execute(of_actions)},
        cases={row[0]: (row[1], row[2]) for row in session.execute(of_cases)},
        names={row[0]: row[1] for row in to},
        hidden_addresses=frozenset() if actor.is_system else frozenset(row[0] for row in to if row[2]),
        sees_tasks=actor.may(Permission.SOLVE_DELIVERY_PROBLEMS, partnership_id),
        catalogue=present_catalogue(session),
    )
