"""The built-in reminder ladders: their rungs, recipients and days."""

import pytest

from workflows.catalogue import BUILT_IN
from workflows.checks import ladder_faults, policy_faults
from workflows.core.ladders import recipients_in_words, rung_words
from workflows.core.vocabulary import Ladder, Rank, Role, Rung
from workflows.definitions import WORKFLOWS
from workflows.definitions.shared.ladder_policies import (
    CALENDAR_LADDER,
    CLOCK_LADDERS,
    LADDERS,
    POLICIES,
    RETURN_LADDER,
    WORKING_DAY_LADDER,
)


def test_the_calendar_ladder_has_the_rungs_of_the_field() -> None:
    rungs = {rung.name: (rung.days, set(rung.tells)) for rung in CALENDAR_LADDER.rungs}
    assert rungs == {
        "due-30": (-30, {Role.ACTION_OWNER}),
        "due-7": (-7, {Role.ACTION_OWNER}),
        "due": (0, {Role.ACTION_OWNER}),
        "due+1": (1, {Role.ACTION_OWNER, Role.AGENCY_LEAD}),
        "due+14": (14, {Role.ACTION_OWNER, Role.AGENCY_LEAD, Role.BUSINESS_MANAGER}),
        "due+28": (28, {Role.ACTION_OWNER}),
        "due+60": (60, {Role.SAFEGUARDING_PARTNER, Role.SUBGROUP_CHAIR, Role.INDEPENDENT_CHAIR}),
    }


def test_a_ladder_is_found_by_its_name() -> None:
    assert LADDERS["calendar-ladder"] is CALENDAR_LADDER
    assert all(name == ladder.name for name, ladder in LADDERS.items())


def test_the_action_climbs_either_policy() -> None:
    assert WORKFLOWS["action"].ladders == (CALENDAR_LADDER, WORKING_DAY_LADDER)
    assert list(POLICIES) == ["calendar-ladder", "working-day-ladder"]


def test_every_built_in_ladder_is_sound() -> None:
    assert [fault for ladder in LADDERS.values() for fault in ladder_faults(ladder)] == []
    assert [fault for ladder in POLICIES.values() for fault in policy_faults(ladder)] == []


OWNER = frozenset({Role.ACTION_OWNER})


@pytest.mark.parametrize(
    ("rungs", "fault"),
    [
        ((), "must have rungs"),
        ((Rung("due", 0, OWNER),), "tells nobody once an action is late"),
        ((Rung("due", 0, OWNER), Rung("late+1wd", 1, OWNER, working=True)), "some rungs in working days and some"),
        (
            (Rung("due-7", -7, OWNER, every=2), Rung("due+1", 1, OWNER)),
            "repeats: only a rung after the due date may repeat",
        ),
        ((Rung("due+1", 1, frozenset()),), "tells nobody, or an unknown role"),
        ((Rung("late", 1, OWNER),), "rung late of own is not named after its day"),
        ((Rung("due+401", 401, OWNER),), "further than 400 days away"),
        (tuple(Rung(f"due+{n}", n, OWNER) for n in range(1, 22)), "more than 20 rungs"),
    ],
)
def test_an_own_policy_that_is_not_sound_is_told_why(rungs: tuple[Rung, ...], fault: str) -> None:
    assert any(fault in each for each in policy_faults(Ladder("own", "Own", rungs, "")))


def test_a_rung_may_tell_the_deputy_alone() -> None:
    rung = Rung("due+1", 1, frozenset(), deputy=True)
    assert list(policy_faults(Ladder("own", "Own", (rung,), ""))) == []
    assert recipients_in_words(rung) == "deputy"


@pytest.mark.parametrize(
    ("rung", "words"),
    [
        (Rung("due-30", -30, OWNER), "30 days before the date"),
        (Rung("due", 0, OWNER), "on the day"),
        (Rung("due", 0, OWNER, working=True), "on the day, or the working day before"),
        (Rung("late+1wd", 1, OWNER, working=True, every=5), "1 working day after the date, then every 5 working days"),
        (Rung("due+7", 7, OWNER, every=1), "7 days after the date, then every day"),
    ],
)
def test_a_rung_is_said_in_words(rung: Rung, words: str) -> None:
    assert rung_words(rung) == words


def test_those_who_are_told_are_named_with_the_owner_first() -> None:
    assert recipients_in_words(CALENDAR_LADDER.rungs[3]) == "owner and agency lead"
    assert (
        recipients_in_words(CALENDAR_LADDER.rungs[6])
        == "chair of the subgroup, independent chair and safeguarding partner"
    )


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
