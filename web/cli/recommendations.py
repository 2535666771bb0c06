"""Commands that add findings and recommendations and record the responses to them."""

from datetime import date

import click

from reviews.cases.page_queries import find_recommendation
from reviews.models import Case, Partnership
from reviews.models.recommendations import RESPONSES
from reviews.recommendations.commands import Wording, add_finding, answer_recommendation, make_recommendation
from reviews.recommendations.queries import find_finding
from reviews.transactions.unit_of_work import Unit
from web.cli.arguments import DAY, looking_for, named
from web.cli.case_commands import case_named, recording
from web.cli.runtime import as_json, as_person, partnership


@click.group()
def findings() -> None:
    """Add findings of a review."""


@click.group()
def recommendations() -> None:
    """Add recommendations of a review, and record the partners' responses."""


@findings.command("add")
@click.argument("reference")
@click.option("--text", required=True, help="What the review found. Never a child's name.")
@partnership
@as_person
@as_json
@recording
def findings_add(unit: Unit, partnership: Partnership, *, reference: str, text: str) -> Case:
    """Add a finding to a case."""
    case = case_named(unit, partnership, reference)
    add_finding(unit, case, text=text)
    return case


@recommendations.command("add")
@click.argument("reference")
@click.option("--text", required=True, help="What the review asks for. Never a child's name.")
@click.option("--finding", default="", metavar="F1", help="The finding behind it.")
@click.option("--success", default="", help="What will be different for children.")
@click.option("--evidence-wanted", default="", help="What evidence would convince.")
@click.option("--addressee", default="", help="Who it is made to.")
@partnership
@as_person
@as_json
@recording
def recommendations_add(unit: Unit, partnership: Partnership, *, reference: str, finding: str, **values: str) -> Case:
    """Add a recommendation to a case."""
    case = case_named(unit, partnership, reference)
    found = None
    if finding:
        with looking_for(f"finding {named(finding)} in {reference}"):
            found = find_finding(unit.session, unit.actor, case, finding)
    make_recommendation(unit, case, Wording(**values, finding_id=found.id if found else None))
    return case


@recommendations.command("answer")
@click.argument("reference")
@click.argument("recommendation", metavar="R1")
@click.option("--response", type=click.Choice(sorted(RESPONSES)), required=True)
@click.option("--by", required=True, help="Who decided it, by role and name.")
@click.option("--reason", default="", help="Needed for every response except accepted.")
@click.option("--addressee", default="", help="Needed for national bodies.")
@click.option("--on", type=DAY, metavar="DATE", help="The day it was decided; today when left out.")
@partnership
@as_person
@as_json
@recording
def answer(
    unit: Unit, partnership: Partnership, *, reference: str, recommendation: str, on: date | None, **values: str
) -> Case:
    """Record the partners' response to a recommendation."""
    case = case_named(unit, partnership, reference)
    with looking_for(f"recommendation {named(recommendation)} in {reference}"):
        found = find_recommendation(unit.session, unit.actor, case, recommendation)
    answer_recommendation(unit, case, found, on=on, **values)
    return case
