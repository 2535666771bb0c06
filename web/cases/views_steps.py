"""The forms that open a case, record a step, and correct a recorded step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import FileField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from reviews.access.permissions import Permission
from reviews.access.policies import roles_in
from reviews.cases.attachments import attach_to_step
from reviews.cases.corrections import correct_step
from reviews.cases.event_log import case_history
from reviews.cases.facts import form_day
from reviews.cases.list_queries import RunningClock
from reviews.cases.page_queries import CaseFile, CorrectableStep, StepOption, case_file, correctable_step
from reviews.cases.partner_statements import partner_choices
from reviews.cases.people import people_to_choose
from reviews.cases.steps import open_case, take_case_step
from reviews.definitions.installed import present_catalogue
from reviews.models import OurRole
from reviews.people.partners import not_named, partner_list
from reviews.people.queries import agencies
from reviews.transactions.references import LONGEST_REASON
from reviews.transactions.unit_of_work import NotFound, Stale, Unit
from web.cases.blocked_steps import further_missing_links, missing_links
from web.cases.child_case_pages import blocking_choices
from web.cases.presenter import HistoryEntry, latest_entries
from web.core.access import LARGEST_EVIDENCE, accepts_files, needs
from web.core.context import actor, kinds, read_session, today
from web.core.on_record import TRANSITION, Shows, name_refusal, shows
from web.core.query import query_text
from web.core.stored_files import taking_files
from web.core.urls import case_address, in_partnership
from web.forms.date_field import DayField
from web.forms.file_upload import ACCEPTED, WHICH_FILES, FileUploadForm
from web.forms.question_fields import answers_as_typed, time_of
from web.forms.step_form import OpeningForm, StepForm, make_form
from web.forms.submit_once import handle_form
from workflows.core.engine import WrongRole
from workflows.core.vocabulary import Realm, Step, Workflow

pages = Blueprint("cases_steps", __name__)


LATEST = 3


class RecordStepForm(StepForm, FileUploadForm):
    file = FileField("Attach a file", [Optional()], description=WHICH_FILES)


@dataclass(frozen=True, slots=True)
class Opening:
    """A kind of case that this person may open in one of their partnerships."""

    partnership_id: int
    code: str
    partnership: str
    workflow: Workflow
    step: Step


@pages.route("/cases/new", methods=["GET", "POST"])
@needs(Permission.OPEN_CASE)
@shows(Shows.NOTHING)
def open_new() -> ResponseReturnValue:
    openings = _openings()
    code, kind = query_text("partnership").upper(), query_text("kind")
    if not kind and len(openings) == 1:
        return redirect(_address(openings[0]), 303)
    if not kind:
        return render_template("cases/choose_kind.html", openings=openings, address_of=_address)
    chosen = [each for each in openings if each.workflow.name == kind and code in ("", each.code)]
    if not chosen:
        raise NotFound
    return _open(chosen[0])


@pages.route("/cases/<reference>/steps/<step>", methods=["GET", "POST"])
@needs(Permission.RECORD_STEP)
@shows(Shows.CASE)
@accepts_files(LARGEST_EVIDENCE)
def record_step(reference: str, step: str) -> ResponseReturnValue:
    file = _file(reference)
    answer = _answer(file, step)
    names = [name for _, name in agencies(read_session(), actor(), file.partnership.id)]
    blocking = blocking_choices(file.case, answer.step)
    form = make_form(
        RecordStepForm,
        answer.step,
        today=today(),
        agencies=names,
        partners=partner_choices(read_session(), actor(), file.case, answer.step, today=today()),
        form_day=lambda happened_on: form_day(read_session(), file.case, answer.step, happened_on),
        steps=blocking.steps,
        people=people_to_choose(read_session(), actor(), file.partnership.id, file.case.realm, answer.step.questions),
        initial=blocking.answers,
    )
    if answer.refusal is not None and not form.is_submitted():
        code = 403 if isinstance(answer.refusal, WrongRole) else 409
        missing = missing_links(file, [answer]).get(step, ())
        if code == 409:
            name_refusal(TRANSITION)
        return render_template("cases/step_refused.html", file=file, answer=answer, missing=missing), code

    if file.partnership.late_reasons_required:
        form.late_reason.flags.optional = False

    def act(unit: Unit) -> str:
        case = unit.case(reference, partnership=file.partnership.code, version=form.seen_version)
        opened = take_case_step(
            unit,
            case,
            step,
            happened_on=form.happened_on.data or unit.today,
            answers=form.answers(),
            late_reason=form.late_reason.data or "",
        )
        if form.stored is not None:
            attach_to_step(unit, case, form.stored, answer.step)
        more = " It opened a new case, which is linked at the top of this page." if opened else ""
        if answer.step.for_each:
            more = " Each agency has a request of its own, listed below."
        flash(f"Recorded: {answer.step.title}.{more}")
        return case_address(case.reference, case.partnership_id)

    with taking_files() as form.taker:
        return handle_form(form, act, lambda: _show_step(_file(reference), step, form))


def _open(opening: Opening) -> ResponseReturnValue:
    choices = {str(key): name for key, name in agencies(read_session(), actor(), opening.partnership_id)}
    form = make_form(
        OpeningForm,
        opening.step,
        today=today(),
        agencies=list(choices.values()),
        people=people_to_choose(
            read_session(), actor(), opening.partnership_id, opening.workflow.realm, opening.step.questions
        ),
    )
    form.agencies.choices = choices

    def act(unit: Unit) -> str:
        case = open_case(
            unit,
            workflow=opening.workflow.name,
            partnership=unit.partnership(opening.code),
            happened_on=form.happened_on.data or unit.today,
            answers=form.answers(),
            title=form.title.data or "",
            pseudonyms=form.children,
            agency_ids=[int(key) for key in form.agencies.data or ()],
            our_role=OurRole(form.part_in_case.data or OurRole.LEAD),
            lead_area=form.area_that_leads.data or "",
        )
        flash(f"{opening.workflow.title} {case.reference} is open.")
        return case_address(case.reference, case.partnership_id)

    def show() -> str:
        missing = _partners_not_named(opening)
        return render_template("cases/open_new.html", form=form, opening=opening, time_of=time_of, missing=missing)

    return handle_form(form, act, show)


def _partners_not_named(opening: Opening) -> list[str]:
    """Give in words the statutory partners that a case of this realm will need, and the partnership does not have."""
    if opening.workflow.realm is not Realm.REVIEWS:
        return []
    lines = partner_list(read_session(), actor(), partnership_id=opening.partnership_id)
    return not_named([line for line in lines if line.holds_on(today())])


def _openings() -> Sequence[Opening]:
    """List the kinds whose opening step this person may record, partnership by partnership."""
    roles_held = {assignment.partnership_id: assignment for assignment in actor().roles_held}
    return [
        Opening(key, roles_held[key].partnership_code, roles_held[key].partnership_name, workflow, step)
        for key in actor().partnerships_with(Permission.OPEN_CASE)
        for workflow in present_catalogue(read_session(), key).in_force(today())
        if not workflow.inside and workflow.takes_new_on(today())
        if (step := workflow.opening) and step.by & (roles_in(actor(), key, workflow.realm) or frozenset())
    ]


def _address(opening: Opening) -> str:
    return in_partnership("/cases/new", opening.partnership_id, kind=opening.workflow.name)


def _file(reference: str) -> CaseFile:
    return case_file(read_session(), actor(), reference, today=today(), partnership=query_text("partnership") or None)


def _answer(file: CaseFile, step: str) -> StepOption:
    found = next((answer for answer in file.steps if answer.step.name == step), None)
    if found is None and request.method == "POST" and file.case.kind_changed_id is not None:
        raise Stale  # the form may be one of the kind that the case was of before
    if found is None:
        raise NotFound
    return found


def _show_step(file: CaseFile, step: str, form: StepForm) -> str:
    """Show the form, and the present state of the case where somebody else changed it first."""
    form.show_version(file.case.version)
    return render_template(
        "cases/record_step.html",
        file=file,
        answer=_answer(file, step),
        form=form,
        opens=kinds().get(_answer(file, step).step.opens),
        late=_clocks_missed(file, step),
        further_missing=further_missing_links(file, _answer(file, step).step),
        latest=_latest(file) if form.overtaken else (),
        time_of=time_of,
        accepted=ACCEPTED,
    )


def _latest(file: CaseFile) -> list[HistoryEntry]:
    return latest_entries(file.case, file.workflow, case_history(read_session(), actor(), file.case, size=LATEST).rows)


def _clocks_missed(file: CaseFile, step: str) -> list[RunningClock]:
    """List the clocks past their due date that this step meets."""
    return [clock for clock in file.clocks if clock.is_late(today()) and step in clock.deadline.met_by]


class CorrectionForm(StepForm):
    happened_on = DayField("Day it happened", [InputRequired("Enter the day it happened")])
    reason = TextAreaField(
        "What was wrong",
        [DataRequired("Enter what was wrong"), Length(max=LONGEST_REASON)],
        description="Do not name anyone. The history shows it beside what was recorded first.",
    )


class ImportedCorrectionForm(CorrectionForm):
    """Of an imported step the day may be a month, a year or unknown, and every answer may stay open."""

    happened_on = DayField("Day it happened", [Optional()], partial=True)
    of_history = True


@pages.route("/cases/<reference>/history/<int:event>/correct", methods=["GET", "POST"])
@needs(Permission.RECORD_STEP)
@shows(Shows.CASE)
def correct(reference: str, event: int) -> ResponseReturnValue:
    file, found = _find(reference, event)
    form = _form(file, found)

    def act(unit: Unit) -> str:
        case = unit.case(reference, partnership=file.partnership.code, version=form.seen_version)
        correct_step(
            unit, case, event, happened_on=form.happened_on.data, answers=form.answers(), reason=form.reason.data or ""
        )
        flash(f"Corrected: {found.step.title}. What was recorded first stays in the history.")
        return case_address(case.reference, case.partnership_id, "history")

    return handle_form(form, act, lambda: _show(reference, event, form))


def _find(reference: str, event: int) -> tuple[CaseFile, CorrectableStep]:
    file = case_file(read_session(), actor(), reference, today=today(), partnership=query_text("partnership") or None)
    found = correctable_step(read_session(), actor(), file.case, file.workflow, event)
    if found is None:
        raise NotFound
    return file, found


def _form(file: CaseFile, found: CorrectableStep) -> CorrectionForm:
    """Make the form of the edition the step was recorded on, filled in with what holds now."""
    present = {asked.name: found.answers[asked.name] for asked in found.step.questions if asked.name in found.answers}
    typed: dict[str, Any] = {"happened_on": found.on, **answers_as_typed(found.step.questions, present)}
    names = [name for _, name in agencies(read_session(), actor(), file.partnership.id)]
    people = people_to_choose(read_session(), actor(), file.partnership.id, file.case.realm, found.step.questions)
    for name, choices in people.items():
        if name in present and present[name] not in dict(choices):  # who has left since stays chosen
            choices.append((str(present[name]), str(present[name]).partition(" <")[0]))
    return make_form(
        ImportedCorrectionForm if found.imported else CorrectionForm,
        found.step,
        today=today(),
        agencies=[*names, *_no_longer_offered(present, names)],
        partners=_partners_to_correct(file, found, present),
        form_day=lambda _: found.form_edition or date.min,
        steps=blocking_choices(file.case, found.step).steps,
        people=people,
        initial=typed,
    )


def _partners_to_correct(file: CaseFile, found: CorrectableStep, present: Mapping[str, Any]) -> list[str]:
    offered = partner_choices(read_session(), actor(), file.case, found.step, today=today())
    return [*offered, *_no_longer_offered(present, offered)]


def _no_longer_offered(present: Mapping[str, Any], names: list[str]) -> list[str]:
    """Name the agencies that were ticked and are not offered any more, so that they stay ticked."""
    answered = (name for value in present.values() if isinstance(value, tuple) for name in value)
    return [name for name in dict.fromkeys(answered) if name not in names]


def _show(reference: str, event: int, form: CorrectionForm) -> str:
    file, found = _find(reference, event)
    form.show_version(file.case.version)
    days = " ".join(filter(None, (_days_in_words(found.first, found.last), PARTIAL if found.imported else "")))
    return render_template("cases/correct_step.html", file=file, found=found, form=form, time_of=time_of, days=days)


PARTIAL = "Leave the day, or the day and the month, empty where nobody knows them. Leave all empty if nothing is known."


def _days_in_words(first: date | None, last: date | None) -> str:
    """Say between which days the corrected day may lie."""
    parts = [f"from {first:%-d %B %Y} on" if first else "", f"up to {last:%-d %B %Y}" if last else ""]
    days = ", ".join(part for part in parts if part)
    return f"Enter a day {days}, between the steps before and after it." if days else ""
