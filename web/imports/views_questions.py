"""Pages of what imports left open in plans: the list, the questions of a plan, and the people and agencies it names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from reviews.access.permissions import Permission, needs_second_person
from reviews.access.shown import note_rows
from reviews.actions.plan_rules import is_silent
from reviews.cases.page_queries import find_case
from reviews.core.paging import Page
from reviews.imports.answer_questions import answer_questions
from reviews.imports.decisions import STAGES, Candidates, DecisionGroup, candidates
from reviews.imports.import_questions import (
    count_open,
    fields_waiting,
    groups_waiting,
    plans_with_questions,
    questions_alike,
)
from reviews.imports.rows import directory
from reviews.models import Agency, AgencyKind, Case, Partnership
from reviews.people.accounts import add_agency, add_person
from reviews.people.agencies import agencies_by_id
from reviews.people.invitations import invite
from reviews.people.queries import agencies
from reviews.transactions.unit_of_work import Stale, Unit
from web.core.access import needs
from web.core.context import actor, read_session
from web.core.on_record import Shows, shows
from web.core.query import number, paginate, query_choice, query_text
from web.core.urls import case_address, in_partnership
from web.forms.submit_once import IdempotentForm, handle_form
from web.imports.decision_fields import GROUPS_ON_PAGE, DecisionField, decision_fields, entries, read_decisions
from web.imports.forms import NAMES
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

pages = Blueprint("import_questions", __name__)

PEOPLE_ON_PAGE = 10


@pages.route("/actions/questions")
@needs(Permission.IMPORT_ACTIONS)
@shows(Shows.LIST)
def plans() -> ResponseReturnValue:
    found = plans_with_questions(read_session(), actor())
    note_rows(len(found))
    return render_template("imports/plans.html", plans=found)


def _plan(reference: str) -> tuple[Case, Partnership]:
    case, partnership = find_case(read_session(), actor(), reference, partnership=query_text("partnership") or None)
    actor().require(Permission.IMPORT_ACTIONS, partnership.id, case.realm)
    return case, partnership


@pages.route("/cases/<reference>/questions", methods=["GET", "POST"])
@needs(Permission.IMPORT_ACTIONS)
@shows(Shows.CASE)
def questions(reference: str) -> ResponseReturnValue:
    """What imports left open in a plan; with `of`, the rows with one text each by itself."""
    case, partnership = _plan(reference)
    form, of = IdempotentForm(), number("of")
    known = candidates(read_session(), actor(), case.partnership_id)
    counts = fields_waiting(read_session(), actor(), case)
    field = query_choice("field", counts)

    def fetch(page: int) -> Page[DecisionGroup]:
        if of is None:
            return groups_waiting(read_session(), actor(), case, name=field, number=page, size=GROUPS_ON_PAGE)
        rows = _row_by_row(case, of)
        start = (page - 1) * GROUPS_ON_PAGE
        return Page(rows[start : start + GROUPS_ON_PAGE], page, len(rows), GROUPS_ON_PAGE)

    page = paginate(fetch)
    asked = decision_fields(page.rows, known, request.form)
    back = case_address(case.reference, case.partnership_id)
    here = request.full_path.rstrip("?")

    def act(work: Unit) -> str:
        locked = work.case(case.reference, partnership=partnership.code)
        _refuse_overtaken(asked)
        people = directory(work.session, work.actor, case.partnership_id)
        decided = read_decisions(asked, people)
        if faults := [each.error for each in asked if each.error]:
            raise Refused(" ".join(faults))
        if not decided:
            raise Refused("Choose at least one answer.")
        answers = {
            question_id: answer
            for key, answer in decided.items()
            for question_id in ([int(key)] if of is not None else _alike(work, locked, int(key)))
        }
        done = answer_questions(work, locked, answers)
        flash(f"{done:,} {'question is' if done == 1 else 'questions are'} decided.", "success")
        return here if page.total > len(decided) else back

    def show() -> str:
        return render_template(
            "imports/decide.html",
            form=form,
            caption=case.reference if not case.title else f"{case.reference}: {case.title}",
            heading="Row by row" if of is not None else "What the imported file leaves open",
            explained="What was imported stays as it is until you decide.",
            back=back,
            back_words=f"Back to {case.reference}",
            page=page,
            questions=asked,
            counts={} if of is not None else counts,
            field=field,
            names=NAMES,
            entries=entries(known),
            agencies=known.agencies,
            stages=STAGES,
            owners_href=case_address(case.reference, case.partnership_id, "owners")
            if counts.keys() & {"owner", "agency"} and of is None
            else "",
            own_href=None
            if of is not None
            else lambda group: in_partnership(f"/cases/{case.reference}/questions", case.partnership_id, of=group.key),
        )

    return handle_form(form, act, show)


def _refuse_overtaken(asked: Sequence[DecisionField]) -> None:
    """Raise Stale where an answer was sent to a question that is no longer on the page: somebody has decided it."""
    there = {each.name for each in asked}
    sent = {name.removesuffix("_other") for name, value in request.form.items() if name.startswith("d_") and value}
    if sent - there:
        raise Stale


def _alike(work: Unit, case: Case, number: int) -> list[int]:
    return [question.id for question, _, _ in questions_alike(work.session, work.actor, case, number)]


def _row_by_row(case: Case, of: int) -> list[DecisionGroup]:
    return [
        DecisionGroup(
            key=str(question.id),
            field=question.field,
            text=question.text,
            reason=question.reason,
            offered=tuple(question.offered),
            count=1,
            rows=((reference, text),) if reference else (),
        )
        for question, reference, text in questions_alike(read_session(), actor(), case, of)
    ]


@dataclass(slots=True)
class PersonToAdd:
    """A name in the file, and what was typed to make an account for it. A new agency goes before a chosen one."""

    group: DecisionGroup
    email: str
    name: str
    job_title: str
    agency: str
    new_agency: str
    role: str
    near: Sequence[str]
    """People here with a name like it."""

    @classmethod
    def sent(cls, group: DecisionGroup, form: Mapping[str, str], known: Candidates) -> "PersonToAdd":
        def typed(part: str, default: str = "") -> str:
            return form.get(f"p_{group.key}_{part}", default).strip()[:254]

        return cls(
            group,
            typed("email"),
            typed("name", group.text),
            typed("job_title"),
            typed("agency"),
            typed("new_agency"),
            typed("role", Role.ACTION_OWNER.value),
            [f"{known.label(each)} ({each})" for each in known.suggested("deputy", group.text)],
        )


@pages.route("/cases/<reference>/owners", methods=["GET", "POST"])
@needs(Permission.IMPORT_ACTIONS)
@shows(Shows.CASE)
def named_owners(reference: str) -> ResponseReturnValue:
    """Make accounts for the people, and agencies, that an imported file names and nobody here is called."""
    case, partnership = _plan(reference)
    form, partnership_id = IdempotentForm(), case.partnership_id
    may_add = actor().may(Permission.MANAGE_PEOPLE, partnership_id)
    page = paginate(lambda n: _named(case, "owner", n))
    bodies = _named(case, "agency", 1)
    known = candidates(read_session(), actor(), partnership_id)
    people = [PersonToAdd.sent(group, request.form, known) for group in page.rows]
    new_agencies = [group for group in bodies.rows if request.form.get(f"a_{group.key}")]
    roles = _roles_to_give(partnership_id)
    here = case_address(case.reference, partnership_id, "owners")

    def act(work: Unit) -> str:
        work.actor.require(Permission.MANAGE_PEOPLE, partnership_id)
        locked = work.case(case.reference, partnership=partnership.code)
        area = work.partnership(partnership.code)
        answers: dict[int, str] = {}
        is_invited = bool(request.form.get("invite"))
        for group in new_agencies:
            _agency_called(work, area, group.text)
            answers |= dict.fromkeys(_alike(work, locked, int(group.key)), group.text)
        wanted = [each for each in people if each.email]
        if not wanted and not new_agencies:
            raise Refused("Enter the e-mail address of at least one person.")
        for each in wanted:
            answers |= dict.fromkeys(
                _alike(work, locked, int(each.group.key)), _added(work, area, each, is_invited=is_invited)
            )
        done = answer_questions(work, locked, answers)
        flash(_added_in_words(len({each.email.lower() for each in wanted}), len(new_agencies), done), "success")
        return here

    def show() -> str:
        return render_template(
            "imports/owners.html",
            form=form,
            case=case,
            page=page,
            people=people,
            bodies=bodies.rows,
            chosen=[group.key for group in new_agencies],
            roles=roles,
            agencies=agencies(read_session(), actor(), partnership_id),
            may_add=may_add,
            invite=bool(request.form.get("invite")),
            invitations=in_partnership("/people/invitations", partnership_id),
            silent=is_silent(read_session(), case.id),
            open_questions=count_open(read_session(), actor(), case),
            tomorrow=in_partnership("/reminders/tomorrow", partnership_id, plan=case.reference),
        )

    if not may_add:
        return show() if request.method == "GET" else redirect(here, 303)
    return handle_form(form, act, show)


def _roles_to_give(partnership_id: int) -> dict[str, str]:
    """The roles that give something at once: one that waits for a second person makes nobody an owner."""
    return {
        role.value: role.words
        for role in Role
        if actor().may_give(role, partnership_id) and not needs_second_person(actor(), role)
    }


def _named(case: Case, field: str, page: int) -> Page[DecisionGroup]:
    """Give the texts of a field that wait for a decision, most rows first, without those where the cell is empty."""
    return groups_waiting(read_session(), actor(), case, name=field, filled=True, number=page, size=PEOPLE_ON_PAGE)


def _added(work: Unit, area: Partnership, new: PersonToAdd, *, is_invited: bool) -> str:
    """Add a person with their role, unless they have one here already, and give their address. Raises Refused.

    Where it is wanted, and they have no way in yet, they are invited.
    """
    address = new.email.lower()
    if directory(work.session, work.actor, area.id).person(address) is not None:
        return address
    try:
        if new.new_agency:
            agency = _agency_called(work, area, new.new_agency)
        elif new.agency.isdecimal():
            (agency,) = agencies_by_id(work.session, work.actor, area.id, [int(new.agency[:9])])
        else:
            raise Refused("Choose the agency, or enter the name of a new one.")
        if new.role not in _roles_to_give(area.id):
            raise Refused("Choose the role.")
        title = new.job_title or new.group.text
        person = add_person(
            work, area, email=address, name=new.name, job_title=title, agency=agency, role=Role(new.role)
        )
    except ValueError:
        raise Refused(f"“{new.group.text}”: choose the agency from the list.") from None
    except Refused as refusal:
        raise Refused(f"“{new.group.text}”: {refusal.sentence}") from None
    work.session.flush()
    if is_invited and person.password_hash is None:
        invite(work, area.id, person.id)
    return person.email


def _agency_called(work: Unit, area: Partnership, name: str) -> Agency:
    """Give the agency of that name, a new one where there is none yet."""
    present = {text.casefold(): key for key, text in agencies(work.session, work.actor, area.id)}
    if (key := present.get(" ".join(name.split()).casefold())) is not None:
        return work.session.get_one(Agency, key)
    return add_agency(work, area, name=name, kind=AgencyKind.OTHER)


def _added_in_words(people: int, bodies: int, questions_decided: int) -> str:
    parts = [f"{people} {'person' if people == 1 else 'people'}"] if people else []
    parts += [f"{bodies} {'agency' if bodies == 1 else 'agencies'}"] if bodies else []
    decided = f"{questions_decided:,} {'question is' if questions_decided == 1 else 'questions are'} decided."
    return f"{' and '.join(parts)} can be named here now: {decided}"
