"""Checks of definitions for soundness. Each fault names the workflow and the part it is about."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from workflows.core.guard_registry import COMPUTED, GUARDS
from workflows.core.involvement import Involvement
from workflows.core.ladders import rung_name
from workflows.core.questions import Kind, Question, Value, When, editions_of
from workflows.core.vocabulary import (
    BACK,
    JOINED,
    REOPENED,
    REVIEW_DAY,
    REVIEWER,
    UNOPENED,
    Deadline,
    Guard,
    Ladder,
    OnHold,
    Role,
    Step,
    TimedMove,
    Track,
    Workflow,
)
from workflows.definitions import WORKFLOWS
from workflows.definitions.shared.authorities import BOOKS
from workflows.definitions.shared.ladder_policies import LADDERS


@dataclass(frozen=True, slots=True)
class Fault:
    """One complaint about a definition.

    `about` is the object at fault, `at` the path within it: a key, then a member of its list. From these the line is
    found where the definition was read from a file.
    """

    sentence: str
    about: object
    at: tuple[str, ...] = ()


def twice(names: Iterable[str]) -> list[str]:
    """List the names that occur more than once."""
    every = list(names)
    return sorted({name for name in every if every.count(name) > 1})


MOST_RUNGS = 20
FURTHEST = 400
"""Days before or after the due date."""


def ladder_faults(ladder: Ladder) -> Iterator[str]:
    """List what is wrong with a ladder, of clocks or of actions."""
    days = [rung.days for rung in ladder.rungs]
    if not days or days != sorted(set(days)):
        yield f"ladder {ladder.name} must have rungs, each on a later day than the one before."
    if len({rung.working for rung in ladder.rungs}) > 1:
        yield f"ladder {ladder.name} counts some rungs in working days and some in calendar days."
    for name in twice(rung.name for rung in ladder.rungs):
        yield f"ladder {ladder.name} has two rungs named {name}."
    for rung in ladder.rungs:
        if not (rung.tells or rung.deputy) or not all(isinstance(role, Role) for role in rung.tells):
            yield f"rung {rung.name} of {ladder.name} tells nobody, or an unknown role."
        if rung.every and (rung.every < 0 or rung.days < 1):
            yield f"rung {rung.name} of {ladder.name} repeats: only a rung after the due date may repeat."


def policy_faults(ladder: Ladder) -> Iterator[str]:
    """List what is wrong with a reminder policy: a ladder of actions that a partnership wrote."""
    yield from ladder_faults(ladder)
    if len(ladder.rungs) > MOST_RUNGS:
        yield f"ladder {ladder.name} has more than {MOST_RUNGS} rungs."
    if all(rung.days <= 0 for rung in ladder.rungs):
        yield f"ladder {ladder.name} tells nobody once an action is late."
    for rung in ladder.rungs:
        if rung.name != rung_name(rung.days, working=rung.working):
            yield f"rung {rung.name} of {ladder.name} is not named after its day."
        if abs(rung.days) > FURTHEST or rung.every > FURTHEST:
            yield f"rung {rung.name} of {ladder.name} is further than {FURTHEST} days away."


DAYS = (Kind.DAY, Kind.MOMENT)


def clock_faults(workflow: Workflow) -> Iterator[Fault]:
    """List what is wrong with the deadlines and ladders."""
    for deadline in workflow.deadlines:
        yield from _counting(workflow, deadline)
        yield from _editions(deadline)
        if deadline.ladder and LADDERS.get(deadline.ladder.name) is not deadline.ladder:
            sentence = f"deadline {deadline.name} names an unknown ladder, {deadline.ladder.name}."
            yield Fault(sentence, deadline, ("ladder",))
    for ladder in workflow.every_ladder:
        yield from (Fault(sentence, workflow, ("ladders", ladder.name)) for sentence in ladder_faults(ladder))


def _counting(workflow: Workflow, deadline: Deadline) -> Iterator[Fault]:
    steps = {step.name for step in workflow.steps}
    days = {question.name for question in workflow.questions.values() if question.kind in DAYS}
    if deadline.counted_from not in steps | days:
        sentence = f"is counted from {deadline.counted_from}, which is neither a step nor a day that is asked for."
        yield Fault(f"deadline {deadline.name} {sentence}", deadline, ("counted_from",))
    for name in sorted({name for name, _ in deadline.starts} - steps - days):
        sentence = f"may start from {name}, which is neither a step nor a day that is asked for."
        yield Fault(f"deadline {deadline.name} {sentence}", deadline, ("starts", name))
    if deadline.starts and deadline.counted_from not in dict(deadline.starts):
        sentence = f"has starts, but {deadline.counted_from}, from which it is counted, is not among them."
        yield Fault(f"deadline {deadline.name} {sentence}", deadline, ("starts",))
    if not steps & set(deadline.met_by):
        yield Fault(f"deadline {deadline.name} is met by no step of the workflow.", deadline, ("met_by",))
    for key, names in (("met_by", deadline.met_by), ("ended_by", deadline.ended_by)):
        for name in sorted(set(names) - steps):
            yield Fault(f"deadline {deadline.name} names an unknown step, {name}.", deadline, (key, name))
    for name in sorted(set(deadline.met_by) & set(deadline.ended_by)):
        yield Fault(f"deadline {deadline.name} is both met and ended by {name}.", deadline, ("ended_by", name))


def _editions(deadline: Deadline) -> Iterator[Fault]:
    if not deadline.editions:
        yield Fault(f"deadline {deadline.name} has no edition.", deadline, ("editions",))
    for day in twice(edition.effective_from.isoformat() for edition in deadline.editions):
        yield Fault(f"deadline {deadline.name} has two editions from {day}.", deadline, ("editions",))
    for edition in deadline.editions:
        if not edition.authority_on(edition.effective_from):
            yield Fault(f"deadline {deadline.name} has an edition without an authority.", edition)
        if any(BOOKS.get(book.name) is not book for book in edition.cites):
            yield Fault(f"deadline {deadline.name} cites an unknown book.", edition, ("cites",))
        if edition.counted_from and edition.counted_from not in dict(deadline.starts):
            sentence = f"is counted from {edition.counted_from} in an edition, which is not one of its starts."
            yield Fault(f"deadline {deadline.name} {sentence}", edition, ("counted_from",))


def timed_faults(workflow: Workflow) -> Iterator[Fault]:
    """List what is wrong with what happens by itself: it must end its clock, and need nobody's answer or leave."""
    deadlines = {deadline.name: deadline for deadline in workflow.deadlines}
    for name in twice(move.deadline for move in workflow.timed_moves):
        yield Fault(f"two timed moves wait for {name}.", workflow, ("timed_moves",))
    for move in workflow.timed_moves:
        deadline, step = deadlines.get(move.deadline), workflow.step(move.step)
        if deadline is None:
            yield Fault(f"a timed move waits for an unknown deadline, {move.deadline}.", move, ("deadline",))
        if step is None:
            yield Fault(f"a timed move records an unknown step, {move.step}.", move, ("step",))
        if deadline is None or step is None:
            continue
        if step.name not in deadline.ended_by:
            sentence = f"a timed move records {step.name}, which does not end the deadline {deadline.name} (ended_by)."
            yield Fault(sentence, move, ("step",))
        if step.only_if or step.opens or step.joins or step.hold or step.to in ("", BACK):
            sentence = "which must lead to another stage without a guard, a hold, or another case."
            yield Fault(f"a timed move records {step.name}, {sentence}", move, ("step",))
        yield from _timed_answers(move, step)


