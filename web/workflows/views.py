"""Which versions do running cases run under, and how are they moved to another one, and back?"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, TextAreaField
from wtforms.validators import DataRequired, Length

from reviews.access.permissions import Permission
from reviews.cases.page_queries import CaseFile, case_file
from reviews.cases.version_migration import (
    LONGEST_REASON,
    MigrationTarget,
    migrate_cases,
    plan_migration,
    plan_revert,
    require_manager,
    revert_migration,
)
from reviews.cases.version_plan import MigrationPlan
from reviews.cases.version_queries import past_migrations, running_by_version
from reviews.core.paging import SIZE, Page, Row
from reviews.definitions.catalogue import catalogue_for
from reviews.definitions.local_rules import local_rules_of
from reviews.models import LocalRule
from reviews.transactions.unit_of_work import NotFound, Unit
from web.cases.blocked_steps import missing_links
from web.cases.presenter import steps_for_others, steps_for_person
from web.core.access import needs
from web.core.context import actor, catalogue, kinds, reader, today
from web.core.query import number, one_of, partnership_asked, places_with, shown, word
from web.forms.submit_once import OnceForm, send_form
from web.workflows.presenter import case_views, steps_from, views_of
from workflows.core.engine import Refused
from workflows.core.local_periods import own_period
from workflows.core.questions import condition, life
from workflows.core.vocabulary import BACK, UNOPENED, Realm, Role, Workflow
from workflows.definitions import WORKFLOWS

pages = Blueprint("workflows", __name__)


FIRST = 100


class MigrationForm(OnceForm):
    """What is moved must be what was shown: `plan` tells one plan from another."""

    plan = HiddenField(default="")
    reason = TextAreaField(
        "Why they move",
        [DataRequired("Enter why the cases move"), Length(max=LONGEST_REASON)],
        description="It stands in the history of each case. No names, and nothing of any one case.",
    )

    def show_plan(self, plan: MigrationPlan) -> None:
        if self.overtaken or not self.is_submitted():
            self.plan.data = plan.fingerprint


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version with the number of running cases that are this person's and run under it."""

    workflow: Workflow
    running: int
    is_for_new: bool


@pages.route("/workflows/<name>/versions", methods=["GET", "POST"])
@needs(Permission.MANAGE_WORKFLOWS)
def versions(name: str) -> ResponseReturnValue:
    lines, wanted = _lines(name), number("to")
    if wanted not in {line.workflow.version for line in lines}:
        return render_template("workflows/versions.html", plan=None, **_around(name, lines))
    target, form = MigrationTarget(name, wanted or 0, one_of("partnership", _places()) or None), MigrationForm()

    def act(unit: Unit) -> str:
        done = migrate_cases(unit, target, reason=form.reason.data or "", seen=str(form.plan.data or ""))
        count = "1 case" if len(done.can) == 1 else f"{len(done.can)} cases"
        flash(f"{count} moved to version {target.version}.")
        return f"/workflows/{name}/versions"

    return send_form(form, act, lambda: _show(target, form))


@pages.route("/workflows/<name>/versions/<int:version>/take-back", methods=["GET", "POST"])
@needs(Permission.MANAGE_WORKFLOWS)
def take_back(name: str, version: int) -> ResponseReturnValue:
    line = next((each for each in _lines(name) if each.workflow.version == version), None)
    if line is None:
        raise NotFound
    target, form = MigrationTarget(name, version), OnceForm()

    def act(unit: Unit) -> str:
        done = revert_migration(unit, target, seen=form.seen_version or 0)
        count = "1 case" if len(done.can) == 1 else f"{len(done.can)} cases"
        flash(f"{count} went back from version {version}.")
        return f"/workflows/{name}/versions"

    return send_form(form, act, lambda: _show_back(line.workflow, target, form))


def _show(target: MigrationTarget, form: MigrationForm) -> str:
    plan = plan_migration(reader(), actor(), target)
    form.show_plan(plan)
    return render_template(
        "workflows/versions.html",
        plan=plan,
        form=form,
        page=shown(lambda n: _page(plan.can, n)),
        cannot=plan.cannot[:FIRST],
        **_around(target.workflow, _lines(target.workflow)),
    )


def _show_back(workflow: Workflow, target: MigrationTarget, form: OnceForm) -> str:
    try:
        plan, refusal = plan_revert(reader(), actor(), target), None
        form.show_version(plan.move.id)
    except Refused as found:
        plan, refusal = None, found
    return render_template(
        "workflows/take_back.html", workflow=workflow, plan=plan, refusal=refusal, form=form, first=FIRST
    )


