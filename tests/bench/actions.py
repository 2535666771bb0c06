"""The actions of an invented partnership, their owners and due dates."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from tests.bench.nation import NOW, TODAY, Draft, Row

RECOMMENDATIONS = 6
ACTIONS_OF_A_REVIEW = 60
WORDS = (
    "review the guidance on", "train every team in", "audit a sample of records for", "agree one pathway for",
    "publish a short briefing on", "bring to the next meeting a report on",
)  # fmt: skip
MATTERS = (
    "bruising in babies who do not move yet", "safer sleep", "children missing from education",
    "sharing what is known across agencies", "the voice of the child", "neglect that lasts", "online harm",
)  # fmt: skip
LATE_STAGES = (*("not_started",) * 6, *("in_progress",) * 2, *("blocked",) * 2, "submitted")
LIVE_STAGES = ("not_started", "not_started", "in_progress", "in_progress", "submitted", "agreed_no_date")
ENDED_STAGES = ("closed_complete",) * 8 + ("embedded", "superseded")
UNDATED = "agreed_no_date"
LONGEST_LATE, LONGEST_AHEAD = 400, 300
WITHOUT_OWNER, EXTENDED = 0.03, 0.2


def add_actions(draft: Draft, cases: Sequence[Row], owners: Sequence[Row]) -> None:
    """Add the plans of all cases, the oldest case first; what is still open lies in the younger half."""
    places = list(_places(draft, cases))
    live = draft.part(draft.size.open_actions)
    overdue = draft.part(draft.size.overdue)
    open_ones = draft.random.sample(range(len(places) // 2, len(places)), live)
    late, on_time = set(open_ones[:overdue]), set(open_ones[overdue:])
    for number, (case, recommendation) in enumerate(places, 1):
        position = number - 1
        if position in late:
            standing = _live(draft, LATE_STAGES, -draft.random.randint(1, LONGEST_LATE))
        elif position in on_time:
            standing = _live(draft, LIVE_STAGES, draft.random.randint(0, LONGEST_AHEAD))
        else:
            standing = _ended(draft, case)
        action = _add_action(draft, case, recommendation, number, standing, draft.random.choice(owners))
        if action["ended_on"] is None:
            _add_history(draft, action)


def _places(draft: Draft, cases: Sequence[Row]) -> Iterator[tuple[Row, Row | None]]:
    """Give the case and recommendation of every action: 60 for a review, the rest spread over the child deaths."""
    reviews = [case for case in cases if case["workflow"] != "cdop_case"]
    deaths = [case for case in cases if case["workflow"] == "cdop_case"]
    left = draft.part(draft.size.actions) - len(reviews) * ACTIONS_OF_A_REVIEW
    answers: dict[int, list[Row | None]] = {case["id"]: [None] * ACTIONS_OF_A_REVIEW for case in reviews}
    for case in reviews:
        wanted = [_add_recommendation(draft, case, number) for number in range(1, RECOMMENDATIONS + 1)]
        answers[case["id"]] = [wanted[number % RECOMMENDATIONS] for number in range(ACTIONS_OF_A_REVIEW)]
    for place, case in enumerate(deaths):
        answers[case["id"]] = [None] * (left * (place + 1) // len(deaths) - left * place // len(deaths))
    for case in cases:
        for recommendation in answers[case["id"]]:
            yield case, recommendation


def _add_recommendation(draft: Draft, case: Row, number: int) -> Row:
    return draft.add(
        "recommendations",
        case_id=case["id"],
        reference=f"R{number}",
        text=f"Agencies should {draft.random.choice(WORDS)} {draft.random.choice(MATTERS)}.",
        response="accepted",
        response_reason="",
    )


def _live(draft: Draft, stages: Sequence[str], days: int) -> tuple[str, date | None, date | None]:
    stage = draft.random.choice(stages)
    return stage, None if stage == UNDATED else TODAY + timedelta(days=days), None


def _ended(draft: Draft, case: Row) -> tuple[str, date | None, date | None]:
    due_on = min(case["opened_on"] + timedelta(days=draft.random.randint(60, 500)), TODAY)
    return draft.random.choice(ENDED_STAGES), due_on, due_on


def _add_action(
    draft: Draft,
    case: Row,
    recommendation: Row | None,
    number: int,
    standing: tuple[str, date | None, date | None],
    owner: Row,
) -> Row:
    stage, due_on, ended_on = standing
    has_owner = draft.random.random() > WITHOUT_OWNER
    moved = due_on is not None and ended_on is None and draft.random.random() < EXTENDED
    middle = f"/{recommendation['reference']}" if recommendation else ""
    reference = f"{case['reference']}{middle}/A{number}"
    title = f"{draft.random.choice(WORDS)} {draft.random.choice(MATTERS)}".capitalize()
    action = draft.add(
        "actions",
        partnership_id=case["partnership_id"],
        case_id=case["id"],
        recommendation_id=recommendation["id"] if recommendation else None,
        realm=case["realm"],
        reference=reference,
        source_reference="",
        address=reference.replace("/", "."),
        title=title,
        title_safe_to_mail=number % 2 == 0,
        text=f"{title}, in every team that works with children, and report to the subgroup what has changed by then.",
        success_measure="Two audits in a row show it." if number % 3 == 0 else "",
        lead_agency_id=owner["agency_id"],
        owner_id=owner["person_id"] if has_owner else None,
        owner_text="" if has_owner else "the service manager",
        due_on=due_on,
        due_text="",
        original_due_on=due_on - timedelta(days=30) if due_on and moved else due_on,
        stage=stage,
        status_text="",
        times_extended=int(moved),
        last_progress_on=None if stage in ("not_started", UNDATED) else case["opened_on"],
        submitted_by_id=owner["person_id"] if stage == "submitted" else None,
        ended_on=ended_on,
        version=1,
    )
    if moved:
        _add_extension(draft, action)
    return action


def _add_extension(draft: Draft, action: Row) -> None:
    draft.add(
        "extensions",
        action_id=action["id"],
        previous_due_on=action["original_due_on"],
        new_due_on=action["due_on"],
        reason="The trainer was ill.",
        granted_by="the chair <chair@area.example>",
        granted_at=NOW - timedelta(days=90),
    )


def _add_history(draft: Draft, action: Row) -> None:
    details: dict[str, Any] = {}
    draft.add(
        "events",
        kind="action_added",
        partnership_id=action["partnership_id"],
        case_id=action["case_id"],
        action_id=action["id"],
        track=None,
        step=None,
        from_stage=None,
        to_stage=None,
        happened_on=TODAY - timedelta(days=430),
        recorded_at=NOW - timedelta(days=430),
        recorded_by="somebody <somebody@area.example>",
        details=details,
        known_to="day",
        announced_at=NOW,
    )