def _timed_answers(move: TimedMove, step: Step) -> Iterator[Fault]:
    asked, answers = {question.name: question for question in step.questions}, dict(move.answers)
    for name in sorted({move.why, *answers} - set(asked)):
        yield Fault(f"a timed move answers {name}, which {step.name} does not ask for.", move, ("why",))
    if move.why in asked and asked[move.why].kind is not Kind.TEXT:
        yield Fault(f"a timed move gives its reason as {move.why}, which is not of the kind text.", move, ("why",))
    for question in asked.values():
        answer = answers.get(question.name)
        if question.required and question.name != move.why and answer is None:
            yield Fault(f"a timed move leaves {question.name} of {step.name} unanswered.", move, ("answers",))
        if answer is not None and question.kind not in (Kind.WORDS, Kind.TEXT) and not _is_answer(question, answer):
            yield Fault(f"a timed move gives {question.name} an answer that it cannot have.", move, ("answers",))


def product_faults(workflow: Workflow) -> Iterator[Fault]:
    """List what is wrong with what is worked out: one step must ask for all factors, as numbers."""
    numbers = [{each.name for each in step.questions if each.kind is Kind.NUMBER} for step in workflow.steps]
    for product in workflow.products:
        if product.name in workflow.questions or product.name in COMPUTED:
            yield Fault(f"product {product.name} has the name of a fact.", product, ("name",))
        if len(product.factors) < 2 or not any(asked.issuperset(product.factors) for asked in numbers):
            sentence = "must be of two or more numbers that one step asks for."
            yield Fault(f"product {product.name} {sentence}", product, ("factors",))
    for name in twice(product.name for product in workflow.products):
        yield Fault(f"there are two products called {name}.", workflow, ("products",))


