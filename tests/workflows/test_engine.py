"""The engine moves, stays and refuses as the definition says."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import pytest

from workflows.core.engine import NotReady, Refused, WrongRole, WrongStage, _machine, take_step, why_not
from workflows.core.guard_registry import unless
from workflows.core.questions import Facts, Kind, Question
from workflows.core.vocabulary import BACK, UNOPENED, Guard, OnHold, Role, Step, Track

MANAGER = frozenset({Role.BUSINESS_MANAGER})
CHAIR = frozenset({Role.SUBGROUP_CHAIR})
NOTHING = Facts({})


class S(StrEnum):
    LOGGED = "logged"
    AGREED = "agreed"
    HELD = "held"
    CLOSED = "closed"


def _minute_missing(facts: Facts) -> Iterable[str]:
    return unless(not facts.is_yes("minuted"), "the minute")


def _letters_missing(facts: Facts) -> Iterable[str]:
    return [f"the letter of {agency}" for agency in facts.names("silent")]


MINUTED = Guard("minuted", "It must be minuted.", frozenset({"minuted"}), _minute_missing)
LETTERS_IN = Guard("letters_in", "Every letter must be in.", frozenset({"silent"}), _letters_missing)

OPEN = Step("open", "Open", (UNOPENED,), S.LOGGED, MANAGER)
NOTE = Step("note", "Add a note", (S.LOGGED, S.AGREED), "", MANAGER)
AGREE = Step(
    "agree",
    "Agree",
    (S.LOGGED,),
    S.AGREED,
    CHAIR,
    (LETTERS_IN, MINUTED),
    (Question("minuted", "Minuted", Kind.YES_NO),),
)
CLOSE = Step("return", "Close", (S.AGREED,), S.CLOSED, CHAIR)
TRACK = Track("paper", "Paper", S, S.LOGGED, frozenset({S.CLOSED}), (OPEN, NOTE, AGREE, CLOSE))


def test_the_opening_step_leads_from_nowhere_to_the_first_stage() -> None:
    assert take_step(TRACK, OPEN, stage=UNOPENED, facts=NOTHING, roles=MANAGER) == "logged"


def test_an_open_case_is_not_opened_again() -> None:
    with pytest.raises(WrongStage):
        take_step(TRACK, OPEN, stage="logged", facts=NOTHING, roles=MANAGER)


def test_a_stage_read_from_storage_is_as_good_as_the_defined_one() -> None:
    ready = Facts({"minuted": True})
    stored, defined = "logged", S.LOGGED
    assert take_step(TRACK, AGREE, stage=stored, facts=ready, roles=CHAIR) == "agreed"
    assert take_step(TRACK, AGREE, stage=defined, facts=ready, roles=CHAIR) == "agreed"


def test_the_new_stage_is_plain_text() -> None:
    assert type(take_step(TRACK, CLOSE, stage="agreed", facts=NOTHING, roles=CHAIR)) is str


@pytest.mark.parametrize("stage", ["logged", "agreed"])
def test_a_self_step_leaves_the_stage_as_it_is(stage: str) -> None:
    assert take_step(TRACK, NOTE, stage=stage, facts=NOTHING, roles=MANAGER) == stage


def test_a_step_from_another_stage_is_refused_with_both_stages_named() -> None:
    with pytest.raises(WrongStage, match="“Close” is a step from agreed; the paper is at logged"):
        take_step(TRACK, CLOSE, stage="logged", facts=NOTHING, roles=CHAIR)


def test_a_step_of_somebody_else_is_refused_and_says_whose_it_is() -> None:
    with pytest.raises(WrongRole, match="It can be recorded by: subgroup chair"):
        take_step(TRACK, CLOSE, stage="agreed", facts=NOTHING, roles=MANAGER)


def test_somebody_without_a_role_may_take_no_step() -> None:
    with pytest.raises(WrongRole):
        take_step(TRACK, NOTE, stage="agreed", facts=NOTHING, roles=frozenset())


def test_the_system_may_take_any_step() -> None:
    assert take_step(TRACK, CLOSE, stage="agreed", facts=NOTHING, roles=None) == "closed"


def test_the_system_passes_no_guard_that_holds_others() -> None:
    with pytest.raises(NotReady):
        take_step(TRACK, AGREE, stage="logged", facts=NOTHING, roles=None)


def test_a_step_that_is_not_ready_says_every_sentence_and_lists_everything_missing() -> None:
    facts = Facts({"silent": ("the police", "the school"), "minuted": False})
    with pytest.raises(NotReady) as refusal:
        take_step(TRACK, AGREE, stage="logged", facts=facts, roles=CHAIR)
    assert refusal.value.sentence == "Every letter must be in. It must be minuted."
    assert refusal.value.missing == ("the letter of the police", "the letter of the school", "the minute")


def test_only_the_guards_that_hold_are_spoken_of() -> None:
    facts = Facts({"silent": ("the police",), "minuted": True})
    with pytest.raises(NotReady) as refusal:
        take_step(TRACK, AGREE, stage="logged", facts=facts, roles=CHAIR)
    assert refusal.value.sentence == "Every letter must be in."


def test_the_stage_is_looked_at_before_the_role_and_the_role_before_the_guards() -> None:
    assert isinstance(why_not(TRACK, AGREE, stage="agreed", facts=NOTHING, roles=MANAGER), WrongStage)
    assert isinstance(why_not(TRACK, AGREE, stage="logged", facts=NOTHING, roles=MANAGER), WrongRole)


def test_a_step_is_open_although_its_own_question_is_not_answered_yet() -> None:
    assert why_not(TRACK, AGREE, stage="logged", facts=NOTHING, roles=CHAIR) is None


def test_a_step_is_not_open_while_something_it_does_not_ask_about_is_missing() -> None:
    refusal = why_not(TRACK, AGREE, stage="logged", facts=Facts({"silent": ("the police",)}), roles=CHAIR)
    assert isinstance(refusal, NotReady)
    assert refusal.missing == ("the letter of the police",)


def test_a_step_waits_for_what_runs_beside_the_case_and_others_do_not() -> None:
    beside = Facts({"minuted": True}, blocked={"agree": ("the inquest",)})
    for facts in (beside, Facts({}, blocked={"agree": ("the inquest",)})):
        refusal = why_not(TRACK, AGREE, stage="logged", facts=facts, roles=CHAIR)
        assert isinstance(refusal, NotReady)
        assert (refusal.sentence, refusal.missing) == (
            f"“{AGREE.title}” must wait for a parallel process.",
            ("the end of the inquest",),
        )
    with pytest.raises(NotReady, match="must wait for a parallel process"):
        take_step(TRACK, AGREE, stage="logged", facts=beside, roles=None)
    assert take_step(TRACK, NOTE, stage="logged", facts=beside, roles=MANAGER) == "logged"


class Counted:
    """A guard that counts how often it is asked."""

    def __init__(self, name: str, reads: str, missing: str = "") -> None:
        self.asked, self.missing = 0, missing
        self.guard = Guard(name, f"{name} must hold.", frozenset({reads}), self.ask)

    def ask(self, facts: Facts) -> Iterable[str]:
        self.asked += 1
        return unless(bool(self.missing), self.missing)


def counted_track(*guards: Counted) -> tuple[Track, Step]:
    form = (Question("minuted", "Minuted", Kind.YES_NO),)
    step = Step("agree", "Agree", (S.LOGGED,), S.AGREED, CHAIR, tuple(each.guard for each in guards), form)
    return Track("paper", "Paper", S, S.LOGGED, frozenset({S.CLOSED}), (OPEN, step)), step


def test_a_step_that_is_taken_asks_each_guard_once() -> None:
    guards = Counted("first", "silent"), Counted("second", "minuted")
    track, step = counted_track(*guards)
    assert take_step(track, step, stage="logged", facts=NOTHING, roles=CHAIR) == "agreed"
    assert [each.asked for each in guards] == [1, 1]


def test_a_step_that_is_refused_asks_each_guard_once() -> None:
    guards = (
        Counted("first", "silent", "a letter"),
        Counted("second", "silent"),
        Counted("third", "minuted", "a minute"),
    )
    track, step = counted_track(*guards)
    with pytest.raises(NotReady) as refusal:
        take_step(track, step, stage="logged", facts=NOTHING, roles=CHAIR)
    assert refusal.value.missing == ("a letter", "a minute")
    assert [each.asked for each in guards] == [1, 1, 1]


def test_a_step_of_another_stage_or_somebody_else_asks_no_guard() -> None:
    counted = Counted("first", "silent")
    track, step = counted_track(counted)
    for stage, roles in (("agreed", CHAIR), ("logged", MANAGER)):
        assert why_not(track, step, stage=stage, facts=NOTHING, roles=roles) is not None
        with pytest.raises(Refused):
            take_step(track, step, stage=stage, facts=NOTHING, roles=roles)
    assert counted.asked == 0


def test_before_its_form_is_filled_in_a_step_asks_each_guard_once_but_those_of_the_form() -> None:
    guards = Counted("first", "silent", "a letter"), Counted("second", "silent"), Counted("of the form", "minuted")
    track, step = counted_track(*guards)
    refusal = why_not(track, step, stage="logged", facts=NOTHING, roles=CHAIR)
    assert refusal is not None
    assert refusal.missing == ("a letter",)
    assert [each.asked for each in guards] == [1, 1, 0]


HOLD = Step("hold", "Hold", (S.LOGGED, S.AGREED), S.HELD, CHAIR, hold=OnHold.START)
LIFT = Step("lift", "Lift the hold", (S.HELD,), BACK, CHAIR, hold=OnHold.LIFT)
HELD_TRACK = Track("paper", "Paper", S, S.LOGGED, frozenset({S.CLOSED}), (OPEN, AGREE, HOLD, LIFT))


@pytest.mark.parametrize("before", ["logged", "agreed"])
def test_lifting_a_hold_leads_back_to_the_stage_before_it(before: str) -> None:
    facts = Facts({}, held_at={"paper": before})
    assert take_step(HELD_TRACK, LIFT, stage="held", facts=facts, roles=CHAIR) == before


@pytest.mark.parametrize("held_at", [{}, {"plan": "logged"}, {"paper": "gone"}])
def test_a_hold_is_not_lifted_while_nobody_knows_where_it_leads_back_to(held_at: dict[str, str]) -> None:
    facts = Facts({}, held_at=held_at)
    with pytest.raises(WrongStage, match="“Lift the hold” leads back to where the paper was, which is not known"):
        take_step(HELD_TRACK, LIFT, stage="held", facts=facts, roles=CHAIR)
    with pytest.raises(WrongRole):
        take_step(HELD_TRACK, LIFT, stage="held", facts=facts, roles=MANAGER)
    assert why_not(HELD_TRACK, LIFT, stage="held", facts=facts, roles=CHAIR) is None


def test_a_stage_that_the_track_does_not_have_is_refused() -> None:
    with pytest.raises(WrongStage):
        take_step(TRACK, NOTE, stage="elsewhere", facts=NOTHING, roles=MANAGER)
    assert isinstance(why_not(TRACK, NOTE, stage="elsewhere", facts=NOTHING, roles=MANAGER), WrongStage)


def test_the_machine_of_a_track_is_built_once_and_keeps_no_case() -> None:
    take_step(TRACK, NOTE, stage="logged", facts=NOTHING, roles=MANAGER)
    machine = _machine(TRACK)
    take_step(TRACK, CLOSE, stage="agreed", facts=NOTHING, roles=CHAIR)
    assert _machine(TRACK) is machine
    assert machine.models == []


def test_nothing_is_left_of_one_case_when_the_next_one_moves() -> None:
    ready = Facts({"minuted": True})
    first = take_step(TRACK, AGREE, stage="logged", facts=ready, roles=CHAIR)
    second = take_step(TRACK, NOTE, stage="logged", facts=ready, roles=MANAGER)
    assert (first, second) == ("agreed", "logged")


def test_only_the_engine_imports_the_state_machine_library() -> None:
    root = Path(__file__).parents[2]
    sources = [
        path for package in ("workflows", "reviews", "notifications", "web") for path in root.glob(f"{package}/**/*.py")
    ]
    users = [path.name for path in sources if "transitions import" in path.read_text(encoding="utf-8")]
    assert users == ["engine.py"]
