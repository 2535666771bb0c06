"""Which partnership is a page about that shows one at a time?"""

from reviews.access.permissions import Permission
from web.core.context import actor
from web.core.query import partnership_asked


def place_for(permission: Permission) -> int:
    """Give the partnership asked for, or the first where this is theirs; NotAllowed for one where it is not."""
    asked = partnership_asked()
    if asked is None:
        return actor().partnerships_with(permission)[0]
    actor().require(permission, asked)
    return asked


def places_with(permission: Permission) -> dict[str, str]:
    """Give code and name of each partnership where this is theirs."""
    ids = actor().partnerships_with(permission)
    return {post.partnership_code: post.partnership_name for post in actor().posts if post.partnership_id in ids}


def code_of(partnership_id: int) -> str:
    return next(post.partnership_code for post in actor().posts if post.partnership_id == partnership_id)