def form_faults(workflow: Workflow) -> Iterator[Fault]:
    """List what is wrong with the facts asked for."""
    every = [question for step in workflow.steps for question in step.questions]
    for question in every:
        yield from _question(question)
    for first, second in combinations(every, 2):
        if first.name == second.name and not _agree(first, second):
            yield Fault(f"fact {first.name} is asked twice, with different kinds or choices.", second)
    for step in workflow.steps:
        yield from _asked_twice(step)
        yield from {fault.sentence: fault for fault in _conditions(step)}.values()
    yield from _names_of_facts(workflow, every)


def _question(question: Question) -> Iterator[Fault]:
    if question.kind is Kind.CHOICE and not question.choices:
        yield Fault(f"fact {question.name} is a choice without choices.", question)
    if question.kind is not Kind.CHOICE and question.choices:
        yield Fault(f"fact {question.name} has choices, though it is not of the kind choice.", question, ("choices",))
    if question.since and question.until and question.until < question.since:
        yield Fault(f"fact {question.name} has a last day (until) before its first day (since).", question, ("until",))
    if question.required and question.needed_when:
        sentence = f"fact {question.name} is required, so it cannot have needed_when."
        yield Fault(sentence, question, ("needed_when",))


def _agree(first: Question, second: Question) -> bool:
    """A fact keeps its kind. Its choices may differ only between editions of the form."""
    return first.kind is second.kind and (first.choices == second.choices or not first.overlaps(second))


def _asked_twice(step: Step) -> Iterator[Fault]:
    pairs = [(first, second) for first, second in combinations(step.questions, 2) if first.name == second.name]
    overlapping = {first.name: second for first, second in pairs if first.overlaps(second)}
    yield from (Fault(f"step {step.name} asks twice for {name}.", second) for name, second in overlapping.items())


def _names_of_facts(workflow: Workflow, every: list[Question]) -> Iterator[Fault]:
    steps = {step.name for step in workflow.steps}
    for name, question in {question.name: question for question in every}.items():
        if name in steps:
            yield Fault(f"{name} is both a step and a fact.", question)
        if name in COMPUTED:
            yield Fault(f"fact {name} is asked for, though the application works it out.", question)


def _conditions(step: Step) -> Iterator[Fault]:
    for day in (date.min, *editions_of(step.questions)):
        form = {question.name: question for question in step.form_on(day)}
        for question in form.values():
            if question.needed_when is not None:
                yield from _condition(question, question.needed_when, form.get(question.needed_when.fact))


