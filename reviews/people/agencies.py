"""What follows when an agency is renamed, merged or split?"""

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
from reviews.people.accounts import add_agency, line_of
from reviews.transactions.bulk_events import record_each
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import NotReady, Refused

Rows: TypeAlias = sa.Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Mover:
    """One action, request or person that has to go somewhere. `name` is its reference, or the e-mail address.

    `seen` is false where the reader may not see it: then it moves, and is named nowhere.
    """

    id: int
    name: str
    words: str
    agency_id: int | None
    case_id: int | None
    seen: bool


@dataclass(frozen=True, slots=True)
class Moving:
    """What hangs on some agencies today. `cases` are the open ones they are involved in, as pairs with the agency."""

    actions: Sequence[Mover]
    requests: Sequence[Mover]
    people: Sequence[Mover]
    cases: Sequence[tuple[int, int]]

    @property
    def seen(self) -> list[Mover]:
        """What the reader may choose for, the people last."""
        return [each for each in (*self.actions, *self.requests, *self.people) if each.seen]

    @property
    def has_unseen(self) -> bool:
        return any(not each.seen for each in (*self.actions, *self.requests))


def agencies_there(session: Session, actor: Actor, partnership_id: int, ids: Sequence[int]) -> Sequence[Agency]:
    """Give agencies of a partnership of the actor's by number; others are left out."""
    wanted = (Agency.id.in_(ids), Agency.partnership_id == partnership_id, visible(actor, Agency))
    return session.scalars(sa.select(Agency).where(*wanted).order_by(Agency.name, Agency.id)).all()


def what_moves(session: Session, actor: Actor, agencies: Sequence[Agency], *, lock: bool = False) -> Moving:
    """Read what moves with agencies of one partnership; `lock` keeps the actions and requests from changing."""
    ids = [agency.id for agency in agencies]
    places = {agency.partnership_id for agency in agencies}
    return Moving(
        actions=_movers(session, _actions(actor, ids, places), Action if lock else None),
        requests=_movers(session, _requests(actor, ids), Case if lock else None),
        people=_movers(session, _people(ids), None),
        cases=_cases(session, ids),
    )


def _movers(session: Session, query: Rows, locked: type[Any] | None) -> list[Mover]:
    if locked is not None:
        query = query.with_for_update(of=locked, key_share=True)
    return [Mover(row[0], row[1], row[2], row[3], row[4], bool(row[5])) for row in session.execute(query)]


