"""The keys that are not in the database."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reviews.core.keyring import Damaged, KeyPurpose, Keyring, MissingKey

ROW = "data_keys|1"


def test_a_wrapped_key_opens_for_its_own_row_and_purpose_alone(tmp_path: Path) -> None:
    ring = Keyring(tmp_path / "keys")
    wrapped = ring.wrap(KeyPurpose.IDENTITIES, b"secret", ROW)
    assert ring.unwrap(KeyPurpose.IDENTITIES, wrapped, ROW) == b"secret"
    with pytest.raises(Damaged):
        ring.unwrap(KeyPurpose.IDENTITIES, wrapped, "data_keys|2")
    with pytest.raises(MissingKey):
        ring.unwrap(KeyPurpose.CHILD_DEATHS, wrapped, ROW)


def test_a_newer_key_is_used_and_the_older_still_opens(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    before = ring.wrap(KeyPurpose.FILES, b"one", ROW)
    newer = Keyring(tmp_path).add(KeyPurpose.FILES)
    assert newer.name == "files-2"
    assert Keyring(tmp_path).unwrap(KeyPurpose.FILES, before, ROW) == b"one"
    after = Keyring(tmp_path).wrap(KeyPurpose.FILES, b"two", ROW)
    assert ring.unwrap(KeyPurpose.FILES, after, ROW) == b"two", "a key that another process made is found"


def test_a_key_that_is_gone_is_named_by_its_fingerprint(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    wrapped = ring.wrap(KeyPurpose.SEALS, b"one", ROW)
    lost = ring.newest(KeyPurpose.SEALS)
    lost.path.unlink()
    with pytest.raises(MissingKey, match=lost.fingerprint):
        Keyring(tmp_path).unwrap(KeyPurpose.SEALS, wrapped, ROW)


def test_the_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    key = Keyring(tmp_path / "keys").newest(KeyPurpose.SEALS)
    assert key.path.stat().st_mode & 0o777 == 0o600
    assert key.path.parent.stat().st_mode & 0o777 == 0o700


def test_threads_that_need_the_first_key_together_use_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: Keyring(tmp_path).newest(KeyPurpose.FILES).fingerprint, range(40)))
    assert len(set(keys)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["files-1.key"]
