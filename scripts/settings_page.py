"""Writes docs/settings.md from the settings: `python -m scripts.settings_page`."""

from collections.abc import Iterator
from pathlib import Path

from pydantic.fields import FieldInfo

from reviews.core.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
HEAD = """\
# Settings

Made by `python -m scripts.settings_page` from the settings themselves. Change them there, not on this page.

Followthrough is set up by environment variables. Every one has a default that serves the demo.

| Variable | Meaning | Default |
|---|---|---|
"""


def page() -> str:
    return HEAD + "".join(_lines())


def _lines() -> Iterator[str]:
    prefix = Settings.model_config.get("env_prefix", "")
    for name, field in Settings.model_fields.items():
        yield f"| `{prefix}{name.upper()}` | {field.description} | {_default(field)} |\n"


def _default(field: FieldInfo) -> str:
    return f"`{field.default}`" if field.default not in (None, "") else "–"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