def _actions(actor: Actor, ids: Sequence[int], places: set[int]) -> Rows:
    """An action moves with its lead agency, and with an agency that has not ended its part of it."""
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
            Action.partnership_id.in_(places),
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
    """Whoever has an open account and works for one of the agencies, once."""
    posts = sa.select(Membership.person_id).where(Membership.agency_id.in_(ids), Membership.ended_on.is_(None))
    return (
        sa.select(Person.id, Person.email, Person.name, sa.null(), sa.null(), sa.true())
        .where(Person.id.in_(posts), Person.disabled_at.is_(None))
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
NOT_CHOSEN = "Several agencies go on in its place: say of everything that is open where it goes."
OTHERS = "the agency for whatever else is open"


@dataclass(frozen=True, slots=True)
class Heir:
    """An agency that goes on: one that is there, by its name, or a new one. Without a kind it is that of the old."""

    name: str
    kind: AgencyKind | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A change of agencies that may be made. `goes` gives the name of the heir by e-mail address or reference."""

    old: Sequence[Agency]
    heirs: Mapping[str, Agency | Heir]
    on: date
    moving: Moving
    goes: Mapping[str, str]

    def of(self, movers: Sequence[Mover]) -> list[tuple[str, str]]:
        """Give name and new agency of what the actor may see."""
        return [(each.name, self.goes[each.name]) for each in movers if each.seen]


def plan_succession(
    unit: Unit,
    partnership: Partnership,
    *,
    old: Sequence[Agency],
    new: Sequence[Heir],
    on: date,
    chosen: Mapping[str, str] = NOTHING,
    others: str = "",
) -> Plan:
    """See whether a change can be made, and write nothing.

    Raises NotFound for an agency of another partnership, Refused for what cannot be, NotReady with what nothing was
    chosen for where there are several heirs.
    """
    unit.actor.require(Permission.MANAGE_PEOPLE, partnership.id)
    what_moves(unit.session, unit.actor, old, lock=True)  # before the agencies, in the order in which others lock
    heirs = _heirs(unit, partnership, new)
    present = _locked(unit, partnership, old, [each for each in heirs.values() if isinstance(each, Agency)])
    _check(unit, present, heirs, on)
    moving = what_moves(unit.session, unit.actor, present, lock=True)
    goes = _goes(unit, heirs, moving, {**chosen}, others)
    return Plan(present, heirs, on, moving, goes)


def _heirs(unit: Unit, partnership: Partnership, new: Sequence[Heir]) -> dict[str, Agency | Heir]:
    """Give the heirs by name: the agency where there is one of that name, else what it is to be."""
    wanted = {line_of(heir.name, "name of the agency"): heir for heir in new}
    known = {
        agency.name.casefold(): agency
        for agency in unit.session.scalars(sa.select(Agency).where(Agency.partnership_id == partnership.id))
    }
    found: dict[str, Agency | Heir] = {}
    for name, heir in wanted.items():
        agency = known.get(name.casefold())
        found[agency.name if agency else name] = agency or Heir(name, heir.kind)
    return found


def _locked(unit: Unit, partnership: Partnership, old: Sequence[Agency], heirs: Sequence[Agency]) -> list[Agency]:
    """Read the agencies again and lock them: nothing new comes to one that is about to end, and it ends once."""
    ids = {agency.id for agency in (*old, *heirs)}
    rows = unit.session.scalars(
        sa.select(Agency)
        .where(Agency.id.in_(ids), Agency.partnership_id == partnership.id)
        .order_by(Agency.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(rows) < len(ids):
        raise NotFound
    wanted = {agency.id for agency in old}
    return [agency for agency in rows if agency.id in wanted]


def _check(unit: Unit, old: Sequence[Agency], heirs: Mapping[str, Agency | Heir], on: date) -> None:
    if not old or not heirs:
        raise Refused("Say which agency changes, and which goes on in its place.")
    if len(old) > 1 and len(heirs) > 1:
        raise Refused("Several agencies become one, or one becomes several: make the changes one after the other.")
    if on > unit.today:
        raise Refused("The day lies in the future: record the change when it has happened.")
    for agency in old:
        _check_end(agency, on)
    for heir in heirs.values():
        if heir in old:
            raise Refused(f"{heir.name} cannot go on in its own place: give the new agency another name.")
        if isinstance(heir, Agency) and heir.ended_on is not None:
            raise Refused(f"{heir.name} ended on {heir.ended_on:%-d %B %Y}: another agency must go on.")


def _check_end(agency: Agency, on: date) -> None:
    if agency.ended_on is not None:
        raise Refused(f"{agency.name} ended on {agency.ended_on:%-d %B %Y} already.")
    if agency.began_on is not None and on <= agency.began_on:
        raise Refused(f"{agency.name} began on {agency.began_on:%-d %B %Y}: it cannot end before that.")


def _goes(
    unit: Unit, heirs: Mapping[str, Agency | Heir], moving: Moving, chosen: Mapping[str, str], others: str
) -> dict[str, str]:
    names = {name.casefold(): name for name in heirs}
    unknown = [name for name in (*chosen.values(), others) if name and name.casefold() not in names]
    if unknown:
        raise Refused(f"“{unknown[0][:80]}” is none of the agencies that go on: {', '.join(heirs)}.")
    movers = {each.name: each for each in (*moving.actions, *moving.requests, *moving.people)}
    strange = [name for name in chosen if name not in movers or not movers[name].seen]
    if strange:
        raise Refused(f"“{strange[0][:80]}” is nothing open of the agency that changes, and nobody of it.")
    usual = next(iter(heirs)) if len(heirs) == 1 else ""
    rest = names.get(others.casefold(), usual)
    goes = {
        name: names.get(chosen.get(name, "").casefold(), usual) if each.seen else rest for name, each in movers.items()
    }
    missing = [f"{each.name}: {each.words}" for each in moving.seen if not goes[each.name]]
    if not rest and not unit.actor.is_system:  # asked of everybody, so that it tells nobody what there is
        missing.append(OTHERS)
    if missing:
        raise NotReady(NOT_CHOSEN, missing)
    return goes


@dataclass(frozen=True, slots=True)
class Succession:
    """What a change did, or would do: the agencies by name, and where what the actor may see went."""

    old: Sequence[str]
    new: Sequence[str]
    on: date
    actions: Sequence[tuple[str, str]]
    requests: Sequence[tuple[str, str]]
    people: Sequence[tuple[str, str]]


def succeed(
    unit: Unit,
    partnership: Partnership,
    *,
    old: Sequence[Agency],
    new: Sequence[Heir],
    on: date,
    chosen: Mapping[str, str] = NOTHING,
    others: str = "",
) -> Succession:
    """End agencies and let others go on from a day that has come.

    What is open follows: actions, parts of actions, requests, people; open cases get the heirs besides. What is closed
    keeps the name. With several heirs `chosen` gives one for each action, request and person, by reference or e-mail
    address, and `others` for all that the actor may not see. Raises as `plan_succession` does.
    """
    plan = plan_succession(unit, partnership, old=old, new=new, on=on, chosen=chosen, others=others)
    heirs = {name: _begun(unit, partnership, plan, heir) for name, heir in plan.heirs.items()}
    for agency in plan.old:
        agency.ended_on = on
    unit.session.add_all(
        AgencySuccession(from_agency_id=agency.id, to_agency_id=heir.id, on=on)
        for agency in plan.old
        for heir in heirs.values()
    )
    unit.session.flush()
    _move_actions(unit, plan, heirs)
    _move_people(unit, plan, heirs)
    _move_requests(unit, plan, heirs)
    _involve_heirs(unit, plan, heirs)
    unit.record(EventKind.AGENCY_CHANGED, partnership_id=partnership.id, happened_on=on, details=_told(plan))
    return outcome(plan)


def outcome(plan: Plan) -> Succession:
    """Say what a plan does."""
    moving = plan.moving
    return Succession(
        old=[agency.name for agency in plan.old],
        new=list(plan.heirs),
        on=plan.on,
        actions=plan.of(moving.actions),
        requests=plan.of(moving.requests),
        people=plan.of(moving.people),
    )


def _begun(unit: Unit, partnership: Partnership, plan: Plan, heir: Agency | Heir) -> Agency:
    """Give the agency that goes on, made where it is new."""
    if isinstance(heir, Agency):
        return heir
    kinds = {agency.kind for agency in plan.old}
    kind = heir.kind or (kinds.pop() if len(kinds) == 1 else AgencyKind.OTHER)
    made = add_agency(unit, partnership, name=heir.name, kind=kind)
    made.began_on = plan.on
    return made


def _told(plan: Plan) -> dict[str, Any]:
    return {"from": [agency.name for agency in plan.old], "to": list(plan.heirs), "on": plan.on.isoformat()}


def _move_actions(unit: Unit, plan: Plan, heirs: Mapping[str, Agency]) -> None:
    old = {agency.id: agency for agency in plan.old}
    for name, movers in _by_heir(plan, plan.moving.actions):
        ids = [each.id for each in movers]
        unit.session.execute(
            sa.update(Action)
            .where(Action.id.in_(ids))
            .values(
                lead_agency_id=sa.case(
                    (Action.lead_agency_id.in_(list(old)), heirs[name].id), else_=Action.lead_agency_id
                ),
                version=Action.version + 1,
            )
            .execution_options(synchronize_session="fetch")
        )
        _move_strands(unit, old, ids, heirs[name])
        record_each(unit, EventKind.ACTION_CHANGED, (_moved(plan, each, old, name) for each in movers))


def _moved(plan: Plan, mover: Mover, old: Mapping[int, Agency], heir: str) -> dict[str, Any]:
    was = old[mover.agency_id].name if mover.agency_id is not None and mover.agency_id in old else ""
    return _row(plan, mover.case_id, {"agency_was": was, "agency": heir}) | {"action_id": mover.id}


def _row(plan: Plan, case_id: int | None, details: Mapping[str, Any]) -> dict[str, Any]:
    return {"partnership_id": plan.old[0].partnership_id, "case_id": case_id, "details": details}


def _move_strands(unit: Unit, old: Mapping[int, Agency], action_ids: Sequence[int], heir: Agency) -> None:
    """Give the heir the open parts. Where it has a part of its own already, the old name tells the two apart."""
    own = aliased(ActionPart)
    has_own = sa.exists().where(own.action_id == ActionPart.action_id, own.agency_id == heir.id, own.agency_text == "")
    for agency in old.values():
        unit.session.execute(
            sa.update(ActionPart)
            .where(
                ActionPart.action_id.in_(action_ids),
                ActionPart.agency_id == agency.id,
                ActionPart.state == PartState.OPEN,
            )
            .values(agency_id=heir.id, agency_text=sa.case((has_own, agency.name), else_=""))
            .execution_options(synchronize_session=False)
        )


def _move_people(unit: Unit, plan: Plan, heirs: Mapping[str, Agency]) -> None:
    """Move the posts held today; those that ended, and those of accounts that are shut, keep the name."""
    for name, movers in _by_heir(plan, plan.moving.people):
        unit.session.execute(
            sa.update(Membership)
            .where(
                Membership.person_id.in_([each.id for each in movers]),
                Membership.agency_id.in_([agency.id for agency in plan.old]),
                Membership.ended_on.is_(None),
            )
            .values(agency_id=heirs[name].id)
        )


def _move_requests(unit: Unit, plan: Plan, heirs: Mapping[str, Agency]) -> None:
    """Ask the heir for what is still wanted: a request has one agency, and is called by its name."""
    names = {agency.name for agency in plan.old}
    for name, movers in _by_heir(plan, plan.moving.requests):
        ids = [each.id for each in movers]
        unit.session.execute(sa.update(CaseAgency).where(CaseAgency.case_id.in_(ids)).values(agency_id=heirs[name].id))
        unit.session.execute(
            sa.update(Case)
            .where(Case.id.in_(ids))
            .values(title=sa.case((Case.title.in_(names), name), else_=Case.title), version=Case.version + 1)
            .execution_options(synchronize_session="fetch")
        )
        details = {**_told(plan), "to": [name]}
        record_each(unit, EventKind.AGENCY_CHANGED, (_row(plan, each.id, details) for each in movers))


def _involve_heirs(unit: Unit, plan: Plan, heirs: Mapping[str, Agency]) -> None:
    """Let those who go on into the open cases, beside the old name, which stays."""
    cases = sorted({case_id for case_id, _ in plan.moving.cases})
    wanted = [agency.id for agency in heirs.values()]
    there = unit.session.execute(
        sa.select(CaseAgency.case_id, CaseAgency.agency_id).where(
            CaseAgency.case_id.in_(cases), CaseAgency.agency_id.in_(wanted)
        )
    )
    known = {(row[0], row[1]) for row in there}
    missing = [(case_id, key) for case_id in cases for key in wanted if (case_id, key) not in known]
    unit.session.add_all(CaseAgency(case_id=case_id, agency_id=key) for case_id, key in missing)
    record_each(unit, EventKind.AGENCY_CHANGED, (_row(plan, case_id, _told(plan)) for case_id in cases))


def _by_heir(plan: Plan, movers: Sequence[Mover]) -> Iterable[tuple[str, list[Mover]]]:
    for name in plan.heirs:
        if found := [each for each in movers if plan.goes[each.name] == name]:
            yield name, found


def heirs_of(session: Session, partnership_id: int) -> dict[int, frozenset[int]]:
    """Give, for each ended agency of a partnership, those that go on today, through as many changes as there were."""
    rows = session.execute(
        sa.select(AgencySuccession.from_agency_id, AgencySuccession.to_agency_id)
        .join(Agency, Agency.id == AgencySuccession.from_agency_id)
        .where(Agency.partnership_id == partnership_id)
    )
    next_ones: dict[int, set[int]] = {}
    for was, now in rows:
        next_ones.setdefault(was, set()).add(now)
    return {was: _last(was, next_ones) for was in next_ones}


def _last(agency_id: int, next_ones: Mapping[int, set[int]]) -> frozenset[int]:
    """An agency that has ended is nobody's successor afterwards, so this comes to an end."""
    if agency_id not in next_ones:
        return frozenset({agency_id})
    return frozenset().union(*(_last(each, next_ones) for each in next_ones[agency_id]))
