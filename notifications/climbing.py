"""Which rung of its ladder has an action or a clock reached, and who is told of it this morning?"""

from collections.abc import Callable, Collection
from datetime import date

from notifications.audience import role_told
from notifications.clocks import ClockLine, Spoken
from notifications.decided import Decided, Line, Matter
from notifications.standing import ActionLine, Standing
from workflows.definitions.action import OPEN
from workflows.vocabulary import Ladder, Realm, Role, Rung
from workflows.words import sentence

Told = Callable[[Role], tuple[Role | None, Collection[int]]]
"""Who hears in the place of a role the ladder names: under which role, and which people."""

NO_OWNER = "Nobody owns it yet."
OWNER_GONE = "Its owner's account is closed, or holds no role in the partnership any more."


def climb_action(decided: Decided, standing: Standing, ladder: Ladder, action: ActionLine, today: date) -> None:
    """Bring up an action with a due date, on its partnership's ladder."""
    rungs = _reached(ladder, action.due_on or today, today)
    if not rungs:
        return
    if action.stage not in OPEN:
        decided.hold(action, f"{sentence(action.stage)}: nothing is said at this stage.")
        return
    has_owner(decided, standing, action)
    _climb(decided, action, ladder, rungs, told_of_action(standing, action), standing.spoken)


def climb_clock(decided: Decided, standing: Standing, clock: ClockLine, today: date) -> None:
    """Bring up a running clock, on the ladder of its deadline."""
    rungs = _reached(clock.ladder, clock.due_on, today)
    if rungs:
        _climb(decided, clock, clock.ladder, rungs, told_of_clock(standing, clock), standing.spoken_of_clocks)


def has_owner(decided: Decided, standing: Standing, action: ActionLine) -> bool:
    """Tell whether there is an owner to write to, and hold the action back where there is none."""
    if action.owner_id in standing.people:
        return True
    decided.hold(action, NO_OWNER if action.owner_id is None else OWNER_GONE)
    return False


def told_of_action(standing: Standing, action: ActionLine) -> Told:
    def told(named: Role) -> tuple[Role | None, Collection[int]]:
        role = role_told(named, action.realm)
        if role is None:
            return None, ()
        return role, standing.people.holding(role, owner_id=action.owner_id, agency_id=action.agency_id)

    return told


def told_of_clock(standing: Standing, clock: ClockLine) -> Told:
    """A lead hears of what their agency was asked for, in either realm, and of no other clock; a clock has no owner."""

    def told(named: Role) -> tuple[Role | None, Collection[int]]:
        if named is Role.ACTION_OWNER or (named is Role.AGENCY_LEAD and clock.agency_id is None):
            return None, ()
        if named is Role.AGENCY_LEAD:
            return named, standing.people.all_with(named, clock.agency_id)
        if clock.realm is Realm.CHILD_DEATHS:
            return Role.CDOP_MANAGER, standing.people.all_with(Role.CDOP_MANAGER)
        agency_id = clock.agency_id if named is Role.SAFEGUARDING_PARTNER else None
        return named, standing.people.all_with(named, agency_id)

    return told


def _reached(ladder: Ladder, due_on: date, today: date) -> list[Rung]:
    late = (today - due_on).days
    return sorted((rung for rung in ladder.rungs if rung.days <= late), key=lambda rung: rung.days)


def _climb(decided: Decided, matter: Matter, ladder: Ladder, reached: list[Rung], told: Told, spoken: Spoken) -> None:
    """Say the highest rung reached that tells each person, unless it or a higher one was said of this due date."""
    _hold_for_nobody(decided, matter, reached[-1], told)
    about = matter.due_on.isoformat() if matter.due_on else ""
    for person_id, (rung, role) in _highest(matter, reached, told).items():
        said = [each.name for each in ladder.rungs if each.days >= rung.days]
        if not any((matter.id, person_id, name, about) in spoken for name in said):
            decided.say(person_id, Line(matter, rung.name, about, role))


def _highest(matter: Matter, reached: list[Rung], told: Told) -> dict[int, tuple[Rung, Role]]:
    owner_id = matter.owner_id if isinstance(matter, ActionLine) else None
    highest = {}
    for rung in reached:
        for named in sorted(rung.tells):
            role, people = told(named)
            for person_id in people:
                highest[person_id] = (rung, Role.ACTION_OWNER if person_id == owner_id else role or named)
    return highest


def _hold_for_nobody(decided: Decided, matter: Matter, rung: Rung, told: Told) -> None:
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
        decided.hold(matter, f"Nobody holds the role that is told at {rung.name}: {names}.")
