"""Past cases as people list them: what does a spreadsheet of dates say happened? Knows files, never the database."""

from reviews.histories.past import Histories, PastCase, PastFact, PastStep, RefusedRow
from reviews.histories.reading import read_histories

__all__ = ["Histories", "PastCase", "PastFact", "PastStep", "RefusedRow", "read_histories"]
