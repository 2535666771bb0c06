"""The steps of a rapid review that are measured, their facts, and what the floor has hard-coded of them."""

from collections.abc import Mapping

from reviews.cases.opening import columns_of
from tests.bench.floor_transitions import BY_NAME, SIGNED, Move
from tests.bench.nation import TODAY
from tests.builders import facts_for
from workflows.core.questions import Kind, Value
from workflows.core.vocabulary import NATURE, Role, Step
from workflows.definitions.rapid_review import RAPID_REVIEW

ASKING = "open_gathering"
"""It opens a case inside for each agency asked, which is more than a step: both find it done by the product."""
STEPS = (
    "convene_discussion",
    "decide_notify",
    "submit_sin",
    ASKING,
    "hold_meeting",
    "submit_for_signoff",
    "sign_on_behalf",
    "sign_off",
    "panel_response",
    "confirm_no_further_review",
)
PARTNERS = ("Area 1 Council", "Area 1 Integrated Care Board", "Area 1 Police")
MEASURED = tuple(name for name in STEPS if name != ASKING)
READS = {"submit_sin": BY_NAME, "sign_off": SIGNED, "confirm_no_further_review": BY_NAME}
"""Where a guard reads what was recorded with an earlier step, how the floor asks for it."""


def step_of(name: str) -> Step:
    step = RAPID_REVIEW.step(name)
    assert step is not None, name
    return step


def given_with(step: Step, **answers: Value) -> dict[str, Value]:
    partners = {asked.name: PARTNERS for asked in step.questions if asked.kind is Kind.PARTNERS}
    return facts_for(step, on=TODAY, **partners | answers)


def recorder(step: Step) -> Role:
    """Give who records it: the business manager wherever they may."""
    return Role.BUSINESS_MANAGER if Role.BUSINESS_MANAGER in step.by else Role.SAFEGUARDING_PARTNER


def moves() -> Mapping[str, Move]:
    """Give each measured step as the floor knows it: nothing is left to look up in a definition."""
    at, found = "referred", {}
    for name in STEPS:
        step = step_of(name)
        found[name] = _move(step, at)
        at = found[name].to
    return {name: found[name] for name in MEASURED}


def _move(step: Step, at: str) -> Move:
    track = RAPID_REVIEW.tracks[0]
    to = str(step.to) or at
    starts = [
        (deadline.name, edition.effective_from, edition.period.count)
        for deadline in RAPID_REVIEW.deadlines
        if deadline.counted_from == step.name and (edition := deadline.edition_on(TODAY))
    ]
    return Move(
        step=step.name,
        at=at,
        to=to,
        partners=PARTNERS if any(asked.kind is Kind.PARTNERS for asked in step.questions) else (),
        facts=[_row(name, value) for name, value in given_with(step).items()],
        reads=READS.get(step.name, ""),
        closes=to in track.finished,
        meets=[deadline.name for deadline in RAPID_REVIEW.deadlines if step.name in deadline.met_by],
        starts=starts,
        nature=given_with(step).get(NATURE),
    )


def _row(name: str, value: Value) -> tuple[object, ...]:
    kind = RAPID_REVIEW.questions[name].kind
    columns = columns_of(value)
    return name, kind.value, columns["words"], columns["day"] and str(columns["day"]), columns["number"]
