"""Words for lists of actions: stages, headings, and what the owner of each does next."""

from collections.abc import Iterable, Mapping

from reviews.actions.list_queries import AGES, ActionFilter, ActionLine
from workflows.core.labels import sentence
from workflows.definitions.action import OPEN, ActionStage

STAGES: Mapping[str, str] = {stage.value: sentence(stage.value) for stage in ActionStage}

GROUP_HEADINGS = {
    "outstanding": "Outstanding actions",
    "overdue": "Overdue actions",
    "due_soon": "Actions due in the next 30 days",
    "awaiting_sign_off": "Actions awaiting sign-off",
    "no_owner": "Actions without an owner",
    "no_date": "Actions without a date",
    "impact_due": "Actions whose impact is to be checked",
    "more_time": "Actions for which more time was asked",
}
NEXT_STEPS = {
    ActionStage.AGREED_NO_DATE: "You have nothing to do until its date is agreed.",
    ActionStage.NOT_STARTED: "Start, and report what has been done. When it is done, submit it with evidence.",
    ActionStage.IN_PROGRESS: "Report what has been done since. When it is done, submit it with evidence.",
    ActionStage.BLOCKED: "It is blocked. Say what is done about it, report when it can go on, or ask for more time.",
    ActionStage.SUBMITTED: "You have nothing to do for now. You submitted it, and it waits to be accepted.",
}
LATE = "This is late. Report today what has been done, or submit it with evidence."


def list_heading(filters: ActionFilter, *, agency: str = "", owner: str = "", source: str = "") -> str:
    """Give a filter as one line: `Overdue actions of Anyshire Police, rated red`."""
    start = GROUP_HEADINGS.get(filters.group, "Actions" if filters != ActionFilter() else "All actions")
    return start + "".join(_filter_words(filters, agency, owner, source))


def _filter_words(filters: ActionFilter, agency: str, owner: str, source: str) -> Iterable[str]:
    words_if = (
        (agency, f" of {agency}"),
        (filters.no_agency, " of no agency"),
        (owner, f" owned by {owner}"),
        (filters.no_owner, " without an owner"),
        (filters.age, f", {AGES[filters.age][0].lower() if filters.age in AGES else ''}"),
        (filters.rating, f", rated {filters.rating.lower()}"),
        (source, f", source: {source}"),
        (filters.case_reference, f", from {filters.case_reference}"),
        (filters.text, f", with the words “{filters.text}”"),
    )
    return (words for is_set, words in words_if if is_set)


def next_step_of_owner(line: ActionLine, *, is_late: bool) -> str:
    """Say what the owner of an action does next."""
    return LATE if is_late and line.stage in OPEN else NEXT_STEPS.get(ActionStage(line.stage), "")
