"""What does the summary by mail look like? Written by the real writer, of a partnership and cases that are not."""

from collections import Counter
from datetime import date, timedelta

from notifications.base.summary_rhythm import Rhythm, Wish
from notifications.letters.compose import Written
from notifications.letters.letterhead import Letterhead
from notifications.rounds.snapshot import Place, Recipient
from notifications.summaries.letters import write_summary
from reviews.actions.list_queries import ActionLine
from reviews.summary.chair_changes import Changes
from reviews.summary.queries import ClockLine, Summary
from workflows.catalogue import BUILT_IN
from workflows.core.bank_holidays import BUNDLED

AGENCIES = {"Council": (9, 3, 2), "Police": (5, 1, 2), "Hospitals": (3, 0, 1)}
LATE = (70, 41, 12, 5)


def summary_sample(place: Place, to: Recipient, letterhead: Letterhead, morning: date) -> Written:
    """Write an invented summary, to somebody who has one every week."""
    chosen, last = morning - timedelta(days=60), morning - timedelta(days=7)
    wish = Wish(1, place.id, to.id, to.email, Rhythm.WEEKLY, min(morning.weekday(), 4), None, chosen, last)
    changes = Changes(new=3, closed=2, newly_overdue=1)
    return write_summary(place, to.name, wish, _summary(morning), changes, letterhead=letterhead, morning=morning)


def _summary(morning: date) -> Summary:
    names = ("outstanding", "overdue", "due_soon")
    by_agency = {agency: Counter(dict(zip(names, counts, strict=True))) for agency, counts in AGENCIES.items()}
    totals = Counter({"awaiting_sign_off": 2, "no_owner": 1, "no_date": 1, "more_time": 1})
    for counts in by_agency.values():
        totals.update(counts)
    return Summary(totals=totals, by_agency=by_agency, clocks=_clocks(morning), oldest=_oldest(morning))


def _clocks(morning: date) -> list[ClockLine]:
    kind = BUILT_IN.newest_of("rapid_review")
    return [
        ClockLine(
            f"RR-2026-{number:02}",
            kind.name,
            kind.version,
            deadline.name,
            morning + timedelta(days=4 * number - 5),
            BUNDLED,
            BUILT_IN,
        )
        for number, deadline in enumerate(kind.deadlines[:2], start=1)
    ]


def _oldest(morning: date) -> list[ActionLine]:
    return [
        ActionLine(
            reference=f"RR-2026-04/R{number}/A1",
            address=f"RR-2026-04.R{number}.A1",
            title="",
            stage="in_progress",
            workflow="rapid_review",
            agency=agency,
            owner=None,
            owner_text="",
            due_on=morning - timedelta(days=days),
            due_text="",
            original_due_on=None,
            times_extended=0,
            partnership_id=1,
            recommendation_id=None,
            deputy_id=None,
            case_reference=None,
            rating="RED",
            id=number,
        )
        for number, (days, agency) in enumerate(
            zip(LATE, ("Council", "Police", "Council", "Council"), strict=True), start=1
        )
    ]
