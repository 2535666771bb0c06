"""Which workflows are there, what does each one say, and how does a case stand in its own?"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission
from reviews.cases.page_queries import CaseFile, case_file
from reviews.definitions.local_rules import local_rules_of
from reviews.models import LocalRule
from reviews.transactions.unit_of_work import NotFound
from web.cases.blocked_steps import missing_links
from web.cases.presenter import other_steps, own_steps
from web.core.access import needs
from web.core.context import actor, catalogue, kinds, reader, today
from web.core.query import number, partnership_asked, word
from web.workflows.presenter import case_views, steps_from, views_of
from workflows.core.local_periods import own_period
from workflows.core.questions import condition, life
from workflows.core.roles import Realm, Role
from workflows.core.vocabulary import BACK, UNOPENED, Workflow
from workflows.definitions import WORKFLOWS

pages = Blueprint("workflows", __name__)


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
        steps=own_steps(file) if file else (),
        others=other_steps(file) if file else (),
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
