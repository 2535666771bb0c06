"""Reading a row about a rapid review and the practice review it led to."""

from datetime import date

import pytest

from tests.reviews.imports.lists import NO_LCSPR, REVIEW, REVIEWS, read, write


@pytest.fixture
def row(tmp_path):
    def act(**cells):
        return read(write(tmp_path / "list.csv", REVIEW | cells))

    return act


def steps(case):
    return [(step.name, step.on and step.on.exact) for step in case.steps]


def refusals(found):
    return [(one.column, one.reason) for one in found.refused]


def test_the_sample_has_fifteen_rapid_reviews_of_which_seven_led_to_a_practice_review():
    found = read(REVIEWS)

    assert (found.rows, len(found.cases), found.refused, found.ignored) == (15, 15, [], ())
    assert sum(case.led_to is not None for case in found.cases) == 7
    assert {case.led_to.reference for case in found.cases if case.led_to} >= {"ES-19-02-LCSPR", "ES-22-02-LCSPR"}


def test_a_row_is_two_cases_with_the_days_their_steps_happened(row):
    (case,) = row().cases

    assert steps(case) == [
        ("receive_referral", date(2019, 4, 11)),
        ("submit_sin", date(2019, 4, 15)),
        ("sign_off", date(2019, 5, 5)),
        ("confirm_lcspr", date(2019, 5, 20)),
    ]
    assert steps(case.led_to) == [
        ("decide_lcspr", date(2019, 5, 20)),
        ("sign_off", date(2021, 5, 28)),
        ("publish", date(2021, 7, 15)),
    ]


def test_a_step_without_a_day_keeps_its_place_and_no_day(row):
    (case,) = row(lcspr_decision_date="", lcspr_completed_date="", publication_date="").cases
    decided = case.led_to.steps[0]

    assert steps(case)[-1] == ("confirm_lcspr", None)
    assert (decided.name, decided.on, decided.placed_on) == ("decide_lcspr", None, date(2019, 5, 5))


@pytest.mark.parametrize("gap", ["", "-", "not known", "N/A", "Unknown"])
def test_what_nobody_knows_is_a_gap_however_it_is_written(row, gap):
    (case,) = row(la_aware_date=gap, rapid_review_completed=gap, notification_withdrawn=gap).cases

    assert case.steps[0].on is None
    assert "la_aware_at" not in [fact.name for step in case.steps for fact in step.facts]
    assert steps(case)[2] == ("sign_off", None)


def test_an_outcome_without_a_practice_review_has_no_day_of_its_own(row):
    (case,) = row(**NO_LCSPR).cases

    assert steps(case)[-1] == ("confirm_no_further_review", None)
    assert case.led_to is None


def test_a_review_without_an_outcome_stands_where_it_was_sent(row):
    (case,) = row(**NO_LCSPR | {"rapid_review_outcome": ""}).cases
    assert steps(case)[-1] == ("sign_off", date(2019, 5, 5))


def test_a_withdrawn_notification_has_no_review(row):
    nothing_after = {"rapid_review_outcome": "", "rapid_review_completed": ""}
    (case,) = row(**NO_LCSPR | nothing_after, notification_withdrawn="yes").cases

    assert steps(case) == [
        ("receive_referral", date(2019, 4, 11)),
        ("submit_sin", date(2019, 4, 15)),
        ("withdraw", None),
    ]


def test_publication_on_hold_has_its_reason(row):
    (case,) = row(publication_date="", publication_hold_reason="Criminal proceedings").cases
    hold = case.led_to.steps[-1]

    assert (hold.name, hold.on) == ("place_hold", None)
    assert [(fact.name, fact.value) for fact in hold.facts] == [("hold_reason", "criminal_proceedings")]


