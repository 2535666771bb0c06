"""Which spreadsheets came into this plan, and how is one taken back?"""

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission
from reviews.cases.page_queries import find_case
from reviews.imports.queries import imports_of
from reviews.imports.undo import Undo, undo_import
from reviews.transactions.unit_of_work import NotFound, Unit
from web.actions.history import name_in
from web.core.access import needs
from web.core.context import actor, reader, unit
from web.core.query import word
from web.core.urls import case_address
from web.forms.submit_once import OnceForm, send_form

pages = Blueprint("import_runs", __name__)


@pages.route("/cases/<reference>/imports")
@needs(Permission.IMPORT_ACTIONS)
def runs(reference: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    actor().require(Permission.IMPORT_ACTIONS, place.id, case.realm)
    found = imports_of(reader(), actor(), case)
    return render_template("imports/runs.html", case=case, runs=found, name_in=name_in)


@pages.route("/cases/<reference>/imports/<int:run>/undo", methods=["GET", "POST"])
@needs(Permission.IMPORT_ACTIONS)
def undo(reference: str, run: int) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    actor().require(Permission.IMPORT_ACTIONS, place.id, case.realm)
    line = next((each for each in imports_of(reader(), actor(), case) if each.id == run), None)
    if line is None:
        raise NotFound
    form = OnceForm()
    back = case_address(case.reference, case.partnership_id, "imports")

    def act(work: Unit) -> str:
        done = undo_import(work, run, partnership=place.code)
        flash(_in_words(done), "success")
        return back

    def show() -> str:
        would = None if line.undone_at else _would(run, place.code)
        return render_template("imports/undo.html", form=form, case=case, line=line, would=would, name_in=name_in)

    return send_form(form, act, show)


def _would(run: int, code: str) -> Undo:
    """Try it, without doing it."""
    with unit() as work:
        found = undo_import(work, run, partnership=code)
        work.session.rollback()
    return found


def _in_words(done: Undo) -> str:
    kept = f" {len(done.kept)} were kept: something was done on them since." if done.kept else ""
    return (
        f"The import was undone: {len(done.ended)} actions ended, {len(done.restored)} say again what they said.{kept}"
    )
