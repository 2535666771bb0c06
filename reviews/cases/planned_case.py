"""What would become of one case under another version of its definition?"""

from collections.abc import Iterator, Sequence

from reviews.cases.commands_version_plan import CasePlan, ClockChange, Rules, Standing
from reviews.cases.planned_stages import against_stages, planned_stages, stage_in
from reviews.cases.version_dates import planned_clocks
from workflows.core.deadlines import Rank


def plan_case(standing: Standing, rules: Rules) -> CasePlan:
    """Plan one case. It looks at nothing but what it is given."""
    stages = planned_stages(standing, rules)
    reasons = [*_against_place(rules), *against_stages(standing, rules), *_against_blocks(standing, rules)]
    if reasons:
        return CasePlan(standing, rules.was.version, stages, {}, [], reasons, [])
    held = _held(standing, rules)
    # a track on hold goes on from where it was stopped
    onwards = {change.track: change.now for change in stages if change.now is not None} | held
    clocks = planned_clocks(standing, rules, onwards)
    said = [*_laws_lost(clocks, rules), *_left_running(standing, rules)]
    return CasePlan(standing, rules.was.version, stages, held, clocks, [], said)


def _against_place(rules: Rules) -> Iterator[str]:
    if not rules.is_theirs:
        yield f"Version {rules.now.version} was added for another partnership alone."


def _held(standing: Standing, rules: Rules) -> dict[str, str]:
    tracks = {track.name: track for track in rules.now.tracks}
    held = {row.name: row.held_at for row in standing.tracks if row.held_at is not None and row.name in tracks}
    return {name: stage_in(rules, tracks[name], stage) or stage for name, stage in held.items()}


def _against_blocks(standing: Standing, rules: Rules) -> Iterator[str]:
    known = {step.name for step in rules.now.steps}
    for inner in standing.inside:
        for name in (name for name in inner.blocks if name not in known):
            step = rules.was.step(name)
            yield (
                f"{inner.reference} holds back “{step.title if step else name}”, a step that version "
                f"{rules.now.version} does not have."
            )


def _laws_lost(clocks: Sequence[ClockChange], rules: Rules) -> Iterator[str]:
    for change in clocks:
        if change.row is None or change.now is not None or change.met_on is not None:
            continue
        editions = next((each.editions for each in rules.was.deadlines if each.name == change.clock), ())
        if any(each.effective_from == change.row.edition_from and each.rank is Rank.LAW for each in editions):
            yield f"It loses “{change.title}”, which runs by law or statutory guidance."


def _left_running(standing: Standing, rules: Rules) -> Iterator[str]:
    """Say which small cases go on by their own rules though the new version opens no more of their kind."""
    gone = {step.opens for step in rules.was.steps} - {step.opens for step in rules.now.steps}
    for inner in (inner for inner in standing.inside if inner.workflow in gone):
        yield f"{inner.reference} runs on to its end, though version {rules.now.version} opens no more of its kind."
