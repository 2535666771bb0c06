"""Guards of the steps of an action. All facts they read are worked out by the application."""

from collections.abc import Iterable

from workflows.core.guard_registry import guard, unless
from workflows.core.questions import Facts


@guard("An action needs an owner or a lead agency.", "owner", "lead_agency")
def somebody_named(facts: Facts) -> Iterable[str]:
    return unless(not facts.text("owner") and not facts.text("lead_agency"), "an owner or a lead agency")


@guard("The action needs a due date, or choose “Agree, date to follow”.", "due_on")
def date_set(facts: Facts) -> Iterable[str]:
    return unless(facts.day("due_on") is None, "a due date")


@guard("The action needs at least one piece of evidence.", "evidence")
def evidence_there(facts: Facts) -> Iterable[str]:
    return unless(facts.number("evidence") < 1, "at least one piece of evidence")


@guard("Every agency's part must be done or no longer needed.", "strands_open")
def strands_done(facts: Facts) -> Iterable[str]:
    return [f"the part of {name}" for name in facts.names("strands_open")]


@guard("This action's impact will be tested: accept it as awaiting its impact.", "impact_test")
def impact_not_tested(facts: Facts) -> Iterable[str]:
    return unless(bool(facts.text("impact_test")), "an action without a test of its impact")


@guard("This action has no test of its impact: accept and close it instead.", "impact_test")
def impact_tested(facts: Facts) -> Iterable[str]:
    return unless(not facts.text("impact_test"), "a test of its impact")


@guard(
    "Somebody outside the lead agency must accept the action, where there is such a person.", "accepted_by_own_agency"
)
def not_own_agency(facts: Facts) -> Iterable[str]:
    return unless(facts.is_yes("accepted_by_own_agency"), "somebody of another agency who may close it")


@guard("Only a safeguarding partner can grant a second extension.", "times_extended", "granted_by_partner")
def second_extension_by_partner(facts: Facts) -> Iterable[str]:
    lacking = facts.number("times_extended") > 0 and not facts.is_yes("granted_by_partner")
    return unless(lacking, "the agreement of a safeguarding partner")


@guard("Only a safeguarding partner can take back a second extension.", "times_extended", "granted_by_partner")
def second_extension_undone_by_partner(facts: Facts) -> Iterable[str]:
    lacking = facts.number("times_extended") > 1 and not facts.is_yes("granted_by_partner")
    return unless(lacking, "the agreement of a safeguarding partner")


@guard("No more time was given that could be taken back.", "times_extended")
def extended_before(facts: Facts) -> Iterable[str]:
    return unless(facts.number("times_extended") < 1, "more time that was given")


@guard("A later impact check will ask again: answer this impact check first.", "impact_checks_waiting")
def last_check(facts: Facts) -> Iterable[str]:
    return unless(facts.number("impact_checks_waiting") > 1, "the impact checks before the last")


@guard("No impact check is waiting for an answer.", "impact_checks_waiting")
def check_waits(facts: Facts) -> Iterable[str]:
    return unless(facts.number("impact_checks_waiting") < 1, "an impact check")


@guard("More time has already been asked for: wait for the answer.", "extension_waiting")
def not_asked_twice(facts: Facts) -> Iterable[str]:
    return unless(facts.is_yes("extension_waiting"), "an answer to the earlier request for more time")


@guard("Nobody is waiting for an answer about more time.", "extension_waiting")
def asked_for(facts: Facts) -> Iterable[str]:
    return unless(not facts.is_yes("extension_waiting"), "a request for more time")


@guard("The action is not late: its due date has not passed.", "due_on")
def already_late(facts: Facts) -> Iterable[str]:
    due = facts.day("due_on")
    return unless(due is None or facts.on <= due, "a due date that has passed")
