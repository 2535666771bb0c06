"""Guards of the steps of a rapid review, and of cases of several kinds."""

from collections.abc import Iterable, Mapping

from workflows.core.guard_registry import guard, ticked, unless
from workflows.core.questions import Facts

PARTNERS: Mapping[str, str] = {
    "local_authority": "the local authority",
    "icb": "the integrated care board",
    "police": "the police",
}
"""The three statutory safeguarding partners. Facts and steps are named after the keys."""

partners_told = ticked(
    "partners_told",
    "The safeguarding partners must be told as well as the national Panel.",
    partners_told="word to the safeguarding partners",
)
partners_invited = ticked(
    "partners_invited",
    "All three safeguarding partners must be invited.",
    **{f"{key}_invited": f"an invitation to {words}" for key, words in PARTNERS.items()},
)
partners_present = ticked(
    "partners_present",
    "All three safeguarding partners must be at the meeting.",
    **{f"{key}_present": words for key, words in PARTNERS.items()},
)
criteria_found_not_met = ticked(
    "criteria_found_not_met",
    "A notified case is withdrawn only when new facts show that the notification criteria are not met.",
    notification_criteria_not_met="the finding that the notification criteria are not met",
)


@guard("The child must be under 18, or you must say why the case is taken anyway.", "under_18", "age_reason")
def child_in_scope(facts: Facts) -> Iterable[str]:
    lacking = not facts.is_yes("under_18") and not facts.text("age_reason")
    return unless(lacking, "why the case is taken although the child is not under 18")


@guard(
    "Abuse or neglect must be known or suspected, and a child of the area must have died or been seriously harmed; "
    "or a looked after child or care leaver must have died.",
    "nature",
    "abuse_or_neglect",
    "place",
)
def notification_criteria_met(facts: Facts) -> Iterable[str]:
    if facts.text("nature") in NOTIFIED_WITHOUT_REVIEW:
        return ()
    return (
        *unless(facts.text("nature") not in ("death", "serious_harm"), "a death or serious harm"),
        *unless(not facts.is_yes("abuse_or_neglect"), "known or suspected abuse or neglect"),
        *unless(facts.text("place") not in ("area", "outside_england"), "a place that makes the duty this area's"),
    )


NOTIFIED_WITHOUT_REVIEW = ("looked_after_death", "care_leaver_death")
"""Deaths that are notified whatever their cause. The Panel does not consider them: no rapid review follows."""


@guard(
    "The death of a looked after child or care leaver without abuse is only notified: no rapid review follows.",
    "nature",
)
def review_must_follow(facts: Facts) -> Iterable[str]:
    return unless(facts.text("nature") in NOTIFIED_WITHOUT_REVIEW, "a death or serious harm with abuse or neglect")


@guard("A serious incident with known or suspected abuse or neglect must be reviewed once it is notified.", "nature")
def no_review_follows(facts: Facts) -> Iterable[str]:
    lacking = facts.text("nature") not in NOTIFIED_WITHOUT_REVIEW
    return unless(lacking, "the death of a looked after child or care leaver without abuse or neglect")


@guard("Every agency must have answered, or you must note the gap.", "returns_outstanding", "gaps_noted")
def returns_in_or_gap_noted(facts: Facts) -> Iterable[str]:
    if facts.text("gaps_noted"):
        return ()
    return [f"the return of {agency}" for agency in facts.names("returns_outstanding")]


@guard("All three safeguarding partners must have signed.", after=tuple(f"sign_{key}" for key in PARTNERS))
def all_three_signed(facts: Facts) -> Iterable[str]:
    return [f"the signature of {words}" for key, words in PARTNERS.items() if f"sign_{key}" not in facts.happened]


@guard(
    "Where a lead reviewer is chosen, the day up to which they have the case must be given.",
    "lead_reviewer",
    "lead_reviewer_until",
)
def reviewer_until_a_day(facts: Facts) -> Iterable[str]:
    lacking = bool(facts.text("lead_reviewer")) and facts.day("lead_reviewer_until") is None
    return unless(lacking, "the last day on which the lead reviewer has the case")


@guard("The decision is reconsidered only if the Panel disagrees or asks a question.", "panel_view")
def panel_disagrees_or_asks(facts: Facts) -> Iterable[str]:
    return unless(facts.text("panel_view") not in ("disagrees", "asks"), "a disagreement or question of the Panel")


@guard("If the Panel disagrees, a reply must have been sent before the case closes.", "panel_view", "panel_reply_on")
def reply_sent_where_panel_disagrees(facts: Facts) -> Iterable[str]:
    lacking = facts.text("panel_view") == "disagrees" and facts.day("panel_reply_on") is None
    return unless(lacking, "the day the reply to the Panel was sent")
