"""Forms of steps: what is asked on which day, what depends on what, and which definitions are not whole."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.workflows.walking import the_step
from workflows.checks import form_faults
from workflows.core.questions import (
    Kind,
    Question,
    When,
    condition,
    dates_in_words,
    edition_in_words,
    editions_of,
    filled_in,
)
from workflows.core.vocabulary import Step
from workflows.definitions import WORKFLOWS
from workflows.definitions.cdop_case import CDOP_CASE
from workflows.definitions.information_request import REPORT_REQUEST
from workflows.definitions.national_review_learning import NATIONAL_REVIEW_LEARNING
from workflows.definitions.rapid_review import RAPID_REVIEW
from workflows.definitions.shared.deaths import DOMAINS, GRADES, OLD_DOMAINS, OLD_GRADES

APRIL_2021 = date(2021, 4, 1)
APRIL_2019 = date(2019, 4, 1)
SHORT = (("a", "A"), ("b", "B"))
LONG = (*SHORT, ("c", "C"))
FED = Question("fed", "The child was fed", Kind.YES_NO)


def names(step: Step, day: date) -> set[str]:
    return {asked.name for asked in step.form_on(day)}


def faults(*questions: Question) -> list[str]:
    steps = tuple(replace(step, questions=questions) for step in NATIONAL_REVIEW_LEARNING.tracks[0].steps[:1])
    track = replace(NATIONAL_REVIEW_LEARNING.tracks[0], steps=steps)
    return [fault.sentence for fault in form_faults(replace(NATIONAL_REVIEW_LEARNING, tracks=(track,)))]


@pytest.mark.parametrize(
    ("workflow", "step", "facts"),
    [
        (CDOP_CASE, "notify_death", {"suspected_stillbirth_at_home"}),
        (REPORT_REQUEST, "receive", {"poverty_or_deprivation", "barriers_to_services"}),
    ],
    ids=["notification", "report"],
)
def test_what_the_forms_ask_since_april_2021(workflow, step, facts):
    found = the_step(workflow, step)
    assert facts <= names(found, APRIL_2021)
    assert not facts & names(found, date(2021, 3, 31))
    assert (found.edition_on(date(2021, 3, 31)), found.edition_on(APRIL_2021)) == (None, APRIL_2021)


def test_old_and_new_grades_are_never_on_one_form_nor_of_one_name():
    review = the_step(CDOP_CASE, "review")
    old, new = names(review, date(2019, 3, 31)), names(review, APRIL_2019)
    assert old - new == set(OLD_DOMAINS)
    assert new - old == set(DOMAINS)
    assert not {value for value, _ in OLD_GRADES} & {value for value, _ in GRADES}


def test_an_edition_begins_with_what_is_new_and_after_what_was_dropped():
    form = (replace(FED, until=date(2022, 3, 31)), replace(FED, name="slept", since=APRIL_2021))
    assert editions_of(form) == [APRIL_2021, date(2022, 4, 1)]
    assert edition_in_words(form, date(2022, 4, 1)) == "form of 1 April 2022"
    assert edition_in_words(form, None) == "form in use before 1 April 2021"
    assert edition_in_words((FED,), None) == ""
    assert [dates_in_words(asked) for asked in form] == ["until 31 March 2022", "since 1 April 2021"]


def test_a_condition_is_said_with_the_label_and_the_answer():
    kind = Question("kind", "What it was", Kind.CHOICE, choices=LONG)
    hung = Question("why", "Why", required=False, needed_when=When("kind", ("a", "c")))
    assert condition(hung, (kind, hung)) == "needed if “What it was” is “A” or “C”"
    assert condition(kind, (kind, hung)) == ""
    referral = the_step(RAPID_REVIEW, "receive_referral").questions
    [reason] = [asked for asked in referral if asked.name == "age_reason"]
    assert condition(reason, referral) == "needed if “The child is, or was, under 18” is no"


def test_what_hangs_on_an_answer_is_filled_in_after_that_answer():
    why = Question("why", "Why not", required=False, needed_when=When("fed", (False,)))
    form = (why, FED)
    assert filled_in(form, {}, lambda asked: True) == {"fed": True}
    assert filled_in(form, {}, lambda asked: asked.name == "why") == {"fed": False, "why": True}
    assert filled_in(form, {"fed": False}, lambda asked: "words") == {"fed": False, "why": "words"}


def test_a_form_may_change_its_choices_from_one_edition_to_the_next():
    kind = Question("kind", "What it was", Kind.CHOICE, choices=SHORT, until=APRIL_2021 - timedelta(days=1))
    assert faults(kind, replace(kind, choices=LONG, since=APRIL_2021, until=None)) == []


CHOSEN = Question("kind", "What it was", Kind.CHOICE, choices=SHORT)


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ((FED, FED), "asks twice for fed"),
        ((CHOSEN, replace(CHOSEN, choices=LONG, since=APRIL_2021)), "asked twice, with different kinds or choices"),
        (
            (replace(FED, until=APRIL_2019), replace(FED, kind=Kind.TEXT, since=APRIL_2021)),
            "asked twice, with different kinds or choices",
        ),
        ((replace(CHOSEN, choices=()),), "a choice without choices"),
        ((replace(FED, since=APRIL_2021, until=APRIL_2019),), "a last day (until) before its first day (since)"),
        ((FED, replace(CHOSEN, needed_when=When("fed", (True,)))), "is required, so it cannot have needed_when"),
        (
            (replace(CHOSEN, required=False, needed_when=When("fed", (True,))),),
            "depends on fed, which its form does not",
        ),
        (
            (replace(FED, since=APRIL_2021), replace(CHOSEN, required=False, needed_when=When("fed", (True,)))),
            "depends on fed, which its form does not",
        ),
        ((FED, replace(CHOSEN, required=False, needed_when=When("fed", ("yes",)))), "an answer that fed cannot have"),
        ((CHOSEN, replace(FED, required=False, needed_when=When("kind", ("c",)))), "an answer that kind cannot have"),
        ((CHOSEN, replace(FED, required=False, needed_when=When("kind", ()))), "an answer that kind cannot have"),
    ],
)
def test_a_form_that_does_not_hold_together_is_complained_of(form, fault):
    assert any(fault in found for found in faults(*form)), faults(*form)


def test_the_forms_of_every_definition_hold_together():
    assert [fault for workflow in WORKFLOWS.values() for fault in form_faults(workflow)] == []
