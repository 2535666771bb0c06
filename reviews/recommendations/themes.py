"""Adding, renaming and ending the themes of a partnership, and setting those of findings and recommendations."""

from collections.abc import Iterable

import sqlalchemy as sa

from reviews.access.permissions import Permission
from reviews.access.visibility import visible
from reviews.core.fast_sql import insert_into
from reviews.models import Case, EventKind, Finding, FindingTheme, Recommendation, RecommendationTheme, Theme
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused

SHIPPED_THEMES = (
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
"""The words of the field, as reviews and yearly reports use them."""


LONGEST_NAME = 100


def ensure_themes(unit: Unit, partnership_id: int) -> None:
    """Store the shipped themes for a partnership that has none yet."""
    stored = sa.select(Theme.id).where(Theme.partnership_id == partnership_id).limit(1)
    if unit.session.scalar(stored) is None:
        rows = [{"partnership_id": partnership_id, "name": name} for name in SHIPPED_THEMES]
        unit.session.execute(insert_into(unit.session, Theme).values(rows).on_conflict_do_nothing())


def add_theme(unit: Unit, partnership_id: int, name: str) -> Theme:
    """Add a theme, or reopen an ended one of that name. Raises Refused for one in use."""
    unit.actor.require(Permission.MANAGE_THEMES, partnership_id)
    ensure_themes(unit, partnership_id)
    name = _checked_name(name)
    theme = _theme_called(unit, partnership_id, name)
    if theme is not None and theme.ended_on is None:
        raise Refused(f"There is already a theme “{theme.name}”.")
    if theme is None:
        theme = Theme(partnership_id=partnership_id, name=name)
        unit.session.add(theme)
    theme.name, theme.ended_on = name, None
    unit.session.flush()
    _record(unit, theme, what="added")
    return theme


def rename_theme(unit: Unit, theme: Theme, name: str) -> None:
    """Rename a theme, for all that is marked with it. Raises Refused for the name of another."""
    unit.actor.require(Permission.MANAGE_THEMES, theme.partnership_id)
    name, before = _checked_name(name), theme.name
    other = _theme_called(unit, theme.partnership_id, name)
    if other is not None and other.id != theme.id:
        raise Refused(f"There is already a theme “{other.name}”.")
    theme.name = name
    _record(unit, theme, what="renamed", before=before)


def end_theme(unit: Unit, theme: Theme) -> None:
    """End a theme: it is no longer offered, and stays on what is marked with it. Raises Refused for an ended one."""
    unit.actor.require(Permission.MANAGE_THEMES, theme.partnership_id)
    if theme.ended_on is not None:
        raise Refused("This theme has already ended.")
    theme.ended_on = unit.today
    _record(unit, theme, what="ended")


def find_theme(unit: Unit, theme_id: int) -> Theme:
    """Find a theme of one of their partnerships, locked for this unit; raises NotFound."""
    query = sa.select(Theme).where(Theme.id == theme_id, visible(unit.actor, Theme)).with_for_update()
    theme = unit.session.scalars(query).first()
    if theme is None:
        raise NotFound
    return theme


def set_themes(unit: Unit, case: Case, subject: Recommendation | Finding, names: Iterable[str]) -> bool:
    """Give a recommendation or a finding of a case these themes and no others; False when nothing changes.

    An ended theme may stay where it is. Raises NotAllowed, and Refused for a name that is no theme of the partnership.
    """
    unit.actor.require(Permission.ADD_ACTION, case.partnership_id, case.realm)
    ensure_themes(unit, case.partnership_id)
    before = _themes_of(unit, subject)
    themes = [_offered_theme(unit, case, name, before) for name in dict.fromkeys(names)]
    ids = {theme.id for theme in themes}
    if ids == set(before):
        return False
    table, column = _theme_table(subject)
    unit.session.execute(sa.delete(table).where(column == subject.id, table.theme_id.notin_(ids)))
    unit.session.add_all(table(**{column.key: subject.id, "theme_id": new}) for new in sorted(ids - set(before)))
    unit.session.flush()
    unit.record(
        EventKind.THEMES_SET,
        partnership_id=case.partnership_id,
        case_id=case.id,
        details={
            "of": subject.reference,
            "themes": sorted(theme.name for theme in themes),
            "before": sorted(before.values()),
        },
    )
    return True


def _offered_theme(unit: Unit, case: Case, name: str, before: dict[int, str]) -> Theme:
    theme = _theme_called(unit, case.partnership_id, name)
    if theme is None or (theme.ended_on is not None and theme.id not in before):
        raise Refused(f"There is no theme “{name[:LONGEST_NAME]}” to choose from.")
    return theme


def _themes_of(unit: Unit, subject: Recommendation | Finding) -> dict[int, str]:
    table, column = _theme_table(subject)
    marked = sa.select(Theme.id, Theme.name).join(table, table.theme_id == Theme.id).where(column == subject.id)
    return {row.id: row.name for row in unit.session.execute(marked)}


def _theme_table(
    subject: Recommendation | Finding,
) -> tuple[type[RecommendationTheme] | type[FindingTheme], sa.orm.InstrumentedAttribute[int]]:
    if isinstance(subject, Finding):
        return FindingTheme, FindingTheme.finding_id
    return RecommendationTheme, RecommendationTheme.recommendation_id


def _theme_called(unit: Unit, partnership_id: int, name: str) -> Theme | None:
    # compared in Python: SQLite folds the case of ASCII letters alone
    every = unit.session.scalars(sa.select(Theme).where(Theme.partnership_id == partnership_id).order_by(Theme.id))
    return next((theme for theme in every if theme.name.casefold() == name.strip().casefold()), None)


def _checked_name(name: str) -> str:
    line = " ".join(name.split())
    if not line or len(line) > LONGEST_NAME or not line.isprintable():
        raise Refused(f"The name of a theme must be one line of 1 to {LONGEST_NAME} characters.")
    return line


def _record(unit: Unit, theme: Theme, **details: str) -> None:
    unit.record(EventKind.THEME_CHANGED, partnership_id=theme.partnership_id, details={"theme": theme.name, **details})
