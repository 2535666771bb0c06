"""Every kind of event has its words in the history of a case, or is known to stand in none."""

from datetime import date

import pytest

from reviews.cases.event_labels import CASE_EVENT_TITLES, event_title
from reviews.models import Event, EventKind
from workflows.definitions import WORKFLOWS

RAPID_REVIEW = WORKFLOWS["rapid_review"]


def an_event(kind: EventKind, step: str | None = None, **details: object) -> Event:
    return Event(kind=kind, step=step, details=details, happened_on=date(2026, 3, 1))


def test_every_kind_of_event_is_named():
    assert set(CASE_EVENT_TITLES) == set(EventKind)


def test_an_event_of_an_action_has_no_title_in_the_history_of_its_case():
    assert event_title(RAPID_REVIEW, an_event(EventKind.ACTION_ADDED), ()) == ""


@pytest.mark.parametrize(
    ("event", "title"),
    [
        (an_event(EventKind.CASE_OPENED), "Case opened"),
        (an_event(EventKind.STEP_TAKEN, step="look_again"), "Look at the decision again"),
        (an_event(EventKind.STEP_CORRECTED, step="look_again"), "Look at the decision again: corrected"),
        (an_event(EventKind.STEP_TAKEN, step="step_of_before"), "Step of before"),
        (an_event(EventKind.STEP_CORRECTED, step="step_of_before"), "Step of before"),
        (an_event(EventKind.THEMES_SET, of="R1", themes=[]), "Themes of R1: none"),
    ],
)
def test_a_title_is_a_sentence_of_the_field(event, title):
    assert event_title(RAPID_REVIEW, event, ()) == title
