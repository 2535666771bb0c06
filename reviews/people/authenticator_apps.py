"""Apps that show a code every 30 seconds (RFC 6238). A code works a single time, in its half minute or the next.

NIST and ASVS 6.5.5 say 30 seconds; we also take the code of the half minute before, as clocks of phones differ.
"""

from datetime import timedelta
from hmac import compare_digest

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Session

from reviews.core.sealed import derived_key, seal, unseal
from reviews.models import AuthenticatorApp, FactorKind
from reviews.people.factors import actor_number, factor_name, record_factor
from reviews.transactions.unit_of_work import NotFound, Unit
from workflows.core.engine import Refused

ISSUER = "Followthrough"
STEP_SECONDS = 30
DRIFT = 1
SET_UP_LASTS = timedelta(hours=1)
PURPOSE = "authenticator apps"
UNREADABLE = (
    "The key of this installation has changed, so it cannot check codes of apps. Use a passkey or a recovery code, "
    "or ask whoever runs Followthrough to reset your second factor."
)


def start_app(unit: Unit, *, secret_key: str) -> int:
    """Make a secret for a new app of the actor's own, in place of one that was never confirmed; gives its number."""
    person_id = actor_number(unit)
    unfinished = (AuthenticatorApp.person_id == person_id, AuthenticatorApp.confirmed_at.is_(None))
    unit.session.execute(sa.delete(AuthenticatorApp).where(*unfinished))
    app = AuthenticatorApp(person_id=person_id, secret=b"", name="", made_at=unit.now)
    unit.session.add(app)
    unit.session.flush()  # the secret is sealed for its row, whose number is known from here on
    app.secret = seal(derived_key(secret_key, PURPOSE), pyotp.random_base32(), _where(app.id))
    return app.id


def unfinished_app(unit: Unit, app_id: int) -> AuthenticatorApp:
    """Give an app of the actor's own that waits for its first code; raises NotFound, also after an hour."""
    query = sa.select(AuthenticatorApp).where(
        AuthenticatorApp.id == app_id,
        AuthenticatorApp.person_id == actor_number(unit),
        AuthenticatorApp.confirmed_at.is_(None),
        AuthenticatorApp.made_at > unit.now - SET_UP_LASTS,
    )
    app = unit.session.scalars(query).first()
    if app is None:
        raise NotFound
    return app


def secret_of(app: AuthenticatorApp, *, secret_key: str) -> str:
    """Decrypt the secret of an app; raises Refused where it was sealed with another key than ours."""
    secret = unseal(derived_key(secret_key, PURPOSE), app.secret, _where(app.id))
    if secret is None:
        raise Refused(UNREADABLE)
    return secret


def set_up_address(secret: str, email: str) -> str:
    """Give what the picture for the app says."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def confirm_app(unit: Unit, app_id: int, code: str, *, name: str, secret_key: str) -> None:
    """Let an app count from its first code on, which cannot be used again. Raises NotFound, and Refused for another."""
    app = unfinished_app(unit, app_id)
    name = factor_name(name)
    if not _is_taken(unit, app, code, secret_of(app, secret_key=secret_key)):
        raise Refused("The code is wrong. Enter the code that the app shows now.", field="code")
    app.name, app.confirmed_at = name, unit.now
    unit.session.flush()
    record_factor(unit, app.person_id, "made", FactorKind.APP, name)


def take_code(unit: Unit, code: str, *, secret_key: str) -> bool:
    """Whether a code is one of an app of the actor's own, of now or the half minute before, and was never used."""
    query = sa.select(AuthenticatorApp).where(
        AuthenticatorApp.person_id == actor_number(unit), AuthenticatorApp.confirmed_at.is_not(None)
    )
    apps = unit.session.scalars(query.order_by(AuthenticatorApp.id)).all()
    return any(_is_taken(unit, app, code, secret_of(app, secret_key=secret_key)) for app in apps)


def unreadable_apps(session: Session, *, secret_key: str) -> int:
    """Count the apps in use whose secret the present key does not open."""
    key, apps = derived_key(secret_key, PURPOSE), sa.select(AuthenticatorApp.id, AuthenticatorApp.secret)
    rows = session.execute(apps.where(AuthenticatorApp.confirmed_at.is_not(None)))
    return sum(unseal(key, secret, _where(app_id)) is None for app_id, secret in rows)


def _is_taken(unit: Unit, app: AuthenticatorApp, code: str, secret: str) -> bool:
    """Compare and set: of any number of the same code at once, one finds an earlier step."""
    typed, shown = "".join(code.split()), pyotp.TOTP(secret, interval=STEP_SECONDS)
    present = int(unit.now.timestamp()) // STEP_SECONDS
    for step in range(present, present - DRIFT - 1, -1):
        if compare_digest(shown.generate_otp(step).encode(), typed.encode()):
            later = sa.update(AuthenticatorApp).where(AuthenticatorApp.id == app.id, AuthenticatorApp.last_step < step)
            moved = later.values(last_step=step, used_at=unit.now).returning(AuthenticatorApp.id)
            return unit.session.execute(moved, execution_options={"synchronize_session": False}).first() is not None
    return False


def _where(app_id: int) -> str:
    return f"authenticator_apps|secret|{app_id}"
