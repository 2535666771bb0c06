"""Which cases do the invented partnerships have?"""

from collections.abc import Sequence

from reviews.models import Case, CasePerson
from reviews.seeds.other_stories import JOINT, OLD_REVIEW, OLD_REVIEW_ON, OTHERS, TAKEN_IN, Story, taken_into
from reviews.seeds.people import Place
from reviews.seeds.stories import CHILD_DEATHS, PRACTICE_REVIEWS, RAPID_REVIEWS
from reviews.seeds.town import Town
from workflows.vocabulary import Role

WITH_ACTIONS = frozenset({"sign_off", "panel_response", "confirm_no_further_review", "raise_actions"})
"""Cases whose story ends with one of these steps have actions of their own, practice reviews with a plan as well."""
SOME = slice(None, None, 4)
"""The smaller partnership has every fourth case."""


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
