"""Which versions do running cases run under, and how are they moved to another one, and back?"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, TextAreaField
from wtforms.validators import DataRequired, Length

from reviews.access.permissions import Permission
from reviews.cases.commands_version_plan import VersionPlan
from reviews.cases.version_moves import LONGEST_REASON, Target, move_cases, plan_move, require_manager
from reviews.cases.version_queries import moves_made, running_by_version
from reviews.cases.version_reverts import plan_revert, revert_move
from reviews.core.paging import SIZE, Page, Row
from reviews.definitions.catalogue import catalogue_for
from reviews.transactions.unit_of_work import NotFound, Unit
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.places import places_with
from web.core.query import number, one_of, shown
from web.forms.submit_once import OnceForm, send_form
from workflows.core.engine import Refused
from workflows.core.vocabulary import Workflow

pages = Blueprint("versions", __name__)

FIRST = 100


class MoveForm(OnceForm):
    """What is moved must be what was shown: `plan` tells one plan from another."""

    plan = HiddenField(default="")
    reason = TextAreaField(
        "Why they move",
        [DataRequired("Enter why the cases move"), Length(max=LONGEST_REASON)],
        description="It stands in the history of each case. No names, and nothing of any one case.",
    )

    def show_plan(self, plan: VersionPlan) -> None:
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
    target, form = Target(name, wanted or 0, one_of("partnership", _places()) or None), MoveForm()

    def act(unit: Unit) -> str:
        done = move_cases(unit, target, reason=form.reason.data or "", seen=str(form.plan.data or ""))
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
    target, form = Target(name, version), OnceForm()

    def act(unit: Unit) -> str:
        done = revert_move(unit, target, seen=form.seen_version or 0)
        count = "1 case" if len(done.can) == 1 else f"{len(done.can)} cases"
        flash(f"{count} went back from version {version}.")
        return f"/workflows/{name}/versions"

    return send_form(form, act, lambda: _show_back(line.workflow, target, form))


def _show(target: Target, form: MoveForm) -> str:
    plan = plan_move(reader(), actor(), target)
    form.show_plan(plan)
    return render_template(
        "workflows/versions.html",
        plan=plan,
        form=form,
        page=shown(lambda n: _page(plan.can, n)),
        cannot=plan.cannot[:FIRST],
        **_around(target.workflow, _lines(target.workflow)),
    )


def _show_back(workflow: Workflow, target: Target, form: OnceForm) -> str:
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
        "moves": moves_made(reader(), actor(), name),
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
