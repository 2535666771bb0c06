"""What was said before, as it is shown beside a recommendation?"""

from collections.abc import Sequence

from reviews.access.permissions import Permission
from reviews.models import Case, Recommendation
from reviews.models.recommendations import RESPONSES
from reviews.recommendations.queries import told_to
from reviews.recommendations.similar import recommendations_told, said_before
from reviews.recommendations.theme_counts import themes_told
from web.core.context import actor, kinds, reader, today

FEWEST_LETTERS = 15
"""Before that much is typed, nothing is looked for."""


def alike_shown(case: Case, text: str, themes: Sequence[str]) -> dict[str, object]:
    """Give what stands below the text while it is typed: what other reviews asked for that is like it."""
    told = len(text.strip()) >= FEWEST_LETTERS or themes
    alike = said_before(reader(), actor(), case, text, today=today(), themes=themes) if told else None
    return {"alike": alike, "responses": RESPONSES, "workflows": kinds()}


def beside(case: Case, said: Recommendation) -> dict[str, object]:
    """Give what the page of a recommendation shows of its themes, of what was said before and what came again since."""
    own = themes_told(reader(), actor(), [said.id]).get(said.id, ())
    shown: dict[str, object] = {"themes": own, "alike": None, "outcome": None, "workflows": kinds()}
    if not actor().may(Permission.SEE_THEMES, case.partnership_id, case.realm):
        return shown
    alike = said_before(reader(), actor(), case, said.text, today=today(), themes=own, no_later=True)
    pool = told_to(actor(), case.partnership_id, case.realm)
    told = recommendations_told(reader(), actor(), [said.id], pool=pool, today=today())
    return shown | {"alike": alike, "outcome": told[0].outcome}
