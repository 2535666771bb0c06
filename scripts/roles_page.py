"""Writes docs/roles.md from the tables of roles: `python -m scripts.roles_page`."""

from collections.abc import Iterator
from pathlib import Path

from reviews.access.permissions import GRANTS, Permission
from reviews.access.role_matrix import ROLE_MATRIX
from workflows.core.labels import sentence
from workflows.core.vocabulary import Role

PAGE = Path(__file__).parents[1] / "docs" / "roles.md"
HEAD = """\
# Roles

Made by `python -m scripts.roles_page` from the tables the product goes by. Change them there, not on this page.

A person with several roles sees and does what any of them allows, each in its own realm. Nobody sees anything of
another partnership.

## What each role sees

The owner of an action, their deputy and who stands in for them see it in any role. Pseudonyms are seen only in cases
that are seen.

| Role | Realm | Cases | Pseudonyms | Actions |
|---|---|---|---|---|
"""
MIDDLE = """
## What each role may do

A page or a command asks for one of these. The steps of cases and actions say beside it whose they are
([workflows](workflows)).

| Permission | Roles |
|---|---|
"""


def page() -> str:
    return HEAD + "".join(_reaches()) + MIDDLE + "".join(_permissions())


def _reaches() -> Iterator[str]:
    for role, row in ROLE_MATRIX.items():
        pseudonyms = "yes" if role in GRANTS[Permission.SEE_CHILDREN] else "no"
        yield f"| {role.words} | {sentence(row.realm)} | {row.cases} | {pseudonyms} | {row.actions} |\n"


def _permissions() -> Iterator[str]:
    for permission, roles in GRANTS.items():
        named = ", ".join(role.in_sentence for role in Role if role in roles)
        yield f"| {sentence(permission)} | {'everybody' if roles == frozenset(Role) else named} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