def _condition(question: Question, when: When, other: Question | None) -> Iterator[Fault]:
    if other is None:
        sentence = f"fact {question.name} depends on {when.fact}, which its form does not ask for."
        yield Fault(sentence, question, ("needed_when", "fact"))
    elif not when.answers or not all(_is_answer(other, answer) for answer in when.answers):
        sentence = f"fact {question.name} depends on an answer that {when.fact} cannot have."
        yield Fault(sentence, question, ("needed_when", "answers"))


def _is_answer(question: Question, answer: Value) -> bool:
    """Only a yes or no, a choice and a number have answers that `needed_when` can name."""
    match question.kind:
        case Kind.YES_NO:
            return isinstance(answer, bool)
        case Kind.CHOICE:
            return answer in [value for value, _ in question.choices]
        case Kind.NUMBER:
            return isinstance(answer, int) and not isinstance(answer, bool)
        case _:
            return False


RESERVED = (UNOPENED, BACK, "stays")


def track_faults(track: Track) -> Iterator[Fault]:
    """List what is wrong with the stages of a track and the way its steps lead."""
    stages = {stage.value for stage in track.stages}
    yield from _named(track, stages)
    yield from _ways(track, stages)
    for step in track.steps:
        yield from _hold(track, step)


def _named(track: Track, stages: set[str]) -> Iterator[Fault]:
    for stage in sorted(stages & set(RESERVED)):
        sentence = f"no stage of {track.name} can be called {stage}: the word is reserved."
        yield Fault(sentence, track, ("stages", stage))
    for step in track.steps:
        for stage in sorted(set(step.source) - {UNOPENED} - stages):
            yield Fault(f"step {step.name} names an unknown stage, {stage}.", step, ("from", stage))
        for stage in sorted({step.to or track.initial} - {BACK} - stages):
            yield Fault(f"step {step.name} names an unknown stage, {stage}.", step, ("to",))
    ends = ("initial", {track.initial}), ("final", track.final), ("settled", track.settled)
    for what, names in ends:
        for name in sorted(set(names) - stages):
            yield Fault(f"track {track.name} has an unknown {what} stage, {name}.", track, (what, name))


def _ways(track: Track, stages: set[str]) -> Iterator[Fault]:
    reached = _reached({str(track.initial)}, _arrows(track))
    ending = _reached(set(track.finished), [(to, source) for source, to in _arrows(track)])
    for stage in sorted(stages):
        at = ("stages", stage)
        if stage not in reached:
            yield Fault(f"stage {stage} of {track.name} cannot be reached.", track, at)
        if stage not in ending:
            yield Fault(
                f"stage {stage} of {track.name} is a dead end: no final or settled stage can be reached from it.",
                track,
                at,
            )
        leaving = next((step for step in track.steps if stage in step.source), None)
        if stage in track.final - track.settled and leaving:
            sentence = f"stage {stage} of {track.name} is final, but a step leads on from it."
            yield Fault(sentence, leaving, ("from", stage))


def _arrows(track: Track) -> list[tuple[str, str]]:
    onwards = [step for step in track.steps if not step.reopens]
    return [(str(source), to) for step in onwards for source in step.source for to in track.ends_of(step)]


def _hold(track: Track, step: Step) -> Iterator[Fault]:
    """A hold is placed with a reason and the day it is looked at again; only lifting a hold leads back."""
    kinds = {question.name: question.kind for question in step.questions}
    name = next((fact.removesuffix(REVIEW_DAY) for fact in kinds if fact.endswith(REVIEW_DAY)), "")
    if step.reopens and track.finished.issuperset(step.source):
        yield from _reopening(track, step)
    elif (step.to == BACK) is not (step.hold is OnHold.LIFT):
        sentence = f"step {step.name} must both lift a hold and lead back to where the track was, or neither."
        yield Fault(sentence, step, ("to",))
    if step.hold in (OnHold.START, OnHold.REVIEW) and kinds.get(f"{name}{REVIEW_DAY}") is not Kind.DAY:
        sentence = f"step {step.name} of a hold must ask for the day it is looked at again, such as hold_review_on."
        yield Fault(sentence, step, ("asks",))
    elif step.hold is OnHold.START and kinds.get(f"{name}_reason") is not Kind.CHOICE:
        yield Fault(f"step {step.name} places a hold without asking for {name}_reason, a choice.", step, ("asks",))
    yield from _held_stage(track, step)


