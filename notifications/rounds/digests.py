"""Which rung of its ladder has an action or a clock reached, and who is told of it this morning?"""

from collections.abc import Callable
from datetime import date

from notifications.rounds.action_lines import ActionLine
from notifications.rounds.audience import role_told
from notifications.rounds.clocks import ClockLine
from notifications.rounds.decided import Decided, Line, Matter, aspect_of
from notifications.rounds.escalation import Reached, Stairs
from notifications.rounds.impact_checks import IMPACT_LADDER
from notifications.rounds.parts import ladder_of_parts
from notifications.rounds.recipients import Heard, Hearers, hearers_of_action, hearers_of_clock, is_there, resting_until
from notifications.rounds.snapshot import Standing
from notifications.rounds.spoken import Spoken
from workflows.core.deadlines import Ladder
from workflows.core.labels import sentence
from workflows.core.ladder_words import name_words
from workflows.core.ladders import Occurrence
from workflows.core.roles import Realm, Role
from workflows.definitions.action import OPEN

Told = Callable[[Role | None], tuple[Role | None, Hearers]]
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


def told_of_action(standing: Standing, action: ActionLine) -> Told:
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


def _unless_resting(decided: Decided, standing: Standing, action: ActionLine) -> Told:
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


def told_of_clock(standing: Standing, clock: ClockLine) -> Told:
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


def _climb(decided: Decided, matter: Matter, stairs: Stairs, reached: Reached, told: Told, spoken: Spoken) -> None:
    """Say the highest rung reached that tells each person, unless it or a higher one was said of this due date."""
    _hold_for_nobody(decided, matter, reached.last, told)
    due_on = matter.due_on or stairs.today
    about = f"{aspect_of(matter)} {due_on.isoformat()}".strip()
    for person_id, (rung, heard) in _highest(matter, reached, told).items():
        if not stairs.is_said(rung, due_on, spoken.rungs(matter.id, person_id, about)):
            decided.say(person_id, Line(matter, rung.name, about, heard.role, heard.why))


def _highest(matter: Matter, reached: Reached, told: Told) -> dict[int, tuple[Occurrence, Heard]]:
    """Give the highest rung that tells each person; why they hear in another's place is said at that one too."""
    owner_id = matter.owner_id if isinstance(matter, ActionLine) else None
    highest: dict[int, tuple[Occurrence, Heard]] = {}
    for named, rung in reached.naming:
        for person_id, heard in told(named)[1].items():
            why = heard.why or (highest[person_id][1].why if person_id in highest else "")
            role = Role.ACTION_OWNER if person_id == owner_id else heard.role
            highest[person_id] = (rung, Heard(role, why))
    return highest


def _hold_for_nobody(decided: Decided, matter: Matter, rung: Occurrence, told: Told) -> None:
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
