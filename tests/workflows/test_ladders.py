"""Who is told, and on which day?"""

from workflows.catalogue import BUILT_IN
from workflows.definitions import LADDERS, WORKFLOWS
from workflows.definitions.ladders import CALENDAR_LADDER, CLOCK_LADDERS, POLICIES, RETURN_LADDER
from workflows.vocabulary import Ladder, Rank, Role


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


def test_an_agency_is_chased_on_its_own_ladder() -> None:
    rungs = {rung.name: (rung.days, set(rung.tells)) for rung in RETURN_LADDER.rungs}
    assert rungs == {
        "due-3": (-3, {Role.AGENCY_LEAD}),
        "due": (0, {Role.AGENCY_LEAD}),
        "due+1": (1, {Role.AGENCY_LEAD, Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN}),
        "due+3": (3, {Role.AGENCY_LEAD, Role.BUSINESS_MANAGER}),
        "due+7": (7, {Role.AGENCY_LEAD, Role.BUSINESS_MANAGER}),
    }


def test_every_binding_clock_has_a_ladder_that_tells_the_partners_once_it_is_late() -> None:
    """In every version that a case may run under, the earlier ones too."""
    versions = [workflow for known in BUILT_IN.versions.values() for workflow in known.values()]
    binding = [
        (workflow.name, workflow.version, deadline)
        for workflow in versions
        for deadline in workflow.deadlines
        if any(edition.rank is not Rank.LOCAL for edition in deadline.editions)
    ]
    silent = [
        (name, version, deadline.name)
        for name, version, deadline in binding
        if deadline.ladder is None or not _tells_when_late(deadline.ladder, Role.SAFEGUARDING_PARTNER)
    ]
    assert len(binding) > 10
    assert silent == []


def test_the_owner_of_an_action_is_on_no_ladder_of_a_clock() -> None:
    assert all(Role.ACTION_OWNER not in rung.tells for ladder in CLOCK_LADDERS.values() for rung in ladder.rungs)
    assert not POLICIES.keys() & CLOCK_LADDERS.keys()


def _tells_when_late(ladder: Ladder, role: Role) -> bool:
    return any(rung.days > 0 and role in rung.tells for rung in ladder.rungs)
