"""Renaming, merging and splitting agencies: what is open is transferred to the successors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import visible
from reviews.models import (
    Action,
    ActionPart,
    Agency,
    AgencyKind,
    AgencySuccession,
    Case,
    CaseAgency,
    EventKind,
    Membership,
    Partnership,
    PartState,
    Person,
)
from reviews.people.accounts import add_agency, single_line
from reviews.people.partners import hand_on_partnership
from reviews.transactions.references import require_credible
from reviews.transactions.unit_of_work import NotFound, Unit, record_each
from workflows.core.engine import NotReady, Refused

Rows: TypeAlias = sa.Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class AffectedItem:
    """One open action, request or person of an agency that changes. `name` is a reference or an e-mail address.

    `seen` is false for what the reader may not see: it is transferred, and named nowhere.
    """

    id: int
    name: str
    words: str
    agency_id: int | None
    case_id: int | None
    seen: bool


@dataclass(frozen=True, slots=True)
class AgencyTransfer:
    """What is open of some agencies today. `cases` are pairs of an open case and an agency involved, by number."""

    actions: Sequence[AffectedItem]
    requests: Sequence[AffectedItem]
    people: Sequence[AffectedItem]
    cases: Sequence[tuple[int, int]]

    @property
    def seen(self) -> list[AffectedItem]:
        """What the reader may choose a successor for, the people last."""
        return [each for each in (*self.actions, *self.requests, *self.people) if each.seen]

    @property
    def has_unseen(self) -> bool:
        return any(not each.seen for each in (*self.actions, *self.requests))


def agencies_by_id(session: Session, actor: Actor, partnership_id: int, ids: Sequence[int]) -> Sequence[Agency]:
    """Give the agencies with these numbers that belong to a partnership of the actor's."""
    conditions = (Agency.id.in_(ids), Agency.partnership_id == partnership_id, visible(actor, Agency))
    return session.scalars(sa.select(Agency).where(*conditions).order_by(Agency.name, Agency.id)).all()


def agency_transfer(
    session: Session, actor: Actor, agencies: Sequence[Agency], *, lock: bool = False
) -> AgencyTransfer:
    """Read what is open of agencies of one partnership; `lock` keeps the actions and requests from changing."""
    ids = [agency.id for agency in agencies]
    partnership_ids = {agency.partnership_id for agency in agencies}
    return AgencyTransfer(
        actions=_read_items(session, _actions(actor, ids, partnership_ids), Action if lock else None),
        requests=_read_items(session, _requests(actor, ids), Case if lock else None),
        people=_read_items(session, _people(ids), None),
        cases=_cases(session, ids),
    )


def _read_items(session: Session, query: Rows, locked: type[Any] | None) -> list[AffectedItem]:
    if locked is not None:
        query = query.with_for_update(of=locked, key_share=True)
    return [AffectedItem(row[0], row[1], row[2], row[3], row[4], bool(row[5])) for row in session.execute(query)]


def _actions(actor: Actor, ids: Sequence[int], partnership_ids: set[int]) -> Rows:
    """Select the open actions these agencies lead, and those of which they have an open part."""
    shared = sa.select(ActionPart.action_id).where(ActionPart.agency_id.in_(ids), ActionPart.state == PartState.OPEN)
    return (
        sa.select(
            Action.id,
            Action.reference,
            Action.title,
            Action.lead_agency_id,
            Action.case_id,
            visible(actor, Action).label("seen"),
        )
        .where(
            Action.partnership_id.in_(partnership_ids),
            Action.ended_on.is_(None),
            Action.lead_agency_id.in_(ids) | Action.id.in_(shared),
        )
        .order_by(Action.id)
    )


def _requests(actor: Actor, ids: Sequence[int]) -> Rows:
    return (
        sa.select(Case.id, Case.reference, Case.title, CaseAgency.agency_id, Case.id, visible(actor, Case))
        .join(CaseAgency, CaseAgency.case_id == Case.id)
        .where(Case.parent_id.is_not(None), Case.closed_on.is_(None), CaseAgency.agency_id.in_(ids))
        .order_by(Case.id)
    )


