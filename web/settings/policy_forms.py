"""The form of a reminder policy: its initial data, and the rungs read from it."""

import re
from collections.abc import Iterator

from wtforms import FieldList, Form, FormField, StringField
from wtforms.validators import InputRequired, Length

from reviews.models import ReminderPolicy
from reviews.settings.reminder_policies import USUAL_HOUR, rung_of
from web.forms.fields import SelectField, SelectMultipleField
from web.forms.submit_once import IdempotentForm
from workflows.checks import FURTHEST, MOST_RUNGS
from workflows.core.engine import Refused
from workflows.core.ladders import DEPUTY, recipient_names, rung_name
from workflows.core.vocabulary import Ladder, Role, Rung

CALENDAR, WORKING = "calendar", "working"
BEFORE, ON, AFTER = "before", "on", "after"
EMPTY_RUNGS = 2
RECIPIENTS = {
    Role.ACTION_OWNER.value: "Owner",
    DEPUTY: "Deputy named on the action",
    Role.AGENCY_LEAD.value: "Agency lead",
    Role.BUSINESS_MANAGER.value: "Business manager",
    Role.SAFEGUARDING_PARTNER.value: "Safeguarding partner",
    Role.SUBGROUP_CHAIR.value: "Chair of the subgroup",
    Role.INDEPENDENT_CHAIR.value: "Independent chair",
}


class RungForm(Form):
    """The fields of one rung. `rungs_typed` checks them and names each fault by the number of the rung."""

    when = SelectField(
        "When",
        choices={"": "Not used", BEFORE: "Before the date", ON: "On the day", AFTER: "After the date"},
        validate_choice=False,
    )
    days = StringField("Days")
    every = StringField("Repeat every so many days")
    tells = SelectMultipleField("Who gets a reminder", choices=RECIPIENTS, validate_choice=False)


class PolicyForm(IdempotentForm):
    title = StringField("Name of the policy", [InputRequired("Enter the name of the policy"), Length(max=100)])
    begins = StringField(
        "When the morning round begins",
        [InputRequired("Enter when the morning round begins"), Length(max=5)],
        description="Between 05:00 and 11:59, such as 07:30. The policy that the partnership follows sets it.",
    )
    kind = SelectField(
        "Days are counted in", choices={CALENDAR: "Calendar days", WORKING: "Working days of England and Wales"}
    )
    rungs = FieldList(FormField(RungForm), max_entries=MOST_RUNGS)

    def rungs_typed(self) -> list[Rung]:
        """Give the rungs that are used. Raises Refused with the faults of each rung."""
        working = self.kind.data == WORKING
        used = [(number, row.form) for number, row in enumerate(self.rungs, 1) if row.form.when.data]
        if faults := [sentence for number, row in used for sentence in _faults(row, number)]:
            raise Refused("There is a problem with the policy.", missing=faults)
        return [_rung(row, working=working) for _, row in used]


def form_data(ladder: Ladder, begins: str, *, title: str) -> dict[str, object]:
    """Give the initial data of the form of a policy, with some empty rungs."""
    empty: list[dict[str, object]] = [{} for _ in range(min(EMPTY_RUNGS, MOST_RUNGS - len(ladder.rungs)))]
    return {
        "title": title,
        "begins": begins or USUAL_HOUR,
        "kind": WORKING if any(rung.working for rung in ladder.rungs) else CALENDAR,
        "rungs": [*map(_row, ladder.rungs), *empty],
    }


def stamp_of(row: ReminderPolicy) -> int:
    """Give the number of the version of a policy: microseconds of when it was written."""
    return int(row.written_at.timestamp() * 1_000_000)


def name_from(title: str) -> str:
    """Make the name under which a policy is stored: `Our own ladder` becomes `our-own-ladder`."""
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].strip("-")
    return name if name[:1].isalpha() else f"policy-{name}"[:40].strip("-")


def _row(rung: Rung) -> dict[str, object]:
    return {
        "when": BEFORE if rung.days < 0 else AFTER if rung.days else ON,
        "days": str(abs(rung.days)) if rung.days else "",
        "every": str(rung.every) if rung.every else "",
        "tells": recipient_names(rung),
    }


def _faults(row: RungForm, number: int) -> Iterator[str]:
    if row.when.data not in (BEFORE, ON, AFTER):
        yield f"Rung {number}: choose before the date, on the day, or after it."
    elif row.when.data != ON and _whole(row.days.data) is None:
        yield f"Rung {number}: the days must be a whole number from 1 to {FURTHEST}."
    if row.every.data and _whole(row.every.data) is None:
        yield f"Rung {number}: the repeat must be a whole number of days from 1 to {FURTHEST}, or empty."
    if not row.tells.data or any(name not in RECIPIENTS for name in row.tells.data):
        yield f"Rung {number}: choose who gets a reminder."


def _rung(row: RungForm, *, working: bool) -> Rung:
    days = 0 if row.when.data == ON else _whole(row.days.data) or 0
    signed = -days if row.when.data == BEFORE else days
    return rung_of(
        {
            "name": rung_name(signed, working=working),
            "days": signed,
            "working": working,
            "every": _whole(row.every.data) or 0,
            "tells": row.tells.data,
        }
    )


def _whole(text: str | None) -> int | None:
    digits = (text or "").strip()
    return int(digits) if re.fullmatch("[0-9]{1,3}", digits) and 1 <= int(digits) <= FURTHEST else None
