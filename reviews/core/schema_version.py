"""At which revision are the tables, and at which is the product?"""

from pathlib import Path

import sqlalchemy as sa

from reviews.core.db import Database, engine_of

ROOT = Path(__file__).parents[2]


def newest_revision() -> str:
    return max(path.name.partition("_")[0] for path in (ROOT / "alembic" / "versions").glob("[0-9]*.py"))


def present_revision(database: Database) -> str | None:
    """Give the revision of a database, or None for one without tables."""
    with engine_of(database).connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return found


def migrate(url: str) -> None:
    """Bring a database to the newest revision."""
    from alembic import command
    from alembic.config import Config

    config = Config(toml_file=ROOT / "pyproject.toml")
    config.attributes["url"] = url
    command.upgrade(config, "head")
