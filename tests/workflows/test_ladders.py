"""Who is told, and on which day?"""

from workflows.definitions import LADDERS, WORKFLOWS
from workflows.definitions.ladders import CALENDAR_LADDER
from workflows.vocabulary import Role


def test_the_calendar_ladder_has_the_rungs_of_the_field() -> None:
    rungs = {rung.name: (rung.days, set(rung.tells)) for rung in CALENDAR_LADDER.rungs}
    assert rungs == {
        "due-30": (-30, {Role.ACTION_OWNER}),
        "due-7": (-7, {Role.ACTION_OWNER}),
        "due": (0, {Role.ACTION_OWNER}),
        "due+1": (1, {Role.ACTION_OWNER, Role.AGENCY_LEAD}),
        "due+14": (14, {Role.AGENCY_LEAD, Role.BUSINESS_MANAGER}),
        "due+60": (60, {Role.SAFEGUARDING_PARTNER, Role.SUBGROUP_CHAIR, Role.INDEPENDENT_CHAIR}),
    }


def test_a_ladder_is_found_by_its_name() -> None:
    assert LADDERS["calendar-ladder"] is CALENDAR_LADDER
    assert all(name == ladder.name for name, ladder in LADDERS.items())


def test_the_action_climbs_the_calendar_ladder() -> None:
    assert WORKFLOWS["action"].ladders == (CALENDAR_LADDER,)
