"""A list of past cases read into histories: what becomes of its rows, the first time and when it comes again."""

from datetime import date
from itertools import count

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.cases.case_access import confine, exclude
from reviews.cases.facts import facts_of
from reviews.imports.history import CaseOutcome, RowRefused, import_cases, open_past_case
from reviews.imports.readers.past_files import read_histories
from reviews.imports.readers.past_rows import PastCase, PastFact, PastStep
from reviews.models import (
    Case,
    CaseClock,
    CaseFact,
    CaseLink,
    CaseRight,
    Event,
    EventKind,
    Partnership,
    RightKind,
)
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, TO_THE_PANEL, TODAY, a_case, a_unit, a_world, take
from tests.changes import nothing_changes
from tests.reviews.imports.lists import DEATH, DEATHS, NO_LCSPR, REVIEW, REVIEWS, write
from workflows.core.days import PartialDay
from workflows.core.vocabulary import UNOPENED, Role
from workflows.definitions import CASE_WORKFLOWS

OPEN = {"lcspr_status_at_extract": "in progress", "lcspr_completed_date": "", "publication_date": ""}
HELD = {"publication_date": "", "publication_hold_reason": "criminal proceedings"}


@pytest.fixture
def world(database):
    return a_world(database)


@pytest.fixture
def anyshire(world):
    return world.anyshire


@pytest.fixture
def bring_in(database, clock, tmp_path, anyshire):
    """Import rows, or a file as it stands."""
    numbers = count(1)

    def act(*rows, file=None, workflow="rapid_review", actor=BUILDER, lenient=False, place=anyshire):
        path = file or write(tmp_path / f"list-{next(numbers)}.csv", *rows)
        definition = CASE_WORKFLOWS[workflow]
        histories = read_histories(path, workflow=definition, today=TODAY)
        with unit_of_work(database, actor, clock) as unit:
            partnership = unit.partnership(place.partnership.code)
            return import_cases(unit, partnership, definition, histories, lenient=lenient)

    return act


@pytest.fixture
def case(database):
    def act(reference):
        with database() as session:
            found = session.scalars(sa.select(Case).where(Case.reference == reference)).one()
            assert (found.tracks, found.clocks, found.facts) is not None
            return found

    return act


def counts(done):
    return tuple(done.count(outcome) for outcome in CaseOutcome)


def stages(case):
    return [track.stage for track in case.tracks]


def clocks(case):
    return {clock.name: (clock.counted_from_on, clock.due_on, clock.met_on, clock.dropped_on) for clock in case.clocks}


def history(database, case):
    query = sa.select(Event).where(Event.case_id == case.id).order_by(Event.happened_on, Event.id)
    with database() as session:
        return list(session.scalars(query))


def moves(database, case):
    taken = [event for event in history(database, case) if event.kind is EventKind.STEP_TAKEN]
    return [(event.step, event.day and event.day.exact) for event in taken]


def test_both_samples_come_in_whole_and_again_without_a_change(bring_in, database):
    assert counts(bring_in(file=REVIEWS)) == (22, 0, 0)
    assert counts(bring_in(file=DEATHS, workflow="cdop_case")) == (6, 0, 0)
    with nothing_changes(database):
        assert counts(bring_in(file=REVIEWS)) == (0, 0, 22)
        assert counts(bring_in(file=DEATHS, workflow="cdop_case")) == (0, 0, 6)


def test_a_row_becomes_a_rapid_review_and_the_practice_review_it_led_to(bring_in, database, case):
    bring_in(REVIEW)
    review, practice = case("ES-19-01"), case("ES-19-01-LCSPR")

    assert (stages(review), stages(practice)) == (["closed_lcspr"], ["finalised", "published", "none"])
    assert (review.opened_on, review.closed_on) == (date(2019, 4, 11), date(2019, 5, 20))
    assert (practice.opened_on, practice.closed_on) == (date(2019, 5, 20), None)
    with database() as session:
        links = session.execute(sa.select(CaseLink.from_case_id, CaseLink.to_case_id, CaseLink.kind)).all()
    assert [tuple(link) for link in links] == [(review.id, practice.id, "led_to")]


