"""Dates, owners and states of published trackers that went wrong elsewhere: read, stored, and what is asked."""

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from reviews.actions.list_queries import because, rating
from reviews.imports.answer_questions import answer_questions, matching_answers
from reviews.imports.readers.answers import NO_ANSWERS, Answers
from reviews.imports.readers.plan import read_plan
from reviews.imports.store_rows import import_plan
from reviews.models import Action
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TODAY, a_world
from workflows.core.vocabulary import Role

SAMPLES = Path(__file__).parents[2] / "samples"
IN_PROGRESS, NOT_STARTED = "in_progress", "not_started"
DONE = ("complete", "awaiting_impact", "in_progress", "not_started")
STOPPED = ("not_needed", "superseded", "rejected", "complete", "in_progress")


@pytest.fixture
def anyshire(database):
    return a_world(database).anyshire


@pytest.fixture
def bring_in(database, clock, anyshire):
    def act(sample, answers=NO_ANSWERS, mapping=None):
        (path,) = SAMPLES.glob(sample)
        with unit_of_work(database, BUILDER, clock) as unit:
            partnership = unit.partnership(anyshire.partnership.code)
            return import_plan(
                unit, partnership, reference="SP-1", plan=read_plan(path, mapping=mapping, answers=answers)
            )

    return act


def stored(database):
    with database() as session:
        return list(session.scalars(sa.select(Action).order_by(Action.id)))


def rated(database):
    with database() as session:
        rows = session.execute(sa.select(Action, rating(TODAY)).order_by(Action.id)).all()
        return [(colour, because(colour, action, rules=None, today=TODAY)) for action, colour in rows]


def asked(done, field):
    return {one["row"]: (one["text"], tuple(one["offered"])) for one in done.needs_decision if one["field"] == field}


def test_m01_a_lead_agency_that_is_none_here_is_kept_and_asked(database, bring_in, anyshire):
    done = bring_in("import-cases/M01-*")

    assert [row.lead_agency_text for row in stored(database)] == [
        "Patient Safety Lead\nNorth Trust",
        "Anyshire Probation",
    ]
    assert [row.lead_agency_id for row in stored(database)] == [None, None]
    assert [text for text, _ in asked(done, "agency").values()] == [
        "Patient Safety Lead\nNorth Trust",
        "Anyshire Probation",
    ]

    chosen = {"Anyshire Probation": "Anyshire Police", "2/agency": "-"}
    again = bring_in("import-cases/M01-*", Answers(chosen))
    assert asked(again, "agency") == {}
    assert stored(database)[1].lead_agency_id == anyshire.agencies["Police"].id


def test_m02_a_month_keeps_its_words_and_is_due_by_its_end(database, bring_in):
    (action,) = bring_in("import-cases/M02-*").actions

    assert (action["due_on"], action["due_precision"], action["due_text"]) == ("2027-03-31", "month", "March 2027")
    (row,) = stored(database)
    assert (str(row.due), str(row.original_due), row.due_text) == ("March 2027", "March 2027", "March 2027")


def test_m05_the_key_below_the_table_explains_its_codes(bring_in):
    done = bring_in("import-cases/M05-*")

    assert [(action["due_on"], action["status"]) for action in done.actions] == [
        ("2027-04-30", IN_PROGRESS),
        ("2027-03-31", NOT_STARTED),
    ]
    assert [action["awaiting_status"] for action in done.actions] == [False, True]
    assert asked(done, "status") == {3: ("1", DONE)}


def test_m06_a_date_in_the_title_holds_for_the_rows_once_somebody_says_so(database, bring_in):
    title = "SHORT TERM TARGETS (achievable by June 2027)"
    done = bring_in("import-cases/M06-*")
    assert asked(done, "due") == {1: (title, ("2027-06-30",))}
    assert [row.due_on for row in stored(database)] == [None, None]

    again = bring_in("import-cases/M06-*", Answers({"1/due": "2027-06-30"}))
    assert asked(again, "due") == {}
    assert [(row.due_on, str(row.due)) for row in stored(database)] == [(date(2027, 6, 30), "June 2027")] * 2


def test_m07_a_day_or_month_inside_words_is_offered(database, bring_in):
    done = bring_in("import-cases/M07-*")

    assert {row: offered for row, (_, offered) in asked(done, "due").items()} == {
        2: ("2027-04-30",),
        3: ("2027-03-31",),
        4: ("2027-09-30",),
        5: ("2027-03-31",),
    }
    found = {row.source_reference: (row.due_on, row.due_known_to) for row in stored(database)}
    assert found["5"] == (date(2027, 12, 31), "year")
    assert found["6"] == (date(2027, 1, 18), "day")
    assert found["7"] == (date(2027, 6, 9), "day")
    assert stored(database)[5].due_text == "Mon 18 January 2027\n10am"


