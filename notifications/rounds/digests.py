"""Which rung of its ladder has an action or a clock reached, and who is told of it this morning?"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from notifications.rounds.audience import AUDIENCE, AudienceRule, role_told
from notifications.rounds.delivery_problems import Trouble
from notifications.rounds.escalation import Reached, Stairs
from notifications.rounds.recipients import (
    Heard,
    Hearers,
    hearers_of_action,
    hearers_of_clock,
    is_there,
    managers_there,
    resting_until,
)
from notifications.rounds.snapshot import IMPACT_LADDER, ActionLine, ClockLine, News, Spoken, Standing, ladder_of_parts
from workflows.core.labels import sentence
from workflows.core.ladders import Occurrence, name_words
from workflows.core.vocabulary import Ladder, Realm, Role
from workflows.definitions.action import OPEN

Matter: TypeAlias = ActionLine | ClockLine
NO_DATE = "no-date"


def aspect_of(matter: Matter) -> str:
    """Give what of an action is meant where it is not the whole: one agency's part, or the check of its impact."""
    return matter.aspect if isinstance(matter, ActionLine) else ""


@dataclass(frozen=True, slots=True)
class Line:
    """One action or clock in one person's mail. `about` is what makes the rung new: due date, month or event.

    `why` tells somebody who hears in another's place why they do.
    """

    matter: Matter
    rung: str
    about: str
    role: Role
    why: str = ""

    @property
    def of_clock(self) -> bool:
        return isinstance(self.matter, ClockLine)


@dataclass(slots=True)
class Decided:
    """`lines` by person; `hears` gives the people of each event; `held_back` what was not said, and why.

    `tasks` is what a person is asked to put right besides; who has tasks and no line has empty lines.
    """

    lines: dict[int, dict[tuple[bool, int, str], Line]] = field(default_factory=dict)
    hears: dict[int, list[int]] = field(default_factory=dict)
    held_back: dict[tuple[Matter, str], None] = field(default_factory=dict)
    tasks: dict[int, list[Trouble]] = field(default_factory=dict)

    def say(self, person_id: int, line: Line) -> None:
        """Add a line, unless the mail has one of this action or clock: what was said first weighs more."""
        self.lines.setdefault(person_id, {}).setdefault((line.of_clock, line.matter.id, aspect_of(line.matter)), line)

    def ask(self, person_id: int, tasks: list[Trouble]) -> None:
        """Ask somebody to put right what is wrong with addresses and owners."""
        self.tasks[person_id] = tasks
        self.lines.setdefault(person_id, {})

    def drop(self, person_id: int) -> list[Line]:
        """Give up a person's mail, and give what stood in it."""
        self.tasks.pop(person_id, None)
        return list(self.lines.pop(person_id).values())

    def hold(self, matter: Matter, why: str) -> None:
        self.held_back[matter, why] = None


RecipientsFor = Callable[[Role | None], tuple[Role | None, Hearers]]
"""Who hears in the place of a role the ladder names: under which role, and which people. None names the deputy."""
NOBODY: Hearers = {}

NO_OWNER = "Nobody owns it yet."
OWNER_GONE = "Its owner's account is closed, or holds no role in the partnership any more."
OWNER_OUT_OF_REACH = "Its owner cannot be written to now, and nobody is there to stand in."


def climb_action(decided: Decided, standing: Standing, stairs: Stairs, action: ActionLine) -> None:
    """Bring up an action with a due date, on the ladder of its plan, or of its partnership."""
    ladder = stairs.policies.ladder_of(action.case_id)
    rungs = stairs.reached(ladder, action.due_on or stairs.today)
    if not rungs:
        return
    if action.stage not in OPEN:
        decided.hold(action, f"{sentence(action.stage)}: nothing is said at this stage.")
        return
    has_owner(decided, standing, action)
    _climb(decided, action, stairs, rungs, _unless_resting(decided, standing, action), standing.spoken)


def climb_part(decided: Decided, standing: Standing, stairs: Stairs, part: ActionLine) -> None:
    """Bring up an agency's part of a shared action with its lead, as the action is with its owner."""
    _climb_aspect(decided, standing, stairs, part, ladder_of_parts(stairs.policies.ladder_of(part.case_id)))


def climb_check(decided: Decided, standing: Standing, stairs: Stairs, check: ActionLine) -> None:
    """Bring up the check of an action's impact with those who answer it."""
    _climb_aspect(decided, standing, stairs, check, IMPACT_LADDER)


def climb_clock(decided: Decided, standing: Standing, stairs: Stairs, clock: ClockLine) -> None:
    """Bring up a running clock, on the ladder of its deadline."""
    rungs = stairs.reached(clock.ladder, clock.due_on)
    if rungs:
        _climb(decided, clock, stairs, rungs, told_of_clock(standing, clock), standing.spoken_of_clocks)


def _climb_aspect(decided: Decided, standing: Standing, stairs: Stairs, aspect: ActionLine, ladder: Ladder) -> None:
    rungs = stairs.reached(ladder, aspect.due_on or stairs.today)
    if rungs:
        _climb(decided, aspect, stairs, rungs, told_of_action(standing, aspect), standing.spoken)


