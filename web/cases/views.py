"""Which cases are there, and what is known of one?"""

import re
from typing import Any

from flask import Blueprint, Response, flash, render_template
from flask.typing import ResponseReturnValue
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from reviews.access.permissions import Permission, realm_of
from reviews.actions.list_queries import ActionFilter, action_list
from reviews.cases.details import LONGEST_AREA, add_child, record_area
from reviews.cases.event_labels import event_changes, event_move, event_title, recorded_by
from reviews.cases.event_queries import case_history, facts_recorded
from reviews.cases.labels import OUR_ROLES, facts_in_words, form_filled_in, form_in_words, link_words
from reviews.cases.list_queries import SORTS, CaseFilter, tracker
from reviews.cases.page_queries import (
    case_file,
    clocks_of,
    corrections_of,
    find_case,
    holds_of,
    may_correct,
    visible_children,
)
from reviews.cases.responses import further_answers
from reviews.cases.validation import LONGEST_PSEUDONYM
from reviews.definitions.catalogue import definition_of
from reviews.exports.formats import FORMATS
from reviews.exports.log import record_export
from reviews.exports.rows import exported_plan, find_plan
from reviews.models import Case, OurRole
from reviews.models.recommendations import RESPONSES
from reviews.summary.queries import NEAR, cases_by_stage
from reviews.transactions.unit_of_work import NotFound, Unit
from web.cases.blocked_steps import missing_links
from web.cases.child_case_pages import child_case_facts, child_cases_of, parent_link
from web.cases.presenter import plan_of, steps_for_others, steps_for_person
from web.cases.prompts import prompts_of
from web.core.access import needs
from web.core.context import actor, house, kinds, reader, today, unit
from web.core.query import one_of, partnership_asked, shown, word
from web.core.urls import case_address
from web.forms.submit_once import OnceForm, send_form
from web.reminders.presenter import to_put_right
from workflows.core.labels import sentence
from workflows.definitions.action import OPEN

pages = Blueprint("cases", __name__)


STANDINGS = {"open": "Open", "closed": "Closed", "all": "Open and closed"}
CLOCKS = {"late": "Late", "near": "Due within 14 days"}
LED = {"us": "We lead", "others": "Another area leads"}
LATEST = 5
MOST_ACTIONS = 300


@pages.route("/cases")
@needs(Permission.SEE_TRACKER)
def list_cases() -> ResponseReturnValue:
    wanted, sort, place = _wanted(), one_of("sort", SORTS) or "clock", partnership_asked()
    page = shown(
        lambda number: tracker(
            reader(),
            actor(),
            today=today(),
            near=today() + NEAR,
            partnership_id=place,
            wanted=wanted,
            sort=sort,
            number=number,
        )
    )
    return render_template(
        "cases/list_cases.html",
        page=page,
        wanted=wanted,
        sort=sort,
        today=today(),
        workflows=kinds(),
        counts=cases_by_stage(reader(), actor(), partnership_id=place),
        standings=STANDINGS,
        clock_choices=CLOCKS,
        led_choices=LED,
        to_put_right=to_put_right(),
        codes={post.partnership_id: post.partnership_code for post in actor().posts},
        chosen_partnership=word("partnership").upper(),
        may_open=actor().may(Permission.OPEN_CASE),
        **_choices(wanted),
    )


@pages.route("/cases/<reference>")
@needs(Permission.SEE_CASE)
def case(reference: str) -> ResponseReturnValue:
    file = case_file(reader(), actor(), reference, today=today(), partnership=word("partnership") or None)
    actions = action_list(
        reader(),
        actor(),
        today=today(),
        partnership_id=file.case.partnership_id,
        wanted=ActionFilter(case_reference=file.case.reference),
        size=MOST_ACTIONS,
    )
    return render_template(
        "cases/case.html",
        file=file,
        case=file.case,
        plan=plan_of(file, actions.rows, further_answers(reader(), file.case)),
        actions=actions,
        steps=steps_for_person(file),
        others=steps_for_others(file),
        holds=holds_of(reader(), file.case, file.workflow),
        **_clock_notes(file.case),
        missing=missing_links(file, steps_for_person(file)),
        prompts=prompts_of(file),
        small=child_cases_of(file),
        around=parent_link(file.case),
        child_case_facts=child_case_facts(file),
        latest=case_history(reader(), actor(), file.case, size=LATEST),
        today=today(),
        workflows=kinds(),
        event_title=event_title,
        event_move=event_move,
        link_words=link_words,
        recorded_by=recorded_by,
        may_add=actor().may(Permission.ADD_ACTION, file.case.partnership_id),
        may_rule=actor().may(Permission.SET_LOCAL_RULES, file.case.partnership_id, file.case.realm),
        responses=RESPONSES,
        exports=FORMATS,
        open_stages=OPEN,
    )


@pages.route("/cases/<reference>/clocks")
@needs(Permission.SEE_CASE)
def clocks(reference: str) -> ResponseReturnValue:
    found, _ = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    running = clocks_of(reader(), found)
    workings = [(clock, clock.calculation(), clock.calculation_beside()) for clock in running]
    return render_template("cases/clocks.html", case=found, workings=workings, today=today(), **_clock_notes(found))