def test_m07_an_answer_that_is_the_end_of_the_month_offered_means_the_month(database, bring_in):
    done = bring_in("import-cases/M07-*", Answers({"2/due": "2027-04-30", "3/due": "2027-03-15", "4/due": "-"}))

    assert asked(done, "due").keys() == {5}
    assert [str(row.due) for row in stored(database)[:3]] == ["April 2027", "2027-03-15", "None"]
    assert stored(database)[2].due_text == "September 2027 (website permitting)"


def test_m08_two_owners_are_parted_by_a_slash_beside_a_blank(bring_in):
    owners = [action["owners"] for action in bring_in("import-cases/M08-*").actions]

    assert owners == [
        ["Training Sub-Group and Early Help Sub-Group"],
        ["CSE group", "Training and Dev sub."],
        ["Chair", "DCS"],
        ["Assistant Director, Planning"],
    ]


def test_m09_owners_and_dates_in_one_column_are_told_apart(bring_in):
    first, second = bring_in("import-cases/M09-*").actions

    assert (first["owners"], first["due_on"], first["due_precision"]) == (
        ["Clinical Director", "Manager"],
        "2027-04-30",
        "month",
    )
    assert (second["owners"], second["due_on"], second["due_precision"]) == (["Manager"], "2027-04-30", "day")


def test_m15_words_of_done_are_asked_and_until_then_the_action_is_neither_green_nor_late(database, bring_in):
    done = bring_in("import-cases/M15-*")

    doubtful = {2, 3, 4, 5, 6, 7, 8, 12, 14, 15, 16, 19}
    assert {row: offered for row, (_, offered) in asked(done, "status").items()} == dict.fromkeys(doubtful, DONE)
    stages = {action["row"]: action["status"] for action in done.actions if action["row"] not in doubtful}
    assert stages == dict.fromkeys((9, 10, 11, 17), "closed_complete") | {13: NOT_STARTED, 18: "no_longer_needed"}
    ratings = dict(zip(range(2, 20), rated(database), strict=True))
    assert {ratings[row] for row in doubtful} == {("Grey", "to be decided whether it is done")}
    assert ratings[13] == ("Red", "past its due date")


def test_m15_an_answer_decides_the_stage(database, bring_in):
    answers = Answers({"signed off": "complete", "addressed": "in_progress", "5/status": "awaiting_impact", "✅": "-"})
    done = bring_in("import-cases/M15-*", answers)

    assert asked(done, "status").keys().isdisjoint({2, 4, 5, 19})
    rows = stored(database)
    assert [rows[number].stage for number in (0, 2, 3)] == ["closed_complete", IN_PROGRESS, "complete_awaiting_impact"]
    assert [rows[number].awaiting_status for number in (0, 1, 2, 3, 17)] == [False, True, False, False, False]


def test_m17_a_date_in_the_progress_is_offered(bring_in):
    done = bring_in("import-cases/M17-*")

    assert asked(done, "due") == {2: ("will be completed by the 9 th June 2027", ("2027-06-09",))}
    assert done.actions[0]["due_on"] is None


def test_m20_a_weekday_that_does_not_fit_is_asked(bring_in):
    done = bring_in("import-cases/M20-*")

    assert asked(done, "due") == {2: ("Monday 13 November 2025", ("2025-11-13", "2025-11-10"))}
    assert [action["due_on"] for action in done.actions] == [None, "2025-11-13"]


def test_m22_a_reported_rating_is_kept_and_a_blank_one_is_never_green(database, bring_in):
    done = bring_in("import-cases/M22-*")

    assert [action["rating_reported"] for action in done.actions] == ["Red", "not rated"]
    assert [row.rating_reported for row in stored(database)] == ["Red", ""]
    assert rated(database)[1] == ("Grey", "not rated in the tracker")


def test_m23_a_rating_under_a_heading_with_slashes(bring_in):
    (action,) = bring_in("import-cases/M23-*").actions

    assert (action["rating_reported"], action["due_text"], action["owners"]) == ("R", "Ongoing", ["Head of A"])


def test_m26_one_date_with_the_month_first_puts_its_column_in_doubt(database, bring_in):
    done = bring_in("import-cases/M26-*")
    assert asked(done, "due") == {1: ("Due date", ("month first", "day first"))}
    assert [row.due_on for row in stored(database)] == [None] * 3

    again = bring_in("import-cases/M26-*", Answers({"1/due": "month first"}))
    assert asked(again, "due") == {}
    assert [row.due_on for row in stored(database)] == [date(2027, 3, 31), date(2026, 12, 13), date(2027, 3, 4)]


def test_m26_with_the_day_first_what_cannot_be_is_asked_alone(bring_in):
    done = bring_in("import-cases/M26-*", Answers({"Due date": "day first"}))

    assert asked(done, "due") == {2: ("03/31/2027", ("2027-03-31",)), 3: ("12/13/2026", ("2026-12-13",))}
    assert done.actions[2]["due_on"] == "2027-04-03"


