"""How does the thread of one case run from finding to impact, and where is it broken?

A constant number of queries, whatever the size of the plan. Whether a recommendation has an action is judged over all
actions, also those that the reader may not open: nobody reads of a gap that is not there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.visibility import visible
from reviews.actions.thread_actions import ThreadAction, thread_actions
from reviews.cases.responses import further_answers
from reviews.models import Case, Finding, Recommendation
from reviews.models.recommendations import WITHOUT_ACTION
from reviews.recommendations.queries_findings import findings_of
from workflows.definitions.action import DROPPED


@dataclass(frozen=True, slots=True)
class ThreadRecommendation:
    """A recommendation with the actions listed under it; `elsewhere` answer it too and are listed further up."""

    recommendation: Recommendation
    actions: Sequence[ThreadAction]
    elsewhere: Sequence[ThreadAction]
    wants_finding: bool

    def breaks(self) -> list[str]:
        said = self.recommendation
        live = [one for one in (*self.actions, *self.elsewhere) if one.stage not in DROPPED]
        found = (
            (self.wants_finding and said.finding_id is None, "no finding behind it"),
            (not said.response, "no response"),
            (not live and said.response not in WITHOUT_ACTION, "no action"),
            (said.reopened_on is not None, "open again: impact not seen"),
        )
        return [words for holds, words in found if holds]


@dataclass(frozen=True, slots=True)
class ThreadFinding:
    """A finding with the recommendations that rest on it; None for those that rest on none."""

    finding: Finding | None
    recommendations: Sequence[ThreadRecommendation]

    def breaks(self) -> list[str]:
        return ["no recommendation"] if self.finding is not None and not self.recommendations else []


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the tree: its name within the page, and the reference that stands there."""

    anchor: str
    reference: str


@dataclass(frozen=True, slots=True)
class Thread:
    findings: Sequence[ThreadFinding]
    loose: Sequence[ThreadAction]
    today: date
    has_findings: bool
    has_recommendations: bool
    broken: Mapping[str, Sequence[Place]]
    """By the words for what is broken, where that is so."""


def thread(session: Session, actor: Actor, case: Case, *, today: date) -> Thread:
    """Gather the thread of a case or plan that the actor may see; each action is listed once."""
    findings = findings_of(session, actor, case)
    asked = session.scalars(
        sa.select(Recommendation)
        .where(Recommendation.case_id == case.id, visible(actor, Recommendation))
        .order_by(Recommendation.id)
    ).all()
    actions, further = thread_actions(session, actor, case, today=today), further_answers(session, case)
    listed, elsewhere, loose = _sorted_in(actions, asked, further)
    made = [
        ThreadRecommendation(each, listed.get(each.id, ()), elsewhere.get(each.id, ()), bool(findings))
        for each in asked
    ]
    tree = [ThreadFinding(each, [one for one in made if one.recommendation.finding_id == each.id]) for each in findings]
    resting_on_none = [one for one in made if one.recommendation.finding_id is None]
    tree += [ThreadFinding(None, resting_on_none)] if resting_on_none else []
    broken = _broken(tree, loose, today=today, loose_too=bool(asked))
    return Thread(tree, loose, today, bool(findings), bool(asked), broken)


def _sorted_in(
    actions: Iterable[ThreadAction], asked: Iterable[Recommendation], further: Mapping[int, Sequence[int]]
) -> tuple[dict[int, list[ThreadAction]], dict[int, list[ThreadAction]], list[ThreadAction]]:
    """Put each action under the first recommendation it answers; the others only name it."""
    own = {each.id for each in asked}
    listed: dict[int, list[ThreadAction]] = {}
    elsewhere: dict[int, list[ThreadAction]] = {}
    loose: list[ThreadAction] = []
    for one in actions:
        first = [one.recommendation_id] if one.recommendation_id in own else []
        answered = [key for key in (*first, *further.get(one.id, ())) if key is not None]
        if not answered:
            loose.append(one)
            continue
        listed.setdefault(answered[0], []).append(one)
        for key in answered[1:]:
            elsewhere.setdefault(key, []).append(one)
    return listed, elsewhere, loose


def _in_general(words: str) -> str:
    """Say it without its number, so that what is late by three days and by four stands together."""
    return words.lstrip("0123456789 ").removeprefix("days ").removeprefix("day ") if words.endswith(" late") else words


def _broken(
    tree: Iterable[ThreadFinding], loose: Iterable[ThreadAction], *, today: date, loose_too: bool
) -> dict[str, list[Place]]:
    """Collect what is broken by its words, in the order of the tree; of actions not theirs to see nothing is said."""
    found: dict[str, list[Place]] = {}

    def note(kind: str, row: Finding | Recommendation | ThreadAction, breaks: Iterable[str]) -> None:
        for words in breaks:
            place = Place(f"{kind}-{row.id}", row.reference)
            found.setdefault(_in_general(words), []).append(place)

    for part in tree:
        if part.finding is not None:
            note("finding", part.finding, part.breaks())
        for each in part.recommendations:
            note("recommendation", each.recommendation, each.breaks())
            for one in (one for one in each.actions if one.is_seen):
                note("action", one, one.breaks(today))
    for one in (one for one in loose if one.is_seen):
        nothing_behind = loose_too and one.stage not in DROPPED
        note("action", one, [*(["no recommendation behind it"] if nothing_behind else []), *one.breaks(today)])
    return found
