"""On which conditions does a step wait? Each is named, says what it wants, and lists what is missing.

That a fact must be there at all is said by `required` where it is asked; a guard says what must be true of it.
"""

from collections.abc import Callable, Iterable, Mapping

from workflows.core.questions import Facts
from workflows.core.vocabulary import Guard

GUARDS: dict[str, Guard] = {}

COMPUTED: Mapping[str, str] = {
    "returns_outstanding": "names of the agencies asked that have not answered",
    "recommendations_without_response": "references of the recommendations nobody has answered",
    "recommendations_not_signed_off": "references of the recommendations the inspectorate has not signed off",
    "open_actions": "references of the case's actions that are not finished",
    "plan_actions": "how many actions the case's plan has",
    "owner": "name of the action's owner, empty when there is none",
    "lead_agency": "name of the action's lead agency",
    "due_on": "the action's due date, absent when there is none",
    "evidence": "how many pieces of evidence the action has",
    "strands_open": "names of the agencies whose part of the action is still open",
    "impact_checks_waiting": "how many impact checks are not answered yet",
    "extension_waiting": "whether more time was asked for and not yet answered",
    "times_extended": "how often the action's due date was moved before",
    "impact_test": "how the action's impact is to be shown, empty when it is not tested",
    "acted_by_owner": "the person recording the step is the action's owner or their deputy",
    "submitted_by_same_person": "the person recording the step is the one who submitted the action",
    "accepted_by_own_agency": "the person recording the step closes for the agency that leads, and others could close",
    "granted_by_partner": "the person recording the step is a safeguarding partner",
}
"""Facts that nobody is asked for: the application works them out when a step is judged."""

PARTNERS: Mapping[str, str] = {
    "local_authority": "the local authority",
    "icb": "the integrated care board",
    "police": "the police",
}
"""The three statutory safeguarding partners, as facts and steps are named after them."""


def guard(
    sentence: str, *reads: str, after: tuple[str, ...] = (), track: str = "", by_days: bool = False
) -> Callable[[Callable[[Facts], Iterable[str]]], Guard]:
    """Make a named guard of a function that lists what is missing.

    `reads` are the facts it looks at, `after` the steps it wants to have been taken, `track` the track it looks at;
    `by_days` tells that it looks at days of other steps, or counts days.
    """

    def make(missing: Callable[[Facts], Iterable[str]]) -> Guard:
        made = Guard(missing.__name__, sentence, frozenset(reads), missing, after, track, by_days)
        GUARDS[made.name] = made
        return made

    return make


def ticked(name: str, sentence: str, **wanted: str) -> Guard:
    """Make a guard that wants a yes to every fact of `wanted`; the values say in words what is missing without it."""

    def missing(facts: Facts) -> list[str]:
        return [words for fact, words in wanted.items() if not facts.is_yes(fact)]

    made = GUARDS[name] = Guard(name, sentence, frozenset(wanted), missing)
    return made


def unless(lacking: bool, *words: str) -> tuple[str, ...]:
    """Give the words for what is missing when it is lacking, and nothing otherwise."""
    return words if lacking else ()


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


@guard("The child must be under 18, or it must be said why the case is taken all the same.", "under_18", "age_reason")
def child_in_scope(facts: Facts) -> Iterable[str]:
    lacking = not facts.is_yes("under_18") and not facts.text("age_reason")
    return unless(lacking, "why the case is taken although the child is not under 18")


@guard(
    "Abuse or neglect must be known or suspected and a child of the area have died or been seriously harmed, "
    "or a looked after child or care leaver have died.",
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
"""Deaths that are notified whatever the cause and that the Panel does not consider: no rapid review follows."""


@guard("The death of a looked after child or care leaver without abuse is notified only; no rapid review.", "nature")
def review_must_follow(facts: Facts) -> Iterable[str]:
    return unless(facts.text("nature") in NOTIFIED_WITHOUT_REVIEW, "a death or serious harm with abuse or neglect")


@guard("A serious incident with known or suspected abuse or neglect must be reviewed once it is notified.", "nature")
def no_review_follows(facts: Facts) -> Iterable[str]:
    lacking = facts.text("nature") not in NOTIFIED_WITHOUT_REVIEW
    return unless(lacking, "the death of a looked after child or care leaver without abuse or neglect")


@guard("Every agency must have answered, or the gap be noted.", "returns_outstanding", "gaps_noted")
def returns_in_or_gap_noted(facts: Facts) -> Iterable[str]:
    if facts.text("gaps_noted"):
        return ()
    return [f"the return of {agency}" for agency in facts.names("returns_outstanding")]


@guard("All three safeguarding partners must have signed.", after=tuple(f"sign_{key}" for key in PARTNERS))
def all_three_signed(facts: Facts) -> Iterable[str]:
    return [f"the signature of {words}" for key, words in PARTNERS.items() if f"sign_{key}" not in facts.happened]


@guard("The decision is looked at again only when the Panel disagrees or asks something.", "panel_view")
def panel_disagrees_or_asks(facts: Facts) -> Iterable[str]:
    return unless(facts.text("panel_view") not in ("disagrees", "asks"), "a disagreement or question of the Panel")


@guard("Where the Panel disagrees, a reply must have been sent before the case closes.", "panel_view", "panel_reply_on")
def reply_sent_where_panel_disagrees(facts: Facts) -> Iterable[str]:
    lacking = facts.text("panel_view") == "disagrees" and facts.day("panel_reply_on") is None
    return unless(lacking, "the day the reply to the Panel was sent")
