"""Commands of retention: the schedule, holds, the review, disposal and its certificates."""

import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import click

import notifications.models  # noqa: F401  # disposal deletes rows of its tables, which register themselves
from reviews.access.permissions import system
from reviews.core.clock import local_day
from reviews.core.sealed import derived_key
from reviews.core.secrets import present_key
from reviews.models import Case, DisposalCertificate, Partnership, RetentionDecision, RetentionHold, RetentionHoldKind
from reviews.people.saved_forms import KEY_PURPOSE
from reviews.retention.certificates import (
    NOT_COVERED,
    CertificateLine,
    backups_before,
    certificates,
    find_certificate,
)
from reviews.retention.decisions_on_cases import (
    approve_disposal,
    decide_to_keep,
    propose_disposal,
    refuse_disposal,
    release_hold,
    set_hold,
)
from reviews.retention.dispose import approved_cases, dispose_of, finish_disposals
from reviews.retention.log_disposals import dispose_of_log
from reviews.retention.review_list import RetentionLine, find_retained, retention_line, review_list
from reviews.retention.schedule import AUDIT_LOG, rule_in_words, schedule, set_rule
from reviews.transactions.unit_of_work import NotFound, Unit, reading, unit_of_work
from web.cli.arguments import DAY, ids_of, looking_for, named, partnership_named
from web.cli.log_disposals import disposal_as_data, log
from web.cli.refusals import ANSWERS, in_words
from web.cli.runtime import (
    acting,
    any_partnership,
    as_json,
    as_person,
    disposal_database,
    emit,
    open_app,
    operator,
    partnership,
    table,
)
from web.core.app_context import AppContext
from web.imports.uploads import Uploads
from workflows.core.engine import Refused

the_reason = click.option("--reason", required=True, metavar="TEXT", help="Why. Name no child.")


@click.group()
def retention() -> None:
    """Set how long cases are kept, hold what must not be destroyed, review, and dispose."""


retention.add_command(log)


