"""Who is reminded of an action, on which day before or after it is due?"""

from collections.abc import Mapping

from workflows.vocabulary import Ladder, Role, Rung

OWNER = frozenset({Role.ACTION_OWNER})
AGENCY = frozenset({Role.AGENCY_LEAD})
TOP = frozenset({Role.SAFEGUARDING_PARTNER, Role.SUBGROUP_CHAIR, Role.INDEPENDENT_CHAIR})

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
        Rung("due+14", 14, AGENCY | {Role.BUSINESS_MANAGER}),
        Rung("due+60", 60, TOP),
    ),
    authority="Local custom, in calendar days; the rungs tied to meetings of the subgroup and executive are not in it",
)
"""`AGENCY_LEAD` and `SAFEGUARDING_PARTNER` are those of the action's lead agency."""

LADDERS: Mapping[str, Ladder] = {CALENDAR_LADDER.name: CALENDAR_LADDER}
