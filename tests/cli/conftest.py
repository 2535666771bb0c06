"""What does every test of a command get: a terminal on the invented partnerships, and one on an empty database."""

from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.seeded import seeded, seeded_postgres, seeded_sqlite, seeded_url

__all__ = ["seeded", "seeded_postgres", "seeded_sqlite", "seeded_url"]


@pytest.fixture
def terminal(seeded_url: str, tmp_path: Path) -> Terminal:
    return Terminal(tmp_path / "home", seeded_url)


@pytest.fixture
def bare(tmp_path: Path) -> Terminal:
    """Give a terminal on a machine where nothing has been done yet."""
    return Terminal(tmp_path / "home")
