"""Web servers in front of us: whom they name as the peer is believed of those alone that the settings list."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class BehindProxies:
    """Sets the peer's address from `X-Forwarded-For` where the request came from a listed proxy, and nowhere else.

    Of several addresses in it the last one counts, which the proxy has written itself. `listed` gives the setting.
    """

    def __init__(self, app: "WSGIApplication", listed: Callable[[], str]) -> None:
        self._app, self._listed = app, listed
        self._fixed = ProxyFix(app, x_for=1, x_proto=0, x_host=0)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if is_listed(environ.get("REMOTE_ADDR", ""), self._listed()):
            return self._fixed(environ, start_response)
        return self._app(environ, start_response)


def is_listed(address: str, listed: str) -> bool:
    networks = networks_of(listed)
    if not networks:
        return False
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in networks)


@lru_cache(maxsize=4)
def networks_of(listed: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Read addresses and networks with commas between them. Raises ValueError."""
    return tuple(ip_network(each.strip()) for each in listed.split(",") if each.strip())
