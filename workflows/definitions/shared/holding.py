"""Holds: the three steps by which a track is put on hold, looked at again and released, and their clock."""

from dataclasses import dataclass

from workflows.core.involvement import NOBODY, Involvement
from workflows.core.questions import Kind, Question
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
"""Reasons for a hold of a review itself, which publishes nothing yet."""


@dataclass(frozen=True, slots=True)
class Hold:
    """The names of a hold in one workflow: its facts begin with `name`; `what` is held back, in words."""

    name: str
    what: str
    start_step: str
    review_step: str
    lift_step: str
    reasons: tuple[tuple[str, str], ...] = REVIEW_REASONS

    def steps(
        self,
        held_from: tuple[str, ...],
        on_hold: str,
        *,
        by: frozenset[Role],
        reviewed_by: frozenset[Role],
        only_if: tuple[Guard, ...] = (),
        more: tuple[Question, ...] = (),
        on_lifting: tuple[Question, ...] = (),
        barred: frozenset[Involvement] = NOBODY,
    ) -> tuple[Step, ...]:
        """Give the three steps. `only_if` and `more` are further guards and questions of starting and reviewing a hold.

        No clock stops. Lifting the hold leads back to the stage at which it was placed.
        """
        return (
            Step(
                self.start_step,
                f"Put {self.what} on hold",
                held_from,
                on_hold,
                by=by,
                only_if=only_if,
                questions=(*self._reasons(), *self._days(), self._owner(), *more),
                hold=OnHold.START,
                barred=barred,
            ),
            Step(
                self.review_step,
                f"Check the hold of {self.what}",
                (on_hold,),
                "",
                by=reviewed_by,
                only_if=only_if,
                questions=(self._text("advice", "What is advised now"), *self._days(), self._owner(), *more),
                hold=OnHold.REVIEW,
                barred=barred,
            ),
            Step(
                self.lift_step,
                "End the hold",
                (on_hold,),
                BACK,
                by=by,
                questions=(self._text("lifted_because", "What ended, or which advice changed"), *on_lifting),
                hold=OnHold.LIFT,
                barred=barred,
            ),
        )

    def looked_at_again(self, deadline: str, ended_by: tuple[str, ...]) -> Deadline:
        """Give the clock of the day on which the hold is looked at again."""
        return Deadline(
            deadline,
            f"Hold of {self.what} looked at again",
            counted_from=f"{self.name}_review_on",
            met_by=(self.review_step, self.lift_step),
            editions=local(Period(0, Unit.DAYS), "The day agreed; each subgroup looks at every hold"),
            ended_by=ended_by,
            ladder=HOLD_LADDER,
        )

    def _reasons(self) -> tuple[Question, ...]:
        return (
            Question(f"{self.name}_reason", f"Why {self.what} is held back", Kind.CHOICE, choices=self.reasons),
            Question(f"{self.name}_evidence", "Evidence, such as the letter of the CPS or the coroner"),
            Question(
                f"{self.name}_told", "Who was told of the hold", hint="By role, such as the partners, the coroner."
            ),
            Question(f"{self.name}_told_on", "They were told on", Kind.DAY),
        )

    def _days(self) -> tuple[Question, ...]:
        return (
            Question(f"{self.name}_expected_end_on", "The hold is expected to end on", Kind.DAY),
            Question(f"{self.name}_review_on", "The hold is looked at again on", Kind.DAY),
        )

    def _owner(self) -> Question:
        return Question(
            f"{self.name}_owner",
            "Who sees to it that the hold ends",
            Kind.PERSON,
            required=False,
            hint="Reminded with the manager when the hold is to be looked at again.",
        )

    def _text(self, fact: str, label: str) -> Question:
        return Question(f"{self.name}_{fact}", label, Kind.TEXT)


REVIEW_HOLD = Hold("pause", "the review", "pause", "review_pause", "resume")
"""The hold of a review as a whole."""
