"""What is taken back stays where it was, counts no more, and is named so wherever it is told."""

from datetime import date

import pytest

from reviews.actions.extensions import ask_extension, refuse_extension
from reviews.actions.steps import call_off_request, record_progress, take_back_progress, take_back_submission
from reviews.exports.cell_text import progress_entry
from reviews.models import Action
from reviews.transactions.unit_of_work import NotFound, unit_of_work
from tests.builders import BUILDER, a_case, a_clock, a_partnership, an_action
from workflows.core.engine import Refused
from workflows.definitions.action import ActionStage


@pytest.fixture
def action(database):
    with database.begin() as session:
        case = a_case(session, a_partnership(session))
        return an_action(session, case, due_on=date(2026, 12, 4), stage=ActionStage.IN_PROGRESS)


@pytest.fixture
def work(database, action):
    with unit_of_work(database, BUILDER, a_clock()) as unit:
        yield unit


def test_the_last_progress_is_that_of_the_reports_which_hold(work, action):
    found = work.action(action.reference)
    record_progress(work, found, text="Begun", happened_on=date(2026, 11, 18))
    record_progress(work, found, text="In haste", happened_on=date(2026, 11, 20))
    work.session.flush()
    before = found.version
    first, second = found.progress

    take_back_progress(work, found, second.id)
    work.session.flush()

    assert found.last_progress_on == date(2026, 11, 18)
    assert found.version > before
    assert [progress_entry(each) for each in (first, second)] == [
        "18 November 2026, builder: Begun",
        "20 November 2026, builder (taken back): In haste",
    ]


def test_another_actions_report_is_not_found(work, action):
    found = work.action(action.reference)
    other = an_action(work.session, found.case)
    record_progress(work, other, text="Theirs", happened_on=date(2026, 11, 20))
    work.session.flush()

    with pytest.raises(NotFound):
        take_back_progress(work, found, other.progress[0].id)


def test_what_does_not_wait_for_acceptance_cannot_be_taken_back(work, action):
    with pytest.raises(Refused, match="already been answered"):
        take_back_submission(work, work.action(action.reference), reason="x")


def test_a_wish_that_was_answered_cannot_be_called_off(work, action):
    found: Action = work.action(action.reference)
    ask_extension(work, found, wanted_due_on=date(2027, 1, 15), reason="x", happened_on=work.today)
    work.session.flush()
    wish = found.requests[0]
    refuse_extension(work, found, reason="no", happened_on=work.today)

    with pytest.raises(Refused, match="already been answered"):
        call_off_request(work, found, wish.id, reason="x")