def _reopening(track: Track, step: Step) -> Iterator[Fault]:
    """A track is reopened with a reason, from stages that a step leads to."""
    if not any(each.name == REOPENED and each.kind is Kind.TEXT and each.required for each in step.questions):
        yield Fault(f"step {step.name} reopens a case without asking for {REOPENED}.", step, ("asks",))
    if not track.ends_of(step):
        yield Fault(f"step {step.name} reopens what no step of {track.name} ends.", step, ("from",))


def _held_stage(track: Track, step: Step) -> Iterator[Fault]:
    held = {other.to for other in track.steps if other.hold is OnHold.START}
    if step.hold is OnHold.START and (not step.to or step.to in step.source):
        yield Fault(f"step {step.name} places a hold, so it must lead to another stage.", step, ("to",))
    if step.hold is OnHold.LIFT and not track.ends_of(step):
        yield Fault(f"step {step.name} lifts a hold that no step of {track.name} places.", step, ("from",))
    elif step.hold in (OnHold.REVIEW, OnHold.LIFT) and not held.issuperset(step.source):
        yield Fault(f"step {step.name} is about a hold, but leads from a stage that is not a hold.", step, ("from",))
    if step.hold is OnHold.REVIEW and step.to:
        yield Fault(f"step {step.name} looks at a hold again, so it must stay at its stage.", step, ("to",))


def _reached(start: set[str], arrows: Sequence[tuple[str, str]]) -> set[str]:
    reached = set(start)
    while further := {to for source, to in arrows if source in reached and to} - reached:
        reached |= further
    return reached


def step_faults(workflow: Workflow, step: Step, newest: Mapping[str, Workflow]) -> Iterator[Fault]:
    """List what is wrong with one step; `newest` are the workflows it may open or join, by name."""
    if not step.by:
        yield Fault(f"no role may record step {step.name}.", step, ("by",))
    for role in step.by:
        if not isinstance(role, Role):
            yield Fault(f"step {step.name} names an unknown role, {role}.", step, ("by",))
    for guard in step.only_if:
        yield from _guard(workflow, step, guard)
    yield from _barred(workflow, step)
    yield from _opens(step, newest)
    yield from _child_cases(workflow, step, newest)
    yield from _joins(workflow, step, newest)


ACTION = "action"
THEIR_ROLES = {Involvement.LEAD_REVIEWER: Role.LEAD_REVIEWER, Involvement.AGENCY_ASKED: Role.AGENCY_LEAD}


def _barred(workflow: Workflow, step: Step) -> Iterator[Fault]:
    """Nobody is barred who cannot be there, and not everybody who may record the step."""
    has_reviewer = any(question.name == REVIEWER for question in workflow.questions.values())
    there = {
        Involvement.OWNER: workflow.name == ACTION,
        Involvement.ASKER: workflow.name == ACTION,
        Involvement.LEAD_REVIEWER: has_reviewer,
        Involvement.AGENCY_ASKED: workflow.inside,
    }
    barred = step.barred or frozenset()
    for involvement in sorted(barred):
        if not there.get(involvement, True):
            sentence = f"step {step.name} bars {involvement.words}, whom there is not here."
            yield Fault(sentence, step, ("barred", involvement.value))
    if step.by and step.by <= {THEIR_ROLES[each] for each in barred if each in THEIR_ROLES}:
        yield Fault(f"step {step.name} bars everybody who may record it.", step, ("barred",))


