"""Checks of workflow definitions that report each fault by name."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from enum import StrEnum

import pytest

from workflows.checks import Unsound, faults, require_sound
from workflows.core.questions import Facts, Kind, Question
from workflows.core.vocabulary import (
    BACK,
    JOINED,
    UNOPENED,
    Deadline,
    Edition,
    Guard,
    Ladder,
    Product,
    Rank,
    Realm,
    Role,
    Rung,
    Step,
    TimedMove,
    Track,
    Workflow,
)
from workflows.core.working_days import Period, Unit
from workflows.definitions import CASE_WORKFLOWS, WORKFLOWS
from workflows.guards.lcspr import reviewer_independent

MANAGER = frozenset({Role.BUSINESS_MANAGER})
WEEK = Edition(date(2018, 6, 29), Period(5, Unit.WORKING_DAYS), Rank.LOCAL, "Custom")


class S(StrEnum):
    LOGGED = "logged"
    READ = "read"
    FILED = "filed"


LOG = Step(
    "log",
    "Log",
    (UNOPENED,),
    S.LOGGED,
    MANAGER,
    questions=(Question("logged_by", "Who"), Question("seen_on", "Seen", Kind.DAY)),
)
READ = Step("read_it", "Read", (S.LOGGED,), S.READ, MANAGER)
FILE = Step("file_it", "File", (S.READ,), S.FILED, MANAGER)
JOINS = Question(JOINED, "Which")
AGENCIES = Question("asked", "Agencies", Kind.AGENCIES)
SOON = Deadline("soon", "Soon", counted_from="log", met_by=("read_it",), editions=(WEEK,))


def a_track(*steps: Step, settled: frozenset[str] = frozenset(), final: frozenset[str] = frozenset({S.FILED})) -> Track:
    return Track("paper", "Paper", S, S.LOGGED, final, steps or (LOG, READ, FILE), settled)


def a_workflow(
    *steps: Step, deadline: Deadline = SOON, ladders: tuple[Ladder, ...] = (), name: str = "paper"
) -> Workflow:
    track = a_track(*steps)
    return Workflow(name, "Paper", 1, date(2018, 6, 29), "P", Realm.REVIEWS, (track,), (deadline,), ladders)


def with_track(track: Track) -> Workflow:
    return replace(a_workflow(), tracks=(track,))


def nothing_missing(facts: Facts) -> Iterable[str]:
    return ()


def test_every_definition_of_the_product_is_sound() -> None:
    require_sound(WORKFLOWS.values())


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_each_definition_is_sound_by_itself(name: str) -> None:
    assert faults(WORKFLOWS[name]) == []


def test_the_case_workflows_are_all_but_the_action() -> None:
    assert set(WORKFLOWS) - set(CASE_WORKFLOWS) == {"action"}


def test_a_whole_definition_has_no_fault() -> None:
    assert faults(a_workflow()) == []


WHY = Question("reopened_reason", "Why", Kind.TEXT)
AGAIN = Step("again", "Again", (S.FILED,), BACK, MANAGER, questions=(WHY,))
CALL_OFF = Step(
    "call_off", "Call it off", (S.LOGGED,), S.FILED, MANAGER, questions=(Question("reason", "Why", Kind.TEXT),)
)
BY_ITSELF = TimedMove("soon", "call_off", "Nobody read it.", why="reason")


def reopened(step: Step) -> Workflow:
    return with_track(a_track(LOG, READ, FILE, step, final=frozenset(), settled=frozenset({S.FILED})))


def timed(move: TimedMove, step: Step = CALL_OFF, ended_by: tuple[str, ...] = ("call_off",)) -> Workflow:
    deadline = replace(SOON, ended_by=ended_by)
    return replace(a_workflow(LOG, READ, FILE, step, deadline=deadline), timed_moves=(move,))


def test_a_reopening_and_a_timed_move_are_sound() -> None:
    assert faults(reopened(AGAIN)) == []
    assert faults(timed(BY_ITSELF)) == []


@pytest.mark.parametrize(
    ("workflow", "fault"),
    [
        (reopened(replace(AGAIN, questions=())), "step again reopens a case without asking for reopened_reason."),
        (timed(replace(BY_ITSELF, deadline="late")), "a timed move waits for an unknown deadline, late."),
        (timed(replace(BY_ITSELF, step="burn")), "a timed move records an unknown step, burn."),
        (
            timed(BY_ITSELF, ended_by=()),
            "a timed move records call_off, which does not end the deadline soon (ended_by).",
        ),
        (
            timed(BY_ITSELF, replace(CALL_OFF, to="")),
            "a timed move records call_off, which must lead to another stage without a guard, a hold, or another case.",
        ),
        (timed(replace(BY_ITSELF, why="cause")), "a timed move answers cause, which call_off does not ask for."),
        (
            timed(BY_ITSELF, replace(CALL_OFF, questions=(*CALL_OFF.questions, Question("by_whom", "Who")))),
            "a timed move leaves by_whom of call_off unanswered.",
        ),
    ],
)
def test_a_fault_of_a_reopening_or_a_timed_move_names_it(workflow: Workflow, fault: str) -> None:
    assert f"paper: {fault}" in faults(workflow)


@pytest.mark.parametrize(
    ("workflow", "fault"),
    [
        (a_workflow(LOG, FILE), "stage filed of paper cannot be reached."),
        (a_workflow(LOG, READ), "stage read of paper is a dead end: no final or settled stage can be reached from it."),
        (
            a_workflow(LOG, READ, FILE, replace(READ, name="again", source=(S.FILED,))),
            "stage filed of paper is final, but a step leads on from it.",
        ),
        (
            a_workflow(LOG, READ, FILE, replace(READ, name="burn", to="burnt")),
            "step burn names an unknown stage, burnt.",
        ),
        (
            a_workflow(LOG, READ, FILE, replace(READ, name="burn", source=("lost",))),
            "step burn names an unknown stage, lost.",
        ),
        (with_track(a_track(final=frozenset({S.FILED, "lost"}))), "track paper has an unknown final stage, lost."),
        (with_track(a_track(settled=frozenset({"lost"}))), "track paper has an unknown settled stage, lost."),
        (a_workflow(READ, FILE, deadline=replace(SOON, counted_from="read_it")), "one step must open the case, not 0."),
        (a_workflow(LOG, replace(LOG, name="log_too"), READ, FILE), "one step must open the case, not 2."),
        (
            a_workflow(replace(LOG, to=S.READ), replace(READ, source=(S.READ,), to=S.LOGGED), FILE),
            "step log must lead to the initial stage of the first track.",
        ),
        (a_workflow(LOG, READ, replace(FILE, by=frozenset())), "no role may record step file_it."),
        (
            a_workflow(LOG, READ, replace(FILE, by=frozenset({"janitor"}))),  # type: ignore[arg-type]  # the fault itself
            "step file_it names an unknown role, janitor.",
        ),
        (
            a_workflow(LOG, READ, replace(FILE, only_if=(Guard("made_up", "Never.", frozenset(), nothing_missing),))),
            "step file_it waits on an unknown guard, made_up.",
        ),
        (
            a_workflow(LOG, READ, replace(FILE, only_if=(reviewer_independent,))),
            "guard reviewer_independent of step file_it reads reviewer_independent, which no step asks for.",
        ),
        (a_workflow(LOG, READ, READ, FILE), "two steps are named read_it."),
        (
            a_workflow(LOG, replace(READ, questions=(Question("logged_by", "Who", Kind.NUMBER),)), FILE),
            "fact logged_by is asked twice, with different kinds or choices.",
        ),
        (
            a_workflow(LOG, replace(READ, questions=(Question("note", "A"), Question("note", "B"))), FILE),
            "step read_it asks twice for note.",
        ),
        (
            a_workflow(LOG, replace(READ, questions=(Question("mood", "Mood", Kind.CHOICE),)), FILE),
            "fact mood is a choice without choices.",
        ),
        (a_workflow(LOG, replace(READ, questions=(Question("log", "Log"),)), FILE), "log is both a step and a fact."),
        (
            a_workflow(LOG, replace(READ, questions=(Question("owner", "Owner"),)), FILE),
            "fact owner is asked for, though the application works it out.",
        ),
        (a_workflow(LOG, READ, replace(FILE, opens="nowhere")), "step file_it opens an unknown workflow, nowhere."),
        (
            a_workflow(LOG, READ, replace(FILE, joins=("nothing",), questions=(JOINS,))),
            "step file_it joins an unknown workflow, nothing.",
        ),
        (
            a_workflow(LOG, READ, replace(FILE, joins=("cdop_case",), questions=(JOINS,))),
            "step file_it joins cdop_case, which is of another realm.",
        ),
        (
            a_workflow(LOG, READ, replace(FILE, joins=("lcspr",), questions=(replace(JOINS, required=False),))),
            "step file_it joins another case without asking for joined_reference.",
        ),
        (
            a_workflow(LOG, READ, replace(FILE, opens="lcspr")),
            "step file_it opens lcspr without asking for review_rationale.",
        ),
        (
            a_workflow(LOG, READ, replace(FILE, opens="parallel_process", for_each="nobody")),
            "step file_it has for_each nobody, which is not a fact of kind agencies that it asks for.",
        ),
        (
            a_workflow(LOG, READ, replace(FILE, opens="lcspr", for_each="asked", questions=(AGENCIES,))),
            "step file_it opens lcspr for each agency, which is not inside another case.",
        ),
        (
            a_workflow(LOG, READ, replace(FILE, opens="parallel_process")),
            "step file_it opens parallel_process, which is inside another case: it must be opened for each agency, "
            "by a case that is not inside one.",
        ),
        (
            a_workflow(LOG, READ, replace(FILE, questions=(replace(AGENCIES, kind=Kind.STEPS),))),
            "step file_it asks for steps, though this case is not inside another.",
        ),
        (a_workflow(deadline=replace(SOON, met_by=())), "deadline soon is met by no step of the workflow."),
        (a_workflow(deadline=replace(SOON, met_by=("burn_it",))), "deadline soon is met by no step of the workflow."),
        (
            a_workflow(deadline=replace(SOON, ended_by=("burn_it",))),
            "deadline soon names an unknown step, burn_it.",
        ),
        (
            a_workflow(deadline=replace(SOON, ended_by=("read_it",))),
            "deadline soon is both met and ended by read_it.",
        ),
        (
            a_workflow(deadline=replace(SOON, counted_from="logged_by")),
            "deadline soon is counted from logged_by, which is neither a step nor a day that is asked for.",
        ),
        (a_workflow(deadline=replace(SOON, editions=())), "deadline soon has no edition."),
        (
            a_workflow(deadline=replace(SOON, editions=(WEEK, replace(WEEK, authority="Other")))),
            "deadline soon has two editions from 2018-06-29.",
        ),
        (replace(a_workflow(), deadlines=(SOON, SOON)), "two deadlines are named soon."),
        (
            a_workflow(ladders=(Ladder("up", "Up", (Rung("late", 7, MANAGER), Rung("due", 0, MANAGER)), "Custom"),)),
            "ladder up must have rungs, each on a later day than the one before.",
        ),
        (
            a_workflow(ladders=(Ladder("up", "Up", (Rung("due", 0, MANAGER), Rung("due", 7, MANAGER)), "Custom"),)),
            "ladder up has two rungs named due.",
        ),
        (
            a_workflow(ladders=(Ladder("up", "Up", (Rung("due", 0, frozenset()),), "Custom"),)),
            "rung due of up tells nobody, or an unknown role.",
        ),
    ],
)
def test_a_fault_is_named(workflow: Workflow, fault: str) -> None:
    assert f"paper: {fault}" in faults(workflow)


def test_a_deadline_may_count_from_an_asked_day() -> None:
    assert faults(a_workflow(deadline=replace(SOON, counted_from="seen_on"))) == []


def test_a_step_may_join_a_case_that_is_named() -> None:
    assert faults(a_workflow(LOG, READ, replace(FILE, joins=("lcspr",), questions=(JOINS,)))) == []


def test_a_settled_stage_may_be_left_and_still_counts_as_an_end() -> None:
    again = replace(READ, name="again", source=(S.FILED,))
    track = a_track(LOG, READ, FILE, again, settled=frozenset({S.FILED}), final=frozenset())
    assert faults(with_track(track)) == []


def test_a_guard_of_the_same_name_as_a_known_one_is_not_taken_for_it() -> None:
    twin = Guard("evidence_there", "Never.", frozenset(), nothing_missing)
    found = faults(a_workflow(LOG, READ, replace(FILE, only_if=(twin,))))
    assert found == ["paper: step file_it waits on an unknown guard, evidence_there."]


def test_tracks_of_one_workflow_have_different_names() -> None:
    second = replace(a_track(READ, FILE))
    assert "paper: two tracks are named paper." in faults(replace(a_workflow(), tracks=(a_track(), second)))


def test_all_faults_of_all_workflows_are_told_at_once() -> None:
    broken = a_workflow(LOG, FILE)
    other = a_workflow(deadline=replace(SOON, editions=()), name="other")
    with pytest.raises(Unsound) as refusal:
        require_sound([broken, other])
    assert "paper: stage filed of paper cannot be reached." in refusal.value.faults
    assert "other: deadline soon has no edition." in refusal.value.faults
    assert "other: paper has the prefix P too." in refusal.value.faults
    assert "other: deadline soon has no edition." in str(refusal.value)


def test_two_workflows_do_not_share_a_name() -> None:
    with pytest.raises(Unsound, match="paper: two workflows have this name"):
        require_sound([a_workflow(), a_workflow()])


HEIGHT, WIDTH = (Question(name, name, Kind.NUMBER) for name in ("height", "width"))
MEASURE = Step("measure", "Measure", (S.LOGGED,), "", MANAGER, questions=(HEIGHT, WIDTH, Question("colour", "Colour")))
AREA = Product("area", "Area", ("height", "width"))


@pytest.mark.parametrize(
    ("product", "fault"),
    [
        (AREA, None),
        (replace(AREA, name="height"), "product height has the name of a fact."),
        (replace(AREA, name="open_actions"), "product open_actions has the name of a fact."),
        (replace(AREA, factors=("height",)), "product area must be of two or more numbers that one step asks for."),
        (
            replace(AREA, factors=("height", "colour")),
            "product area must be of two or more numbers that one step asks for.",
        ),
    ],
)
def test_a_product_is_of_numbers_that_one_step_asks_for(product: Product, fault: str | None) -> None:
    found = faults(replace(a_workflow(LOG, READ, FILE, MEASURE), products=(product,)))
    assert found == ([f"paper: {fault}"] if fault else [])


def test_a_product_is_not_there_while_a_factor_is_missing() -> None:
    assert (AREA.of({"height": 3, "width": 4}), AREA.of({"height": 3})) == (12, None)
