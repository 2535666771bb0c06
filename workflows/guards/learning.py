"""Guards of the steps of other reviews, audits, plans and registers."""

from collections.abc import Iterable

from workflows.core.guard_registry import guard, ticked, unless
from workflows.core.questions import Facts

REPORTED = ("report", "overview_report", "board_response", "action_monitoring", "closed")
"""The stages of a review from the filing of its report on."""

learning_anonymous = ticked(
    "learning_anonymous",
    "What is shared must be signed off as anonymous.",
    anonymity_signed_off="the sign-off of anonymity",
)
contribution_accurate = ticked(
    "contribution_accurate",
    "The agencies must have checked what the draft says of them.",
    draft_facts_checked="the agencies' check of the draft",
)


@guard("Only a case that is below the threshold and worth a review can be reviewed here.", "consideration")
def below_threshold(facts: Facts) -> Iterable[str]:
    lacking = facts.text("consideration") != "learning_review"
    return unless(lacking, "the finding that it is below the threshold, but worth a review")


@guard("A thematic review needs at least two cases.", "cases_count")
def several_cases(facts: Facts) -> Iterable[str]:
    return unless(facts.number("cases_count") < 2, "a second case")


@guard("The report must be filed first.", track="review")
def report_there(facts: Facts) -> Iterable[str]:
    return unless(facts.stages.get("review") not in REPORTED, "the report")


@guard("A referral is made only if the victim was 16 or 17.", "victim_16_17")
def victim_was_a_child(facts: Facts) -> Iterable[str]:
    return unless(not facts.is_yes("victim_16_17"), "a victim aged 16 or 17")


SEVENTY_DAYS = ("ofsted", "jtai")
"""The inspectorates that ask for a plan within 70 working days; to HMICFRS it is sent within 56 days."""


@guard("Only Ofsted and a JTAI ask for a plan within 70 working days.", "inspectorate")
def seventy_days_set(facts: Facts) -> Iterable[str]:
    return unless(facts.text("inspectorate") not in SEVENTY_DAYS, "a report of Ofsted or a JTAI")


@guard("This is for a report of HMICFRS.", "inspectorate")
def inspected_by_hmicfrs(facts: Facts) -> Iterable[str]:
    return unless(facts.text("inspectorate") != "hmicfrs", "a report of HMICFRS")


@guard("This is for an inspectorate that no rule gives a period: record the date that it sets.", "inspectorate")
def no_period_set(facts: Facts) -> Iterable[str]:
    ruled = facts.text("inspectorate") in (*SEVENTY_DAYS, "hmicfrs", "coroner")
    return unless(ruled, "a report of an inspectorate without a period")


@guard("This is for a report of a coroner.", "inspectorate")
def sent_by_coroner(facts: Facts) -> Iterable[str]:
    return unless(facts.text("inspectorate") != "coroner", "a report of a coroner")


@guard("A draft plan is needed only if the letter names a priority action.", after=("file_priority_letter",))
def priority_action_named(facts: Facts) -> Iterable[str]:
    return unless("file_priority_letter" not in facts.happened, "a letter that names a priority action")


@guard(
    "Name one recommendation of this case that the inspectorate has not signed off yet.",
    "recommendation_signed_off",
    "recommendations_not_signed_off",
)
def still_to_sign_off(facts: Facts) -> Iterable[str]:
    waiting = facts.names("recommendations_not_signed_off")
    lacking = facts.text("recommendation_signed_off") not in waiting
    return unless(lacking, f"a recommendation that is still open: {', '.join(waiting) or 'there is none'}")


@guard("The inspectorate must have signed off every recommendation.", "recommendations_not_signed_off")
def every_recommendation_signed_off(facts: Facts) -> Iterable[str]:
    return [f"the inspectorate's sign-off of {name}" for name in facts.names("recommendations_not_signed_off")]


@guard("At least one standard must be rated.", after=("rate_standard",))
def standards_rated(facts: Facts) -> Iterable[str]:
    return unless("rate_standard" not in facts.happened, "a rated standard")


@guard("Likelihood and impact must be scores from 1 to 5.", "likelihood", "impact")
def scored(facts: Facts) -> Iterable[str]:
    names = ("likelihood", "impact")
    return [f"a score of {name} from 1 to 5" for name in names if not 1 <= facts.number(name) <= 5]
