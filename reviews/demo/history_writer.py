"""Writes the invented history of a partnership, one step at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from reviews.access.permissions import Actor, realm_of
from reviews.cases.child_cases import start_child_case
from reviews.cases.involvement import involvement_in
from reviews.cases.steps import open_case, take_case_step
from reviews.core.clock import LONDON, local_day
from reviews.definitions.installed import definition_of, present_kind
from reviews.demo.invented_answers import invented_answer
from reviews.demo.people import SeededPeople
from reviews.models import Action, Case, Person
from reviews.people.queries import actor_by_email
from reviews.transactions.unit_of_work import Unit
from workflows.core.questions import Kind, Value, filled_in
from workflows.core.vocabulary import SIGNED_FOR, VIEW_OF, Role, Step, Track

StoryStep = tuple[str, int, Mapping[str, Any]]
"""A step, the number of days after the opening, and the facts that differ from the usual ones."""
OF = "of"
"""A key beside the facts: the child cases that the step belongs to, as 3 for I3 or by their whole number."""
BY_PARTNER = "by_partner"
"""A key beside the facts: the safeguarding partner for whom the step is recorded, by a word of PARTNER_WORDS."""
NEW_STEPS = frozenset({"record_view"})
"""Steps that cases of earlier versions do not have: there the story goes on without them."""
PROCESS = "parallel_process"
"""In place of the name of a step: a parallel process is added to the case."""


@dataclass(slots=True)
class HistoryWriter:
    """Records the past of one invented partnership, each step by a person who may record it."""

    unit: Unit
    people: SeededPeople
    plans: list[tuple[Case, str]] = field(default_factory=list)
    monitored: list[tuple[Case, tuple[str, ...]]] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.people.partnership.code

    @property
    def today(self) -> date:
        return local_day(self.unit.now)

    def write_case(
        self, workflow: str, story: Sequence[StoryStep], *, days_ago: int, title: str, pseudonym: str, agencies: int = 4
    ) -> Case:
        """Open a case so many days ago and record the steps of its story."""
        (opening, _, facts), *steps = story
        first_day = self.today - timedelta(days=days_ago)
        definition = present_kind(self.unit.session, workflow, first_day)
        step = definition.step(opening) if definition else None
        assert step is not None  # noqa: S101  # the stories below name steps of the definitions
        case = open_case(
            self.on(first_day, next(role for role in self.people.by_role if role in step.by)),
            workflow=workflow,
            partnership=self.people.partnership,
            happened_on=first_day,
            answers=self.fill_in(step, first_day, facts),
            title=title,
            pseudonyms=(pseudonym,) if pseudonym else (),
            agency_ids=[agency.id for agency in self.people.agencies[:agencies]],
        )
        for name, days, more_facts in steps:
            self.write_step(case, name, first_day + timedelta(days=days), more_facts)
        self.receive_late_returns(case)
        return case

    def receive_late_returns(self, case: Case) -> None:
        """Record late returns where the case has gone on since the agencies were asked."""
        asking = {step.to for step in definition_of(self.unit.session, case).steps if step.for_each}
        if asking & {track.stage for track in case.tracks}:
            return
        self.unit.session.flush()
        waiting = sa.select(Case).where(Case.parent_id == case.id, Case.closed_on.is_(None), Case.workflow != PROCESS)
        for request in self.unit.session.scalars(waiting.order_by(Case.id)).all():
            self.take_step(request, "receive", case.tracks[0].since_on, {})

    def write_step(self, case: Case, name: str, day: date, facts: Mapping[str, Any]) -> None:
        """Record one part of a story: a step of the case or of its child cases, or a parallel process."""
        if name == PROCESS:
            self.add_process(case, min(day, self.today), facts)
        elif OF in facts:
            of_step = {key: value for key, value in facts.items() if key != OF}
            for number in facts[OF]:
                number_in_case = number if isinstance(number, str) else f"I{number}"
                self.take_step(
                    self.unit.case(f"{case.reference}.{number_in_case}", partnership=self.code), name, day, of_step
                )
        else:
            self.take_step(case, name, day, facts)

    def add_process(self, case: Case, day: date, facts: Mapping[str, Any]) -> None:
        definition = present_kind(self.unit.session, PROCESS, day)
        opening = definition.opening if definition else None
        assert opening is not None  # noqa: S101  # the product brings this kind
        role = next(role for role in self.people.by_role if role in opening.by and realm_of(role) is case.realm)
        filled = self.fill_in(opening, day, facts)
        start_child_case(self.on(day, role), case, workflow=PROCESS, happened_on=day, answers=filled)

    def take_step(self, case: Case, name: str, day: date, facts: Mapping[str, Any]) -> Case | None:
        """Record one step, today if its day is in the future."""
        definition, person = definition_of(self.unit.session, case), None
        if BY_PARTNER in facts:
            word = facts[BY_PARTNER]
            agency, person = self.people.partners[word]
            spoken = SIGNED_FOR if name == "sign" else VIEW_OF
            facts = {key: value for key, value in facts.items() if key != BY_PARTNER} | {spoken: (agency.name,)}
            if name == "sign" and definition.step(name) is None:
                name, facts = f"sign_{word}", {}
        step = definition.step(name)
        if step is None and name in NEW_STEPS:
            return None
        assert step is not None  # noqa: S101  # the stories name steps of the definitions
        day = min(day, self.today)
        answers = self.fill_in(step, day, facts)
        unit = self.on_by(day, person or self._whoever_may(case, definition.track_of(step), step, answers))
        return take_case_step(unit, case, name, happened_on=day, answers=answers)

    def _whoever_may(self, case: Case, track: Track, step: Step, answers: Mapping[str, Value]) -> Person:
        """Give the first whose role records the step and whose own work it is not."""
        self.unit.session.flush()  # their history is read
        return next(
            person
            for role, person in self.people.by_role.items()
            if role in step.by
            and realm_of(role) is case.realm
            and not involvement_in(self.unit.session, self.actor_of(person), case, track, step, answers=answers)
        )

    def on(self, day: date, role: Role) -> Unit:
        """Give a unit of work on that day for the person with the role."""
        return self.on_by(day, self.people.by_role[role])

    def on_by(self, day: date, person: Person) -> Unit:
        moment = datetime(day.year, day.month, day.day, 10, 15, tzinfo=LONDON)
        return Unit(self.unit.session, self.actor_of(person), min(moment, self.unit.now))

    def unit_now(self, role: Role) -> Unit:
        return Unit(self.unit.session, self.actor(role), self.unit.now)

    def actor(self, role: Role) -> Actor:
        return self.actor_of(self.people.by_role[role])

    def actor_of(self, person: Person) -> Actor:
        return actor_by_email(self.unit.session, person.email, today=self.today)

    def fill_in(self, step: Step, day: date, facts: Mapping[str, Any]) -> dict[str, Value]:
        """Answer the questions of a step with invented facts where the story has none."""
        names = [agency.name for agency in self.people.agencies]
        agencies = {asked.name for asked in step.questions if asked.kind is Kind.AGENCIES}
        values = {
            name: value(tuple(names) if name in agencies else day) if callable(value) else value
            for name, value in facts.items()
        }
        return filled_in(step.form_on(day), values, lambda asked: invented_answer(asked, day, names))
