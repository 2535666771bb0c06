"""At which address does a case or an action stand for this person?"""

from urllib.parse import quote, urlencode

from web.state import actor


def case_address(reference: str, partnership_id: int, *rest: str) -> str:
    """Give the address of a case, or of a page below it: `case_address("RR-2026-01", 1, "steps", "chase")`."""
    return in_partnership("/".join(["/cases", *(quote(part, safe="") for part in (reference, *rest))]), partnership_id)


def action_address(address: str, partnership_id: int, *rest: str) -> str:
    """Give the address of an action, or of a page below it, by `Action.address` (the reference with dots)."""
    return in_partnership("/".join(["/actions", *(quote(part, safe="") for part in (address, *rest))]), partnership_id)


def in_partnership(path: str, partnership_id: int, **words: str) -> str:
    """Give a path with its query words; the partnership is named to whoever works in more than one."""
    codes = {post.partnership_id: post.partnership_code for post in actor().posts}
    if len(codes) > 1 and partnership_id in codes:
        words["partnership"] = codes[partnership_id]
    return f"{path}?{urlencode(words)}" if words else path
