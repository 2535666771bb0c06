"""Who must have a second factor, half sessions, codes of apps and recovery codes, and starting anew."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed, system
from reviews.core.clock import StoppedClock
from reviews.core.db import Database
from reviews.models import AuthenticatorApp, Event, EventKind, FactorKind, FactorRule, Person, RecoveryCode, SignIn
from reviews.people.authenticator_apps import confirm_app, secret_of, start_app, take_code, unfinished_app
from reviews.people.factor_resets import ask_for_reset, confirm_reset, reset_now, stop_reset
from reviews.people.factor_sessions import (
    MOST_WRONG_PROOFS,
    TOO_MANY_WRONG,
    is_freshly_proved,
    prove_by_code,
    prove_by_recovery_code,
)
from reviews.people.factors import find_factor, has_factor, must_have_factor, remove_factor
from reviews.people.open_sessions import end_other_sessions
from reviews.people.queries import actor_awaiting_factor, actor_by_email, actor_signed_in
from reviews.people.recovery_codes import codes_left, make_codes
from reviews.people.sign_in import begin_session, hash_token
from reviews.settings.partnership_settings import set_factor_rule
from reviews.transactions.unit_of_work import NotFound, reading, unit_of_work
from tests.builders import a_partnership, a_person, a_unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Role

KEY = "the key of this installation, long enough"
HALF_A_MINUTE = timedelta(seconds=30)


@dataclass
class Holder:
    """Somebody with an app whose first code was typed a minute ago."""

    database: Database
    clock: StoppedClock
    person: Person
    app: pyotp.TOTP
    app_id: int
    first_code: str

    def unit(self):
        with reading(self.database) as session:
            actor = actor_by_email(session, self.person.email, today=self.clock.now().date())
        return unit_of_work(self.database, actor, self.clock)

    def half_session(self) -> str:
        """Sign in, as after the right password."""
        with unit_of_work(self.database, system("sign-in"), self.clock) as unit:
            return begin_session(unit, self.person)

    def code(self, steps: int = 0) -> str:
        return self.app.at(self.clock.now() + steps * HALF_A_MINUTE)

    def prove(self, token: str, code: str) -> str | None:
        with self.unit() as unit:
            return prove_by_code(unit, hash_token(token), code, secret_key=KEY)

    def whole(self, token: str | None) -> bool:
        with reading(self.database) as session:
            return actor_signed_in(session, hash_token(token or ""), now=self.clock.now()) is not None


@pytest.fixture
def ada(database: Database) -> Person:
    with database.begin() as session:
        return a_person(session, a_partnership(session), Role.BUSINESS_MANAGER, email="ada@anyshire.example")


@pytest.fixture
def holder(database: Database, clock: StoppedClock, ada: Person) -> Holder:
    holder = Holder(database, clock, ada, pyotp.TOTP(pyotp.random_base32()), 0, "")
    with holder.unit() as unit:
        holder.app_id = start_app(unit, secret_key=KEY)
        holder.app = pyotp.TOTP(secret_of(unfinished_app(unit, holder.app_id), secret_key=KEY))
    holder.first_code = holder.code()
    with holder.unit() as unit:
        confirm_app(unit, holder.app_id, holder.first_code, name="Phone", secret_key=KEY)
    return holder


def later(holder: Holder, by: timedelta = 2 * HALF_A_MINUTE) -> None:
    holder.clock.at = holder.clock.now() + by


@pytest.mark.parametrize(
    ("rule", "role", "must"),
    [
        (FactorRule.CASE_READERS, Role.SUBGROUP_CHAIR, True),
        (FactorRule.CASE_READERS, Role.ACTION_OWNER, False),
        (FactorRule.EVERYBODY, Role.ACTION_OWNER, True),
        (FactorRule.NOBODY, Role.SUBGROUP_CHAIR, False),
    ],
)
def test_the_partnership_says_who_must_have_one(database: Database, rule: FactorRule, role: Role, must: bool) -> None:
    with database.begin() as session:
        partnership = a_partnership(session)
        person = a_person(session, partnership, role)
        set_factor_rule(a_unit(session), partnership, rule=rule)
        session.flush()
        assert must_have_factor(session, person.id) is must


def test_half_a_session_is_nobody_until_the_code_and_then_has_another_token(holder: Holder) -> None:
    later(holder)
    half = holder.half_session()
    assert not holder.whole(half)
    with reading(holder.database) as session:
        assert actor_awaiting_factor(session, hash_token(half), now=holder.clock.now()) is not None
        late = holder.clock.now() + timedelta(minutes=16)
        assert actor_awaiting_factor(session, hash_token(half), now=late) is None
    token = holder.prove(half, holder.code())
    assert token not in (None, half)
    assert holder.whole(token)
    assert not holder.whole(half)
    with reading(holder.database) as session:
        assert is_freshly_proved(session, hash_token(token), now=holder.clock.now(), by_device=True)
        assert not is_freshly_proved(session, hash_token(token), now=holder.clock.now() + timedelta(minutes=10))


def test_c10_a_code_works_once(holder: Holder) -> None:
    later(holder)
    first, second = holder.half_session(), holder.half_session()
    code = holder.code()
    assert holder.prove(first, code) is not None
    assert holder.prove(second, code) is None


def test_c10_the_set_up_code_is_used_up(holder: Holder) -> None:
    assert holder.first_code == holder.code()
    assert holder.prove(holder.half_session(), holder.first_code) is None


def test_c10_of_two_at_once_one_passes(holder: Holder) -> None:
    later(holder)
    code, halves = holder.code(), [holder.half_session() for _ in range(4)]
    with ThreadPoolExecutor(len(halves)) as pool:
        passed = list(pool.map(lambda half: holder.prove(half, code), halves))
    assert sum(token is not None for token in passed) == 1


@pytest.mark.parametrize(("steps", "passes"), [(-2, False), (-1, True), (0, True), (1, False), (2, False)])
def test_c10_only_the_code_of_now_and_the_one_before_pass(holder: Holder, steps: int, passes: bool) -> None:
    later(holder, 10 * HALF_A_MINUTE)
    assert (holder.prove(holder.half_session(), holder.code(steps)) is not None) is passes


def test_c10_after_the_code_of_now_the_one_before_is_used_up(holder: Holder) -> None:
    later(holder, 10 * HALF_A_MINUTE)
    assert holder.prove(holder.half_session(), holder.code()) is not None
    assert holder.prove(holder.half_session(), holder.code(-1)) is None


def test_five_wrong_codes_end_the_session_and_twenty_in_an_hour_stop_guessing(holder: Holder) -> None:
    later(holder)
    half = holder.half_session()
    for _ in range(MOST_WRONG_PROOFS):
        assert holder.prove(half, "000000") is None
    with reading(holder.database) as session:
        assert actor_awaiting_factor(session, hash_token(half), now=holder.clock.now()) is None
    with pytest.raises(NotFound):
        holder.prove(half, holder.code())
    with holder.database.begin() as session:
        session.execute(sa.update(SignIn).where(SignIn.token_hash == hash_token(half)).values(wrong_proofs=20))
    with pytest.raises(Refused, match=TOO_MANY_WRONG):
        holder.prove(holder.half_session(), holder.code())


def test_the_secret_is_stored_sealed_and_another_key_says_so(holder: Holder) -> None:
    with reading(holder.database) as session:
        stored = session.scalars(sa.select(AuthenticatorApp.secret)).one()
    assert holder.app.secret.encode() not in stored
    with holder.unit() as unit, pytest.raises(Refused, match="key of this installation has changed"):
        take_code(unit, holder.code(), secret_key=f"another {KEY}")


def test_a_recovery_code_works_once_and_is_stored_as_a_hash(holder: Holder) -> None:
    with holder.unit() as unit:
        codes = make_codes(unit)
    assert len(set(codes)) == 10
    with reading(holder.database) as session:
        stored = session.scalars(sa.select(RecoveryCode.code_hash)).all()
    assert not set(stored) & set(codes)
    tokens = []
    for typed in (codes[0].upper().replace("-", " "), codes[0]):
        tokens.append(recover(holder, typed))
    assert holder.whole(tokens[0])
    assert tokens[1] is None
    with reading(holder.database) as session:
        assert codes_left(session, holder.person.id) == 9
        assert not is_freshly_proved(session, hash_token(tokens[0] or ""), now=holder.clock.now(), by_device=True)


def test_new_recovery_codes_end_the_earlier_ones(holder: Holder) -> None:
    with holder.unit() as unit:
        before = make_codes(unit)
        make_codes(unit)
    assert recover(holder, before[0]) is None


def recover(holder: Holder, code: str) -> str | None:
    half = holder.half_session()
    with holder.unit() as unit:
        return prove_by_recovery_code(unit, hash_token(half), code)


def test_c11_after_a_factor_change_all_other_sessions_are_over(holder: Holder) -> None:
    later(holder)
    kept = holder.prove(holder.half_session(), holder.code())
    later(holder)
    other = holder.prove(holder.half_session(), holder.code())
    with holder.unit() as unit:
        remove_factor(unit, FactorKind.APP, holder.app_id)
        end_other_sessions(unit, hash_token(kept or ""))
    assert holder.whole(kept)
    assert not holder.whole(other)


def test_the_last_factor_of_somebody_who_must_have_one_stays(holder: Holder) -> None:
    with holder.database.begin() as session:
        partnership = session.get_one(Person, holder.person.id).memberships[0].partnership
        set_factor_rule(a_unit(session), partnership, rule=FactorRule.CASE_READERS)
    with holder.unit() as unit, pytest.raises(Refused, match="Add another one before"):
        remove_factor(unit, FactorKind.APP, holder.app_id)


def test_a_factor_of_somebody_else_is_not_found(holder: Holder) -> None:
    with reading(holder.database) as session, pytest.raises(NotFound):
        find_factor(session, holder.person.id + 1, FactorKind.APP, holder.app_id)


@pytest.fixture
def managers(holder: Holder) -> list[Person]:
    """Give two more people who manage people beside the one whose factor is lost."""
    with holder.database.begin() as session:
        partnership = session.get_one(Person, holder.person.id).memberships[0].partnership
        return [a_person(session, partnership, Role.BUSINESS_MANAGER) for _ in range(2)]


def acting(holder: Holder, person: Person):
    with reading(holder.database) as session:
        actor = actor_by_email(session, person.email, today=holder.clock.now().date())
    return unit_of_work(holder.database, actor, holder.clock)


def test_a_lost_factor_takes_two_people_and_a_day(holder: Holder, managers: list[Person]) -> None:
    asks, confirms = managers
    with acting(holder, asks) as unit:
        reset = ask_for_reset(unit, holder.person.id, reason="Lost her phone")
    for person, answer in ((asks, "asked for this yourself"), (holder.person, "Nobody resets their own")):
        with acting(holder, person) as unit, pytest.raises(Refused, match=answer):
            confirm_reset(unit, reset.id)
    with acting(holder, confirms) as unit:
        confirm_reset(unit, reset.id)

    later(holder, timedelta(hours=23))
    holder.half_session()
    assert has_it(holder)
    later(holder, timedelta(hours=1))
    assert holder.whole(holder.half_session())
    assert not has_it(holder)
    assert what_happened(holder) == ["asked", "confirmed", "done"]


def test_the_person_stops_a_reset_they_did_not_ask_for(holder: Holder, managers: list[Person]) -> None:
    with acting(holder, managers[0]) as unit:
        reset = ask_for_reset(unit, holder.person.id, reason="Lost her phone")
    with acting(holder, managers[1]) as unit:
        confirm_reset(unit, reset.id)
    with holder.unit() as unit:
        stop_reset(unit, reset.id)
    later(holder, timedelta(days=2))
    holder.half_session()
    assert has_it(holder)
    assert what_happened(holder) == ["asked", "confirmed", "stopped"]


def test_without_a_second_person_it_is_for_the_terminal(holder: Holder, database: Database) -> None:
    with database.begin() as session:
        partnership = session.get_one(Person, holder.person.id).memberships[0].partnership
        alone = a_person(session, partnership, Role.BUSINESS_MANAGER)
        owner = a_person(session, partnership, Role.ACTION_OWNER)
    with acting(holder, alone) as unit, pytest.raises(Refused, match="followthrough people reset-factor"):
        ask_for_reset(unit, holder.person.id, reason="Lost her phone")
    with acting(holder, owner) as unit, pytest.raises(NotAllowed):
        ask_for_reset(unit, holder.person.id, reason="Let me in")
    with unit_of_work(database, system("operator"), holder.clock) as unit:
        reset_now(unit, email=holder.person.email, reason="Lost her phone")
    assert not has_it(holder)
    assert what_happened(holder) == ["done"]


def has_it(holder: Holder) -> bool:
    with reading(holder.database) as session:
        return has_factor(session, holder.person.id)


def what_happened(holder: Holder) -> list[str]:
    with reading(holder.database) as session:
        events = session.scalars(sa.select(Event).where(Event.kind == EventKind.FACTOR_RESET).order_by(Event.id))
        return [event.details["what"] for event in events]
