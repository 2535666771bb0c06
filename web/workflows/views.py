"""The pages of the workflows, and of moving running cases to another version and back."""

from collections.abc import Sequence

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, TextAreaField
from wtforms.validators import DataRequired, Length

from reviews.access.permissions import Permission
from reviews.access.shown import note_rows
from reviews.cases.page_queries import case_file
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
from reviews.core.paging import SIZE, Page
from reviews.definitions.installed import catalogue_for
from reviews.definitions.local_rules import local_rules_of
from reviews.models import LocalRule
from reviews.transactions.unit_of_work import NotFound, Unit
from web.cases.blocked_steps import missing_links
from web.cases.presenter import steps_for_others, steps_for_person
from web.core.access import needs
from web.core.context import actor, catalogue, kinds, read_session, today
from web.core.on_record import Shows, shows
from web.core.query import number, paginate, partnership_asked, partnerships_with, query_choice, query_text
from web.forms.submit_once import IdempotentForm, handle_form
from web.workflows.presenter import VersionLine, VersionsPage, WorkflowPage, case_views, steps_from, views_of
from workflows.core.engine import Refused
from workflows.core.local_periods import local_period
from workflows.core.questions import condition, dates_in_words
from workflows.core.vocabulary import BACK, UNOPENED, Workflow
from workflows.definitions import WORKFLOWS

pages = Blueprint("workflows", __name__)


FIRST = 100


class MigrationForm(IdempotentForm):
    """`plan` is the fingerprint of the plan that was shown: only that plan may be carried out."""

    plan = HiddenField(default="")
    reason = TextAreaField(
        "Why they move",
        [DataRequired("Enter why the cases move"), Length(max=LONGEST_REASON)],
        description="The history of each case will show it. Do not name anyone, and say nothing about a single case.",
    )

    def show_plan(self, plan: MigrationPlan) -> None:
        if self.overtaken or not self.is_submitted():
            self.plan.data = plan.fingerprint


@pages.route("/workflows/<name>/versions", methods=["GET", "POST"])
@needs(Permission.MANAGE_WORKFLOWS)
@shows(Shows.LIST, Shows.NOTHING)
def versions(name: str) -> ResponseReturnValue:
    lines, version = _lines(name), number("to")
    if version not in {line.workflow.version for line in lines}:
        return render_template("workflows/versions.html", page=_versions_page(name, lines))
    target, form = (
        MigrationTarget(name, version or 0, query_choice("partnership", _partnerships()) or None),
        MigrationForm(),
    )

    def act(unit: Unit) -> str:
        done = migrate_cases(unit, target, reason=form.reason.data or "", seen=str(form.plan.data or ""))
        count = "1 case" if len(done.can) == 1 else f"{len(done.can)} cases"
        flash(f"{count} moved to version {target.version}.")
        return f"/workflows/{name}/versions"

    return handle_form(form, act, lambda: _show(target, form))


@pages.route("/workflows/<name>/versions/<int:version>/take-back", methods=["GET", "POST"])
@needs(Permission.MANAGE_WORKFLOWS)
@shows(Shows.LIST, Shows.NOTHING)
def take_back(name: str, version: int) -> ResponseReturnValue:
    line = next((each for each in _lines(name) if each.workflow.version == version), None)
    if line is None:
        raise NotFound
    target, form = MigrationTarget(name, version), IdempotentForm()

    def act(unit: Unit) -> str:
        done = revert_migration(unit, target, seen=form.seen_version or 0)
        count = "1 case" if len(done.can) == 1 else f"{len(done.can)} cases"
        flash(f"{count} went back from version {version}.")
        return f"/workflows/{name}/versions"

    return handle_form(form, act, lambda: _show_back(line.workflow, target, form))


def _show(target: MigrationTarget, form: MigrationForm) -> str:
    plan = plan_migration(read_session(), actor(), target)
    form.show_plan(plan)
    note_rows(len(plan.cannot[:FIRST]))
    page = _versions_page(target.workflow, _lines(target.workflow), plan)
    return render_template("workflows/versions.html", page=page, form=form, first=FIRST)


def _show_back(workflow: Workflow, target: MigrationTarget, form: IdempotentForm) -> str:
    try:
        plan, refusal = plan_revert(read_session(), actor(), target), None
        form.show_version(plan.move.id)
        note_rows(len(plan.can[:FIRST]) + len(plan.cannot[:FIRST]))
    except Refused as found:
        plan, refusal = None, found
    return render_template(
        "workflows/take_back.html", workflow=workflow, plan=plan, refusal=refusal, form=form, first=FIRST
    )


