"""Pages that import a spreadsheet into a plan, list the imports and undo one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission
from reviews.access.shown import note_rows
from reviews.cases.page_queries import find_case
from reviews.imports.decisions import STAGES, DecisionGroup, answer_in_words
from reviews.imports.mappings import forget_mapping, remember_mapping
from reviews.imports.queries import imports_of
from reviews.imports.readers.cells import Unreadable
from reviews.imports.readers.plan import corrections
from reviews.imports.rows import Directory, directory
from reviews.imports.store_rows import TrackerImport
from reviews.imports.undo_import import ImportUndo, undo_import
from reviews.transactions.unit_of_work import NotFound, Stale, Unit
from web.actions.presenter import name_in
from web.core.access import LARGEST_SPREADSHEET, accepts_files, needs
from web.core.context import actor, read_session, unit
from web.core.limited_views import limit
from web.core.on_record import Shows, shows
from web.core.query import paginate, query_choice, query_text
from web.core.urls import case_address
from web.forms.submit_once import IdempotentForm, earlier_address, handle_form, handle_valid_form
from web.imports.decision_fields import (
    GROUPS_ON_PAGE,
    GROUPS_ON_PREVIEW,
    DecisionField,
    decision_fields,
    entries,
    field_name,
    read_decisions,
)
from web.imports.forms import (
    FROM_TOMORROW,
    LARGEST_FILE,
    NAMES,
    REMINDER_HINTS,
    SILENT,
    ColumnsForm,
    UploadForm,
    columns_form,
)
from web.imports.preview import (
    MOST_DECIDED_LISTED,
    MOST_LISTED,
    Preview,
    find_upload,
    import_now,
    importable_partnership_id,
    page_of,
    preview_of,
    store_upload,
    uploads,
)
from web.imports.uploads import Upload
from workflows.core.engine import Refused

pages = Blueprint("imports", __name__)


GONE = "The file has been deleted, because it was imported or a day has passed. Choose it again."
CHANGED = "The columns, the sheet, the answers or the file have changed since you looked at it. Look at it again."


@pages.route("/actions/import", methods=["GET", "POST"])
@needs(Permission.IMPORT_ACTIONS)
@shows(Shows.NOTHING)
@accepts_files(LARGEST_SPREADSHEET)
@limit("uploads")
def upload() -> ResponseReturnValue:
    form = UploadForm(data={"plan": query_text("case"), "partnership": query_text("partnership").upper()})
    names = {assignment.partnership_code: assignment.partnership_name for assignment in actor().roles_held}
    form.partnership.choices = {code: name for code, name in names.items() if _may_import(code)}
    if len(form.partnership.choices) == 1 and not form.partnership.data:
        form.partnership.data = next(iter(form.partnership.choices))
    if form.validate_on_submit():
        data = form.file.data.read(LARGEST_FILE + 1)
        try:
            stored = store_upload(
                data,
                name=form.file.data.filename,
                partnership=form.partnership.data,
                plan=(form.plan.data or "").strip(),
            )
            return redirect(f"/actions/import/{stored.token}", 303)
        except Unreadable as fault:
            form.file.errors = [*form.file.errors, str(fault)]
    return render_template("imports/upload.html", form=form), 422 if form.is_submitted() else 200


@pages.route("/actions/import/<token>", methods=["GET", "POST"])
@needs(Permission.IMPORT_ACTIONS)
@shows(Shows.LIST, Shows.NOTHING)
@limit("previews")
def preview(token: str) -> ResponseReturnValue:
    try:
        stored = find_upload(token)
    except NotFound:
        return _gone()
    if request.form.get("do") in ("without", "forget"):
        return _without_remembered(stored, for_good=request.form["do"] == "forget")
    seen = preview_of(stored)
    form, questions = _form(seen), _questions(seen, seen.groups[:GROUPS_ON_PREVIEW])
    if not form.is_submitted():
        return _show(form, seen, 200, questions)
    decided = read_decisions(questions, _people(seen.upload))
    form.form_errors += [each.error for each in questions if each.error]
    if not form.validate() or form.form_errors:
        return _show(form, seen, 422, questions)
    chosen = _as_chosen(form, seen)
    asked_again = {key for key in chosen.answers if request.form.get(f"drop_{field_name(key)}")}
    answers = {key: answer for key, answer in chosen.answers.items() if key not in asked_again} | decided
    chosen = replace(chosen, answers=answers)
    if chosen != stored:
        uploads().note(chosen)
    button = request.form.get("do")
    if button not in ("all", "good"):
        return redirect(request.path, 303)
    if chosen.fingerprint != form.seen.data:
        return _changed(chosen)
    return _import(form, seen, chosen, lenient=button == "good")


def _import(form: ColumnsForm, seen: Preview, chosen: Upload, *, lenient: bool) -> ResponseReturnValue:
    partnership_id = importable_partnership_id(chosen.partnership)

    def act(work: Unit) -> str:
        done = import_now(work, chosen, lenient=lenient)
        if done.refused and not lenient:
            raise Refused("Nothing was imported, because some rows cannot be imported.")
        if chosen.remember:
            remember_mapping(work, partnership_id, seen.guessed.headings_sha256, chosen.mapping, chosen.answers)
        flash(_import_in_words(done), "success")
        return case_address(done.plan, partnership_id)

    try:
        answer = handle_valid_form(form, act)
    except Stale:
        return _changed(chosen)
    except (Refused, Unreadable) as fault:
        form.form_errors.append(str(fault))
        return _show(form, seen, 422)
    uploads().forget(chosen.token)
    return answer


def _form(seen: Preview, *, anew: bool = False) -> ColumnsForm:
    stored = seen.upload
    silent = stored.silent if stored.silent is not None else seen.done is not None and seen.done.silent
    values = {"seen": stored.fingerprint, "sheet": stored.sheet, "title": stored.title, "remember": stored.remember}
    values["header_row"] = stored.header_row
    values["reminders"] = SILENT if silent else FROM_TOMORROW
    return columns_form(seen.outline.columns, seen.sheets, anew=anew, **values)


def _as_chosen(form: ColumnsForm, seen: Preview) -> Upload:
    """Give the upload with the choices of the form. Another sheet or row has other headings: their mapping is empty."""
    stored = replace(seen.upload, title=(form.title.data or "").strip(), silent=form.reminders.data == SILENT)
    if (form.sheet.data, form.header_row.data) != (stored.sheet, stored.header_row):
        chosen = {"sheet": form.sheet.data, "header_row": form.header_row.data}
        return replace(stored, **chosen, mapping={}, remember=form.remember.data)
    fields = {column.heading: column.field for column in seen.guessed.columns} | form.chosen
    return replace(stored, mapping=corrections(seen.guessed, fields), remember=form.remember.data)


def _show(
    form: ColumnsForm, seen: Preview, code: int, questions: Sequence[DecisionField] | None = None
) -> ResponseReturnValue:
    values = {"names": NAMES, "most": MOST_LISTED, "on": date.fromisoformat, "hints": REMINDER_HINTS}
    values |= {
        "questions": _questions(seen, seen.groups[:GROUPS_ON_PREVIEW]) if questions is None else questions,
        "entries": entries(seen.candidates) if seen.groups else (),
        "stages": STAGES,
        "decided": _decided(seen),
        "request_path": f"/actions/import/{seen.upload.token}",
    }
    note_rows(seen.done.rows if seen.done else 0)
    return render_template("imports/preview.html", form=form, look=seen, **values), code


def _questions(seen: Preview, groups: Sequence[DecisionGroup]) -> list[DecisionField]:
    if not groups:
        return []
    return decision_fields([seen.with_actions(group) for group in groups], seen.candidates, request.form)


def _people(upload: Upload) -> Directory:
    return directory(read_session(), actor(), importable_partnership_id(upload.partnership))


def _decided(seen: Preview) -> list[dict[str, str]]:
    """Say what was decided about this file: about a row, or about a text."""
    found = []
    for key, answer in list(seen.upload.answers.items())[:MOST_DECIDED_LISTED]:
        first, _, text = key.partition("/")
        name = text if first.isdecimal() else first
        about = (
            f"{NAMES.get(name, name)}, row {first}" if first.isdecimal() else f"{NAMES.get(name, name)} “{text[:120]}”"
        )
        words = answer_in_words(name, answer, seen.candidates)
        found.append({"name": f"drop_{field_name(key)}", "about": about, "answer": words})
    return found


def _without_remembered(stored: Upload, *, for_good: bool) -> ResponseReturnValue:
    """Read a file anew without what is remembered for its headings."""
    if for_good:
        headings = preview_of(stored).guessed.headings_sha256
        with unit() as work:
            forget_mapping(work, importable_partnership_id(stored.partnership), headings)
    uploads().note(replace(stored, mapping={}, answers={}, remember=False, remembered=""))
    return redirect(request.path, 303)


@pages.route("/actions/import/<token>/decide", methods=["GET", "POST"])
@needs(Permission.IMPORT_ACTIONS)
@shows(Shows.LIST, Shows.NOTHING)
def decide_before(token: str) -> ResponseReturnValue:
    """The questions about an uploaded file that do not fit on its preview, or one of them row by row."""
    try:
        stored = find_upload(token)
    except NotFound:
        return _gone()
    seen, form, back = preview_of(stored), IdempotentForm(), f"/actions/import/{token}#decide"
    if not seen.groups:
        return redirect(back, 303)
    counts = dict(Counter(group.field for group in seen.groups))
    chosen_field, groups = query_choice("field", counts), seen.groups
    if chosen_field:
        groups = [group for group in groups if group.field == chosen_field]
    if by_row := next((group for group in groups if field_name(group.key) == query_text("text")), None):
        groups = seen.row_by_row(by_row)
    page = paginate(lambda number: page_of(groups, number, GROUPS_ON_PAGE))
    questions = _questions(seen, page.rows)
    if form.is_submitted():
        decided = read_decisions(questions, _people(stored))
        form.form_errors = [each.error for each in questions if each.error]
        if not form.form_errors and form.validate():
            uploads().note(replace(stored, answers={**stored.answers, **decided}))
            return redirect(request.full_path.rstrip("?") if page.total > len(decided) else back, 303)
    return render_template(
        "imports/decide.html",
        form=form,
        caption=stored.name,
        heading=f"What {stored.plan} leaves open" if not by_row else "Row by row",
        explained="What you leave open waits on the page of the plan.",
        back=back,
        back_words="Back to the preview",
        page=page,
        questions=questions,
        counts={} if by_row else counts,
        field=chosen_field,
        names=NAMES,
        entries=entries(seen.candidates),
        agencies=seen.candidates.agencies,
        stages=STAGES,
        own_href=None if by_row else lambda group: f"/actions/import/{token}/decide?text={field_name(group.key)}",
    ), (422 if form.form_errors else 200)


def _changed(chosen: Upload) -> ResponseReturnValue:
    """Show the preview as it is now."""
    seen = preview_of(chosen)
    form = _form(seen, anew=True)
    form.form_errors.append(CHANGED)
    return _show(form, seen, 409)


def _gone() -> ResponseReturnValue:
    """Redirect to the result if the form was sent twice."""
    led = earlier_address(IdempotentForm()) if request.method == "POST" else ""
    if not led:
        flash(GONE)
    return redirect(led or "/actions/import", 303)


def _may_import(code: str) -> bool:
    ids = {assignment.partnership_code: assignment.partnership_id for assignment in actor().roles_held}
    return actor().may(Permission.IMPORT_ACTIONS, ids[code])


def _import_in_words(done: TrackerImport) -> str:
    opened = f"{done.plan} was opened as a strategy plan. " if done.plan_created else ""
    counts = f"{done.created} actions created, {done.updated} updated, {done.unchanged} unchanged."
    left = len({(row["sheet"], row["row"]) for row in done.refused})
    silent = " The plan is silent: nobody is reminded of it until you start its reminders." if done.silent else ""
    return f"{opened}{counts}{f' {left} rows were left out.' if left else ''}{silent}"


@pages.route("/cases/<reference>/imports")
@needs(Permission.IMPORT_ACTIONS)
@shows(Shows.CASE)
def runs(reference: str) -> ResponseReturnValue:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    actor().require(Permission.IMPORT_ACTIONS, partnership.id, case.realm)
    found = imports_of(read_session(), actor(), case)
    return render_template("imports/runs.html", case=case, runs=found, name_in=name_in)


@pages.route("/cases/<reference>/imports/<int:run>/undo", methods=["GET", "POST"])
@needs(Permission.IMPORT_ACTIONS)
@shows(Shows.CASE)
def undo(reference: str, run: int) -> ResponseReturnValue:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    actor().require(Permission.IMPORT_ACTIONS, partnership.id, case.realm)
    line = next((each for each in imports_of(read_session(), actor(), case) if each.id == run), None)
    if line is None:
        raise NotFound
    form = IdempotentForm()
    back = case_address(case.reference, case.partnership_id, "imports")

    def act(work: Unit) -> str:
        done = undo_import(work, run, partnership=partnership.code)
        flash(_undo_in_words(done), "success")
        return back

    def show() -> str:
        would = None if line.undone_at else _would(run, partnership.code)
        return render_template("imports/undo.html", form=form, case=case, line=line, would=would, name_in=name_in)

    return handle_form(form, act, show)


def _would(run: int, code: str) -> ImportUndo:
    """Try to undo the import, and store nothing."""
    with unit() as work:
        found = undo_import(work, run, partnership=code)
        work.session.rollback()
    return found


def _undo_in_words(done: ImportUndo) -> str:
    counts = f"{len(done.ended)} actions ended, {len(done.restored)} restored to what they said before."
    rest = f" {len(done.unchanged)} not changed, because somebody has worked on them since." if done.unchanged else ""
    return f"The import was undone: {counts}{rest}"
