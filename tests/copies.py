"""How does a test get a database of its own? A copy of one that was made once a run."""

import shutil
from collections.abc import Iterator
from tempfile import TemporaryDirectory

import pytest


def a_copy(request: pytest.FixtureRequest, sqlite: str, postgresql: str) -> Iterator[str]:
    """Give the URL of a test's own copy: of the file, or on the server, that the fixture of that name keeps."""
    if request.param == "sqlite":
        template = request.getfixturevalue(sqlite)
        with TemporaryDirectory(dir=template.parent) as folder:
            yield f"sqlite:///{shutil.copy(template, folder)}"
    else:
        server = request.getfixturevalue(postgresql)
        url = server.fresh()
        yield url
        server.drop_later(url)
