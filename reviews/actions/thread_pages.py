"""Which part of a thread stands on one page, and on which page does each thing of it stand?

Every finding without a recommendation, every recommendation and every action is one line: a page has the same length
whatever the plan, and a recommendation with more actions than fit goes on, named again, on the next.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from reviews.actions.thread import Thread, ThreadFinding, ThreadRecommendation
from reviews.actions.thread_actions import ThreadAction
from reviews.core.paging import Page

LINES = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a thread: an action, or without one a recommendation, or without either a finding.

    An action under no recommendation has neither finding nor recommendation.
    """

    finding: ThreadFinding | None
    recommendation: ThreadRecommendation | None
    action: ThreadAction | None

    @property
    def anchors(self) -> Iterator[str]:
        """Name what is found at this line; a finding is found where the first that rests on it stands."""
        if self.finding is not None and self.finding.finding is not None:
            yield f"finding-{self.finding.finding.id}"
        if self.recommendation is not None:
            yield f"recommendation-{self.recommendation.recommendation.id}"
        if self.action is not None:
            yield f"action-{self.action.id}"


@dataclass(frozen=True, slots=True)
class Told:
    """A recommendation on a page with those of its actions that stand there; `goes_on` from the page before."""

    part: ThreadRecommendation
    actions: Sequence[ThreadAction]
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Section:
    """A finding on a page, with what rests on it there."""

    part: ThreadFinding
    told: Sequence[Told]


def thread_page(thread: Thread, number: int) -> Page[Line]:
    lines = _lines(thread)
    return Page(lines[(number - 1) * LINES : number * LINES], number, len(lines), LINES)


def pages_of(thread: Thread) -> Mapping[str, int]:
    """Give the page on which each place of the tree stands, by its name there."""
    found: dict[str, int] = {}
    for place, line in enumerate(_lines(thread)):
        for anchor in line.anchors:
            found.setdefault(anchor, place // LINES + 1)
    return found


def sections(lines: Sequence[Line]) -> list[Section]:
    """Put the lines of one page together again as a tree."""
    made = []
    for _, group in groupby((line for line in lines if line.finding is not None), key=lambda line: id(line.finding)):
        rows = list(group)
        part = rows[0].finding
        if part is not None:
            made.append(Section(part, _told(rows)))
    return made


def loose(lines: Sequence[Line]) -> list[ThreadAction]:
    return [line.action for line in lines if line.finding is None and line.action is not None]


def _lines(thread: Thread) -> list[Line]:
    lines = []
    for part in thread.findings:
        if not part.recommendations:
            lines.append(Line(part, None, None))
        for each in part.recommendations:
            lines.append(Line(part, each, None))
            lines += [Line(part, each, one) for one in each.actions if one.is_seen]
    return lines + [Line(None, None, one) for one in thread.loose if one.is_seen]


def _told(rows: Sequence[Line]) -> list[Told]:
    made = []
    for _, group in groupby(rows, key=lambda line: id(line.recommendation)):
        lines = list(group)
        part = lines[0].recommendation
        if part is not None:
            actions = [line.action for line in lines if line.action is not None]
            made.append(Told(part, actions, goes_on=lines[0].action is not None))
    return made
