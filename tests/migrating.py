"""Brings a database to a revision."""

from pathlib import Path

from alembic.config import Config

ROOT = Path(__file__).parent.parent


def alembic_of(url: str) -> Config:
    config = Config(toml_file=str(ROOT / "pyproject.toml"))
    config.attributes["url"] = url
    return config
