"""OpenID Connect: the way to a provider and back, and the proof that its token is for us.

OpenID Connect Core 1.0 (2014) section 3.1.3.7 lists what is checked of a token; RFC 9700 (2025) asks for PKCE.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import compare_digest
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

SCOPE = "openid email profile"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384"]
"""Of key pairs alone: a token signed with a key that we hold as well would prove nothing."""
LEEWAY = timedelta(minutes=1)
SECONDS = 5
STORED_FOR = timedelta(hours=1)
FOR_MANY = ("common", "organizations", "consumers")


class ProviderFault(Exception):
    """A provider cannot be used, or what it sent proves nothing. The sentence is for the technician."""


@dataclass(frozen=True, slots=True)
class Client:
    """We at one provider."""

    name: str
    issuer: str
    client_id: str
    client_secret: str
    return_to: str


@dataclass(frozen=True, slots=True)
class Way:
    """What a browser takes along to a provider and must bring back, all from one start."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What a token proves. `email` is there only to match an invitation; None for `confirmed` is nothing said of it."""

    issuer: str
    subject: str
    email: str
    confirmed: bool | None
    tenant_id: str
    object_id: str
    id_token: str


@dataclass(frozen=True, slots=True)
class _Provider:
    read_at: datetime
    addresses: Mapping[str, Any]
    keys: KeySet


