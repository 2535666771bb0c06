"""A provider of sign-ins for tests: it speaks OpenID Connect over HTTP, keeps to PKCE, and can be made to lie."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.builders import a_clock

CLIENT, SECRET = "followthrough", "the secret of the client"
Claims = dict[str, Any]


class Provider(ThreadingHTTPServer):
    """Whoever comes to it is `person`, by their claims, without a question. `sign` makes the token of the claims."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
        self.numbers = count(1)
        self.codes: dict[str, dict[str, str]] = {}
        self.behave()

    def behave(self) -> None:
        """Be honest again, with nobody at it."""
        self.person: Claims = {}
        self.change: Callable[[Claims], Claims] = dict
        self.sign: Callable[[Claims], str] = self.signed

    def signed(self, claims: Claims, *, key: RSAKey | None = None) -> str:
        return str(jwt.encode({"alg": "RS256", "kid": "first"}, claims, key or self.key, algorithms=["RS256"]))

    def claims(self, nonce: str) -> Claims:
        now = int(a_clock().now().timestamp())
        return {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce, **self.person}


class Answers(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def do_GET(self) -> None:
        at = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(at.query).items()}
        home = self.server.issuer
        if at.path == "/.well-known/openid-configuration":
            self._send(
                {
                    "issuer": home,
                    "authorization_endpoint": f"{home}/authorize",
                    "token_endpoint": f"{home}/token",
                    "jwks_uri": f"{home}/keys",
                    "end_session_endpoint": f"{home}/end",
                }
            )
        elif at.path == "/keys":
            self._send({"keys": [self.server.key.as_dict(private=False)]})
        elif at.path == "/authorize" and asked["client_id"] == CLIENT and asked["code_challenge_method"] == "S256":
            code = f"code {next(self.server.numbers)}"
            self.server.codes[code] = asked
            self.send_response(302)
            self.send_header(
                "Location", f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            )
            self.end_headers()
        else:
            self._send({"error": "invalid_request"}, 400)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        asked = {name: values[0] for name, values in form.items()}
        begun = self.server.codes.pop(asked.get("code", ""), None)
        if begun is None or not self._is_from_whoever_began(begun, asked):
            self._send({"error": "invalid_grant"}, 400)
            return
        claims = self.server.change(self.server.claims(begun["nonce"]))
        self._send({"access_token": "none", "token_type": "Bearer", "id_token": self.server.sign(claims)})

    def _is_from_whoever_began(self, begun: dict[str, str], asked: dict[str, str]) -> bool:
        hashed = urlsafe_b64encode(sha256(asked.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        client = b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        return (
            self.headers["Authorization"] == f"Basic {client}"
            and hashed == begun["code_challenge"]
            and asked["redirect_uri"] == begun["redirect_uri"]
        )

    def _send(self, answer: Claims, code: int = 200) -> None:
        body = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def a_provider() -> Iterator[Provider]:
    provider = Provider()
    thread = Thread(target=provider.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        provider.shutdown()
        provider.server_close()
        thread.join()
