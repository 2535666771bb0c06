"""Ladders of the product: who is reminded of an action or a clock, and on which days."""

from collections.abc import Mapping

from workflows.core.vocabulary import Ladder, Role, Rung
from workflows.definitions.shared.roles import (
    CHAIR,
    CHAIR_OR_MANAGER,
    MANAGER,
    PARTNERS,
    PARTNERS_OR_MANAGER,
    UNIT,
)

OWNER = frozenset({Role.ACTION_OWNER})
AGENCY = frozenset({Role.AGENCY_LEAD})
TOP = PARTNERS | CHAIR | {Role.INDEPENDENT_CHAIR}
BY_CUSTOM = "Local custom, in calendar days"

# The rungs of the next subgroup (exception list, the chair's letter) and of the next executive (challenge log, risk
# register) are days of meetings, not days after the due date: they join the ladder when meetings are kept.
CALENDAR_LADDER = Ladder(
    name="calendar-ladder",
    title="Calendar ladder",
    rungs=(
        Rung("due-30", -30, OWNER),
        Rung("due-7", -7, OWNER),
        Rung("due", 0, OWNER),
        Rung("due+1", 1, OWNER | AGENCY),
        Rung("due+14", 14, OWNER | AGENCY | MANAGER),
        Rung("due+28", 28, OWNER, every=14),
        Rung("due+60", 60, TOP),
    ),
    authority=f"{BY_CUSTOM}; the rungs tied to meetings of the subgroup and executive are not in it",
)
"""`AGENCY_LEAD` and `SAFEGUARDING_PARTNER` are those of the lead agency of the action."""

WORKING_DAY_LADDER = Ladder(
    name="working-day-ladder",
    title="Working-day ladder",
    rungs=(
        Rung("due-10wd", -10, OWNER, working=True),
        Rung("due-2wd", -2, OWNER, working=True),
        Rung("due", 0, OWNER, working=True),
        Rung("late+1wd", 1, OWNER | AGENCY, working=True, every=5),
        Rung("late+6wd", 6, MANAGER, working=True, every=5),
        Rung("late+10wd", 10, CHAIR, working=True, every=5),
    ),
    authority="Local custom, in working days of England and Wales",
)
"""From six working days the manager is reminded too, with owner and lead; from ten the chair, every five."""

RETURN_LADDER = Ladder(
    name="return-ladder",
    title="Ladder of agency returns",
    rungs=(
        Rung("due-3", -3, AGENCY),
        Rung("due", 0, AGENCY),
        Rung("due+1", 1, AGENCY | UNIT),
        Rung("due+3", 3, AGENCY | MANAGER),
        Rung("due+7", 7, AGENCY | MANAGER),
    ),
    authority=f"{BY_CUSTOM}; the agency that was asked is chased on its own ladder",
)
"""`AGENCY_LEAD` is the lead of the agency asked. A clock of all agencies together reminds the business unit only."""

HOLD_LADDER = Ladder(
    name="hold-ladder",
    title="Ladder of holds",
    rungs=(Rung("due", 0, MANAGER), Rung("due+1", 1, MANAGER), Rung("due+7", 7, MANAGER | CHAIR)),
    authority=f"{BY_CUSTOM}; each subgroup looks at every hold",
)
CHECK_LADDER = Ladder(
    name="check-ladder",
    title="Ladder of checks",
    rungs=(Rung("due", 0, MANAGER), Rung("due+1", 1, MANAGER), Rung("due+14", 14, MANAGER | CHAIR)),
    authority=f"{BY_CUSTOM}, for what is looked at again about once a month",
)
ANSWER_LADDER = Ladder(
    name="answer-ladder",
    title="Ladder of answers that are waited for",
    rungs=(Rung("due-3", -3, PARTNERS_OR_MANAGER), Rung("due", 0, PARTNERS_OR_MANAGER)),
    authority=f"{BY_CUSTOM}; they can still answer before the next step is recorded by itself",
)
ACCEPTANCE_LADDER = Ladder(
    name="acceptance-ladder",
    title="Ladder of actions to be accepted",
    rungs=(Rung("due+7", 7, CHAIR_OR_MANAGER, every=7),),
    authority=f"{BY_CUSTOM}, counted from the day an action was submitted",
)
"""Its submission itself is told as news; whoever decides is told again every week while it waits."""

STATUTORY_LADDER = Ladder(
    name="statutory-ladder",
    title="Ladder of binding clocks",
    rungs=(Rung("due-3", -3, MANAGER), Rung("due", 0, MANAGER), Rung("due+1", 1, MANAGER | CHAIR | PARTNERS)),
    authority=f"{BY_CUSTOM}: law and guidance bind the date, not who is reminded of it",
)
LONG_LADDER = Ladder(
    name="long-ladder",
    title="Ladder of binding clocks of months",
    rungs=(
        Rung("due-30", -30, MANAGER),
        Rung("due-7", -7, MANAGER),
        Rung("due", 0, MANAGER),
        Rung("due+1", 1, MANAGER | CHAIR | PARTNERS),
    ),
    authority=f"{BY_CUSTOM}: three days are no help with what takes months",
)
"""`SAFEGUARDING_PARTNER` is every partner, as they share the duty."""


def _by_name(*ladders: Ladder) -> Mapping[str, Ladder]:
    return {ladder.name: ladder for ladder in ladders}


POLICIES = _by_name(CALENDAR_LADDER, WORKING_DAY_LADDER)
"""Ladders that a partnership may choose for its actions."""
CLOCK_LADDERS = _by_name(RETURN_LADDER, HOLD_LADDER, CHECK_LADDER, ANSWER_LADDER, STATUTORY_LADDER, LONG_LADDER)
"""Ladders that a deadline may name, in its definition or by a local rule."""
LADDERS: Mapping[str, Ladder] = {**POLICIES, **CLOCK_LADDERS}
