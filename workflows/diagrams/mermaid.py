"""Definitions as Mermaid diagrams, and as the Markdown pages of docs/workflows."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from workflows.core.bars import barred_from
from workflows.core.involvement import Involvement
from workflows.core.labels import sentence
from workflows.core.ladders import recipients_in_words, rung_words
from workflows.core.questions import Question, condition, dates_in_words
from workflows.core.vocabulary import UNOPENED, Deadline, Edition, Ladder, Role, Step, Track, Workflow
from workflows.definitions import WORKFLOWS
from workflows.files.plain_data import as_data

__all__ = ["as_data", "from_words", "mermaid", "page", "role_matrix", "write_pages"]

PAGES = Path(__file__).parents[2] / "docs" / "workflows"
MANY = 4
"""A step that leaves from more stages than this is listed beside the diagram, not drawn in it."""

STAYS = "stays"


def mermaid(workflow: Workflow) -> str:
    """Draw a workflow as one Mermaid state diagram, with several tracks side by side."""
    if len(workflow.tracks) == 1:
        return _picture(workflow, workflow.tracks[0])
    lines = ["stateDiagram-v2"]
    for track in workflow.tracks:
        lines += [f'    state "{track.title}" as track_{track.name} {{']
        lines += [f"        {line}" for line in _drawn(workflow, track, prefix=f"{track.name}_")]
        lines += ["    }"]
    return "\n".join(lines) + "\n"


def role_matrix(workflow: Workflow) -> str:
    """Give a Markdown table of the roles that record each step."""
    roles = [role for role in Role if any(role in step.by for step in workflow.steps)]
    rows = [[step.name, *("●" if role in step.by else "" for role in roles)] for step in workflow.steps]
    return _table(["Step", *(role.words for role in roles)], rows)


def page(workflow: Workflow) -> str:
    """Give a definition as one Markdown page."""
    parts = [
        f"# {workflow.title}",
        "Made by `python -m workflows.diagrams.mermaid` from the definition. Change the definition, not this page.",
        _about(workflow),
        *(part for track in workflow.tracks for part in _track_part(workflow, track)),
        *_deadline_part(workflow.deadlines),
        *_timed_part(workflow),
        *_product_part(workflow),
        *_book_part(workflow),
        *(part for ladder in workflow.every_ladder for part in _ladder_part(ladder)),
        "## Who records which step",
        role_matrix(workflow),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def from_words(track: Track, step: Step) -> str:
    """Say from which stages a step leads on; many stages in few words."""
    if step.source == (UNOPENED,):
        return "(new case)"
    others = [stage.value for stage in track.stages if stage.value not in step.source]
    if set(others) == track.finished:
        return "every stage but the ends"
    if len(others) < len(step.source) > MANY:
        return f"every stage but {', '.join(map(sentence, others))}"
    return ", ".join(map(sentence, step.source))


def write_pages(folder: Path) -> None:
    """Write one page for each workflow into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for workflow in WORKFLOWS.values():
        (folder / f"{workflow.name}.md").write_text(page(workflow), encoding="utf-8")


def _picture(workflow: Workflow, track: Track) -> str:
    return "\n".join(["stateDiagram-v2", *(f"    {line}" for line in _drawn(workflow, track))]) + "\n"


def _drawn(workflow: Workflow, track: Track, prefix: str = "") -> Iterator[str]:
    for stage in track.stages:
        yield f'state "{sentence(stage.value)}" as {prefix}{stage.value}'
    yield f"[*] --> {prefix}{track.initial}" + "".join(f" : {step.title}" for step in _opening(track))
    for step in track.steps:
        if _is_drawn(track, step) and step not in _opening(track):
            arrows = [(source, to) for source in step.source for to in sorted(track.ends_of(step))]
            yield from (f"{prefix}{source} --> {prefix}{to} : {step.title}" for source, to in arrows)
    for move in workflow.timed_moves:
        for step in (step for step in track.steps if step.name == move.step):
            label = f"{step.title} by itself, once “{workflow.deadline(move.deadline).title}” has passed unmet"
            yield from (f"{prefix}{source} --> {prefix}{step.to} : {label}" for source in workflow.stages_of(move))
    yield from (f"{prefix}{stage.value} --> [*]" for stage in track.stages if stage.value in track.finished)


def _is_drawn(track: Track, step: Step) -> bool:
    return bool(step.to) and not step.reopens and max(len(step.source), len(track.ends_of(step))) <= MANY


def _opening(track: Track) -> list[Step]:
    return [step for step in track.steps if track.is_opened_by(step)]


def _about(workflow: Workflow) -> str:
    last = workflow.last_opening_on
    about = f"Version {workflow.version}, in force from {workflow.effective_from.isoformat()}. {_referred_to(workflow)}"
    return f"{about} No new case begins after {last.isoformat()}: older ones come in by import only." if last else about


