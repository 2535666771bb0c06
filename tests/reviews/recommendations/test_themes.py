"""Themes of a partnership, and their figures over time, by agency and of repeats."""

from datetime import date

import pytest
import sqlalchemy as sa

from reviews.access.permissions import NotAllowed
from reviews.models import Action, ActionAnswer, Event, EventKind, Theme
from reviews.recommendations.commands import add_finding
from reviews.recommendations.queries import RecommendationOutcome
from reviews.recommendations.theme_counts import theme_lines, theme_names, themes_of_findings, themes_of_recommendations
from reviews.recommendations.theme_page import find_theme_to_see, theme_agencies, theme_recommendations, theme_years
from reviews.recommendations.themes import SHIPPED_THEMES, add_theme, end_theme, find_theme, rename_theme, set_themes
from reviews.transactions.unit_of_work import NotFound
from tests.builders import TODAY, a_case, a_recommendation, a_unit, a_world, an_action
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm, Role

NEGLECT = "Neglect"
OLD, NEW = date(2023, 5, 2), date(2026, 2, 3)


@pytest.fixture
def session(database):
    with database() as opened:
        yield opened


@pytest.fixture
def world(database):
    return a_world(database)


def told(session, place, *themes, on=NEW, workflow="rapid_review", **of_action):
    """Make a recommendation of a review of its own, under its themes; with a stage it gets one action."""
    case = a_case(session, place.partnership, workflow, opened_on=on, agencies=(place.agencies["Council"],))
    said = a_recommendation(session, case)
    set_themes(a_unit(session), case, said, themes)
    if of_action:
        ended_on = of_action.pop("ended_on", None)
        action = an_action(session, case, recommendation=said, **of_action)
        action.ended_on = ended_on or action.ended_on
        session.flush()
    return said


def line(session, place, name=NEGLECT, realm=Realm.REVIEWS, role=Role.BUSINESS_MANAGER):
    found = theme_lines(session, place.actors[role], partnership_id=place.partnership.id, realm=realm, today=TODAY)
    return next(one for one in found if one.name == name)


def manager_unit(session, place):
    return a_unit(session, place.actors[Role.BUSINESS_MANAGER])


def test_the_shipped_themes_are_there_before_anything_is_kept(session, world):
    place = world.anyshire
    manager = place.actors[Role.BUSINESS_MANAGER]
    assert theme_names(session, manager, place.partnership.id) == list(SHIPPED_THEMES)
    assert line(session, place).theme_id is None
    assert len(SHIPPED_THEMES) == len({name.casefold() for name in SHIPPED_THEMES}) > 24
    assert list(SHIPPED_THEMES) == sorted(SHIPPED_THEMES, key=str.casefold)


def test_a_partnership_adds_renames_and_ends_its_own(session, world):
    place, other = world.anyshire, world.midmarch
    unit = manager_unit(session, place)
    add_theme(unit, place.partnership.id, "  Dogs  at home ")
    neglect = session.scalars(sa.select(Theme).where(Theme.name == NEGLECT)).one()
    rename_theme(unit, neglect, "Neglect of any kind")
    end_theme(unit, session.scalars(sa.select(Theme).where(Theme.name == "Training")).one())
    session.flush()
    names = theme_names(session, unit.actor, place.partnership.id)
    assert {"Dogs at home", "Neglect of any kind"} <= set(names)
    assert not {NEGLECT, "Training"} & set(names)
    assert theme_names(session, other.actors[Role.BUSINESS_MANAGER], other.partnership.id) == list(SHIPPED_THEMES)
    assert add_theme(unit, place.partnership.id, "training").ended_on is None
    changes = session.scalars(sa.select(Event.details).where(Event.kind == EventKind.THEME_CHANGED)).all()
    assert {"theme": "Neglect of any kind", "what": "renamed", "before": NEGLECT} in changes


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "neglect", "Ne\x07glect"])
def test_a_theme_needs_a_name_of_its_own(session, world, name):
    with pytest.raises(Refused):
        add_theme(manager_unit(session, world.anyshire), world.anyshire.partnership.id, name)


