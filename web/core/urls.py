"""Addresses of the pages of cases and actions."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from web.core.context import actor


def case_address(reference: str, partnership_id: int, *rest: str) -> str:
    """Give the address of a case, or of a page below it: `case_address("RR-2026-01", 1, "steps", "chase")`."""
    return in_partnership(_path("/cases", reference, rest), partnership_id)


def action_address(address: str, partnership_id: int, *rest: str) -> str:
    """Give the address of an action, or of a page below it, by `Action.address` (the reference with dots)."""
    return in_partnership(_path("/actions", address, rest), partnership_id)


def in_partnership(path: str, partnership_id: int, **words: str) -> str:
    """Give a path with its query. The partnership is named in it for a person who works in more than one."""
    roles_held = actor().roles_held
    codes = (
        {assignment.partnership_id: assignment.partnership_code for assignment in roles_held}
        if len(roles_held) > 1
        else {}
    )
    if len(codes) > 1 and partnership_id in codes:
        words["partnership"] = codes[partnership_id]
    return f"{path}?{urlencode(words)}" if words else path


def _path(above: str, name: str, rest: Sequence[str]) -> str:
    path = f"{above}/{quote(name, safe='')}"
    return "/".join([path, *(quote(part, safe="") for part in rest)]) if rest else path