@retention.command("show")
@partnership
@as_person
@as_json
def show_schedule(partnership: str, as_: str | None, json_: bool) -> None:
    """Show after how many years cases of each kind are due for review. Nothing is deleted by itself."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        found = partnership_named(unit, partnership)
        lines = schedule(unit.session, unit.actor, found.id)
        data = [
            {
                "workflow": line.workflow,
                "title": line.title,
                "years": line.years,
                "counted_from": ("written" if line.workflow == AUDIT_LOG else "closed") if line.years else None,
                "reason": line.rule.reason if line.rule else None,
                "set_by": line.rule.set_by if line.rule else None,
                "set_at": line.rule.set_at.isoformat() if line.rule else None,
            }
            for line in lines
        ]
        title = f"Retention schedule of {found.code}"
    rows = [(line.workflow, line.in_words, line.rule.reason if line.rule else "") for line in lines]
    emit(data, json_, lambda: table(title, ("Kind", "Review", "Why"), rows))


@retention.command("set")
@click.argument("workflow", metavar="KIND")
@click.option("--years", type=int, help="Years after the day the case closed.")
@click.option("--never", is_flag=True, help="Cases of this kind are not due any more.")
@the_reason
@partnership
@as_person
@as_json
def set_schedule(
    workflow: str, years: int | None, never: bool, reason: str, partnership: str, as_: str | None, json_: bool
) -> None:
    """Set after how many years cases of a kind are due for review."""
    if (years is None) is not never:
        raise click.UsageError("Give either --years N or --never.")
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        rule = set_rule(unit, partnership_named(unit, partnership), workflow=workflow, years=years, reason=reason)
        data = {"workflow": rule.workflow, "years": rule.years, "reason": rule.reason, "set_by": rule.set_by}
    emit(data, json_, lambda: f"{workflow}: {rule_in_words(years, workflow)}.")


@retention.command("review")
@any_partnership
@as_person
@as_json
def review(partnership: str | None, as_: str | None, json_: bool) -> None:
    """List what is due for review, what stops its disposal, and what was decided."""
    app = open_app()
    with reading(app.database) as session:
        actor = acting(app.database, app.clock, as_)
        only = ids_of(session, partnership) if partnership else [None]
        lines = [line for each in only for line in review_list(session, actor, today=_today(app), partnership_id=each)]
        data = {"as_of": _today(app), "cases": [_line_as_data(line) for line in lines]}
    rows = [
        (
            line.reference,
            line.workflow,
            str(line.closed or ""),
            str(line.due_since or ""),
            line.state.value,
            _stops(line),
        )
        for line in lines
    ]
    headings = ("Case", "Kind", "Closed", "Due since", "State", "What stops it")
    emit(data, json_, lambda: table("Retention", headings, rows) if rows else "Nothing is due for review, or on hold.")


def on_a_case(act: Callable[..., str]) -> Callable[..., None]:
    """Make a command of a function that decides on the retention of a case, and says what it did in a sentence."""

    def change(reference: str, partnership: str | None, as_: str | None, json_: bool, **arguments: Any) -> None:
        app = open_app()
        with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
            with looking_for(f"case {named(reference)}"):
                case = find_retained(unit, reference=reference, code=partnership or "")
            sentence = act(unit, case, **arguments)
            line = retention_line(unit.session, unit.actor, today=unit.today, number=case.id)
            data = {"done": sentence, **_line_as_data(line)}
        emit(data, json_, lambda: sentence)

    change.__doc__ = act.__doc__
    for decorate in (as_json, as_person, any_partnership, click.argument("reference")):
        change = decorate(change)
    return change


@retention.command("hold")
@click.option("--kind", type=click.Choice([kind.value for kind in RetentionHoldKind]), required=True)
@the_reason
@on_a_case
def hold(unit: Unit, case: Case, *, kind: str, reason: str) -> str:
    """Do not destroy: stop the disposal of a case until the hold is released."""
    set_hold(unit, case, kind=RetentionHoldKind(kind), reason=reason)
    return f"{case.reference} must not be destroyed until the hold is released."


@retention.command("release")
@click.option("--number", type=int, help="Number of the hold, where there are several.")
@the_reason
@on_a_case
def release(unit: Unit, case: Case, *, number: int | None, reason: str) -> str:
    """Release a hold on a case."""
    with looking_for(f"hold {number} on {case.reference}"):
        released = release_hold(unit, case, number, reason=reason)
    return f"The hold of {case.reference} ({released.kind.value}) is released."


@retention.command("keep")
@click.option("--until", type=DAY, metavar="DATE", required=True, help="The day on which it is due again.")
@the_reason
@on_a_case
def keep(unit: Unit, case: Case, *, until: date, reason: str) -> str:
    """Keep a case that is due, until a day on which it is due again."""
    decide_to_keep(unit, case, until=until, reason=reason)
    return f"{case.reference} is kept until {until}."


@retention.command("propose")
@the_reason
@on_a_case
def propose(unit: Unit, case: Case, *, reason: str) -> str:
    """Propose to dispose of a case that is due. A second person must approve."""
    propose_disposal(unit, case, reason=reason)
    return f"The disposal of {case.reference} is proposed. A second person must approve it."


@retention.command("approve")
@on_a_case
def approve(unit: Unit, case: Case) -> str:
    """Approve, as the second person, the disposal that another proposed on the page."""
    approve_disposal(unit, case)
    return f"The disposal of {case.reference} is approved. It is done by followthrough retention dispose."


@retention.command("refuse")
@the_reason
@on_a_case
def refuse(unit: Unit, case: Case, *, reason: str) -> str:
    """Refuse a disposal that is proposed, or take back one that is approved."""
    refuse_disposal(unit, case, reason=reason)
    return f"{case.reference} is not disposed of. It is due for review again."


@retention.command("dispose")
@click.argument("references", nargs=-1, metavar="[REFERENCE]...")
@click.option("--all-approved", is_flag=True, help="Every case whose disposal is approved, and the audit log.")
@any_partnership
@as_json
def dispose(references: tuple[str, ...], all_approved: bool, partnership: str | None, json_: bool) -> None:
    """Dispose of cases whose disposal is approved: all their rows and files. This cannot be undone.

    Without a case it disposes of approved months of the audit log, and finishes what an earlier run could not. Run it
    when few people work: on SQLite everybody waits while the database is written anew.
    """
    if references and all_approved:
        raise click.UsageError("Name cases, or use --all-approved.")
    app = open_app()
    database, actor = disposal_database(app.settings), system(operator())
    numbers, refused = _approved(app, references, partnership, all_approved=all_approved)
    secret = present_key(app.settings)
    key = derived_key(secret, KEY_PURPOSE) if secret else None
    made: set[int] = set()
    for reference, number in numbers:
        try:
            certificate = dispose_of(database, app.settings, app.clock, actor, number=number, forms_key=key)
        except ANSWERS as answer:
            refused.append((reference, in_words(answer)))
            continue
        made.add(certificate.id)
        Uploads(app.settings.home).forget_plan(_code(app, certificate), certificate.reference)
    finished = finish_disposals(database, app.settings, app.clock, actor)
    of_log = [] if references else dispose_of_log(database, app.settings, app.clock, actor)
    with reading(database) as session:
        lines = [line for line in certificates(session, actor) if line.certificate.id in {*made, *finished}]
        data = {
            "certificates": [_certificate_as_data(app, line) for line in lines],
            "audit_log": [disposal_as_data(each) for each in of_log],
            "refused": [{"reference": reference, "why": why} for reference, why in refused],
        }
    words = [_disposed_in_words(line) for line in lines]
    words += [
        f"{each['rows']} rows of the audit log from before {each['before']} are disposed of. "
        f"Certificate {each['number']}."
        for each in data["audit_log"]
    ]
    emit(data, json_, lambda: "\n".join(words) or "Nothing was disposed of.")
    if refused:
        for _, why in () if json_ else refused:
            click.echo(why, err=True)
        sys.exit(1)


@retention.command("certificates")
@any_partnership
@as_person
@as_json
def list_certificates(partnership: str | None, as_: str | None, json_: bool) -> None:
    """List the certificates of cases that were disposed of."""
    app = open_app()
    with reading(app.database) as session:
        only = ids_of(session, partnership) if partnership else [None]
        actor = acting(app.database, app.clock, as_)
        lines = [line for each in only for line in certificates(session, actor, partnership_id=each)]
        data = [_certificate_as_data(app, line) for line in lines]
    rows = [(each["number"], each["reference"], each["kind"], each["run_at"][:10]) for each in data]
    emit(
        data, json_, lambda: table("Certificates", ("Number", "Case", "Kind", "Disposed of"), rows) if rows else "None."
    )


@retention.command("certificate")
@click.argument("number")
@any_partnership
@as_person
@as_json
def show_certificate(number: str, partnership: str | None, as_: str | None, json_: bool) -> None:
    """Show what a certificate says of a case that was disposed of, and what is not covered."""
    app = open_app()
    with reading(app.database) as session, looking_for(f"certificate {named(number)}"):
        actor = acting(app.database, app.clock, as_)
        line = find_certificate(session, actor, number, code=partnership or "")
        data = _certificate_as_data(app, line)
    emit(data, json_, lambda: _certificate_in_words(data))


def _approved(
    app: AppContext, references: tuple[str, ...], code: str | None, *, all_approved: bool
) -> tuple[list[tuple[str, int]], list[tuple[str, str]]]:
    """Give the cases to dispose of, by reference and number, and the references that are none."""
    found: list[tuple[str, int]] = []
    refused: list[tuple[str, str]] = []
    actor = system(operator())
    with reading(app.database) as session:
        if all_approved:
            only = ids_of(session, code) if code else [None]
            for each in only:
                lines = approved_cases(session, actor, today=_today(app), partnership_id=each)
                found += [(line.reference, line.number) for line in lines]
        for reference in dict.fromkeys(references):
            try:
                line = retention_line(session, actor, today=_today(app), reference=reference, code=code or "")
                found.append((reference, line.number))
            except NotFound:
                refused.append((reference, f"There is no case {named(reference)}, or it is not yours to see."))
            except Refused as answer:
                refused.append((reference, answer.sentence))
    return found, refused


def _today(app: AppContext) -> date:
    return local_day(app.clock.now())


def _code(app: AppContext, certificate: DisposalCertificate) -> str:
    with reading(app.database) as session:
        return session.get_one(Partnership, certificate.partnership_id).code


def _line_as_data(line: RetentionLine) -> dict[str, Any]:
    return {
        "reference": line.reference,
        "partnership": line.partnership,
        "kind": line.workflow,
        "title_of_kind": line.title,
        "closed_on": line.closed,
        "due_since": line.due_since,
        "schedule": {"years": line.rule.years, "counted_from": "closed", "set_by": line.rule.set_by}
        if line.rule
        else None,
        "state": line.state.value,
        "holds": [_hold_as_data(hold) for hold in line.holds],
        "stopped_by": list(line.obstacles),
        "decision": _decision_as_data(line.decision) if line.decision else None,
    }


def _hold_as_data(hold: RetentionHold) -> dict[str, Any]:
    return {
        "number": hold.id,
        "kind": hold.kind.value,
        "reason": hold.reason,
        "placed_by": hold.placed_by,
        "placed_at": hold.placed_at.isoformat(),
    }


def _decision_as_data(decision: RetentionDecision) -> dict[str, Any]:
    return {
        "outcome": decision.outcome.value,
        "until": decision.keep_until,
        "reason": decision.reason,
        "by": decision.decided_by,
        "at": decision.decided_at.isoformat(),
        "answer": decision.answer.value if decision.answer else None,
        "answered_by": decision.answered_by or None,
        "answered_at": decision.answered_at.isoformat() if decision.answered_at else None,
    }


def _stops(line: RetentionLine) -> str:
    holds = [f"Hold: {hold.kind.value}, since {hold.placed_at:%Y-%m-%d}." for hold in line.holds]
    return " ".join((*holds, *line.obstacles))


def _certificate_as_data(app: AppContext, line: CertificateLine) -> dict[str, Any]:
    found = line.certificate
    return {
        "number": found.number,
        "partnership": line.partnership.code,
        "reference": found.reference,
        "kind": found.workflow,
        "title_of_kind": line.title,
        "child_references": found.child_references,
        "opened_year": found.opened_year,
        "closed_year": found.closed_on.year,
        "schedule": {"years": found.years, "counted_from": "closed", "set_by": found.rule_set_by},
        "due_since": found.due_since,
        "proposed_by": found.proposed_by,
        "proposed_at": found.proposed_at.isoformat(),
        "approved_by": found.approved_by,
        "approved_at": found.approved_at.isoformat(),
        "run_by": found.run_by,
        "run_at": found.run_at.isoformat(),
        "finished_at": found.finished_at.isoformat() if found.finished_at else None,
        "rows": found.counts,
        "files": found.files,
        "digest": found.digest,
        "backups": [
            {"name": each.name, "made_at": each.made_at.isoformat() if each.made_at else None, "gone": each.is_gone}
            for each in backups_before(found, app.settings.backups)
        ],
        "not_covered": list(NOT_COVERED),
    }


def _certificate_in_words(data: dict[str, Any]) -> str:
    years = data["schedule"]["years"]
    rows = [
        ("Case", f"{data['reference']}, {data['title_of_kind']}, {data['partnership']}"),
        ("Opened and closed", f"{data['opened_year']}, {data['closed_year']}"),
        ("Why", f"{rule_in_words(years)}, since {data['due_since']}; schedule set by {data['schedule']['set_by']}"),
        ("Proposed", f"{data['proposed_at'][:16]} {data['proposed_by']}"),
        ("Approved", f"{data['approved_at'][:16]} {data['approved_by']}"),
        ("Disposed of", f"{data['run_at'][:16]} {data['run_by']}"),
        ("Finished", (data["finished_at"] or "not yet: run followthrough retention dispose")[:60]),
        ("Rows", ", ".join(f"{name} {count}" for name, count in data["rows"].items())),
        ("Files", str(data["files"])),
        ("Hash over all of it", data["digest"]),
        ("Backups made before", ", ".join(_backup_in_words(each) for each in data["backups"]) or "none found"),
        *(("Not covered", sentence) for sentence in data["not_covered"]),
    ]
    return table(f"Certificate {data['number']}", ("What", ""), rows)


def _backup_in_words(backup: dict[str, Any]) -> str:
    made = (backup["made_at"] or "a moment not known")[:16]
    return f"{backup['name']} ({made}{', since deleted' if backup['gone'] else ''})"


def _disposed_in_words(line: CertificateLine) -> str:
    found = line.certificate
    rows = sum(found.counts.values())
    return f"{found.reference} is disposed of: {rows} rows, {found.files} files. Certificate {found.number}."
