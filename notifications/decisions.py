"""Who hears of which action and which clock this morning, and what is held back?"""

from datetime import date

from notifications.audience import AUDIENCE, Told, role_told
from notifications.climbing import climb_action, climb_clock, has_owner, told_of_action
from notifications.decided import NO_DATE, Decided, Line
from notifications.standing import ActionLine, News, Standing
from workflows.definitions.action import OPEN
from workflows.vocabulary import Ladder, Role

ASKED_FOR_A_DATE = "It has no due date; its owner was asked for one this month."
MAILED = "They were mailed already this morning: it follows on the next working morning."


def decide(standing: Standing, ladder: Ladder, today: date) -> Decided:
    """Decide a morning: rungs first, then news, the latest first; who was mailed already waits.

    `ladder` is that of the actions; each clock has its own.
    """
    decided = Decided()
    for clock in standing.clocks:
        climb_clock(decided, standing, clock, today)
    for action in standing.actions:
        if action.due_on is not None:
            climb_action(decided, standing, ladder, action, today)
        elif action.stage in OPEN:
            _ask_for_a_date(decided, standing, action, today)
    actions = {action.id: action for action in standing.actions}
    for news in reversed(standing.news):
        _tell(decided, standing, news, actions.get(news.action_id))
    for person_id in standing.mailed & decided.lines.keys():
        for line in decided.lines.pop(person_id).values():
            decided.hold(line.matter, MAILED)
    return decided


def _ask_for_a_date(decided: Decided, standing: Standing, action: ActionLine, today: date) -> None:
    month = f"{today:%Y-%m}"
    if not has_owner(decided, standing, action) or action.owner_id is None:
        return
    if (action.id, action.owner_id, NO_DATE, month) in standing.spoken:
        decided.hold(action, ASKED_FOR_A_DATE)
    else:
        decided.say(action.owner_id, Line(action, NO_DATE, month, Role.ACTION_OWNER))


def _tell(decided: Decided, standing: Standing, news: News, action: ActionLine | None) -> None:
    """Tell the news while it still is: an action that has moved on since is passed over in silence."""
    told = AUDIENCE[news.kind]
    decided.hears[news.id] = []
    if told is None or action is None or action.stage not in told.stages:
        return
    decided.hears[news.id] = people = _of_news(decided, standing, action, told)
    for person_id in people:
        if (action.id, person_id, told.rung, str(news.id)) not in standing.spoken:
            role = role_told(told.role, action.realm) or told.role
            decided.say(person_id, Line(action, told.rung, str(news.id), role))


def _of_news(decided: Decided, standing: Standing, action: ActionLine, told: Told) -> list[int]:
    role, people = told_of_action(standing, action)(told.role)
    if not people and role is Role.SAFEGUARDING_PARTNER:
        people = standing.people.all_with(role)  # of an agency that sends no partner, each of them hears
    if not people and role is Role.ACTION_OWNER:
        has_owner(decided, standing, action)
    elif not people and role is not None:
        decided.hold(action, f"Nobody holds the role that is told when it is {told.rung}: {role.in_sentence}.")
    return list(people)
