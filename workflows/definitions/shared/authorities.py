"""Sources of the periods, and the days from which they are in force.

A number given from memory is marked to be verified. When guidance changes, add an edition and change none.
"""

from datetime import date

from workflows.core.vocabulary import Edition, Rank
from workflows.core.working_days import Period

SYSTEM_START = date(2018, 6, 29)
"""The first day of the duty to notify the national Panel; no case of this system is older."""
PANEL_GUIDANCE_2025 = date(2025, 6, 1)
"""Only the month is known (June 2025): its first day is taken."""
CHILD_DEATH_GUIDANCE = date(2018, 10, 1)
NCMD_LIVE = date(2019, 4, 1)
FORMS_OF_2021 = date(2021, 4, 1)
"""National forms change on 1 April. The release notes of the NCMD name this edition."""
REQUESTS_APART = date(2025, 6, 1)
"""From this day each agency is asked for its report on a death by a separate request. Our own choice of day."""
REVISED_2026 = date(2026, 11, 1)
"""From this day partners are a list, and the rules of inspections differ by inspectorate. Our own choice of day."""
TRANSITION_END = date(2019, 9, 29)
"""The last day on which a serious case review could begin: the end of the transition from the former boards."""
ALWAYS = date(2000, 1, 1)
"""For workflows that did not begin with a statute."""

TO_VERIFY = "(number to be verified)"
WORKING_TOGETHER = "Working Together 2018, chapter 4"
REGULATIONS = "SI 2018/789"
CHILD_DEATH_REVIEW = f"Child Death Review Statutory and Operational Guidance 2018 {TO_VERIFY}"


def local(period: Period, custom: str) -> tuple[Edition, ...]:
    """Give the one edition of a local custom, in force for every case of the system."""
    return (Edition(SYSTEM_START, period, Rank.LOCAL, custom),)
