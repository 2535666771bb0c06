"""Registry of guards, and the two ways of making one.

A question that must be answered at all is `required` in its form; a guard says what must be true of the answer.
"""

from collections.abc import Callable, Iterable, Mapping

from workflows.core.questions import Facts
from workflows.core.vocabulary import Guard

GUARDS: dict[str, Guard] = {}
"""Every guard by its name. Names are stored in definitions: they never change."""

COMPUTED: Mapping[str, str] = {
    "returns_outstanding": "names of the agencies asked that have not answered",
    "statutory_partners": "names of the statutory safeguarding partners of the day",
    "partners_not_named": "the kinds of statutory partner that the partnership has not named for the day, in words",
    "partners_not_signed": "names of the statutory partners of the day that have not signed",
    "partners_without_view": "names of the statutory partners of the day whose view is not recorded",
    "partners_that_differ": "names of the partners whose views differ, each with the view; none where they agree",
    "recommendations_without_response": "references of the recommendations without a response",
    "recommendations_not_signed_off": "references of the recommendations the inspectorate has not signed off",
    "open_actions": "references of the case's actions that are not finished",
    "plan_actions": "how many actions the case's plan has",
    "owner": "name of the action's owner, empty when there is none",
    "lead_agency": "name of the action's lead agency",
    "due_on": "the action's due date, absent when there is none",
    "evidence": "how many pieces of evidence the action has",
    "strands_open": "names of the agencies whose part of the action is still open",
    "impact_checks_waiting": "how many impact checks are not answered yet",
    "extension_waiting": "whether a request for more time is not answered yet",
    "times_extended": "how often the action was extended before",
    "impact_test": "how the action's impact is to be shown, empty when it is not tested",
    "accepted_by_own_agency": "the person recording the step closes for the agency that leads, and others could close",
    "granted_by_partner": "the person recording the step is a safeguarding partner",
}
"""Facts that the application works out when a step is judged. No form may ask for them."""


def guard(
    sentence: str, *reads: str, after: tuple[str, ...] = (), track: str = "", by_days: bool = False
) -> Callable[[Callable[[Facts], Iterable[str]]], Guard]:
    """Make a guard of a function that lists what is missing; the name of the function is the name of the guard.

    The arguments are the fields of `Guard`.
    """

    def make(missing: Callable[[Facts], Iterable[str]]) -> Guard:
        made = Guard(missing.__name__, sentence, frozenset(reads), missing, after, track, by_days)
        GUARDS[made.name] = made
        return made

    return make


def ticked(name: str, sentence: str, **required: str) -> Guard:
    """Make a guard that requires a yes to each fact of `required`; its value says what is missing otherwise."""

    def missing(facts: Facts) -> list[str]:
        return [words for fact, words in required.items() if not facts.is_yes(fact)]

    made = GUARDS[name] = Guard(name, sentence, frozenset(required), missing)
    return made


def unless(lacking: bool, *words: str) -> tuple[str, ...]:
    """Give the words for what is missing where it is lacking, and nothing otherwise."""
    return words if lacking else ()
