"""The workflow of a strategy plan, from draft to closure."""

import pytest

from tests.workflows.walking import Walk, answers_to, the_step
from workflows.core.engine import NotReady
from workflows.definitions.strategy_plan import STRATEGY_PLAN


def walked(*steps: str) -> Walk:
    walk = Walk(STRATEGY_PLAN, known={"plan_actions": 4})
    for step in steps:
        walk.take(step)
    return walk


def test_a_plan_is_adopted_monitored_refreshed_replaced_and_closed() -> None:
    walk = walked()
    steps = ("draft", "adopt", "monitor", "report", "refresh", "resume", "supersede", "close")
    assert [walk.take(step) for step in steps] == [
        *("draft", "adopted", "monitoring", "monitoring", "refreshed", "monitoring", "superseded", "closed")
    ]


def test_drafting_asks_nothing_that_a_tracker_on_paper_does_not_say() -> None:
    step = the_step(STRATEGY_PLAN, "draft")
    assert answers_to(step, walked().on) == {}


def test_an_empty_plan_is_not_adopted() -> None:
    walk = walked("draft")
    walk.known["plan_actions"] = 0
    with pytest.raises(NotReady, match="at least one action"):
        walk.take("adopt")


def test_a_plan_with_open_actions_is_not_closed() -> None:
    walk = walked("draft", "adopt", "monitor")
    walk.known["open_actions"] = ("SP-2025-01/R1/A1",)
    with pytest.raises(NotReady):
        walk.take("close")


def test_a_draft_may_be_given_up() -> None:
    assert walked("draft").take("abandon") == "closed"
