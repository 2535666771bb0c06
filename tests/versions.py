"""Which other versions of a kind do tests move cases to? Each is read from a file, as an added one is."""

import re
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from reviews.models import AddedDefinition, Partnership
from tests.builders import NOW
from workflows.catalogue import BUILT_IN
from workflows.core.vocabulary import Deadline, Edition, Rank, RenamedStage, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.files.read import read_workflow
from workflows.files.write import write_workflow

RAPID = BUILT_IN.newest_of("rapid_review")
NEXT = RAPID.version + 1
SINCE = date(2018, 6, 29)
CUSTOM = "Our custom"
LOOK = Deadline(
    "early_look",
    "First look",
    counted_from="submit_sin",
    met_by=("hold_meeting",),
    editions=(Edition(SINCE, Period(8, Unit.WORKING_DAYS), Rank.LOCAL, CUSTOM),),
    ended_by=("withdraw", "transfer"),
)
REFERRAL_LOOK = replace(LOOK, name="referral_look", title="Look at the referral", counted_from="la_aware_at")


def another(workflow: Workflow = RAPID, number: int = NEXT, **changes: object) -> Workflow:
    """Give the next version of a kind, with other parts where they are given.

    New cases run under it from December on, so that the cases of the tests are opened under the one before.
    """
    usual = {"version": number, "effective_from": date(2026, 12, 1)}
    return replace(workflow, **{**usual, **changes})


def renamed(workflow: Workflow, was: str, now: str, *, mapped: bool = True) -> Workflow:
    """Give a version with one stage called otherwise, wherever it stands; by default it says so."""
    text = re.sub(rf"\b{was}\b", now, write_workflow(workflow))
    found = read_workflow(text, "renamed.yaml")
    moved = (RenamedStage(workflow.tracks[0].name, was, now),) if mapped else ()
    return replace(found, moved=(*workflow.moved, *moved))


def with_period(workflow: Workflow, name: str, count: int) -> Workflow:
    """Give a version in which one deadline has another number in all its editions."""
    return _with_deadline(workflow, name, lambda d: replace(d, editions=tuple(map(_counting(count), d.editions))))


def with_clocks(workflow: Workflow, *added: Deadline, without: tuple[str, ...] = ()) -> Workflow:
    kept = tuple(deadline for deadline in workflow.deadlines if deadline.name not in without)
    return replace(workflow, deadlines=(*kept, *added))


def with_deadline(workflow: Workflow, name: str, **changes: object) -> Workflow:
    return _with_deadline(workflow, name, lambda deadline: replace(deadline, **changes))


def with_step(workflow: Workflow, name: str, **changes: object) -> Workflow:
    """Give a version in which one step is otherwise."""
    tracks = [replace(t, steps=tuple(_changed(step, name, changes) for step in t.steps)) for t in workflow.tracks]
    return replace(workflow, tracks=tuple(tracks))


def with_track(workflow: Workflow, track: Track) -> Workflow:
    return replace(workflow, tracks=(*workflow.tracks, track))


def add_version(session: Session, workflow: Workflow, partnership: Partnership | None = None) -> Workflow:
    """Let an installation know a definition, as adding its file does."""
    text = write_workflow(workflow)
    session.add(
        AddedDefinition(
            name=workflow.name,
            version=workflow.version,
            partnership_id=partnership.id if partnership else None,
            text=text,
            source=f"{workflow.name}-{workflow.version}.yaml",
            added_at=NOW,
            added_by="operator",
        )
    )
    session.flush()
    return read_workflow(text, "")


def _with_deadline(workflow, name, change):
    found = tuple(change(deadline) if deadline.name == name else deadline for deadline in workflow.deadlines)
    return replace(workflow, deadlines=found)


def _counting(count: int):
    return lambda edition: replace(edition, period=replace(edition.period, count=count))


def _changed(step: Step, name: str, changes: dict[str, object]) -> Step:
    return replace(step, **changes) if step.name == name else step
