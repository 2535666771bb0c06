"""Parallel process of another body, such as criminal proceedings: a child case of the case it runs beside.

Steps that it names must wait until it ends, or until it no longer blocks them.
"""

from enum import StrEnum

from workflows.core.involvement import NOBODY
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import BLOCKS, UNOPENED, Deadline, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.shared.authorities import ALWAYS, local
from workflows.definitions.shared.closing import reopening
from workflows.definitions.shared.ladder_policies import CHECK_LADDER
from workflows.definitions.shared.roles import OFFICE


class ParallelProcessStage(StrEnum):
    RUNNING = "running"
    ENDED = "ended"


Stage = ParallelProcessStage

KINDS = (
    ("police_investigation", "Police investigation"),
    ("criminal_proceedings", "Criminal proceedings"),
    ("inquest", "Coroner's inquest"),
    ("post_mortem", "Post-mortem"),
    ("family_court", "Family court"),
    ("dardr", "Domestic abuse related death review (DARDR)"),
    ("sar", "Safeguarding adult review (SAR)"),
    ("psii", "Patient safety investigation (PSII)"),
    ("pmrt", "Perinatal mortality review (PMRT)"),
    ("leder", "Learning disability mortality review (LeDeR)"),
    ("other_review", "Another review"),
    ("employment_or_regulatory", "Employment or regulatory process"),
)
NEXT_CHECK_ON = Question("next_check_on", "Looked at again on", Kind.DAY)
STEPS_BLOCKED = Question(
    BLOCKS,
    "Steps that must wait for it",
    Kind.STEPS,
    required=False,
    hint="They cannot be recorded until it ends, or is found to hold them back no more.",
)
LISTED = (
    Question("process_kind", "What runs beside the case", Kind.CHOICE, choices=KINDS),
    Question("contact_role", "Who is asked about it, by role", hint="A role, never a person's name."),
    Question("contact_body", "Police force, court, coroner or body"),
    NEXT_CHECK_ON,
    STEPS_BLOCKED,
)
CHECKED = (
    Question("learnt", "What was learnt", Kind.TEXT, hint="Without names."),
    NEXT_CHECK_ON,
    STEPS_BLOCKED,
)
ENDED = (Question("process_outcome", "What came of it", Kind.TEXT, hint="Without names."),)

STEPS = (
    Step(
        "list_process", "List a parallel process", (UNOPENED,), Stage.RUNNING, OFFICE, questions=LISTED, barred=NOBODY
    ),
    Step("check", "Check where it stands", (Stage.RUNNING,), "", OFFICE, questions=CHECKED, barred=NOBODY),
    Step("end", "Record its end", (Stage.RUNNING,), Stage.ENDED, OFFICE, questions=ENDED, barred=NOBODY),
    reopening(Stage.ENDED, by=OFFICE),
)

PARALLEL_PROCESS = Workflow(
    name="parallel_process",
    title="Parallel process",
    version=1,
    effective_from=ALWAYS,
    prefix="P",
    realm=Realm.REVIEWS,
    tracks=(Track("process", "Process", Stage, Stage.RUNNING, frozenset(), STEPS, settled=frozenset({Stage.ENDED})),),
    deadlines=(
        Deadline(
            "check",
            "Looked at again",
            counted_from="next_check_on",
            met_by=("check", "end"),
            editions=local(Period(0, Unit.DAYS), "The day agreed"),
            ladder=CHECK_LADDER,
        ),
    ),
    inside=True,
)
