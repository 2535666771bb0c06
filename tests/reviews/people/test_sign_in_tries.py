"""Guessing passwords, and keeping somebody out by guessing."""

from datetime import timedelta
from threading import Event, Thread

import pytest
import sqlalchemy as sa

from reviews.core.db import Database
from reviews.core.hashing_slots import FOR_EVERYBODY, FOR_KNOWN_DEVICES, Busy, HashingSlots
from reviews.core.secrets import hash_password
from reviews.models import AccountMail, KnownDevice, Person, TryCount
from reviews.people.known_devices import delete_old_devices, remember_device
from reviews.people.limits import Limited, Try, count, delete_old_counts
from reviews.people.sign_in import sign_in
from reviews.people.sign_in_tries import begin_try, count_try, delay_after
from reviews.transactions.unit_of_work import reading, unit_of_work
from tests.builders import BUILDER, a_partnership, a_person, a_unit
from tests.web.visitor import statements
from workflows.core.vocabulary import Role

PASSWORD, WRONG = "a long enough password", "a wrong password"
HASH = hash_password(PASSWORD)
ADA, NOBODY = "ada@anyshire.example", "nobody@anyshire.example"
HOME, ELSEWHERE = "192.0.2.7", "2001:db8:1::/64"


@pytest.fixture
def ada(database: Database) -> Person:
    with database.begin() as session:
        person = a_person(session, a_partnership(session), Role.SUBGROUP_CHAIR, email=ADA)
        person.password_hash = HASH
        return person


def outcome(database, clock, *, email=ADA, password=WRONG, network=ELSEWHERE, devices=()) -> str | int:
    """Give "in" or "out", or the seconds to wait."""
    try:
        token = sign_in(database, clock, email=email, password=password, network=network, devices=devices)
    except Limited as limited:
        return limited.seconds
    return "out" if token is None else "in"


def guess(database, clock, times: int, *, email=ADA, network=ELSEWHERE) -> None:
    """Have wrong passwords tried, each as soon as it may be."""
    for _ in range(times):
        found = outcome(database, clock, email=email, network=network)
        if isinstance(found, int):
            clock.at += timedelta(seconds=found)
            found = outcome(database, clock, email=email, network=network)
        assert found == "out"


def known_device(database, clock, person) -> str:
    with database.begin() as session:
        unit = a_unit(session, now=clock.now())
        return remember_device(unit, person.id, [], name="Firefox on Windows")[0]


def test_c9_guessing_is_slowed_from_the_fifth_try_and_blocked_from_the_tenth(database, clock, ada):
    guess(database, clock, 4)
    assert outcome(database, clock) == "out"
    assert [outcome(database, clock), outcome(database, clock, password=PASSWORD)] == [1, 1]
    waits = []
    for _ in range(8):
        seconds = outcome(database, clock)
        waits.append(seconds)
        clock.at += timedelta(seconds=seconds)
        assert outcome(database, clock) == "out"
    assert waits == [1, 2, 4, 8, 16, 900, 1800, 3600]
    assert delay_after(100) == timedelta(hours=24)


def test_c9_nobody_is_kept_out_who_comes_from_elsewhere(database, clock, ada):
    guess(database, clock, 10)
    assert outcome(database, clock, password=PASSWORD) == 900
    assert outcome(database, clock, password=PASSWORD, network=HOME) == "in"


def test_c9_many_who_guess_from_many_networks_only_slow_a_device_that_is_not_known(database, clock, ada):
    for number in range(20):
        guess(database, clock, 1, network=f"198.51.100.{number}")
    assert outcome(database, clock, password=PASSWORD, network=HOME) == 30
    clock.at += timedelta(seconds=29)
    assert outcome(database, clock, password=PASSWORD, network=HOME) == 1
    clock.at += timedelta(seconds=1)
    assert outcome(database, clock, password=PASSWORD, network=HOME) == "in"


