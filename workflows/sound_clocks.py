"""Is each deadline counted, met and dated, and does each ladder climb?"""

from collections.abc import Iterator

from workflows.core.deadlines import Deadline
from workflows.core.questions import Kind
from workflows.core.vocabulary import Workflow
from workflows.definitions.shared.ladder_policies import LADDERS
from workflows.fault import Fault, twice
from workflows.sound_ladders import ladder_faults

DAYS = (Kind.DAY, Kind.MOMENT)


def clock_faults(workflow: Workflow) -> Iterator[Fault]:
    """List what is wrong with the deadlines and ladders."""
    for deadline in workflow.deadlines:
        yield from _counted(workflow, deadline)
        yield from _editions(deadline)
        if deadline.ladder and LADDERS.get(deadline.ladder.name) is not deadline.ladder:
            sentence = f"deadline {deadline.name} climbs an unknown ladder, {deadline.ladder.name}."
            yield Fault(sentence, deadline, ("ladder",))
    for ladder in workflow.every_ladder:
        yield from (Fault(sentence, workflow, ("ladders", ladder.name)) for sentence in ladder_faults(ladder))


def _counted(workflow: Workflow, deadline: Deadline) -> Iterator[Fault]:
    steps = {step.name for step in workflow.steps}
    days = {asked.name for asked in workflow.asks.values() if asked.kind in DAYS}
    if deadline.counted_from not in steps | days:
        sentence = f"is counted from nothing: no step or asked day is {deadline.counted_from}."
        yield Fault(f"deadline {deadline.name} {sentence}", deadline, ("counted_from",))
    if not steps & set(deadline.met_by):
        yield Fault(f"deadline {deadline.name} is met by nothing.", deadline, ("met_by",))
    for key, names in (("met_by", deadline.met_by), ("ended_by", deadline.ended_by)):
        for name in sorted(set(names) - steps):
            yield Fault(f"deadline {deadline.name} names an unknown step, {name}.", deadline, (key, name))
    for name in sorted(set(deadline.met_by) & set(deadline.ended_by)):
        yield Fault(f"deadline {deadline.name} is both met and ended by {name}.", deadline, ("ended_by", name))


def _editions(deadline: Deadline) -> Iterator[Fault]:
    if not deadline.editions:
        yield Fault(f"deadline {deadline.name} has no edition.", deadline, ("editions",))
    for day in twice(edition.effective_from.isoformat() for edition in deadline.editions):
        yield Fault(f"deadline {deadline.name} has two editions from {day}.", deadline, ("editions",))
