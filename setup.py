"""Builds the migrations into the installed product as `reviews/migrations`.

In a checkout they lie in `alembic/`. Installed under that name they would hide the library called alembic.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithMigrations(build_py):
    def run(self) -> None:
        if self.editable_mode:
            super().run()
            return
        shutil.rmtree(self.build_lib, ignore_errors=True)  # a module of an earlier build must not come back
        super().run()
        migrations = Path(self.build_lib, "reviews", "migrations")
        shutil.copytree("alembic", migrations, ignore=shutil.ignore_patterns("__pycache__"))


setup(cmdclass={"build_py": BuildWithMigrations})
