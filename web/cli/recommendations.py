"""How are findings, recommendations and the responses to them kept from the terminal?"""

from datetime import date

import click

from reviews.cases.page_queries import one_recommendation
from reviews.models import Case, Partnership
from reviews.models.recommendations import RESPONSES
from reviews.recommendations.commands import Wording, add_finding, answer_recommendation, make_recommendation
from reviews.recommendations.queries import one_finding
from reviews.transactions.unit_of_work import Unit
from web.cli.arguments import DAY, looking_for, named
from web.cli.cases import recording
from web.cli.runtime import as_json, as_person, partnership


@click.group()
def findings() -> None:
    """Keep what a review found."""


@click.group()
def recommendations() -> None:
    """Keep what a review asks for, and the partners' response."""


@findings.command("add")
@click.argument("reference")
@click.option("--text", required=True, help="What the review found. Never a child's name.")
@partnership
@as_person
@as_json
@recording
def add_one_finding(unit: Unit, place: Partnership, *, reference: str, text: str) -> Case:
    """Add a finding to a case."""
    case = _case(unit, place, reference)
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
def add_one_recommendation(unit: Unit, place: Partnership, *, reference: str, finding: str, **said: str) -> Case:
    """Add a recommendation to a case."""
    case = _case(unit, place, reference)
    found = None
    if finding:
        with looking_for(f"finding {named(finding)} in {reference}"):
            found = one_finding(unit.session, unit.actor, case, finding)
    make_recommendation(unit, case, Wording(**said, finding_id=found.id if found else None))
    return case


@recommendations.command("answer")
@click.argument("reference")
@click.argument("recommendation", metavar="R1")
@click.option("--response", type=click.Choice(sorted(RESPONSES)), required=True)
@click.option("--by", required=True, help="Who decided it, by role and name.")
@click.option("--reason", default="", help="Needed for every response but accepted.")
@click.option("--addressee", default="", help="Needed for national bodies.")
@click.option("--on", type=DAY, metavar="DATE", help="The day it was decided; today when left out.")
@partnership
@as_person
@as_json
@recording
def answer(
    unit: Unit, place: Partnership, *, reference: str, recommendation: str, on: date | None, **said: str
) -> Case:
    """Record the partners' response to a recommendation."""
    case = _case(unit, place, reference)
    with looking_for(f"recommendation {named(recommendation)} in {reference}"):
        found = one_recommendation(unit.session, unit.actor, case, recommendation)
    answer_recommendation(unit, case, found, on=on, **said)
    return case


def _case(unit: Unit, place: Partnership, reference: str) -> Case:
    with looking_for(f"case {named(reference)} in {place.code}"):
        return unit.case(reference, partnership=place.code)
