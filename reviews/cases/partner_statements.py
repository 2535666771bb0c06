"""What the safeguarding partners say in a case: their views and signatures, and for whom a person may speak."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.access.permissions import Actor
from reviews.access.policies import roles_on_case
from reviews.access.visibility import visible
from reviews.cases.history import RecordedStep, only_current_facts, read_history
from reviews.core.paging import SIZE, Page
from reviews.definitions.installed import definition_of
from reviews.models import AgencyKind, Case, CaseFact, Event, EventKind
from reviews.models.cases import is_of_present_kind
from reviews.people.partners import PartnerLine, not_named, partners_of, partners_on, predecessors
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused, WrongRole
from workflows.core.questions import Kind, Value
from workflows.core.vocabulary import SIGNED_FOR, SPOKEN_FOR, VIEW_OF, Role, Step, Workflow
from workflows.definitions.shared.roles import PARTNERS

OLD_SIGNATURES: Mapping[str, AgencyKind] = {
    "sign_local_authority": AgencyKind.LOCAL_AUTHORITY,
    "sign_icb": AgencyKind.INTEGRATED_CARE_BOARD,
    "sign_police": AgencyKind.POLICE,
}
"""The steps of earlier versions by which each of the three partners signs."""
ON_BEHALF = "sign_on_behalf"
ABSTAINS = "abstains"


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of one partner. `confirmed_by` is who said so, where it was recorded on the partner's behalf.

    `on` is None where nobody knows the day.
    """

    partner: str
    on: date | None
    by: str
    on_behalf: bool
    confirmed_by: str = ""
    confirmed_on: date | None = None
    confirmation_filed: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What one partner says of whether the case is notifiable: the latest holds. `view` is the stored answer."""

    partner: str
    view: str
    view_in_words: str
    reason: str
    given_by: str
    on: date | None


@dataclass(frozen=True, slots=True)
class Escalation:
    on: date | None
    to: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class PartnerStatements:
    """What the partners said in a case: signatures and escalations in the order recorded, the view of each partner."""

    signatures: Sequence[Signature] = ()
    views: Sequence[View] = ()
    escalations: Sequence[Escalation] = ()

    @property
    def differing(self) -> list[View]:
        """The views that contradict each other; none where all who have one agree."""
        stated = [each for each in self.views if each.view != ABSTAINS]
        return stated if len({each.view for each in stated}) > 1 else []


def partner_statements(session: Session, case: Case, workflow: Workflow) -> PartnerStatements:
    """Read from the history of a case what the partners said; corrections hold."""
    if not any(step.name in OLD_SIGNATURES or _spoken_for(step) for step in workflow.steps):
        return PartnerStatements()
    record = read_history(session, case)
    stating = [each for each in record.steps if each.step in OLD_SIGNATURES or _speaks(workflow, each.step)]
    if not stating:
        return PartnerStatements()
    answers, partners = record.values(case), partners_of(session, case.partnership_id)
    signatures: list[Signature] = []
    views: dict[str, View] = {}
    escalations: list[Escalation] = []
    for each in stating:
        facts = answers[each.event_id]
        signatures += _signatures(each, facts, partners)
        for name in _names(facts, VIEW_OF):
            views[name] = _view(name, each, facts, workflow)
        if each.step == "escalate":
            escalations.append(
                Escalation(
                    _day(each),
                    _text(facts, "escalated_to"),
                    _text(facts, "escalated_question"),
                    _text(facts, "escalation_answer"),
                )
            )
    return PartnerStatements(signatures, list(views.values()), escalations)


def _speaks(workflow: Workflow, name: str) -> bool:
    step = workflow.step(name)
    return name == "escalate" or (step is not None and bool(_spoken_for(step)))


def _signatures(recorded: RecordedStep, facts: Mapping[str, Value], partners: Sequence[PartnerLine]) -> list[Signature]:
    kind = OLD_SIGNATURES.get(recorded.step)
    if kind is not None:
        then = [each.name for each in partners if each.kind is kind and each.holds_on(recorded.on)]
        by = next((str(value) for name, value in facts.items() if name.endswith("_signatory")), "")
        return [Signature(name, _day(recorded), by, on_behalf=False) for name in then]
    confirmed_on = facts.get("confirmed_on")
    return [
        Signature(
            partner=name,
            on=_day(recorded),
            by=_text(facts, "signatory"),
            on_behalf=recorded.step == ON_BEHALF,
            confirmed_by=_text(facts, "confirmed_by"),
            confirmed_on=confirmed_on if isinstance(confirmed_on, date) else None,
            confirmation_filed=_text(facts, "confirmation_filed"),
        )
        for name in _names(facts, SIGNED_FOR)
    ]


def _view(name: str, recorded: RecordedStep, facts: Mapping[str, Value], workflow: Workflow) -> View:
    view = _text(facts, "view")
    words = dict(workflow.questions["view"].choices) if "view" in workflow.questions else {}
    return View(
        partner=name,
        view=view,
        view_in_words=words.get(view, view),
        reason=_text(facts, "view_reason"),
        given_by=_text(facts, "view_given_by"),
        on=_day(recorded),
    )


def _day(recorded: RecordedStep) -> date | None:
    return recorded.on if recorded.day_known else None


def _text(facts: Mapping[str, Value], name: str) -> str:
    return str(facts.get(name, ""))


def _names(facts: Mapping[str, Value], name: str) -> tuple[str, ...]:
    value = facts.get(name, ())
    return value if isinstance(value, tuple) else ()


FACTS = frozenset(
    {"statutory_partners", "partners_not_named", "partners_not_signed", "partners_without_view", "partners_that_differ"}
)
"""The facts that `partner_facts` works out, as `workflows.core.guard_registry.COMPUTED` describes them."""


def partner_facts(
    session: Session, case: Case, workflow: Workflow, *, on: date, names: Collection[str]
) -> dict[str, Value]:
    """Work out these facts about the partners for a step on that day."""
    wanted = FACTS.intersection(names)
    if not wanted:
        return {}
    partners = partners_on(session, case.partnership_id, on)
    statutory = tuple(each.name for each in partners if each.is_statutory)
    found: dict[str, Value] = {"statutory_partners": statutory, "partners_not_named": tuple(not_named(partners))}
    if wanted - found.keys():
        stated = partner_statements(session, case, workflow)
        given = {each.partner for each in stated.views}
        found |= {
            "partners_not_signed": _not_signed(session, case, statutory, {each.partner for each in stated.signatures}),
            "partners_without_view": tuple(name for name in statutory if name not in given),
            "partners_that_differ": tuple(f"{each.partner}: {each.view_in_words.lower()}" for each in stated.differing),
        }
    return {name: found[name] for name in wanted}


def _not_signed(session: Session, case: Case, statutory: Sequence[str], signed: set[str]) -> tuple[str, ...]:
    """Name the partners for whom nobody has signed, neither themselves nor an agency they replaced."""
    before = predecessors(session, case.partnership_id) if signed.difference(statutory) else {}
    return tuple(name for name in statutory if signed.isdisjoint({name, *before.get(name, ())}))


def check_partners(unit: Unit, case: Case, step: Step, answers: Mapping[str, Value], *, on: date) -> None:
    """Refuse what was no partner on that day, and a body that the person may not speak for."""
    named = [name for asked in step.questions if asked.kind is Kind.PARTNERS for name in _names(answers, asked.name)]
    if named:
        names = [each.name for each in partners_on(unit.session, case.partnership_id, on)]
        if unknown := next((name for name in named if name not in names), None):
            there = f"Its partners were {', '.join(names)}." if names else "It had none."
            raise Refused(f"{unknown} was not a safeguarding partner on {on:%-d %B %Y}. {there}")
    check_represented(unit, case, step, answers, on=on)


def check_represented(unit: Unit, case: Case, step: Step, answers: Mapping[str, Value], *, on: date) -> None:
    """Raise WrongRole for what a partner says for another body than their own."""
    if refusal := why_not_spoken_for(unit.session, unit.actor, case, step, on=on):
        raise refusal
    own = represented_bodies(unit.session, unit.actor, case, step, on=on)
    spoken_for = {name for fact in _spoken_for(step) for name in _names(answers, fact)}
    if own is not None and (others := sorted(spoken_for - set(own))):
        raise WrongRole(
            f"You speak for {' and '.join(own)} only, not for {' and '.join(others)}. A partner of that body can "
            "record it, or the business manager on its behalf."
        )


def refuse_second_signature(session: Session, case: Case, workflow: Workflow, answers: Mapping[str, Value]) -> None:
    chosen = _names(answers, SIGNED_FOR)
    signed = {each.partner for each in partner_statements(session, case, workflow).signatures} if chosen else set()
    if again := next((name for name in chosen if name in signed), None):
        raise Refused(f"{again} has signed already.")


def why_not_spoken_for(session: Session, actor: Actor, case: Case, step: Step, *, on: date) -> WrongRole | None:
    """Say that a person can speak for none of the bodies a step is for; None for everybody else."""
    own = represented_bodies(session, actor, case, step, on=on)
    if own is None:
        return None
    kind = OLD_SIGNATURES.get(step.name)
    if kind is None:
        refusal = f"“{step.title}” is for a partner of a body that was a safeguarding partner on {on:%-d %B %Y}."
        return None if own else WrongRole(refusal)
    bodies = [each.name for each in partners_on(session, case.partnership_id, on) if each.kind is kind]
    if set(own) & set(bodies):
        return None
    return WrongRole(f"“{step.title}” is not yours to record. It can be recorded by: a partner of {_either(bodies)}.")


def _either(bodies: Sequence[str]) -> str:
    return " or ".join(bodies) or "that body, which the business manager names on the page “Partners”"


def represented_bodies(session: Session, actor: Actor, case: Case, step: Step, *, on: date) -> list[str] | None:
    """Name the partners of a day that a person may speak for with this step; None for who speaks for any, or for none.

    Each partner speaks for their own body; a manager records what was stated.
    """
    if step.name not in OLD_SIGNATURES and not _spoken_for(step):
        return None
    roles = roles_on_case(actor, case)
    if roles is None or roles & step.by != PARTNERS:
        return None
    agencies = {
        assignment.agency_id
        for assignment in actor.roles_held_in(case.partnership_id)
        if assignment.role is Role.SAFEGUARDING_PARTNER
    }
    return [each.name for each in partners_on(session, case.partnership_id, on) if each.agency_id in agencies]


def _spoken_for(step: Step) -> list[str]:
    return [asked.name for asked in step.questions if asked.name in SPOKEN_FOR and asked.kind is Kind.PARTNERS]


def partner_choices(session: Session, actor: Actor, case: Case, step: Step, *, today: date) -> list[str]:
    """Name the partners that the form of a step offers: those since the case was opened that the person speaks for.

    Who has signed is not offered again.
    """
    if all(asked.kind is not Kind.PARTNERS for asked in step.questions):
        return []
    own, signed = represented_bodies(session, actor, case, step, on=today), set[str]()
    if SIGNED_FOR in _spoken_for(step):
        stated = partner_statements(session, case, definition_of(session, case))
        signed = {each.partner for each in stated.signatures}
    return [
        each.name
        for each in partners_of(session, case.partnership_id)
        if each.held_between(case.opened_on, today) and (own is None or each.name in own) and each.name not in signed
    ]


@dataclass(frozen=True, slots=True)
class OnBehalf:
    """A signature that was recorded on behalf of a partner, with the case it belongs to."""

    reference: str
    partnership_id: int
    partners: tuple[str, ...]
    on: date
    recorded_by: str
    confirmed_by: str
    confirmed_on: date | None
    confirmation_filed: str


def recorded_on_behalf(
    session: Session, actor: Actor, *, partnership_id: int | None = None, number: int = 1
) -> Page[OnBehalf]:
    """Give one page of the signatures recorded on behalf of a partner in the cases the actor may see, newest first."""
    query = (
        sa.select(Event.id, Case.reference, Case.partnership_id, Event.happened_on, Event.recorded_by)
        .join(Case, Case.id == Event.case_id)
        .where(Event.kind == EventKind.STEP_TAKEN, Event.step == ON_BEHALF, visible(actor, Case))
        .where(is_of_present_kind(Event.id))
    )
    if partnership_id is not None:
        query = query.where(Case.partnership_id == partnership_id)
    total = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    rows = session.execute(
        query.order_by(Event.happened_on.desc(), Event.id.desc()).limit(SIZE).offset((number - 1) * SIZE)
    ).all()
    first = sa.func.coalesce(Event.corrects_id, Event.id)
    facts: dict[int, dict[str, Value]] = {}
    about = only_current_facts(sa.select(first, CaseFact)).where(first.in_([row.id for row in rows]))
    for event_id, fact in session.execute(about):
        facts.setdefault(event_id, {})[fact.name] = fact.value
    return Page([_on_behalf(row, facts.get(row.id, {})) for row in rows], number, total)


def _on_behalf(row: Any, facts: Mapping[str, Value]) -> OnBehalf:
    confirmed_on = facts.get("confirmed_on")
    return OnBehalf(
        reference=row.reference,
        partnership_id=row.partnership_id,
        partners=_names(facts, SIGNED_FOR),
        on=row.happened_on,
        recorded_by=row.recorded_by,
        confirmed_by=_text(facts, "confirmed_by"),
        confirmed_on=confirmed_on if isinstance(confirmed_on, date) else None,
        confirmation_filed=_text(facts, "confirmation_filed"),
    )
