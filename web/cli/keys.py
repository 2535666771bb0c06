"""Commands on the keys that are not in the database."""

import click

from reviews.core.keyring import KeyPurpose, keyring_of
from reviews.keys.rotate_keys import Rotation, rotate
from reviews.keys.wrapped_keys import WRAPPED, KeyState, key_states, require_keys
from reviews.transactions.unit_of_work import reading
from web.cli.runtime import as_json, emit, open_app, table
from workflows.core.engine import Refused

the_purpose = click.argument("purpose", type=click.Choice([purpose.value for purpose in KeyPurpose]))


@click.group()
def keys() -> None:
    """List the keys that are not in the database, and put newer ones in their stead."""


@keys.command("list")
@as_json
def list_(json_: bool) -> None:
    """List the keys: which is in use, how much depends on it, and what may be put away."""
    app = open_app()
    with reading(app.database) as session:
        states = key_states(session, keyring_of(app.settings))
    data = [
        {
            "purpose": state.purpose.value,
            "number": state.number,
            "fingerprint": state.fingerprint,
            "file": state.file,
            "in_use": state.is_newest,
            "depends_on_it": sum(state.depends.values()) if state.purpose in WRAPPED else None,
            "where": dict(state.depends),
            "may_be_put_away": state.may_go,
            "missing": state.file is None,
        }
        for state in states
    ]
    rows = [(state.purpose.value, str(state.number or "?"), state.fingerprint, _in_words(state)) for state in states]
    headings = ("Purpose", "Number", "Fingerprint", "What depends on it")
    emit(data, json_, lambda: table("Keys", headings, rows) if rows else "No key has been needed yet.")


@keys.command("add")
@the_purpose
@as_json
def add(purpose: str, json_: bool) -> None:
    """Make the next key of a purpose, which is used from now on; `keys rotate` then wraps anew what is there."""
    app = open_app()
    keyring = keyring_of(app.settings)
    with reading(app.database) as session:
        require_keys(session, keyring, KeyPurpose(purpose))
    key = keyring.add(KeyPurpose(purpose))
    data = {"purpose": purpose, "number": key.number, "fingerprint": key.fingerprint, "file": str(key.path)}
    emit(data, json_, lambda: f"The key is in {key.path}, with the fingerprint {key.fingerprint}. Copy it apart now.")


@keys.command("rotate")
@the_purpose
@as_json
def rotate_(purpose: str, json_: bool) -> None:
    """Make the next key of a purpose, and wrap anew what older ones wrap; one that was interrupted is finished.

    Everybody can go on working meanwhile, and nothing becomes unreadable.
    """
    app = open_app()
    done = rotate(app.database, keyring_of(app.settings), KeyPurpose(purpose))
    data = {
        "purpose": purpose,
        "key": done.key,
        "fingerprint": done.fingerprint,
        "added": done.added,
        "rewrapped": done.rewrapped,
        "still_needed": dict(done.needed),
        "missing": dict(done.missing),
        "damaged": done.damaged,
        "may_be_put_away": done.may_go,
    }
    emit(data, json_, lambda: _rotated_in_words(done))
    if not done.is_whole:
        raise Refused(_left_in_words(done))


def _in_words(state: KeyState) -> str:
    if state.purpose not in WRAPPED:
        return "What was made with it names it for ever: keep it"
    count = ", ".join(f"{number} of {name}" for name, number in state.depends.items()) or "nothing"
    if state.file is None:
        return f"MISSING. {count}"
    note = " (in use)" if state.is_newest else "; it may be put away" if state.may_go else ""
    return f"{count}{note}"


def _rotated_in_words(done: Rotation) -> str:
    begun = "is made and in use" if done.added else "was in use already, and the rotation went on"
    lines = [f"The key {done.key} with the fingerprint {done.fingerprint} {begun}. Copy it apart now."]
    if done.purpose not in WRAPPED:
        lines.append("Older keys of this purpose are needed for ever: what was made with them names them.")
    else:
        lines.append(f"{done.rewrapped} keys are wrapped anew.")
    if done.may_go:
        lines.append(
            f"Nothing in the database needs {', '.join(done.may_go)} any more. Put it away: backups made before today "
            "still need it, and as long as it exists they can be read with it."
        )
    return "\n".join(lines)


def _left_in_words(done: Rotation) -> str:
    missing = [
        f"{count} are under {mark}, which is not in the folder: put it there" for mark, count in done.missing.items()
    ]
    damaged = [f"{name} is damaged in rows {', '.join(map(str, rows[:5]))}" for name, rows in done.damaged.items()]
    needed = ", ".join(done.needed)
    reasons = "; ".join([*missing, *damaged]) or "some were stored meanwhile"
    return f"Not everything is wrapped anew, and {needed} is still needed: {reasons}. Then run it again."
