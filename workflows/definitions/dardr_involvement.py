"""Part of the partnership in a domestic abuse related death review.

The community safety partnership (CSP) leads the review and answers for its dates. This is our part and our actions.
"""

from enum import StrEnum

from workflows.core.involvement import NOBODY
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import UNOPENED, Deadline, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.information_request import ALL_IN, GAPS, ask_agencies, ask_more
from workflows.definitions.shared.authorities import ALWAYS, local
from workflows.definitions.shared.closing import closing
from workflows.definitions.shared.common_questions import REFERRAL
from workflows.definitions.shared.roles import CHAIR_OR_MANAGER, PARTNERS_OR_MANAGER, UNIT
from workflows.guards.learning import contribution_accurate, victim_was_a_child


class DardrStage(StrEnum):
    NOTIFIED = "notified_by_csp"
    SCOPING = "scoping"
    CONTRIBUTING = "contributing"
    CHECKED = "draft_checked"
    HOME_OFFICE = "with_home_office"
    PUBLISHED = "published"
    MONITORING = "action_monitoring"
    CLOSED = "closed"


Stage = DardrStage

NOTICE = (
    Question("csp", "Community safety partnership that leads"),
    Question("csp_reference", "Its reference", required=False),
    Question("victim_16_17", "The victim was 16 or 17", Kind.YES_NO),
    Question("children_of_victim", "The victim had children under 18", Kind.YES_NO),
)
SCOPED = (
    Question("our_part", "What is asked of us", Kind.TEXT),
    Question("our_contact", "Who speaks for the partnership, by role"),
    Question("contribution_due_on", "Our contribution is due", Kind.DAY, required=False),
)
CONTRIBUTED = (Question("contribution", "Where our contribution is filed"), GAPS)
CHECKED = (
    Question("draft_version", "Version of the draft"),
    Question("draft_facts_checked", "The agencies checked what it says of them", Kind.YES_NO),
)
SENT_BACK = (Question("sent_back_reason", "What the Home Office wants changed", Kind.TEXT),)
PUBLISHED = (Question("publication_url", "Address of the report", required=False),)

UNPUBLISHED = (Stage.NOTIFIED, Stage.SCOPING, Stage.CONTRIBUTING, Stage.CHECKED, Stage.HOME_OFFICE)

STEPS = (
    Step("log_notice", "Log the notice of the CSP", (UNOPENED,), Stage.NOTIFIED, UNIT, questions=NOTICE, barred=NOBODY),
    Step(
        "refer_victim",
        "Refer the victim's death",
        UNPUBLISHED,
        "",
        by=PARTNERS_OR_MANAGER,
        only_if=(victim_was_a_child,),
        questions=REFERRAL,
        opens="rapid_review",
        barred=NOBODY,
    ),
    Step(
        "agree_part",
        "Agree our part",
        (Stage.NOTIFIED,),
        Stage.SCOPING,
        CHAIR_OR_MANAGER,
        questions=SCOPED,
        barred=NOBODY,
    ),
    ask_agencies("ask_agencies", "Ask our agencies", Stage.SCOPING, Stage.CONTRIBUTING, UNIT),
    ask_more(Stage.CONTRIBUTING),
    Step("contribute", "Send our contribution", (Stage.CONTRIBUTING,), "", UNIT, ALL_IN, CONTRIBUTED, barred=NOBODY),
    Step(
        "check_draft",
        "Check the draft",
        (Stage.CONTRIBUTING,),
        Stage.CHECKED,
        by=CHAIR_OR_MANAGER,
        only_if=(contribution_accurate,),
        questions=CHECKED,
        barred=NOBODY,
    ),
    Step(
        "sent_to_home_office",
        "Record that it went to the Home Office",
        (Stage.CHECKED,),
        Stage.HOME_OFFICE,
        UNIT,
        barred=NOBODY,
    ),
    Step(
        "sent_back",
        "Record that the Home Office sent it back",
        (Stage.HOME_OFFICE,),
        Stage.CONTRIBUTING,
        UNIT,
        questions=SENT_BACK,
        barred=NOBODY,
    ),
    Step(
        "published_by_csp",
        "Record that the CSP published it",
        (Stage.HOME_OFFICE,),
        Stage.PUBLISHED,
        UNIT,
        questions=PUBLISHED,
        barred=NOBODY,
    ),
    *closing((Stage.PUBLISHED,), UNPUBLISHED),
)

DARDR_INVOLVEMENT = Workflow(
    name="dardr_involvement",
    title="Part in a domestic abuse related death review",
    version=1,
    effective_from=ALWAYS,
    prefix="DARDR",
    realm=Realm.REVIEWS,
    tracks=(
        Track(
            "involvement", "Involvement", Stage, Stage.NOTIFIED, frozenset(), STEPS, settled=frozenset({Stage.CLOSED})
        ),
    ),
    deadlines=(
        Deadline(
            "contribution",
            "Our contribution",
            counted_from="contribution_due_on",
            met_by=("contribute",),
            editions=local(Period(0, Unit.DAYS), "The day the CSP asked for"),
            ended_by=("check_draft", "give_up"),
        ),
    ),
)