def test_two_themes_cannot_get_one_name(session, world):
    unit = manager_unit(session, world.anyshire)
    theme = add_theme(unit, world.anyshire.partnership.id, "Dogs")
    with pytest.raises(Refused, match="There is already a theme “Neglect”"):
        rename_theme(unit, theme, "NEGLECT")


@pytest.mark.parametrize("role", [Role.SUBGROUP_CHAIR, Role.AGENCY_LEAD])
def test_themes_are_kept_by_the_business_unit(session, world, role):
    unit = a_unit(session, world.anyshire.actors[role])
    with pytest.raises(NotAllowed):
        add_theme(unit, world.anyshire.partnership.id, "Dogs")


def test_another_partnerships_theme_does_not_exist(session, world):
    theme = add_theme(a_unit(session), world.midmarch.partnership.id, "Dogs")
    manager = world.anyshire.actors[Role.BUSINESS_MANAGER]
    with pytest.raises(NotFound):
        find_theme(a_unit(session, manager), theme.id)
    with pytest.raises(NotFound):
        find_theme_to_see(session, manager, theme.id)


def test_recommendations_and_findings_are_told_under_themes_and_the_history_says_so(session, world):
    place = world.anyshire
    case = a_case(session, place.partnership)
    said, found = a_recommendation(session, case), add_finding(a_unit(session), case, text="Nobody asked.")
    unit = manager_unit(session, place)
    assert set_themes(unit, case, said, ["neglect", "Thresholds"])
    assert set_themes(unit, case, said, [NEGLECT])
    assert not set_themes(unit, case, said, [NEGLECT])
    assert set_themes(unit, case, found, [NEGLECT])
    assert themes_of_recommendations(session, unit.actor, [said.id]) == {said.id: (NEGLECT,)}
    assert themes_of_findings(session, unit.actor, [found.id]) == {found.id: (NEGLECT,)}
    session.flush()
    kept = session.scalars(sa.select(Event.details).where(Event.kind == EventKind.THEMES_SET).order_by(Event.id)).all()
    assert kept == [
        {"of": "R1", "themes": [NEGLECT, "Thresholds"], "before": []},
        {"of": "R1", "themes": [NEGLECT], "before": [NEGLECT, "Thresholds"]},
        {"of": "F1", "themes": [NEGLECT], "before": []},
    ]


def test_an_ended_theme_stays_where_it_is_and_is_offered_no_more(session, world):
    place = world.anyshire
    said = told(session, place, NEGLECT)
    unit = manager_unit(session, place)
    end_theme(unit, session.scalars(sa.select(Theme).where(Theme.name == NEGLECT)).one())
    session.flush()
    case = unit.case("RR-2026-01")
    assert set_themes(unit, case, said, [NEGLECT, "Training"])
    with pytest.raises(Refused, match="There is no theme “Neglect” to choose"):
        set_themes(unit, case, a_recommendation(session, case, "Another."), [NEGLECT])
    assert NEGLECT in theme_names(session, unit.actor, place.partnership.id, [NEGLECT])
    assert line(session, place).ended_on == TODAY


def test_a_theme_is_counted_with_what_was_repeated_after_it_was_closed(session, world):
    place = world.anyshire
    told(session, place, NEGLECT, on=OLD, stage="closed_complete", ended_on=date(2024, 1, 9))
    told(session, place, NEGLECT, on=date(2023, 6, 1), due_on=date(2023, 9, 1))
    told(session, place, NEGLECT, on=NEW)
    told(session, place, "Training", on=NEW)
    found = line(session, place)
    assert (found.recommendations, found.reviews, found.repeated) == (3, 3, 1)
    assert (found.open, found.overdue, found.last_opened_on) == (1, 1, NEW)
    assert line(session, place, "Training").repeated == 0
    theme = find_theme_to_see(session, place.actors[Role.BUSINESS_MANAGER], found.theme_id)
    years = theme_years(session, place.actors[Role.BUSINESS_MANAGER], theme, realm=Realm.REVIEWS, today=TODAY)
    assert [(one.in_words, one.recommendations, one.reviews, one.repeated) for one in years] == [
        ("2025–26", 1, 1, 1),
        ("2023–24", 2, 2, 0),
    ]
    page = theme_recommendations(session, place.actors[Role.BUSINESS_MANAGER], theme, realm=Realm.REVIEWS, today=TODAY)
    assert [(one.opened.exact, one.outcome.closed_on, one.outcome.repeated) for one in page.rows] == [
        (NEW, None, 0),
        (date(2023, 6, 1), None, 0),
        (OLD, date(2024, 1, 9), 1),
    ]


