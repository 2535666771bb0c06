"""At which address does a case or an action stand for this person?"""

from urllib.parse import quote, urlencode

from flask import g

from web.state import actor


def case_address(reference: str, partnership_id: int, *rest: str) -> str:
    """Give the address of a case, or of a page below it: `case_address("RR-2026-01", 1, "steps", "chase")`."""
    return in_partnership("/".join(["/cases", *(quote(part, safe="") for part in (reference, *rest))]), partnership_id)


def action_address(address: str, partnership_id: int, *rest: str) -> str:
    """Give the address of an action, or of a page below it, by `Action.address` (the reference with dots)."""
    return in_partnership("/".join(["/actions", *(quote(part, safe="") for part in (address, *rest))]), partnership_id)


def in_partnership(path: str, partnership_id: int, **words: str) -> str:
    """Give a path with its query words; the partnership is named to whoever works in more than one."""
    code = _codes().get(partnership_id)
    if code is not None:
        words["partnership"] = code
    return f"{path}?{urlencode(words)}" if words else path


def _codes() -> dict[int, str]:
    """Give the codes to name, worked out once for all the addresses of a page: none for whoever works in one place."""
    if "partnership_codes" not in g:
        codes = {post.partnership_id: post.partnership_code for post in actor().posts}
        g.partnership_codes = codes if len(codes) > 1 else {}
    found: dict[int, str] = g.partnership_codes
    return found
