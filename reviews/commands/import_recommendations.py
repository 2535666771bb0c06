"""Which recommendation does a row of a tracker answer?"""

import sqlalchemy as sa

from reviews.models import Case, EventKind, Recommendation
from reviews.trackers import PlanRow
from reviews.unit import Unit

LONGEST_REFERENCE = 40


class Recommendations:
    """Those of one case while a tracker is read into it."""

    def __init__(self, unit: Unit, case: Case) -> None:
        self._unit, self._case = unit, case
        known = sa.select(Recommendation).where(Recommendation.case_id == case.id).order_by(Recommendation.id)
        self._by_reference = {one.reference: one for one in unit.session.scalars(known)}
        self._by_text = {one.text: one for one in reversed(self._by_reference.values())}
        self._last = 0

    def of(self, row: PlanRow) -> Recommendation | None:
        """Find or make it: the same text, and the same reference where the row has one; None where it names none."""
        reference, text = _reference(row), row.recommendation or _reference(row)
        if not text:
            return None
        for found in (self._by_reference.get(reference), self._by_text.get(text)):
            if found is not None and found.text == text and reference in ("", found.reference):
                return found
        return self._make(reference if reference and reference not in self._by_reference else self._free(), text)

    def _make(self, reference: str, text: str) -> Recommendation:
        made = Recommendation(case_id=self._case.id, reference=reference, text=text)
        self._unit.session.add(made)
        self._unit.record(
            EventKind.RECOMMENDATION_MADE,
            partnership_id=self._case.partnership_id,
            case_id=self._case.id,
            details={"recommendation": reference},
        )
        self._by_reference[reference] = made
        self._by_text.setdefault(text, made)
        return made

    def _free(self) -> str:
        while True:
            self._last += 1
            if f"R{self._last}" not in self._by_reference:
                return f"R{self._last}"


def _reference(row: PlanRow) -> str:
    return row.recommendation_reference[:LONGEST_REFERENCE]
