"""Which earlier versions of its own definitions does the product bring?"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import TypeAlias

from workflows import definitions
from workflows.core.vocabulary import Workflow
from workflows.files.read import read_file, read_workflow

Unread: TypeAlias = Callable[[], Workflow]

FOLDER = Path(definitions.__file__).parent / "earlier"
"""Each file is named after its definition and the version: `rapid_review-1.yaml`."""


@cache
def read_earlier(path: Path) -> Workflow:
    """Read one, once; most days nobody asks for it."""
    return read_workflow(read_file(path), path.name)


def _earlier() -> Mapping[str, Mapping[int, Unread]]:
    found: dict[str, dict[int, Unread]] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        name, _, number = path.stem.rpartition("-")
        found.setdefault(name, {})[int(number)] = partial(read_earlier, path)
    return found


EARLIER = _earlier()