def test_the_clocks_are_those_of_the_days_and_met_on_them(bring_in, case):
    bring_in(REVIEW)

    assert clocks(case("ES-19-01")) == {
        "sin": (date(2019, 4, 11), date(2019, 4, 18), date(2019, 4, 15), None),
        "rapid_review": (date(2019, 4, 11), date(2019, 5, 7), date(2019, 5, 5), None),
    }
    assert clocks(case("ES-19-01-LCSPR")) == {
        "publication": (date(2019, 5, 20), date(2019, 11, 20), date(2021, 7, 15), None)
    }


def test_every_step_has_the_day_it_happened_and_the_moment_it_was_recorded(bring_in, database, case, clock):
    bring_in(REVIEW | NO_LCSPR)
    events = history(database, case("ES-19-01"))

    assert moves(database, case("ES-19-01")) == [
        ("receive_referral", date(2019, 4, 11)),
        ("submit_sin", date(2019, 4, 15)),
        ("sign_off", date(2019, 5, 5)),
        ("confirm_no_further_review", None),
    ]
    assert {event.recorded_at for event in events} == {clock.at}
    assert all(event.details == {"imported": True, "row": 2} for event in events)


def test_the_history_replays_to_the_present_stages(bring_in, database, case):
    bring_in(REVIEW | HELD)
    practice = case("ES-19-01-LCSPR")
    replayed = {"review": UNOPENED, "publication": "not_ready", "action_plan": "none"}
    for event in history(database, practice):
        if event.kind is EventKind.STEP_TAKEN:
            assert replayed[event.track] == event.from_stage
            replayed[event.track] = event.to_stage

    assert list(replayed.values()) == stages(practice) == ["finalised", "on_hold", "none"]


@pytest.mark.parametrize(
    ("gap", "reference", "without"),
    [
        ("la_aware_date", "ES-19-01", "sin"),
        ("notified_date", "ES-19-01", "sin"),
        ("notified_date", "ES-19-01", "rapid_review"),
        ("rapid_review_completed", "ES-19-01", "rapid_review"),
        ("lcspr_decision_date", "ES-19-01-LCSPR", "publication"),
    ],
)
def test_a_day_that_is_missing_gives_no_clock_and_so_no_lateness(bring_in, case, gap, reference, without):
    bring_in(REVIEW | {gap: ""})
    assert without not in clocks(case(reference))


def test_what_the_list_has_no_column_for_is_neither_in_time_nor_late(bring_in, case):
    bring_in(REVIEW | OPEN)

    assert set(clocks(case("ES-19-01"))) == {"sin", "rapid_review"}
    assert set(clocks(case("ES-19-01-LCSPR"))) == {"publication"}


def test_a_review_that_is_not_published_is_late_to_this_day(bring_in, case):
    bring_in(REVIEW | HELD)
    practice = case("ES-19-01-LCSPR")

    assert clocks(practice) == {"publication": (date(2019, 5, 20), date(2019, 11, 20), None, None)}
    assert [(fact.name, fact.value) for fact in practice.facts] == [("hold_reason", "criminal_proceedings")]


def test_a_withdrawn_notification_ends_the_case_and_has_no_clock_for_a_review(bring_in, case):
    gaps = {"rapid_review_outcome": "", "rapid_review_completed": ""}
    bring_in(REVIEW | NO_LCSPR | gaps | {"notification_withdrawn": "yes"})
    withdrawn = case("ES-19-01")

    assert stages(withdrawn) == ["withdrawn"]
    assert set(clocks(withdrawn)) == {"sin"}
    assert withdrawn.closed_on == date(2019, 4, 15)


def test_no_guard_counts_from_a_day_nobody_knows(bring_in, database, case):
    bring_in(REVIEW | {"lcspr_decision_date": "", "publication_date": ""})
    practice = case("ES-19-01-LCSPR")
    with database() as session:
        facts = facts_of(session, BUILDER, session.merge(practice), CASE_WORKFLOWS["lcspr"], on=TODAY)

    assert facts.happened == {"sign_off": date(2021, 5, 28)}