@pages.route("/cases/<reference>/history")
@needs(Permission.SEE_CASE)
def history(reference: str) -> ResponseReturnValue:
    found, _ = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    workflow = definition_of(reader(), found)
    page = shown(lambda number: case_history(reader(), actor(), found, number=number))
    facts = facts_recorded(reader(), page.rows)
    steps = {step.name for step in workflow.steps if may_correct(actor(), found, step)}
    events = [
        (
            event,
            [
                *facts_in_words(workflow, facts.get(event.id, ()), form_filled_in(workflow, event)),
                *event_changes(workflow, event),
            ],
        )
        for event in page.rows
    ]
    return render_template(
        "cases/history.html",
        case=found,
        workflow=workflow,
        page=page,
        events=events,
        corrections=corrections_of(reader(), actor(), page.rows),
        correctable=steps,
        form_in_words=form_in_words,
        event_title=event_title,
        event_move=event_move,
        recorded_by=recorded_by,
    )


def _clock_notes(case: Case) -> dict[str, Any]:
    """Say where a forecast and a reason are noted, and whether this person may."""
    return {
        "may_explain": actor().may(Permission.EXPLAIN_CLOCKS, case.partnership_id, case.realm),
        "note_address": lambda clock, note: case_address(
            case.reference, case.partnership_id, "clocks", clock.name, clock.counted_from_on.isoformat(), note
        ),
    }


def _wanted() -> CaseFilter:
    """Read the filter; a stage counts only beside the workflow it belongs to."""
    workflow = one_of("workflow", kinds())
    tracks = kinds()[workflow].tracks if workflow else ()
    return CaseFilter(
        standing=one_of("standing", STANDINGS) or "open",
        workflow=workflow,
        stage=one_of("stage", {stage.value for track in tracks for stage in track.stages}),
        clock=one_of("clock", CLOCKS),
        led=one_of("led", LED),
        text=word("q"),
    )


def _choices(wanted: CaseFilter) -> dict[str, Any]:
    """Give what may be chosen: the kinds of the realms this person works in, and the stages of the kind chosen."""
    realms = {realm_of(post.role) for post in actor().posts}
    tracks = kinds()[wanted.workflow].tracks if wanted.workflow else ()
    return {
        "kinds": [(name, kind.title) for name, kind in kinds().items() if kind.realm in realms and not kind.inside],
        "stages": [(stage.value, sentence(stage.value)) for track in tracks for stage in track.stages],
        "partnerships": {post.partnership_code: post.partnership_name for post in actor().posts},
        "filtered": wanted != CaseFilter(),
    }


LONGEST_REASON = 2_000


class ChildForm(OnceForm):
    pseudonym = StringField(
        "Pseudonym of the child",
        [DataRequired("Enter a pseudonym"), Length(max=LONGEST_PSEUDONYM)],
        description="Such as Child B. Never a name, initials or a date of birth.",
    )


class AreaForm(OnceForm):
    our_role = RadioField("Our part in this case", [InputRequired("Choose our part")], choices=dict(OUR_ROLES))
    lead_area = StringField(
        "Area that leads", [Optional(), Length(max=LONGEST_AREA)], description="Where another area leads."
    )
    reason = TextAreaField("Why this changes", [DataRequired("Enter the reason"), Length(max=LONGEST_REASON)])


@pages.route("/cases/<reference>/children", methods=["GET", "POST"])
@needs(Permission.RECORD_CHILDREN)
def children(reference: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    actor().require(Permission.RECORD_CHILDREN, place.id, case.realm)
    form = ChildForm()

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=place.code)
        add_child(unit, found, pseudonym=form.pseudonym.data or "")
        flash("The child is added.")
        return case_address(found.reference, found.partnership_id)

    return send_form(
        form,
        act,
        lambda: render_template(
            "cases/children.html", form=form, case=case, children=visible_children(reader(), actor(), case)
        ),
    )


@pages.route("/cases/<reference>/area", methods=["GET", "POST"])
@needs(Permission.RECORD_AREA)
def area(reference: str) -> ResponseReturnValue:
    case, place = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    actor().require(Permission.RECORD_AREA, place.id, case.realm)
    form = AreaForm(data={"our_role": case.our_role.value, "lead_area": case.lead_area})

    def act(unit: Unit) -> str:
        found = unit.case(reference, partnership=place.code, version=form.seen_version)
        record_area(
            unit,
            found,
            our_role=OurRole(form.our_role.data),
            lead_area=form.lead_area.data or "",
            reason=form.reason.data or "",
        )
        flash("Our part in the case is recorded.")
        return case_address(found.reference, found.partnership_id)

    return send_form(form, act, lambda: _show_area(reference, form))


def _show_area(reference: str, form: AreaForm) -> str:
    case, _ = find_case(reader(), actor(), reference, partnership=word("partnership") or None)
    form.show_version(case.version)
    return render_template("cases/area.html", form=form, case=case, roles=OUR_ROLES)


NOT_IN_A_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@pages.route("/cases/<reference>/plan.<into>")
@needs(Permission.SEE_ACTIONS)
def export_plan(reference: str, into: str) -> ResponseReturnValue:
    """Send the plan as a download named after its reference; what was taken out stands in the history of the case."""
    if into not in FORMATS:
        raise NotFound
    wanted = FORMATS[into]
    case, sees_case = find_plan(reader(), actor(), reference, partnership=word("partnership") or None)
    plan = exported_plan(reader(), actor(), case, sees_case=sees_case, now=house().clock.now())
    content = wanted.write(plan)
    with unit() as open_unit:
        record_export(open_unit, plan, into=into)
    name = NOT_IN_A_FILE_NAME.sub("-", plan.reference).strip(".-") or "plan"
    answer = Response(content, content_type=wanted.media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{into}"'
    return answer
