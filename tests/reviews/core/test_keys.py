"""Which key signs sessions, links and Message-IDs: one for all processes, and none that is made up in production."""

import stat
from multiprocessing import get_context

import pytest
from pydantic import SecretStr

from reviews.core.secrets import UnsafeSettings, secret_key
from reviews.core.settings import Environment, Settings


def key_in(home):
    return secret_key(Settings(home=home))


def test_a_key_is_made_once_for_its_owner_alone(tmp_path):
    made = key_in(tmp_path / "home")

    assert len(made) >= 32
    assert key_in(tmp_path / "home") == made
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret.key"]
    assert stat.S_IMODE((tmp_path / "home" / "secret.key").stat().st_mode) == 0o600


def test_processes_that_start_together_take_the_same_key(tmp_path):
    with get_context("spawn").Pool(4) as pool:
        assert len(set(pool.map(key_in, [tmp_path] * 16))) == 1


@pytest.mark.parametrize("key", [None, SecretStr("short")])
def test_production_makes_none_up(tmp_path, key):
    with pytest.raises(UnsafeSettings):
        secret_key(Settings(home=tmp_path, env=Environment.PRODUCTION, secret_key=key))
