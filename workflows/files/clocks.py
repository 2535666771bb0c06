"""How is a deadline read from its table, with its editions?"""

from datetime import date

from workflows.core.deadlines import Deadline, Edition, Rank
from workflows.core.working_days import LONGEST_COUNT, Period, Unit
from workflows.definitions.shared.ladder_policies import LADDERS
from workflows.files.schema import Fields

RANKS = {rank.name.lower(): rank for rank in Rank}
UNITS = {unit.value: unit for unit in Unit}


def deadline(page: Fields) -> Deadline:
    return Deadline(
        name=page.name("name"),
        title=page.text("title", longest=100),
        counted_from=page.name("counted_from"),
        met_by=page.names("met_by", required=True),
        ended_by=page.names("ended_by"),
        ladder=page.one_of("ladder", LADDERS, required=False),
        editions=page.tables("editions", _edition, "edition", required=True),
    )


def _edition(page: Fields) -> Edition:
    count = page.count("period", least=0, most=LONGEST_COUNT)
    unit = page.one_of("unit", UNITS) or Unit.DAYS
    return Edition(
        effective_from=page.day("effective_from") or date.min,
        period=Period(count, unit, page.yes("back", usual=False)),
        rank=page.one_of("rank", RANKS) or Rank.LOCAL,
        authority=page.text("authority", longest=300),
    )
