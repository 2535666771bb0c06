"""The local periods and ladders a partnership may set, and the clocks counted by them."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.cases.due_date_changes import load_holidays
from reviews.cases.steps import open_case
from reviews.definitions.local_rules import local_rules_of
from reviews.imports.history import open_past_case
from reviews.imports.readers.past_rows import PastCase, PastStep
from reviews.models import Event, EventKind, LocalRule
from reviews.settings.local_periods import clear_local_period, local_periods, set_local_period
from reviews.transactions.unit_of_work import NotFound
from tests.builders import BUILDER, TO_THE_PANEL, TODAY, a_case, a_place, a_unit, facts_for, take
from tests.feeds import listed
from workflows.core.days import PartialDay
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm, Role
from workflows.core.working_days import Period, Unit
from workflows.definitions import CASE_WORKFLOWS

NOTIFIED = TO_THE_PANEL[:3]
AGREED = "Executive, 12 October 2026"
LONG_AGO = date(2020, 1, 1)


@pytest.fixture
def session(database):
    with database() as opened:
        yield opened


@pytest.fixture
def anyshire(session):
    return a_place(session, "ANYSHIRE")


@pytest.fixture
def midmarch(session):
    return a_place(session, "MIDMARCH")


def setting(session, place, deadline, count=None, unit=Unit.WORKING_DAYS, *, since=LONG_AGO, actor=BUILDER, **more):
    """Set a rule for a deadline of rapid reviews, or of the workflow named."""
    rule = {"workflow": "rapid_review", "authority": AGREED} | more
    period = None if count is None else Period(count, unit)
    return set_local_period(
        a_unit(session, actor), place.partnership, deadline=deadline, effective_from=since, period=period, **rule
    )


def notified(session, place, on=TODAY):
    case = a_case(session, place.partnership, opened_on=on)
    take(session, case, *NOTIFIED, on=on)
    return {clock.name: clock for clock in case.clocks}


@pytest.mark.parametrize(("rule", "due_on"), [("notification", date(2019, 3, 29)), ("awareness", date(2019, 3, 22))])
def test_a_partnership_says_what_a_review_is_counted_from(session, anyshire, midmarch, rule, due_on):
    for place, since in ((anyshire, date(2019, 3, 8)), (midmarch, date(2019, 3, 9))):
        setting(session, place, "rapid_review", since=since, counted_from=rule)
    found = []
    for place in (anyshire, midmarch):
        case = a_case(session, place.partnership, opened_on=date(2019, 3, 1), la_aware_at=date(2019, 3, 1))
        take(session, case, *NOTIFIED, on=date(2019, 3, 8))
        found.append({clock.name: clock.due_on for clock in case.clocks}["rapid_review"])
    assert found == [due_on, date(2019, 3, 22)]


@pytest.mark.parametrize(("deadline", "rule"), [("sin", "notification"), ("rapid_review", "publication")])
def test_only_a_start_that_the_deadline_has_can_be_chosen(session, anyshire, deadline, rule):
    with pytest.raises(Refused, match="counted from"):
        setting(session, anyshire, deadline, counted_from=rule)


def test_custom_is_replaced_by_a_period_of_their_own(session, anyshire):
    rule = setting(session, anyshire, "meeting", 10)
    meeting = notified(session, anyshire)["meeting"]
    assert (meeting.due_on, meeting.target_on, meeting.local_rule_id) == (date(2026, 12, 4), None, rule.id)


def test_custom_may_be_counted_in_another_unit(session, anyshire):
    setting(session, anyshire, "meeting", 3, Unit.DAYS)
    assert notified(session, anyshire)["meeting"].due_on == date(2026, 11, 23)


def test_beside_a_national_expectation_stands_an_earlier_target(session, anyshire):
    rule = setting(session, anyshire, "rapid_review", 12)
    clock = notified(session, anyshire)["rapid_review"]
    assert (clock.due_on, clock.target_on, clock.local_rule_id) == (date(2026, 12, 11), date(2026, 12, 8), rule.id)


def test_a_report_goes_ahead_earlier_than_the_law_asks(session, anyshire):
    setting(session, anyshire, "notify_ahead", 10, workflow="lcspr")
    review = a_case(session, anyshire.partnership, "lcspr", opened_on=date(2025, 3, 3))
    review.tracks[0].stage = "finalised"
    take(session, review, "plan_publication", on=date(2025, 6, 2), planned_publication_on=date(2025, 7, 15))
    clock = next(clock for clock in review.clocks if clock.name == "notify_ahead")
    assert (clock.due_on, clock.target_on) == (date(2025, 7, 4), date(2025, 7, 1))


def test_a_period_is_added_to_the_moment_and_to_the_day_alike(session, anyshire):
    setting(session, anyshire, "sin", 3)
    case = a_case(session, anyshire.partnership, la_aware_at=a_unit(session).now)
    (sin,) = (clock for clock in case.clocks if clock.name == "sin")
    assert (sin.due_on, sin.target_on) == (date(2026, 11, 27), date(2026, 11, 25))


@pytest.mark.parametrize(
    ("deadline", "count", "unit", "sentence"),
    [
        (
            "rapid_review",
            15,
            Unit.WORKING_DAYS,
            "“Rapid review to the Panel” is set by national expectation: 15 working days. "
            "A target must be earlier: 14 working days or fewer.",
        ),
        (
            "sin",
            5,
            Unit.WORKING_DAYS,
            "“Serious incident notification” is set by law or statutory guidance: 5 working days. "
            "A target must be earlier: 4 working days or fewer.",
        ),
        (
            "sin",
            1,
            Unit.DAYS,
            "“Serious incident notification” is set by law or statutory guidance: 5 working days. "
            "Count a target in working days too.",
        ),
        (
            "panel_question",
            0,
            Unit.DAYS,
            "“Answer to the Panel” is set by national expectation: the day itself. A target cannot be earlier.",
        ),
        ("meeting", 61, Unit.MONTHS, "A period in months must be a whole number from 0 to 60."),
    ],
)
def test_what_binds_can_only_be_made_stricter(session, anyshire, deadline, count, unit, sentence):
    with pytest.raises(Refused) as refusal:
        setting(session, anyshire, deadline, count, unit)
    assert refusal.value.sentence == sentence
    assert session.scalars(sa.select(LocalRule)).all() == []


def test_less_than_seven_working_days_ahead_is_refused_and_more_is_not(session, anyshire):
    with pytest.raises(Refused, match="8 working days before or more"):
        setting(session, anyshire, "notify_ahead", 6, workflow="lcspr")
    assert setting(session, anyshire, "notify_ahead", 8, workflow="lcspr").period == 8


@pytest.mark.parametrize(("ago", "due_on"), [(1, date(2026, 12, 7)), (0, date(2026, 12, 4))], ids=["before", "from"])
def test_it_holds_for_clocks_counted_from_its_first_day_on(session, anyshire, ago, due_on):
    setting(session, anyshire, "meeting", 10, since=TODAY)
    assert notified(session, anyshire, TODAY - timedelta(days=ago))["meeting"].due_on == due_on


def test_a_clock_that_runs_keeps_its_date(session, anyshire):
    meeting = notified(session, anyshire)["meeting"]
    setting(session, anyshire, "meeting", 10)
    session.refresh(meeting)
    assert (meeting.due_on, meeting.local_rule_id) == (date(2026, 12, 8), None)


def test_of_two_rules_from_the_same_day_the_newer_holds_and_both_are_kept(session, anyshire):
    setting(session, anyshire, "meeting", 10)
    setting(session, anyshire, "meeting", 9)
    assert notified(session, anyshire)["meeting"].due_on == date(2026, 12, 3)
    assert session.scalars(sa.select(LocalRule.period).order_by(LocalRule.id)).all() == [10, 9]


def test_what_was_taken_back_leaves_custom_as_it_was(session, anyshire):
    setting(session, anyshire, "meeting", 10)
    unit, rule = a_unit(session), {"workflow": "rapid_review", "deadline": "meeting", "authority": AGREED}
    clear_local_period(unit, anyshire.partnership, effective_from=TODAY, **rule)
    assert notified(session, anyshire)["meeting"].due_on == date(2026, 12, 8)
    with pytest.raises(Refused, match="There is no local period or ladder for “Rapid review meeting”"):
        clear_local_period(unit, anyshire.partnership, effective_from=TODAY, **rule)


def test_another_partnership_counts_as_before(session, anyshire, midmarch):
    setting(session, anyshire, "meeting", 10)
    assert notified(session, midmarch)["meeting"].due_on == date(2026, 12, 8)


def test_an_imported_history_is_counted_by_the_rules_of_its_days(session, anyshire):
    setting(session, anyshire, "rapid_review", 10, since=date(2026, 1, 1))
    due = {}
    for reference, on in (("RR-OLD", date(2025, 6, 16)), ("RR-NEW", date(2026, 6, 15))):
        past = PastCase(
            row=2,
            reference=reference,
            column="case_ref",
            workflow="rapid_review",
            steps=tuple(
                PastStep(name=name, on=PartialDay.of(day), placed_on=day, column="notified_date")
                for name, day in (("receive_referral", on), *((step, on) for step in NOTIFIED))
            ),
            dated=frozenset({"sign_off"}),
        )
        case = open_past_case(a_unit(session), anyshire.partnership, past)
        due[reference] = next((c.due_on, c.target_on) for c in case.clocks if c.name == "rapid_review")
    assert due == {"RR-OLD": (date(2025, 7, 7), None), "RR-NEW": (date(2026, 7, 6), date(2026, 6, 29))}


def test_a_bank_holiday_moves_the_date_and_the_target(session, anyshire):
    setting(session, anyshire, "rapid_review", 12)
    setting(session, anyshire, "meeting", 10)
    clocks = notified(session, anyshire)
    found = load_holidays(a_unit(session), listed(d2026_11_27="National day of thanks"), source="list.json")
    moves = {each.clock: (each.was, each.now, each.target_was, each.target_now) for each in found.clocks}
    assert moves == {
        "meeting": (date(2026, 12, 4), date(2026, 12, 7), None, None),
        "rapid_review": (date(2026, 12, 11), date(2026, 12, 14), date(2026, 12, 8), date(2026, 12, 9)),
    }
    assert clocks["rapid_review"].target_on == date(2026, 12, 9)


def test_a_holiday_between_target_and_date_moves_the_date_alone(session, anyshire):
    setting(session, anyshire, "rapid_review", 12)
    notified(session, anyshire)
    found = load_holidays(a_unit(session), listed(d2026_12_10="Another day of thanks"), source="list.json")
    (moved,) = found.clocks
    assert (moved.now, moved.target_now) == (date(2026, 12, 14), date(2026, 12, 8))


def test_a_ladder_of_their_own_needs_no_period(session, anyshire):
    rule = setting(session, anyshire, "meeting", ladder="check-ladder")
    assert local_rules_of(session, anyshire.partnership.id).in_force("rapid_review", "meeting", TODAY) is rule
    assert notified(session, anyshire)["meeting"].local_rule_id is None


@pytest.mark.parametrize("ladder", ["calendar-ladder", "no-such-ladder"])
def test_a_ladder_must_be_one_for_clocks(session, anyshire, ladder):
    with pytest.raises(
        Refused, match=f"There is no ladder “{ladder}” for clocks. Choose one of: answer-ladder, check-ladder"
    ):
        setting(session, anyshire, "meeting", ladder=ladder)


def test_something_must_be_set_and_said_who_agreed_it(session, anyshire):
    with pytest.raises(Refused, match="Enter a period, or choose a ladder"):
        setting(session, anyshire, "meeting")
    with pytest.raises(Refused, match="who agreed it and when"):
        setting(session, anyshire, "meeting", 10, authority=" \n ")


@pytest.mark.parametrize(("workflow", "deadline"), [("rapid_review", "no_such"), ("no_such_kind", "sin")])
def test_an_unknown_deadline_is_not_found(session, anyshire, workflow, deadline):
    with pytest.raises(NotFound):
        setting(session, anyshire, deadline, 1, workflow=workflow)


@pytest.mark.parametrize("role", Role)
def test_each_realm_is_set_by_its_own_manager(session, anyshire, role):
    actor = anyshire.actors[role]
    allowed = {
        "rapid_review": role is Role.BUSINESS_MANAGER,
        "cdop_case": role is Role.CDOP_MANAGER,
    }
    deadlines = {"rapid_review": "meeting", "cdop_case": CASE_WORKFLOWS["cdop_case"].deadlines[0].name}
    for workflow, may in allowed.items():
        if may:
            setting(session, anyshire, deadlines[workflow], ladder="check-ladder", workflow=workflow, actor=actor)
        else:
            with pytest.raises(NotAllowed):
                setting(session, anyshire, deadlines[workflow], ladder="check-ladder", workflow=workflow, actor=actor)


def test_a_manager_sets_nothing_for_another_partnership(session, anyshire, midmarch):
    with pytest.raises(NotAllowed):
        setting(session, midmarch, "meeting", 10, actor=anyshire.actors[Role.BUSINESS_MANAGER])


def test_the_history_of_the_partnership_says_what_was_set(session, anyshire):
    manager = anyshire.actors[Role.BUSINESS_MANAGER]
    rule = setting(session, anyshire, "meeting", 10, actor=manager)
    session.flush()
    event = session.scalars(sa.select(Event).where(Event.kind == EventKind.LOCAL_RULE_SET)).one()
    assert (event.partnership_id, event.case_id, event.recorded_by) == (
        anyshire.partnership.id,
        None,
        manager.signature,
    )
    assert event.details == {
        "rule": rule.id,
        "workflow": "rapid_review",
        "deadline": "meeting",
        "from": "2020-01-01",
        "period": 10,
        "unit": "working-days",
        "ladder": None,
        "counted_from": None,
    }


def test_a_manager_is_listed_the_deadlines_of_their_realm(session, anyshire):
    setting(session, anyshire, "meeting", 10)
    lines = {}
    for role in (Role.BUSINESS_MANAGER, Role.CDOP_MANAGER):
        found = local_periods(session, anyshire.actors[role], partnership_id=anyshire.partnership.id, today=TODAY)
        assert {line.kind.realm for line in found if not line.kind.inside} == {
            Realm.REVIEWS if role is Role.BUSINESS_MANAGER else Realm.CHILD_DEATHS
        }
        lines |= {(line.kind.name, line.deadline.name): line for line in found}
    assert str(lines["rapid_review", "meeting"].local_period) == "10 working days"
    assert lines["rapid_review", "sin"].in_force is None


def test_the_rules_are_asked_for_once_however_many_clocks_start(session, anyshire):
    setting(session, anyshire, "sin", 3)
    unit, opening = a_unit(session), CASE_WORKFLOWS["rapid_review"].opening
    case = open_case(
        unit,
        workflow="rapid_review",
        partnership=anyshire.partnership,
        happened_on=TODAY,
        answers=facts_for(opening, on=TODAY),
    )
    assert [clock.target_on for clock in case.clocks] == [date(2026, 11, 25)]
    assert unit.local_rules(anyshire.partnership.id) is unit.local_rules(anyshire.partnership.id)
