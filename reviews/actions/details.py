"""Adding an action to a plan, assigning it to an owner, and changing its details."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from reviews.access.permissions import NotAllowed, Permission
from reviews.access.policies import may_edit_details
from reviews.access.visibility import visible
from reviews.actions.take_step import require_step, take_action_step
from reviews.cases.case_access import require_not_excluded
from reviews.models import Action, Agency, Case, Child, Event, EventKind, Membership, Person, Recommendation
from reviews.people.memberships import require_current_agency
from reviews.transactions.references import address_of, next_free, require_credible, require_top_level_case
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused
from workflows.core.questions import Kind
from workflows.core.vocabulary import Role
from workflows.definitions.action import UNFINISHED, ActionStage

ACTION_KINDS: Mapping[str, str] = {
    "practice": "Practice",
    "policy": "Policy",
    "training": "Training",
    "audit": "Audit",
    "assurance": "Assurance",
    "system": "System",
    "raise_nationally": "To be raised nationally",
}
"""What an action changes, as plans of partnerships tell them apart."""
LARGEST_DETAIL = 9_999
LONGEST_REFERENCE_NAME = 120
NAME_IS_SAFE = "name_is_safe"
"""By what a person says, beside a new reference name, that nobody can be recognised by it."""


@dataclass(frozen=True, slots=True)
class DetailField:
    """A detail of an action that is edited with the others, on its page and in the terminal.

    `name` is that of the column, the form field, the JSON key and the key in the history; `option` is that of the
    terminal. `when_empty` is what a reader is told where there is none.
    """

    name: str
    label: str
    kind: Kind
    option: str
    option_help: str
    when_empty: str
    hint: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)

    def text(self, value: Any) -> str:
        """Give a value as a reader sees it; days may be in ISO 8601, as the history keeps them."""
        if not value:
            return self.when_empty
        if self.kind is Kind.DAY:
            day = date.fromisoformat(value) if isinstance(value, str) else value
            return f"{day:%-d %B %Y}"
        return self.choices.get(value, str(value))


DETAIL_FIELDS = (
    DetailField(
        "kind",
        "Kind",
        Kind.CHOICE,
        option="kind",
        option_help="What kind of action it is; “none” for not said.",
        when_empty="not said",
        choices=ACTION_KINDS,
    ),
    DetailField(
        "start_on",
        "Begins on",
        Kind.DAY,
        option="start",
        option_help="The day it begins; “none” for no day.",
        when_empty="not set",
        hint="For example, 27 3 2027.",
    ),
    DetailField(
        "review_on",
        "Looked at again on",
        Kind.DAY,
        option="review",
        option_help="The day it is looked at again; “none” for no day.",
        when_empty="not set",
        hint="A day to look at it whenever it is due, such as a meeting.",
    ),
    DetailField(
        "order",
        "Order",
        Kind.NUMBER,
        option="order",
        option_help="Where it stands under its recommendation, from 1; “none” for after the others.",
        when_empty="not set",
        hint="Where it stands under its recommendation: 1 comes first. Leave it empty to put it after the others.",
    ),
    DetailField(
        "reference_name",
        "Reference name",
        Kind.WORDS,
        option="reference-name",
        option_help="What mails call it beside its reference, with --safe; “none” for no name.",
        when_empty="not set",
        hint="What mails and calendars call it beside its reference, such as: Bruising protocol. Nothing of the case.",
    ),
)


def detail_values(action: Action) -> dict[str, Any]:
    """Give the details of an action by name."""
    return {each.name: getattr(action, each.name) for each in DETAIL_FIELDS}


def check_details(details: Mapping[str, Any], due_on: date | None) -> None:
    """Raise Refused for a value that a detail cannot have, and for days in the wrong order."""
    require_credible(due_on, "The due date")
    for detail in DETAIL_FIELDS:
        value = details.get(detail.name)
        if value and detail.kind is Kind.WORDS and (len(value) > LONGEST_REFERENCE_NAME or not value.isprintable()):
            raise Refused(f"“{detail.label}” must be one line of {LONGEST_REFERENCE_NAME} characters or fewer.")
        if value and detail.kind is Kind.CHOICE and value not in detail.choices:
            raise Refused(f"The kind of an action must be one of: {', '.join(detail.choices)}.")
        if value and detail.kind is Kind.DAY:
            require_credible(value, f"“{detail.label}”")
        if value is not None and detail.kind is Kind.NUMBER and not 1 <= value <= LARGEST_DETAIL:
            raise Refused(f"“{detail.label}” must be a whole number from 1 to {LARGEST_DETAIL:,}.")
    start_on, review_on = details.get("start_on"), details.get("review_on")
    if start_on and due_on and start_on > due_on:
        raise Refused("The start date must be the same as or before the due date.")
    if start_on and review_on and review_on < start_on:
        raise Refused("The review date must be the same as or after the start date.")


def require_different_deputy(owner_id: int | None, deputy_id: int | None) -> None:
    if deputy_id is not None and deputy_id == owner_id:
        raise Refused("The deputy must be somebody other than the owner.")


LONGEST_TITLE = 200
LONGEST_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class NewAction:
    """What an action says when it is added. Without a due date it is agreed, with the date to follow."""

    text: str
    title: str = ""
    title_safe_to_mail: bool = False
    success_measure: str = ""
    lead_agency_id: int | None = None
    owner_id: int | None = None
    owner_text: str = ""
    due_on: date | None = None
    due_text: str = ""
    deputy_id: int | None = None
    kind: str = ""
    start_on: date | None = None
    review_on: date | None = None
    reference_name: str = ""
    name_is_safe: bool = False


def add_action(
    unit: Unit,
    case: Case,
    new: NewAction,
    *,
    recommendation: Recommendation | None = None,
    reference: str = "",
    kind: EventKind = EventKind.ACTION_ADDED,
) -> Action:
    """Add an agreed action to a case or plan. A `reference_name` must come with `name_is_safe`.

    Raises NotAllowed, Refused for its text or an agency that has ended.
    """
    unit.actor.require(Permission.ADD_ACTION, case.partnership_id, case.realm)
    require_top_level_case(case)
    text, name = _text_of(new), " ".join(new.reference_name.split())
    check_details(
        {"kind": new.kind, "start_on": new.start_on, "review_on": new.review_on, "reference_name": name}, new.due_on
    )
    if name:
        require_safe_name(unit, case.id, name, is_marked=new.name_is_safe)
    if new.lead_agency_id is not None and kind is EventKind.ACTION_ADDED:
        require_current_agency(unit, new.lead_agency_id)
    for person_id in (new.owner_id, new.deputy_id):
        require_not_excluded(unit, case.id, person_id)
    reference = reference or _next_action_reference(unit, case, recommendation)
    action = Action(
        partnership_id=case.partnership_id,
        case_id=case.id,
        recommendation_id=recommendation.id if recommendation else None,
        realm=case.realm,
        reference=reference,
        address=address_of(reference),
        title=title_of(new.title.strip() or text),
        title_safe_to_mail=new.title_safe_to_mail,
        text=text,
        success_measure=new.success_measure.strip(),
        lead_agency_id=new.lead_agency_id,
        owner_id=new.owner_id,
        owner_text=new.owner_text.strip(),
        due_on=new.due_on,
        due_text=new.due_text.strip(),
        original_due_on=new.due_on,
        stage=first_stage(new.due_on),
        deputy_id=new.deputy_id,
        kind=new.kind,
        start_on=new.start_on,
        review_on=new.review_on,
        reference_name=name,
    )
    unit.session.add(action)
    unit.session.flush()
    unit.record(kind, partnership_id=case.partnership_id, case_id=case.id, action_id=action.id)
    if action.owner_id is not None and kind is EventKind.ACTION_ADDED:
        _record_assignment(unit, action)
    return action


def _text_of(new: NewAction) -> str:
    """Give the text of an action that may be added as it is; raises Refused."""
    text = new.text.strip()
    if not text:
        raise Refused("Enter what will be done.")
    if len(text) > LONGEST_TEXT:
        raise Refused(f"An action must be {LONGEST_TEXT:,} characters or fewer.")
    require_different_deputy(new.owner_id, new.deputy_id)
    return text


def first_stage(due_on: date | None, *, started: bool = False) -> ActionStage:
    """Give the stage of an action that comes into a plan agreed: one without a date waits for it."""
    if due_on is None:
        return ActionStage.AGREED_NO_DATE
    return ActionStage.IN_PROGRESS if started else ActionStage.NOT_STARTED


def assign_action(unit: Unit, action: Action, *, owner_email: str) -> Action:
    """Give the action to another owner, and with them to their agency. Raises Refused for somebody unknown here."""
    owner, agency_id = find_member(unit, action.partnership_id, owner_email)
    require_not_excluded(unit, action.case_id, owner.id)
    require_current_agency(unit, agency_id)
    take_action_step(unit, action, "assign", happened_on=unit.today, kind=None)
    previous = action.owner_id
    if previous == owner.id and not action.awaiting_owner:
        raise Refused(f"{owner.name} owns this action already.")
    if action.awaiting_owner:
        _drop_parking_news(unit, action)
        action.awaiting_owner, action.previous_owner_id = False, None
    action.owner_id, action.owner_text, action.lead_agency_id = owner.id, "", agency_id
    if action.deputy_id == owner.id:
        action.deputy_id = None  # nobody stands in for themselves
    _record_assignment(unit, action, previous=previous)
    return action


def find_member(unit: Unit, partnership_id: int, email: str) -> tuple[Person, int]:
    """Give somebody who works in a partnership, with their agency. Raises Refused for anybody else."""
    found = unit.session.execute(
        sa.select(Person, Membership.agency_id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.email == email.strip().lower(),
            Person.disabled_at.is_(None),
            Membership.partnership_id == partnership_id,
            Membership.ended_on.is_(None),
            Membership.role.in_([role for role in Role if role.sees_records]),
            visible(unit.actor, Membership),
        )
        .order_by(Membership.id)
        .with_for_update(read=True, key_share=True, of=Person)  # who is just being disabled gets nothing more
    ).first()
    if found is None:
        raise Refused("Nobody with this e-mail address works in the partnership. Check the address.")
    return found[0], found[1]


def title_of(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1].rstrip()}…"


def _drop_parking_news(unit: Unit, action: Action) -> None:
    """Whoever looked after the action has assigned it: they need not be told any more that it was parked with them."""
    waiting = (
        Event.action_id == action.id,
        Event.kind == EventKind.ACTION_PARKED,
        Event.announced_at.is_(None),
    )
    unit.session.execute(sa.update(Event).where(*waiting).values(announced_at=unit.now))


def _record_assignment(unit: Unit, action: Action, previous: int | None = None) -> None:
    unit.record(
        EventKind.ACTION_ASSIGNED,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"owner": action.owner_id, "previous": previous},
    )


def agency_named(unit: Unit, partnership_id: int, name: str) -> Agency | None:
    """Find an agency of a partnership by its name. Raises Refused for one that has ended."""
    found = unit.session.scalars(
        sa.select(Agency).where(
            Agency.partnership_id == partnership_id,
            sa.func.lower(Agency.name) == name.strip().lower(),
            visible(unit.actor, Agency),
        )
    ).first()
    if found is not None:
        require_current_agency(unit, found.id)
    return found


def _next_action_reference(unit: Unit, case: Case, recommendation: Recommendation | None) -> str:
    start = f"{case.reference}/{recommendation.reference}/A" if recommendation else f"{case.reference}/A"
    taken = set(
        unit.session.scalars(
            sa.select(Action.reference).where(Action.case_id == case.id, Action.reference.startswith(start))
        )
    )
    return next_free(start, taken)


def edit_details(unit: Unit, action: Action, details: Mapping[str, Any]) -> Action:
    """Change details of an action, by their names in DETAIL_FIELDS; those left out stay, and "" and None empty one.

    `deputy` may be among them, as an e-mail address; only those who may assign the action may change it. A new
    `reference_name` must come with `name_is_safe`, which is true when a person has said so.

    Raises NotAllowed, WrongRole, WrongStage, Refused, also where nothing changes.
    """
    if action.stage not in UNFINISHED:
        raise Refused("You cannot change the details of a finished action.")
    if not may_edit_details(unit.actor, action):
        raise NotAllowed(
            "Only the owner, their deputy, the lead of its agency and the business unit can change these details."
        )
    columns = _columns(unit, action, details)
    changes = {name: value for name, value in columns.items() if getattr(action, name) != value}
    if not changes:
        raise Refused("You have not changed anything.")
    if "deputy_id" in changes:
        require_step(unit, action, "assign")
        require_different_deputy(action.owner_id, changes["deputy_id"])
        require_not_excluded(unit, action.case_id, changes["deputy_id"])
    if changes.get("reference_name"):
        require_safe_name(unit, action.case_id, changes["reference_name"], is_marked=details.get(NAME_IS_SAFE) is True)
    check_details(detail_values(action) | changes, action.due_on if "start_on" in changes else None)
    before = {name: getattr(action, name) for name in changes}
    for name, value in changes.items():
        setattr(action, name, value)
    unit.record(
        EventKind.ACTION_CHANGED,
        partnership_id=action.partnership_id,
        case_id=action.case_id,
        action_id=action.id,
        details={"before": _as_json(before), "now": _as_json(changes)},
    )
    return action


def require_safe_name(unit: Unit, case_id: int, name: str, *, is_marked: bool) -> None:
    """Raise Refused for a reference name that nobody has marked as safe, or that has the pseudonym of a child."""
    if not is_marked:
        raise Refused(
            "The reference name goes into mails. Say that nobody can be recognised by it.", field=NAME_IS_SAFE
        )
    pseudonyms = unit.session.scalars(sa.select(Child.pseudonym).where(Child.case_id == case_id))
    if any(each.casefold() in name.casefold() for each in pseudonyms):
        raise Refused(
            "The reference name contains the pseudonym of a child. It goes into mails, so leave that out.",
            field="reference_name",
        )


def _columns(unit: Unit, action: Action, details: Mapping[str, Any]) -> dict[str, Any]:
    columns = {each.name: details[each.name] for each in DETAIL_FIELDS if each.name in details}
    if "reference_name" in columns:
        columns["reference_name"] = " ".join((columns["reference_name"] or "").split())
    if "deputy" in details:
        email = details["deputy"].strip()
        columns["deputy_id"] = find_member(unit, action.partnership_id, email)[0].id if email else None
    return columns


def _as_json(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Write columns as JSON holds them: days in ISO 8601, a person by number."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in columns.items()}
