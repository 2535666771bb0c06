"""The mail that tells who asked for a role what became of it. Whoever gets it has a mail of their own."""

from datetime import date
from urllib.parse import urlencode

from notifications.letters.compose import Written, render_mail
from notifications.letters.links import Letterhead
from notifications.letters.wording import day, one_line
from reviews.models import RoleAnswer
from workflows.core.vocabulary import Role

RESULTS = {
    RoleAnswer.CONFIRMED: "{by} confirmed it on {on}. {name} has the role from now on.",
    RoleAnswer.REFUSED: "{by} refused it on {on}. {name} does not have the role.",
    RoleAnswer.LAPSED: "Nobody confirmed it in time, so it ended on {on}. {name} does not have the role.",
}


def write_role_letter(
    to: str,
    *,
    partnership: tuple[str, str],
    name: str,
    role: Role,
    agency: str,
    asked_by: str,
    asked_on: date,
    answer: RoleAnswer,
    answered_by: str,
    answered_on: date,
    letterhead: Letterhead,
) -> Written:
    """Write to one person; `partnership` is its code and name. The reason of a refusal stays on the page of people."""
    code, title = partnership
    result = RESULTS[answer].format(by=one_line(answered_by), on=day(answered_on), name=one_line(name))
    page = f"{letterhead.base_url.rstrip('/')}/people?{urlencode({'partnership': code})}"
    subject = f"A role in {code}: {answer.value}"
    asked = (
        f"On {day(asked_on)} {one_line(asked_by)} asked for {one_line(name)} to be {role.in_sentence} in "
        f"{one_line(title)}, for {one_line(agency)}."
    )
    values = {"subject": subject, "name": one_line(to), "asked": asked, "result": result, "page": page}
    return Written(subject, *render_mail("role", values))
