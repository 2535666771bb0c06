"""Which record a request or a command shows: noted where the record is found, read when the audit log is written.

The queries that find one case or one action note it, so no view and no command has to. Where nothing has begun to
note, as in the reminder process, a note is lost.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass

from reviews.access.permissions import Actor
from reviews.access.policies import WORKS_AS, roles_in, roles_on_action
from reviews.models import Action, Case
from workflows.core.vocabulary import Role


@dataclass(slots=True)
class ShownRecord:
    """What was noted since `begin`. The first case or action counts: it is the one that was asked for.

    `number` is how many rows were listed or exported, None where no list was made; `into` the format of an export.
    `reader` is whose link or calendar it is, where nobody has signed in.
    """

    partnership_id: int | None = None
    case_id: int | None = None
    action_id: int | None = None
    reference: str = ""
    role: str = ""
    number: int | None = None
    into: str = ""
    reader: Actor | None = None

    @property
    def is_one_record(self) -> bool:
        return self.case_id is not None


_SHOWN: ContextVar[ShownRecord | None] = ContextVar("shown", default=None)
LONGEST_ROLES = 200


def begin_noting() -> None:
    _SHOWN.set(ShownRecord())


def what_was_noted() -> ShownRecord:
    return _SHOWN.get() or ShownRecord()


def note_case(actor: Actor, case: Case) -> None:
    """Note that this case was found for somebody."""
    shown = _SHOWN.get()
    if shown is None or shown.is_one_record:
        return
    shown.partnership_id, shown.case_id, shown.reference = case.partnership_id, case.id, case.reference
    shown.role = _roles_on_case(actor, case)


def note_case_named(reference: str, *, case_id: int, partnership_id: int) -> None:
    """Note a case of which only that it is there is shown, as to whoever manages retention."""
    shown = _SHOWN.get()
    if shown is not None and not shown.is_one_record:
        shown.partnership_id, shown.case_id, shown.reference = partnership_id, case_id, reference


def note_action(actor: Actor, action: Action) -> None:
    """Note that this action was found for somebody."""
    shown = _SHOWN.get()
    if shown is None or shown.is_one_record:
        return
    shown.partnership_id, shown.case_id, shown.action_id = action.partnership_id, action.case_id, action.id
    shown.reference = action.reference
    roles = roles_on_action(actor, action) or frozenset()
    held = roles_in(actor, action.partnership_id, action.realm) or frozenset()
    shown.role = in_which_roles(roles) or _by_grant(actor, action.case_id) or in_which_roles(held)


def note_rows(number: int, *, partnership_id: int | None = None) -> None:
    """Note how many rows a list has; those of several lists on one page are added."""
    shown = _SHOWN.get()
    if shown is not None:
        shown.number = (shown.number or 0) + number
        shown.partnership_id = shown.partnership_id or partnership_id


def note_export(into: str, number: int, *, partnership_id: int) -> None:
    """Note the format of an export and how many rows it has."""
    shown = _SHOWN.get()
    if shown is not None:
        shown.into, shown.number = into, number
        shown.partnership_id = shown.partnership_id or partnership_id


def note_reader(reader: Actor) -> None:
    """Note whose link or calendar this is."""
    shown = _SHOWN.get()
    if shown is not None:
        shown.reader = reader


def in_which_roles(roles: Iterable[Role]) -> str:
    return ", ".join(sorted(role.value for role in roles))[:LONGEST_ROLES]


def _roles_on_case(actor: Actor, case: Case) -> str:
    """Give the roles in which somebody sees a case, without a further query."""
    roles = (roles_in(actor, case.partnership_id, case.realm) or frozenset()) - {Role.ACTION_OWNER}
    if case.id in actor.case_rights.workable:
        roles |= {WORKS_AS[case.realm]}
    elif case.id not in actor.reviewing:
        roles -= {Role.LEAD_REVIEWER}
    by_other_roles = (assignment.role for assignment in actor.roles_held_in(case.partnership_id))
    return in_which_roles(roles) or _by_grant(actor, case.id) or in_which_roles(set(by_other_roles))


def _by_grant(actor: Actor, case_id: int) -> str:
    return "grant to read" if case_id in actor.case_rights.readable else ""