def test_what_is_still_open_anywhere_is_not_closed(session, world):
    place = world.anyshire
    said = told(session, place, NEGLECT, on=OLD, stage="embedded", ended_on=date(2024, 1, 9))
    other = a_case(session, place.partnership, opened_on=OLD)
    further = an_action(session, other, due_on=TODAY)
    session.add(ActionAnswer(action_id=further.id, recommendation_id=said.id))
    session.flush()
    told(session, place, NEGLECT, on=NEW)
    theme = find_theme_to_see(session, place.actors[Role.BUSINESS_MANAGER], line(session, place).theme_id)
    page = theme_recommendations(session, place.actors[Role.BUSINESS_MANAGER], theme, realm=Realm.REVIEWS, today=TODAY)
    assert page.rows[1].outcome == RecommendationOutcome("", None, 2, 1, 0, 0, 0, 1, 0, 0, None, 0)
    assert line(session, place).repeated == 0


def test_two_recommendations_of_one_review_do_not_repeat_each_other(session, world):
    place = world.anyshire
    said = told(session, place, NEGLECT, on=NEW, stage="closed_complete", ended_on=OLD)
    case = a_unit(session).case("RR-2026-01")
    set_themes(a_unit(session), case, a_recommendation(session, case, "Another."), [NEGLECT])
    assert said.case_id == case.id
    assert line(session, place).repeated == 0


def test_an_action_that_answers_two_recommendations_is_counted_once_by_its_agency(session, world):
    place = world.anyshire
    first = told(session, place, NEGLECT, agency=place.agencies["Police"], due_on=OLD)
    second = told(session, place, NEGLECT, agency=place.agencies["Police"], stage="embedded")
    told(session, place, NEGLECT, stage="no_longer_needed")
    action = session.scalars(sa.select(Action).where(Action.recommendation_id == first.id)).one()
    session.add(ActionAnswer(action_id=action.id, recommendation_id=second.id))
    session.flush()
    manager = place.actors[Role.BUSINESS_MANAGER]
    theme = find_theme_to_see(session, manager, line(session, place).theme_id)
    found = theme_agencies(session, manager, theme, realm=Realm.REVIEWS, today=TODAY)
    assert [(one.name, one.actions, one.embedded, one.open, one.overdue, one.dropped) for one in found] == [
        ("Anyshire Police", 2, 1, 1, 1, 0),
        (None, 1, 0, 0, 0, 1),
    ]


def test_the_realms_and_the_partnerships_are_counted_apart(session, world):
    told(session, world.anyshire, NEGLECT, workflow="cdop_case")
    told(session, world.midmarch, NEGLECT)
    place = world.anyshire
    assert line(session, place).recommendations == 0
    assert line(session, place, realm=Realm.CHILD_DEATHS).recommendations == 0
    assert line(session, place, realm=Realm.CHILD_DEATHS, role=Role.CDOP_MANAGER).recommendations == 1
    assert line(session, place, role=Role.CDOP_MANAGER).recommendations == 0


def test_an_agencys_member_counts_the_reviews_of_their_agency(session, world):
    place = world.anyshire
    told(session, place, NEGLECT)
    case = a_case(session, place.partnership, agencies=(place.agencies["Police"],))
    set_themes(a_unit(session), case, a_recommendation(session, case), [NEGLECT])
    assert line(session, place).recommendations == 2
    assert line(session, place, role=Role.REVIEW_SUBGROUP_MEMBER).recommendations == 1