def _guard(workflow: Workflow, step: Step, guard: Guard) -> Iterator[Fault]:
    at = ("only_if", guard.name)
    if GUARDS.get(guard.name) is not guard:
        yield Fault(f"step {step.name} waits on an unknown guard, {guard.name}.", step, at)
    for fact in sorted(guard.reads - set(workflow.questions) - set(COMPUTED)):
        yield Fault(f"guard {guard.name} of step {step.name} reads {fact}, which no step asks for.", step, at)
    for name in guard.after:
        if workflow.step(name) is None:
            yield Fault(f"guard {guard.name} of step {step.name} waits for {name}, which is not a step here.", step, at)
    if guard.track and guard.track not in [track.name for track in workflow.tracks]:
        yield Fault(
            f"guard {guard.name} of step {step.name} looks at the track {guard.track}, which is not one here.", step, at
        )


def _opens(step: Step, newest: Mapping[str, Workflow]) -> Iterator[Fault]:
    if step.opens and step.opens not in newest:
        yield Fault(f"step {step.name} opens an unknown workflow, {step.opens}.", step, ("opens",))
    elif step.opens:
        yield from _handed_over(step, newest[step.opens])


def _child_cases(workflow: Workflow, step: Step, newest: Mapping[str, Workflow]) -> Iterator[Fault]:
    """A step with `for_each` opens a child case for each agency; no other step opens child cases."""
    opens_inside = step.opens in newest and newest[step.opens].inside
    if step.for_each and not any(
        question.name == step.for_each and question.kind is Kind.AGENCIES for question in step.questions
    ):
        sentence = (
            f"step {step.name} has for_each {step.for_each}, which is not a fact of kind agencies that it asks for."
        )
        yield Fault(sentence, step, ("for_each",))
    if step.for_each and not step.opens:
        yield Fault(f"step {step.name} has for_each, but opens no case.", step, ("for_each",))
    if step.for_each and step.opens in newest and not opens_inside:
        sentence = f"step {step.name} opens {step.opens} for each agency, which is not inside another case."
        yield Fault(sentence, step, ("for_each",))
    if opens_inside and (workflow.inside or not step.for_each):
        sentence = (
            f"step {step.name} opens {step.opens}, which is inside another case: it must be opened for each agency, "
            "by a case that is not inside one."
        )
        yield Fault(sentence, step, ("opens",))
    if not workflow.inside and any(question.kind is Kind.STEPS for question in step.questions):
        yield Fault(f"step {step.name} asks for steps, though this case is not inside another.", step, ("asks",))


def _handed_over(step: Step, opened: Workflow) -> Iterator[Fault]:
    answers = {(question.name, question.kind) for question in step.questions}
    for question in opened.opening.questions if opened.opening else ():
        if question.required and question.until is None and (question.name, question.kind) not in answers:
            yield Fault(f"step {step.name} opens {step.opens} without asking for {question.name}.", step, ("opens",))


def _joins(workflow: Workflow, step: Step, newest: Mapping[str, Workflow]) -> Iterator[Fault]:
    for name in step.joins:
        if name not in newest:
            yield Fault(f"step {step.name} joins an unknown workflow, {name}.", step, ("joins", name))
        elif newest[name].realm is not workflow.realm:
            yield Fault(f"step {step.name} joins {name}, which is of another realm.", step, ("joins", name))
    named = [
        question
        for question in step.questions
        if question.name == JOINED and question.kind is Kind.WORDS and question.required
    ]
    if step.joins and not named:
        yield Fault(f"step {step.name} joins another case without asking for {JOINED}.", step, ("joins",))