def _around(name: str, lines: Sequence[VersionLine]) -> dict[str, object]:
    return {
        "name": name,
        "title": lines[0].workflow.title,
        "lines": lines,
        "running": sum(line.running for line in lines),
        "moves": past_migrations(reader(), actor(), name),
        "partnerships": _places(),
        "partnership": one_of("partnership", _places()),
        "today": today(),
    }


def _lines(name: str) -> list[VersionLine]:
    """List the versions known in their partnerships, the newest first; raises NotFound, or NotAllowed."""
    catalogue = catalogue_for(reader(), actor().partnerships_with(Permission.MANAGE_WORKFLOWS))
    known = catalogue.versions.get(name)
    if not known:
        raise NotFound
    require_manager(actor(), catalogue.newest_of(name))
    running, current = running_by_version(reader(), actor(), name), catalogue.current(name, today())
    numbers = sorted(known, reverse=True)
    return [VersionLine(known[each], running.get(each, 0), known[each] is current) for each in numbers]


def _places() -> dict[str, str]:
    return places_with(Permission.MANAGE_WORKFLOWS)


def _page(rows: Sequence[Row], wanted: int) -> Page[Row]:
    return Page(rows[(wanted - 1) * SIZE : wanted * SIZE], wanted, len(rows))


@pages.route("/workflows")
@needs(Permission.SEE_WORKFLOWS)
def list_workflows() -> ResponseReturnValue:
    others = [workflow for name, workflow in WORKFLOWS.items() if name not in kinds()]
    every = [*kinds().values(), *others]
    return render_template(
        "workflows/list_workflows.html",
        groups=[
            ("Kinds of case", [workflow for workflow in every if not workflow.inside]),
            ("Small cases inside a case", [workflow for workflow in every if workflow.inside]),
        ],
        today=today(),
    )


@pages.route("/workflows/<name>")
@needs(Permission.SEE_WORKFLOWS)
def workflow(name: str) -> ResponseReturnValue:
    file = _case(name) if word("case") else None
    found = file.workflow if file else _version(name)
    return render_template(
        "workflows/workflow.html",
        workflow=found,
        versions=_others(found),
        manages=not file and found.name in kinds() and actor().may(Permission.MANAGE_WORKFLOWS, None, _realm(found)),
        today=today(),
        roles=[role for role in Role if any(role in step.by for step in found.steps)],
        titles={step.name: step.title for step in found.steps},
        labels={name: asked.label for name, asked in found.asks.items()},
        steps_from=steps_from,
        unopened=UNOPENED,
        back=BACK,
        condition=condition,
        life=life,
        file=file,
        case=file.case if file else None,
        views=case_views(file) if file else views_of(found),
        steps=steps_for_person(file) if file else (),
        others=steps_for_others(file) if file else (),
        missing=missing_links(file, file.steps) if file else {},
        local=_local(found, file),
        own_period=own_period,
    )


def _local(workflow: Workflow, file: CaseFile | None) -> dict[str, LocalRule]:
    """Give what holds today by the partnership's own rules, deadline by deadline."""
    place = file.case.partnership_id if file else partnership_asked() or actor().posts[0].partnership_id
    rules = local_rules_of(reader(), place)
    found = {each.name: rules.in_force(workflow.name, each.name, today()) for each in workflow.deadlines}
    return {name: rule for name, rule in found.items() if rule is not None}


def _realm(workflow: Workflow) -> Realm | None:
    """Give the realm that a kind is managed in; a small case is in the realm it lives in."""
    return None if workflow.inside else workflow.realm


def _case(name: str) -> CaseFile:
    """Find the case whose path is wanted; one of another kind has none here."""
    file = case_file(reader(), actor(), word("case"), today=today(), partnership=word("partnership") or None)
    if file.workflow.name != name:
        raise NotFound
    return file


def _version(name: str) -> Workflow:
    """Give the version asked for, or the newest; raises NotFound for one nobody knows."""
    known = _known(name)
    wanted = number("version") if word("version") else max(known, default=None)
    if wanted is None or wanted not in known:
        raise NotFound
    return known[wanted]


def _known(name: str) -> dict[int, Workflow]:
    """Give every version by number; the workflow of the action is no kind of case, and is no catalogue's."""
    versions = catalogue().versions.get(name)
    other = WORKFLOWS.get(name)
    return dict(versions) if versions else {other.version: other} if other else {}


def _others(shown: Workflow) -> list[Workflow]:
    """List the other versions, the newest first."""
    known = _known(shown.name)
    return [known[number] for number in sorted(known, reverse=True) if number != shown.version]
