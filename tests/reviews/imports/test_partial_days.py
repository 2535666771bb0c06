"""Past cases whose days are known to the month or the year only, or not at all."""

from datetime import date
from itertools import count

import pytest
import sqlalchemy as sa

from reviews.cases.corrections import correct_step
from reviews.cases.page_queries import case_file
from reviews.imports.history import CaseOutcome, import_cases
from reviews.imports.readers.past_files import read_histories
from reviews.models import Case, Event, EventKind
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TODAY, a_world, rewriting_history
from tests.changes import nothing_changes
from tests.reviews.imports.lists import NO_LCSPR, REVIEW, write
from web.cli.case_data import case_as_data
from workflows.core.days import PartialDay
from workflows.core.engine import Refused
from workflows.definitions import CASE_WORKFLOWS

PUBLISHED = {"case_ref": "X-1", "incident_date": "2021-01", "publication_date": "2022-07-29"}


@pytest.fixture
def anyshire(database):
    return a_world(database).anyshire


@pytest.fixture
def bring_in(database, clock, tmp_path, anyshire):
    numbers = count(1)

    def act(*rows, workflow="rapid_review"):
        definition = CASE_WORKFLOWS[workflow]
        path = write(tmp_path / f"list-{next(numbers)}.csv", *rows)
        histories = read_histories(path, workflow=definition, today=TODAY)
        with unit_of_work(database, BUILDER, clock) as unit:
            done = import_cases(unit, unit.partnership("ANYSHIRE"), definition, histories)
        assert done.refused == []
        return tuple(done.count(outcome) for outcome in CaseOutcome)

    return act


@pytest.fixture
def shown(database):
    def act(reference="ES-19-01"):
        with database() as session:
            file = case_file(session, BUILDER, reference, today=TODAY)
            return case_as_data(session, BUILDER, file, TODAY)

    return act


def iso(day):
    return day and day.isoformat()


def days(data):
    return {event["step"]: iso(event["on"]) for event in data["history"] if event["step"]}


def clock_of(data, name):
    (clock,) = [clock for clock in data["clocks"] if clock["name"] == name]
    return {
        "due": clock["due"],
        "between": clock["due_between"],
        "met": iso(clock["met_on"]),
        "late": (clock["days_late"], clock["days_late_between"]),
    }


def test_a_month_is_kept_and_no_neighbouring_day_takes_the_place_of_one_that_is_missing(bring_in, shown):
    assert bring_in(PUBLISHED) == (2, 0, 0)
    review, practice = shown("X-1"), shown("X-1-LCSPR")

    assert set(days(review).values()) == {None}
    assert (review["opened_on"], review["closed_on"], review["closed"]) == (None, None, True)
    assert {iso(track["since"]) for track in review["tracks"]} == {None}
    since = {track["name"]: iso(track["since"]) for track in practice["tracks"]}
    assert since == {"review": None, "publication": "2022-07-29", "action_plan": None}
    assert practice["clocks"] == []


def test_the_month_of_a_fact_is_stored_as_it_was_written(bring_in, database):
    bring_in(PUBLISHED)
    with database() as session:
        case = session.scalars(sa.select(Case).where(Case.reference == "X-1")).one()
        assert {fact.name: fact.value for fact in case.facts} == {"incident_on": PartialDay.fromisoformat("2021-01")}


def test_a_month_in_which_a_clock_was_met_gives_lateness_as_a_range(bring_in, shown):
    bring_in(REVIEW | NO_LCSPR | {"rapid_review_completed": "May 2019"})
    data = shown()

    assert days(data)["sign_off"] == "2019-05"
    assert [iso(track["since"]) for track in data["tracks"]] == [None]
    # due 7 May: from 1 May in time, to 31 May 17 working days late (27 May is a bank holiday)
    assert clock_of(data, "rapid_review") == {
        "due": "2019-05-07",
        "between": None,
        "met": "2019-05",
        "late": (None, [0, 17]),
    }


