"""Which agencies go on in whose place, and is it said of everything where it goes?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import sqlalchemy as sa

from reviews.access.permissions import Permission
from reviews.models import Agency, AgencyKind, Partnership
from reviews.people.accounts import line_of
from reviews.people.moving import Mover, Moving, what_moves
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import NotReady, Refused

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
