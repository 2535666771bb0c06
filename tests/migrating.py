"""How is a database brought to a revision?"""

from pathlib import Path

from alembic import command
from alembic.config import Config

ROOT = Path(__file__).parent.parent


def alembic_of(url: str) -> Config:
    config = Config(toml_file=str(ROOT / "pyproject.toml"))
    config.attributes["url"] = url
    return config


def migrate(url: str) -> None:
    """Bring a database to the newest revision, as an installation does."""
    command.upgrade(alembic_of(url), "head")
