"""Layout of a workflow drawing: every stage and step is shown, and nothing overlaps."""

from enum import StrEnum
from itertools import combinations

import pytest

from workflows.catalogue import BUILT_IN
from workflows.core.vocabulary import BACK, UNOPENED, OnHold, Step, Track
from workflows.definitions.action import ACTION
from workflows.definitions.rapid_review import RAPID_REVIEW
from workflows.definitions.shared.roles import UNIT
from workflows.diagrams.svg import BEGINS, Arrow, Card, Drawing, Leads, draw

TRACKS = {
    f"{workflow.name}-{workflow.version}-{track.name}": track
    for workflow in (*BUILT_IN.every(), ACTION)
    for track in workflow.tracks
}
NARROWEST = 290
"""What is left of a screen of 320 pixels; what is much wider would shrink there until it cannot be read."""
every_track = pytest.mark.parametrize("track", TRACKS.values(), ids=TRACKS)


class S(StrEnum):
    BEGUN = "begun"
    WRITTEN = "written"
    HELD = "on_hold"
    DONE = "done"


HELD_BACK = Track(
    "review",
    "Review",
    S,
    S.BEGUN,
    frozenset({S.DONE}),
    (
        Step("begin", "Begin", (UNOPENED,), S.BEGUN, UNIT),
        Step("write", "Write it", (S.BEGUN,), S.WRITTEN, UNIT),
        Step("begin_again", "Begin again", (S.WRITTEN,), S.BEGUN, UNIT),
        Step("finish", "Finish", (S.WRITTEN,), S.DONE, UNIT),
        Step("hold", "Hold it back", (S.BEGUN, S.WRITTEN), S.HELD, UNIT, hold=OnHold.START),
        Step("look", "Look at the hold", (S.HELD,), "", UNIT, hold=OnHold.REVIEW),
        Step("lift", "Lift the hold", (S.HELD,), BACK, UNIT, hold=OnHold.LIFT),
    ),
)


@every_track
def test_every_stage_has_one_card(track: Track) -> None:
    drawn = [card.stage for card in draw(track).cards if card.stage not in ("", UNOPENED)]
    assert drawn == [stage.value for stage in track.stages]


@every_track
def test_every_step_stands_on_a_card(track: Track) -> None:
    drawing = draw(track)
    listed = {step for card in drawing.cards for step in card.steps}
    rows = {row.step for card in drawing.cards for row in card.rows}
    assert listed == set(track.steps)
    assert rows == {step for step in track.steps if not track.is_opened_by(step)}


@every_track
def test_no_card_lies_upon_another_or_sticks_out(track: Track) -> None:
    drawing = draw(track)
    for one, other in combinations(drawing.cards, 2):
        assert one.y + one.height < other.y or other.y + other.height < one.y
    for card in drawing.cards:
        assert card.x > 0
        assert card.y > 0
        assert card.x + card.width < drawing.width
        assert card.y + card.height < drawing.height


@every_track
def test_the_lines_of_a_card_stand_within_it_one_under_another(track: Track) -> None:
    for card in draw(track).cards:
        lines = [row.y + 18 * at for row in card.rows for at in range(len(row.lines))]
        assert lines == sorted(set(lines))
        assert all(card.middle < y < card.y + card.height for y in lines)


@every_track
def test_every_way_of_a_step_is_an_arrow_from_its_card_to_the_stage_it_leads_to(track: Track) -> None:
    drawn = {(arrow.step, arrow.source, arrow.to) for arrow in draw(track).arrows if not arrow.is_return}
    for step in track.steps:
        if step.to and step.to != BACK:
            sources = {str(source) for source in step.source} - {str(step.to)}
            assert {(step.name, source, step.to) for source in sources} <= drawn or (step.name, "", step.to) in drawn


@every_track
def test_an_arrow_leaves_from_the_edge_of_a_card_and_ends_at_another(track: Track) -> None:
    drawing = draw(track)
    for arrow in drawing.arrows:
        end = _card(drawing, arrow.to)
        assert any(_is_on_the_edge(card, arrow.points[0]) for card in drawing.cards)
        assert _is_on_the_edge(end, arrow.points[-1])
        assert all(0 < x < drawing.width and 0 < y < drawing.height for x, y in arrow.points)