def test_c9_a_known_device_gets_in_while_others_guess_beside_it(database, clock, ada):
    device = known_device(database, clock, ada)
    guess(database, clock, 11)
    for number in range(20):
        guess(database, clock, 1, network=f"198.51.100.{number}")
    assert outcome(database, clock, password=PASSWORD) > 900
    assert outcome(database, clock, password=PASSWORD, devices=[device]) == "in"


def test_c9_who_has_the_device_cannot_guess_without_end_either(database, clock, ada):
    device = known_device(database, clock, ada)
    for _ in range(10):
        clock.at += timedelta(seconds=20)
        assert outcome(database, clock, devices=[device]) == "out"
    assert outcome(database, clock, password=PASSWORD, devices=[device]) == 900


def test_c9_a_device_known_to_somebody_else_or_ended_or_long_unused_is_a_stranger(database, clock, ada):
    with database.begin() as session:
        bob = a_person(session, a_partnership(session, "MIDMARCH"), Role.SUBGROUP_CHAIR, email="bob@x.example")
    theirs, own = known_device(database, clock, bob), known_device(database, clock, ada)
    guess(database, clock, 10)
    assert outcome(database, clock, password=PASSWORD, devices=[theirs]) == 900
    with database.begin() as session:
        session.execute(sa.update(KnownDevice).values(ended_at=clock.now()))
    assert outcome(database, clock, password=PASSWORD, devices=[own]) == 900
    with database.begin() as session:
        session.execute(sa.update(KnownDevice).values(ended_at=None, used_at=clock.now() - timedelta(days=180)))
    assert outcome(database, clock, password=PASSWORD, devices=[own]) == 900


def test_c9_one_try_on_each_of_many_accounts_ends_with_the_thirtieth(database, clock, ada):
    found = [outcome(database, clock, email=f"somebody-{number}@x.example") for number in range(31)]
    assert found == ["out"] * 30 + [900]
    assert outcome(database, clock, password=PASSWORD) == 900
    assert outcome(database, clock, password=PASSWORD, network=HOME) == "in"
    clock.at += timedelta(minutes=15)
    assert outcome(database, clock, email=NOBODY) == "out"


def test_c8_known_and_unknown_addresses_are_limited_alike(database, clock, ada):
    found = {ADA: [], NOBODY: []}
    start = clock.at
    for email, answers in found.items():
        clock.at = start
        for _ in range(14):
            answers.append(outcome(database, clock, email=email, network=email))
            clock.at += timedelta(seconds=7)
    assert found[ADA] == found[NOBODY]
    assert 1 in found[ADA]
    assert 900 - 7 in found[ADA]


def test_c8_a_known_address_costs_the_same_statements_as_an_unknown_one(database, clock, ada):
    found = []
    for email in (ADA, NOBODY):
        for _ in range(2):
            with statements(database) as asked:
                assert outcome(database, clock, email=email) == "out"
            found.append([statement for statement in asked if not statement.startswith("BEGIN")])
    assert found[0] == found[1] == found[2] == found[3]
    assert [statement.split()[0] for statement in found[0]] == ["SELECT", "SELECT", "INSERT"]


def test_c9_the_person_is_written_to_once_and_an_unknown_name_is_taken_down_alike(database, clock, ada):
    for email in (ADA, NOBODY):
        guess(database, clock, 9, email=email, network=email)
        assert mails(database) == [] if email == ADA else [ADA]
        guess(database, clock, 3, email=email, network=email)
    assert mails(database) == [ADA, NOBODY]
    clock.at += timedelta(hours=24)
    for number in range(10):
        guess(database, clock, 1, network=f"198.51.100.{number}")
    assert mails(database) == [ADA, NOBODY, ADA]


def test_c9_the_right_password_after_wrong_ones_warns_nobody(database, clock, ada):
    guess(database, clock, 9)
    clock.at += timedelta(seconds=20)
    assert outcome(database, clock, password=PASSWORD) == "in"
    assert mails(database) == []


