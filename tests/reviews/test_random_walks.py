"""Whatever is recorded, in whatever order: does the history still lead to the stage, and do the clocks still agree?"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy.orm import Session

from reviews.clock import LONDON
from reviews.commands.action_steps import move_action
from reviews.commands.actions import answer_recommendation
from reviews.commands.cases import take_case_step
from reviews.db import Database
from reviews.models import Action, CaseFact, Event, EventKind
from tests.builders import TODAY, UNLIKE, a_case, a_partnership, a_recommendation, a_unit, an_action, an_agency
from tests.reviews.second_reading import Ran, Taken, clocks, closed_on, replayed
from workflows.as_data import as_data
from workflows.definitions import CASE_WORKFLOWS
from workflows.engine import Refused
from workflows.vocabulary import JOINED, Asked, Kind, Value

EXAMPLES, STEPS = 10, 40
NAMES = ("Anyshire Council", "Anyshire Police", "Anyshire Hospitals")
OPENED = date(2024, 2, 26)
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
        for name in NAMES:
            an_agency(self.session, self.partnership, name)
        joint = [
            a_case(self.session, self.partnership, kind, opened_on=OPENED) for kind in ("thematic_review", "lcspr")
        ]
        self.references = [*(case.reference for case in joint), "TR-1999-01"]

    @initialize(days=st.integers(0, 500))
    def open_it(self, days: int) -> None:
        self.on = min(OPENED + timedelta(days=days), self.workflow.last_opening_on or TODAY)
        self.case = a_case(self.session, self.partnership, self.kind, opened_on=self.on)
        self.session.flush()
        self.seen.update(track.stage for track in self.case.tracks)

    @rule(data=st.data(), days=st.lists(st.integers(0, 45), min_size=1, max_size=9))
    def take_steps_that_lead_on(self, data: st.DataObject, days: list[int]) -> None:
        for later in days:
            names = self._leading_on(ends=data.draw(st.integers(1, 6)) == 1)
            if names:
                self._take(data.draw(st.sampled_from(names)), self.on + timedelta(days=later), data)

    @rule(data=st.data(), days=st.integers(-30, 30))
    def take_any_step_on_any_day(self, data: st.DataObject, days: int) -> None:
        names = [step.name for step in self.workflow.steps if step is not self.workflow.opening]
        self._take(data.draw(st.sampled_from(names)), self.on + timedelta(days=days), data)

    @rule(what=st.sampled_from(["add", "finish", "recommend", "recommend and answer"]))
    def change_the_plan(self, what: str) -> None:
        unit = a_unit(self.session)
        if what == "add":
            an_action(self.session, self.case)
        elif what == "finish":
            for action in self.session.scalars(sa.select(Action).where(Action.case_id == self.case.id)):
                if action.ended_on is None:
                    move_action(unit, action, "withdraw", given={"dropped_reason": "words"}, happened_on=TODAY)
        else:
            made = a_recommendation(self.session, self.case)
            if "answer" in what:
                answer_recommendation(unit, self.case, made, response="accepted", reason="")
        self.session.flush()

    @invariant()
    def every_stage_is_known_and_the_history_leads_to_it(self) -> None:
        stages = {track.name: track.stage for track in self.case.tracks}
        for track in self.data["tracks"]:
            assert stages[track["name"]] in track["stages"]
        assert stages == replayed(self.data, self.history())

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
        assert sorted(found, key=repr) == sorted(clocks(self.data, self.history()), key=repr)

    def teardown(self) -> None:
        self.session.rollback()
        self.session.close()

    def history(self) -> list[Taken]:
        events = self.session.scalars(
            sa.select(Event).where(Event.case_id == self.case.id, Event.kind == EventKind.STEP_TAKEN).order_by(Event.id)
        ).all()
        given: dict[int, dict[str, Value]] = {event.id: {} for event in events}
        for fact in self.session.scalars(sa.select(CaseFact).where(CaseFact.case_id == self.case.id)):
            if fact.value is not None:
                given[fact.event_id][fact.name] = fact.value
        return [
            Taken(
                str(event.track),
                str(event.step),
                str(event.from_stage),
                str(event.to_stage),
                event.happened_on,
                given[event.id],
            )
            for event in events
        ]

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
        given = {asked.name: data.draw(self._answers(asked, on)) for asked in step.asks}
        self.session.flush()
        before = self._events()
        inner = self.session.begin_nested()
        try:
            take_case_step(a_unit(self.session), self.case, step.name, happened_on=on, given=given)
            inner.commit()
        except Refused:
            inner.rollback()
            assert self._events() == before
        else:
            self.on = max(on, self.on)
            self.seen.update(track.stage for track in self.case.tracks)

    def _answers(self, asked: Asked, on: date) -> st.SearchStrategy[Any]:
        """Give what a person might plausibly answer: most often what lets a case go on, and at times nothing."""
        plausible = self._plausible(asked, on)
        if not asked.required:
            return st.one_of(st.none(), plausible)
        if asked.kind in (Kind.DAY, Kind.MOMENT) or asked.name == JOINED:
            return plausible
        usual = UNLIKE.get(asked.name)
        return st.integers(1, 6).flatmap(lambda thrown: plausible if thrown == 6 or usual is None else st.just(usual))

    def _plausible(self, asked: Asked, on: date) -> st.SearchStrategy[Any]:
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
            case Kind.AGENCIES:
                return st.sampled_from([NAMES, NAMES[:1], NAMES[1:]])
            case _:
                return st.sampled_from(["R1", "some words"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", CASE_WORKFLOWS)
def test_any_walk_keeps_stages_history_and_clocks_in_step(kind: str, database: Database) -> None:
    seen: set[str] = set()
    machine = type("AnyCase", (AnyCase,), {"kind": kind, "database": staticmethod(database), "seen": seen})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    stages = {stage.value for track in CASE_WORKFLOWS[kind].tracks for stage in track.stages}
    assert len(seen) > len(stages) / 3