def _referred_to(workflow: Workflow) -> str:
    if workflow.inside:
        return f"A child of another case, in the realm of that case and numbered within it: .{workflow.prefix}1."
    realm = sentence(workflow.realm.value).lower()
    return f"References begin with {workflow.prefix}. Records of the realm “{realm}”."


def _track_part(workflow: Workflow, track: Track) -> Iterator[str]:
    yield f"## {track.title}"
    yield f"```mermaid\n{_picture(workflow, track)}```"
    undrawn = [step.title for step in track.steps if not _is_drawn(track, step)]
    if undrawn:
        yield f"Not drawn, because they stay at their stage, leave from many stages or lead back: {', '.join(undrawn)}."
    yield _table(["Stage", "Stored as", ""], [_stage_row(track, stage.value) for stage in track.stages])
    steps = [_step_row(track, step) for step in track.steps]
    yield _table(["Step", "Name", "From", "To", "Waits until", "Asks", "Not open to"], steps)


def _stage_row(track: Track, stage: str) -> list[str]:
    meaning = "beginning" if stage == track.initial else "end" if stage in track.final else ""
    return [sentence(stage), f"`{stage}`", meaning or ("end, though a step leads on" if stage in track.settled else "")]


def _step_row(track: Track, step: Step) -> list[str]:
    guards = " ".join(guard.sentence for guard in step.only_if)
    return [
        step.title,
        f"`{step.name}`",
        from_words(track, step),
        _to(step),
        guards,
        "; ".join(_question(question, step) for question in step.questions),
        "; ".join(each.words for each in Involvement if each in barred_from(track, step)),
    ]


def _to(step: Step) -> str:
    to = sentence(step.to) if step.to else STAYS
    each = " for each agency" if step.for_each else ""
    opens = f"; opens: {sentence(step.opens)}{each}" if step.opens else ""
    joins = f"; joins: {' or '.join(map(sentence, step.joins))}" if step.joins else ""
    return f"{to}{opens}{joins}"


def _question(question: Question, step: Step) -> str:
    needed = "" if question.required else condition(question, step.questions) or "if any"
    notes = ", ".join(part for part in (needed, dates_in_words(question)) if part)
    return f"{question.label} ({notes})" if notes else question.label


def _deadline_part(deadlines: Sequence[Deadline]) -> Iterator[str]:
    if deadlines:
        yield "## Deadlines"
        yield _table(
            [
                *("Deadline", "Period", "Counted from", "Met by", "Stopped by", "Rank", "Authority", "In force from"),
                "Reminded on",
            ],
            [_deadline_row(deadline, edition) for deadline in deadlines for edition in deadline.editions],
        )


def _deadline_row(deadline: Deadline, edition: Edition) -> list[str]:
    start = f"`{edition.counted_from or deadline.counted_from}`"
    if deadline.starts:
        start = f"{start} ({deadline.rule_of(edition.counted_from)})"
    names = (start, _code(deadline.met_by), _code(deadline.ended_by))
    since = edition.effective_from.isoformat()
    ladder = f"`{deadline.ladder.name}`" if deadline.ladder else ""
    return [deadline.title, _period(edition), *names, edition.rank.value, edition.sources, since, ladder]


def _timed_part(workflow: Workflow) -> Iterator[str]:
    if workflow.timed_moves:
        yield "## When nobody acts"
        yield "Recorded by the reminder process, on the first working morning after the day."
        rows = [
            [workflow.deadline(move.deadline).title, f"`{move.step}`", move.reason] for move in workflow.timed_moves
        ]
        yield _table(["Deadline that has passed unmet", "Step that is recorded", "Reason"], rows)


def _product_part(workflow: Workflow) -> Iterator[str]:
    if workflow.products:
        yield "## Worked out, never entered"
        rows = [
            [each.label, f"`{each.name}`", " × ".join(f"`{name}`" for name in each.factors)]
            for each in workflow.products
        ]
        yield _table(["Number", "Name", "The product of"], rows)


def _book_part(workflow: Workflow) -> Iterator[str]:
    """Say once in which edition each book is cited, and what nobody has compared with its source."""
    if workflow.books:
        rows = [
            [book.title, each.title, each.effective_from.isoformat()]
            for book in workflow.books
            for each in book.editions
        ]
        yield "## Books of guidance"
        yield _table(["Book", "Cited as", "For clocks that start from"], rows)
    if workflow.unverified:
        yield "## Not verified"
        yield "\n".join(f"- {sentence}" for sentence in workflow.unverified)


def _period(edition: Edition) -> str:
    return str(edition.period) if edition.period.count else "on the day itself"


def _ladder_part(ladder: Ladder) -> Iterator[str]:
    yield f"## {ladder.title} (`{ladder.name}`)"
    rows = [[rung.name, sentence(rung_words(rung)), sentence(recipients_in_words(rung))] for rung in ladder.rungs]
    yield _table(["Rung", "When", "Who is told"], rows)
    yield f"{ladder.authority}."


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    write_pages(PAGES)
