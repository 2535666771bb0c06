"""How is a recorded step put right?"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from reviews.access.permissions import Permission
from reviews.cases.commands_corrections import correct_step
from reviews.cases.page_queries import CaseFile, case_file
from reviews.cases.queries_corrections import CorrectableStep, correctable_step
from reviews.people.choices import agencies
from reviews.transactions.reasons import LONGEST_REASON
from reviews.transactions.unit_of_work import NotFound, Unit
from web.cases.child_case_pages import waiting
from web.core.access import needs
from web.core.context import actor, reader, today
from web.core.query import word
from web.core.urls import case_address
from web.forms.question_fields import as_typed, time_of
from web.forms.step_form import StepForm, make_form
from web.forms.submit_once import send_form

pages = Blueprint("corrections", __name__)


class CorrectionForm(StepForm):
    reason = TextAreaField(
        "What was wrong",
        [DataRequired("Enter what was wrong"), Length(max=LONGEST_REASON)],
        description="Without names. It stands in the history beside what was recorded first.",
    )


@pages.route("/cases/<reference>/history/<int:event>/correct", methods=["GET", "POST"])
@needs(Permission.RECORD_STEP)
def correct(reference: str, event: int) -> ResponseReturnValue:
    file, found = _find(reference, event)
    form = _form(file, found)

    def act(unit: Unit) -> str:
        case = unit.case(reference, partnership=file.partnership.code, version=form.seen_version)
        day = form.happened_on.data or unit.today
        correct_step(unit, case, event, happened_on=day, given=form.given(), reason=form.reason.data or "")
        flash(f"Corrected: {found.step.title}. What was recorded first stays in the history.")
        return case_address(case.reference, case.partnership_id, "history")

    return send_form(form, act, lambda: _show(reference, event, form))


def _find(reference: str, event: int) -> tuple[CaseFile, CorrectableStep]:
    file = case_file(reader(), actor(), reference, today=today(), partnership=word("partnership") or None)
    found = correctable_step(reader(), actor(), file.case, file.workflow, event)
    if found is None:
        raise NotFound
    return file, found


def _form(file: CaseFile, found: CorrectableStep) -> CorrectionForm:
    """Make the form of the edition the step was recorded on, filled in with what holds now."""
    known = {asked.name: found.given[asked.name] for asked in found.step.asks if asked.name in found.given}
    typed: dict[str, Any] = {}
    for asked in found.step.asks:
        if asked.name in known:
            typed[asked.name], time = as_typed(known[asked.name])
            typed |= {time_of(asked): time} if time else {}
    names = [name for _, name in agencies(reader(), actor(), file.partnership.id)]
    return make_form(
        CorrectionForm,
        found.step,
        today=found.on or today(),
        agencies=[*names, *_gone(known, names)],
        form_day=lambda _: found.form_edition or date.min,
        steps=waiting(file.case, found.step).get("steps", ()),
        known=typed,
    )


def _gone(known: Mapping[str, Any], names: list[str]) -> list[str]:
    """Name the agencies that were answered and are not offered any more, so that they stay ticked."""
    answered = (name for value in known.values() if isinstance(value, tuple) for name in value)
    return [name for name in dict.fromkeys(answered) if name not in names]


def _show(reference: str, event: int, form: CorrectionForm) -> str:
    file, found = _find(reference, event)
    form.show_version(file.case.version)
    days = _days_in_words(found.first, found.last)
    return render_template("cases/correct_step.html", file=file, found=found, form=form, time_of=time_of, days=days)


def _days_in_words(first: date | None, last: date | None) -> str:
    """Say between which days the corrected one may lie, as the steps around it allow."""
    parts = [f"from {first:%-d %B %Y} on" if first else "", f"up to {last:%-d %B %Y}" if last else ""]
    said = ", ".join(part for part in parts if part)
    return f"The steps around it allow a day {said}." if said else ""