def test_deaths_that_are_not_counted_stay_visible_as_what_they_are(bring_in, case):
    bring_in(file=DEATHS, workflow="cdop_case")
    found = {reference: case(reference) for reference in ("ANY-001", "ANY-003", "ANY-004", "ANY-005", "ANY-006")}
    told = {
        reference: {fact.name: fact.value for fact in one.facts}["record_status"] for reference, one in found.items()
    }

    assert {reference: stages(one)[0] for reference, one in found.items()} == {
        "ANY-001": "reviewed",
        "ANY-003": "triaged",
        "ANY-004": "out_of_scope",
        "ANY-005": "transferred_out",
        "ANY-006": "out_of_scope",
    }
    assert list(told.values()) == ["in scope", "in scope", "not a live birth", "out of area", "duplicate"]
    assert [one.closed_on is None for one in found.values()] == [True, True, False, False, False]
    assert not any(one.clocks for one in found.values())


def test_later_days_move_a_known_case_on(bring_in, database, case):
    bring_in(REVIEW | OPEN)
    assert counts(bring_in(REVIEW | HELD)) == (0, 1, 1)
    assert stages(case("ES-19-01-LCSPR")) == ["finalised", "on_hold", "none"]
    assert counts(bring_in(REVIEW)) == (0, 1, 1)
    practice = case("ES-19-01-LCSPR")

    assert stages(practice) == ["finalised", "published", "none"]
    assert clocks(practice)["publication"][2] == date(2021, 7, 15)
    assert moves(database, practice) == [
        ("decide_lcspr", date(2019, 5, 20)),
        ("agree_tor", None),
        ("sign_off", date(2021, 5, 28)),
        ("place_hold", None),
        ("publish", date(2021, 7, 15)),
    ]


def test_a_practice_review_that_is_decided_later_is_made_and_linked_then(bring_in, case):
    bring_in(REVIEW | NO_LCSPR | {"rapid_review_outcome": ""})
    done = bring_in(REVIEW | OPEN)

    assert counts(done) == (1, 1, 0)
    assert stages(case("ES-19-01")) == ["closed_lcspr"]


def test_a_day_that_is_learned_later_starts_and_meets_its_clock(bring_in, database, case):
    bring_in(REVIEW | {"lcspr_decision_date": ""})
    assert clocks(case("ES-19-01-LCSPR")) == {}
    done = bring_in(REVIEW)
    practice = case("ES-19-01-LCSPR")

    assert counts(done) == (0, 2, 0)
    assert clocks(practice) == {"publication": (date(2019, 5, 20), date(2019, 11, 20), date(2021, 7, 15), None)}
    assert practice.opened_on == date(2019, 5, 20)
    assert ("decide_lcspr", None) in moves(database, practice)
    with nothing_changes(database):
        assert counts(bring_in(REVIEW)) == (0, 0, 2)


@pytest.mark.parametrize("learned", [name for name, cell in REVIEW.items() if cell.startswith("20")])
def test_a_list_that_is_filled_in_later_ends_where_the_whole_list_does(bring_in, case, learned):
    bring_in(REVIEW | {learned: ""}, REVIEW | {"case_ref": "ES-2"})
    bring_in(REVIEW, REVIEW | {"case_ref": "ES-2"})

    for ending in ("", "-LCSPR"):
        late, whole = case(f"ES-19-01{ending}"), case(f"ES-2{ending}")
        assert stages(late) == stages(whole)
        assert clocks(late) == clocks(whole)
        assert (late.opened_on, late.closed_on) == (whole.opened_on, whole.closed_on)


def test_a_day_that_is_recorded_is_never_overwritten(bring_in, database):
    bring_in(REVIEW)
    with nothing_changes(database):
        done = bring_in(REVIEW | {"notified_date": "2019-04-16"})

    assert [(one.row, one.column, one.reason) for one in done.refused] == [
        (
            2,
            "notified_date",
            "“Record the notification sent” is recorded for 15 April 2019. An import cannot change this. "
            "To keep both days, name where yours is from in a column “source”.",
        )
    ]


