"""Where does a case stand in another version of its definition, track by track?"""

from collections.abc import Iterator, Sequence

from reviews.cases.commands_version_plan import Rules, StageChange, Standing
from reviews.models import CaseTrack
from workflows.core.labels import mid_sentence, sentence
from workflows.core.vocabulary import Track


def planned_stages(standing: Standing, rules: Rules) -> list[StageChange]:
    """Give each track with its stage in both versions. What stands against a move is for `against_stages` to say."""
    rows = {row.name: row for row in standing.tracks}
    changes = []
    for track in rules.now.tracks:
        row = rows.get(track.name)
        now = track.initial if row is None else stage_in(rules, track, row.stage)
        changes.append(StageChange(track.name, track.title, row.stage if row else None, now and str(now)))
    gone = [row for row in standing.tracks if row.name not in {track.name for track in rules.now.tracks}]
    return [*changes, *(StageChange(row.name, _title(rules, row.name), row.stage, None) for row in gone)]


def stage_in(rules: Rules, track: Track, stage: str) -> str | None:
    """Give the name of a stage in the version moved to: as that version maps it, else the same; None if unknown."""
    for moved in rules.now.moved:
        if (moved.track, moved.was) == (track.name, stage):
            return moved.now
    if stage in _stages(track):
        return stage
    back = [moved.was for moved in rules.was.moved if (moved.track, moved.now) == (track.name, stage)]
    return next((was for was in back if was in _stages(track)), None)


def against_stages(standing: Standing, rules: Rules) -> Iterator[str]:
    """Say what of the tracks keeps a case where it is."""
    tracks = {track.name: track for track in rules.now.tracks}
    for row in standing.tracks:
        if row.name in tracks:
            yield from _against(row, tracks[row.name], rules)
        elif row.ended_on is None:
            yield f"{_version(rules)} has no track “{_title(rules, row.name)}”, and it is not finished in this case."


def _against(row: CaseTrack, track: Track, rules: Rules) -> Iterator[str]:
    now = stage_in(rules, track, row.stage)
    if now is None:
        yield f"{_version(rules)} has no stage “{sentence(row.stage)}” in the track “{track.title}”."
    elif row.ended_on is None and now in track.finished:
        yield (
            f"In {mid_sentence(_version(rules))} the track “{track.title}” is finished at {_words(now)}: "
            "a case is finished by a step, not by other rules."
        )
    if row.held_at is not None and stage_in(rules, track, row.held_at) is None:
        yield (
            f"The track “{track.title}” is on hold and goes back to {_words(row.held_at)}, a stage that "
            f"{mid_sentence(_version(rules))} does not have."
        )


def _stages(track: Track) -> Sequence[str]:
    return [stage.value for stage in track.stages]


def _title(rules: Rules, name: str) -> str:
    return next((track.title for track in rules.was.tracks if track.name == name), sentence(name))


def _version(rules: Rules) -> str:
    return f"Version {rules.now.version}"


def _words(stage: str) -> str:
    return mid_sentence(sentence(stage))
