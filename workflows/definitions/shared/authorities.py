"""Sources of the periods, and the days from which they are in force.

A book of guidance is cited in the edition of the day on which a clock starts. When it is published again, add its
edition here: no definition changes. When a period changes, add an edition to the deadline, and change none. What was
not compared with its source says so in `unverified`, which the page of the workflow shows.
"""

from collections.abc import Mapping
from datetime import date

from workflows.core.vocabulary import Book, BookEdition, Edition, Rank
from workflows.core.working_days import Period

SYSTEM_START = date(2018, 6, 29)
"""The first day of the duty to notify the national Panel; no case of this system is older."""
FROM_NOTIFICATION = date(2022, 9, 1)
"""Our own choice of day: local texts of 2018 to 2020 count a rapid review from awareness, the Panel's guidance of June
2025 from the notification. When that changed is not known; a partnership may say so for itself."""
PANEL_GUIDANCE_2025 = date(2025, 6, 1)
"""Only the month is known (June 2025): its first day is taken."""
CHILD_DEATH_GUIDANCE = date(2018, 10, 1)
NCMD_LIVE = date(2019, 4, 1)
FORMS_OF_2021 = date(2021, 4, 1)
"""National forms change on 1 April. The release notes of the NCMD name this edition."""
REQUESTS_APART = date(2025, 6, 1)
"""From this day each agency is asked for its report on a death by a separate request. Our own choice of day."""
ESCALATES_BY_ITSELF = date(2026, 11, 1)
"""A challenge raised from this day on that nobody answers in time is escalated by itself. Our own choice of day."""
TRANSITION_END = date(2019, 9, 29)
"""The last day on which a serious case review could begin: the end of the transition from the former boards."""
ALWAYS = date(2000, 1, 1)
"""For workflows that did not begin with a statute."""

FROM_MEMORY = "the period is given from memory"
REGULATIONS = "SI 2018/789"

UNREAD = "its text could not be read in full; no period is known to have changed"
_WORKING_TOGETHER = (
    (date(2018, 7, 4), "Working Together 2018", {"reviews": ", chapter 4", "deaths": ", chapter 5"}, ""),
    (date(2023, 12, 15), "Working Together 2023", {"reviews": ", chapter 5", "deaths": ", chapter 6"}, ""),
    (date(2026, 3, 18), "Working Together 2026", {"reviews": ", chapter 5"}, UNREAD),
)
"""The editions of the book: from when, the title, the chapter on each subject as far as it is known, what is not."""


def _working_together(subject: str) -> Book:
    return Book(
        f"working_together_{subject}",
        f"Working Together, on {subject}",
        tuple(
            BookEdition(since, f"{title}{chapters.get(subject, '')}", unverified)
            for since, title, chapters, unverified in _WORKING_TOGETHER
        ),
    )


WORKING_TOGETHER = _working_together("reviews")
WORKING_TOGETHER_ON_DEATHS = _working_together("deaths")
PANEL_GUIDANCE = Book(
    "panel_guidance",
    "Guidance of the national Panel",
    (
        BookEdition(SYSTEM_START, "Guidance of the national Panel"),
        BookEdition(PANEL_GUIDANCE_2025, "Panel guidance, June 2025"),
    ),
)
CHILD_DEATH_REVIEW = Book(
    "child_death_review",
    "Child Death Review Statutory and Operational Guidance",
    (BookEdition(CHILD_DEATH_GUIDANCE, "Child Death Review Statutory and Operational Guidance 2018"),),
)
BOOKS: Mapping[str, Book] = {
    book.name: book for book in (WORKING_TOGETHER, WORKING_TOGETHER_ON_DEATHS, PANEL_GUIDANCE, CHILD_DEATH_REVIEW)
}


def local(period: Period, custom: str, unverified: str = "") -> tuple[Edition, ...]:
    """Give the one edition of a local custom, in force for every case of the system."""
    return (Edition(SYSTEM_START, period, Rank.LOCAL, custom, unverified=unverified),)
