"""Steps recorded in any order: the history always leads to the stage, and the clocks agree with it."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from reviews.actions.step_handlers import record_plain_step
from reviews.cases.corrections import correct_step
from reviews.cases.steps import take_case_step
from reviews.core.clock import LONDON
from reviews.core.db import Database
from reviews.models import Action, CaseFact, CaseHold, Event, EventKind
from reviews.recommendations.commands import answer_recommendation
from tests.builders import (
    AGENCIES,
    STATUTORY,
    TODAY,
    UNLIKE,
    a_case,
    a_partnership,
    a_person,
    a_process,
    a_recommendation,
    a_small_case,
    a_unit,
    an_action,
    an_agency,
    small_cases,
    take,
)
from tests.reviews.cases.second_reading import Ran, Taken, clocks, closed_on, replayed, since, trails
from workflows.core.engine import Refused
from workflows.core.questions import Kind, Question, Value
from workflows.core.vocabulary import JOINED, Role
from workflows.definitions import CASE_WORKFLOWS
from workflows.files.plain_data import as_data

FEW_WALKS, MANY_WALKS, STEPS = 1, 15, 36
NAMES = ("Anyshire Council", "Anyshire Police", "Anyshire Hospitals")
OPENED = date(2024, 2, 26)
FEW = {
    Kind.AGENCIES: [NAMES, NAMES[:1], NAMES[1:]],
    Kind.PARTNERS: [STATUTORY, STATUTORY, STATUTORY[:1]],
    Kind.STEPS: [(), ("transfer",)],
}
CORRECTED = "a step was corrected"
IN_FAVOUR = (*(True for _ in range(12)), False)


class AnyCase(RuleBasedStateMachine):
    """One case of a kind, to which anything happens. What is refused must have changed nothing."""

    kind = ""
    database: Callable[[], Session]
    seen: set[str]

    def __init__(self) -> None:
        super().__init__()
        self.workflow = CASE_WORKFLOWS[self.kind]
        self.data = as_data(self.workflow)
        self.session: Session = self.database()
        self.partnership = a_partnership(self.session)
        for word, agency_kind in AGENCIES.items():
            an_agency(self.session, self.partnership, f"Anyshire {word}", agency_kind)
        roles = (Role.LEAD_REVIEWER, Role.BUSINESS_MANAGER)
        self.people = [a_person(self.session, self.partnership, role).email for role in roles]
        joint = [
            a_case(self.session, self.partnership, kind, opened_on=OPENED) for kind in ("thematic_review", "lcspr")
        ]
        self.read: list[Taken] = []
        self.read_at = 0
        self.references = [*(case.reference for case in joint), "TR-1999-01"]

    @initialize(days=st.integers(0, 500))
    def open_it(self, days: int) -> None:
        self.on = min(OPENED + timedelta(days=days), self.workflow.last_opening_on or TODAY)
        begin = a_small_case if self.workflow.inside else a_case
        self.case = begin(self.session, self.partnership, self.kind, opened_on=self.on)
        self.session.flush()
        self.seen.update(track.stage for track in self.case.tracks)

    @rule(data=st.data(), days=st.lists(st.integers(0, 45), min_size=1, max_size=9))
    def take_steps_that_lead_on(self, data: st.DataObject, days: list[int]) -> None:
        self._lead_on(data, days)

    def _lead_on(self, data: st.DataObject, days: list[int]) -> None:
        for later in days:
            names = self._leading_on(ends=data.draw(st.integers(1, 6)) == 1)
            if names:
                self._take(data.draw(st.sampled_from(names)), self.on + timedelta(days=later), data)

    @rule(data=st.data(), days=st.integers(-30, 30))
    def take_any_step_on_any_day(self, data: st.DataObject, days: int) -> None:
        names = [step.name for step in self.workflow.steps if step is not self.workflow.opening]
        self._take(data.draw(st.sampled_from(names)), self.on + timedelta(days=days), data)

    @precondition(lambda self: any(step.hold for step in self.workflow.steps))
    @rule(data=st.data(), days=st.integers(-9, 9))
    def hold_or_let_go(self, data: st.DataObject, days: int) -> None:
        names = [step.name for step in self.workflow.steps if step.hold is not None]
        self._take(data.draw(st.sampled_from(names)), self.on + timedelta(days=days), data)

    @rule(data=st.data(), days=st.sampled_from([0, 0, 1, 2, 5, 30, -1, -2, -5, -30]))
    def correct_any_step(self, data: st.DataObject, days: int) -> None:
        """Give it another day, other answers or both, and go on; what was only moved keeps what was said."""
        event, holds = data.draw(st.sampled_from(self._steps_taken()))
        step = self.workflow.step(str(event.step))
        assert step is not None
        on, answers = holds.happened_on + timedelta(days=days), dict(self._given().get(holds.id, {}))
        if days == 0 or data.draw(st.booleans()):
            answers = {asked.name: data.draw(self._answers(asked, on)) for asked in step.questions}
        unit = a_unit(self.session)
        if self._attempt(
            lambda: correct_step(unit, self.case, event.id, happened_on=on, answers=answers, reason="A slip")
        ):
            self.seen.add(CORRECTED)
        self._lead_on(data, [3, 14, 30])

    @invariant()
    def nothing_runs_on_inside_a_case_that_is_over(self) -> None:
        if self.case.closed_on is not None:
            assert [small.reference for small in small_cases(self.session, self.case) if not small.closed_on] == []

    @precondition(lambda self: not self.workflow.inside)
    @rule(
        what=st.sampled_from(["add", "finish", "recommend", "recommend and answer", "run beside"]),
        blocked=st.integers(0, 99),
    )
    def change_the_plan(self, what: str, blocked: int) -> None:
        """Change what a guard looks at: the plan, or what runs beside the case and blocks one step for a while."""
        unit = a_unit(self.session)
        self._end_what_runs_beside()
        if what == "run beside":
            self._run_beside(self.workflow.steps[1 + blocked % (len(self.workflow.steps) - 1)].name)
        elif what == "add":
            an_action(self.session, self.case)
        elif what == "finish":
            for action in self.session.scalars(sa.select(Action).where(Action.case_id == self.case.id)):
                if action.ended_on is None:
                    record_plain_step(unit, action, "withdraw", answers={"dropped_reason": "words"}, happened_on=TODAY)
        else:
            made = a_recommendation(self.session, self.case)
            if "answer" in what:
                answer_recommendation(unit, self.case, made, response="accepted", reason="", by="Executive group")
        self.session.flush()

    @invariant()
    def every_stage_is_known_and_the_history_leads_to_it(self) -> None:
        stages = {track.name: track.stage for track in self.case.tracks}
        for track in self.data["tracks"]:
            assert stages[track["name"]] in track["stages"]
        assert stages == replayed(self.data, self.history())

    @invariant()
    def every_track_stands_there_since_the_day_that_holds(self) -> None:
        history = self.history()
        assert {track.name: track.since_on for track in self.case.tracks} == since(self.data, history)
        assert self.case.opened_on == history[0].on

    @invariant()
    def a_track_is_held_exactly_while_a_hold_runs_and_goes_back_to_where_it_was(self) -> None:
        been = trails(self.data, self.history())
        placing = {step.to for step in self.workflow.steps if step.hold == "place"}
        held = {track.name: been[track.name][-2] for track in self.case.tracks if track.stage in placing}
        assert {track.name: track.held_at for track in self.case.tracks if track.held_at} == held
        holds = self.session.scalars(sa.select(CaseHold).where(CaseHold.case_id == self.case.id)).all()
        assert {hold.track: hold.held_at for hold in holds if hold.lifted_on is None} == held

    @invariant()
    def the_case_is_closed_exactly_when_its_tracks_are(self) -> None:
        assert self.case.closed_on == closed_on(self.data, self.history())

    @invariant()
    def every_clock_stands_as_a_second_count_says(self) -> None:
        found = [
            Ran(
                clock.name,
                clock.counted_from_on,
                clock.due_on,
                "met" if clock.met_on else "dropped" if clock.dropped_on else "",
                clock.met_on or clock.dropped_on,
            )
            for clock in self.case.clocks
        ]
        counted = clocks(self.data, self.history())
        left = [ran for ran in found if ran not in counted]
        assert sorted((ran for ran in found if ran in counted), key=repr) == sorted(counted, key=repr)
        assert not left or CORRECTED in self.seen
        assert {ran.ended for ran in left} <= {"dropped"}

    def _end_what_runs_beside(self) -> None:
        for small in small_cases(self.session, self.case):
            if small.workflow == "parallel_process" and small.closed_on is None:
                take(self.session, small, "end")

    def _run_beside(self, blocked: str) -> None:
        if self.case.closed_on is None:
            a_process(self.session, self.case, blocked, on=max(self.on, self.case.opened_on))

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()

    def history(self) -> list[Taken]:
        """Read the history as it was corrected: the day and the answers of the latest row about each step."""
        events = self._events()
        if events != self.read_at:
            self.read, self.read_at = self._history(), events
        return self.read

    def _history(self) -> list[Taken]:
        answers = self._given()
        return [
            Taken(
                str(event.track),
                str(event.step),
                str(event.from_stage),
                str(event.to_stage),
                holds.happened_on,
                answers.get(holds.id, {}),
            )
            for event, holds in self._steps_taken()
        ]

    def _steps_taken(self) -> list[tuple[Event, Event]]:
        """Give the row of each step as it was written first, with the row that holds."""
        kinds = (EventKind.STEP_TAKEN, EventKind.STEP_CORRECTED)
        query = sa.select(Event).where(Event.case_id == self.case.id, Event.kind.in_(kinds)).order_by(Event.id)
        rows = self.session.scalars(query).all()
        latest = {row.corrects_id: row for row in rows}
        return [(row, latest.get(row.id, row)) for row in rows if row.corrects_id is None]

    def _given(self) -> dict[int, dict[str, Value]]:
        answers: dict[int, dict[str, Value]] = {}
        for fact in self.session.scalars(sa.select(CaseFact).where(CaseFact.case_id == self.case.id)):
            if fact.value is not None:
                answers.setdefault(fact.event_id, {})[fact.name] = fact.value
        return answers

    def _leading_on(self, *, ends: bool) -> list[str]:
        """Name the steps from the present stages; unless `ends` is wanted, only those that end no track, if any."""
        stages = {track.name: track.stage for track in self.case.tracks}
        steps = [
            (track, step) for track in self.workflow.tracks for step in track.steps if stages[track.name] in step.source
        ]
        going_on = [step.name for track, step in steps if step.to not in track.finished]
        return going_on if going_on and not ends else [step.name for _, step in steps]

    def _events(self) -> int:
        return self.session.scalar(sa.select(sa.func.count()).select_from(Event)) or 0

    def _take(self, name: str, on: date, data: st.DataObject) -> None:
        step = self.workflow.step(name)
        assert step is not None
        answers = {asked.name: data.draw(self._answers(asked, on)) for asked in step.questions}
        if self._attempt(
            lambda: take_case_step(a_unit(self.session), self.case, name, happened_on=on, answers=answers)
        ):
            self.on = max(on, self.on)
            self.seen.update(track.stage for track in self.case.tracks)

    def _attempt(self, act: Callable[[], object]) -> bool:
        """Tell whether it was done. What is refused must have written nothing."""
        self.session.flush()
        before = self._events()
        inner = self.session.begin_nested()
        try:
            act()
            inner.commit()
        except Refused:
            inner.rollback()
            assert self._events() == before
            return False
        return True

    def _answers(self, asked: Question, on: date) -> st.SearchStrategy[Any]:
        """Give what a person might plausibly answer: most often what lets a case go on, and at times nothing."""
        plausible = self._plausible(asked, on)
        if not asked.required:
            return st.one_of(st.none(), plausible)
        if asked.kind in (Kind.DAY, Kind.MOMENT) or asked.name == JOINED:
            return plausible
        usual = UNLIKE.get(asked.name)
        return st.integers(1, 6).flatmap(lambda thrown: plausible if thrown == 6 or usual is None else st.just(usual))

    def _plausible(self, asked: Question, on: date) -> st.SearchStrategy[Any]:
        days = st.integers(-20, 60).map(lambda far: on + timedelta(days=far))
        if asked.name == JOINED:
            return st.sampled_from(self.references)
        match asked.kind:
            case Kind.DAY:
                return days
            case Kind.MOMENT:
                return st.one_of(days, days.map(lambda day: datetime.combine(day, time(23, 30), LONDON)))
            case Kind.YES_NO:
                return st.sampled_from(IN_FAVOUR)
            case Kind.CHOICE:
                return st.sampled_from([value for value, _ in asked.choices])
            case Kind.NUMBER:
                return st.integers(1, 6)
            case Kind.AGENCIES | Kind.PARTNERS | Kind.STEPS | Kind.PERSON:
                return st.sampled_from({**FEW, Kind.PERSON: self.people}[asked.kind])
            case _:
                return st.sampled_from(["R1", "some words"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", CASE_WORKFLOWS)
@pytest.mark.parametrize("walks", [FEW_WALKS, pytest.param(MANY_WALKS, marks=pytest.mark.faults)])
def test_b2_any_walk_keeps_stages_history_and_clocks_in_step(kind: str, walks: int, database: Database) -> None:
    seen: set[str] = set()
    machine = type("AnyCase", (AnyCase,), {"kind": kind, "database": staticmethod(database), "seen": seen})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=walks,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    if walks == MANY_WALKS:
        stages = {stage.value for track in CASE_WORKFLOWS[kind].tracks for stage in track.stages}
        assert len(seen & stages) > len(stages) / 3
        assert CORRECTED in seen
