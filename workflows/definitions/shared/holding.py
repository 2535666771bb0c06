"""How is a track held, looked at again and let go? Three steps that any track may have, and the clock that reminds."""

from dataclasses import dataclass

from workflows.core.questions import Asked, Kind
from workflows.core.vocabulary import BACK, Deadline, Guard, OnHold, Role, Step
from workflows.core.working_days import Period, Unit
from workflows.definitions.shared.authorities import local
from workflows.definitions.shared.ladder_policies import HOLD_LADDER

REASONS = (
    ("criminal_proceedings", "Criminal proceedings"),
    ("parallel_investigation", "Parallel investigation"),
    ("inquest", "Inquest"),
    ("family_court", "Family court"),
    ("other_review", "Another review (DARDR, SAR or PSII)"),
    ("family_identifiable_or_welfare", "The family could be identified, or its welfare"),
    ("awaiting_panel_comment", "The Panel's comments are awaited"),
    ("pre_election", "Pre-election period"),
    ("resource", "Resources"),
)
OF_PUBLICATION = frozenset({"awaiting_panel_comment", "pre_election"})
REVIEW_REASONS = tuple((code, words) for code, words in REASONS if code not in OF_PUBLICATION)
"""Why a review itself may wait: nothing is published by it yet."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What a hold is called in one workflow: its facts begin with `name`, its three steps are named one by one."""

    name: str
    what: str
    place: str
    review: str
    lift: str
    reasons: tuple[tuple[str, str], ...] = REVIEW_REASONS

    def steps(
        self,
        held_from: tuple[str, ...],
        on_hold: str,
        *,
        by: frozenset[Role],
        reviewed_by: frozenset[Role],
        only_if: tuple[Guard, ...] = (),
        more: tuple[Asked, ...] = (),
        on_lifting: tuple[Asked, ...] = (),
    ) -> tuple[Step, ...]:
        """Give the three steps. `only_if` and `more` are what placing and reviewing want besides.

        No clock stops, and lifting leads back to the stage that is kept in the meantime.
        """
        place, review, lift = f"Hold {self.what} back", f"Look at the hold of {self.what} again", "Lift the hold"
        asked = (*self._asked(), *more), (self._text("advice", "What is advised now"), *self._days(), *more)
        lifted = (self._text("lifted_because", "What ended, or which advice changed"), *on_lifting)
        there = (on_hold,)
        return (
            Step(self.place, place, held_from, on_hold, by, only_if, asked[0], hold=OnHold.PLACE),
            Step(self.review, review, there, "", reviewed_by, only_if, asked[1], hold=OnHold.REVIEW),
            Step(self.lift, lift, there, BACK, by, asks=lifted, hold=OnHold.LIFT),
        )

    def looked_at_again(self, deadline: str, ended_by: tuple[str, ...]) -> Deadline:
        """Give the clock of the day on which the hold is looked at again."""
        return Deadline(
            deadline,
            f"Hold of {self.what} looked at again",
            counted_from=f"{self.name}_review_on",
            met_by=(self.review, self.lift),
            editions=local(Period(0, Unit.DAYS), "The day agreed; each subgroup looks at every hold"),
            ended_by=ended_by,
            ladder=HOLD_LADDER,
        )

    def _asked(self) -> tuple[Asked, ...]:
        return (
            Asked(f"{self.name}_reason", f"Why {self.what} is held back", Kind.CHOICE, choices=self.reasons),
            Asked(f"{self.name}_evidence", "Evidence, such as the letter of the CPS or the coroner"),
            Asked(f"{self.name}_told", "Who was told of the hold", hint="By role, such as the partners, the coroner."),
            Asked(f"{self.name}_told_on", "They were told on", Kind.DAY),
            *self._days(),
        )

    def _days(self) -> tuple[Asked, ...]:
        return (
            Asked(f"{self.name}_expected_end_on", "The hold is expected to end on", Kind.DAY),
            Asked(f"{self.name}_review_on", "The hold is looked at again on", Kind.DAY),
        )

    def _text(self, fact: str, label: str) -> Asked:
        return Asked(f"{self.name}_{fact}", label, Kind.TEXT)


REVIEW_HOLD = Hold("pause", "the review", "pause", "review_pause", "resume")
"""The hold of a review as a whole."""
