"""The ledger of letters: a filtered page of them, and everything about one."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from notifications.letters.links import WORDS, Answer
from notifications.models import AddressProblem, Heartbeat, Letter, LetterAnswer, LetterState, Reminder
from notifications.process.heartbeat import last_heartbeat
from notifications.process.plan_round import KIND
from notifications.rounds.delivery_problems import WITH_TASKS
from reviews.access.permissions import Actor, Permission, realm_of
from reviews.access.visibility import visible, within
from reviews.definitions.installed import present_catalogue
from reviews.models import Action, Case, CaseClock, Event, EventKind, Membership, Person
from reviews.models.event_details import LetterResent, details_of
from reviews.models.people import known_as_in
from reviews.transactions.unit_of_work import NotFound
from workflows.core.vocabulary import Realm, Role


@dataclass(frozen=True, slots=True)
class LedgerFilters:
    """`to` is searched in names and addresses, `about` in references; days are mornings, both included."""

    state: LetterState | None = None
    to: str = ""
    kind: str = ""
    about: str = ""
    since_on: date | None = None
    until_on: date | None = None


def narrowed(filters: LedgerFilters, actor: Actor) -> list[sa.ColumnElement[bool]]:
    """Return the conditions on letters, joined with their people. Only what the reader may see is searched."""
    conditions: list[sa.ColumnElement[bool]] = []
    if filters.state is not None:
        conditions.append(Letter.state == filters.state)
    if filters.kind:
        conditions.append(Letter.kind == filters.kind)
    if filters.to.strip():
        conditions.append(_to(filters.to.strip().lower()))
    if filters.about.strip():
        conditions.append(_about(filters.about.strip(), actor))
    if filters.since_on is not None:
        conditions.append(Letter.morning >= filters.since_on)
    if filters.until_on is not None:
        conditions.append(Letter.morning <= filters.until_on)
    return conditions


def _to(text: str) -> sa.ColumnElement[bool]:
    return sa.func.lower(Person.name).contains(text, autoescape=True) | Person.email.contains(text, autoescape=True)


def _about(text: str, actor: Actor) -> sa.ColumnElement[bool]:
    actions = (
        sa.select(Reminder.letter_id)
        .join(Action, Action.id == Reminder.action_id)
        .where(
            visible(actor, Action),
            Action.reference.icontains(text, autoescape=True) | Action.address.icontains(text, autoescape=True),
        )
    )
    clocks = (
        sa.select(Reminder.letter_id)
        .join(CaseClock, CaseClock.id == Reminder.clock_id)
        .join(Case, Case.id == CaseClock.case_id)
        .where(visible(actor, Case), Case.reference.icontains(text, autoescape=True))
    )
    text_letter_id = sa.func.coalesce(Letter.again_of_id, Letter.id)
    return text_letter_id.in_(actions) | text_letter_id.in_(clocks)


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """An action; or, where `clock` has its title, the clock of the case with this reference.

    `left_out` says why the line was taken out of the mail before that left.
    """

    reference: str
    address: str
    rung: str
    clock: str = ""
    left_out: str = ""


def items_of(session: Session, actor: Actor, letters: Collection[int]) -> dict[int, list[LedgerItem]]:
    """Return the items of letters, by letter id: clocks first, then actions, by reference."""
    found: dict[int, list[LedgerItem]] = {}
    _add_clocks(session, actor, letters, found)
    rows = session.execute(
        sa.select(
            Reminder.letter_id, Action.reference, Action.address, Reminder.rung, sa.literal(""), Reminder.left_out
        )
        .join(Action, Action.id == Reminder.action_id)
        .where(Reminder.letter_id.in_(letters), visible(actor, Action))
        .order_by(Action.reference, Reminder.rung)
    )
    for letter_id, *item in rows:
        found.setdefault(letter_id, []).append(LedgerItem(*item))
    return found


def _add_clocks(session: Session, actor: Actor, letters: Collection[int], found: dict[int, list[LedgerItem]]) -> None:
    catalogue = present_catalogue(session)
    rows = session.execute(
        sa.select(
            Reminder.letter_id,
            Reminder.rung,
            Case.reference,
            sa.func.coalesce(CaseClock.earlier_workflow, Case.workflow),
            sa.func.coalesce(CaseClock.earlier_version, Case.workflow_version),
            CaseClock.name,
            Reminder.left_out,
        )
        .join(CaseClock, CaseClock.id == Reminder.clock_id)
        .join(Case, Case.id == CaseClock.case_id)
        .where(Reminder.letter_id.in_(letters), visible(actor, Case))
        .order_by(Case.reference, CaseClock.name, Reminder.rung)
    )
    for letter_id, rung, reference, workflow, version, name, left_out in rows:
        title = catalogue.deadline(workflow, version, name).title
        found.setdefault(letter_id, []).append(LedgerItem(reference, reference, rung, title, left_out))


PAGE_SIZE = 50
ALL = LedgerFilters()
SORTS: dict[str, tuple[Any, ...]] = {
    "-morning": (Letter.morning.desc(), Person.name, Letter.id),
    "morning": (Letter.morning, Person.name, Letter.id),
    "to": (Person.name, Letter.morning.desc(), Letter.id),
    "-to": (Person.name.desc(), Letter.morning.desc(), Letter.id),
    "state": (Letter.state, Letter.morning.desc(), Person.name, Letter.id),
    "-state": (Letter.state.desc(), Letter.morning.desc(), Person.name, Letter.id),
}

COLUMNS = (
    Letter.id,
    Letter.morning,
    Letter.kind,
    sa.func.coalesce(known_as_in(Letter.partnership_id, Person.id), Person.name),
    Person.email,
    Letter.state,
    Letter.tries,
    Letter.sent_at,
    Letter.answer,
    Letter.again_of_id,
    Letter.reported_at,
)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One letter with those of its items that the reader may see; a copy has the items of the first letter."""

    id: int
    morning: date
    kind: str
    to_name: str
    to_email: str
    state: LetterState
    tries: int
    sent_at: datetime | None
    answer: str
    again_of_id: int | None = None
    reported_at: datetime | None = None
    items: list[LedgerItem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LedgerPage:
    rows: Sequence[LedgerRow]
    total: int


def ledger(
    session: Session,
    actor: Actor,
    *,
    partnership_id: int,
    filters: LedgerFilters = ALL,
    sort: str = "-morning",
    page: int = 1,
    size: int = PAGE_SIZE,
) -> LedgerPage:
    """Return one page of the letters of which the reader may see something. Pages begin at 1."""
    letters = letters_of(actor, partnership_id, filters)
    total = session.scalar(sa.select(sa.func.count()).select_from(letters.subquery())) or 0
    query = letters.with_only_columns(*COLUMNS).order_by(*SORTS.get(sort, SORTS["-morning"]))
    found = session.execute(query.limit(size).offset((max(page, 1) - 1) * size))
    rows = [LedgerRow(*row) for row in found]
    items = items_of(session, actor, {row.again_of_id or row.id for row in rows})
    for row in rows:
        row.items.extend(items.get(row.again_of_id or row.id, ()))
    return LedgerPage(rows, total)


def letters_of(actor: Actor, partnership_id: int, filters: LedgerFilters) -> sa.Select[int]:
    """Return the query for the ids of a partnership's letters that match, joined with their people."""
    return (
        sa.select(Letter.id)
        .join(Person, Person.id == Letter.person_id)
        .where(Letter.partnership_id == partnership_id, letters_visible_to(actor), *narrowed(filters, actor))
    )


def last_seen(session: Session) -> Heartbeat | None:
    """Return the last heartbeat of the reminder process; None when it has never run."""
    return last_heartbeat(session, "reminders")


def letters_visible_to(actor: Actor) -> sa.ColumnElement[bool]:
    """Return the condition on letters in ledgers the actor may see, of which they may see at least one line.

    So letters about child death review alone are hidden from those who may not know of it. Of letters without lines,
    lists of tasks are visible to those who have the tasks, and any other, such as a summary, unless its recipient
    works in child death review.
    """
    if actor.is_system:
        return sa.true()
    of_letter = Reminder.letter_id == sa.func.coalesce(Letter.again_of_id, Letter.id)
    return within(actor, Letter.partnership_id, Permission.SEE_REMINDERS) & sa.or_(
        sa.exists().where(of_letter, Action.id == Reminder.action_id, visible(actor, Action)),
        sa.exists().where(of_letter, CaseClock.id == Reminder.clock_id, visible(actor, CaseClock)),
        _without_lines(actor) & ~sa.exists().where(of_letter),
    )


def _without_lines(actor: Actor) -> sa.ColumnElement[bool]:
    of_tasks = within(actor, Letter.partnership_id, Permission.SOLVE_DELIVERY_PROBLEMS) & (Letter.kind == WITH_TASKS)
    in_deaths = works_in_deaths(Letter.person_id, Letter.partnership_id)
    return of_tasks | (Letter.kind.not_in([KIND, WITH_TASKS]) & ~in_deaths)


def works_in_deaths(person_id: Any, partnership_id: Any) -> sa.ColumnElement[bool]:
    """Give the condition on who has, or had, a role of child death review there."""
    return sa.exists().where(
        Membership.person_id == person_id,
        Membership.partnership_id == partnership_id,
        Membership.role.in_([role for role in Role if realm_of(role) is Realm.CHILD_DEATHS]),
    )


LINK = re.compile(r"/l/[^\s/<>\"]+")
LEFT_OUT = "/l/…"


@dataclass(frozen=True, slots=True)
class LinkAnswerRow:
    """What was answered of one action by the link of the letter, as the mail says it, and when it was taken back."""

    reference: str
    address: str
    answer: str
    answered_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Resent:
    """Somebody sent it again: as the same letter, or as the copy with this id."""

    at: datetime
    by: str
    copy: int | None


@dataclass(frozen=True, slots=True)
class LetterFile:
    """`subject` and `text` are empty unless the reader may see everything in the letter. The text is without its
    links, because anybody who has a link can answer with it. `returned` says that this letter came back."""

    letter: Letter
    items: Sequence[LedgerItem]
    subject: str
    text: str
    answers: Sequence[LinkAnswerRow]
    resent: Sequence[Resent]
    returned: bool


def letter_file(session: Session, actor: Actor, letter_id: int) -> LetterFile:
    """Return one letter. Raises NotFound if it does not exist, or the reader may see nothing of it."""
    query = (
        sa.select(Letter).options(joinedload(Letter.person)).where(Letter.id == letter_id, letters_visible_to(actor))
    )
    letter = session.scalars(query).first()
    if letter is None:
        raise NotFound
    first = letter.again_of_id or letter.id
    items = items_of(session, actor, {first}).get(first, [])
    is_whole = _is_whole(session, actor, letter, first, len(items))
    return LetterFile(
        letter=letter,
        items=items,
        subject=letter.subject if is_whole else "",
        text=LINK.sub(LEFT_OUT, letter.body) if is_whole else "",
        answers=_answers(session, actor, first),
        resent=_resent(session, letter),
        returned=session.scalar(sa.select(AddressProblem.id).where(AddressProblem.letter_id == letter.id).limit(1))
        is not None,
    )


def _is_whole(session: Session, actor: Actor, letter: Letter, first: int, visible_lines: int) -> bool:
    """Whether the reader may see everything in it: its lines, its tasks, and previous answers it may mention."""
    lines = session.scalar(sa.select(sa.func.count(Reminder.id)).where(Reminder.letter_id == first)) or 0
    if lines != visible_lines:
        return False
    if letter.kind == WITH_TASKS:
        return actor.may(Permission.SOLVE_DELIVERY_PROBLEMS, letter.partnership_id) and not _may_mention_hidden_answer(
            session, actor, letter
        )
    return lines > 0 and not _may_mention_hidden_answer(session, actor, letter)


def _may_mention_hidden_answer(session: Session, actor: Actor, letter: Letter) -> bool:
    """Whether the recipient ever answered by a link about an action the reader may not see, which it may mention."""
    hidden = (
        sa.select(LetterAnswer.id)
        .join(Letter, Letter.id == LetterAnswer.letter_id)
        .join(Action, Action.id == LetterAnswer.action_id)
        .where(
            Letter.person_id == letter.person_id,
            Letter.partnership_id == letter.partnership_id,
            # not a plain NOT: where an action has no owner, neither it nor its opposite would be true
            Action.id.not_in(sa.select(Action.id).where(visible(actor, Action))),
        )
    )
    return session.scalar(hidden.limit(1)) is not None


def _answers(session: Session, actor: Actor, first: int) -> Sequence[LinkAnswerRow]:
    rows = session.execute(
        sa.select(
            Action.reference, Action.address, LetterAnswer.answer, LetterAnswer.answered_at, LetterAnswer.undone_at
        )
        .join(Action, Action.id == LetterAnswer.action_id)
        .where(LetterAnswer.letter_id == first, visible(actor, Action))
        .order_by(LetterAnswer.answered_at, LetterAnswer.id)
    )
    return [LinkAnswerRow(row[0], row[1], WORDS[Answer(row[2])], *row[3:]) for row in rows]


def _resent(session: Session, letter: Letter) -> Sequence[Resent]:
    # the keys of LetterResent; the database reads them
    named = [Event.details[name].as_integer() == letter.id for name in ("letter", "copy")]
    events = session.scalars(
        sa.select(Event)
        .where(
            Event.partnership_id == letter.partnership_id,
            Event.kind == EventKind.LETTER_RESENT,
            sa.or_(*named),
        )
        .order_by(Event.id)
    )
    return [Resent(each.recorded_at, each.recorded_by, details_of(each, LetterResent).get("copy")) for each in events]
