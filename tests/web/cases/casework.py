"""The cases that the tests of pages start from."""

from datetime import date, timedelta

from tests.builders import TO_THE_PANEL, TODAY, a_case, take

NOTIFIED = TO_THE_PANEL[:3]


def a_day(days_ago: int) -> date:
    return TODAY - timedelta(days=days_ago)


def some_cases(doors, world, count, **more):
    place = world.anyshire
    with doors.database.begin() as session:
        return [a_case(session, place.partnership, **more).reference for _ in range(count)]


def a_gathering(doors, world, reference="RR-2026-50", days_ago=9):
    """A rapid review notified some days ago and waiting for the agencies."""
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=a_day(days_ago), reference=reference)
        take(session, case, *NOTIFIED, "open_gathering", on=a_day(days_ago))
    return reference


def a_practice_review(doors, world):
    """A rapid review and the practice review it led to."""
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=a_day(90), title="Neglect of siblings")
        take(session, case, *TO_THE_PANEL, "panel_response", on=a_day(60))
        opened = take(session, case, "confirm_lcspr", on=a_day(50))
        return case.reference, opened.reference
