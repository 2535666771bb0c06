"""How are the particulars and ratings of an action, what is in its way and its evidence kept from the terminal?"""

from datetime import date

import click

from reviews.actions import ratings, withdrawing
from reviews.actions import steps as action_steps
from reviews.actions.arranging import Particulars, arrange_action
from reviews.actions.particulars import KINDS
from reviews.actions.rating import RATINGS
from reviews.models import Action
from reviews.transactions.unit_of_work import Unit
from web.cli.action_moving import moving
from web.cli.typed import looking_for, read_day
from workflows.core.engine import Refused

NOTHING = "none"
COLOURS = click.Choice([*RATINGS, NOTHING], case_sensitive=False)


@click.command()
@click.option("--deputy", metavar="EMAIL", help="Who stands in for the owner; “none” for nobody.")
@click.option("--kind", type=click.Choice([*KINDS, NOTHING]), help="What kind of action it is; “none” for not said.")
@click.option("--start", metavar="DATE", help="The day it begins; “none” for no day.")
@click.option("--review", metavar="DATE", help="The day it is looked at again; “none” for no day.")
@moving
def arrange(
    unit: Unit, action: Action, deputy: str | None, kind: str | None, start: str | None, review: str | None
) -> Action:
    """Change what is kept of an action; what is not named stays."""
    wanted = Particulars()
    if deputy is not None:
        wanted["deputy"] = _or_nothing(deputy)
    if kind is not None:
        wanted["kind"] = _or_nothing(kind)
    if start is not None:
        wanted["start_on"] = _day(start)
    if review is not None:
        wanted["review_on"] = _day(review)
    return arrange_action(unit, action, wanted)


@click.command()
@click.option("--own", type=COLOURS, help="How those who work on it see it; “none” takes it back.")
@click.option("--override", type=click.Choice(RATINGS, case_sensitive=False), help="How the chair rates it.")
@click.option("--reason", default="", help="Why the chair rates it so.")
@click.option("--no-override", is_flag=True, help="Take the chair's rating back.")
@moving
def rate(unit: Unit, action: Action, own: str | None, override: str | None, reason: str, no_override: bool) -> Action:
    """Say how an action is seen, beside the rating that is worked out."""
    if sum((own is not None, override is not None, no_override)) != 1:
        raise Refused("Give one of --own, --override and --no-override.")
    if own is not None:
        return ratings.rate_own(unit, action, rating=_or_nothing(own))
    if override is not None:
        return ratings.override_rating(unit, action, rating=override, reason=reason)
    return ratings.remove_override(unit, action)


@click.command()
@click.option("--reason", default="", help="What is in the way.")
@click.option("--plan", default="", help="What is done about it, and by whom.")
@moving
def block(unit: Unit, action: Action, reason: str, plan: str) -> Action:
    """Report that an action is blocked."""
    given = {"blocked_reason": reason, "blocked_plan": plan}
    return action_steps.move_action(unit, action, "block", given=given, happened_on=unit.today)


@click.command()
@click.option("--text", required=True, help="What is done about it, and by whom.")
@moving
def plan(unit: Unit, action: Action, text: str) -> Action:
    """Say what is done about what is in the way of a blocked action."""
    given = {"blocked_plan": text}
    return action_steps.move_action(unit, action, "plan_unblocking", given=given, happened_on=unit.today)


@click.command()
@moving
def unblock(unit: Unit, action: Action) -> Action:
    """Report that a blocked action can go on."""
    return action_steps.move_action(unit, action, "unblock", given={}, happened_on=unit.today)


@click.command("withdraw-evidence")
@click.option("--number", type=click.IntRange(1, 2**31 - 1), required=True, help="Its number, as --json shows it.")
@click.option("--reason", default="", help="Why it is withdrawn.")
@moving
def withdraw_evidence(unit: Unit, action: Action, number: int, reason: str) -> Action:
    """Withdraw a piece of evidence, which stays listed."""
    with looking_for(f"evidence {number} of {action.reference}"):
        withdrawing.withdraw_evidence(unit, action, number, reason=reason)
    return action


def _or_nothing(text: str) -> str:
    return "" if text.strip().lower() == NOTHING else text


def _day(text: str) -> date | None:
    return read_day(text) if _or_nothing(text) else None