def test_a_fact_that_is_recorded_is_never_overwritten(bring_in, database):
    bring_in(DEATH, workflow="cdop_case")
    with nothing_changes(database):
        done = bring_in(DEATH | {"expected": "yes"}, workflow="cdop_case")

    assert [(one.column, one.reason) for one in done.refused] == [
        ("expected", "The case says “no”. An import cannot change this.")
    ]


def test_a_step_that_cannot_follow_is_refused(bring_in):
    bring_in(REVIEW | NO_LCSPR)
    done = bring_in(REVIEW)

    assert [(one.column, one.reason) for one in done.refused] == [
        (
            "lcspr_decision_date",
            "“Confirm a practice review” cannot follow, because the rapid review is at closed no further review.",
        )
    ]


def test_a_case_recorded_by_hand_is_taken_further_and_its_clocks_end(bring_in, database, case, anyshire):
    with database.begin() as session:
        by_hand = a_case(session, anyshire.partnership, reference="ES-19-01", opened_on=date(2019, 4, 11))
        take(session, by_hand, *TO_THE_PANEL[:3], on=date(2019, 4, 15))
        assert {clock.name for clock in by_hand.clocks if clock.is_running} == {"letters", "meeting", "rapid_review"}
    done = bring_in(REVIEW | NO_LCSPR)

    assert counts(done) == (0, 1, 0)
    assert stages(case("ES-19-01")) == ["closed_no_further_review"]
    ends = {name: (met, dropped) for name, (_, _, met, dropped) in clocks(case("ES-19-01")).items()}
    assert ends["rapid_review"] == (date(2019, 5, 5), None)
    assert ends["letters"] == ends["meeting"] == (None, date(2019, 5, 5))


def test_one_bad_row_stops_the_import_unless_the_others_are_wanted(bring_in, database, case):
    bad = REVIEW | {"case_ref": "ES-2", "publication_date": "2019-05-01"}
    with nothing_changes(database):
        strict = bring_in(REVIEW, bad)
    lenient = bring_in(REVIEW, bad, lenient=True)

    assert (strict.rows, counts(strict), [one.row for one in strict.refused]) == (2, (0, 0, 0), [3])
    assert (counts(lenient), [one.row for one in lenient.refused]) == ((2, 0, 0), [3])
    assert stages(case("ES-19-01")) == ["closed_lcspr"]


def test_of_a_row_whose_second_case_is_refused_the_first_is_not_kept(bring_in, database, anyshire):
    with database.begin() as session:
        a_case(session, anyshire.partnership, reference="ES-19-01-LCSPR")
    done = bring_in(REVIEW, lenient=True)

    assert [one.reason for one in done.refused] == ["ES-19-01-LCSPR is already the reference of another kind of case."]
    with database() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Case)) == 1
        assert session.scalar(sa.select(sa.func.count()).select_from(CaseClock).where(CaseClock.case_id > 1)) == 0


def test_a_reference_that_no_address_can_hold_is_refused(bring_in):
    done = bring_in(REVIEW | {"case_ref": "ES/19/01"})
    assert [(one.column, one.reason[:14]) for one in done.refused] == [("case_ref", "A reference ca")]


def test_the_same_reference_may_stand_in_two_partnerships(bring_in, database, world):
    bring_in(REVIEW)
    assert counts(bring_in(REVIEW, place=world.midmarch)) == (2, 0, 0)
    with database() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Case.reference == "ES-19-01")) == 2


@pytest.mark.parametrize("role", [Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN])
def test_the_business_unit_imports_reviews_and_no_deaths(bring_in, anyshire, role):
    bring_in(REVIEW, actor=anyshire.actors[role])
    with pytest.raises(NotAllowed):
        bring_in(DEATH, workflow="cdop_case", actor=anyshire.actors[role])


def test_the_cdop_manager_imports_deaths_and_no_reviews(bring_in, anyshire):
    bring_in(DEATH, workflow="cdop_case", actor=anyshire.actors[Role.CDOP_MANAGER])
    with pytest.raises(NotAllowed):
        bring_in(REVIEW, actor=anyshire.actors[Role.CDOP_MANAGER])


