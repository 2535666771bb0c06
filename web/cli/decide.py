"""The command `actions decide`: what imports left open in a plan, listed, walked through, or decided from a file."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from reviews.access.permissions import Permission
from reviews.imports.answer_questions import answer_questions, matching_answers
from reviews.imports.decisions import (
    SAME_AS_TEXT,
    AnswerKind,
    Candidates,
    DecisionGroup,
    accepted_answer,
    answer_in_words,
    candidates,
    kind_of,
)
from reviews.imports.import_questions import groups_waiting, questions_alike
from reviews.imports.readers.answers import AS_IT_STANDS, Answers
from reviews.imports.readers.cells import invisible_shown
from reviews.imports.rows import directory
from reviews.models import Case
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.arguments import looking_for, named, partnership_named
from web.cli.imports import ANSWERS_EXAMPLE, read_pairs
from web.cli.runtime import acting, as_json, as_person, emit, open_app, partnership, table
from workflows.core.engine import Refused

LEAVE_OPEN = "?"
MOST_SUGGESTED_FOR = 200
"""Texts, those of most rows first: near names are not looked for beside thousands."""
ASKED_FOR = {
    AnswerKind.DAY: "a day, such as 2027-06-09",
    AnswerKind.OWNER: "an address, or the name of an agency",
    AnswerKind.DEPUTY: "an address",
    AnswerKind.AGENCY: "the name of an agency",
    AnswerKind.STAGE: "a stage, such as in_progress or closed_complete",
    AnswerKind.WORDS: "what it should say",
    AnswerKind.OFFERED: "one of these",
}


@click.command("decide")
@click.argument("plan", metavar="PLAN")
@partnership
@click.option(
    "--answers",
    type=click.Path(path_type=Path),
    help='JSON file of decisions: {"row/field" or text: answer}; "-" leaves a text as it stands.',
)
@as_person
@as_json
def decide(plan: str, partnership: str, answers: Path | None, as_: str | None, json_: bool) -> None:
    """Decide what imports left open in a plan; on a terminal it asks one question for each distinct text."""
    given = Answers(read_pairs(answers, ANSWERS_EXAMPLE)) if answers else Answers()
    app = open_app()
    actor = acting(app.database, app.clock, as_)
    asks = answers is None and not json_ and sys.stdin.isatty()
    with unit_of_work(app.database, actor, app.clock) as unit:
        case = _plan(unit, plan, partnership)
        decided = answer_questions(unit, case, matching_answers(unit, case, given)) if given.given else 0
        known = candidates(unit.session, actor, case.partnership_id)
        groups = groups_waiting(unit.session, actor, case).rows
        data: dict[str, Any] = {"plan": case.reference, "partnership": partnership.upper(), "decided": decided}
        near = [known if number < MOST_SUGGESTED_FOR and json_ else Candidates() for number in range(len(groups))]
        data["waiting"] = [_as_data(*each) for each in zip(groups, near, strict=True)]
    if not asks:
        emit(data | {"open": sum(group.count for group in groups)}, json_, lambda: _in_words(data, groups))
        return
    for number, group in enumerate(groups, 1):
        click.echo(f"\n{number} of {len(groups)}. {_question(group)}")
        choices = list(dict.fromkeys([*group.offered, *known.suggested(group.field, group.text)]))
        for position, choice in enumerate(choices, 1):
            click.echo(f"  {position}  {answer_in_words(group.field, choice, known)}")
        click.echo(f"  {AS_IT_STANDS}  {SAME_AS_TEXT}\n  {LEAVE_OPEN}  Leave it open")
        while True:
            answer = _chosen(click.prompt(f"Number, or {ASKED_FOR[kind_of(group.field)]}", default=LEAVE_OPEN), choices)
            if answer == LEAVE_OPEN:
                break
            try:
                with unit_of_work(app.database, actor, app.clock) as unit:
                    decided += _decide_alike(unit, _plan(unit, plan, partnership), int(group.key), answer)
                break
            except Refused as refusal:
                click.echo(refusal.sentence, err=True)
    click.echo(f"{decided:,} decided.")


def _plan(unit: Unit, reference: str, code: str) -> Case:
    code = partnership_named(unit, code).code
    with looking_for(f"plan {named(reference)} in {code}"):
        case = unit.case(reference, partnership=code)
    unit.actor.require(Permission.IMPORT_ACTIONS, case.partnership_id, case.realm)
    return case


def _decide_alike(unit: Unit, case: Case, number: int, answer: str) -> int:
    people = directory(unit.session, unit.actor, case.partnership_id)
    alike = [question for question, _, _ in questions_alike(unit.session, unit.actor, case, number)]
    for question in alike[:1]:
        answer = accepted_answer(question.field, answer, people, question.offered)
    return answer_questions(unit, case, {question.id: answer for question in alike})


def _chosen(typed: str, choices: Sequence[str]) -> str:
    typed = typed.strip()
    return choices[int(typed) - 1] if typed.isdecimal() and 1 <= int(typed) <= len(choices) else typed


def _as_data(group: DecisionGroup, known: Candidates) -> dict[str, Any]:
    return {
        "field": group.field,
        "text": group.text,
        "rows": group.count,
        "reason": group.reason,
        "offered": list(dict.fromkeys([*group.offered, *known.suggested(group.field, group.text)])),
    }


def _question(group: DecisionGroup) -> str:
    rows = f"{group.count:,} rows" if group.count > 1 else "one row"
    return f"{group.field}: “{invisible_shown(group.text)}” in {rows}. {group.reason}"


def _in_words(data: Mapping[str, Any], groups: Sequence[DecisionGroup]) -> str:
    decided = f"{data['decided']:,} decided.\n" if data["decided"] else ""
    if not groups:
        return f"{decided}Nothing of {data['plan']} waits for a decision."
    rows = [(each.field, f"{each.count:,}", invisible_shown(each.text), each.reason) for each in groups]
    return decided + table(f"{data['plan']}: to decide", ("Field", "Rows", "As it stands", "Why"), rows, most=100)