def _versions_page(name: str, lines: Sequence[VersionLine], plan: MigrationPlan | None = None) -> VersionsPage:
    return VersionsPage(
        name=name,
        lines=lines,
        moves=past_migrations(read_session(), actor(), name),
        partnerships=_partnerships(),
        partnership=query_choice("partnership", _partnerships()),
        today=today(),
        plan=plan,
        can=paginate(lambda n: Page(plan.can[(n - 1) * SIZE : n * SIZE], n, len(plan.can))) if plan else None,
    )


def _lines(name: str) -> list[VersionLine]:
    """List the versions that this person manages, the newest first; raises NotFound, or NotAllowed."""
    catalogue = catalogue_for(read_session(), actor().partnerships_with(Permission.MANAGE_WORKFLOWS))
    versions = catalogue.versions.get(name)
    if not versions:
        raise NotFound
    require_manager(actor(), catalogue.newest_of(name))
    running, current = running_by_version(read_session(), actor(), name), catalogue.current(name, today())
    numbers = sorted(versions, reverse=True)
    return [VersionLine(versions[each], running.get(each, 0), versions[each] is current) for each in numbers]


def _partnerships() -> dict[str, str]:
    return partnerships_with(Permission.MANAGE_WORKFLOWS)


@pages.route("/workflows")
@needs(Permission.SEE_WORKFLOWS)
@shows(Shows.NOTHING)
def list_workflows() -> ResponseReturnValue:
    others = [workflow for name, workflow in WORKFLOWS.items() if name not in kinds()]
    every = [*kinds().values(), *others]
    return render_template(
        "workflows/list_workflows.html",
        groups=[
            ("Kinds of case", [workflow for workflow in every if not workflow.inside]),
            ("Child cases, inside another case", [workflow for workflow in every if workflow.inside]),
        ],
        today=today(),
    )


@pages.route("/workflows/<name>")
@needs(Permission.SEE_WORKFLOWS)
@shows(Shows.CASE, Shows.NOTHING)
def workflow(name: str) -> ResponseReturnValue:
    page = _case_page(name) if query_text("case") else _workflow_page(_version(name))
    return render_template(
        "workflows/workflow.html",
        page=page,
        steps_from=steps_from,
        unopened=UNOPENED,
        back=BACK,
        condition=condition,
        dates_in_words=dates_in_words,
        local_period=local_period,
    )


def _case_page(name: str) -> WorkflowPage:
    """Show where a case stands in its workflow; raises NotFound for a case of another kind."""
    file = case_file(
        read_session(), actor(), query_text("case"), today=today(), partnership=query_text("partnership") or None
    )
    if file.workflow.name != name:
        raise NotFound
    return WorkflowPage(
        workflow=file.workflow,
        views=case_views(file),
        local=_local(file.workflow, file.case.partnership_id),
        today=today(),
        other_versions=_other_versions(file.workflow),
        case=file.case,
        steps=steps_for_person(file),
        steps_for_others=steps_for_others(file),
        missing=missing_links(file, file.steps),
    )


def _workflow_page(workflow: Workflow) -> WorkflowPage:
    # a child case is in the realm of its parent
    realm = None if workflow.inside else workflow.realm
    return WorkflowPage(
        workflow=workflow,
        views=views_of(workflow),
        local=_local(workflow, partnership_asked() or actor().roles_held[0].partnership_id),
        today=today(),
        other_versions=_other_versions(workflow),
        may_manage=workflow.name in kinds() and actor().may(Permission.MANAGE_WORKFLOWS, None, realm),
    )


def _local(workflow: Workflow, partnership_id: int) -> dict[str, LocalRule]:
    """Give the partnership's local rules that are in force today, by deadline."""
    rules = local_rules_of(read_session(), partnership_id)
    found = {each.name: rules.in_force(workflow.name, each.name, today()) for each in workflow.deadlines}
    return {name: rule for name, rule in found.items() if rule is not None}


def _version(name: str) -> Workflow:
    """Give the version asked for, or the newest; raises NotFound for a version that does not exist."""
    versions = _versions(name)
    version = number("version") if query_text("version") else max(versions, default=None)
    if version is None or version not in versions:
        raise NotFound
    return versions[version]


def _versions(name: str) -> dict[int, Workflow]:
    """Give every version by number. The workflow of actions is no kind of case, so no catalogue has it."""
    versions = catalogue().versions.get(name)
    if versions:
        return dict(versions)
    other = WORKFLOWS.get(name)
    return {other.version: other} if other else {}


def _other_versions(workflow: Workflow) -> list[Workflow]:
    """List the other versions, the newest first."""
    versions = _versions(workflow.name)
    return [versions[number] for number in sorted(versions, reverse=True) if number != workflow.version]
