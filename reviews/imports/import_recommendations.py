"""Which recommendation does a row of a tracker answer?"""

import sqlalchemy as sa

from reviews.core.text_similarity import stems_of
from reviews.imports.readers.result import PlanRow
from reviews.models import Case, EventKind, Recommendation, RecommendationStem
from reviews.transactions.bulk_events import record_each
from reviews.transactions.unit_of_work import Unit

LONGEST_REFERENCE = 40


class Recommendations:
    """Those of one case while a tracker is read into it, by their references. New ones are written by `store`."""

    def __init__(self, unit: Unit, case: Case) -> None:
        self._unit, self._case = unit, case
        known = sa.select(Recommendation.reference, Recommendation.text).where(Recommendation.case_id == case.id)
        rows = unit.session.execute(known.order_by(Recommendation.id)).all()
        self._texts = {row.reference: row.text for row in rows}
        self._by_text = {text: reference for reference, text in reversed(rows)}
        self._new: list[str] = []
        self._last = 0

    def of(self, row: PlanRow) -> str:
        """Find or make it: the same text, and the same reference where the row has one; empty where it names none."""
        reference, text = _reference(row), row.recommendation or _reference(row)
        if not text:
            return ""
        for found in (reference, self._by_text.get(text, "")):
            if found and self._texts.get(found) == text and reference in ("", found):
                return found
        return self._make(reference if reference and reference not in self._texts else self._free(), text)

    def store(self, run_id: int) -> dict[str, int]:
        """Write the new ones with their history, and give the number of each by its reference."""
        texts = {reference: self._texts[reference] for reference in self._new}
        if texts:
            rows = [{"case_id": self._case.id, "reference": key, "text": text} for key, text in texts.items()]
            self._unit.session.execute(sa.insert(Recommendation), rows)
        numbers = self._numbers()
        stems = [{"recommendation_id": numbers[key], "stem": stem} for key in texts for stem in stems_of(texts[key])]
        if stems:
            self._unit.session.execute(sa.insert(RecommendationStem), stems)
        same = {"partnership_id": self._case.partnership_id, "case_id": self._case.id}
        made = ({**same, "details": {"recommendation": reference, "import": run_id}} for reference in texts)
        record_each(self._unit, EventKind.RECOMMENDATION_MADE, made)
        return numbers

    def _numbers(self) -> dict[str, int]:
        query = sa.select(Recommendation.reference, Recommendation.id).where(Recommendation.case_id == self._case.id)
        return {row.reference: row.id for row in self._unit.session.execute(query)}

    def _make(self, reference: str, text: str) -> str:
        self._new.append(reference)
        self._texts[reference] = text
        self._by_text.setdefault(text, reference)
        return reference

    def _free(self) -> str:
        while True:
            self._last += 1
            if f"R{self._last}" not in self._texts:
                return f"R{self._last}"


def _reference(row: PlanRow) -> str:
    return row.recommendation_reference[:LONGEST_REFERENCE]
