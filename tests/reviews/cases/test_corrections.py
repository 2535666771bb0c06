"""Correcting a recorded step: what changes with it, and what stays."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.cases.clocks import give_late_reason, set_forecast
from reviews.cases.corrections import correct_step
from reviews.cases.due_date_changes import load_holidays
from reviews.cases.facts import facts_of
from reviews.cases.history import facts_that_hold
from reviews.definitions.installed import definition_of
from reviews.models import Case, CaseClock, CaseFact, CaseHold, Event, EventKind
from reviews.settings.local_periods import set_local_period
from reviews.transactions.unit_of_work import NotFound, Stale, unit_of_work
from tests.builders import BUILDER, TO_THE_PANEL, TODAY, a_case, a_unit, a_world, facts_for, take
from tests.changes import changes_of, nothing_changes
from tests.feeds import listed
from workflows.core.engine import NotReady, Refused, WrongRole
from workflows.core.vocabulary import Role
from workflows.definitions.rapid_review import RAPID_REVIEW

AWARE, DISCUSSED, NOTIFIED, MET = date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 5), date(2026, 10, 20)


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def review(database, world):
    """A rapid review whose meeting was held on 20 October."""
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=AWARE, reference="RR-1")
        take(session, case, "convene_discussion", on=DISCUSSED)
        take(session, case, "decide_notify", "submit_sin", "open_gathering", on=NOTIFIED)
        take(session, case, *TO_THE_PANEL[4:6], on=MET)


@pytest.fixture
def correct(database, clock):
    """Correct a step of RR-1: with other facts where some are given, with those of before where not."""

    def act(step, on=None, *, actor=BUILDER, reason="A slip of the pen", reference="RR-1", **answers):
        with unit_of_work(database, actor, clock) as unit:
            case = unit.case(reference)
            event = recorded(unit.session, case, step)
            known = {fact.name: fact.value for fact in facts_that_hold(unit.session, case)}
            asked = {each.name for each in definition_of(unit.session, case).step(step).questions}
            said = {name: value for name, value in known.items() if name in asked} | answers
            return correct_step(
                unit, case, event.id, happened_on=on or event.happened_on, answers=said, reason=reason
            ).details

    return act


def recorded(session, case, step):
    wanted = (Event.case_id == case.id) & (Event.step == step) & (Event.kind == EventKind.STEP_TAKEN)
    return session.scalars(sa.select(Event).where(wanted)).one()


def the_case(session, reference="RR-1"):
    return session.scalars(sa.select(Case).where(Case.reference == reference)).one()


def due(database, reference="RR-1"):
    with database() as session:
        return {clock.name: clock.due_on for clock in the_case(session, reference).clocks}


def clocks(database):
    with database() as session:
        return {clock.name: clock for clock in session.scalars(sa.select(CaseClock))}


def test_another_day_dates_the_clocks_that_count_from_it_anew(database, review, correct):
    assert due(database)["rapid_review"] == date(2026, 10, 26)
    assert correct("decide_notify", on=DISCUSSED)["clocks"] == []
    told = correct("submit_sin", on=DISCUSSED)
    assert due(database)["rapid_review"] == date(2026, 10, 23)
    assert {"clock": "rapid_review", "was": "2026-10-26", "now": "2026-10-23"} in told["clocks"]


def test_what_was_recorded_first_stays_as_it_was(database, review, correct):
    with database() as session:
        first = recorded(session, the_case(session), "convene_discussion")
        facts = session.scalars(sa.select(CaseFact).where(CaseFact.event_id == first.id)).all()
        before = (first.happened_on, [(fact.name, fact.value) for fact in facts])
    correct("convene_discussion", on=AWARE)
    with database() as session:
        first = recorded(session, the_case(session), "convene_discussion")
        facts = session.scalars(sa.select(CaseFact).where(CaseFact.event_id == first.id)).all()
        assert (first.happened_on, [(fact.name, fact.value) for fact in facts]) == before
        corrected = session.scalars(sa.select(Event).where(Event.corrects_id == first.id)).one()
    assert (corrected.kind, corrected.happened_on) == (EventKind.STEP_CORRECTED, AWARE)
    assert (corrected.details["reason"], corrected.recorded_by) == ("A slip of the pen", "builder")


def test_a_day_given_with_a_step_is_corrected_with_the_clock_counted_from_it(database, review, correct):
    correct("receive_referral", la_aware_at=date(2026, 9, 28))
    sin = clocks(database)["sin"]
    assert (sin.counted_from_on, sin.due_on, sin.met_on) == (date(2026, 9, 28), date(2026, 10, 5), NOTIFIED)


def test_a_clock_counted_from_awareness_follows_awareness_and_no_change_of_the_rule(database, world, correct):
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=date(2019, 3, 1), reference="RR-2019-1")
        take(session, case, *TO_THE_PANEL[:3], on=date(2019, 3, 8))
    review = "rapid_review"
    assert due(database, "RR-2019-1")[review] == date(2019, 3, 22)
    correct("receive_referral", reference="RR-2019-1", la_aware_at=date(2019, 2, 28))
    assert due(database, "RR-2019-1")[review] == date(2019, 3, 21)
    with database.begin() as session:
        set_local_period(
            a_unit(session),
            world.anyshire.partnership,
            workflow=review,
            deadline=review,
            effective_from=date(2019, 1, 1),
            counted_from="notification",
            authority="Executive, 12 October 2026",
        )
    correct("submit_sin", reference="RR-2019-1", sin_sent_by="The head of service")
    assert due(database, "RR-2019-1")[review] == date(2019, 3, 21)
    correct("submit_sin", reference="RR-2019-1", on=date(2019, 3, 11))
    assert due(database, "RR-2019-1")[review] == date(2019, 4, 1)


def test_a_corrected_clock_keeps_its_row_its_forecast_and_its_reason(database, clock, review, correct):
    before = clocks(database)["rapid_review"]
    with unit_of_work(database, BUILDER, clock) as unit:
        case = unit.case("RR-1")
        since = before.counted_from_on
        set_forecast(unit, case, "rapid_review", since, forecast_on=date(2026, 12, 1), reason="The chair is ill")
        give_late_reason(unit, case, "rapid_review", since, reason="Two agencies were slow")
    correct("hold_meeting", on=date(2026, 10, 21))
    after = clocks(database)["rapid_review"]
    assert (after.id, after.forecast_on, after.late_reason) == (
        before.id,
        date(2026, 12, 1),
        "Two agencies were slow",
    )


def test_when_a_case_was_opened_and_since_when_it_stands_there_follow(database, review, correct):
    correct("receive_referral", on=date(2026, 9, 30))
    correct("hold_meeting", on=date(2026, 10, 22))
    with database() as session:
        case = the_case(session)
        assert (case.opened_on, case.tracks[0].since_on) == (date(2026, 9, 30), date(2026, 10, 22))


def test_an_early_fact_that_is_corrected_does_not_override_a_later_one_of_the_same_name(
    database, world, clock, correct
):
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "lcspr", opened_on=AWARE, reference="LCSPR-1")
        take(session, case, "place_hold", on=NOTIFIED, hold_review_on=date(2026, 11, 2))
        take(session, case, "review_hold", on=MET, hold_review_on=date(2027, 1, 4))
    correct("place_hold", reference="LCSPR-1", hold_reason="inquest", hold_review_on=date(2026, 11, 3))
    with database() as session:
        case = the_case(session, "LCSPR-1")
        known = facts_of(session, BUILDER, case, definition_of(session, case), on=TODAY).known
        (hold,) = session.scalars(sa.select(CaseHold))
    assert (known["hold_reason"], known["hold_review_on"]) == ("inquest", date(2027, 1, 4))
    assert (hold.reason, hold.review_on, hold.placed_on) == ("inquest", date(2027, 1, 4), NOTIFIED)


def test_the_latest_correction_of_a_step_holds(database, review, correct):
    correct("convene_discussion", on=AWARE)
    correct("convene_discussion", on=date(2026, 10, 4))
    with database() as session:
        happened = facts_of(
            session, BUILDER, the_case(session), definition_of(session, the_case(session)), on=TODAY
        ).happened
    assert happened["convene_discussion"] == date(2026, 10, 4)


def test_a_corrected_last_step_moves_the_day_a_case_was_closed(database, world, correct):
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=AWARE, reference="RR-2")
        take(session, case, "convene_discussion", "record_view", "decide_not_notifiable", on=NOTIFIED)
        assert case.closed_on == NOTIFIED
    correct("decide_not_notifiable", on=date(2026, 10, 7), reference="RR-2")
    with database() as session:
        assert the_case(session, "RR-2").closed_on == date(2026, 10, 7)


@pytest.mark.parametrize(
    ("step", "day", "sentence"),
    [
        ("hold_meeting", date(2026, 10, 4), "The day must be 5 October 2026 or later"),
        ("convene_discussion", date(2026, 10, 6), "The day must be 5 October 2026 or earlier"),
        ("convene_discussion", date(2026, 9, 30), "The day must be 1 October 2026 or later"),
        ("receive_referral", date(2026, 10, 3), "The day must be 2 October 2026 or earlier"),
        ("hold_meeting", date(2026, 11, 21), "this day lies in the future"),
    ],
)
def test_a_day_out_of_the_order_of_the_steps_is_refused(database, review, correct, step, day, sentence):
    with nothing_changes(database), pytest.raises(Refused, match=sentence):
        correct(step, on=day)


def test_facts_with_which_the_step_would_not_have_been_allowed_are_refused(database, review, correct):
    with nothing_changes(database), pytest.raises(NotReady) as refusal:
        correct("hold_meeting", partners_present=("Anyshire Council", "Anyshire Integrated Care Board"))
    assert refusal.value.missing == ("Anyshire Police",)


def test_facts_that_the_form_wants_are_wanted_of_a_correction_too(database, review, correct):
    with nothing_changes(database), pytest.raises(NotReady):
        correct("convene_discussion", partners_invited=None)


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_correction_says_what_was_wrong(database, review, correct, reason):
    with nothing_changes(database), pytest.raises(NotReady, match="Give a reason"):
        correct("hold_meeting", on=date(2026, 10, 21), reason=reason)
    with pytest.raises(Refused, match="2,000 characters or fewer"):
        correct("hold_meeting", on=date(2026, 10, 21), reason="x" * 2_001)


def test_a_correction_that_changes_nothing_is_refused(database, review, correct):
    with nothing_changes(database), pytest.raises(Refused, match="Change the day or a fact"):
        correct("hold_meeting")


def test_what_a_step_did_elsewhere_is_not_corrected_here(database, review, correct):
    with nothing_changes(database), pytest.raises(Refused, match="changed another record"):
        correct("open_gathering", agencies_asked=("Anyshire Police",))


def test_only_whoever_may_record_a_step_may_correct_it(database, world, review, correct):
    with nothing_changes(database), pytest.raises(WrongRole):
        correct("hold_meeting", on=date(2026, 10, 21), actor=world.anyshire.actors[Role.BUSINESS_UNIT_ADMIN])
    correct("hold_meeting", on=date(2026, 10, 21), actor=world.anyshire.actors[Role.SUBGROUP_CHAIR])


def test_another_partnerships_step_does_not_exist(world, review, correct):
    with pytest.raises(NotFound):
        correct("hold_meeting", on=MET, actor=world.midmarch.actors[Role.BUSINESS_MANAGER])


def test_a_step_of_another_case_is_not_corrected_through_this_one(database, world, clock, review):
    with database.begin() as session:
        a_case(session, world.anyshire.partnership, reference="RR-2")
        other = recorded(session, the_case(session, "RR-2"), "receive_referral").id
    with unit_of_work(database, BUILDER, clock) as unit, pytest.raises(NotFound):
        correct_step(unit, unit.case("RR-1"), other, happened_on=AWARE, answers={}, reason="A slip")


def test_what_is_known_for_child_death_review_is_corrected_there(database, world, correct):
    with database.begin() as session:
        a_case(session, world.anyshire.partnership, "cdop_case", opened_on=AWARE, reference="CDOP-1")
    with pytest.raises(NotFound):
        correct("notify_death", on=AWARE, reference="CDOP-1", actor=world.anyshire.actors[Role.BUSINESS_MANAGER])
    correct("notify_death", on=DISCUSSED, reference="CDOP-1", actor=world.anyshire.actors[Role.CDOP_MANAGER])


def test_of_two_corrections_at_once_the_second_is_told(database, clock, review, correct):
    with unit_of_work(database, BUILDER, clock) as unit:
        seen = unit.case("RR-1").version
    correct("hold_meeting", on=date(2026, 10, 21))
    with pytest.raises(Stale), unit_of_work(database, BUILDER, clock) as unit:
        unit.case("RR-1", version=seen)


def test_a_clock_a_bank_holiday_moved_stays_moved_and_one_that_ended_keeps_its_date(database, clock, world, correct):
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, opened_on=date(2026, 11, 18), reference="RR-1")
        take(session, case, *TO_THE_PANEL[:3], on=date(2026, 11, 19))
        load_holidays(a_unit(session), listed(d2026_11_23="Made", d2026_11_27="Thanks"), source="list.json")
    before = due(database)
    correct("convene_discussion", on=date(2026, 11, 18))
    assert due(database) == before


def test_a_replay_brings_back_a_clock_that_a_wrong_day_ended(database, world, correct):
    with database.begin() as session:
        case = a_case(session, world.anyshire.partnership, "lcspr", opened_on=AWARE, reference="LCSPR-1")
        take(session, case, "place_hold", on=NOTIFIED, hold_review_on=date(2026, 12, 1))
        take(session, case, "review_hold", on=MET, hold_review_on=date(2026, 12, 1))
    correct("review_hold", reference="LCSPR-1", hold_review_on=date(2027, 1, 4))
    with database() as session:
        found = [
            (clock.due_on, clock.met_on) for clock in the_case(session, "LCSPR-1").clocks if clock.name == "hold_review"
        ]
    assert found == [(date(2026, 12, 1), MET), (date(2027, 1, 4), None)]


def test_a_correction_touches_nothing_but_its_case(database, world, review, correct):
    with database.begin() as session:
        a_case(session, world.anyshire.partnership, opened_on=AWARE, reference="RR-2")
    with changes_of(database) as changes:
        correct("convene_discussion", on=AWARE)
    discussion = RAPID_REVIEW.step("convene_discussion")
    assert changes.added == {"events": 1, "case_facts": len(facts_for(discussion))}
    assert changes.changed == {"cases": {"version"}}


def test_nobody_without_a_part_in_the_case_is_asked_at_all(database, world, review, correct):
    with pytest.raises((NotFound, NotAllowed)):
        correct("hold_meeting", on=MET, actor=world.anyshire.actors[Role.ACTION_OWNER])