@every_track
def test_ways_to_different_stages_never_run_upon_each_other(track: Track) -> None:
    for one, other in combinations([arrow for arrow in draw(track).arrows if len(arrow.points) > 2], 2):
        if one.to != other.to and one.points[1][0] == other.points[1][0]:
            first, second = sorted([_span(one), _span(other)])
            assert first[1] < second[0]


@every_track
def test_a_drawing_is_narrow_enough_for_a_small_screen(track: Track) -> None:
    assert draw(track).width < NARROWEST * 1.3


def test_neighbours_are_joined_straight_and_others_round_the_side() -> None:
    arrows = {arrow.step: arrow for arrow in draw(HELD_BACK).arrows}
    assert len(arrows["write"].points) == 2
    assert len(arrows["finish"].points) == 4
    assert _leads(HELD_BACK, "write") == Leads.DOWN
    assert _leads(HELD_BACK, "finish") == Leads.RIGHT
    assert _leads(HELD_BACK, "begin_again") == Leads.LEFT
    assert _leads(HELD_BACK, "look") == Leads.STAYS


def test_lifting_a_hold_is_drawn_as_a_return_to_every_stage_it_may_have_been_placed_at() -> None:
    returns = [arrow for arrow in draw(HELD_BACK).arrows if arrow.is_return]
    assert _leads(HELD_BACK, "lift") == Leads.BACK
    assert [(arrow.step, arrow.source, arrow.to) for arrow in returns] == [
        ("lift", "on_hold", "begun"),
        ("lift", "on_hold", "written"),
    ]


def test_a_step_from_many_stages_stands_once_on_a_card_of_its_own() -> None:
    cards = [card for card in draw(RAPID_REVIEW.tracks[0]).cards if "transfer" in [step.name for step in card.steps]]
    assert [(card.is_group, " ".join(card.head)) for card in cards] == [(True, "From every stage but the ends")]


def test_a_track_says_how_it_begins_and_which_stages_are_ends() -> None:
    first, *_, last = draw(HELD_BACK).cards
    assert (first.stage, first.head) == (UNOPENED, ("Begin",))
    assert (last.is_end, last.notes) == (True, ("An end",))
    without = Track("plan", "Plan", S, S.BEGUN, frozenset({S.DONE}), HELD_BACK.steps[1:])
    assert draw(without).cards[0].head == (BEGINS,)
    assert draw(without).arrows[0].to == "begun"


def test_notes_are_written_at_their_stage_and_make_room_for_themselves() -> None:
    plain, noted = draw(HELD_BACK), draw(HELD_BACK, {"written": ["Reached 3 March 2026"]})
    assert _card(noted, "written").notes == ("Reached 3 March 2026",)
    assert _card(noted, "written").height > _card(plain, "written").height
    assert _card(noted, "on_hold").y > _card(plain, "on_hold").y


def test_an_arrow_is_written_for_svg_with_round_corners_and_a_head() -> None:
    arrow = Arrow("a", "b", "c", ((100, 10), (120, 10), (120, 90), (100, 90)))
    assert arrow.path == "M100 10L114 10Q120 10 120 16L120 84Q120 90 114 90L106 90"
    assert arrow.head == "100,90 108,86 108,94"
    assert Arrow("a", "b", "c", ((50, 10), (50, 40))).head == "50,40 46,32 54,32"


def _card(drawing: Drawing, stage: str) -> Card:
    return next(card for card in drawing.cards if card.stage == stage or (not stage and card.is_group))


def _leads(track: Track, step: str) -> Leads:
    return next(row.leads for card in draw(track).cards for row in card.rows if row.step.name == step)


def _is_on_the_edge(card: Card, point: tuple[int, int]) -> bool:
    x, y = point
    across = x in (card.x, card.x + card.width) and card.y <= y <= card.y + card.height
    return across or (y in (card.y, card.y + card.height) and card.x <= x <= card.x + card.width)


def _span(arrow: Arrow) -> tuple[int, int]:
    ends = sorted((arrow.points[1][1], arrow.points[2][1]))
    return ends[0], ends[1]
