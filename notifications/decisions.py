"""Who hears of which action this morning, and what is held back?"""

from dataclasses import dataclass, field
from datetime import date

from notifications.audience import AUDIENCE, Told, role_told
from notifications.standing import ActionLine, News, Standing
from workflows.definitions.action import OPEN
from workflows.vocabulary import Ladder, Role, Rung
from workflows.words import sentence

NO_DATE = "no-date"
NO_OWNER = "Nobody owns it yet."
OWNER_GONE = "Its owner's account is closed, or holds no role in the partnership any more."
ASKED_FOR_A_DATE = "It has no due date; its owner was asked for one this month."
MAILED = "They were mailed already this morning: it follows on the next working morning."


@dataclass(frozen=True, slots=True)
class Line:
    """One action in one person's mail. `about` is what makes the rung new: due date, month or event."""

    action: ActionLine
    rung: str
    about: str
    role: Role


@dataclass(slots=True)
class Decided:
    """`lines` by person and action; `hears` gives the people of each event; `held_back` reference and reason."""

    lines: dict[int, dict[int, Line]] = field(default_factory=dict)
    hears: dict[int, list[int]] = field(default_factory=dict)
    held_back: dict[tuple[str, str], None] = field(default_factory=dict)

    def say(self, person_id: int, line: Line) -> None:
        """Add a line, unless the mail has one of this action: what was said first weighs more."""
        self.lines.setdefault(person_id, {}).setdefault(line.action.id, line)

    def hold(self, action: ActionLine, why: str) -> None:
        self.held_back[action.reference, why] = None


def decide(standing: Standing, ladder: Ladder, today: date) -> Decided:
    """Decide a morning: rungs first, then news, the latest first; who was mailed already waits."""
    decided = Decided()
    for action in standing.actions:
        if action.due_on is not None:
            _climb(decided, standing, ladder, action, action.due_on, today)
        elif action.stage in OPEN:
            _ask_for_a_date(decided, standing, action, today)
    actions = {action.id: action for action in standing.actions}
    for news in reversed(standing.news):
        _tell(decided, standing, news, actions.get(news.action_id))
    for person_id in standing.mailed & decided.lines.keys():
        for line in decided.lines.pop(person_id).values():
            decided.hold(line.action, MAILED)
    return decided


def _climb(decided: Decided, standing: Standing, ladder: Ladder, action: ActionLine, due_on: date, today: date) -> None:
    """Say the highest rung reached that tells each person, unless it or a higher one was said of this due date."""
    reached = _reached(ladder, due_on, today)
    if not reached:
        return
    if action.stage not in OPEN:
        decided.hold(action, f"{sentence(action.stage)}: nothing is said at this stage.")
        return
    _hold_for_nobody(decided, standing, action, reached[-1])
    about = due_on.isoformat()
    for person_id, (rung, role) in _highest(standing, action, reached).items():
        said = [each.name for each in ladder.rungs if each.days >= rung.days]
        if not any((action.id, person_id, name, about) in standing.spoken for name in said):
            decided.say(person_id, Line(action, rung.name, about, role))


def _reached(ladder: Ladder, due_on: date, today: date) -> list[Rung]:
    late = (today - due_on).days
    return sorted((rung for rung in ladder.rungs if rung.days <= late), key=lambda rung: rung.days)


def _highest(standing: Standing, action: ActionLine, reached: list[Rung]) -> dict[int, tuple[Rung, Role]]:
    highest = {}
    for rung in reached:
        for told in sorted(rung.tells):
            role = role_told(told, action.realm)
            for person_id in _holding(standing, action, role):
                highest[person_id] = (rung, Role.ACTION_OWNER if person_id == action.owner_id else role or told)
    return highest


def _holding(standing: Standing, action: ActionLine, role: Role | None) -> list[int]:
    if role is None:
        return []
    return standing.people.holding(role, owner_id=action.owner_id, agency_id=action.agency_id)


def _hold_for_nobody(decided: Decided, standing: Standing, action: ActionLine, rung: Rung) -> None:
    """Name a missing owner, and a rung whose other roles are held by nobody."""
    _has_owner(decided, standing, action)
    roles = {role_told(told, action.realm) for told in rung.tells} - {None, Role.ACTION_OWNER}
    if roles and not any(_holding(standing, action, role) for role in roles):
        names = ", ".join(sorted(role.in_sentence for role in roles if role is not None))
        decided.hold(action, f"Nobody holds the role that is told at {rung.name}: {names}.")


def _has_owner(decided: Decided, standing: Standing, action: ActionLine) -> bool:
    if action.owner_id in standing.people:
        return True
    decided.hold(action, NO_OWNER if action.owner_id is None else OWNER_GONE)
    return False


def _ask_for_a_date(decided: Decided, standing: Standing, action: ActionLine, today: date) -> None:
    month = f"{today:%Y-%m}"
    if not _has_owner(decided, standing, action) or action.owner_id is None:
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
    role = role_told(told.role, action.realm)
    people = _holding(standing, action, role)
    if not people and role is Role.ACTION_OWNER:
        _has_owner(decided, standing, action)
    elif not people and role is not None:
        decided.hold(action, f"Nobody holds the role that is told when it is {told.rung}: {role.in_sentence}.")
    return people
