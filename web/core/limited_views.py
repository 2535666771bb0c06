"""The limit of a view: how often it may be asked for, by one person or from one network."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import request
from flask.typing import ResponseReturnValue

from reviews.people.limits import BUCKETS, Counted, Per, count_or_limit, network_of
from reviews.transactions.unit_of_work import NotFound
from web.core.context import actor, app_context, close_read_session

LimitedView = TypeVar("LimitedView", bound=Callable[..., ResponseReturnValue])


def limit(name: str) -> Callable[[LimitedView], LimitedView]:
    """Limit a view by a bucket (reviews/people/limits.py). Where misses are counted, those are NotFound alone.

    Stands below `needs`. Raises Limited, which is answered with 429.
    """
    counted = BUCKETS[name].counted

    def declare(view: LimitedView) -> LimitedView:
        @wraps(view)
        def limited(*args: Any, **more: Any) -> ResponseReturnValue:
            if counted is Counted.ALL or (counted is Counted.FORMS and request.method == "POST"):
                _count(name)
            try:
                return view(*args, **more)
            except NotFound:
                if counted is Counted.MISSES:
                    _count(name)
                raise

        return cast(LimitedView, limited)

    return declare


def network() -> str:
    """Give the network that the request came from: of the peer, or of whom a trusted proxy names."""
    return network_of(request.remote_addr or "")


def _count(name: str) -> None:
    bucket, context = BUCKETS[name], app_context()
    close_read_session()
    if bucket.per is Per.NETWORK:
        count_or_limit(context.database, context.clock, name, network())
        return
    person_id = actor().person_id
    if person_id is None:
        return
    if bucket.step > 1:
        context.step_counter.count_or_limit(context.database, context.clock, name, person_id)
    else:
        count_or_limit(context.database, context.clock, name, person_id)
