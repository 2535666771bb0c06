"""The command that prints the summary of a partnership, and that which sets when it is mailed."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import click

from notifications.base.summary_rhythm import WEEKDAYS, Rhythm, SummaryChoice
from notifications.summaries.summary_choice import NEVER, choose_summary
from notifications.summaries.summary_letter import rhythm_words
from reviews.access.permissions import Actor
from reviews.access.shown import note_rows
from reviews.actions.list_queries import AGES, GROUPS, ActionLine
from reviews.core.clock import local_day
from reviews.summary.queries import CaseWithClock, Summary, chair_summary, late_cases
from reviews.transactions.unit_of_work import Unit, unit_of_work
from web.cli.arguments import DAY, looking_for, named, partnership_named
from web.cli.runtime import acting, as_json, as_person, emit, open_app, partnership, table
from web.core.app_context import AppContext
from workflows.core.labels import sentence


@click.command("mail")
@click.argument("email")
@click.option(
    "--rhythm", type=click.Choice([*(each.value for each in Rhythm), NEVER]), required=True, help="How often it comes."
)
@click.option("--weekday", type=click.Choice(WEEKDAYS), default=WEEKDAYS[0], show_default=True, help="For weekly.")
@click.option("--meeting", type=DAY, metavar="DATE", help="Day of the meeting it comes before.")
@partnership
@as_person
@as_json
def mail(
    email: str, rhythm: str, weekday: str, meeting: date | None, partnership: str, as_: str | None, json_: bool
) -> None:
    """Set when somebody gets the summary by mail: weekly, monthly, before a meeting, or never."""
    app = open_app()
    with unit_of_work(app.database, acting(app.database, app.clock, as_), app.clock) as unit:
        partnership_row = partnership_named(unit, partnership)
        with looking_for(f"person with the address {named(email)}"):
            wish = choose_summary(
                unit, partnership_row, email=email, rhythm=rhythm, weekday=weekday, meeting_on=meeting
            )
        next_on = wish.next_on(unit.calendar, unit.today) if wish else None
        data = _as_data(email, partnership_row.code, wish, next_on)
    emit(data, json_, lambda: _in_words(data, wish))


def _as_data(email: str, code: str, wish: SummaryChoice | None, next_on: date | None) -> dict[str, Any]:
    weekly = wish is not None and wish.rhythm is Rhythm.WEEKLY
    return {
        "email": wish.email if wish else email.strip().lower(),
        "partnership": code,
        "rhythm": wish.rhythm.value if wish else NEVER,
        "weekday": WEEKDAYS[wish.weekday] if wish and weekly else None,
        "meeting_on": wish.meeting_on if wish else None,
        "next_on": next_on,
    }


def _in_words(data: dict[str, Any], wish: SummaryChoice | None) -> str:
    if wish is None:
        return f"{data['email']} does not get the summary of {data['partnership']} by mail."
    words = rhythm_words(wish.rhythm, wish.weekday, wish.meeting_on)
    return f"{data['email']} gets the summary of {data['partnership']} {words}, next on {data['next_on']}."


@click.group(invoke_without_command=True)
@click.option("--partnership", metavar="CODE", help="Code of the partnership.")
@click.option("--as-of", type=DAY, metavar="DATE", help="The day; default: today.")
@as_person
@as_json
@click.pass_context
def summary(context: click.Context, partnership: str | None, as_of: date | None, as_: str | None, json_: bool) -> None:
    """Print what is outstanding in a partnership, or set when the summary is mailed."""
    if context.invoked_subcommand is not None:
        return
    if partnership is None:
        raise click.UsageError("Missing option '--partnership'.")
    app = open_app()
    today = as_of or local_day(app.clock.now())
    with app.database() as session:
        unit = Unit(session, acting(app.database, app.clock, as_), app.clock.now())
        partnership_id = partnership_named(unit, partnership).id
        found = chair_summary(session, unit.actor, partnership_id=partnership_id, today=today)
        late = late_cases(session, unit.actor, partnership_id=partnership_id, today=today) if json_ else []
        named_in_it = (*found.clocks, *found.oldest, *found.to_accept, *late)
        note_rows(len(named_in_it), partnership_id=partnership_id)
    emit(as_data(found, late, partnership, today), json_, lambda: in_words(found, partnership, today))


summary.add_command(mail)


def read_summary(app: AppContext, actor: Actor, code: str, today: date) -> Summary:
    with app.database() as session:
        partnership_row = partnership_named(Unit(session, actor, app.clock.now()), code)
        return chair_summary(session, actor, partnership_id=partnership_row.id, today=today)


def as_data(found: Summary, late: Sequence[CaseWithClock], code: str, today: date) -> dict[str, Any]:
    return {
        "partnership": code.upper(),
        "as_of": today,
        **{name: found.totals[name] for name in GROUPS},
        "by_agency": {agency: _counts(counts) for agency, counts in found.by_agency.items()},
        "by_rating": found.by_rating,
        "by_age": found.by_age,
        "by_source": {source: _counts(counts) for source, counts in found.by_source.items()},
        "cases": found.cases,
        "children": found.children,
        "late_cases": [{"case": each.reference} | each.clock.late_as_data(today) for each in late],
        "clocks": [_clock(each, today) for each in found.clocks],
        "to_accept": [_action_data(line, today) for line in found.to_accept],
        "oldest": [_action_data(line, today) for line in found.oldest],
    }


def _counts(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in (*GROUPS, *AGES)}


def _clock(found: CaseWithClock, today: date) -> dict[str, Any]:
    clock, late = found.clock, found.clock.lateness(today)
    where = {"case": found.reference, "inside": clock.inside or None, "name": clock.name, "due": clock.due_on}
    return {**where, **clock.rule_as_data(), "late": late.is_late, **late.as_data()}


def _action_data(line: ActionLine, today: date) -> dict[str, Any]:
    return {
        "reference": line.reference,
        "due_on": line.due_on,
        **line.lateness(today).as_data(),
        "agency": line.agency,
        "owner": line.owner,
    }


MOST_NAMED = 3


def in_six_lines(found: Summary, code: str, today: date) -> str:
    """Say the summary in six lines: actions, their age, agencies and ratings, cases, clocks."""
    totals = found.totals
    waits = ("due_soon", "awaiting_sign_off", "no_owner", "no_date")
    agencies = [
        f"{agency} {counts['overdue']} of {counts['outstanding']}"
        for agency, counts in list(found.by_agency.items())[:MOST_NAMED]
    ]
    open_cases = {found.titles[kind]: sum(stages.values()) for kind, stages in found.cases.items()}
    most = sorted(open_cases.items(), key=lambda each: -each[1])[:MOST_NAMED]
    cases = ", ".join(f"{title} {number}" for title, number in most)
    first = f", first {', '.join(_clock_row(found.late[0], today))}" if found.late else ""
    return "\n".join(
        (
            f"{code.upper()} on {today:%-d %B %Y}: "
            f"{totals['outstanding']} actions outstanding, {totals['overdue']} overdue",
            f"  {', '.join(f'{GROUPS[name][0]} {totals[name]}' for name in waits)}",
            f"  Overdue by age: {', '.join(f'{AGES[age][0]} {count}' for age, count in found.by_age.items())}",
            f"  Most overdue of outstanding: {', '.join(agencies) or 'none'}",
            f"  Open cases {sum(open_cases.values())}, most: {cases or 'none'}",
            f"  Late cases {found.late_cases}{first}",
        )
    )


def _clock_row(found: CaseWithClock, today: date) -> tuple[str, ...]:
    clock = found.clock
    due, late = f"{clock.due_on:%-d %b %Y}", clock.lateness(today).amount
    title = clock.title_by_rule
    return found.reference, f"{title} ({clock.inside})" if clock.inside else title, due, late


def _action_row(line: ActionLine, today: date) -> tuple[str, ...]:
    due = f"{line.due_on:%-d %b %Y}" if line.due_on else ""
    return line.reference, due, line.lateness(today).amount, line.owner or line.owner_text or "-"


def in_words(found: Summary, code: str, today: date) -> str:
    numbers = [(words, str(found.totals[name])) for name, (words, _) in GROUPS.items()]
    ages = [(AGES[age][0], str(count)) for age, count in found.by_age.items()]
    agencies = [
        (agency, *(str(counts[name]) for name in ("outstanding", "overdue", "due_soon", "awaiting_sign_off")))
        for agency, counts in found.by_agency.items()
    ]
    cases = [
        (found.titles[workflow], sentence(stage), str(count))
        for workflow, stages in found.cases.items()
        for stage, count in stages.items()
    ]
    cases += [(found.titles[workflow], "Children in these", str(count)) for workflow, count in found.children.items()]
    late, near = ([_clock_row(each, today) for each in clocks] for clocks in (found.late, found.near))
    oldest, to_accept = ([_action_row(line, today) for line in lines] for lines in (found.oldest, found.to_accept))
    return "\n\n".join(
        (
            table(f"{code.upper()} on {today:%-d %B %Y}", ("Actions", "Number"), [*numbers, *ages]),
            table("By agency", ("Agency", "Outstanding", "Overdue", "Due soon", "Awaiting sign-off"), agencies),
            table("By rating", ("Rating", "Number"), [(name, str(n)) for name, n in found.by_rating.items()]),
            table("Cases by stage", ("Kind", "Stage", "Number"), cases),
            table(f"Late cases: {found.late_cases}", ("Case", "Clock due longest ago", "Due", "Late"), late),
            table("Clocks near", ("Case", "Clock", "Due"), [row[:3] for row in near]),
            table("To be accepted or returned", ("Action", "Due", "Late", "Owner"), to_accept),
            table("Oldest overdue actions", ("Action", "Due", "Late", "Owner"), oldest),
        )
    )
