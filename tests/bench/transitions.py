"""Steps of cases a second, with history and clocks stored, beside the floor.

Whole rapid reviews, step by step, each in a transaction of its own as when a form is sent; no page is served.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import Any

import sqlalchemy as sa

import notifications.models  # noqa: F401  # the tables register themselves
from reviews.access.permissions import Actor, system
from reviews.cases.steps import open_case, take_case_step
from reviews.core.clock import StoppedClock
from reviews.core.db import Base, Database, engine_of, open_database
from reviews.models import Partnership
from reviews.people.queries import actor_by_email
from reviews.transactions.unit_of_work import unit_of_work
from tests.bench.floor_transitions import Recorder, record
from tests.bench.lines import PLACE, sign_in_name
from tests.bench.measuring import WARMING, Measured
from tests.bench.nation import NOW, TODAY
from tests.bench.raw import Raw
from tests.bench.review_steps import ASKING, MEASURED, STEPS, given_with, moves, recorder, step_of
from tests.builders import facts_for, returns_come_in
from workflows.core.bank_holidays import BUNDLED
from workflows.core.vocabulary import Role

CLOCK, SETTER = StoppedClock(NOW), system("benchmark")
OPENED_ON = TODAY - timedelta(days=1)
CODE, AGENCY = f"AREA-{PLACE:03}", f"Area {PLACE} Police"
LEAST = 1 / 3
"""The part of the floor's rate that is wanted."""
NUMBERS = {"id", "case_id", "event_id", "reference", "version"}
Take = Callable[[str, str, int], None]


def measure_transitions(kind: str, url: str, reviews: int) -> Measured:
    """Measure on a database that may be written to; one measurement is the mean of all steps of a review."""
    database, floor = open_database(url), Raw(url)
    actors = _actors(database)
    theirs, ours = (_opened(database, WARMING + reviews) for _ in range(2))
    by_floor, by_ours = _taking_by_floor(floor, actors), _taking(database, actors)
    pairs = [
        (_walk(database, one, by_floor), _walk(database, other, by_ours))
        for one, other in zip(theirs, ours, strict=True)
    ]
    _require_the_same(database, theirs, ours)
    floor.close()
    engine_of(database).dispose()
    of_floor, of_ours = zip(*pairs[WARMING:], strict=True)
    what = f"Step of a case, {1000 / median(of_ours):,.0f} a second"
    return Measured(what, kind, of_floor, of_ours, 1 / LEAST)


def _opened(database: Database, reviews: int) -> list[str]:
    """Open rapid reviews and give their references."""
    opening = step_of("receive_referral")
    with unit_of_work(database, SETTER, CLOCK) as unit:
        place, answers = unit.session.get_one(Partnership, PLACE), facts_for(opening, on=OPENED_ON)
        return [
            open_case(
                unit,
                workflow="rapid_review",
                partnership=place,
                happened_on=OPENED_ON,
                answers=answers,
                pseudonyms=["K"],
            ).reference
            for _ in range(reviews)
        ]


def _actors(database: Database) -> Mapping[Role, Actor]:
    emails = {
        Role.BUSINESS_MANAGER: sign_in_name(Role.BUSINESS_MANAGER, ""),
        Role.SAFEGUARDING_PARTNER: sign_in_name(Role.SAFEGUARDING_PARTNER, "").replace("@", "-0@"),
    }
    with database() as session:
        return {role: actor_by_email(session, email, today=TODAY) for role, email in emails.items()}


def _walk(database: Database, reference: str, take: Take) -> float:
    """Lead a review through all its steps, and give the milliseconds of one of those measured."""
    seconds = 0.0
    for version, name in enumerate(STEPS, 1):
        if name == ASKING:
            _ask(database, reference)
            continue
        begun = perf_counter()
        take(reference, name, version)
        seconds += perf_counter() - begun
    return seconds * 1000 / len(MEASURED)


def _taking(database: Database, actors: Mapping[Role, Actor]) -> Take:
    who = {name: actors[recorder(step_of(name))] for name in MEASURED}
    answers = {name: given_with(step_of(name)) for name in MEASURED}

    def take(reference: str, name: str, version: int) -> None:
        with unit_of_work(database, who[name], CLOCK) as unit:
            case = unit.case(reference, partnership=CODE, version=version)
            take_case_step(unit, case, name, happened_on=TODAY, answers=answers[name])

    return take


def _taking_by_floor(floor: Raw, actors: Mapping[Role, Actor]) -> Take:
    known, holidays = moves(), set(BUNDLED.days)
    recorders = {name: actors[recorder(step_of(name))] for name in MEASURED}
    who = {name: Recorder(actor.signature, actor.person_id) for name, actor in recorders.items()}

    def take(reference: str, name: str, version: int) -> None:
        record(floor, known[name], reference, PLACE, version, who[name], holidays)

    return take


def _ask(database: Database, reference: str) -> None:
    """Ask an agency, and let its return come in."""
    with unit_of_work(database, SETTER, CLOCK) as unit:
        case = unit.case(reference, partnership=CODE)
        answers = given_with(step_of(ASKING), agencies_asked=(AGENCY,))
        take_case_step(unit, case, ASKING, happened_on=TODAY, answers=answers)
        unit.session.flush()
        returns_come_in(unit.session, case, on=TODAY)


def _require_the_same(database: Database, theirs: list[str], ours: list[str]) -> None:
    """Both must have written the very same rows, but for their numbers."""
    for name in ("cases", "case_tracks", "case_facts", "case_clocks", "children", "events"):
        floor, product = (_rows(database, Base.metadata.tables[name], references) for references in (theirs, ours))
        unlike = next((pair for pair in zip(floor, product, strict=False) if pair[0] != pair[1]), None)
        assert floor, f"{name}: no rows"
        assert floor == product, f"{name}: {len(floor)} and {len(product)} rows; {unlike}"


def _rows(database: Database, table: sa.Table, references: list[str]) -> list[Any]:
    case = Base.metadata.tables["cases"]
    columns = [column for column in table.columns if column.name not in NUMBERS]
    query = sa.select(*columns).where(case.c.partnership_id == PLACE, case.c.reference.in_(references))
    if table is not case:
        query = query.join(case, case.c.id == table.c.case_id)
    if "step" in table.c:
        query = query.where(table.c.step.is_not(None))
    with database() as session:
        return sorted((tuple(row) for row in session.execute(query)), key=repr)
