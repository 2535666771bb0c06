"""How is an invented history told, a step at a time?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from reviews.access.permissions import Actor, realm_of
from reviews.cases.child_cases import open_inside
from reviews.cases.steps import open_case, take_case_step
from reviews.core.clock import LONDON, local_day
from reviews.definitions.catalogue import definition_of, present_kind
from reviews.demo.answers import said
from reviews.demo.people import Residents
from reviews.models import Action, Case, Person
from reviews.people.queries import actor_by_email
from reviews.transactions.unit_of_work import Unit
from workflows.core.questions import Kind, Value, filled_in
from workflows.core.vocabulary import Role, Step

Told = tuple[str, int, Mapping[str, Any]]
"""A step, how many days after the opening it happened, and the facts that are not the usual ones."""
OF = "of"
"""Beside the facts: the small cases inside that the step is one of, as 3 for I3 or by their own number."""
PROCESS = "parallel_process"
"""In the place of a step: one is listed beside the case."""


@dataclass(slots=True)
class Town:
    """One invented partnership while its past is being written."""

    unit: Unit
    residents: Residents
    plans: list[tuple[Case, str]] = field(default_factory=list)
    monitored: list[tuple[Case, tuple[str, ...]]] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.residents.partnership.code

    @property
    def today(self) -> date:
        return local_day(self.unit.now)

    def tell(
        self, workflow: str, story: Sequence[Told], *, days_ago: int, title: str, pseudonym: str, agencies: int = 4
    ) -> Case:
        """Open a case so many days ago and take it through a story, each step recorded by who may record it."""
        (opening, _, facts), *steps = story
        first_day = self.today - timedelta(days=days_ago)
        definition = present_kind(self.unit.session, workflow, first_day)
        step = definition.step(opening) if definition else None
        assert step is not None  # noqa: S101  # the stories below name steps of the definitions
        case = open_case(
            self.on(first_day, next(role for role in self.residents.by_role if role in step.by)),
            workflow=workflow,
            partnership=self.residents.partnership,
            happened_on=first_day,
            given=self.fill(step, first_day, facts),
            title=title,
            pseudonyms=(pseudonym,) if pseudonym else (),
            agency_ids=[agency.id for agency in self.residents.agencies[:agencies]],
        )
        for name, days, given in steps:
            self.tell_on(case, name, first_day + timedelta(days=days), given)
        self.bring_in_returns(case)
        return case

    def bring_in_returns(self, case: Case) -> None:
        """Let what was late come in after all where the case has gone on since the agencies were asked."""
        asking = {step.to for step in definition_of(self.unit.session, case).steps if step.for_each}
        if asking & {track.stage for track in case.tracks}:
            return
        self.unit.session.flush()
        waiting = sa.select(Case).where(Case.parent_id == case.id, Case.closed_on.is_(None), Case.workflow != PROCESS)
        for request in self.unit.session.scalars(waiting.order_by(Case.id)).all():
            self.take(request, "receive", case.tracks[0].since_on, {})

    def tell_on(self, case: Case, name: str, day: date, given: Mapping[str, Any]) -> None:
        """Tell one part of a story: a step of the case, of small cases inside it, or a process beside it."""
        if name == PROCESS:
            self.list_process(case, min(day, self.today), given)
        elif OF in given:
            facts = {key: value for key, value in given.items() if key != OF}
            for number in given[OF]:
                place = number if isinstance(number, str) else f"I{number}"
                self.take(self.unit.case(f"{case.reference}.{place}", partnership=self.code), name, day, facts)
        else:
            self.take(case, name, day, given)

    def list_process(self, case: Case, day: date, given: Mapping[str, Any]) -> None:
        definition = present_kind(self.unit.session, PROCESS, day)
        opening = definition.opening if definition else None
        assert opening is not None  # noqa: S101  # the product brings this kind
        role = next(role for role in self.residents.by_role if role in opening.by and realm_of(role) is case.realm)
        facts = self.fill(opening, day, given)
        open_inside(self.on(day, role), case, workflow=PROCESS, happened_on=day, given=facts)

    def take(self, case: Case, name: str, day: date, given: Mapping[str, Any]) -> Case | None:
        """Take one step on a day that does not lie ahead."""
        step = definition_of(self.unit.session, case).step(name)
        assert step is not None  # noqa: S101  # the stories name steps of the definitions
        day = min(day, self.today)
        role = next(role for role in self.residents.by_role if role in step.by and realm_of(role) is case.realm)
        return take_case_step(self.on(day, role), case, name, happened_on=day, given=self.fill(step, day, given))

    def on(self, day: date, role: Role) -> Unit:
        """Give the unit of work as it was on that day, in the hands of the person with the role."""
        moment = datetime(day.year, day.month, day.day, 10, 15, tzinfo=LONDON)
        return Unit(self.unit.session, self.actor(role), min(moment, self.unit.now))

    def unit_now(self, role: Role) -> Unit:
        return Unit(self.unit.session, self.actor(role), self.unit.now)

    def actor(self, role: Role) -> Actor:
        return self.actor_of(self.residents.by_role[role])

    def actor_of(self, person: Person) -> Actor:
        return actor_by_email(self.unit.session, person.email, today=self.today)

    def fill(self, step: Step, day: date, given: Mapping[str, Any]) -> dict[str, Value]:
        """Answer all that a step must be told with an invented fact, unless the story says otherwise."""
        names = [agency.name for agency in self.residents.agencies]
        agencies = {asked.name for asked in step.asks if asked.kind is Kind.AGENCIES}
        told = {
            name: value(tuple(names) if name in agencies else day) if callable(value) else value
            for name, value in given.items()
        }
        return filled_in(step.form_on(day), told, lambda asked: said(asked, day, names))