def mails(database) -> list[str]:
    with reading(database) as session:
        return list(session.scalars(sa.select(AccountMail.email).order_by(AccountMail.id)))


def test_a_right_password_takes_its_own_try_back_and_no_others(database, clock, ada):
    guess(database, clock, 3)
    assert outcome(database, clock, password=PASSWORD, network=HOME) == "in"
    with reading(database) as session:
        left = session.execute(sa.select(TryCount.bucket, TryCount.tries).order_by(TryCount.tries.desc())).all()
    assert sorted(left) == [("account", 3), ("account and network", 3), ("network", 0), ("network", 3)]


def test_the_tables_do_not_say_who_tried_or_what_was_typed(database, clock, ada):
    outcome(database, clock, email=NOBODY)
    with reading(database) as session:
        row = session.execute(sa.select(sa.text("*")).select_from(TryCount).limit(1)).one()
    assert not any(text in str(row) for text in (NOBODY, ELSEWHERE, WRONG))


def test_what_is_over_is_deleted(database, clock, ada):
    known_device(database, clock, ada)
    guess(database, clock, 1)
    with database.begin() as session:
        unit = a_unit(session, now=clock.now() + timedelta(hours=25))
        delete_old_counts(unit)
        assert session.scalars(sa.select(TryCount.bucket)).all() == ["account and network"]
        unit = a_unit(session, now=clock.now() + timedelta(days=180))
        delete_old_counts(unit)
        delete_old_devices(unit)
        assert session.scalars(sa.select(TryCount)).all() == session.scalars(sa.select(KnownDevice)).all() == []


def test_tries_at_the_same_time_are_all_counted(database, clock):
    def try_often() -> None:
        for _ in range(3):
            with unit_of_work(database, BUILDER, clock) as unit:
                count(unit.session, [Try(key, key, timedelta(hours=1)) for key in ("a", "b")], unit.now)

    threads = [Thread(target=try_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(database) as session:
        assert session.scalars(sa.select(TryCount.tries)).all() == [12, 12]


def test_c9_whose_try_was_overtaken_by_others_must_wait_as_they_must(database, clock, ada):
    found = begin_try(database, clock, email=ADA, network=HOME, device_hashes=[])
    guess(database, clock, 5, network=HOME)
    with pytest.raises(Limited):
        count_try(database, clock, found)


def test_only_so_many_passwords_are_hashed_at_a_time_and_few_wait():
    slots, inside, go_on = HashingSlots(1, waiting=1, longest_wait_seconds=30), Event(), Event()

    def hold() -> None:
        with slots.slot(), slots.slot():
            inside.set()
            go_on.wait()

    def wait() -> None:
        with slots.slot():
            served.append(True)

    served: list[bool] = []
    holder, waiter = Thread(target=hold), Thread(target=wait)
    holder.start()
    inside.wait()
    waiter.start()
    while slots.inside < 2:
        pass
    with pytest.raises(Busy) as busy, slots.slot():
        pass
    assert busy.value.seconds == 5
    go_on.set()
    holder.join()
    waiter.join()
    with slots.slot():
        assert served == [True]


def test_who_waits_too_long_for_a_slot_is_sent_away():
    slots, inside, go_on = HashingSlots(1, waiting=1, longest_wait_seconds=0.01), Event(), Event()

    def hold() -> None:
        with slots.slot():
            inside.set()
            go_on.wait()

    holder = Thread(target=hold)
    holder.start()
    inside.wait()
    with pytest.raises(Busy), slots.slot():
        pass
    go_on.set()
    holder.join()


def test_strangers_take_no_slot_from_known_devices(database, clock, ada):
    device = known_device(database, clock, ada)
    with FOR_EVERYBODY.slot():
        assert FOR_EVERYBODY.inside == 1
        assert outcome(database, clock, password=PASSWORD, devices=[device]) == "in"
    assert (FOR_EVERYBODY.inside, FOR_KNOWN_DEVICES.inside) == (0, 0)
