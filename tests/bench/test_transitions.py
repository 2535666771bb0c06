"""Is the floor of a step honest? It must write the very rows that the product writes."""

import sqlalchemy as sa

from reviews.core.db import Base, Database, engine_of
from tests.bench.nation import REGION, drafts
from tests.bench.people import add_people
from tests.bench.transitions import measure_transitions


def test_the_floor_of_a_step_writes_what_the_product_writes(database: Database) -> None:
    """The measurement itself compares the rows of both, and fails where one of them differs."""
    draft = next(drafts(REGION, 1))
    add_people(draft)
    with database.begin() as session:
        for table in Base.metadata.sorted_tables:
            if rows := draft.rows[table.name]:
                session.execute(sa.insert(table), rows)
    engine = engine_of(database)
    measured = measure_transitions(engine.dialect.name, engine.url.render_as_string(hide_password=False), reviews=1)
    assert len(measured.ours) == len(measured.floor) == 1