def test_a_month_from_which_a_clock_is_counted_gives_a_range_of_due_dates_and_of_lateness(bring_in, shown):
    bring_in(REVIEW | NO_LCSPR | {"la_aware_date": "04/2019", "rapid_review_completed": "2019-05-20"})
    data = shown()

    # of the rule of that year: from the day of awareness
    assert data["clocks"][1]["counted_from"].isoformat() == "2019-04"
    assert clock_of(data, "rapid_review") == {
        "due": None,
        "between": ["2019-04-24", "2019-05-22"],
        "met": "2019-05-20",
        "late": (None, [0, 17]),
    }
    assert clock_of(data, "sin")["late"] == (None, [0, 5])


def test_a_month_that_leaves_no_doubt_gives_one_number(bring_in, shown):
    bring_in(REVIEW | NO_LCSPR | {"rapid_review_completed": "2019-04"})

    found = clock_of(shown(), "rapid_review")
    assert (found["met"], found["late"]) == ("2019-04-15/2019-04-30", (0, None))


def test_a_year_is_kept_and_narrowed_by_the_days_around_it(bring_in, shown):
    bring_in(REVIEW | {"lcspr_completed_date": "2021", "publication_date": "2021"})
    practice = shown("ES-19-01-LCSPR")

    assert (days(practice)["sign_off"], days(practice)["publish"]) == ("2021", "2021")
    least, most = clock_of(practice, "publication")["late"][1]
    assert (least, most) == (408, 772)


def test_a_file_that_comes_again_changes_nothing_and_a_closer_day_is_taken_over(bring_in, shown, database):
    vague = REVIEW | {"notified_date": "2019-04", "rapid_review_completed": "2019", "publication_date": "July 2021"}
    bring_in(vague, REVIEW | {"case_ref": "ES-2"})
    with nothing_changes(database):
        assert bring_in(vague) == (0, 0, 2)
    assert bring_in(REVIEW) == (0, 2, 0)
    with nothing_changes(database):
        bring_in(REVIEW, vague | {"case_ref": "ES-2"})

    for ending in ("", "-LCSPR"):
        late, whole = shown(f"ES-19-01{ending}"), shown(f"ES-2{ending}")
        assert late["clocks"] == whole["clocks"]
        assert late["tracks"] == whole["tracks"]
        assert (late["opened_on"], late["closed_on"]) == (whole["opened_on"], whole["closed_on"])


@pytest.mark.parametrize("source", ["", "Own list"])
def test_another_month_than_the_recorded_one_is_refused_without_another_source(
    database, clock, tmp_path, bring_in, source
):
    row = REVIEW | NO_LCSPR | {"rapid_review_completed": "May 2019", "source": "Own list"}
    bring_in(row)
    path = write(tmp_path / "other.csv", row | {"rapid_review_completed": "June 2019", "source": source})
    histories = read_histories(path, workflow=CASE_WORKFLOWS["rapid_review"], today=TODAY)
    with unit_of_work(database, BUILDER, clock) as unit:
        done = import_cases(unit, unit.partnership("ANYSHIRE"), CASE_WORKFLOWS["rapid_review"], histories)
    assert [refused.reason for refused in done.refused] == [
        "“Send to the Panel” is recorded for May 2019. An import cannot change this. "
        "To keep both days, name where yours is from in a column “source”."
    ]


@pytest.mark.parametrize(
    ("day", "late"),
    [
        (PartialDay.fromisoformat("2019-05"), (None, [0, 17])),
        (date(2019, 5, 13), (4, None)),
    ],
)
def test_a_day_that_an_import_did_not_know_is_corrected_to_a_month_or_a_day(
    bring_in, shown, database, clock, day, late
):
    bring_in(REVIEW | NO_LCSPR | {"rapid_review_completed": "2019"})
    with unit_of_work(database, BUILDER, clock) as unit:
        case = unit.case("ES-19-01")
        event = unit.session.scalars(
            sa.select(Event.id).where(Event.kind == EventKind.STEP_TAKEN, Event.step == "sign_off")
        ).one()
        correct_step(unit, case, event, happened_on=day, answers={}, reason="The letter says so")

    assert clock_of(shown(), "rapid_review")["late"] == late
    with unit_of_work(database, BUILDER, clock) as unit:
        correct_step(unit, unit.case("ES-19-01"), event, happened_on=None, answers={}, reason="Nobody knows")
    assert days(shown())["sign_off"] is None


