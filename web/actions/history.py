"""The history of an action as its page shows it. The words are those of reviews.actions.event_labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from reviews.actions.event_labels import EventNames, event_details, event_title
from reviews.core.clock import local_day
from reviews.models import Event


@dataclass(frozen=True, slots=True)
class ActionHistoryEntry:
    """What happened, on which day, when it was recorded and by whom; `led_to` is the new stage, if there is one."""

    title: str
    happened_on: date
    recorded_at: datetime
    by: str
    details: Sequence[tuple[str, str]]
    led_to: str

    @property
    def recorded_same_day(self) -> bool:
        return local_day(self.recorded_at) == self.happened_on


def history_entries(events: Iterable[Event], names: EventNames) -> list[ActionHistoryEntry]:
    """Give an entry for each event of an action, in the same order."""
    return [
        ActionHistoryEntry(
            title=title,
            happened_on=event.happened_on,
            recorded_at=event.recorded_at,
            by=name_in(event.recorded_by),
            details=event_details(event, names),
            led_to=event.to_stage if event.to_stage and event.to_stage != event.from_stage else "",
        )
        for event in events
        if (title := event_title(event, names)) is not None
    ]


def name_in(signature: str) -> str:
    """Give the name out of `Name <address>`."""
    return signature.partition(" <")[0]
