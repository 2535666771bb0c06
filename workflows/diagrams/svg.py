"""Layout of a track as an SVG picture: the position of each stage, step and arrow, in SVG units."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count
from textwrap import wrap
from typing import TypeAlias

from workflows.core.labels import sentence
from workflows.core.vocabulary import BACK, UNOPENED, Step, Track
from workflows.diagrams.mermaid import MANY, from_words

BEGINS = "Begins with the case"
Bus: TypeAlias = tuple[bool, bool, int]
"""Ways that share a lane: to one card, down or up, with returns apart."""
_BEGINNING = Step("", BEGINS, (UNOPENED,), "", frozenset())


@dataclass(frozen=True, slots=True)
class Planned:
    """A card without its position."""

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
    """Order the cards: the beginning, the stages, and each group of steps from many stages after the last of these."""
    stages = [stage.value for stage in track.stages]
    plan = [Planned(stage, sentence(stage), _steps_of(track, stage)) for stage in stages]
    groups: dict[frozenset[str], list[Step]] = {}
    for step in track.steps:
        if len(step.source) > MANY:
            groups.setdefault(frozenset(map(str, step.source)), []).append(step)
    for sources, steps in groups.items():
        position = 1 + max(at for at, card in enumerate(plan) if card.stage in sources)
        while position < len(plan) and _follows(plan[position - 1], plan[position]):
            position += 1
        plan.insert(position, Planned("", f"From {from_words(track, steps[0])}", tuple(steps), is_group=True))
    opening = tuple(step for step in track.steps if track.is_opened_by(step))
    return [Planned(UNOPENED, opening[0].title if opening else BEGINS, opening), *plan]


def ways_between(track: Track, planned: Sequence[Planned]) -> list[Way]:
    """Give every way from card to card; a step that lifts a hold leads back to each card it may come from."""
    return [way for at in range(len(planned)) for way in _ways_from(track, planned, at)]


def lanes_for(ways: Sequence[Way]) -> tuple[dict[Bus, int], int, int]:
    """Give each bus a lane beside the cards, the shortest nearest, and the number of lanes on the left and right."""
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
    positions = {card.stage: position for position, card in enumerate(planned) if card.stage}
    card = planned[at]
    if card.stage == UNOPENED and not card.steps:
        yield Way(_BEGINNING, at, positions[str(track.initial)], is_return=False)
    for step in card.steps:
        if step.reopens:
            continue  # it may lead back to so many stages that its row says so instead
        if step.to == BACK:
            yield from (Way(step, at, position, is_return=True) for position in _held_at(planned, str(card.stage)))
        elif step.to and step.to != card.stage:
            yield Way(step, at, positions[str(step.to)], is_return=False)


def _held_at(planned: Sequence[Planned], hold: str) -> list[int]:
    """Give the positions of the cards from which a step leads onto the hold."""
    return [position for position, card in enumerate(planned) if any(step.to == hold for step in card.steps)]


Points: TypeAlias = tuple[tuple[int, int], ...]

CARD = 246
PAD = 8
HEAD_LINE, NOTE_LINE, ROW_LINE = 19, 17, 18
GAP, SMALL_GAP, END_LINE = 26, 10, 5
LANE, BESIDE, EDGE = 10, 12, 6
ROUND, HEAD = 6, 6
HEAD_LETTERS, NOTE_LETTERS = 22, 31
ROW_LETTERS, ROW_LETTERS_BESIDE_WORDS = 27, 22


class Leads(StrEnum):
    """Which way a step leaves its card."""

    DOWN = "down"
    RIGHT = "right"
    LEFT = "left"
    STAYS = "stays"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Row:
    """A step in a card. `y` is the middle of its first line."""

    step: Step
    leads: Leads
    lines: tuple[str, ...]
    y: int


@dataclass(frozen=True, slots=True)
class Card:
    """A stage with the steps that leave it. Without a `stage`: where the track begins, or a group of many stages."""

    stage: str
    head: tuple[str, ...]
    notes: tuple[str, ...]
    rows: tuple[Row, ...]
    steps: tuple[Step, ...]
    x: int
    y: int
    height: int
    is_group: bool = False
    is_end: bool = False
    width: int = CARD

    @property
    def middle(self) -> int:
        """The `y` of the middle of its first line, where arrows come in from the side."""
        return self.y + PAD + HEAD_LINE // 2


@dataclass(frozen=True, slots=True)
class Arrow:
    """The way of a step from its card to that of a stage. `source` is the stage, or "" from a group of stages."""

    step: str
    source: str
    to: str
    points: Points
    is_return: bool = False

    @property
    def path(self) -> str:
        """The line as the `d` of an SVG path, with rounded corners, up to the base of its head."""
        (x, y), *corners = self.points[:-1]
        (to_x, to_y), (tip_x, tip_y) = self.points[-2:]
        parts = [f"M{x} {y}"]
        for at, corner in enumerate(corners, 1):
            before, after = self.points[at - 1], self.points[at + 1]
            (ax, ay), (bx, by) = _towards(corner, before, ROUND), _towards(corner, after, ROUND)
            parts.append(f"L{ax} {ay}Q{corner[0]} {corner[1]} {bx} {by}")
        end_x, end_y = _towards((tip_x, tip_y), (to_x, to_y), HEAD)
        return "".join([*parts, f"L{end_x} {end_y}"])

    @property
    def head(self) -> str:
        """The corners of the head as the `points` of an SVG polygon."""
        tip, before = self.points[-1], self.points[-2]
        x, y = _towards(tip, before, HEAD + 2)
        across = (0, 4) if y == tip[1] else (4, 0)
        corners = (tip, (x - across[0], y - across[1]), (x + across[0], y + across[1]))
        return " ".join(f"{a},{b}" for a, b in corners)


@dataclass(frozen=True, slots=True)
class Drawing:
    track: Track
    width: int
    height: int
    cards: tuple[Card, ...]
    arrows: tuple[Arrow, ...]


def draw(track: Track, notes: Mapping[str, Sequence[str]] | None = None) -> Drawing:
    """Lay out a track in one column of cards, in the order of its definition; `notes` are lines to show at a stage."""
    planned = plan_of(track)
    ways = ways_between(track, planned)
    lanes, left, right = lanes_for([way for way in ways if not way.is_straight])
    x = EDGE + (BESIDE + left * LANE if left else 0)
    cards = tuple(_cards(track, planned, ways, notes or {}, x))
    width = x + CARD + (BESIDE + right * LANE if right else 0) + EDGE
    arrows = tuple(_arrow(way, cards, lanes) for way in ways)
    return Drawing(track, width, cards[-1].y + cards[-1].height + EDGE, cards, arrows)


def _cards(
    track: Track, planned: Sequence[Planned], ways: Sequence[Way], notes: Mapping[str, Sequence[str]], x: int
) -> Iterator[Card]:
    y = EDGE
    for at, plan in enumerate(planned):
        here = [way for way in ways if way.start == at]
        lines = (*_ending(track, plan.stage), *notes.get(plan.stage, ()))
        card = _card(plan, [part for line in lines for part in wrap(line, NOTE_LETTERS)], here, x, y)
        if plan.stage in track.finished:
            card = replace(card, is_end=True, height=card.height + END_LINE)
        yield card
        y += card.height + (GAP if any(way.is_straight for way in here) else SMALL_GAP)


def _ending(track: Track, stage: str) -> tuple[str, ...]:
    if stage in track.final:
        return ("An end",)
    return ("An end, though a step leads on",) if stage in track.settled else ()


def _card(plan: Planned, notes: Sequence[str], ways: Sequence[Way], x: int, y: int) -> Card:
    head = tuple(wrap(plan.head, HEAD_LETTERS))
    top = y + PAD + len(head) * HEAD_LINE + len(notes) * NOTE_LINE + PAD // 2
    listed = () if plan.stage == UNOPENED else plan.steps
    rows = tuple(_rows(listed, {way.step: way for way in ways}, top))
    bottom = top + sum(len(row.lines) for row in rows) * ROW_LINE + PAD // 2
    return Card(plan.stage, head, tuple(notes), rows, plan.steps, x, y, bottom - y, plan.is_group)


def _rows(steps: Sequence[Step], ways: Mapping[Step, Way], top: int) -> Iterator[Row]:
    for step in steps:
        leads = Leads.BACK if step.reopens else _leads(ways.get(step))
        beside = leads in (Leads.STAYS, Leads.BACK)
        lines = tuple(wrap(step.title, ROW_LETTERS_BESIDE_WORDS if beside else ROW_LETTERS))
        yield Row(step, leads, lines, top + ROW_LINE // 2)
        top += len(lines) * ROW_LINE


def _leads(way: Way | None) -> Leads:
    if way is None:
        return Leads.STAYS
    if way.is_return:
        return Leads.BACK
    if way.is_straight:
        return Leads.DOWN
    return Leads.RIGHT if way.leads_down else Leads.LEFT


def _arrow(way: Way, cards: Sequence[Card], lanes: Mapping[Bus, int]) -> Arrow:
    start, end = cards[way.start], cards[way.end]
    middle = start.x + CARD // 2
    points: Points = ((middle, start.y + start.height), (middle, end.y))
    if not way.is_straight:
        points = _round_the_side(way, start, end, lanes[way.bus])
    return Arrow(way.step.name, "" if start.is_group else start.stage, end.stage, points, way.is_return)


def _round_the_side(way: Way, start: Card, end: Card, lane: int) -> Points:
    y = next((row.y for row in start.rows if row.step is way.step), start.middle)
    side = start.x + CARD if way.leads_down else start.x
    beside = BESIDE + lane * LANE
    x = side + beside if way.leads_down else side - beside
    return ((side, y), (x, y), (x, end.middle), (side, end.middle))


def _towards(start: tuple[int, int], end: tuple[int, int], steps: int) -> tuple[int, int]:
    """Give the point `steps` units from one point on the straight way to another, and no further than that one."""
    (x, y), (to_x, to_y) = start, end
    across, down = to_x - x, to_y - y
    return (x + _bounded(across, steps), y + _bounded(down, steps))


def _bounded(distance: int, most: int) -> int:
    return max(-most, min(most, distance))
