"""Every rung and every kind of news has its words, in the mail and in the ledger."""

import pytest

from notifications.letters.wording import NEWS_LABELS, NEWS_TITLES, rung_label
from notifications.rounds.audience import AUDIENCE
from notifications.rounds.digests import NO_DATE
from notifications.rounds.escalation import ARRIVAL_WORDS
from notifications.rounds.snapshot import IMPACT, IMPACT_LADDER, PART, ladder_of_parts
from workflows.definitions.shared.ladder_policies import CLOCK_LADDERS, POLICIES

LADDERS = (*CLOCK_LADDERS.values(), *POLICIES.values(), *map(ladder_of_parts, POLICIES.values()), IMPACT_LADDER)


def test_every_kind_of_news_has_a_heading_and_a_label():
    news = {rule.rung for rule in AUDIENCE.values() if rule is not None} | {NO_DATE, *ARRIVAL_WORDS}

    assert set(NEWS_TITLES) == set(NEWS_LABELS) == news


@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.name)
def test_every_rung_has_a_label(ladder):
    for rung in ladder.rungs:
        assert rung_label(rung.name) not in ("", rung.name)


def test_a_part_and_a_check_are_named_with_their_rung():
    assert rung_label("due+14") == "14 days after"
    assert rung_label(f"{PART} due") == "their agency's part: on the day"
    assert rung_label(f"{IMPACT} due-7") == "impact check: 7 days before"


def test_a_rung_that_nobody_knows_has_no_label():
    with pytest.raises(LookupError):
        rung_label("due-soon")
