"""Delivery reports of GOV.UK Notify, from its callbacks or its answers."""

from datetime import UTC, datetime
from typing import Any

from notifications.returns.delivery_reports import DeliveryOutcome, Report

SOURCE = "notify"
OUTCOMES = {
    "delivered": DeliveryOutcome.ARRIVED,
    "permanent-failure": DeliveryOutcome.RETURNED,
    "temporary-failure": DeliveryOutcome.LOST,
    "technical-failure": DeliveryOutcome.LOST,
}
LONGEST = 320


def report_of(data: Any) -> Report | None:
    """Read a notification as JSON data; None unless it is a final report on an e-mail."""
    if not isinstance(data, dict) or data.get("notification_type", "email") != "email":
        return None
    number, reference, status = (_word(data.get(name)) for name in ("id", "reference", "status"))
    to = _word(data.get("to")) or _word(data.get("email_address"))
    outcome = OUTCOMES.get(status)
    at = _moment(_word(data.get("completed_at")) or _word(data.get("sent_at")))
    if outcome is None or at is None or not (number and reference and to):
        return None
    return Report(reference, frozenset({to.lower()}), outcome, SOURCE, status, at, number)


def _word(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= LONGEST and value.isprintable() else ""


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
