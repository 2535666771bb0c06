"""The version of the tables in a database and in this product, and the migration from one to the other."""

from pathlib import Path

import sqlalchemy as sa

from reviews.core.db import Database, engine_of


def migrations_folder() -> Path:
    """Give the folder of the migrations: `reviews/migrations` where the product is installed, else `alembic/`."""
    installed = Path(__file__).parents[1] / "migrations"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "alembic"


def newest_revision() -> str:
    return max(path.name.partition("_")[0] for path in (migrations_folder() / "versions").glob("[0-9]*.py"))


def present_revision(database: Database) -> str | None:
    """Give the revision of a database, or None for one without tables."""
    with engine_of(database).connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return found


def migrate(url: str, revision: str = "head") -> None:
    """Bring a database to a revision, or to the newest."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"url": url})
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    command.upgrade(config, revision)
