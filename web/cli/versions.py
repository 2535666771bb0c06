"""The command that moves running cases to another version of their workflow, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from reviews.access.shown import note_rows
from reviews.cases.version_migration import (
    MigrationTarget,
    RevertPlan,
    migrate_cases,
    plan_migration,
    plan_revert,
    revert_migration,
    version_named,
)
from reviews.cases.version_plan import CaseMigration, ClockChange, MigrationPlan
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.arguments import partnership_named
from web.cli.runtime import acting, as_json, as_person, emit, open_app, table
from workflows.core.engine import Refused
from workflows.core.labels import sentence

DRY_RUN = "Nothing was written. "
HIGHEST = 1_000_000


@click.command("migrate")
@click.argument("name")
@click.option("--to", "version", type=click.IntRange(1, HIGHEST), required=True, metavar="V", help="Which version.")
@click.option("--partnership", metavar="CODE", help="Only the cases of this partnership.")
@click.option("--reason", default="", help="Why, for the history of each case.")
@click.option("--dry-run", is_flag=True, help="Say which cases can move, which cannot, what changes; write nothing.")
@click.option("--revert", is_flag=True, help="Take back the latest move to this version.")
@as_person
@as_json
def migrate(
    name: str,
    version: int,
    partnership: str | None,
    reason: str,
    dry_run: bool,
    revert: bool,
    as_: str | None,
    json_: bool,
) -> None:
    """Move the running cases of a kind to another version of its rules, together."""
    if revert and reason:
        raise Refused("Leave out --reason with --revert: the history shows the reason of the move that is taken back.")
    app = open_app()
    actor = acting(app.database, app.clock, as_)
    with unit_of_work(app.database, actor, app.clock) as unit:
        if partnership is not None:
            partnership_named(unit, partnership)
        target = MigrationTarget(name, version, partnership)
        data = _revert(unit, target, dry_run) if revert else _move(unit, target, reason, dry_run)
        note_rows(len(data["back" if revert else "can"]) + len(data["cannot"]))
    emit(data, json_, lambda: _reverted_in_words(data) if revert else _moved_in_words(data))


def _move(unit: Unit, target: MigrationTarget, reason: str, dry_run: bool) -> dict[str, Any]:
    if dry_run:
        return _plan_as_data(plan_migration(unit.session, unit.actor, target), dry_run=True)
    workflow = version_named(unit.session, unit.actor, target)
    usual = f"Version {workflow.version} of the rules is in force from {workflow.effective_from:%-d %B %Y}."
    return _plan_as_data(migrate_cases(unit, target, reason=reason or usual), dry_run=False)


def _revert(unit: Unit, target: MigrationTarget, dry_run: bool) -> dict[str, Any]:
    found = plan_revert(unit.session, unit.actor, target) if dry_run else revert_migration(unit, target)
    return _revert_as_data(found, dry_run)


def _plan_as_data(plan: MigrationPlan, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "workflow": plan.workflow.name,
        "title": plan.workflow.title,
        "to": plan.workflow.version,
        "already": plan.already,
        "can": [
            {
                **_case(each),
                "stages": [
                    {"track": stage.track, "title": stage.title, "was": stage.was, "now": stage.now}
                    for stage in each.stages
                ],
                "clocks": [_clock(clock) for clock in each.clocks],
                "said": list(each.warnings),
            }
            for each in plan.can
        ],
        "cannot": [{**_case(each), "why": list(each.reasons)} for each in plan.cannot],
    }


def _case(plan: CaseMigration) -> dict[str, Any]:
    return {"partnership": plan.partnership, "case": plan.reference, "from": plan.from_version}


def _clock(change: ClockChange) -> dict[str, Any]:
    return {
        "clock": change.clock,
        "title": change.title,
        "was": change.was,
        "now": change.now,
        "met_on": change.met_on,
        "because": change.because,
    }


def _revert_as_data(plan: RevertPlan, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "workflow": plan.workflow.name,
        "title": plan.workflow.title,
        "to": plan.workflow.version,
        "reason": plan.move.reason,
        "back": [
            {"partnership": each.partnership, "case": each.reference, "now": each.moved["from"]} for each in plan.can
        ],
        "cannot": [
            {"partnership": each.partnership, "case": each.reference, "why": [each.why_not]} for each in plan.cannot
        ],
    }


def _moved_in_words(data: Mapping[str, Any]) -> str:
    can, cannot = data["can"], data["cannot"]
    done = "would move" if data["dry_run"] else "moved"
    parts = [
        f"{DRY_RUN if data['dry_run'] else ''}{data['title']}: {_cases(can)} {done} to version {data['to']}, "
        f"{_cases(cannot)} cannot; {_cases_of(data['already'])} under it already."
    ]
    if can:
        rows = [(_where(each), f"{each['from']}", _stages(each), _clocks(each)) for each in can]
        parts.append(table("Can move", ("Case", "From", "Stages", "Clocks"), rows))
    return "\n".join([*parts, *_cannot_in_words(cannot)])


def _reverted_in_words(data: Mapping[str, Any]) -> str:
    done = "would go back" if data["dry_run"] else "went back"
    dry = DRY_RUN if data["dry_run"] else ""
    parts = [f"{dry}{data['title']}: {_cases(data['back'])} {done} from version {data['to']}."]
    if data["back"]:
        rows = [(_where(each), f"{each['now']}") for each in data["back"]]
        parts.append(table("Taken back", ("Case", "Version now"), rows))
    return "\n".join([*parts, *_cannot_in_words(data["cannot"])])


def _cannot_in_words(cannot: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [(_where(each), " ".join(each["why"])) for each in cannot]
    return [table("Cannot", ("Case", "Why"), rows)] if rows else []


def _stages(case: Mapping[str, Any]) -> str:
    return "\n".join(
        f"{each['title']}: {_stage(each['was'], 'new')}"
        + (f" → {_stage(each['now'], 'left behind')}" if each["was"] != each["now"] else "")
        for each in case["stages"]
    )


def _clocks(case: Mapping[str, Any]) -> str:
    lines = [
        f"{each['title']}: {each['was'] or 'starts'}"
        + (f" → {each['now'] or 'ends'}" if each["was"] != each["now"] else "")
        + (f", because {each['because']}" if each["because"] else "")
        for each in case["clocks"]
    ]
    return "\n".join([*lines, *case["said"]])


def _stage(name: str | None, otherwise: str) -> str:
    return sentence(name) if name else otherwise


def _where(case: Mapping[str, Any]) -> str:
    return f"{case['partnership']} {case['case']}"


def _cases(rows: Sequence[object]) -> str:
    return "1 case" if len(rows) == 1 else f"{len(rows)} cases"


def _cases_of(count: int) -> str:
    return "1 runs" if count == 1 else f"{count} run"
