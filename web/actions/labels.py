"""How are actions and the filters on them said in words?"""

from collections.abc import Iterable, Mapping

from reviews.actions.list_queries import AGES, ActionFilter, ActionLine
from workflows.core.labels import sentence
from workflows.definitions.action import OPEN, A

STAGES: Mapping[str, str] = {stage.value: sentence(stage.value) for stage in A}

GROUP_HEADINGS = {
    "outstanding": "Outstanding actions",
    "overdue": "Overdue actions",
    "due_soon": "Actions due in the next 30 days",
    "awaiting_sign_off": "Actions awaiting sign-off",
    "no_owner": "Actions without an owner",
    "no_date": "Actions without a date",
    "impact_due": "Actions whose impact is to be checked",
    "more_time": "Actions for which more time is asked",
}
ASKED = {
    A.AGREED_NO_DATE: "Its date is still to be agreed. Nothing to do until then.",
    A.NOT_STARTED: "Begin, and say what has been done. When it is done, submit it with what shows it.",
    A.IN_PROGRESS: "Say what has been done since. When it is done, submit it with what shows it.",
    A.BLOCKED: "It is blocked. Say what is done about it, when it can go on, or ask for more time.",
    A.SUBMITTED: "Nothing for now: you submitted it, and it waits to be accepted.",
}
DONE = {
    "progress": "What has been done is recorded.",
    "note": "Your note is recorded.",
    "plan_unblocking": "What is done about it is recorded.",
    "submit": "Submitted as done. It now waits to be accepted.",
    "ask_extension": "More time is asked for. The date stays as it is until more time is given.",
    "refuse_extension": "The date stays. The owner is told tomorrow morning.",
    "accept": "Accepted. The action is closed.",
    "accept_awaiting_impact": "Accepted as done. It stays on the list until its impact is seen.",
    "check_impact": "The impact check is answered.",
    "impact_not_seen": "Opened again, with what it answers. The owner is told tomorrow morning.",
    "return": "Returned to the owner, who is told tomorrow morning.",
    "assign": "Given to the new owner, who is told tomorrow morning.",
}
"""What a person reads after a step; any other step is said by its title."""
LATE = "This is late. Say today what has been done, or submit it with what shows it."


def list_heading(wanted: ActionFilter, *, agency: str = "", owner: str = "", source: str = "") -> str:
    """Say a filter as one line: `Overdue actions of Anyshire Police, rated red`."""
    start = GROUP_HEADINGS.get(wanted.group, "Actions" if wanted != ActionFilter() else "All actions")
    return start + "".join(_narrowings(wanted, agency, owner, source))


def _narrowings(wanted: ActionFilter, agency: str, owner: str, source: str) -> Iterable[str]:
    narrowed = (
        (agency, f" of {agency}"),
        (wanted.no_agency, " of no agency"),
        (owner, f" owned by {owner}"),
        (wanted.no_owner, " without an owner"),
        (wanted.age, f", {AGES[wanted.age][0].lower() if wanted.age in AGES else ''}"),
        (wanted.rating, f", rated {wanted.rating.lower()}"),
        (source, f", source: {source}"),
        (wanted.case_reference, f", from {wanted.case_reference}"),
        (wanted.text, f", with the words “{wanted.text}”"),
    )
    return (words for holds, words in narrowed if holds)


def asked_of_owner(line: ActionLine, *, is_late: bool) -> str:
    """Say in plain words what the owner of an action does next."""
    return LATE if is_late and line.stage in OPEN else ASKED.get(A(line.stage), "")
