"""Which cases do the invented partnerships have?"""

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from reviews.access.permissions import system
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.demo.people import PLACES, Place, seed_people
from reviews.demo.plans import seed_plans
from reviews.demo.stories import (
    CHILD_DEATHS,
    JOINT,
    OLD_REVIEW,
    OLD_REVIEW_ON,
    OTHERS,
    PRACTICE_REVIEWS,
    RAPID_REVIEWS,
    TAKEN_IN,
    Story,
    taken_into,
)
from reviews.demo.town import Town
from reviews.models import Case, CasePerson, Partnership
from reviews.transactions.unit_of_work import unit_of_work
from workflows.core.vocabulary import Role

WITH_ACTIONS = frozenset({"sign_off", "panel_response", "confirm_no_further_review", "raise_actions"})
"""Cases whose story ends with one of these steps have actions of their own, practice reviews with a plan as well."""
SOME = slice(None, None, 4)
"""The smaller partnership has every fourth case."""


def seed(database: Database, clock: Clock, *, password_hash: str, files: Path | None = None) -> bool:
    """Load the invented data in one transaction, dated back from today; False when it is there already.

    `files` is the folder of the evidence: without it, none of it is a file.
    """
    with unit_of_work(database, system("demonstration"), clock) as unit:
        if unit.session.scalar(sa.select(Partnership.id).limit(1)) is not None:
            return False
        for place in PLACES:
            town = Town(unit, seed_people(unit, place, password_hash=password_hash))
            seed_cases(town, place)
            seed_plans(town, place, files)
    return True


def seed_cases(town: Town, place: Place) -> None:
    part = slice(None) if place.is_large else SOME
    for number, (title, days_ago, story) in enumerate(RAPID_REVIEWS[part]):
        case = town.tell("rapid_review", story, days_ago=days_ago, title=title, pseudonym=f"Child {chr(65 + number)}")
        if story[-1][0] in WITH_ACTIONS:
            town.plans.append((case, ""))
    for number, (days_ago, story) in enumerate(CHILD_DEATHS[part]):
        case = town.tell("cdop_case", story, days_ago=days_ago, title="", pseudonym=f"Child {number + 1}")
        if story[-1][0] in WITH_ACTIONS:
            town.plans.append((case, ""))
    for title, days_ago, story, plan in PRACTICE_REVIEWS[part]:
        case = town.tell("lcspr", story, days_ago=days_ago, title=title, pseudonym="")
        if plan:
            town.plans.append((case, plan))
    _seed_others(town, place)
    _give_to_reviewer(town, [case for case, plan in town.plans if plan == "draft_plan"])


def _seed_others(town: Town, place: Place) -> None:
    for story in OTHERS if place.is_large else OTHERS[SOME]:
        case = _tell(town, story)
        if story.then:
            town.monitored.append((case, story.then))
    if place.is_large:
        joint = _tell(town, JOINT)
        for title, days_ago in TAKEN_IN:
            town.tell("rapid_review", taken_into(joint.reference), days_ago=days_ago, title=title, pseudonym="Child Z")
        age = (town.today - OLD_REVIEW_ON).days
        town.tell("scr_legacy", OLD_REVIEW, days_ago=age, title="Neglect in a large family", pseudonym="")


def _tell(town: Town, story: Story) -> Case:
    return town.tell(story.workflow, story.told, days_ago=story.days_ago, title=story.title, pseudonym="")


def _give_to_reviewer(town: Town, cases: Sequence[Case]) -> None:
    reviewer = town.residents.by_role[Role.LEAD_REVIEWER]
    town.unit.session.add_all(CasePerson(case_id=case.id, person_id=reviewer.id, until_on=None) for case in cases[:1])