@dataclass(slots=True)
class Providers:
    """What providers publish about themselves, read anew every hour. Only https, except on this machine for a trial."""

    production: bool
    _read: dict[str, _Provider] = field(default_factory=dict)

    def start(self, client: Client, *, again: bool = False, now: datetime) -> tuple[str, Way]:
        """Give the address that the browser goes to, and what it takes along. Raises ProviderFault.

        With `again` the provider is to ask for the password even of somebody who is signed in there.
        """
        addresses = self.published(client.issuer, now=now).addresses
        way = Way(state=generate_token(43), nonce=generate_token(43), verifier=generate_token(64))
        with _session(client) as session:
            address, _ = session.create_authorization_url(
                addresses["authorization_endpoint"],
                state=way.state,
                nonce=way.nonce,
                code_verifier=way.verifier,
                **({"prompt": "login"} if again else {}),
            )
        return str(address), way

    def finish(self, client: Client, way: Way, *, code: str, now: datetime) -> Proof:
        """Exchange the code for a token, and give what the token proves. Raises ProviderFault."""
        provider = self.published(client.issuer, now=now)
        try:
            with _session(client) as session:
                answer = session.fetch_token(
                    provider.addresses["token_endpoint"], code=code, code_verifier=way.verifier, timeout=SECONDS
                )
        except (AuthlibBaseError, requests.RequestException, ValueError) as fault:
            raise ProviderFault(f"The code was not exchanged for a token: {type(fault).__name__}.") from fault
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderFault("The answer has no ID token.")
        claims = self._claims(client, provider, token, now=now)
        if not compare_digest(str(claims.get("nonce", "")), way.nonce):
            raise ProviderFault("The token is of another sign-in.")
        return Proof(
            issuer=claims["iss"],
            subject=claims["sub"],
            email=str(claims.get("email", "")).strip().lower(),
            confirmed=_is_confirmed(claims),
            tenant_id=str(claims.get("tid", ""))[:100],
            object_id=str(claims.get("oid", ""))[:100],
            id_token=token,
        )

    def sign_out_address(self, client: Client, *, id_token: str, home: str, now: datetime) -> str:
        """Give the address where the session at the provider is ended; "" where it has none or cannot be asked."""
        try:
            address = self.published(client.issuer, now=now).addresses.get("end_session_endpoint", "")
        except ProviderFault:
            return ""
        asked = {"id_token_hint": id_token, "client_id": client.client_id, "post_logout_redirect_uri": home}
        return f"{address}?{urlencode(asked)}" if address else ""

    def published(self, issuer: str, *, now: datetime, anew: bool = False) -> _Provider:
        """Read what the provider of an issuer publishes. Raises ProviderFault, also for one that is not exact."""
        found = self._read.get(issuer)
        if found is None or anew or now - found.read_at > STORED_FOR:
            self.require_one_organisation(issuer)
            addresses = self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if addresses.get("issuer") != issuer:
                raise ProviderFault(f"It calls itself {addresses.get('issuer')!r}. Enter the issuer exactly so.")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                self._require_https(str(addresses.get(name, "")))
            try:
                keys = KeySet.import_key_set(self._get(addresses["jwks_uri"]))  # type: ignore[arg-type]
            except (JoseError, ValueError, TypeError, KeyError) as fault:
                raise ProviderFault("Its keys cannot be read.") from fault
            found = self._read[issuer] = _Provider(now, addresses, keys)
        return found

    def require_one_organisation(self, issuer: str) -> None:
        """Refuse an issuer that speaks for many organisations, where an address would be anybody's."""
        if any(part in FOR_MANY for part in urlsplit(issuer).path.split("/")):
            raise ProviderFault(
                "This issuer signs in accounts of every organisation. Enter the one of your own tenant, with its "
                "number: https://login.microsoftonline.com/<tenant>/v2.0."
            )
        self._require_https(issuer)

    def _claims(self, client: Client, provider: _Provider, token: str, *, now: datetime) -> dict[str, Any]:
        """Check a token against the keys of its provider, which are read again once where they have changed."""
        for anew in (False, True):
            if anew and now - provider.read_at < LEEWAY:
                break
            keys = self.published(client.issuer, now=now, anew=anew).keys
            try:
                claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
            except (JoseError, ValueError, TypeError, KeyError):
                continue
            _require_ours(client, claims, now=now)
            return claims
        raise ProviderFault("The token is not signed by the provider.")

    def _get(self, address: str) -> dict[str, Any]:
        self._require_https(address)
        try:
            answer = requests.get(address, timeout=SECONDS, allow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as fault:
            raise ProviderFault(f"{address} cannot be read: {type(fault).__name__}.") from fault
        if not isinstance(found, dict):
            raise ProviderFault(f"{address} is not what was expected.")
        return found

    def _require_https(self, address: str) -> None:
        parts = urlsplit(address)
        here = parts.hostname in ("127.0.0.1", "localhost") and not self.production
        if not parts.hostname or (parts.scheme != "https" and not (here and parts.scheme == "http")):
            raise ProviderFault(f"{address!r} is not an https address.")


def _session(client: Client) -> OAuth2Session:
    return OAuth2Session(
        client.client_id,
        client.client_secret,
        scope=SCOPE,
        redirect_uri=client.return_to,
        code_challenge_method="S256",
    )


def _require_ours(client: Client, claims: Mapping[str, Any], *, now: datetime) -> None:
    """Require that a token is of this issuer, for us, and in its time. Raises ProviderFault."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    subject = claims.get("sub")
    latest, earliest = (now + LEEWAY).timestamp(), (now - LEEWAY).timestamp()
    faults = {
        "It is of another issuer.": claims.get("iss") != client.issuer,
        "It is for somebody else.": client.client_id not in audiences,
        "It was given to somebody else.": (
            claims.get("azp", client.client_id) != client.client_id or (len(audiences) > 1 and "azp" not in claims)
        ),
        "It names nobody.": not isinstance(subject, str) or not 0 < len(subject) <= 255,
        "It has expired.": not _is_number(claims.get("exp")) or claims["exp"] <= earliest,
        "It is of the future.": not _is_number(claims.get("iat"))
        or claims["iat"] > latest
        or ("nbf" in claims and (not _is_number(claims["nbf"]) or claims["nbf"] > latest)),
    }
    if wrong := next((sentence for sentence, is_so in faults.items() if is_so), ""):
        raise ProviderFault(f"The token proves nothing. {wrong}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_confirmed(claims: Mapping[str, Any]) -> bool | None:
    """Whether the provider says that the address is confirmed. Entra says so of a domain, in `xms_edov`."""
    statements = [claims[name] for name in ("email_verified", "xms_edov") if name in claims]
    if any(each in (False, "false", "False", 0, "0") for each in statements):
        return False
    return True if any(each in (True, "true", "True", 1, "1") for each in statements) else None
