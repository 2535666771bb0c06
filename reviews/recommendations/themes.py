"""How are a partnership's themes kept, and findings and recommendations told under them?"""

from collections.abc import Iterable

import sqlalchemy as sa

from reviews.access.permissions import Permission
from reviews.access.visibility import visible
from reviews.core.fast_sql import insert_into
from reviews.models import Case, EventKind, Finding, FindingTheme, Recommendation, RecommendationTheme, Theme
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused

SHIPPED = (
    "Adolescents and harm outside the home",
    "Bruising in babies who cannot move",
    "Child sexual abuse",
    "Cross-border moves",
    "Disability and additional needs",
    "Domestic abuse",
    "Escalation and professional challenge",
    "Exploitation",
    "Fathers and other men in the household",
    "Information sharing",
    "Mental health of children",
    "Mental health of parents",
    "Missing from home or care",
    "Multi-agency meetings",
    "Neglect",
    "Poverty and housing",
    "Pre-birth assessment",
    "Professional curiosity",
    "Racism and culture",
    "Record keeping",
    "Safer sleeping",
    "School attendance and elective home education",
    "Substance misuse",
    "Supervision and management oversight",
    "Thresholds",
    "Training",
    "Transition to adult services",
    "Voice of the child",
)
"""The field's own words, as reviews and yearly reports use them."""


LONGEST_NAME = 100


def ensure_themes(unit: Unit, partnership_id: int) -> None:
    """Give a partnership the shipped themes the first time something is done with them."""
    known = sa.select(Theme.id).where(Theme.partnership_id == partnership_id).limit(1)
    if unit.session.scalar(known) is None:
        rows = [{"partnership_id": partnership_id, "name": name} for name in SHIPPED]
        unit.session.execute(insert_into(unit.session, Theme).values(rows).on_conflict_do_nothing())


def add_theme(unit: Unit, partnership_id: int, name: str) -> Theme:
    """Add a theme, or take up an ended one of that name again. Raises Refused where it is in use already."""
    unit.actor.require(Permission.MANAGE_THEMES, partnership_id)
    ensure_themes(unit, partnership_id)
    name = _line(name)
    theme = _named(unit, partnership_id, name)
    if theme is not None and theme.ended_on is None:
        raise Refused(f"There is a theme “{theme.name}” already.")
    if theme is None:
        theme = Theme(partnership_id=partnership_id, name=name)
        unit.session.add(theme)
    theme.name, theme.ended_on = name, None
    unit.session.flush()
    _record(unit, theme, what="added")
    return theme


def rename_theme(unit: Unit, theme: Theme, name: str) -> None:
    """Call a theme something else, with all that is told under it. Raises Refused for the name of another."""
    unit.actor.require(Permission.MANAGE_THEMES, theme.partnership_id)
    name, before = _line(name), theme.name
    other = _named(unit, theme.partnership_id, name)
    if other is not None and other.id != theme.id:
        raise Refused(f"There is a theme “{other.name}” already.")
    theme.name = name
    _record(unit, theme, what="renamed", before=before)


def end_theme(unit: Unit, theme: Theme) -> None:
    """Offer a theme no more. What is told under it stays there."""
    unit.actor.require(Permission.MANAGE_THEMES, theme.partnership_id)
    if theme.ended_on is not None:
        raise Refused("This theme has ended already.")
    theme.ended_on = unit.today
    _record(unit, theme, what="ended")


def find_theme(unit: Unit, theme_id: int) -> Theme:
    """Find a theme of one of their partnerships, locked for this unit; raises NotFound."""
    theirs = sa.select(Theme).where(Theme.id == theme_id, visible(unit.actor, Theme)).with_for_update()
    theme = unit.session.scalars(theirs).first()
    if theme is None:
        raise NotFound
    return theme


def set_themes(unit: Unit, case: Case, told: Recommendation | Finding, names: Iterable[str]) -> bool:
    """Tell a recommendation or a finding of a case under these themes and no others; False when nothing changes.

    A theme that has ended can stay where it is. Raises NotAllowed, or Refused for a name that is no theme here.
    """
    unit.actor.require(Permission.ADD_ACTION, case.partnership_id, case.realm)
    ensure_themes(unit, case.partnership_id)
    before = _themes_of(unit, told)
    wanted = [_known(unit, case, name, before) for name in dict.fromkeys(names)]
    ids = {theme.id for theme in wanted}
    if ids == set(before):
        return False
    table, column = _marks_of(told)
    unit.session.execute(sa.delete(table).where(column == told.id, table.theme_id.notin_(ids)))
    unit.session.add_all(table(**{column.key: told.id, "theme_id": new}) for new in sorted(ids - set(before)))
    unit.session.flush()
    unit.record(
        EventKind.THEMES_SET,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={
            "of": told.reference,
            "themes": sorted(theme.name for theme in wanted),
            "before": sorted(before.values()),
        },
    )
    return True


def _known(unit: Unit, case: Case, name: str, before: dict[int, str]) -> Theme:
    theme = _named(unit, case.partnership_id, name)
    if theme is None or (theme.ended_on is not None and theme.id not in before):
        raise Refused(f"There is no theme “{name[:LONGEST_NAME]}” to choose.")
    return theme


def _themes_of(unit: Unit, told: Recommendation | Finding) -> dict[int, str]:
    table, column = _marks_of(told)
    marked = sa.select(Theme.id, Theme.name).join(table, table.theme_id == Theme.id).where(column == told.id)
    return {row.id: row.name for row in unit.session.execute(marked)}


def _marks_of(
    told: Recommendation | Finding,
) -> tuple[type[RecommendationTheme] | type[FindingTheme], sa.orm.InstrumentedAttribute[int]]:
    if isinstance(told, Finding):
        return FindingTheme, FindingTheme.finding_id
    return RecommendationTheme, RecommendationTheme.recommendation_id


def _named(unit: Unit, partnership_id: int, name: str) -> Theme | None:
    """Find a theme whatever the case of its letters, which the two databases know differently."""
    every = unit.session.scalars(sa.select(Theme).where(Theme.partnership_id == partnership_id).order_by(Theme.id))
    return next((theme for theme in every if theme.name.casefold() == name.strip().casefold()), None)


def _line(name: str) -> str:
    said = " ".join(name.split())
    if not said or len(said) > LONGEST_NAME or not said.isprintable():
        raise Refused(f"The name of a theme must be one line of 1 to {LONGEST_NAME} characters.")
    return said


def _record(unit: Unit, theme: Theme, **details: str) -> None:
    said = {"theme": theme.name, **details}
    unit.record(EventKind.THEME_CHANGED, partnership_id=theme.partnership_id, details=said)
