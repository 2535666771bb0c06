"""The safeguarding partners of a partnership: the statutory ones and local ones, each with its days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor, Permission
from reviews.access.visibility import visible
from reviews.models import Agency, AgencyKind, AgencySuccession, EventKind, Partner, Partnership
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused

STATUTORY: dict[AgencyKind, str] = {
    AgencyKind.LOCAL_AUTHORITY: "the local authority",
    AgencyKind.INTEGRATED_CARE_BOARD: "the integrated care board",
    AgencyKind.POLICE: "the police",
}
"""The kinds of agency of which each partnership has a statutory partner, in words."""


@dataclass(frozen=True, slots=True)
class PartnerLine:
    """A partner with its first and its last day; None is no limit."""

    agency_id: int
    name: str
    kind: AgencyKind
    from_on: date | None
    until_on: date | None

    @property
    def is_statutory(self) -> bool:
        return self.kind in STATUTORY

    def holds_on(self, day: date) -> bool:
        return self.held_between(day, day)

    def held_between(self, first: date, last: date) -> bool:
        """Whether it was a partner on some day from the first to the last."""
        return (self.from_on is None or self.from_on <= last) and (self.until_on is None or first <= self.until_on)


_PARTNERS = (
    sa.select(Agency.id, Agency.name, Agency.kind, Partner.from_on, Partner.until_on)
    .join(Partner, Partner.agency_id == Agency.id)
    .where(Agency.partnership_id == sa.bindparam("partnership"))
    .order_by(Agency.name, Agency.id)
)
"""Built once: building the query takes longer than running it."""


def partners_of(session: Session, partnership_id: int) -> list[PartnerLine]:
    """List every partner there is or was, the statutory ones first. For rules; lists for people are `partner_list`."""
    rows = [PartnerLine(*row) for row in session.execute(_PARTNERS, {"partnership": partnership_id})]
    return sorted(rows, key=lambda each: not each.is_statutory)


def partners_on(session: Session, partnership_id: int, day: date) -> list[PartnerLine]:
    """List the partners of a day, the statutory ones first."""
    return [each for each in partners_of(session, partnership_id) if each.holds_on(day)]


def not_named(partners: Sequence[PartnerLine]) -> list[str]:
    """Give in words the kinds of statutory partner that are missing among the partners of a day."""
    kinds = {each.kind for each in partners}
    return [words for kind, words in STATUTORY.items() if kind not in kinds]


def partner_list(session: Session, actor: Actor, *, partnership_id: int) -> list[PartnerLine]:
    """List every partner of a partnership of the actor's, the statutory ones first."""
    rows = session.execute(_PARTNERS.where(visible(actor, Agency)), {"partnership": partnership_id})
    return sorted((PartnerLine(*row) for row in rows), key=lambda each: not each.is_statutory)


def predecessors(session: Session, partnership_id: int) -> dict[str, frozenset[str]]:
    """Give the names of the agencies that each agency replaced, through all changes: what they signed stays signed."""
    old, new = sa.orm.aliased(Agency), sa.orm.aliased(Agency)
    rows = session.execute(
        sa.select(new.name, old.name)
        .select_from(AgencySuccession)
        .join(old, old.id == AgencySuccession.from_agency_id)
        .join(new, new.id == AgencySuccession.to_agency_id)
        .where(new.partnership_id == partnership_id)
    )
    direct: dict[str, set[str]] = {}
    for name, was in rows:
        direct.setdefault(name, set()).add(was)
    return {name: frozenset(_all_before(name, direct)) for name in direct}


def _all_before(name: str, direct: dict[str, set[str]]) -> set[str]:
    found = set(direct.get(name, ()))
    return found.union(*(_all_before(was, direct) for was in found))


def set_partner(
    unit: Unit, partnership: Partnership, agency: Agency, *, from_on: date | None, until_on: date | None
) -> Partner:
    """Make an agency a safeguarding partner between two days, or change its days. None is no limit.

    Raises NotAllowed, or Refused for days that contradict each other or the agency's own, and where nothing changes.
    """
    unit.actor.require(Permission.MANAGE_PEOPLE, partnership.id)
    if from_on is not None and until_on is not None and until_on < from_on:
        raise Refused("The last day as a partner must not be before the first.")
    if agency.ended_on is not None and (until_on is None or until_on >= agency.ended_on):
        last = agency.ended_on - timedelta(days=1)
        raise Refused(
            f"{agency.name} ended on {agency.ended_on:%-d %B %Y}: its last day as a partner is at the latest "
            f"{last:%-d %B %Y}."
        )
    partner = unit.session.get(Partner, agency.id)
    was = (partner.from_on, partner.until_on) if partner else (None, None)
    if partner is not None and was == (from_on, until_on):
        raise Refused(f"{agency.name} is already a partner for these days.")
    if partner is None:
        partner = Partner(agency_id=agency.id)
        unit.session.add(partner)
    partner.from_on, partner.until_on = from_on, until_on
    unit.session.flush()
    days = {"from": from_on, "until": until_on, "was_from": was[0], "was_until": was[1]}
    unit.record(
        EventKind.PARTNER_SET,
        partnership_id=partnership.id,
        details={"agency": agency.name, **{key: day.isoformat() if day else None for key, day in days.items()}},
    )
    return partner


def hand_on_partnership(unit: Unit, old: Sequence[Agency], successors: Sequence[Agency], *, on: date) -> None:
    """Let the successors of partners be partners from the first day under the new name, and end the old ones."""
    ids = [agency.id for agency in (*old, *successors)]
    rows = unit.session.scalars(sa.select(Partner).where(Partner.agency_id.in_(ids)))
    partners = {row.agency_id: row for row in rows}
    ending = [
        partner
        for agency in old
        if (partner := partners.get(agency.id)) and (partner.until_on is None or partner.until_on >= on)
    ]
    for partner in ending:
        partner.until_on = on - timedelta(days=1)
        if partner.from_on is not None and partner.from_on > partner.until_on:
            partner.from_on = partner.until_on
    if not ending:
        return
    for agency in successors:
        partner = partners.get(agency.id)
        if partner is None:
            unit.session.add(Partner(agency_id=agency.id, from_on=on, until_on=None))
        elif agency.began_on == on:
            partner.from_on = on
