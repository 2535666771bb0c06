"""Whose cases the rows of a list are, where it has a column for the partnership or the panel."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from reviews.access.permissions import Permission
from reviews.access.visibility import visible
from reviews.imports.readers.cells import folded
from reviews.imports.readers.past_rows import PastCase, RefusedPastRow
from reviews.models import OurRole, Partnership
from reviews.transactions.unit_of_work import Unit
from workflows.core.vocabulary import Workflow

GENERAL = re.compile(
    r"\b(local |multi-agency )?(safeguarding|children'?s?|child(ren)? death|overview|partnership|panel|board|council"
    r"|arrangements?|scp|lscp|lscb|cdop|mash|and|the|of|for)\b"
)
"""Words of the names of partnerships and panels that do not tell one from another."""


@dataclass(slots=True)
class RowsByPartnership:
    """The rows that are to be stored, by partnership. `read_as` says how each name in the file was read."""

    rows: list[tuple[Partnership, list[PastCase]]] = field(default_factory=list)
    refused: list[RefusedPastRow] = field(default_factory=list)
    read_as: dict[str, str] = field(default_factory=dict)


def rows_by_partnership(
    unit: Unit, partnership: Partnership, workflow: Workflow, rows: Sequence[PastCase], our_areas: Sequence[str]
) -> RowsByPartnership:
    """Tell the rows of this partnership from those of others.

    A row of another partnership goes there, where this person may import it, and is refused where not. A row of another
    panel is stored as a case that the other area leads, which is not counted as ours. A list that has one and the same
    name in every row is of one area: whoever imports it says whose, unless it is the name of another partnership here.
    """
    found = RowsByPartnership()
    names = AreaNames(unit, partnership, workflow, our_areas, rows)
    by_id: dict[int, tuple[Partnership, list[PastCase]]] = {}
    for past in rows:
        whose, reason, column = names.partnership_of(past)
        if whose is None:
            found.refused.append(RefusedPastRow(past.row, past.details.heading(column), reason))
            continue
        leads = names.leading_panel(past)
        if leads is None:
            found.refused.append(RefusedPastRow(past.row, past.details.heading("panel"), names.unclear("panel")))
            continue
        by_id.setdefault(whose.id, (whose, []))[1].append(_led_by(past, leads) if leads else past)
        for name in filter(None, (past.details.partnership, past.details.panel)):
            found.read_as.setdefault(name, f"led by {leads}" if leads and name == leads else whose.code)
    found.rows = list(by_id.values())
    return found


def _led_by(past: PastCase, area: str) -> PastCase:
    led_to = _led_by(past.led_to, area) if past.led_to else None
    details = replace(past.details, our_role=past.details.our_role or OurRole.OBSERVER.value, lead_area=area)
    return replace(past, led_to=led_to, details=details)


class AreaNames:
    """The names of partnerships and panels in one file."""

    def __init__(
        self,
        unit: Unit,
        partnership: Partnership,
        workflow: Workflow,
        our_areas: Sequence[str],
        rows: Sequence[PastCase],
    ) -> None:
        self.unit, self.partnership, self.workflow = unit, partnership, workflow
        self.ours = {folded(name) for name in our_areas}
        every = unit.session.scalars(sa.select(Partnership).order_by(Partnership.id))
        visible_ids = set(unit.session.scalars(sa.select(Partnership.id).where(visible(unit.actor, Partnership))))
        self.known = [(each, each.id in visible_ids) for each in every]
        self.partnerships = {folded(past.details.partnership) for past in rows if past.details.partnership}
        self.panels = {folded(past.details.panel) for past in rows if past.details.panel}

    def partnership_of(self, past: PastCase) -> tuple[Partnership | None, str, str]:
        """Give the partnership of a row, or the reason for refusing it and the column."""
        name = past.details.partnership
        if not name or self._is_ours(name):
            return self.partnership, "", ""
        other = next((each for each, _ in self.known if each is not self.partnership and _names(each, name)), None)
        if other is not None and self._may_import_into(other):
            return other, "", ""
        if other is None and len(self.partnerships) == 1 and not self.ours:
            return self.partnership, "", ""
        if other is None and not any(self._is_ours(each) for each in self.partnerships):
            return None, self.unclear("partnership"), "partnership"
        reason = (
            f"This row is of “{name}”, and you cannot import into that partnership. Leave it out, or let somebody who "
            "can import there do so."
        )
        return None, reason, "partnership"

    def leading_panel(self, past: PastCase) -> str | None:
        """Give the panel that leads where it is not ours, "" where it is; None where nothing says which is ours."""
        name = past.details.panel
        if not name or self._is_ours(name) or _mentions(self.partnership, name):
            return ""
        is_other = any(_mentions(each, name) for each, _ in self.known if each is not self.partnership)
        if len(self.panels) == 1 and not self.ours and not is_other:
            return ""
        known = any(self._is_ours(each) or _mentions(self.partnership, each) for each in self.panels)
        return name if known or is_other else None

    def unclear(self, column: str) -> str:
        return (
            f"The list has several names in “{column}”, and none of them is {self.partnership.code}. Say with "
            "--our-area which of them is yours."
        )

    def _is_ours(self, name: str) -> bool:
        return folded(name) in self.ours or _names(self.partnership, name)

    def _may_import_into(self, other: Partnership) -> bool:
        is_visible = {each.id: seen for each, seen in self.known}[other.id]
        return is_visible and self.unit.actor.may(Permission.IMPORT_CASES, other.id, self.workflow.realm)


def _names(partnership: Partnership, name: str) -> bool:
    """Whether a name in a file is that of a partnership, with or without the general words in it."""
    return folded(name) in (folded(partnership.code), folded(partnership.name)) or (
        _telling(name) != "" and _telling(name) == _telling(partnership.name)
    )


def _mentions(partnership: Partnership, name: str) -> bool:
    """Whether the name of a panel, which may serve several areas, has that of the partnership in it."""
    words, telling = _words(_telling(name)), _words(_telling(partnership.name)) or _words(folded(partnership.code))
    return bool(telling) and any(words[index : index + len(telling)] == telling for index in range(len(words)))


def _telling(name: str) -> str:
    return " ".join(GENERAL.sub(" ", folded(name)).split())


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)
