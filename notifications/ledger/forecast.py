"""Who will get what on a morning, and what is held back and why, as far as the reader may see it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications.base.summary_rhythm import SUMMARY
from notifications.ledger.queries import LedgerItem, works_in_deaths
from notifications.letters.letterhead import Letterhead
from notifications.process.plan_round import plan_round
from notifications.rounds.report import ClockHeldBack, ClockItem, HeldBack, Item, Mail, Round, SummaryHeldBack
from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import visible
from reviews.core.clock import read_moment
from reviews.core.db import Database
from reviews.definitions.catalogue import present_catalogue
from reviews.models import Action, Case, Person
from reviews.transactions.unit_of_work import reading
from workflows.catalogue import Catalogue

Spoken: TypeAlias = Item | ClockItem | HeldBack | ClockHeldBack | SummaryHeldBack


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody's mail of the morning. Without items it is a summary, or asks for addresses and owners to be put right.

    `kind` tells which.
    """

    name: str
    email: str
    kind: str
    items: Sequence[LedgerItem]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`note` says why there is no round; `held_back` gives what is held back by the reason, the most frequent first.

    `already` says that some have had their mail of this morning, `failed` that the round could not be planned.
    """

    note: str
    mails: Sequence[Expected]
    held_back: Mapping[str, Sequence[LedgerItem]] = field(default_factory=dict)
    already: bool = False
    failed: bool = False


def foresee(
    database: Database, actor: Actor, *, partnership_id: int, code: str, on: date, letterhead: Letterhead
) -> Foreseen:
    """Plan the round of a morning without writing, as `remind --dry-run --as-of` does, and give what may be seen."""
    planned = plan_round(database, read_moment(on.isoformat()), letterhead=letterhead, dry_run=True, codes=[code])
    with reading(database) as session:
        known = _known(session, actor, partnership_id, planned)
    mails = [found for mail in planned.mails if (found := known.mail(mail)) is not None]
    return Foreseen(
        note=planned.note,
        mails=sorted(mails, key=lambda each: (each.name.casefold(), each.email, each.kind)),
        held_back=_held_back(planned, known),
        already=planned.already > 0,
        failed=bool(planned.failed_in),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What the reader may see of what the round speaks of: addresses of actions, titles of clocks; and names.

    `kept` are the addresses of those whose summaries may speak of child deaths: they are shown to nobody.
    """

    addresses: Mapping[str, str]
    cases: Mapping[str, tuple[str, int]]
    names: Mapping[str, str]
    kept: frozenset[str]
    sees_tasks: bool
    catalogue: Catalogue

    def mail(self, mail: Mail) -> Expected | None:
        """Give a mail with what may be seen of it; None where that is nothing."""
        items = [replace(found, rung=item.rung) for item in mail.items if (found := self.matter(item)) is not None]
        alone = mail.to not in self.kept if mail.kind == SUMMARY else self.sees_tasks
        if not items and (mail.items or not alone):
            return None
        return Expected(self.names.get(mail.to, mail.to), mail.to, mail.kind, items)

    def matter(self, said: Spoken) -> LedgerItem | None:
        """Give an action or clock the reader may see, or the summary of somebody; None for any other."""
        match said:
            case SummaryHeldBack():
                return None if said.to in self.kept else LedgerItem(f"the summary for {said.to}", "", "")
            case ClockItem() | ClockHeldBack():
                if (kind := self.cases.get(said.case)) is None:
                    return None
                return LedgerItem(said.case, said.case, "", self.catalogue.deadline(*kind, said.clock).title)
            case Item() | HeldBack():
                address = self.addresses.get(said.action)
                return None if address is None else LedgerItem(said.action, address, "")


def _held_back(planned: Round, known: _Known) -> dict[str, list[LedgerItem]]:
    reasons: dict[str, list[LedgerItem]] = {}
    for held in planned.held_back:
        if (found := known.matter(held)) is not None:
            reasons.setdefault(held.why, []).append(found)
    return dict(sorted(reasons.items(), key=lambda each: (-len(each[1]), each[0])))


def _known(session: Session, actor: Actor, partnership_id: int, planned: Round) -> _Known:
    spoken: list[Spoken] = [*(item for mail in planned.mails for item in mail.items), *planned.held_back]
    actions = {each.action for each in spoken if isinstance(each, Item | HeldBack)}
    cases = {each.case for each in spoken if isinstance(each, ClockItem | ClockHeldBack)}
    of_actions = sa.select(Action.reference, Action.address).where(
        Action.partnership_id == partnership_id, Action.reference.in_(actions), visible(actor, Action)
    )
    of_cases = sa.select(Case.reference, Case.workflow, Case.workflow_version).where(
        Case.partnership_id == partnership_id, Case.reference.in_(cases), visible(actor, Case)
    )
    emails = {mail.to for mail in planned.mails} | {each.to for each in spoken if isinstance(each, SummaryHeldBack)}
    people = sa.select(Person.email, Person.name, works_in_deaths(Person.id, partnership_id))
    to = session.execute(people.where(Person.email.in_(emails))).all()
    return _Known(
        addresses={row[0]: row[1] for row in session.execute(of_actions)},
        cases={row[0]: (row[1], row[2]) for row in session.execute(of_cases)},
        names={row[0]: row[1] for row in to},
        kept=frozenset() if actor.is_system else frozenset(row[0] for row in to if row[2]),
        sees_tasks=actor.may(Permission.MANAGE_PEOPLE, partnership_id),
        catalogue=present_catalogue(session),
    )
