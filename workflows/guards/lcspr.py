"""Guards of the steps of a local child safeguarding practice review, its publication and its action plan."""

from collections.abc import Iterable

from workflows.core.guard_registry import guard, ticked, unless
from workflows.core.questions import Facts
from workflows.core.working_days import Period, Unit, due_on

SIX_MONTHS = Period(6, Unit.MONTHS)
NOTICE = Period(7, Unit.WORKING_DAYS)
TIME_ONLINE = Period(12, Unit.MONTHS)

reviewer_independent = ticked(
    "reviewer_independent",
    "The reviewer must be independent of the case and of the agencies in it.",
    reviewer_independent="a reviewer found to be independent",
)
terms_agreed = ticked(
    "terms_agreed",
    "Terms of reference, the period under review and the methodology must be agreed.",
    terms_agreed="agreed terms of reference",
    period_agreed="an agreed period under review",
    methodology_agreed="an agreed methodology",
)
draft_checked = ticked(
    "draft_checked",
    "The draft must be checked for facts, law, media and anonymity.",
    facts_checked="the agencies' check of the facts",
    legal_checked="the legal check",
    media_checked="the media check",
    anonymity_checked="the anonymity check",
)
report_complete = ticked(
    "report_complete",
    "The report must summarise the improvements and analyse the systemic or underlying reasons.",
    has_improvements="the summary of improvements",
    has_systemic_reasons="the analysis of systemic or underlying reasons",
)
told_ahead = ticked(
    "told_ahead",
    "The Panel, the Secretary of State and Ofsted must be sent the full report.",
    full_report_attached="the full report attached",
    sent_to_panel="the report to the Panel",
    sent_to_secretary_of_state="the report to the Secretary of State",
    sent_to_ofsted="the report to Ofsted",
)
anonymity_assured = ticked(
    "anonymity_assured",
    "The anonymity of what is published must be signed off.",
    anonymity_signed_off="the sign-off of anonymity",
)
fit_to_publish = ticked(
    "fit_to_publish",
    "The report must name the reviewer, and its anonymity must be signed off.",
    names_the_reviewer="the reviewer's name in the report",
    anonymity_signed_off="the sign-off of anonymity",
)


@guard("The review must be finalised first.", track="review")
def review_finalised(facts: Facts) -> Iterable[str]:
    return unless(facts.stages.get("review") != "finalised", "the finalised report")


@guard("This is only for a review that was discontinued or taken into another one.", track="review")
def review_ended_early(facts: Facts) -> Iterable[str]:
    return unless(facts.stages.get("review") not in ("discontinued", "absorbed"), "a review that ended early")


@guard("The review must have ended first.", track="review")
def review_over(facts: Facts) -> Iterable[str]:
    return unless(facts.stages.get("review") not in ("finalised", "discontinued", "absorbed"), "the end of the review")


@guard(
    "Once six months have passed, the Panel and the Secretary of State must have been told why.",
    "national_told_on",
    by_days=True,
)
def national_told_once_late(facts: Facts) -> Iterable[str]:
    decided = facts.happened.get("decide_lcspr")
    late = decided is not None and facts.on > due_on(decided, SIX_MONTHS, facts.calendar)
    lacking = late and facts.day("national_told_on") is None
    return unless(lacking, "the day the Panel and the Secretary of State were told why")


@guard("At least 7 working days must have passed since the report was sent ahead.", after=("notify_ahead",))
def notice_given(facts: Facts) -> Iterable[str]:
    return _not_before(facts, "notify_ahead", NOTICE, "the day it was sent ahead")


@guard(
    "At least 7 working days must have passed since the improvements were sent ahead.",
    after=("notify_improvements_ahead",),
)
def notice_of_improvements_given(facts: Facts) -> Iterable[str]:
    return _not_before(facts, "notify_improvements_ahead", NOTICE, "the day they were sent ahead")


@guard("The report must stay online for at least a year.", after=("publish",))
def online_for_a_year(facts: Facts) -> Iterable[str]:
    return _not_before(facts, "publish", TIME_ONLINE, "the day of publication")


@guard("Every recommendation must have a response.", "recommendations_without_response")
def every_recommendation_answered(facts: Facts) -> Iterable[str]:
    return [f"a response to {reference}" for reference in facts.names("recommendations_without_response")]


@guard("The plan must have at least one action.", "plan_actions")
def plan_has_actions(facts: Facts) -> Iterable[str]:
    return unless(facts.number("plan_actions") < 1, "an action")


@guard("Every action of the plan must be finished.", "open_actions")
def no_action_open(facts: Facts) -> Iterable[str]:
    return [f"the end of {reference}" for reference in facts.names("open_actions")]


@guard("A plan with actions must be monitored until they are finished.", "plan_actions")
def plan_is_empty(facts: Facts) -> Iterable[str]:
    return unless(facts.number("plan_actions") > 0, "a plan without actions")


def _not_before(facts: Facts, step: str, period: Period, unknown: str) -> Iterable[str]:
    start = facts.happened.get(step)
    if start is None:
        return (unknown,)
    earliest = due_on(start, period, facts.calendar)
    return unless(facts.on < earliest, f"a day from {earliest.day} {earliest:%B %Y} on")
