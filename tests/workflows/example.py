"""Which definition do tests of files start from? The example of the documentation, so that it stays true."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "workflow-files.md"


def example() -> str:
    found = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def line_of(text: str, part: str) -> int:
    """Give the number of the first line that holds a part."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)
