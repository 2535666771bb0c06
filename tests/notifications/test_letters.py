"""The wording: each letter is compared with a file that a reader can look at."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from notifications.letters.compose import Writer, message_id
from notifications.letters.wording import one_line
from notifications.rounds.audience import Holder, People
from notifications.rounds.digests import Line
from notifications.rounds.snapshot import ActionLine, ClockLine, PartnershipRow, PartnershipSnapshot, Recipient
from reviews.models import AccountMailKind
from tests.notifications.mornings import LETTERHEAD, a_morning, an_owned_action, letters_of, owner_of
from workflows.core.bank_holidays import BUNDLED
from workflows.core.lateness import lateness
from workflows.core.vocabulary import Realm, Role
from workflows.core.working_days import Unit
from workflows.definitions.shared.ladder_policies import RETURN_LADDER

LETTERS = Path(__file__).with_name("letters")
MORNING = date(2026, 11, 20)
OLIVE = Recipient(1, "Olive O'Neill & Co", "olive@anyshire.example")
MARY = Recipient(2, "Mary Manager", "manager@anyshire.example")
CARYS = Recipient(3, "Carys Coordinator", "cdop@anyshire.example")


def a_line(number, due_on, rung, role=Role.ACTION_OWNER, title="", realm=Realm.REVIEWS):
    reference = f"RR-2025-03/R{number}/A1"
    action = ActionLine(number, reference, reference.replace("/", "."), title, realm, "in_progress", 7, 1, due_on)
    return Line(action, rung, "x", role)


def a_clock(number, title, due_on, rung, role, *, is_binding=True, request=False, realm=Realm.REVIEWS):
    around = f"RR-2026-{number:02}"
    clock = ClockLine(
        id=number,
        reference=f"{around}.I1" if request else around,
        within=around if request else "",
        realm=realm,
        name="a_clock",
        title=title,
        is_binding=is_binding,
        agency_id=7 if request else None,
        due_on=due_on,
        ladder=RETURN_LADDER,
        lateness=lateness(due_on, MORNING, Unit.DAYS if request else Unit.WORKING_DAYS, BUNDLED),
    )
    return Line(clock, rung, "x", role)


def a_request(number, due_on, rung, role=Role.AGENCY_LEAD, **more):
    return a_clock(number, "Return of the agency", due_on, rung, role, is_binding=False, request=True, **more)


def a_snapshot():
    holders = [
        Holder(OLIVE.id, Role.ACTION_OWNER, 7),
        Holder(MARY.id, Role.BUSINESS_MANAGER, 7),
        Holder(CARYS.id, Role.CDOP_MANAGER, 7),
    ]
    return PartnershipSnapshot(
        partnership=PartnershipRow(1, "ANYSHIRE", "Anyshire Safeguarding Children Partnership", "calendar-ladder"),
        people=People(holders),
        recipients={person.id: person for person in (OLIVE, MARY, CARYS)},
        actions=[],
        clocks=[],
        news=[],
        sent_reminders=set(),
        sent_clock_reminders=set(),
        mailed=set(),
    )


def written(to, *lines):
    letter = Writer(a_snapshot(), LETTERHEAD, MORNING).write(to, list(lines))
    return f"Subject: {letter.subject}\n\n{letter.body}"


STORIES = {
    "one_action_due_soon": (OLIVE, [a_line(2, date(2026, 11, 27), "due-7", title="Brief all staff on bruising")]),
    "one_action_due_today": (OLIVE, [a_line(2, MORNING, "due")]),
    "without_a_date": (OLIVE, [a_line(2, None, "no-date")]),
    "a_full_morning": (
        OLIVE,
        [
            a_line(1, date(2026, 11, 27), "due-7"),
            a_line(2, date(2026, 11, 19), "due+1"),
            a_line(3, date(2026, 9, 1), "due+1", title="Agree one form for all agencies"),
            a_line(4, date(2027, 5, 1), "assigned"),
            a_line(5, date(2027, 4, 1), "returned"),
            a_line(6, date(2027, 3, 1), "extended"),
            a_line(7, None, "no-date"),
            a_line(8, date(2026, 11, 6), "due+14", role=Role.AGENCY_LEAD),
        ],
    ),
    "for_the_manager": (
        MARY,
        [
            a_line(1, date(2026, 11, 6), "due+14", role=Role.BUSINESS_MANAGER),
            a_line(2, date(2026, 12, 24), "submitted", role=Role.BUSINESS_MANAGER),
            a_line(3, date(2027, 1, 8), "owner-excluded", role=Role.BUSINESS_MANAGER),
        ],
    ),
    "a_request_to_an_agency": (OLIVE, [a_request(3, date(2026, 11, 23), "due-3")]),
    "requests_and_an_action": (
        OLIVE,
        [
            a_request(3, MORNING, "due"),
            a_request(4, date(2026, 11, 17), "due+3"),
            a_line(1, date(2026, 11, 19), "due+1", role=Role.AGENCY_LEAD),
        ],
    ),
    "clocks_for_the_manager": (
        MARY,
        [
            a_clock(1, "Rapid review to the Panel", date(2026, 11, 19), "due+1", Role.BUSINESS_MANAGER),
            a_clock(2, "Publication", date(2026, 12, 20), "due-30", Role.BUSINESS_MANAGER),
            a_clock(3, "Hold looked at again", MORNING, "due", Role.BUSINESS_MANAGER, is_binding=False),
            a_request(4, date(2026, 11, 17), "due+3", Role.BUSINESS_MANAGER),
            a_line(1, date(2026, 11, 6), "due+14", role=Role.BUSINESS_MANAGER),
        ],
    ),
    "a_request_about_a_child_death": (
        OLIVE,
        [a_request(3, date(2026, 11, 19), "due+1", realm=Realm.CHILD_DEATHS)],
    ),
    "about_both_realms": (
        OLIVE,
        [
            a_line(1, date(2026, 11, 19), "due+1"),
            a_line(2, date(2026, 11, 27), "due-7", realm=Realm.CHILD_DEATHS),
        ],
    ),
    "about_a_child_death_review": (
        OLIVE,
        [a_line(1, date(2026, 11, 19), "due+1", realm=Realm.CHILD_DEATHS)],
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_the_letter_reads_as_in_the_file(story):
    to, lines = STORIES[story]

    assert written(to, *lines) == (LETTERS / f"{story}.txt").read_text()


def test_the_three_that_matter_most_come_first_and_stand_there_alone():
    late_law = a_clock(1, "Rapid review to the Panel", date(2026, 11, 19), "due+1", Role.BUSINESS_MANAGER)
    waiting = a_line(2, date(2026, 12, 24), "submitted", role=Role.BUSINESS_MANAGER)
    today = a_clock(3, "Hold looked at again", MORNING, "due", Role.BUSINESS_MANAGER, is_binding=False)
    others = [a_line(n, date(2026, 11, 6), "due+14", role=Role.BUSINESS_MANAGER) for n in range(4, 60)]

    letter = written(MARY, *others, waiting, today, late_law)
    first, _, rest = letter.partition("First of all")[2].partition("For your attention as business manager")

    references = ("RR-2026-01", "RR-2026-03", "RR-2025-03/R2/A1")
    assert sorted(references, key=first.index) == list(references)
    assert [letter.count(f"\n  {each}\n") for each in references] == [1, 1, 1]
    assert rest.count("14 days late") == len(others)
    assert "  To be accepted or returned: the owner says it is done:\n" in first


def test_a_mail_of_a_few_lines_has_no_first_of_all():
    assert "First of all" not in written(OLIVE, *(a_line(n, MORNING, "due") for n in range(1, 6)))


OF_OTHER_KINDS = ("about_a_second_factor", "a_role_that_was_confirmed")
"""See test_factor_letters.py and test_role_answers.py."""


def test_every_file_has_its_story():
    assert {path.stem for path in LETTERS.iterdir()} == {*STORIES, *AccountMailKind, *OF_OTHER_KINDS}


def test_a_reference_of_unusual_characters_stays_out_of_the_subject():
    line = a_line(1, MORNING, "due")
    odd = replace(line, subject=replace(line.subject, reference="R1\r\nBcc: all@example.org =?utf-8?q?x?="))

    letter = Writer(a_snapshot(), LETTERHEAD, MORNING).write(OLIVE, [odd])

    assert letter.subject == "Your actions: 1 to look at, 20 November 2026"
    assert "\nBcc" not in letter.body


def test_what_somebody_typed_stays_on_one_line():
    assert one_line("a\u2028b\r\n\tc\x00d") == "a b c d"


def test_a_title_is_not_a_template():
    assert "{{ 7 * 7 }}" in written(OLIVE, a_line(1, MORNING, "due", title="{{ 7 * 7 }}"))


def test_the_message_id_belongs_to_the_letter():
    first = message_id(LETTERHEAD, "ANYSHIRE|1|2026-11-20", 0)

    assert first == message_id(LETTERHEAD, "ANYSHIRE|1|2026-11-20", 0)
    assert first != message_id(LETTERHEAD, "ANYSHIRE|1|2026-11-23", 0)
    assert first.endswith("@followthrough.example>")


def test_a_mail_holds_nothing_of_the_case(database, anyshire, case):
    due_on = date(2026, 9, 1)
    an_owned_action(database, case, anyshire, owner_of(anyshire), due_on, text="Canary text", title="Canary title")
    an_owned_action(
        database, case, anyshire, owner_of(anyshire), due_on, text="Canary", title="A safe one", title_safe_to_mail=True
    )

    a_morning(database, "2026-11-20T08:00")

    letters = letters_of(database)
    assert len(letters) == 6
    told = "".join(letter.subject + letter.body for letter in letters)
    assert "Canary" not in told
    assert "Child K" not in told
    assert "A safe one" in told
    assert "https://followthrough.example/actions/RR-2025-03.A1?partnership=ANYSHIRE" in told
