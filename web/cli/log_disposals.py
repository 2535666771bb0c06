"""Commands of the retention of the audit log: what is due, and the decisions on it."""

from typing import Any

import click

from reviews.core.clock import local_day
from reviews.models import LogDisposal
from reviews.retention.log_disposals import (
    approve_log_disposal,
    log_retention,
    propose_log_disposal,
    refuse_log_disposal,
)
from reviews.transactions.unit_of_work import unit_of_work
from web.cli.arguments import partnership_named
from web.cli.runtime import acting, as_json, as_person, emit, open_app, partnership, table

the_reason = click.option("--reason", required=True, metavar="TEXT", help="Why.")


@click.group("log")
def log() -> None:
    """Decide on months of the audit log that are due by the schedule."""


@log.command("show")
@partnership
@as_person
@as_json
def show(partnership: str, as_: str | None, json_: bool) -> None:
    """Show what of the audit log is due, what is decided, and what was disposed of."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        found = partnership_named(unit, partnership)
        retention = log_retention(unit.session, unit.actor, found.id, today=local_day(app.clock.now()))
        data: dict[str, Any] = {
            "years": retention.rule.years if retention.rule else None,
            "due_before": retention.before,
            "pending": disposal_as_data(retention.pending) if retention.pending else None,
            "past": [disposal_as_data(each) for each in retention.past],
        }
        code = found.code
    rows = [
        (
            each["number"] or "",
            str(each["before"]),
            each["proposed_by"],
            each["answer"] or "proposed",
            str(each["rows"]),
        )
        for each in (data["pending"], *data["past"])
        if each
    ]
    due = f"Due: what is older than {data['due_before']}." if data["due_before"] else "Nothing of it is ever due."
    headings = ("Certificate", "Before", "Proposed by", "Answer", "Rows")
    emit(data, json_, lambda: table(f"Audit log of {code}. {due}", headings, rows) if rows else due)


@log.command("propose")
@the_reason
@partnership
@as_person
@as_json
def propose(reason: str, partnership: str, as_: str | None, json_: bool) -> None:
    """Propose to dispose of the months that are due. A second person must approve."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        data = disposal_as_data(propose_log_disposal(unit, partnership_named(unit, partnership), reason=reason))
    emit(data, json_, lambda: f"Proposed: the audit log from before {data['before']}. A second person must approve it.")


@log.command("approve")
@partnership
@as_person
@as_json
def approve(partnership: str, as_: str | None, json_: bool) -> None:
    """Approve, as the second person, what another proposed on the page."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        data = disposal_as_data(approve_log_disposal(unit, partnership_named(unit, partnership)))
    emit(data, json_, lambda: "Approved. It is done by followthrough retention dispose --all-approved.")


@log.command("refuse")
@the_reason
@partnership
@as_person
@as_json
def refuse(reason: str, partnership: str, as_: str | None, json_: bool) -> None:
    """Refuse what is proposed, or take back what is approved."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        data = disposal_as_data(refuse_log_disposal(unit, partnership_named(unit, partnership), reason=reason))
    emit(data, json_, lambda: "Refused. Nothing of the audit log is disposed of.")


def disposal_as_data(disposal: LogDisposal) -> dict[str, Any]:
    return {
        "number": disposal.number,
        "before": disposal.before,
        "reason": disposal.reason,
        "proposed_by": disposal.proposed_by,
        "proposed_at": disposal.proposed_at.isoformat(),
        "answer": disposal.answer.value if disposal.answer else None,
        "answered_by": disposal.answered_by or None,
        "run_at": disposal.run_at.isoformat() if disposal.run_at else None,
        "finished_at": disposal.finished_at.isoformat() if disposal.finished_at else None,
        "rows": disposal.counts.get("audit_entries", 0),
        "held": disposal.counts.get("held", 0),
        "digest": disposal.digest or None,
    }
