"""The clocks of an inspection: by the rule of the inspectorate, or by the date that it sets itself."""

from datetime import date

from reviews.core.db import Database
from reviews.models import Case
from tests.builders import a_case, a_partnership, take

FILED = date(2026, 11, 2)


def clocks(case: Case) -> dict[str, tuple[date, date | None]]:
    """Give the due day of each clock, and the day it ended unmet."""
    return {clock.name: (clock.due_on, clock.dropped_on) for clock in case.clocks}


def test_the_inspectorates_own_date_wins_over_the_rule(database: Database) -> None:
    with database.begin() as session:
        case = a_case(session, a_partnership(session), "inspection_plan", opened_on=FILED, inspectorate="ofsted")
        take(session, case, "begin_fieldwork", "file_report", on=FILED)
        assert clocks(case) == {"plan": (date(2027, 2, 11), None)}
        asked_on, wanted_on = date(2026, 11, 9), date(2026, 12, 18)
        take(session, case, "set_plan_date", on=asked_on, plan_wanted_on=wanted_on)
        assert clocks(case) == {"plan": (date(2027, 2, 11), asked_on), "plan_date": (wanted_on, None)}
        later = date(2027, 1, 29)
        take(session, case, "set_plan_date", on=date(2026, 11, 10), plan_wanted_on=later)
        assert [clock.due_on for clock in case.clocks if clock.is_running] == [later]


def test_without_a_rule_nothing_is_due_until_a_date_is_set(database: Database) -> None:
    with database.begin() as session:
        case = a_case(session, a_partnership(session), "inspection_plan", opened_on=FILED, inspectorate="cqc")
        take(session, case, "begin_fieldwork", "file_other_report", on=FILED)
        assert clocks(case) == {}
        take(session, case, "set_plan_date", on=FILED, plan_wanted_on=date(2026, 11, 30))
        assert clocks(case) == {"plan_date": (date(2026, 11, 30), None)}


def test_the_reply_to_a_coroner_is_counted_from_the_day_of_the_report(database: Database) -> None:
    with database.begin() as session:
        partnership = a_partnership(session)
        case = a_case(session, partnership, "inspection_plan", opened_on=FILED, inspectorate="coroner")
        take(session, case, "file_regulation_28", on=date(2026, 11, 9), regulation_28_on=date(2026, 10, 19))
        assert clocks(case) == {"regulation_28": (date(2026, 12, 14), None)}
        copy = a_case(session, partnership, "inspection_plan", opened_on=FILED, inspectorate="coroner")
        take(session, copy, "file_regulation_28_copy", on=FILED)
        assert clocks(copy) == {}
        take(session, copy, "close_copy", on=FILED, copy_touches="plan", plans_touched="RR-2025-03")
        assert copy.closed_on == FILED
