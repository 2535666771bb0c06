"""Loads the demonstration data: partnerships, people, cases and plans."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from reviews.access.permissions import system
from reviews.cases.case_access import exclude, grant
from reviews.core.clock import Clock
from reviews.core.db import Database
from reviews.demo.history_writer import HistoryWriter
from reviews.demo.people import PARTNERSHIPS, InventedPartnership, seed_people
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
from reviews.files.store import StoreFile
from reviews.models import Case, Partnership, RightKind
from reviews.transactions.unit_of_work import unit_of_work
from workflows.core.vocabulary import REVIEWER, REVIEWER_UNTIL, Role

WITH_ACTIONS = frozenset({"sign_off", "panel_response", "confirm_no_further_review", "raise_actions"})
"""Cases whose last step is one of these have actions, as have practice reviews with a plan."""
SOME = slice(None, None, 4)
"""The smaller partnership has every fourth case."""


def seed(database: Database, clock: Clock, *, password_hash: str, store_file: StoreFile | None = None) -> bool:
    """Load the data in one transaction, dated back from today. Returns False when there is data already.

    `store_file` stores a file of evidence; without it, no evidence is a file.
    """
    with unit_of_work(database, system("demonstration"), clock) as unit:
        if unit.session.scalar(sa.select(Partnership.id).limit(1)) is not None:
            return False
        for invented in PARTNERSHIPS:
            writer = HistoryWriter(unit, seed_people(unit, invented, password_hash=password_hash))
            seed_cases(writer, invented)
            seed_plans(writer, invented, store_file)
    return True


def seed_cases(writer: HistoryWriter, invented: InventedPartnership) -> None:
    part = slice(None) if invented.is_large else SOME
    for number, (title, days_ago, story) in enumerate(RAPID_REVIEWS[part]):
        case = writer.write_case(
            "rapid_review", story, days_ago=days_ago, title=title, pseudonym=f"Child {chr(65 + number)}"
        )
        if story[-1][0] in WITH_ACTIONS:
            writer.plans.append((case, ""))
    for number, (days_ago, story) in enumerate(CHILD_DEATHS[part]):
        case = writer.write_case("cdop_case", story, days_ago=days_ago, title="", pseudonym=f"Child {number + 1}")
        if story[-1][0] in WITH_ACTIONS:
            writer.plans.append((case, ""))
    for title, days_ago, story, plan in PRACTICE_REVIEWS[part]:
        case = writer.write_case("lcspr", story, days_ago=days_ago, title=title, pseudonym="")
        if plan:
            writer.plans.append((case, plan))
    _seed_others(writer, invented)
    _give_to_reviewer(writer, [case for case, plan in writer.plans if plan == "draft_plan"])
    if invented.is_large:
        _give_rights(writer, writer.plans[1][0])


def _give_rights(writer: HistoryWriter, case: Case) -> None:
    """Let a councillor read one review for a time, and hide it from the independent chair, who knows the family."""
    councillor, chair = (writer.people.by_role[role] for role in (Role.SCRUTINY_MEMBER, Role.INDEPENDENT_CHAIR))
    until, why = writer.today + timedelta(days=60), "Prepares the scrutiny of this review."
    grant(writer.unit, case, email=councillor.email, right=RightKind.READ, until=until, reason=why)
    exclude(writer.unit, case, email=chair.email, reason="Was a governor of the school of this family.")


def _seed_others(writer: HistoryWriter, invented: InventedPartnership) -> None:
    for story in OTHERS if invented.is_large else OTHERS[SOME]:
        case = _write_story(writer, story)
        if story.then:
            writer.monitored.append((case, story.then))
    if invented.is_large:
        joint = _write_story(writer, JOINT)
        for title, days_ago in TAKEN_IN:
            writer.write_case(
                "rapid_review", taken_into(joint.reference), days_ago=days_ago, title=title, pseudonym="Child Z"
            )
        age = (writer.today - OLD_REVIEW_ON).days
        writer.write_case("scr_legacy", OLD_REVIEW, days_ago=age, title="Neglect in a large family", pseudonym="")


def _write_story(writer: HistoryWriter, story: Story) -> Case:
    return writer.write_case(story.workflow, story.steps, days_ago=story.days_ago, title=story.title, pseudonym="")


def _give_to_reviewer(writer: HistoryWriter, cases: Sequence[Case]) -> None:
    reviewer = writer.people.by_role[Role.LEAD_REVIEWER]
    for case in cases[:1]:
        until = writer.today + timedelta(days=180)
        writer.take_step(case, "name_reviewer", writer.today, {REVIEWER: reviewer.email, REVIEWER_UNTIL: until})
