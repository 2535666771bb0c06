"""Who hears of which action and which clock this morning, and what is held back?"""

from datetime import date

from notifications.rounds.action_lines import ActionLine
from notifications.rounds.audience import AUDIENCE, Told
from notifications.rounds.decided import NO_DATE, Decided, Line
from notifications.rounds.digests import climb_action, climb_check, climb_clock, climb_part, has_owner, told_of_action
from notifications.rounds.escalation import Stairs
from notifications.rounds.recipients import Hearers, hearers_of_action, managers_there
from notifications.rounds.snapshot import News, Standing
from workflows.core.roles import Role
from workflows.definitions.action import OPEN

ASKED_FOR_A_DATE = "It has no due date; its owner was asked for one this month."
MAILED = "They were mailed already this morning: it follows on the next working morning."


def decide(standing: Standing, stairs: Stairs) -> Decided:
    """Decide a morning: rungs first, then news, the latest first; who was mailed already waits.

    Each action is on the ladder of its plan or partnership, and each clock has its own.
    """
    decided = Decided()
    _climb_all(decided, standing, stairs)
    actions = {action.id: action for action in standing.actions}
    for news in reversed(standing.news):
        _tell(decided, standing, news, actions.get(news.action_id))
    if standing.tasks:
        for person_id in managers_there(standing) - standing.told_of_tasks:
            decided.ask(person_id, standing.tasks)
    for person_id in standing.mailed & decided.lines.keys():
        for line in decided.drop(person_id):
            decided.hold(line.matter, MAILED)
    return decided


def _climb_all(decided: Decided, standing: Standing, stairs: Stairs) -> None:
    for clock in standing.clocks:
        climb_clock(decided, standing, stairs, clock)
    for action in standing.actions:
        if action.due_on is not None:
            climb_action(decided, standing, stairs, action)
        elif action.stage in OPEN:
            _ask_for_a_date(decided, standing, action, stairs.today)
    for part in standing.parts:
        climb_part(decided, standing, stairs, part)
    for check in standing.checks:
        climb_check(decided, standing, stairs, check)


def _ask_for_a_date(decided: Decided, standing: Standing, action: ActionLine, today: date) -> None:
    month = f"{today:%Y-%m}"
    has_owner(decided, standing, action)
    for person_id, heard in told_of_action(standing, action)(Role.ACTION_OWNER)[1].items():
        if (action.id, person_id, NO_DATE, month) in standing.spoken:
            decided.hold(action, ASKED_FOR_A_DATE)
        else:
            decided.say(person_id, Line(action, NO_DATE, month, heard.role, heard.why))


def _tell(decided: Decided, standing: Standing, news: News, action: ActionLine | None) -> None:
    """Tell the news while it still is: an action that has moved on since is passed over in silence."""
    told = AUDIENCE[news.kind]
    decided.hears[news.id] = []
    if told is None or action is None or action.stage not in told.stages:
        return
    people = _of_news(decided, standing, action, told)
    decided.hears[news.id] = list(people)
    for person_id, heard in people.items():
        if (action.id, person_id, told.rung, str(news.id)) not in standing.spoken:
            decided.say(person_id, Line(action, told.rung, str(news.id), heard.role, heard.why))


def _of_news(decided: Decided, standing: Standing, action: ActionLine, told: Told) -> Hearers:
    role, people = told_of_action(standing, action)(told.role)
    if not people and role is Role.SAFEGUARDING_PARTNER:  # of an agency that sends no partner, each of them hears
        people = hearers_of_action(standing, action, role, standing.people.all_with(role))
    if not people and role is Role.ACTION_OWNER:
        has_owner(decided, standing, action)
    elif not people and role is not None:
        decided.hold(action, f"Nobody holds the role that is told when it is {told.rung}: {role.in_sentence}.")
    for other in told.also:
        people = {**told_of_action(standing, action)(other)[1], **people}
    return people
