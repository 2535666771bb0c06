"""Does a ladder climb, and is somebody told at each rung?"""

from collections.abc import Iterator

from workflows.core.deadlines import Ladder
from workflows.core.ladders import rung_name
from workflows.core.roles import Role
from workflows.fault import twice

MOST_RUNGS = 20
FURTHEST = 400
"""Days before or after the due date."""


def ladder_faults(ladder: Ladder) -> Iterator[str]:
    """List what is wrong with a ladder, of clocks or of actions."""
    days = [rung.days for rung in ladder.rungs]
    if not days or days != sorted(set(days)):
        yield f"ladder {ladder.name} must have rungs, each on a later day than the one before."
    if len({rung.working for rung in ladder.rungs}) > 1:
        yield f"ladder {ladder.name} counts some rungs in working days and some in calendar days."
    for name in twice(rung.name for rung in ladder.rungs):
        yield f"ladder {ladder.name} has two rungs named {name}."
    for rung in ladder.rungs:
        if not (rung.tells or rung.deputy) or not all(isinstance(role, Role) for role in rung.tells):
            yield f"rung {rung.name} of {ladder.name} tells nobody, or an unknown role."
        if rung.every and (rung.every < 0 or rung.days < 1):
            yield f"rung {rung.name} of {ladder.name} repeats: only one that comes after the date may."


def policy_faults(ladder: Ladder) -> Iterator[str]:
    """List what is wrong with a ladder of actions that a partnership wrote, beside what is wrong with any."""
    yield from ladder_faults(ladder)
    if len(ladder.rungs) > MOST_RUNGS:
        yield f"ladder {ladder.name} has more than {MOST_RUNGS} rungs."
    if all(rung.days <= 0 for rung in ladder.rungs):
        yield f"ladder {ladder.name} tells nobody once an action is late."
    for rung in ladder.rungs:
        if rung.name != rung_name(rung.days, working=rung.working):
            yield f"rung {rung.name} of {ladder.name} is not named after its day."
        if abs(rung.days) > FURTHEST or rung.every > FURTHEST:
            yield f"rung {rung.name} of {ladder.name} is further than {FURTHEST} days away."