def test_a_review_may_be_completed_and_nothing_be_known_of_its_publication(row):
    (case,) = row(publication_date="").cases
    assert steps(case.led_to)[-1] == ("sign_off", date(2021, 5, 28))


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        (
            {"publication_date": "2019-05-01"},
            "publication_date",
            "The publication on 1 May 2019 is before the end of the practice review on 28 May 2021.",
        ),
        (
            {"publication_date": "2019-05-10", "lcspr_completed_date": ""},
            "publication_date",
            "The publication on 10 May 2019 is before the decision on a practice review on 20 May 2019.",
        ),
        (
            {"rapid_review_completed": "2019-04-12"},
            "rapid_review_completed",
            "The end of the rapid review on 12 April 2019 is before the notification on 15 April 2019.",
        ),
        (
            {"incident_date": "2019-04-12"},
            "la_aware_date",
            "The day the local authority became aware on 11 April 2019 is before the incident on 12 April 2019.",
        ),
        (
            {"notified_date": "2019-02-30"},
            "notified_date",
            "“2019-02-30” is not a certain date. There is no 30 February 2019.",
        ),
        (
            {"notified_date": "March 2019"},
            "notified_date",
            "The notification in March 2019 is before the day the local authority became aware on 11 April 2019.",
        ),
        (
            {"publication_date": "2027"},
            "publication_date",
            "2027 is in the future. Dates in a history must be in the past.",
        ),
        (
            {"notified_date": "spring 2019"},
            "notified_date",
            "“spring 2019” is not a certain date. It is a time, but not one certain day.",
        ),
        (
            {"notified_date": "04/13/2019"},
            "notified_date",
            "“04/13/2019” is not a certain date. It may be written with the month first.",
        ),
        (
            {"publication_date": "2027-01-04"},
            "publication_date",
            "4 January 2027 is in the future. Dates in a history must be in the past.",
        ),
        (
            {"publication_hold_reason": "inquest"},
            "publication_hold_reason",
            "The report is published, so its publication cannot be on hold.",
        ),
        (
            {"lcspr_status_at_extract": "in progress", "publication_date": ""},
            "lcspr_status_at_extract",
            "The row says “in progress”, but by its other columns the review is at finalised.",
        ),
        ({"notification_withdrawn": "maybe"}, "notification_withdrawn", "“maybe” is not yes or no."),
        (
            {"notification_withdrawn": "yes"},
            "notification_withdrawn",
            "The notification was withdrawn, but “rapid_review_completed” is filled in.",
        ),
        ({"case_ref": ""}, "case_ref", "The row has no reference."),
    ],
)
def test_a_row_that_contradicts_itself_is_refused_with_its_column(row, cells, column, reason):
    found = row(**cells)

    assert found.cases == []
    assert (column, reason) in refusals(found)
    assert {one.row for one in found.refused} == {2}


@pytest.mark.parametrize("column", ["rapid_review_outcome", "lcspr_status_at_extract", "publication_hold_reason"])
def test_a_word_that_is_not_known_is_refused_with_those_that_are(row, column):
    ((where, reason),) = refusals(row(publication_date="", **{column: "perhaps"}))

    assert where == column
    assert reason.startswith("“perhaps” is not one of: ")


def test_no_practice_review_and_a_day_of_one_contradict_each_other(row):
    found = row(rapid_review_outcome="no LCSPR")
    assert {column for column, _ in refusals(found)} >= {"lcspr_decision_date", "publication_date"}


def test_everything_that_is_wrong_with_a_row_is_said_at_once(row):
    found = row(la_aware_date="soon", notified_date="31/02/2019", rapid_review_outcome="perhaps")

    assert {column for column, _ in refusals(found)} == {"la_aware_date", "notified_date", "rapid_review_outcome"}
    assert found.rows == 1


def test_a_row_without_any_day_is_no_history(row):
    days = {name: "" for name in REVIEW if name.endswith("_date") or name == "rapid_review_completed"}
    assert refusals(row(**days)) == [("case_ref", "The row has no dates, so there is no history to record.")]


def test_a_practice_review_may_stand_in_a_list_of_its_own(tmp_path):
    found = read(write(tmp_path / "list.csv", REVIEW | {"case_ref": "LCSPR-7"}), "lcspr")

    assert [case.reference for case in found.cases] == ["LCSPR-7"]
    assert steps(found.cases[0])[0] == ("decide_lcspr", date(2019, 5, 20))
