"""Who may not take a step because they would decide on what is their own."""

from functools import cache

from workflows.core.involvement import NOBODY, Involvement
from workflows.core.questions import Kind
from workflows.core.vocabulary import REVIEWER, UNOPENED, Role, Step, Track

HEADS = frozenset({Role.SUBGROUP_CHAIR, Role.INDEPENDENT_CHAIR, Role.SAFEGUARDING_PARTNER})


@cache
def barred_from(track: Track, step: Step) -> frozenset[Involvement]:
    """Give those the step names, or by the kind of step where it names nobody, as in files of before steps did.

    Then the lead reviewer and the lead of an agency that was asked are barred from what ends or moves their own work,
    and whoever recorded a proposal from what only chairs and partners may answer to it.
    """
    if step.barred is not None:
        return step.barred
    if UNOPENED in step.source:
        return NOBODY
    rules = {
        Involvement.SUBMITTER: _answers_a_proposal(track, step),
        Involvement.LEAD_REVIEWER: _decides_for_reviewer(track, step),
        Involvement.AGENCY_ASKED: _decides_for_agency(track, step),
    }
    return frozenset(involvement for involvement, applies in rules.items() if applies)


def _answers_a_proposal(track: Track, step: Step) -> bool:
    leading = _leading_to(track, step)
    return step.by <= HEADS and bool(leading) and all(HEADS.isdisjoint(other.by) for other in leading)


def _decides_for_reviewer(track: Track, step: Step) -> bool:
    if Role.LEAD_REVIEWER in step.by:
        return False
    names_reviewer = any(question.name == REVIEWER for question in step.questions)
    judges = bool(step.by & HEADS) and any(Role.LEAD_REVIEWER in other.by for other in _leading_to(track, step))
    has_reviewer = any(Role.LEAD_REVIEWER in other.by for other in track.steps)
    return names_reviewer or judges or (has_reviewer and (step.to in track.finished or step.hold is not None))


def _decides_for_agency(track: Track, step: Step) -> bool:
    if Role.AGENCY_LEAD in step.by or not any(Role.AGENCY_LEAD in other.by for other in track.steps):
        return False
    moves_a_date = not step.to and any(question.kind is Kind.DAY for question in step.questions)
    return moves_a_date or step.to in track.finished


def _leading_to(track: Track, step: Step) -> list[Step]:
    """Give the steps that lead to a stage at which the step is taken."""
    sources = {str(source) for source in step.source}
    return [other for other in track.steps if other.to in sources and other is not step]