def test_nothing_but_what_is_asked_for_is_stored(bring_in, database):
    bring_in(REVIEW | {"Child": "Somebody Known"})
    with database() as session:
        stored = [*session.scalars(sa.select(CaseFact.words)), *map(str, session.scalars(sa.select(Event.details)))]
    assert not any("Somebody" in str(words) for words in stored)


def test_a_history_goes_on_by_hand(bring_in, database, case):
    bring_in(REVIEW | OPEN)
    with database.begin() as session:
        practice = a_unit(session).case("ES-19-01-LCSPR")
        take(session, practice, "submit_draft", on=date(2026, 11, 1))

    assert stages(case("ES-19-01-LCSPR"))[0] == "draft"


@pytest.mark.parametrize(("notified", "edition"), [("2021-03-31", None), ("2021-04-01", date(2021, 4, 1))])
def test_an_imported_step_has_the_edition_of_its_day(bring_in, case, database, notified, edition):
    bring_in(DEATH | {"date_of_death": "2021-03-30", "date_notified": notified}, workflow="cdop_case")

    with database() as session:
        query = sa.select(Event.form_edition).where(Event.case_id == case("ANY-002").id, Event.step == "notify_death")
        found = session.scalars(query).one()
    assert found == edition


@pytest.mark.parametrize(
    ("name", "value", "on", "reason"),
    [
        ("modifiable", "perhaps", "2019-03-31", "“Modifiable factors” must be one of the answers offered."),
        ("modifiable", True, "2019-03-31", "“Modifiable factors” is not of the kind that is asked for."),
        ("domain_child", "2", "2019-03-31", "is not asked by the form in use before 1 April 2019, which holds here."),
        ("old_domain_child", "2_of_3", "2019-04-01", "is not asked by the form of 1 April 2019, which holds here."),
    ],
)
def test_a_fact_of_a_list_is_held_to_what_the_form_of_its_day_takes(database, anyshire, name, value, on, reason):
    fact = PastFact(CASE_WORKFLOWS["cdop_case"].questions[name], value, "A heading")
    placed_on, day = date.fromisoformat(on), PartialDay.fromisoformat(on)
    steps = (
        PastStep("notify_death", day, placed_on, "Notified"),
        PastStep("review", day, placed_on, "Reviewed", (fact,)),
    )
    past = PastCase(2, "ANY-1", "Reference", "cdop_case", steps, frozenset())

    with database() as session, pytest.raises(RowRefused, match=reason) as refusal:
        open_past_case(a_unit(session), session.get_one(Partnership, anyshire.partnership.id), past)
    assert refusal.value.column == "A heading"


def test_facts_of_a_list_are_stored_in_the_kind_their_form_declares(bring_in, case):
    bring_in(DEATH, workflow="cdop_case")

    questions = CASE_WORKFLOWS["cdop_case"].questions
    facts = {fact.name: fact.kind for fact in case("ANY-002").facts}
    assert facts.keys() - questions.keys() == {"record_status", "factors"}
    assert {name: kind for name, kind in facts.items() if name in questions} == {
        name: questions[name].kind for name in facts.keys() & questions.keys()
    }


def test_a8_a_list_that_comes_again_leaves_a_case_confined_and_what_it_leads_to_is_confined_too(
    bring_in, database, clock, case
):
    bring_in(REVIEW | NO_LCSPR | {"rapid_review_outcome": "", "rapid_review_completed": ""})
    with unit_of_work(database, BUILDER, clock) as unit:
        found = unit.case("ES-19-01")
        exclude(unit, found, email="chair@anyshire.example", reason="They know the family.")
        confine(unit, found, reason="A colleague's child.")
    bring_in(REVIEW)
    review, practice = case("ES-19-01"), case("ES-19-01-LCSPR")
    assert review.confined_at is not None
    assert practice.confined_at is not None
    with database() as session:
        rights = session.execute(sa.select(CaseRight.case_id, CaseRight.kind).order_by(CaseRight.id)).all()
    assert [tuple(right) for right in rights] == [(each.id, RightKind.EXCLUDED) for each in (review, practice)]
