"""Times of the day as people read them."""

from datetime import datetime

from reviews.core.clock import LONDON


def time_in_words(value: datetime) -> str:
    """Give the time in London, such as 9:30am."""
    local = value.astimezone(LONDON)
    return f"{local:%-I:%M}{local:%p}".lower()
