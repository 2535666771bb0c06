"""How is an invented history told, a step at a time?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from reviews.clock import LONDON, local_day
from reviews.commands.cases import open_case, take_case_step
from reviews.definitions import definition_of, present_kind
from reviews.models import Action, Case, Person
from reviews.permissions import Actor, realm_of
from reviews.queries.actors import actor_by_email
from reviews.seeds.people import Residents
from reviews.seeds.words import said
from reviews.unit import Unit
from workflows.vocabulary import Kind, Role, Step, Value

Told = tuple[str, int, Mapping[str, Any]]
"""A step, how many days after the opening it happened, and the facts that are not the usual ones."""


@dataclass(slots=True)
class Town:
    """One invented partnership while its past is being written."""

    unit: Unit
    residents: Residents
    plans: list[tuple[Case, str]] = field(default_factory=list)
    monitored: list[tuple[Case, tuple[str, ...]]] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

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
            self.take(case, name, first_day + timedelta(days=days), given)
        return case

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
        """Answer every required question of a step with an invented fact, unless the story says otherwise."""
        names = [agency.name for agency in self.residents.agencies]
        usual = {asked.name: said(asked, day, names) for asked in step.asks if asked.required}
        agencies = {asked.name for asked in step.asks if asked.kind is Kind.AGENCIES}
        told = {
            name: value(tuple(names) if name in agencies else day) if callable(value) else value
            for name, value in given.items()
        }
        return {**usual, **told}
