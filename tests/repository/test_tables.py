"""Tables keyed by kinds of events, by steps of an action or by commands name all of them, and nothing else."""

from collections.abc import Collection, Iterator, Mapping
from importlib import import_module
from typing import Any

import click

from notifications.rounds.audience import AUDIENCE
from reviews.models import EventKind
from tests.repository.repository import dotted, modules
from web.cli import COMMANDS, main
from workflows.definitions.action import ACTION

PARTIAL = {
    "reviews.requests.queries.HISTORY": "what happens to a request, as its history names it",
    "web.cases.history.TURNS": "the two kinds of a version migration: whoever reads it has asked for one of them",
    "reviews.transactions.unit_of_work.ABOUT_PEOPLE": "what is recorded about a person, who is mailed it",
}
"""Tables for some kinds of events alone, by name, with the reason."""

STEPS = {step.name for step in ACTION.steps}
MOSTLY = 3
"""A collection with this many names of steps, and more of them than of others, is one of steps."""


def test_every_table_keyed_by_kinds_of_events_names_every_kind() -> None:
    """A kind for which nothing is to be said stands in it with None, so that a new one is not forgotten."""
    missing = {}
    for name, table in _collections():
        if isinstance(table, Mapping) and table and all(isinstance(key, EventKind) for key in table):
            absent = sorted(kind.value for kind in EventKind if kind not in table)
            if absent and name not in PARTIAL:
                missing[name] = absent
    assert missing == {}


def test_every_event_has_an_audience_or_says_that_it_has_none() -> None:
    assert set(AUDIENCE) == set(EventKind)


def test_every_table_of_steps_of_an_action_names_steps_of_its_definition() -> None:
    unknown = {}
    for name, table in _collections():
        words = {word for word in table if isinstance(word, str) and not isinstance(word, EventKind)}
        if len(words & STEPS) >= MOSTLY and len(words & STEPS) > len(words - STEPS) and words - STEPS:
            unknown[name] = sorted(words - STEPS)
    assert unknown == {}


def test_every_command_of_the_terminal_is_found_by_its_name() -> None:
    """The table names the module of each command, so that only the one that is called is loaded."""
    found: dict[str, str] = {}
    below: set[int] = set()
    for path in modules("web/cli"):
        for value in vars(import_module(dotted(path))).values():
            if isinstance(value, click.Group) and value is not main:
                below |= {id(command) for command in value.commands.values()}
    for path in modules("web/cli"):
        for attribute, value in vars(import_module(dotted(path))).items():
            if isinstance(value, click.Command) and id(value) not in below and value is not main:
                assert attribute == str(value.name).replace("-", "_")
                found.setdefault(str(value.name), dotted(path))
    assert found == COMMANDS


def _collections() -> Iterator[tuple[str, Collection[Any]]]:
    """Give every mapping and set that a module of the product holds, under the first name it is found by."""
    seen: set[int] = set()
    for path in modules():
        module = dotted(path)
        for name, value in vars(import_module(module)).items():
            if isinstance(value, Mapping | frozenset | set) and not name.startswith("__") and id(value) not in seen:
                seen.add(id(value))
                yield f"{module}.{name}", value
