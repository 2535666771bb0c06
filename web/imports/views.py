"""How does a tracker kept in a spreadsheet come in through the pages?"""

from dataclasses import replace
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission
from reviews.cases.page_queries import find_case
from reviews.imports.mappings import remember_mapping
from reviews.imports.queries import imports_of
from reviews.imports.readers.cells import Unreadable
from reviews.imports.readers.plan import corrections
from reviews.imports.store import TrackerImport
from reviews.imports.undo import ImportUndo, undo_import
from reviews.transactions.unit_of_work import NotFound, Stale, Unit
from web.actions.history import name_in
from web.core.access import LARGEST_SPREADSHEET, accepts_files, needs
from web.core.context import actor, reader, unit
from web.core.query import word
from web.core.urls import case_address
from web.forms.submit_once import OnceForm, led_to, send_form, send_once
from web.imports.forms import LARGEST_FILE, NAMES, ColumnsForm, UploadForm, columns_form
from web.imports.preview import MOST_SHOWN, Look, import_now, keep, look_at, mine, partnership_id, uploads
from web.imports.uploads import Upload
from workflows.core.engine import Refused

pages = Blueprint("imports", __name__)


GONE = "The file is not here any more: it was imported, or a day has passed. Choose it again."
CHANGED = "This is not what you looked at: the columns, the sheet or the file have changed since. Look at it again."


@pages.route("/actions/import", methods=["GET", "POST"])
@needs(Permission.IMPORT_ACTIONS)
@accepts_files(LARGEST_SPREADSHEET)
def upload() -> ResponseReturnValue:
    form = UploadForm(data={"plan": word("case"), "partnership": word("partnership").upper()})
    places = {post.partnership_code: post.partnership_name for post in actor().posts}
    form.partnership.choices = {code: name for code, name in places.items() if _may_import(code)}
    if len(form.partnership.choices) == 1 and not form.partnership.data:
        form.partnership.data = next(iter(form.partnership.choices))
    if form.validate_on_submit():
        data = form.file.data.read(LARGEST_FILE + 1)
        try:
            kept = keep(
                data,
                name=form.file.data.filename,
                partnership=form.partnership.data,
                plan=(form.plan.data or "").strip(),
            )
            return redirect(f"/actions/import/{kept.token}", 303)
        except Unreadable as fault:
            form.file.errors = [*form.file.errors, str(fault)]
    return render_template("imports/upload.html", form=form), 422 if form.is_submitted() else 200


@pages.route("/actions/import/<token>", methods=["GET", "POST"])
@needs(Permission.IMPORT_ACTIONS)
def preview(token: str) -> ResponseReturnValue:
    try:
        kept = mine(token)
    except NotFound:
        return _gone()
    seen = look_at(kept)
    form = _form(seen)
    if not form.is_submitted():
        return _show(form, seen, 200)
    if not form.validate():
        return _show(form, seen, 422)
    wanted = _as_chosen(form, seen)
    if wanted != kept:
        uploads().note(wanted)
    asked = request.form.get("do")
    if asked not in ("all", "good"):
        return redirect(request.path, 303)
    if wanted.fingerprint != form.seen.data:
        return _changed(wanted)
    return _import(form, seen, wanted, lenient=asked == "good")


def _import(form: ColumnsForm, seen: Look, wanted: Upload, *, lenient: bool) -> ResponseReturnValue:
    place = partnership_id(wanted.partnership)

    def act(work: Unit) -> str:
        done = import_now(work, wanted, lenient=lenient)
        if done.refused and not lenient:
            raise Refused("Some rows cannot be taken, so nothing was imported.")
        if wanted.remember:
            remember_mapping(work, place, seen.guessed.headings_sha256, wanted.mapping)
        flash(_import_in_words(done), "success")
        return case_address(done.plan, place)

    try:
        answer = send_once(form, act)
    except Stale:
        return _changed(wanted)
    except (Refused, Unreadable) as fault:
        form.form_errors.append(str(fault))
        return _show(form, seen, 422)
    uploads().forget(wanted.token)
    return answer


def _form(seen: Look, *, anew: bool = False) -> ColumnsForm:
    kept = seen.upload
    said = {"seen": kept.fingerprint, "sheet": kept.sheet, "remember": kept.remember}
    return columns_form(seen.outline.columns, seen.sheets, anew=anew, **said)


def _as_chosen(form: ColumnsForm, seen: Look) -> Upload:
    """Give the upload with what the form says; another sheet has other columns, of which nothing was said yet."""
    kept = seen.upload
    if form.sheet.data != kept.sheet:
        return replace(kept, sheet=form.sheet.data, mapping={}, remember=form.remember.data)
    chosen = {column.heading: column.field for column in seen.guessed.columns} | form.chosen
    return replace(kept, mapping=corrections(seen.guessed, chosen), remember=form.remember.data)


def _show(form: ColumnsForm, seen: Look, code: int) -> ResponseReturnValue:
    said = {"names": NAMES, "most": MOST_SHOWN, "on": date.fromisoformat}
    return render_template("imports/preview.html", form=form, look=seen, **said), code


def _changed(wanted: Upload) -> ResponseReturnValue:
    """Show what it would be now."""
    seen = look_at(wanted)
    form = _form(seen, anew=True)
    form.form_errors.append(CHANGED)
    return _show(form, seen, 409)


def _gone() -> ResponseReturnValue:
    """Lead to what came of it where it was pressed twice."""
    led = led_to(OnceForm()) if request.method == "POST" else ""
    if not led:
        flash(GONE)
    return redirect(led or "/actions/import", 303)


def _may_import(code: str) -> bool:
    ids = {post.partnership_code: post.partnership_id for post in actor().posts}
    return actor().may(Permission.IMPORT_ACTIONS, ids[code])


def _import_in_words(done: TrackerImport) -> str:
    opened = f"{done.plan} was opened as a strategy plan. " if done.plan_created else ""
    counts = f"{done.created} actions created, {done.updated} updated, {done.unchanged} unchanged."
    left = len({(one["sheet"], one["row"]) for one in done.refused})
    return f"{opened}{counts}{f' {left} rows were left out.' if left else ''}"


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
        flash(_undo_in_words(done), "success")
        return back

    def show() -> str:
        would = None if line.undone_at else _would(run, place.code)
        return render_template("imports/undo.html", form=form, case=case, line=line, would=would, name_in=name_in)

    return send_form(form, act, show)


def _would(run: int, code: str) -> ImportUndo:
    """Try it, without doing it."""
    with unit() as work:
        found = undo_import(work, run, partnership=code)
        work.session.rollback()
    return found


def _undo_in_words(done: ImportUndo) -> str:
    kept = f" {len(done.kept)} were kept: something was done on them since." if done.kept else ""
    return (
        f"The import was undone: {len(done.ended)} actions ended, {len(done.restored)} say again what they said.{kept}"
    )
