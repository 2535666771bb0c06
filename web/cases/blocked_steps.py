"""What a step of a case still needs, each with the address where this person can provide it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reviews.access.permissions import Permission
from reviews.cases.page_queries import CaseFile, StepOption, missing_beside_form, reference_targets
from reviews.cases.partner_statements import partner_choices
from web.core.context import actor, read_session, today
from web.core.urls import action_address, case_address, in_partnership
from workflows.core.engine import NotReady
from workflows.core.guard_registry import COMPUTED
from workflows.core.vocabulary import SIGNED_FOR, VIEW_OF, Guard, Step
from workflows.guards.cases import PARTNERS
from workflows.guards.lcspr import plan_has_actions

AGENCIES_ASKED = "#agencies-asked"
SIGNED_OFF = "recommendations_not_signed_off"
SIGN_OFF_FACT = "recommendation_signed_off"
SPOKEN = {"partners_not_signed": SIGNED_FOR, "partners_without_view": VIEW_OF}
"""What partners still have to say, and the fact by which a step says for whom it is said."""


@dataclass(frozen=True, slots=True)
class MissingItem:
    """One thing that is missing, and the address where it is provided; "" where this person has none."""

    words: str
    href: str


def missing_links(file: CaseFile, answers: Sequence[StepOption]) -> dict[str, list[MissingItem]]:
    """Give for each step that is held back, by name, what is missing and where to go for it."""
    held = [answer for answer in answers if isinstance(answer.refusal, NotReady)]
    addresses = _addresses(file) if held else {}
    return {answer.step.name: list(_missing(file, answer, addresses)) for answer in held}


def further_missing_links(file: CaseFile, step: Step) -> list[tuple[str, list[MissingItem]]]:
    """Give what an open step still needs beside its own form: the sentence of each guard with what it misses."""
    held = missing_beside_form(read_session(), actor(), file.case, file.workflow, step, today=today())
    addresses = _addresses(file) if held else {}
    form = _form(file, [step.name])
    found = [
        (each.guard.sentence, [_link(file, step, each.guard, item, addresses) for item in each.missing])
        for each in held
    ]
    return [(sentence, items) for sentence, items in found if any(item.href != form for item in items)]


def _missing(file: CaseFile, answer: StepOption, addresses: Mapping[str, str]) -> Iterator[MissingItem]:
    refusal = answer.refusal
    if not isinstance(refusal, NotReady):
        return
    for each in refusal.held:
        yield from (_link(file, answer.step, each.guard, item, addresses) for item in each.missing)
    if not refusal.held:
        yield from (MissingItem(item, _address_named(item, addresses)) for item in refusal.missing)


def _addresses(file: CaseFile) -> dict[str, str]:
    """Give the addresses of what a refusal may name by reference: actions, child cases and recommendations."""
    case = file.case
    named = reference_targets(read_session(), actor(), case)
    found = {reference: action_address(address, case.partnership_id) for reference, address in named.actions.items()}
    found |= {reference: case_address(reference, case.partnership_id) for reference in named.child_cases}
    if _may_plan(file):
        found |= {each.reference: _response(file, each.reference) for each in file.recommendations}
    return found


def _link(file: CaseFile, step: Step, guard: Guard, item: str, addresses: Mapping[str, str]) -> MissingItem:
    return MissingItem(item, _address(file, step, guard, item, addresses))


def _address(file: CaseFile, step: Step, guard: Guard, item: str, addresses: Mapping[str, str]) -> str:
    case = file.case
    if "returns_outstanding" in guard.reads:
        return case_address(case.reference, case.partnership_id) + AGENCIES_ASKED
    if "partners_not_named" in guard.reads:
        manages = actor().may(Permission.MANAGE_PEOPLE, case.partnership_id)
        return in_partnership("/partners", case.partnership_id) if manages else ""
    if spoken := guard.reads & SPOKEN.keys():
        return _spoken(file, [SPOKEN[fact] for fact in spoken], item)
    if SIGNED_OFF in guard.reads:
        return _form(file, [each.name for each in file.workflow.steps if SIGN_OFF_FACT in _asked(each)])
    if guard is plan_has_actions and _may_plan(file):
        return in_partnership("/actions/new", case.partnership_id, case=case.reference)
    if guard.track and guard.track != file.workflow.track_of(step).name:
        return _track(file, guard.track)
    return _address_named(item, addresses) or _form(file, _recorded_by(file, step, guard, item))


def _spoken(file: CaseFile, facts: Sequence[str], item: str) -> str:
    """Give the address of the form by which this person can speak for the partner that a sentence names."""
    steps = [
        each
        for each in file.workflow.steps
        if _asked(each).intersection(facts)
        if any(item.endswith(name) for name in partner_choices(read_session(), actor(), file.case, each, today=today()))
    ]
    return _form(file, [each.name for each in steps])


def _address_named(item: str, addresses: Mapping[str, str]) -> str:
    """Find the address of the first reference in a sentence."""
    references = (part.strip("“”(),.;:") for part in item.split())
    return next((addresses[reference] for reference in references if reference in addresses), "")


def _recorded_by(file: CaseFile, step: Step, guard: Guard, item: str) -> list[str]:
    """Name the steps that record what is missing: the step itself first, where its own form asks for it."""
    facts = guard.reads - set(COMPUTED)
    itself = [step.name] if facts & _asked(step) else []
    # a step that is the signature of a partner counts where the sentence names that partner
    required = [name for name in guard.after if PARTNERS.get(name.removeprefix("sign_"), "") in item]
    return [*itself, *required, *(each.name for each in file.workflow.steps if facts & _asked(each))]


def _form(file: CaseFile, steps: Sequence[str]) -> str:
    """Give the address of the form of the first of these steps that is open to this person."""
    open_now = {answer.step.name for answer in file.steps if answer.is_open}
    name = next((each for each in steps if each in open_now), "")
    return case_address(file.case.reference, file.case.partnership_id, "steps", name) if name else ""


def _asked(step: Step) -> set[str]:
    return {asked.name for asked in step.questions}


def _track(file: CaseFile, track: str) -> str:
    if not any(each.name == track for each in file.workflow.tracks):
        return ""
    path = f"/workflows/{file.workflow.name}"
    return in_partnership(path, file.case.partnership_id, case=file.case.reference) + f"#next-{track}"


def _response(file: CaseFile, reference: str) -> str:
    case = file.case
    return case_address(case.reference, case.partnership_id, "recommendations", reference, "response")


def _may_plan(file: CaseFile) -> bool:
    return actor().may(Permission.ADD_ACTION, file.case.partnership_id, file.case.realm)
