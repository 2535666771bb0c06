"""Guards of the steps of a child death review."""

from collections.abc import Iterable

from workflows.core.guard_registry import guard, ticked, unless
from workflows.core.questions import Facts
from workflows.core.working_days import Period, Unit, due_on

A_MONTH = Period(1, Unit.MONTHS)

AWAITED = {
    "awaits_post_mortem": "the post-mortem report",
    "awaits_inquest": "the inquest",
    "awaits_criminal_proceedings": "criminal proceedings",
    "awaits_lcspr": "a local child safeguarding practice review",
    "awaits_patient_safety_investigation": "a patient safety investigation (PSII)",
    "awaits_perinatal_review": "a perinatal mortality review (PMRT)",
}
"""What a child death review may have to wait for: yes-or-no facts with their words."""

PAPERS = {
    "has_draft_analysis": "the draft analysis form",
    "has_reports": "the agencies' reports",
    "has_post_mortem": "the post-mortem report, where there was one",
    "inquest_concluded": "the conclusion of the inquest, where there is one",
}
"""What the CDOP must have before it: yes-or-no facts with their words."""

panel_fit_to_decide = ticked(
    "panel_fit_to_decide",
    "The CDOP must be quorate, have anonymised papers, and nobody who cared for the child may decide alone.",
    quorate="a quorum",
    papers_anonymised="anonymised papers",
    nobody_decided_own_care="a decision not left to somebody who cared for the child",
)
ncmd_forms_finalised = ticked(
    "ncmd_forms_finalised",
    "All forms must be finalised with the NCMD, or the review is not counted.",
    ncmd_forms_finalised="the forms finalised with the NCMD",
)
family_fed_back = ticked(
    "family_fed_back",
    "The family must have been told the outcome through their key worker.",
    family_fed_back="the feedback to the family",
)
transfer_agreed = ticked(
    "transfer_agreed",
    "The other CDOP's designated doctor must have agreed, with a plan for sharing the learning.",
    other_designated_doctor_agreed="the agreement of the other CDOP's designated doctor",
    learning_plan_agreed="a plan for sharing the learning",
)


@guard("The child must have been under 18.", "under_18")
def death_under_18(facts: Facts) -> Iterable[str]:
    return unless(not facts.is_yes("under_18"), "a child under 18")


@guard(
    "The child must have been live-born, or stillborn with nobody attending, or this must still be unclear.", "birth"
)
def birth_in_scope(facts: Facts) -> Iterable[str]:
    lacking = facts.text("birth") not in ("live_born", "unattended_stillbirth", "not_known")
    return unless(lacking, "a live birth or an unattended stillbirth")


@guard("The review must be waiting for at least one thing outside the CDOP.", *AWAITED)
def something_is_awaited(facts: Facts) -> Iterable[str]:
    return unless(not any(facts.is_yes(fact) for fact in AWAITED), "what is awaited")


@guard("The next check must be within a month.", "next_check_on", by_days=True)
def checked_within_a_month(facts: Facts) -> Iterable[str]:
    check = facts.day("next_check_on")
    return unless(check is None or check > due_on(facts.on, A_MONTH, facts.calendar), "a next check within a month")


@guard("The post-mortem report must be in hand.", "post_mortem")
def post_mortem_in_hand(facts: Facts) -> Iterable[str]:
    return unless(facts.text("post_mortem") not in ("in_hand", "none_held"), "the post-mortem report")


@guard("You must give a month's notice, or say why not.", "cdrm_on", "short_notice_reason", by_days=True)
def month_of_notice(facts: Facts) -> Iterable[str]:
    meeting = facts.day("cdrm_on")
    soon = meeting is None or meeting < due_on(facts.on, A_MONTH, facts.calendar)
    return unless(soon and not facts.text("short_notice_reason"), "a month's notice, or the reason for less")


@guard("A joint agency response must have been started.", after=("start_jar",))
def joint_response_started(facts: Facts) -> Iterable[str]:
    return unless("start_jar" not in facts.happened, "a joint agency response")


@guard("The papers must be complete, or you must give a reason for the exception.", *PAPERS, "exception_reason")
def papers_complete(facts: Facts) -> Iterable[str]:
    if facts.text("exception_reason"):
        return ()
    return [words for fact, words in PAPERS.items() if not facts.is_yes(fact)]


@guard("Every action must be finished or handed over.", "open_actions", "actions_handed_over")
def actions_finished_or_handed_over(facts: Facts) -> Iterable[str]:
    if facts.text("actions_handed_over"):
        return ()
    return [f"the end of {reference}" for reference in facts.names("open_actions")]
