"""How many refusals are written to the audit log."""

from datetime import timedelta

from reviews.audit.refusal_limits import (
    MOST_OF_NETWORK,
    MOST_OF_NETWORKS,
    MOST_OF_PERSON,
    MOST_REMEMBERED,
    WITHIN,
    Admitted,
    RefusalCounter,
)
from tests.builders import NOW


def test_of_one_network_so_many_are_written_and_then_how_many_were_not():
    counter = RefusalCounter()
    answers = [counter.admit(NOW, person_id=None, network="192.0.2.1") for _ in range(MOST_OF_NETWORK + 5)]
    assert answers[0] == Admitted()
    assert answers[MOST_OF_NETWORK - 1] == Admitted(is_last=True)
    assert answers[MOST_OF_NETWORK:] == [None] * 5
    assert counter.admit(NOW, person_id=None, network="192.0.2.2") == Admitted()
    assert counter.admit(NOW + WITHIN, person_id=None, network="192.0.2.1") == Admitted(stands_for=6)


def test_all_networks_together_have_a_bound_and_it_counts_against_nobody_who_has_signed_in():
    counter = RefusalCounter()
    answers = [counter.admit(NOW, person_id=None, network=f"2001:db8:{n:x}::/64") for n in range(MOST_REMEMBERED * 2)]
    assert len([each for each in answers if each]) == MOST_OF_NETWORKS
    of_person = [counter.admit(NOW, person_id=7, network="192.0.2.1") for _ in range(MOST_OF_PERSON + 1)]
    assert [each is not None for each in of_person] == [True] * MOST_OF_PERSON + [False]
    assert len(counter._windows) <= MOST_REMEMBERED + 3


def test_what_lasts_is_written_once_while_it_does():
    counter, hour = RefusalCounter(), timedelta(hours=1)
    same = {"person_id": 7, "network": "192.0.2.1", "same": "cases.case", "lasts": hour}
    assert counter.admit(NOW, **same)
    assert counter.admit(NOW + hour / 2, **same) is None
    assert counter.admit(NOW + hour / 2, **(same | {"same": "cases.export_plan"}))
    assert counter.admit(NOW + hour, **same)
