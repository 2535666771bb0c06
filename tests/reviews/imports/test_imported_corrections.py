"""Corrections and holds of imported cases; what the list left unknown stays unknown."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.cases.corrections import correct_step
from reviews.cases.history import read_history
from reviews.imports.history import CaseOutcome, import_cases
from reviews.imports.readers.past_files import read_histories
from reviews.models import Case, CaseHold, Event
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TODAY, a_world, take
from tests.changes import nothing_changes
from tests.reviews.imports.lists import NO_LCSPR, REVIEW, write
from workflows.core.engine import Refused
from workflows.definitions import CASE_WORKFLOWS

HELD = {"publication_date": "", "publication_hold_reason": "criminal proceedings"}


@pytest.fixture
def bring_in(database, clock, tmp_path):
    a_world(database)

    def act(**row):
        path = write(tmp_path / "list.csv", REVIEW | row)
        definition = CASE_WORKFLOWS["rapid_review"]
        histories = read_histories(path, workflow=definition, today=TODAY)
        with unit_of_work(database, BUILDER, clock) as unit:
            return import_cases(unit, unit.partnership("ANYSHIRE"), definition, histories)

    return act


@pytest.fixture
def correct(database, clock):
    def act(reference, step, on, **answers):
        with unit_of_work(database, BUILDER, clock) as unit:
            case = unit.case(reference)
            event = unit.session.scalars(sa.select(Event).where(Event.case_id == case.id, Event.step == step)).first()
            return correct_step(unit, case, event.id, happened_on=on, answers=answers, reason="Read wrongly").details

    return act


def the_case(session, workflow):
    return session.scalars(sa.select(Case).where(Case.workflow == workflow)).one()


def clocks(database, workflow="rapid_review"):
    with database() as session:
        found = the_case(session, workflow).clocks
        return {clock.name: (clock.counted_from_on, clock.met_on, clock.dropped_on) for clock in found}


def test_a_hold_of_the_list_is_a_hold_with_a_reason_and_no_invented_days(database, bring_in):
    bring_in(**HELD)
    with database() as session:
        (hold,) = session.scalars(sa.select(CaseHold))
        publication = next(each for each in the_case(session, "lcspr").tracks if each.name == "publication")
    assert (hold.track, hold.reason, hold.held_at) == ("publication", "criminal_proceedings", "not_ready")
    assert (hold.review_on, hold.expected_end_on, hold.lifted_on) == (None, None, None)
    assert (publication.stage, publication.held_at) == ("on_hold", "not_ready")


def test_an_imported_hold_is_lifted_like_any_other(database, bring_in):
    bring_in(**HELD)
    with database.begin() as session:
        case = the_case(session, "lcspr")
        take(session, case, "lift_hold", on=TODAY)
        assert next(each.stage for each in case.tracks if each.name == "publication") == "not_ready"
        assert session.scalars(sa.select(CaseHold.lifted_on)).one() == TODAY


def test_a_corrected_day_of_an_imported_step_starts_no_clock_the_list_left_out(database, bring_in, correct):
    bring_in(**NO_LCSPR)
    before = clocks(database)
    correct("ES-19-01", "submit_sin", date(2019, 4, 12))
    after = clocks(database)
    assert after.keys() == before.keys()
    assert after["rapid_review"] == (date(2019, 4, 11), date(2019, 5, 5), None)  # awareness, as of 2019
    assert after["sin"][1] == date(2019, 4, 12)


def test_a_step_without_a_day_gets_one_by_correction_and_no_lateness_before(database, bring_in, correct):
    bring_in(**HELD)
    with database() as session:
        placed = next(
            one for one in read_history(session, the_case(session, "lcspr")).steps if one.step == "place_hold"
        )
        reference = the_case(session, "lcspr").reference
    assert not placed.day_known
    correct(reference, "place_hold", date(2021, 6, 1), hold_reason="inquest")
    with database() as session:
        (hold,) = session.scalars(sa.select(CaseHold))
        case = the_case(session, "lcspr")
        assert (hold.placed_on, hold.reason) == (date(2021, 6, 1), "inquest")
        assert next(track.since_on for track in case.tracks if track.name == "publication") == date(2021, 6, 1)


def test_facts_an_import_left_open_may_stay_open_but_wrong_ones_are_refused(database, bring_in, correct):
    bring_in(**NO_LCSPR)
    with nothing_changes(database), pytest.raises(Refused, match="does not ask for"):
        correct("ES-19-01", "submit_sin", date(2019, 4, 12), nonsense="words")


def test_the_same_list_again_does_not_undo_a_correction(database, bring_in, correct):
    bring_in(**NO_LCSPR)
    correct("ES-19-01", "submit_sin", date(2019, 4, 12))
    again = bring_in(**NO_LCSPR)
    assert [refused.reason for refused in again.refused] == [
        "“Record the notification sent” is recorded for 12 April 2019. An import cannot change this. "
        "To keep both days, name where yours is from in a column “source”."
    ]
    assert bring_in(**NO_LCSPR, notified_date="2019-04-12").count(CaseOutcome.UNCHANGED) == 1
