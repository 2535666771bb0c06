"""Editions of forms and conditions in them: what a command takes on which day, and what it refuses."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.cases.facts import form_day
from reviews.cases.steps import open_case, take_case_step
from reviews.cases.validation import check_answers
from reviews.models import Event
from tests.builders import a_case, a_partnership, a_unit, facts_for, take
from tests.workflows.walking import answers_to, the_step
from workflows.core.engine import NotReady, Refused
from workflows.core.questions import editions_of
from workflows.definitions import WORKFLOWS
from workflows.definitions.cdop_case import CDOP_CASE
from workflows.definitions.lcspr import LCSPR
from workflows.definitions.rapid_review import RAPID_REVIEW
from workflows.definitions.shared.deaths import DOMAINS, OLD_DOMAINS

MARCH_2019, MAY_2019 = date(2019, 3, 20), date(2019, 5, 20)
LAST_OF_MARCH, FIRST_OF_APRIL = date(2021, 3, 31), date(2021, 4, 1)
TO_THE_PANEL = ("triage", "request_reports", "schedule_cdrm", "hold_cdrm", "make_ready", "list_for_panel")
EVERY_STEP = [
    pytest.param(step, id=f"{workflow.name}-{step.name}") for workflow in WORKFLOWS.values() for step in workflow.steps
]
EVERY_CONDITION = [
    pytest.param(step, asked, id=f"{workflow.name}-{step.name}-{asked.name}")
    for workflow in WORKFLOWS.values()
    for step in workflow.steps
    for asked in step.questions
    if asked.needed_when is not None
]


@pytest.fixture
def session(database):
    with database() as opened:
        yield opened


@pytest.mark.parametrize("step", EVERY_STEP)
def test_every_step_can_be_filled_in_under_every_edition(step):
    for day in (date(2018, 7, 2), *editions_of(step.questions), date(2026, 11, 20)):
        usual = answers_to(step, day)
        assert check_answers(step, usual, on=day) == usual


@pytest.mark.parametrize(("step", "asked"), EVERY_CONDITION)
def test_what_hangs_on_an_answer_is_taken_with_it_and_missed_without(step, asked):
    when, on = asked.needed_when, date(2026, 11, 20)
    answers = answers_to(step, on, **{when.fact: when.answers[0]})

    assert check_answers(step, answers, on=on) == answers
    with pytest.raises(NotReady) as refusal:
        check_answers(step, answers | {asked.name: None}, on=on)
    assert refusal.value.missing == (asked.label,)


@pytest.mark.parametrize(
    ("workflow", "step", "answer", "reason"),
    [
        (RAPID_REVIEW, "receive_referral", {"under_18": False}, "age_reason"),
        (LCSPR, "agree_tor", {"family_told": False}, "family_not_told_reason"),
        (LCSPR, "checkpoint", {"request_made": True}, "written_request"),
        (LCSPR, "quality_assure", {"family_offered_sight": False}, "no_sight_reason"),
        (WORKFLOWS["restraint_review"], "note_factors", {"safeguarding_concern": True}, "concern_referred_on"),
    ],
)
def test_a_reason_is_needed_after_one_answer_and_not_after_the_other(workflow, step, answer, reason):
    found, on = the_step(workflow, step), date(2026, 11, 20)
    [(name, value)] = answer.items()
    assert reason in answers_to(found, on, **answer)
    assert reason not in answers_to(found, on, **{name: not value})
    check_answers(found, answers_to(found, on, **{name: not value}), on=on)


def test_the_form_changes_with_the_first_of_april():
    notify = the_step(CDOP_CASE, "notify_death")
    before, since = facts_for(notify, on=LAST_OF_MARCH), facts_for(notify, on=FIRST_OF_APRIL)

    assert set(since) - set(before) == {"suspected_stillbirth_at_home"}
    with pytest.raises(Refused, match="is not asked by the form in use before 1 April 2021, which holds here"):
        check_answers(notify, since, on=LAST_OF_MARCH)
    with pytest.raises(NotReady) as refusal:
        check_answers(notify, before, on=FIRST_OF_APRIL)
    assert refusal.value.missing == ("Suspected stillbirth at home",)


@pytest.mark.parametrize(("day", "edition"), [(LAST_OF_MARCH, None), (FIRST_OF_APRIL, FIRST_OF_APRIL)])
def test_the_history_keeps_the_edition_a_case_was_opened_under(session, day, edition):
    case = a_case(session, a_partnership(session), "cdop_case", opened_on=day)

    assert form_editions(session, case, "notify_death") == [edition]


def test_a_case_cannot_be_opened_on_the_form_of_another_day(session):
    place, notify = a_partnership(session), the_step(CDOP_CASE, "notify_death")
    answers = facts_for(notify, on=FIRST_OF_APRIL)

    with pytest.raises(Refused, match="is not asked by the form in use before 1 April 2021"):
        open_case(a_unit(session), workflow="cdop_case", partnership=place, happened_on=LAST_OF_MARCH, answers=answers)


def test_a_step_recorded_before_keeps_its_form_when_it_is_recorded_again(session):
    case = reviewed(session, on=MARCH_2019)
    take(session, case, "finalise", "close", "reopen", on=MARCH_2019)
    review = the_step(CDOP_CASE, "review")

    assert form_day(session, case, review, MAY_2019) == MARCH_2019
    with pytest.raises(Refused, match="the form in use before 1 April 2019, which holds here"):
        take_case_step(a_unit(session), case, "review", happened_on=MAY_2019, answers=facts_for(review, on=MAY_2019))
    take_case_step(a_unit(session), case, "review", happened_on=MAY_2019, answers=facts_for(review, on=MARCH_2019))
    assert form_editions(session, case, "review") == [None, None]
    assert not DOMAINS.keys() & {fact.name for fact in case.facts}


def test_a_step_recorded_for_the_first_time_takes_the_form_of_its_day(session):
    case = reviewed(session, on=MARCH_2019, reviewed_on=MAY_2019)

    assert form_editions(session, case, "review") == [date(2019, 4, 1)]
    assert not OLD_DOMAINS.keys() & {fact.name for fact in case.facts}


def test_a_form_that_never_changed_is_chosen_without_asking_the_database(session):
    case = a_case(session, a_partnership(session))
    step = the_step(RAPID_REVIEW, "convene_discussion")

    assert form_day(session, case, step, MAY_2019) == MAY_2019


def reviewed(session, *, on, reviewed_on=None):
    case = a_case(session, a_partnership(session), "cdop_case", opened_on=on)
    take(session, case, *TO_THE_PANEL, on=on, short_notice_reason="All could come.")
    take(session, case, "review", on=reviewed_on or on)
    return case


def form_editions(session, case, step):
    query = sa.select(Event.form_edition).where(Event.case_id == case.id, Event.step == step).order_by(Event.id)
    return list(session.scalars(query))