def test_one_question_answers_for_every_date_column_of_a_planner_export(bring_in):
    done = bring_in("public-cases/04-*/planner.csv", Answers({"1/due": "month first"}))

    assert [action["due_on"] for action in done.actions] == ["2026-12-04", "2026-11-27", "2027-01-05"]
    assert [one for one in done.needs_decision if "month first" in one["offered"]] == []


def test_an_instant_is_the_day_in_london_and_a_time_hides_no_date(bring_in):
    due = {action["row"]: action["due_on"] for action in bring_in("public-cases/06-*/dates.csv").actions}

    assert [due[row] for row in (2, 3, 4)] == ["2026-03-31"] * 3
    assert [due[row] for row in (12, 13)] == ["2026-07-01"] * 2


def test_an_address_anywhere_names_the_owner_and_what_is_near_is_offered(database, clock, anyshire, bring_in):
    owner, second = anyshire.people[Role.ACTION_OWNER], anyshire.people[Role.AGENCY_LEAD]
    with database.begin() as session:
        for person, name in ((owner, "Tobias Fenn"), (second, "Petra Winslow")):
            session.merge(person).name = name
    done = bring_in("public-cases/11-*/owners.csv")

    numbered = {row.source_reference: row.owner_id for row in stored(database)}
    theirs = {"1", "4", "5", "6", "7", "8", "9", "12", "14", "15", "16", "17", "18", "19", "22", "23"}
    assert {number for number, owner_id in numbered.items() if owner_id == owner.id} == theirs
    found = ((one["row"] - 1, one["offered"]) for one in done.needs_decision if one["field"] == "owner")
    assert {number for number, offered in found if owner.email in offered} >= {2, 3, 10, 11, 13, 20, 21, 24}
    assert done.actions[14]["owners"] == ["Tobias Fenn", "Petra Winslow"]

    again = bring_in("public-cases/11-*/owners.csv", Answers({"3/owner": owner.email}))
    assert again.actions[1]["owners"] == [owner.email]
    assert stored(database)[1].owner_id == owner.id


def test_what_was_closed_without_being_done_is_asked(database, bring_in):
    done = bring_in("public-cases/14-*/gao.csv", mapping={"action": "Recommendation", "agency": "Agency Affected"})

    assert asked(done, "status") == {2: ("Closed – Not Implemented", STOPPED)}
    assert [row.stage for row in stored(database)][1:5:3] == ["closed_complete", "no_longer_needed"]
    assert rated(database)[0][0] == "Grey"


def test_of_two_dates_the_revised_one_is_due_and_the_original_is_first(database, bring_in):
    bring_in("public-cases/27-*/revised.xlsx")

    assert [(row.due_on, row.original_due_on) for row in stored(database)] == [
        (date(2026, 12, 18), date(2026, 3, 31)),
        (date(2026, 12, 1), date(2026, 12, 1)),
    ]


def test_what_has_ended_ends_as_its_tracker_says(database, bring_in):
    bring_in("public-cases/28-*/stat.csv")

    assert [(row.stage, row.ended_on is not None) for row in stored(database)] == [
        ("superseded", True),
        ("rejected", True),
        ("no_longer_needed", True),
        ("no_longer_needed", True),
        ("closed_complete", True),
        ("superseded", True),
        ("superseded", True),
        ("blocked", False),
    ]


CASES = ["import-cases/M*", "public-cases/06-*/*", "public-cases/11-*/*", "public-cases/27-*/*", "public-cases/28-*/*"]


@pytest.mark.parametrize(
    "sample", sorted(path for kind in CASES for path in SAMPLES.glob(kind)), ids=lambda path: path.name
)
def test_the_same_file_again_changes_nothing(bring_in, sample):
    name = str(sample.relative_to(SAMPLES))
    first, again = bring_in(name), bring_in(name)

    assert (again.created, again.updated, again.unchanged) == (0, 0, first.created)


def test_a_decision_after_the_import_keeps_the_month_and_sets_the_stage(database, clock, bring_in):
    bring_in("import-cases/M07-*")
    decide(database, clock, {"Strategy in place by April 2027": "2027-04-30"})
    assert str(stored(database)[0].due) == "April 2027"

    with unit_of_work(database, BUILDER, clock) as unit:
        for action in unit.session.scalars(sa.select(Action)):
            action.source_reference = ""
    bring_in("import-cases/M15-*")
    decide(database, clock, {"addressed": "complete", "in place": "-"})
    found = {row.status_text: row for row in stored(database)}
    assert (found["addressed"].stage, found["addressed"].awaiting_status) == ("closed_complete", False)
    assert (found["in place"].stage, found["in place"].awaiting_status) == (NOT_STARTED, False)
    assert found["Implemented"].awaiting_status


def decide(database, clock, given):
    with unit_of_work(database, BUILDER, clock) as unit:
        case = unit.case("SP-1")
        assert answer_questions(unit, case, matching_answers(unit, case, Answers(given)))