class Unsound(Exception):
    """The definitions cannot be used. `faults` lists every complaint."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("The workflow definitions are unsound.\n" + "\n".join(faults))
        self.faults = tuple(faults)


def require_sound(workflows: Iterable[Workflow]) -> None:
    """Raise Unsound with every complaint, if there is one. Called before the application starts."""
    together = tuple(workflows)
    found = [fault for workflow in together for fault in faults(workflow, together)]
    for workflow in dict.fromkeys(workflow.name for workflow in together):
        if twice(str(other.version) for other in together if other.name == workflow):
            found.append(f"{workflow}: two workflows have this name and version.")
    if found:
        raise Unsound(found)


def faults(workflow: Workflow, together: Iterable[Workflow] = tuple(WORKFLOWS.values())) -> list[str]:
    """List what is wrong with one definition among others, in whichever versions."""
    return [f"{workflow.name}: {fault.sentence}" for fault in found_in(workflow, together)]


def found_in(workflow: Workflow, together: Iterable[Workflow]) -> list[Fault]:
    """List the faults of one definition, each with the part that it is about."""
    others = sorted(together, key=lambda other: other.version)
    newest = {other.name: other for other in others}
    checks: tuple[Callable[[Workflow], Iterator[Fault]], ...] = (
        _opening,
        _names_twice,
        form_faults,
        clock_faults,
        timed_faults,
        product_faults,
        _renamed_stages,
    )
    found = [fault for check in checks for fault in check(workflow)]
    found += [fault for track in workflow.tracks for fault in track_faults(track)]
    found += [fault for step in workflow.steps for fault in step_faults(workflow, step, newest)]
    return [*found, *_beside(workflow, others)]


def found_through(workflow: Workflow, together: Iterable[Workflow]) -> list[tuple[str, Fault]]:
    """List the faults that a definition causes in others: in steps that open or join its cases, with their workflow."""
    others = sorted(together, key=lambda other: other.version)
    newest = {other.name: other for other in others}
    leading = [
        (other, step)
        for other in others
        for step in other.steps
        if other.name != workflow.name and workflow.name in (step.opens, *step.joins)
    ]
    return [(other.name, fault) for other, step in leading for fault in step_faults(other, step, newest)]


def _opening(workflow: Workflow) -> Iterator[Fault]:
    openings = [step for step in workflow.steps if UNOPENED in step.source]
    if len(openings) != 1:
        yield Fault(f"one step must open the case, not {len(openings)}.", openings[1] if openings else workflow)
    elif openings[0] not in workflow.tracks[0].steps or openings[0].to != workflow.tracks[0].initial:
        sentence = f"step {openings[0].name} must lead to the initial stage of the first track."
        yield Fault(sentence, openings[0], ("to",))


def _names_twice(workflow: Workflow) -> Iterator[Fault]:
    for kind, members in (("track", workflow.tracks), ("step", workflow.steps), ("deadline", workflow.deadlines)):
        for name in twice(member.name for member in members):
            second = [member for member in members if member.name == name][1]
            yield Fault(f"two {kind}s are named {name}.", second)


def _renamed_stages(workflow: Workflow) -> Iterator[Fault]:
    stages = {track.name: {stage.value for stage in track.stages} for track in workflow.tracks}
    for renamed in workflow.moved:
        if renamed.track not in stages:
            yield Fault(f"moved names an unknown track, {renamed.track}.", renamed, ("track",))
        elif renamed.now not in stages[renamed.track]:
            sentence = f"moved says that {renamed.was} is now {renamed.now}, which is not a stage of {renamed.track}."
            yield Fault(sentence, renamed, ("now",))
    for track, was in {(renamed.track, renamed.was) for renamed in workflow.moved}:
        again = [renamed for renamed in workflow.moved if (renamed.track, renamed.was) == (track, was)]
        if len(again) > 1:
            yield Fault(f"moved names {was} of {track} twice.", again[1], ("was",))


def _beside(workflow: Workflow, others: Sequence[Workflow]) -> Iterator[Fault]:
    """Compare a definition with other kinds of case, and with other versions of its own."""
    for other in others:
        if other.name != workflow.name and other.prefix == workflow.prefix and other.inside is workflow.inside is False:
            yield Fault(f"{other.name} has the prefix {workflow.prefix} too.", workflow, ("prefix",))
        if other.name != workflow.name or other.version == workflow.version:
            continue
        if (other.realm, other.inside) != (workflow.realm, workflow.inside):
            yield Fault(f"version {other.version} has another realm, or another value of inside.", workflow, ("realm",))
        if other.version < workflow.version and other.effective_from > workflow.effective_from:
            sentence = f"it takes effect before version {other.version}, which takes effect on {other.effective_from}."
            yield Fault(sentence, workflow, ("effective_from",))
