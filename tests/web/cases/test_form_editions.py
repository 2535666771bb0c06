"""Forms in the browser: conditions in words and at their field, and the edition of the day that was typed."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.models import Case, CaseFact, Event
from tests.builders import a_case, take
from tests.web.visitor import rows, typed

MANAGER, CDOP = "manager@anyshire.example", "cdop@anyshire.example"
REASON = "Why the case is taken although the child is not under 18"
SINCE_2021 = "Suspected stillbirth at home"
LAST_OF_MARCH, FIRST_OF_APRIL = date(2021, 3, 31), date(2021, 4, 1)
NEW_CASE, NEW_DEATH = "/cases/new?kind=rapid_review", "/cases/new?kind=cdop_case"
TO_THE_PANEL = ("triage", "request_reports", "schedule_cdrm", "hold_cdrm", "make_ready", "list_for_panel")


def test_a_condition_stands_in_words_below_the_question(doors):
    visitor = doors.visitor(MANAGER)
    visitor.open(NEW_CASE)

    assert f"{REASON} Needed if “The child is, or was, under 18” is no." in visitor.said
    assert f"{REASON} (optional)" not in visitor.said


def test_a_missing_reason_is_an_error_at_its_field_and_what_was_typed_stays(doors):
    visitor = doors.visitor(MANAGER)
    answers = typed("rapid_review", "receive_referral", summary="It was said.") | {"under_18": "no"}

    assert visitor.send(NEW_CASE, **answers) == 422
    assert 'href="#age_reason"' in visitor.html
    assert f"Answer “{REASON}”" in visitor.said
    assert "It was said." in visitor.html
    assert rows(doors.database, Case) == 0
    assert visitor.send(NEW_CASE, **answers, age_reason="A child when harmed.") == 303


@pytest.mark.parametrize("blank", ["", "  "])
def test_no_reason_is_wanted_where_the_answer_asks_for_none(doors, blank):
    answers = typed("rapid_review", "receive_referral", age_reason=blank)
    assert doors.visitor(MANAGER).send(NEW_CASE, **answers) == 303
    assert rows(doors.database, CaseFact, CaseFact.name == "age_reason") == 0


def test_a_new_case_is_asked_for_on_the_form_of_today(doors):
    visitor = doors.visitor(CDOP)
    visitor.open(NEW_DEATH)

    assert SINCE_2021 in visitor.said
    assert visitor.hidden("edition") == "2021-04-01"


def test_another_day_shows_the_form_that_held_then_and_takes_nothing_before(doors):
    visitor = doors.visitor(CDOP)
    visitor.open(NEW_DEATH)
    answers = typed("cdop_case", "notify_death", on=FIRST_OF_APRIL, notified_by="A registrar")
    answers |= {"edition": visitor.hidden("edition"), "happened_on": LAST_OF_MARCH.isoformat()}

    assert visitor.send(NEW_DEATH, **answers) == 422
    assert "For this day the form in use before 1 April 2021 holds. It is shown now" in visitor.said
    assert SINCE_2021 not in visitor.said
    assert 'value="A registrar"' in visitor.html
    assert rows(doors.database, Case) == 0
    assert visitor.hidden("edition") == ""
    assert visitor.send(NEW_DEATH, **answers | {"edition": ""}) == 303
    assert rows(doors.database, CaseFact, CaseFact.name == "suspected_stillbirth_at_home") == 0


def test_an_old_form_left_open_is_not_taken_for_a_day_of_the_new_one(doors):
    visitor = doors.visitor(CDOP)
    answers = typed("cdop_case", "notify_death", on=LAST_OF_MARCH, edition="")
    answers["happened_on"] = FIRST_OF_APRIL.isoformat()

    assert visitor.send(NEW_DEATH, **answers) == 422
    assert "For this day the form of 1 April 2021 holds." in visitor.said
    assert visitor.send(NEW_DEATH, **answers | {"edition": "2021-04-01"}) == 422
    assert f"Answer “{SINCE_2021}”" in visitor.said


@pytest.mark.parametrize(
    ("day", "words"),
    [(LAST_OF_MARCH, "on the form in use before 1 April 2021"), (FIRST_OF_APRIL, "on the form of 1 April 2021")],
)
def test_the_history_says_on_which_form_it_was_recorded(doors, world, day, words):
    with doors.database.begin() as session:
        a_case(session, world.anyshire.partnership, "cdop_case", opened_on=day, reference="CD-21-1")
    visitor = doors.visitor(CDOP)
    visitor.open("/cases/CD-21-1/history")

    assert f"Log the notification {day.day} {day:%B %Y}" in visitor.said
    assert words in visitor.said


def test_a_step_recorded_before_is_asked_for_and_told_of_on_the_form_of_then(doors, world):
    then = date(2019, 3, 20)
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "cdop_case", opened_on=then, reference="CD-19-1")
        take(session, case, *TO_THE_PANEL, on=then, short_notice_reason="All could come.")
        take(session, case, "review", on=then, old_domain_child="3_of_3")
        take(session, case, "finalise", "close", "reopen", on=then)
    visitor = doors.visitor(CDOP)
    address = "/cases/CD-19-1/steps/review"
    visitor.open(address)
    assert "3: explains the death by itself" in visitor.said
    assert "Highest grade in the social environment" not in visitor.said

    answers = typed("cdop_case", "review", on=then, happened_on="2019-05-20", edition=visitor.hidden("edition"))
    assert visitor.send(address, **answers) == 303
    visitor.open("/cases/CD-19-1/history")
    assert "Highest grade in the child's needs, 0 to 3: 3: explains the death by itself" in visitor.said
    assert visitor.said.count("on the form in use before 1 April 2019") == 2


def test_a_step_recorded_for_the_first_time_is_asked_for_on_the_form_of_the_day_typed(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "cdop_case", opened_on=date(2019, 3, 1), reference="CD-19-2")
        take(session, case, *TO_THE_PANEL, on=date(2019, 3, 1), short_notice_reason="All could come.")
    visitor = doors.visitor(CDOP)
    address = "/cases/CD-19-2/steps/review"
    visitor.open(address)
    assert visitor.hidden("edition") == "2019-04-01"
    assert visitor.send(address, **typed("cdop_case", "review", on=date(2019, 3, 31), edition="2019-04-01")) == 422
    assert "For this day the form in use before 1 April 2019 holds." in visitor.said
    assert visitor.send(address, **typed("cdop_case", "review", on=date(2019, 3, 31), edition="")) == 303


def test_the_page_of_the_workflow_says_conditions_and_editions(doors):
    visitor = doors.visitor(CDOP)
    visitor.open("/workflows/cdop_case")
    assert "Suspected stillbirth at home (since 1 April 2021)" in visitor.said
    visitor.open("/workflows/rapid_review")
    assert f"{REASON} (needed if “The child is, or was, under 18” is no)" in visitor.said


def test_a_step_of_the_history_without_editions_names_no_form(doors, world):
    with doors.database.begin() as session:
        a_case(session, world.anyshire.partnership, reference="RR-26-1")
        assert session.scalars(sa.select(Event.form_edition)).all() == [None, None]
    visitor = doors.visitor(MANAGER)
    visitor.open("/cases/RR-26-1/history")
    assert "on the form of" not in visitor.said
