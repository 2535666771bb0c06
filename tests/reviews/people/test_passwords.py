"""Which passwords are refused."""

import pytest

from reviews.people.passwords import hash_new_password
from workflows.core.engine import Refused

PERSON = {"email": "tobias.fenn@anyshire.example", "name": "Tobias O'Fenn"}
WORDS = "Choose three words that only you would put together."


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "PASSWORD1234",
        "passwordpassword",
        "!letmein20242024",
        "justinbieber",
        "followthrough",
        "Followthrough-2026",
        "my.follow-through",
        "aaaaaaaaaaaa",
        "ab1!ab1!ab1!",
        "123456789012",
        "abcdefghijklm",
        "lkjhgfdsapoiu",
        "tobias.fenn@anyshire.example",
        "TobiasFenn1985",
        "fenn-anyshire!",
    ],
)
def test_f16_a_password_that_is_easy_to_guess_is_refused(password):
    with pytest.raises(Refused, match=WORDS) as refused:
        hash_new_password(password, **PERSON)
    assert refused.value.field == "password"


@pytest.mark.parametrize(
    "password", ["correct horse battery", "tobias keeps seven herons", "otter lantern gravel", "Tr0ub4dor&3xyzQ"]
)
def test_a_password_of_words_that_nobody_puts_together_is_taken(password):
    assert hash_new_password(password, **PERSON).startswith("$argon2id$")


@pytest.mark.parametrize("password", ["short heron", "x y" * 43])
def test_a_password_has_12_to_128_characters(password):
    with pytest.raises(Refused, match="12 to 128 characters"):
        hash_new_password(password, **PERSON)