def test_a_step_recorded_by_hand_needs_its_day(bring_in, database, clock):
    bring_in(REVIEW | NO_LCSPR | {"rapid_review_completed": "", "rapid_review_outcome": ""})
    with unit_of_work(database, BUILDER, clock) as unit:
        event = unit.session.scalars(sa.select(Event).where(Event.step == "submit_sin")).one()
        with rewriting_history(unit.session):
            event.details = {}
        with pytest.raises(Refused, match="Enter the day it happened"):
            correct_step(unit, unit.case("ES-19-01"), event.id, happened_on=None, answers={}, reason="Nobody knows")


def test_steps_of_other_kinds_may_be_months_and_years_too(bring_in, shown):
    bring_in({"case_ref": "SP-7", "draft": "2019", "adopt": "Jan 2020", "monitor": "2020"}, workflow="strategy_plan")

    assert days(shown("SP-7")) == {"draft": "2019", "adopt": "2020-01", "monitor": "2020"}


LETTER = {"rapid_review_completed": "2019-05-20", "source": "Letter of the Panel, 3 June 2019"}


def test_two_sources_that_contradict_each_other_are_both_kept_with_their_source(bring_in, shown, database):
    row = REVIEW | NO_LCSPR | {"source": "Own list"}
    assert bring_in(row) == (1, 0, 0)
    assert bring_in(row | LETTER) == (0, 1, 0)
    with nothing_changes(database):
        assert bring_in(row | LETTER) == (0, 0, 1)
        assert bring_in(row) == (0, 0, 1)

    data = shown()
    told = [(iso(each["on"]), each["source"], each["contradicts"]) for each in data["history"] if each["step"]]
    assert ("2019-05-05", "Own list", False) in told
    assert ("2019-05-20", "Letter of the Panel, 3 June 2019", True) in told
    assert clock_of(data, "rapid_review") == {
        "due": "2019-05-07",
        "between": None,
        "met": "2019-05-05/2019-05-20",
        "late": (None, [0, 9]),
    }


def test_two_sources_may_stand_in_one_list_and_who_corrects_the_day_settles_it(bring_in, shown, database, clock):
    bring_in(REVIEW | NO_LCSPR | {"source": "Own list"}, REVIEW | NO_LCSPR | LETTER)
    with database() as session:
        event = session.scalars(sa.select(Event.id).where(Event.step == "sign_off").order_by(Event.id)).first()
    with unit_of_work(database, BUILDER, clock) as unit:
        case = unit.case("ES-19-01")
        correct_step(unit, case, event, happened_on=date(2019, 5, 20), answers={}, reason="The letter is right")

    assert clock_of(shown(), "rapid_review")["late"] == (9, None)


def test_a_day_that_starts_a_clock_may_be_contradicted_too(bring_in, shown):
    other = {"la_aware_date": "2019-04-08", "source": "Report of the review"}
    row = REVIEW | NO_LCSPR | {"incident_date": "", "source": ""}
    bring_in(row, row | other)

    found = clock_of(shown(), "sin")
    assert (found["due"], found["between"]) == (None, ["2019-04-15", "2019-04-18"])
    assert found["late"] == (0, None)


@pytest.mark.parametrize(
    ("referred_on", "between"),
    [(date(2019, 4, 11), ["2019-04-08", "2019-04-18"]), (date(2019, 4, 15), ["2019-04-08", "2019-04-24"])],
)
def test_a_month_in_which_somebody_became_aware_ends_with_the_step_that_says_so(
    bring_in, shown, database, clock, referred_on, between
):
    """The referral is corrected to a day; the awareness stays known to the month, and was no later than that."""
    bring_in(REVIEW | NO_LCSPR | {"incident_date": "", "la_aware_date": "2019-04", "notified_date": "2019-04-25"})
    aware = PartialDay.fromisoformat("2019-04")
    with unit_of_work(database, BUILDER, clock) as unit:
        case = unit.case("ES-19-01")
        event = unit.session.scalars(sa.select(Event.id).where(Event.step == "receive_referral")).one()
        answers = {"la_aware_at": aware}
        correct_step(unit, case, event, happened_on=referred_on, answers=answers, reason="The letter is dated")

    data = shown()
    assert clock_of(data, "sin")["between"] == between
    assert data["facts"]["la_aware_at"]["value"] == aware
