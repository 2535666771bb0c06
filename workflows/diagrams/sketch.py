"""Which cards does the drawing of a track need, in which order, and which ways lead from one to another?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

from workflows.core.labels import sentence
from workflows.core.vocabulary import BACK, UNOPENED, Step, Track
from workflows.diagrams.mermaid import MANY, from_words

BEGINS = "Begins with the case"
Bus: TypeAlias = tuple[bool, bool, int]
"""What runs together: the ways to one card, down or up, returns apart."""
_BEGINNING = Step("", BEGINS, (UNOPENED,), "", frozenset())


@dataclass(frozen=True, slots=True)
class Planned:
    """A card before it has a place."""

    stage: str
    head: str
    steps: tuple[Step, ...]
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    step: Step
    start: int
    end: int
    is_return: bool

    @property
    def is_straight(self) -> bool:
        return self.end == self.start + 1 and not self.is_return

    @property
    def leads_down(self) -> bool:
        return self.end > self.start

    @property
    def bus(self) -> Bus:
        return self.leads_down, self.is_return, self.end


def plan_of(track: Track) -> list[Planned]:
    """Put the beginning first, then the stages, and each group of steps from many stages after the last of them."""
    stages = [stage.value for stage in track.stages]
    plan = [Planned(stage, sentence(stage), _steps_of(track, stage)) for stage in stages]
    groups: dict[frozenset[str], list[Step]] = {}
    for step in track.steps:
        if len(step.source) > MANY:
            groups.setdefault(frozenset(map(str, step.source)), []).append(step)
    for sources, steps in groups.items():
        place = 1 + max(at for at, card in enumerate(plan) if card.stage in sources)
        while place < len(plan) and _follows(plan[place - 1], plan[place]):
            place += 1
        plan.insert(place, Planned("", f"From {from_words(track, steps[0])}", tuple(steps), is_group=True))
    opening = tuple(step for step in track.steps if track.is_opened_by(step))
    return [Planned(UNOPENED, opening[0].title if opening else BEGINS, opening), *plan]


def ways_between(track: Track, planned: Sequence[Planned]) -> list[Way]:
    """Give every way a step leads from a card to another; a step that lifts a hold leads back to each card it may."""
    return [way for at in range(len(planned)) for way in _ways_from(track, planned, at)]


def lanes_for(ways: Sequence[Way]) -> tuple[dict[Bus, int], int, int]:
    """Give each bus a lane beside the cards, the short ones nearest, and how many lanes there are left and right."""
    spans: dict[Bus, tuple[int, int]] = {}
    for way in ways:
        low, high = spans.get(way.bus, (way.end, way.end))
        spans[way.bus] = (min(low, way.start), max(high, way.start))
    taken: dict[tuple[bool, int], list[tuple[int, int]]] = {}
    lanes: dict[Bus, int] = {}
    for bus, (low, high) in sorted(spans.items(), key=lambda item: (item[1][1] - item[1][0], item[0])):
        lane = next(n for n in count() if all(b < low or high < a for a, b in taken.get((bus[0], n), [])))
        taken.setdefault((bus[0], lane), []).append((low, high))
        lanes[bus] = lane
    sides = [max((lane + 1 for bus, lane in lanes.items() if bus[0] is side), default=0) for side in (False, True)]
    return lanes, sides[0], sides[1]


def _steps_of(track: Track, stage: str) -> tuple[Step, ...]:
    return tuple(step for step in track.steps if stage in step.source and len(step.source) <= MANY)


def _follows(card: Planned, after: Planned) -> bool:
    return any(step.to == after.stage for step in card.steps)


def _ways_from(track: Track, planned: Sequence[Planned], at: int) -> Iterator[Way]:
    places = {card.stage: place for place, card in enumerate(planned) if card.stage}
    card = planned[at]
    if card.stage == UNOPENED and not card.steps:
        yield Way(_BEGINNING, at, places[str(track.initial)], is_return=False)
    for step in card.steps:
        if step.to == BACK:
            yield from (Way(step, at, place, is_return=True) for place in _held_at(planned, str(card.stage)))
        elif step.to and step.to != card.stage:
            yield Way(step, at, places[str(step.to)], is_return=False)


def _held_at(planned: Sequence[Planned], hold: str) -> list[int]:
    """Give the places of the cards from which a step leads onto the hold."""
    return [place for place, card in enumerate(planned) if any(step.to == hold for step in card.steps)]
