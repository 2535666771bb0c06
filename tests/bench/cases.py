"""The cases of an invented partnership, with their tracks and clocks."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache

from tests.bench.nation import NOW, TODAY, Draft, Row
from workflows.core.vocabulary import Deadline, Edition, Track, Workflow
from workflows.core.working_days import Sum, add
from workflows.definitions import CASE_WORKFLOWS

FIRST_DAY = date(2019, 4, 1)
"""Every deadline has an edition from this day on."""
EVERY_NTH_A_PRACTICE_REVIEW = 4
OPEN_FOR = timedelta(days=600)
CLOCKS = {
    "rapid_review": ("sin", "meeting", "rapid_review"),
    "lcspr": ("commission", "draft", "publication"),
    "cdop_case": ("triage", "cdrm", "panel"),
}


def add_cases(draft: Draft) -> list[Row]:
    """Add reviews and child deaths spread over seven years; the youngest are open. Give them, the oldest first."""
    reviews = draft.part(draft.size.reviews)
    kinds = ["lcspr" if n % EVERY_NTH_A_PRACTICE_REVIEW == 0 else "rapid_review" for n in range(reviews)]
    kinds += ["cdop_case"] * draft.part(draft.size.deaths)
    days = (TODAY - FIRST_DAY).days
    opened = sorted((FIRST_DAY + timedelta(days=draft.random.randrange(days)), kind) for kind in kinds)
    cases = [_add_case(draft, CASE_WORKFLOWS[kind], day, number) for number, (day, kind) in enumerate(opened, 1)]
    draft.random.shuffle(cases)
    return sorted(cases, key=lambda case: case["opened_on"])


def _add_case(draft: Draft, workflow: Workflow, opened_on: date, number: int) -> Row:
    is_open = TODAY - opened_on < OPEN_FOR
    closed_on = None if is_open else opened_on + timedelta(days=draft.random.randrange(60, OPEN_FOR.days))
    case = draft.add(
        "cases",
        partnership_id=draft.place + 1,
        reference=f"{workflow.prefix}-{opened_on.year}-{number:04}",
        title=f"Matter {number} of the {draft.random.choice(('north', 'south', 'east', 'west'))} of the area",
        workflow=workflow.name,
        workflow_version=workflow.version,
        realm=workflow.realm.value,
        opened_on=opened_on,
        closed_on=closed_on,
        version=1,
    )
    for track in workflow.tracks:
        _add_track(draft, case, track)
    for deadline in CLOCKS[workflow.name]:
        _add_clock(draft, case, workflow.deadline(deadline))
    _add_history(draft, case, workflow)
    return case


def _add_track(draft: Draft, case: Row, track: Track) -> None:
    stages = sorted(track.finished) if case["closed_on"] else _running(track)
    draft.add(
        "case_tracks",
        case_id=case["id"],
        name=track.name,
        stage=str(draft.random.choice(stages)),
        since_on=case["closed_on"] or case["opened_on"],
        ended_on=case["closed_on"],
    )


def _running(track: Track) -> Sequence[str]:
    return [stage.value for stage in track.stages if stage not in track.finished]


def _add_clock(draft: Draft, case: Row, deadline: Deadline) -> None:
    edition, worked = _worked_out(deadline, case["opened_on"])
    is_met = case["closed_on"] is not None or draft.random.random() < 0.4
    draft.add(
        "case_clocks",
        case_id=case["id"],
        name=deadline.name,
        edition_from=edition.effective_from,
        counted_from_on=case["opened_on"],
        due_on=worked.due_on,
        due_at=worked.due_at,
        provisional=worked.provisional,
        forecast_on=None,
        met_on=min(worked.due_on, TODAY) if is_met else None,
        dropped_on=None,
        late_reason=None,
    )


@cache
def _worked_out(deadline: Deadline, day: date) -> tuple[Edition, Sum]:
    edition = deadline.edition_on(day)
    assert edition is not None, deadline.name
    return edition, add(day, edition.period)


def _add_history(draft: Draft, case: Row, workflow: Workflow) -> None:
    opening = workflow.opening
    assert opening is not None
    draft.add(
        "events",
        kind="case_opened",
        partnership_id=case["partnership_id"],
        case_id=case["id"],
        action_id=None,
        track=workflow.tracks[0].name,
        step=opening.name,
        from_stage=None,
        to_stage=str(workflow.tracks[0].initial),
        happened_on=case["opened_on"],
        recorded_at=NOW - (TODAY - case["opened_on"]),
        recorded_by="somebody <somebody@area.example>",
        details={},
        known_to="day",
        announced_at=NOW,
    )