def has_owner(decided: Decided, standing: Standing, action: ActionLine) -> bool:
    """Tell whether somebody hears as the owner or in their place, and hold the action back where nobody does."""
    if told_of_action(standing, action)(Role.ACTION_OWNER)[1]:
        return True
    gone = OWNER_OUT_OF_REACH if action.owner_id in standing.people else OWNER_GONE
    decided.hold(action, NO_OWNER if action.owner_id is None else gone)
    return False


def told_of_action(standing: Standing, action: ActionLine) -> RecipientsFor:
    def told(named: Role | None) -> tuple[Role | None, Hearers]:
        if named is None:  # the deputy does what the owner would
            deputy_id = action.deputy_id
            there = deputy_id is not None and is_there(standing, deputy_id)
            return Role.ACTION_OWNER, {deputy_id: Heard(Role.ACTION_OWNER)} if there and deputy_id else NOBODY
        role = role_told(named, action.realm)
        if role is None:
            return None, NOBODY
        people = standing.people.holding(role, owner_id=action.owner_id, agency_id=action.agency_id)
        return role, hearers_of_action(standing, action, role, people)

    return told


def _unless_resting(decided: Decided, standing: Standing, action: ActionLine) -> RecipientsFor:
    """Leave out who asked to be reminded later; what they hear in another role goes on."""
    told_awake = told_of_action(standing, action)
    if not standing.quiet.resting:
        return told_awake

    def told(named: Role | None) -> tuple[Role | None, Hearers]:
        role, hearers = told_awake(named)
        if named not in (None, Role.ACTION_OWNER):
            return role, hearers
        resting = {person_id: resting_until(standing, action, person_id) for person_id in hearers}
        for until_on in filter(None, resting.values()):
            decided.hold(action, _rests(until_on))
        return role, {person_id: heard for person_id, heard in hearers.items() if resting[person_id] is None}

    return told


def _rests(until_on: date) -> str:
    return f"Its owner or their deputy asked to be reminded later: it rests until {until_on:%-d %B %Y}."


def told_of_clock(standing: Standing, clock: ClockLine) -> RecipientsFor:
    """A lead hears of what their agency was asked for, in either realm, and of no other clock; a clock has no owner."""

    def told(named: Role | None) -> tuple[Role | None, Hearers]:
        if named is None or named is Role.ACTION_OWNER or (named is Role.AGENCY_LEAD and clock.agency_id is None):
            return None, NOBODY
        deaths = clock.realm is Realm.CHILD_DEATHS and named is not Role.AGENCY_LEAD
        role = Role.CDOP_MANAGER if deaths else named
        of_agency = role in (Role.AGENCY_LEAD, Role.SAFEGUARDING_PARTNER)
        people = standing.people.all_with(role, clock.agency_id if of_agency else None)
        return role, hearers_of_clock(standing, clock, role, people)

    return told


def _climb(
    decided: Decided, matter: Matter, stairs: Stairs, reached: Reached, told: RecipientsFor, spoken: Spoken
) -> None:
    """Say the highest rung reached that tells each person, unless it or a higher one was said of this due date."""
    _hold_for_nobody(decided, matter, reached.last, told)
    due_on = matter.due_on or stairs.today
    about = f"{aspect_of(matter)} {due_on.isoformat()}".strip()
    for person_id, (rung, heard) in _highest(matter, reached, told).items():
        if not stairs.is_said(rung, due_on, spoken.rungs(matter.id, person_id, about)):
            decided.say(person_id, Line(matter, rung.name, about, heard.role, heard.why))


def _highest(matter: Matter, reached: Reached, told: RecipientsFor) -> dict[int, tuple[Occurrence, Heard]]:
    """Give the highest rung that tells each person; why they hear in another's place is said at that one too."""
    owner_id = matter.owner_id if isinstance(matter, ActionLine) else None
    highest: dict[int, tuple[Occurrence, Heard]] = {}
    for named, rung in reached.naming:
        for person_id, heard in told(named)[1].items():
            why = heard.why or (highest[person_id][1].why if person_id in highest else "")
            role = Role.ACTION_OWNER if person_id == owner_id else heard.role
            highest[person_id] = (rung, Heard(role, why))
    return highest


def _hold_for_nobody(decided: Decided, matter: Matter, rung: Occurrence, told: RecipientsFor) -> None:
    """Name a rung whose roles, but for the owner's, are held by nobody."""
    roles = set()
    for named in rung.tells - {Role.ACTION_OWNER}:
        role, people = told(named)
        if people:
            return
        if role is not None:
            roles.add(role)
    if roles:
        names = ", ".join(sorted(role.in_sentence for role in roles))
        decided.hold(matter, f"Nobody holds the role that is told {name_words(rung.name)}: {names}.")


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


def _of_news(decided: Decided, standing: Standing, action: ActionLine, told: AudienceRule) -> Hearers:
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
