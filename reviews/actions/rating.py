"""Which colour does an action have today?"""

from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.core.db import written_out
from reviews.models import Action, PlanRules
from workflows.core.roles import Role
from workflows.definitions.action import OPEN, A

RATINGS = ("Red", "Amber", "Green", "Blue", "Grey")
BLUE = ("embedded", "closed_complete")
NOT_RATED = ("proposed", "agreed_no_date", "rejected", "superseded", "transferred", "no_longer_needed")
AMBER_DAYS = 14
LAST_GREEN_EXTENSION = 0
LAST_AMBER_EXTENSION = 2
AMBER_CHOICES = (7, 14, 21, 28, 42, 56)
CADENCE_CHOICES = (14, 30, 60, 90, 180)
"""What a plan may choose: fixed days, as the two databases reckon with days in different words."""
NEVER = 9999


@lru_cache(maxsize=8)
def rating(today: date) -> sa.ColumnElement[str]:
    """Work the colour out by the rule table of the plan: there is no national standard, so the words stand beside it.

    Blue: done and the evidence accepted. Grey: not due to start, no date yet, or dropped. Red: past due, or extended
    more than twice, or blocked without a plan. Amber: due within 14 days, extended, blocked with a plan, or where the
    plan asks for it not reported on for so long. Green: everything else.
    """
    is_open = Action.stage.in_(sorted(OPEN))
    table = sa.case(
        (Action.stage.in_(BLUE), "Blue"),
        (Action.stage.in_(NOT_RATED), "Grey"),
        (
            is_open
            & (
                (Action.due_on < today)
                | ((Action.stage == "blocked") & (Action.blocked_plan == ""))
                | (Action.times_extended > _of_plan("red_moves", LAST_AMBER_EXTENSION))
            ),
            "Red",
        ),
        (
            is_open
            & (
                _is_near(today)
                | (Action.times_extended > LAST_GREEN_EXTENSION)
                | (Action.stage == "blocked")
                | _is_silent(today)
            ),
            "Amber",
        ),
        else_="Green",
    )
    return written_out(table)


def because(colour: str, action: Action, *, rules: PlanRules | None, today: date) -> str:
    """Say which line of the table, with the rules of its plan, gave an action its colour."""
    stage = action.stage
    match colour:
        case "Blue":
            return "its impact was seen" if stage == A.EMBEDDED else "done and accepted"
        case "Grey":
            return {A.PROPOSED: "not agreed yet", A.AGREED_NO_DATE: "no date yet"}.get(A(stage), "not to be done")
        case "Red":
            return _pressing(action, rules, today)
        case "Amber":
            return _worrying(action, rules, today)
        case _:
            return _going_well(stage)


def chairs_word(actor: Actor) -> tuple[Any, Any]:
    """Give the columns of the chair's own colour and its reason: "" for whoever reads only what is published."""
    others = tuple(post for post in actor.posts if post.role is not Role.SCRUTINY_MEMBER)
    if len(others) == len(actor.posts):
        return Action.own_rating, Action.own_rating_reason
    seen = visible(replace(actor, posts=others), Action)
    return sa.case((seen, Action.own_rating), else_=""), sa.case((seen, Action.own_rating_reason), else_="")


def _of_plan(rule: str, usual: int) -> sa.ColumnElement[int]:
    """Give a number of the plan's own rules, or the usual one; looked up by key, for the actions that come to it."""
    this = sa.literal_column("actions.case_id", PlanRules.case_id.type)
    own = sa.select(getattr(PlanRules, rule)).where(PlanRules.case_id == this).scalar_subquery()
    return sa.func.coalesce(own, usual)


def _is_near(today: date) -> sa.ColumnElement[bool]:
    within = [(Action.due_on <= today + timedelta(days=days), days) for days in AMBER_CHOICES]
    return sa.case(*within, else_=NEVER) <= _of_plan("amber_days", AMBER_DAYS)


def _is_silent(today: date) -> sa.ColumnElement[bool]:
    """Whether the last report, or where there is none the day it was to begin, is longer ago than the plan allows."""
    last = sa.func.coalesce(Action.last_progress_on, Action.start_on)
    silent = [(last < today - timedelta(days=days), days) for days in reversed(CADENCE_CHOICES)]
    return sa.case(*silent, else_=0) >= _of_plan("cadence_days", NEVER)


def _pressing(action: Action, rules: PlanRules | None, today: date) -> str:
    most = LAST_AMBER_EXTENSION if rules is None or rules.red_moves is None else rules.red_moves
    reasons = (
        (action.due_on is not None and action.due_on < today, "past its due date"),
        (action.stage == A.BLOCKED and not action.blocked_plan, "blocked, and nothing is planned about it"),
        (action.times_extended > most, _moved_too_often(most)),
    )
    return ", ".join(words for holds, words in reasons if holds)


def _moved_too_often(most: int) -> str:
    if most == 0:
        return "extended"
    return f"extended more than {['once', 'twice'][most - 1] if most < 3 else f'{most} times'}"


def _worrying(action: Action, rules: PlanRules | None, today: date) -> str:
    near = rules.amber_days if rules and rules.amber_days else AMBER_DAYS
    cadence = rules.cadence_days if rules and rules.cadence_days else NEVER
    last, moved = action.last_progress_on or action.start_on, action.times_extended
    often = f"extended {['', 'once', 'twice'][moved] if moved < 3 else f'{moved} times'}"
    reasons = (
        (action.stage == A.BLOCKED, "blocked, with a plan"),
        (action.due_on is not None and action.due_on <= today + timedelta(days=near), f"due within {near} days"),
        (moved > LAST_GREEN_EXTENSION, often),
        (last is not None and last < today - timedelta(days=cadence), f"no report for {cadence} days"),
    )
    return ", ".join(words for holds, words in reasons if holds)


def _going_well(stage: str) -> str:
    return {A.SUBMITTED: "waiting for sign-off", A.AWAITING_IMPACT: "done, its impact still to be seen"}.get(
        A(stage), "on track"
    )
