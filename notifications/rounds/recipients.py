"""Who hears in the place of somebody who is away, has left, or whose mail comes back?

Each hears once a rung: the ledger counts for who is written to, so a deputy begins where the action stands, and who is
back is told of the rung that was reached meanwhile. What is known for child death review stays with those who work on
it, also here: no lead and no business manager stands in there.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from notifications.rounds.snapshot import ActionLine, ClockLine, Standing
from workflows.core.vocabulary import Realm, Role

OWNER_LEFT = "its owner has left"


@dataclass(frozen=True, slots=True)
class Heard:
    """Under which role somebody hears, and why they do where it was another's to hear."""

    role: Role
    why: str = ""


Hearers: TypeAlias = Mapping[int, Heard]
THEMSELF = {role: Heard(role) for role in Role}


def hearers_of_action(standing: Standing, action: ActionLine, role: Role, people: Collection[int]) -> dict[int, Heard]:
    """Give who hears where these people of a role would: a deputy, or who looks after what nobody answers."""
    heard: dict[int, Heard] = {}
    for person_id in people:
        if is_there(standing, person_id):
            _add(heard, {person_id: THEMSELF[role]})
        else:
            _add(heard, _in_place_of(standing, action, role, person_id))
    return heard


def hearers_of_clock(standing: Standing, clock: ClockLine, role: Role, people: Collection[int]) -> dict[int, Heard]:
    """Give who hears of a clock: nobody's absence silences it, so the person hears as well as the deputy.

    Where mail comes back from everybody with the role, it is for the business manager, or the CDOP manager.
    """
    heard: dict[int, Heard] = {}
    for person_id in people:
        if person_id not in standing.quiet.unreachable:
            _add(heard, {person_id: THEMSELF[role]})
            _add(heard, _deputy_for_clock(standing, clock, role, person_id))
    if people and not heard:
        manager = Role.CDOP_MANAGER if clock.realm is Realm.CHILD_DEATHS else Role.BUSINESS_MANAGER
        _add(heard, _first_there(standing, [(manager, standing.people.all_with(manager))], _comes_back(role)))
    return heard


def managers_there(standing: Standing) -> set[int]:
    """Give the business managers who read their mail today, or where all are away those who can read it later."""
    managers = standing.people.all_with(Role.BUSINESS_MANAGER)
    return {*_first_there(standing, [(Role.BUSINESS_MANAGER, managers)], "")}


def resting_until(standing: Standing, action: ActionLine, person_id: int) -> date | None:
    """Give the day until which what the owner hears rests, for the owner or for who stands in; None where it does not.

    The rest an owner asked for ends with their leaving.
    """
    whose = [person_id]
    if action.owner_id is not None and action.owner_id in standing.people:
        whose.append(action.owner_id)
    days = (standing.quiet.resting.get((action.id, each, action.due_on)) for each in whose)
    return max((day for day in days if day is not None), default=None)


def is_there(standing: Standing, person_id: int) -> bool:
    """Whether somebody may be written to and reads it today."""
    quiet = standing.quiet
    return person_id in standing.people and person_id not in quiet.unreachable and person_id not in quiet.away


def _in_place_of(standing: Standing, action: ActionLine, role: Role, person_id: int) -> dict[int, Heard]:
    if person_id not in standing.people:
        return _keepers(standing, action, OWNER_LEFT)
    if person_id in standing.quiet.unreachable:
        return _keepers(standing, action, _comes_back(role))
    away, why = standing.quiet.away[person_id], _away_words(standing, person_id)
    if is_there(standing, away.deputy_id) and standing.people.works_in(away.deputy_id, action.realm):
        return {away.deputy_id: Heard(role, why)}
    return _keepers(standing, action, why)


def _keepers(standing: Standing, action: ActionLine, why: str) -> dict[int, Heard]:
    """Give who looks after an action whose owner cannot: the lead of its agency, else the business manager."""
    if action.realm is Realm.CHILD_DEATHS:
        return _first_there(standing, [(Role.CDOP_MANAGER, standing.people.all_with(Role.CDOP_MANAGER))], why)
    leads = standing.people.holding(Role.AGENCY_LEAD, owner_id=None, agency_id=action.agency_id)
    managers = standing.people.all_with(Role.BUSINESS_MANAGER)
    return _first_there(standing, [(Role.AGENCY_LEAD, leads), (Role.BUSINESS_MANAGER, managers)], why)


def _first_there(standing: Standing, groups: Iterable[tuple[Role, Iterable[int]]], why: str) -> dict[int, Heard]:
    """Give those of the first group in which anybody is there; who is only away is better than nobody."""
    can_read = [(role, [each for each in ids if each not in standing.quiet.unreachable]) for role, ids in groups]
    here = [(role, [each for each in ids if is_there(standing, each)]) for role, ids in can_read]
    role, ids = next(((role, ids) for role, ids in [*here, *can_read] if ids), (Role.BUSINESS_MANAGER, []))
    return {person_id: Heard(role, why) for person_id in ids}


def _deputy_for_clock(standing: Standing, clock: ClockLine, role: Role, person_id: int) -> dict[int, Heard]:
    """A deputy hears of a clock where they see its case: the whole realm, or what their own agency was asked for."""
    away = standing.quiet.away.get(person_id)
    if away is None or not is_there(standing, away.deputy_id):
        return {}
    asked = clock.agency_id is not None and away.deputy_id in standing.people.all_with(
        Role.AGENCY_LEAD, clock.agency_id
    )
    if not asked and not standing.people.sees_all_of(away.deputy_id, clock.realm):
        return {}
    return {away.deputy_id: Heard(role, _away_words(standing, person_id))}


def _add(heard: dict[int, Heard], more: Hearers) -> None:
    """Who hears both for themself and for another hears once, and is told why."""
    for person_id, each in more.items():
        known = heard.get(person_id)
        heard[person_id] = each if known is None else replace(known, why=known.why or each.why)


def _comes_back(role: Role) -> str:
    whom = "its owner" if role is Role.ACTION_OWNER else f"the {role.in_sentence}"
    return f"mail to {whom} comes back"


def _away_words(standing: Standing, person_id: int) -> str:
    until_on = standing.quiet.away[person_id].until_on
    return f"for {standing.recipients[person_id].name}, who is away until {until_on:%-d %B %Y}"
