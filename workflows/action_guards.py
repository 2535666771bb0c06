"""On which conditions do the steps of an action wait? Everything read here is worked out by the application."""

from collections.abc import Iterable

from workflows.guards import guard, unless
from workflows.vocabulary import Facts


@guard("An action needs an owner or a lead agency.", "owner", "lead_agency")
def somebody_named(facts: Facts) -> Iterable[str]:
    return unless(not facts.text("owner") and not facts.text("lead_agency"), "an owner or a lead agency")


@guard("An action agreed with a date needs that date.", "due_on")
def date_set(facts: Facts) -> Iterable[str]:
    return unless(facts.day("due_on") is None, "a due date")


@guard("Evidence must be there.", "evidence")
def evidence_there(facts: Facts) -> Iterable[str]:
    return unless(facts.number("evidence") < 1, "at least one piece of evidence")


@guard("This action's impact is to be tested: accept it as awaiting its impact.", "impact_test")
def impact_not_tested(facts: Facts) -> Iterable[str]:
    return unless(bool(facts.text("impact_test")), "an action without a test of its impact")


@guard("No test of impact was set: close the action instead.", "impact_test")
def impact_tested(facts: Facts) -> Iterable[str]:
    return unless(not facts.text("impact_test"), "a test of its impact")


@guard("Nobody closes an action of their own.", "acted_by_owner")
def not_own_action(facts: Facts) -> Iterable[str]:
    return unless(facts.is_yes("acted_by_owner"), "somebody other than the owner")


@guard("Nobody closes an action that they submitted.", "submitted_by_same_person")
def not_own_submission(facts: Facts) -> Iterable[str]:
    return unless(facts.is_yes("submitted_by_same_person"), "somebody other than the person who submitted it")


@guard("A second extension is for a safeguarding partner to grant.", "times_extended", "granted_by_partner")
def second_extension_by_partner(facts: Facts) -> Iterable[str]:
    lacking = facts.number("times_extended") > 0 and not facts.is_yes("granted_by_partner")
    return unless(lacking, "a safeguarding partner's word")


@guard("An extension is asked for before the due date has passed.", "due_on")
def asked_before_due(facts: Facts) -> Iterable[str]:
    due = facts.day("due_on")
    return unless(due is not None and facts.on > due, "a due date that has not passed")
