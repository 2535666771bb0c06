"""What follows when an agency is renamed, merged or split?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from reviews.models import (
    Action,
    ActionStrand,
    Agency,
    AgencyKind,
    AgencySuccession,
    Case,
    CaseAgency,
    EventKind,
    Membership,
    Partnership,
    StrandState,
)
from reviews.people.accounts import add_agency
from reviews.people.moving import Mover
from reviews.people.succession_plan import NOTHING, Heir, Plan, plan_succession
from reviews.transactions.bulk_events import record_each
from reviews.transactions.unit_of_work import Unit


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
    own = aliased(ActionStrand)
    has_own = sa.exists().where(
        own.action_id == ActionStrand.action_id, own.agency_id == heir.id, own.agency_text == ""
    )
    for agency in old.values():
        unit.session.execute(
            sa.update(ActionStrand)
            .where(
                ActionStrand.action_id.in_(action_ids),
                ActionStrand.agency_id == agency.id,
                ActionStrand.state == StrandState.OPEN,
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
