"""Lists of bank holidays in the format of GOV.UK."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from workflows.core.bank_holidays import BUNDLED, DIVISION

SPECIAL = {date(2026, 11, 27): "National day of thanks"}
"""A day that is no bank holiday in what the product brings."""


def listed(*without: date, **more: str) -> dict[date, str]:
    """Give what the product brings, without some days and with others (`d2026_11_27="Title"`)."""
    added = {date.fromisoformat(name[1:].replace("_", "-")): title for name, title in more.items()}
    return {day: title for day, title in {**BUNDLED.days, **added}.items() if day not in without}


def feed(path: Path, days: Mapping[date, str]) -> Path:
    """Write days as GOV.UK gives them."""
    events = [{"title": title, "date": str(day), "notes": "", "bunting": True} for day, title in sorted(days.items())]
    path.write_text(json.dumps({DIVISION: {"division": DIVISION, "events": events}, "scotland": {"events": []}}))
    return path