def _people(ids: Sequence[int]) -> Rows:
    """Select whoever has an open account and works for one of the agencies; each person once."""
    members = sa.select(Membership.person_id).where(Membership.agency_id.in_(ids), Membership.ended_on.is_(None))
    return (
        sa.select(Person.id, Person.email, Person.name, sa.null(), sa.null(), sa.true())
        .where(Person.id.in_(members), Person.disabled_at.is_(None))
        .order_by(Person.name, Person.id)
    )


def _cases(session: Session, ids: Sequence[int]) -> list[tuple[int, int]]:
    rows = session.execute(
        sa.select(CaseAgency.case_id, CaseAgency.agency_id)
        .join(Case, Case.id == CaseAgency.case_id)
        .where(Case.parent_id.is_(None), Case.closed_on.is_(None), CaseAgency.agency_id.in_(ids))
        .order_by(CaseAgency.case_id, CaseAgency.agency_id)
    )
    return [(row[0], row[1]) for row in rows]


NOTHING: Mapping[str, str] = MappingProxyType({})
NOT_CHOSEN = "Several agencies replace it. Choose one for everything that is open."
CHOICE_FOR_OTHERS = "the agency for whatever else is open"


@dataclass(frozen=True, slots=True)
class Successor:
    """An agency that replaces another: an existing one, by name, or a new one. `kind` defaults to the old one's."""

    name: str
    kind: AgencyKind | None = None


@dataclass(frozen=True, slots=True)
class AgencyChangePlan:
    """A change that may be made. `destinations` maps an e-mail address or reference to the name of the successor."""

    old: Sequence[Agency]
    successors: Mapping[str, Agency | Successor]
    on: date
    transfer: AgencyTransfer
    destinations: Mapping[str, str]

    def of(self, items: Sequence[AffectedItem]) -> list[tuple[str, str]]:
        """Give the name and the new agency of those items the actor may see."""
        return [(each.name, self.destinations[each.name]) for each in items if each.seen]


def plan_agency_change(
    unit: Unit,
    partnership: Partnership,
    *,
    old: Sequence[Agency],
    new: Sequence[Successor],
    on: date,
    chosen: Mapping[str, str] = NOTHING,
    others: str = "",
) -> AgencyChangePlan:
    """Check whether a change can be made, and write nothing.

    Raises NotFound for an agency of another partnership, Refused for an impossible change, and NotReady with the items
    for which none of several successors was chosen.
    """
    unit.actor.require(Permission.MANAGE_PEOPLE, partnership.id)
    agency_transfer(unit.session, unit.actor, old, lock=True)  # before the agencies, in the order in which others lock
    successors = _successors(unit, partnership, new)
    present = _locked(unit, partnership, old, [each for each in successors.values() if isinstance(each, Agency)])
    _check(unit, present, successors, on)
    transfer = agency_transfer(unit.session, unit.actor, present, lock=True)
    destinations = _destinations(unit, successors, transfer, {**chosen}, others)
    return AgencyChangePlan(present, successors, on, transfer, destinations)


def _successors(unit: Unit, partnership: Partnership, new: Sequence[Successor]) -> dict[str, Agency | Successor]:
    """Give the successors by name: the existing agency of that name, or what the new one is to be."""
    new_by_name = {single_line(successor.name, "name of the agency"): successor for successor in new}
    existing = {
        agency.name.casefold(): agency
        for agency in unit.session.scalars(sa.select(Agency).where(Agency.partnership_id == partnership.id))
    }
    found: dict[str, Agency | Successor] = {}
    for name, successor in new_by_name.items():
        agency = existing.get(name.casefold())
        found[agency.name if agency else name] = agency or Successor(name, successor.kind)
    return found


