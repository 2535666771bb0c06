"""How does a file named at the terminal become one that is kept?"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from reviews.files.store import folder_of
from reviews.files.stored_files import taking_files
from web.core.house import House


@contextmanager
def with_file_kept(house: House, given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give what a command was given, its `file` as stored: before the transaction, and removed if that fails."""
    path = given.get("file")
    with taking_files(house.database, folder_of(house.settings.home), house.clock.now()) as take:
        if not isinstance(path, Path):
            yield dict(given)
            return
        with path.open("rb") as stream:
            stored = take(stream, path.name)
        yield {**given, "file": stored}
