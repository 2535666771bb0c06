"""A new master key: everything is wrapped anew while others read and write, and what is left is named."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event as Flag
from time import sleep

import pytest
import sqlalchemy as sa

from reviews.core.keyring import KeyPurpose, Keyring, MissingKey
from reviews.identities.commands import store_identity
from reviews.identities.sealed_details import details_of_identity, key_of
from reviews.keys.rotate_keys import BATCH, rotate
from reviews.keys.wrapped_keys import key_states
from reviews.models import Case, Child, ChildIdentity
from tests.builders import a_case, a_partnership, a_unit

MANY = BATCH * 2 + 50
PAUSE = 0.02
"""Seconds between one piece of work and the next: SQLite gives its lock to whoever asks first."""
IDENTITIES = KeyPurpose.IDENTITIES


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "keys"


def stored_identities(database, keyring, count):
    with database.begin() as session:
        case = a_case(session, a_partnership(session), pseudonyms=())
        session.flush()
        children = [Child(case_id=case.id, pseudonym=f"Child {number}") for number in range(count)]
        session.add_all(children)
        session.flush()
        unit = a_unit(session)
        for child in children:
            store_identity(unit, keyring, case, child.id, values={"name": f"Name {child.id}"})
        return case.id, [child.id for child in children]


def names(database, keyring):
    with database() as session:
        rows = session.scalars(sa.select(ChildIdentity)).all()
        return {row.child_id: details_of_identity(key_of(keyring, row), row)["name"] for row in rows}


def states(database, folder):
    with database() as session:
        return [
            (state.purpose.value, state.number, state.is_newest, sum(state.depends.values()), state.may_go)
            for state in key_states(session, Keyring(folder))
        ]


def test_everything_is_wrapped_anew_and_the_older_key_may_go(database, folder):
    _, children = stored_identities(database, Keyring(folder), MANY)
    (old,) = Keyring(folder).every()
    assert states(database, folder) == [("identities", 1, True, MANY, False)]
    done = rotate(database, Keyring(folder), IDENTITIES)
    assert (done.added, done.rewrapped, done.key, done.is_whole) == (True, MANY, "identities-2", True)
    assert done.may_go == (str(old.path),)
    assert states(database, folder) == [("identities", 1, False, 0, True), ("identities", 2, True, MANY, False)]
    old.path.unlink()
    assert names(database, Keyring(folder)) == {child: f"Name {child}" for child in children}


class _Killed(BaseException):
    pass


class _KilledAfter(Keyring):
    """A keyring in whose process the power fails at some wrapping of a key."""

    left = BATCH + 50

    def wrap(self, purpose, secret, where):
        self.left -= 1
        if self.left < 0:
            raise _Killed
        return super().wrap(purpose, secret, where)


def test_a_rotation_that_was_killed_goes_on_with_the_key_it_began(database, folder):
    _, children = stored_identities(database, Keyring(folder), MANY)
    with pytest.raises(_Killed):
        rotate(database, _KilledAfter(folder), IDENTITIES)
    assert [state[3] for state in states(database, folder)] == [MANY - BATCH, BATCH]
    assert len(names(database, Keyring(folder))) == MANY
    done = rotate(database, Keyring(folder), IDENTITIES)
    assert (done.added, done.rewrapped, done.key, done.is_whole) == (False, MANY - BATCH, "identities-2", True)
    assert len(list(Keyring(folder).every())) == 2
    assert names(database, Keyring(folder)).keys() == set(children)


def test_nothing_becomes_unreadable_while_others_read_and_write(database, folder):
    case_id, children = stored_identities(database, Keyring(folder), MANY)
    over = Flag()

    def read():
        count = 0
        while not over.is_set():
            assert len(names(database, Keyring(folder))) >= MANY
            count += 1
            sleep(PAUSE)
        return count

    def write(number):
        count = 0
        while not over.is_set():
            with database() as session:
                session.connection(execution_options={"writes": True})
                unit = a_unit(session)
                case = unit.case(session.scalar(sa.select(Case.reference).where(Case.id == case_id)))
                child = Child(case_id=case_id, pseudonym=f"Later {number} {count}")
                session.add(child)
                session.flush()
                changed = children[(number * 7 + count) % MANY]
                store_identity(unit, Keyring(folder), case, child.id, values={"name": f"Name {child.id}"})
                store_identity(unit, Keyring(folder), case, changed, values={"local_number": str(count)})
                session.commit()
            count += 1
            sleep(PAUSE)
        return count

    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(read), pool.submit(read), pool.submit(write, 1), pool.submit(write, 2)]
        try:
            done = [rotate(database, Keyring(folder), IDENTITIES) for _ in range(2)]
        finally:
            over.set()
        counts = [each.result() for each in working]
    assert min(counts) > 0
    assert all(each.added for each in done[:1])
    last = rotate(database, Keyring(folder), IDENTITIES)
    assert last.is_whole
    for path in last.may_go:
        folder.joinpath(path).unlink()
    found = names(database, Keyring(folder))
    assert found == {child: f"Name {child}" for child in found}
    assert len(found) == MANY + counts[2] + counts[3]


def test_a_key_that_is_still_named_is_not_called_unneeded(database, folder, tmp_path):
    _, children = stored_identities(database, Keyring(folder), 3)
    rotate(database, Keyring(folder), IDENTITIES)
    _, newest = Keyring(folder).every()
    with database.begin() as session:
        damaged = session.get_one(ChildIdentity, children[0])
        damaged.wrapped_key = damaged.wrapped_key[:-1] + bytes([damaged.wrapped_key[-1] ^ 1])
    done = rotate(database, Keyring(folder), IDENTITIES)
    assert done.damaged == {"child_identities.wrapped_key": [children[0]]}
    assert dict(done.needed) == {newest.fingerprint: 1}
    assert str(newest.path) not in done.may_go
    assert not done.is_whole
    newest.path.rename(tmp_path / "away")
    done = rotate(database, Keyring(folder), IDENTITIES)
    assert dict(done.missing) == {newest.fingerprint: 1}
    with database() as session:
        (lost,) = [state for state in key_states(session, Keyring(folder)) if state.file is None]
    assert (lost.fingerprint, lost.may_go) == (newest.fingerprint, False)


def test_without_any_key_none_is_made_in_place_of_those_that_are_missing(database, folder, tmp_path):
    stored_identities(database, Keyring(folder), 1)
    with pytest.raises(MissingKey):
        rotate(database, Keyring(tmp_path / "elsewhere"), IDENTITIES)
    assert not (tmp_path / "elsewhere").exists()


def test_keys_of_seals_are_only_added_to(database, folder):
    Keyring(folder).newest(KeyPurpose.SEALS)
    done = rotate(database, Keyring(folder), KeyPurpose.SEALS)
    assert (done.added, done.rewrapped, done.key, done.may_go) == (True, 0, "seals-2", ())
    assert [state[-1] for state in states(database, folder)] == [False, False]