def _locked(unit: Unit, partnership: Partnership, old: Sequence[Agency], successors: Sequence[Agency]) -> list[Agency]:
    """Read the agencies again and lock them, so that nothing is added to one that is ending and it ends only once."""
    ids = {agency.id for agency in (*old, *successors)}
    rows = unit.session.scalars(
        sa.select(Agency)
        .where(Agency.id.in_(ids), Agency.partnership_id == partnership.id)
        .order_by(Agency.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(rows) < len(ids):
        raise NotFound
    old_ids = {agency.id for agency in old}
    return [agency for agency in rows if agency.id in old_ids]


def _check(unit: Unit, old: Sequence[Agency], successors: Mapping[str, Agency | Successor], on: date) -> None:
    if not old or not successors:
        raise Refused("Choose the agency that changes and enter the agency that replaces it.")
    if len(old) > 1 and len(successors) > 1:
        raise Refused(
            "You can merge several agencies into one, or split one into several. Make the changes one after the other."
        )
    require_credible(on, "The day")
    if on > unit.today:
        raise Refused("The day must not be in the future. Record the change when it has happened.")
    for agency in old:
        _check_end(agency, on)
    for successor in successors.values():
        if successor in old:
            raise Refused(f"{successor.name} cannot replace itself. Give the new agency another name.")
        if isinstance(successor, Agency) and successor.ended_on is not None:
            raise Refused(
                f"{successor.name} ended on {successor.ended_on:%-d %B %Y}. Choose another agency to replace it."
            )


def _check_end(agency: Agency, on: date) -> None:
    if agency.ended_on is not None:
        raise Refused(f"{agency.name} already ended on {agency.ended_on:%-d %B %Y}.")
    if agency.began_on is not None and on <= agency.began_on:
        raise Refused(f"{agency.name} began on {agency.began_on:%-d %B %Y} and must end after that day.")


def _destinations(
    unit: Unit,
    successors: Mapping[str, Agency | Successor],
    transfer: AgencyTransfer,
    chosen: Mapping[str, str],
    others: str,
) -> dict[str, str]:
    names = {name.casefold(): name for name in successors}
    unknown = [name for name in (*chosen.values(), others) if name and name.casefold() not in names]
    if unknown:
        raise Refused(f"“{unknown[0][:80]}” is not one of the new agencies: {', '.join(successors)}.")
    items = {each.name: each for each in (*transfer.actions, *transfer.requests, *transfer.people)}
    not_affected = [name for name in chosen if name not in items or not items[name].seen]
    if not_affected:
        raise Refused(
            f"“{not_affected[0][:80]}” is not an open action, open request or person of the agency that changes."
        )
    default = next(iter(successors)) if len(successors) == 1 else ""
    for_unseen = names.get(others.casefold(), default)
    destinations = {
        name: names.get(chosen.get(name, "").casefold(), default) if each.seen else for_unseen
        for name, each in items.items()
    }
    missing = [f"{each.name}: {each.words}" for each in transfer.seen if not destinations[each.name]]
    if not for_unseen and not unit.actor.is_system:
        # asked even where nothing is unseen: otherwise the question would reveal that there is something
        missing.append(CHOICE_FOR_OTHERS)
    if missing:
        raise NotReady(NOT_CHOSEN, missing)
    return destinations


@dataclass(frozen=True, slots=True)
class AgencyChange:
    """What a change did or would do: the agencies by name, and the new agency of each item the actor may see."""

    old: Sequence[str]
    new: Sequence[str]
    on: date
    actions: Sequence[tuple[str, str]]
    requests: Sequence[tuple[str, str]]
    people: Sequence[tuple[str, str]]


def merge_or_split_agency(
    unit: Unit,
    partnership: Partnership,
    *,
    old: Sequence[Agency],
    new: Sequence[Successor],
    on: date,
    chosen: Mapping[str, str] = NOTHING,
    others: str = "",
) -> AgencyChange:
    """End agencies and transfer what is open to their successors, from a day that is not in the future.

    Actions, parts of actions, requests and people are transferred; the successors are added to open cases. What is
    closed keeps the old agency. With several successors `chosen` names one for each action, request and person, by
    reference or e-mail address, and `others` one for all that the actor may not see. Raises as `plan_agency_change`.
    """
    plan = plan_agency_change(unit, partnership, old=old, new=new, on=on, chosen=chosen, others=others)
    successors = {
        name: _create_or_reuse(unit, partnership, plan, successor) for name, successor in plan.successors.items()
    }
    for agency in plan.old:
        agency.ended_on = on
    unit.session.add_all(
        AgencySuccession(from_agency_id=agency.id, to_agency_id=successor.id, on=on)
        for agency in plan.old
        for successor in successors.values()
    )
    unit.session.flush()
    hand_on_partnership(unit, plan.old, list(successors.values()), on=on)
    _transfer_actions(unit, plan, successors)
    _transfer_people(unit, plan, successors)
    _transfer_requests(unit, plan, successors)
    _involve_successors(unit, plan, successors)
    unit.record(EventKind.AGENCY_CHANGED, partnership_id=partnership.id, happened_on=on, details=_event_details(plan))
    return planned_change(plan)


def planned_change(plan: AgencyChangePlan) -> AgencyChange:
    """Describe what a plan changes."""
    transfer = plan.transfer
    return AgencyChange(
        old=[agency.name for agency in plan.old],
        new=list(plan.successors),
        on=plan.on,
        actions=plan.of(transfer.actions),
        requests=plan.of(transfer.requests),
        people=plan.of(transfer.people),
    )


def _create_or_reuse(
    unit: Unit, partnership: Partnership, plan: AgencyChangePlan, successor: Agency | Successor
) -> Agency:
    """Give the agency of a successor; a new one is created."""
    if isinstance(successor, Agency):
        return successor
    kinds = {agency.kind for agency in plan.old}
    kind = successor.kind or (kinds.pop() if len(kinds) == 1 else AgencyKind.OTHER)
    made = add_agency(unit, partnership, name=successor.name, kind=kind)
    made.began_on = plan.on
    return made


def _event_details(plan: AgencyChangePlan) -> dict[str, Any]:
    return {"from": [agency.name for agency in plan.old], "to": list(plan.successors), "on": plan.on.isoformat()}


def _transfer_actions(unit: Unit, plan: AgencyChangePlan, successors: Mapping[str, Agency]) -> None:
    old = {agency.id: agency for agency in plan.old}
    for name, items in _by_successor(plan, plan.transfer.actions):
        ids = [each.id for each in items]
        unit.session.execute(
            sa.update(Action)
            .where(Action.id.in_(ids))
            .values(
                lead_agency_id=sa.case(
                    (Action.lead_agency_id.in_(list(old)), successors[name].id), else_=Action.lead_agency_id
                ),
                version=Action.version + 1,
            )
            .execution_options(synchronize_session="fetch")
        )
        _transfer_parts(unit, old, ids, successors[name])
        record_each(unit, EventKind.ACTION_CHANGED, (_moved_action(plan, each, old, name) for each in items))


def _moved_action(
    plan: AgencyChangePlan, item: AffectedItem, old: Mapping[int, Agency], successor: str
) -> dict[str, Any]:
    was = old[item.agency_id].name if item.agency_id is not None and item.agency_id in old else ""
    return _row(plan, item.case_id, {"agency_was": was, "agency": successor}) | {"action_id": item.id}


def _row(plan: AgencyChangePlan, case_id: int | None, details: Mapping[str, Any]) -> dict[str, Any]:
    return {"partnership_id": plan.old[0].partnership_id, "case_id": case_id, "details": details}


def _transfer_parts(unit: Unit, old: Mapping[int, Agency], action_ids: Sequence[int], successor: Agency) -> None:
    """Transfer the open parts. Where the successor already has a part, the old agency's name tells the two apart."""
    existing_part = aliased(ActionPart)
    has_part = sa.exists().where(
        existing_part.action_id == ActionPart.action_id,
        existing_part.agency_id == successor.id,
        existing_part.agency_text == "",
    )
    for agency in old.values():
        unit.session.execute(
            sa.update(ActionPart)
            .where(
                ActionPart.action_id.in_(action_ids),
                ActionPart.agency_id == agency.id,
                ActionPart.state == PartState.OPEN,
            )
            .values(agency_id=successor.id, agency_text=sa.case((has_part, agency.name), else_=""))
            .execution_options(synchronize_session=False)
        )


def _transfer_people(unit: Unit, plan: AgencyChangePlan, successors: Mapping[str, Agency]) -> None:
    """Transfer the roles held today; ended ones and those of disabled accounts keep the old agency.

    Each remembers the old agency, so that its holder goes on seeing what is closed. Nobody else of the successor does.
    """
    for name, items in _by_successor(plan, plan.transfer.people):
        moving = sa.select(Membership).where(
            Membership.person_id.in_([each.id for each in items]),
            Membership.agency_id.in_([agency.id for agency in plan.old]),
            Membership.ended_on.is_(None),
        )
        for membership in unit.session.scalars(moving.order_by(Membership.id)).all():
            membership.earlier_agency_ids = [*membership.earlier_agency_ids, membership.agency_id]
            membership.agency_id = successors[name].id
    unit.session.flush()


def _transfer_requests(unit: Unit, plan: AgencyChangePlan, successors: Mapping[str, Agency]) -> None:
    """Transfer the open requests. A request has one agency and bears its name as the title."""
    names = {agency.name for agency in plan.old}
    for name, items in _by_successor(plan, plan.transfer.requests):
        ids = [each.id for each in items]
        unit.session.execute(
            sa.update(CaseAgency).where(CaseAgency.case_id.in_(ids)).values(agency_id=successors[name].id)
        )
        unit.session.execute(
            sa.update(Case)
            .where(Case.id.in_(ids))
            .values(title=sa.case((Case.title.in_(names), name), else_=Case.title), version=Case.version + 1)
            .execution_options(synchronize_session="fetch")
        )
        details = {**_event_details(plan), "to": [name]}
        record_each(unit, EventKind.AGENCY_CHANGED, (_row(plan, each.id, details) for each in items))


def _involve_successors(unit: Unit, plan: AgencyChangePlan, successors: Mapping[str, Agency]) -> None:
    """Add the successors to the open cases, beside the old agency, which stays."""
    cases = sorted({case_id for case_id, _ in plan.transfer.cases})
    successor_ids = [agency.id for agency in successors.values()]
    rows = unit.session.execute(
        sa.select(CaseAgency.case_id, CaseAgency.agency_id).where(
            CaseAgency.case_id.in_(cases), CaseAgency.agency_id.in_(successor_ids)
        )
    )
    existing = {(row[0], row[1]) for row in rows}
    missing = [(case_id, key) for case_id in cases for key in successor_ids if (case_id, key) not in existing]
    unit.session.add_all(CaseAgency(case_id=case_id, agency_id=key) for case_id, key in missing)
    record_each(unit, EventKind.AGENCY_CHANGED, (_row(plan, case_id, _event_details(plan)) for case_id in cases))


def _by_successor(plan: AgencyChangePlan, items: Sequence[AffectedItem]) -> Iterable[tuple[str, list[AffectedItem]]]:
    for name in plan.successors:
        if found := [each for each in items if plan.destinations[each.name] == name]:
            yield name, found


def successors_of(session: Session, partnership_id: int) -> dict[int, frozenset[int]]:
    """Give, for each ended agency of a partnership, those that replace it today, through all later changes."""
    rows = session.execute(
        sa.select(AgencySuccession.from_agency_id, AgencySuccession.to_agency_id)
        .join(Agency, Agency.id == AgencySuccession.from_agency_id)
        .where(Agency.partnership_id == partnership_id)
    )
    successors_by_agency: dict[int, set[int]] = {}
    for was, now in rows:
        successors_by_agency.setdefault(was, set()).add(now)
    return {was: _final_successors(was, successors_by_agency) for was in successors_by_agency}


def _final_successors(agency_id: int, successors_by_agency: Mapping[int, set[int]]) -> frozenset[int]:
    # an agency that has ended never becomes a successor afterwards, so this ends
    if agency_id not in successors_by_agency:
        return frozenset({agency_id})
    return frozenset().union(
        *(_final_successors(each, successors_by_agency) for each in successors_by_agency[agency_id])
    )
