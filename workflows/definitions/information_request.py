"""Request to one agency for information: a child case of the case that needs the answer."""

from enum import StrEnum

from workflows.core.involvement import NOBODY, Involvement
from workflows.core.questions import Kind, Question, When
from workflows.core.vocabulary import UNOPENED, Deadline, Realm, Role, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions.shared.authorities import ALWAYS, FORMS_OF_2021, local
from workflows.definitions.shared.closing import reopening
from workflows.definitions.shared.deaths import YES_NO_NOT_KNOWN
from workflows.definitions.shared.ladder_policies import RETURN_LADDER
from workflows.definitions.shared.roles import CDOP, UNIT
from workflows.guards.cases import returns_in_or_gap_noted


class RequestStage(StrEnum):
    SENT = "sent"
    RECEIVED = "received"
    NO_INVOLVEMENT = "no_involvement"
    CALLED_OFF = "called_off"


Stage = RequestStage

INITIAL, SUPPLEMENTARY = "initial", "supplementary"
FORM_ASKED = (
    Question(
        "form_asked",
        "Form they are asked for",
        Kind.CHOICE,
        choices=((INITIAL, "The initial form"), (SUPPLEMENTARY, "A supplementary form")),
    ),
    Question(
        "supplementary_form",
        "Which supplementary form, by cause",
        required=False,
        hint="Such as asthma and anaphylaxis, drowning, sudden unexpected death.",
        needed_when=When("form_asked", (SUPPLEMENTARY,)),
    ),
)
DUE = Question("returns_due_on", "Returns are due", Kind.DAY)
RETURNED = (Question("return_filed", "Where the return is filed", required=False),)
NOT_INVOLVED = (Question("records_searched", "Where they looked", required=False, hint="Systems, by name."),)
CHASED = (Question("chased_how", "How, and whom, by role", required=False, hint="Such as a call to the duty desk."),)
MORE_TIME = (DUE, Question("more_time_reason", "Why they have more time", Kind.TEXT))
CALLED_OFF = (Question("call_off_reason", "Why nothing more is expected", Kind.TEXT),)


def request(
    name: str, title: str, realm: Realm, *, asking: frozenset[Role], returned: tuple[Question, ...] = RETURNED
) -> Workflow:
    """Give the workflow by which the roles `asking` ask one agency; `returned` is the form of its answer."""
    answering, sent = asking | {Role.AGENCY_LEAD}, (Stage.SENT,)
    steps = (
        Step("send", "Ask an agency", (UNOPENED,), Stage.SENT, asking, questions=(DUE, *FORM_ASKED), barred=NOBODY),
        Step("receive", "Log the return", sent, Stage.RECEIVED, answering, questions=returned, barred=NOBODY),
        Step(
            "report_no_involvement",
            "Record that it was not involved",
            sent,
            Stage.NO_INVOLVEMENT,
            answering,
            questions=NOT_INVOLVED,
            barred=NOBODY,
        ),
        Step("chase", "Chase", sent, "", asking, questions=CHASED, barred=NOBODY),
        Step(
            "give_more_time",
            "Give more time",
            sent,
            "",
            asking,
            questions=MORE_TIME,
            barred=frozenset({Involvement.AGENCY_ASKED}),
        ),
        Step(
            "call_off",
            "Call the request off",
            sent,
            Stage.CALLED_OFF,
            asking,
            questions=CALLED_OFF,
            barred=frozenset({Involvement.AGENCY_ASKED}),
        ),
        reopening(Stage.RECEIVED, Stage.NO_INVOLVEMENT, Stage.CALLED_OFF, by=asking, title="Ask again"),
    )
    return Workflow(
        name=name,
        title=title,
        version=1,
        effective_from=ALWAYS,
        prefix="I",
        realm=realm,
        tracks=(Track("request", "Request", Stage, Stage.SENT, frozenset(), steps, settled=ANSWERED),),
        deadlines=(RETURN,),
        inside=True,
    )


ANSWERED = frozenset({Stage.RECEIVED, Stage.NO_INVOLVEMENT, Stage.CALLED_OFF})
RETURN = Deadline(
    "return",
    "Return of the agency",
    counted_from="returns_due_on",
    met_by=("receive", "report_no_involvement"),
    editions=local(Period(0, Unit.DAYS), "The day the agency was given"),
    ended_by=("call_off",),
    ladder=RETURN_LADDER,
)
INFORMATION_REQUEST = request("information_request", "Request for information", Realm.REVIEWS, asking=UNIT)


AGENCIES_ASKED = "agencies_asked"
REQUEST = INFORMATION_REQUEST.name
ASKED = (Question(AGENCIES_ASKED, "Agencies asked", Kind.AGENCIES), DUE, *FORM_ASKED)
GAPS = Question("gaps_noted", "Returns that are missing, and what is done about it", Kind.TEXT, required=False)
ALL_IN = (returns_in_or_gap_noted,)


def ask_agencies(name: str, title: str, source: str, to: str, by: frozenset[Role]) -> Step:
    """Give the step that asks the agencies and leads to the stage at which returns come in."""
    return Step(name, title, (source,), to, by, questions=ASKED, opens=REQUEST, for_each=AGENCIES_ASKED, barred=NOBODY)


def ask_more(*stages: str, by: frozenset[Role] = UNIT) -> Step:
    """Give the step that asks further agencies, or the same ones for another form, while returns come in."""
    return Step(
        "ask_more_agencies",
        "Ask more agencies",
        stages,
        "",
        by,
        questions=ASKED,
        opens=REQUEST,
        for_each=AGENCIES_ASKED,
        barred=NOBODY,
    )


REPORT = (
    *RETURNED,
    *(
        Question(name, label, Kind.CHOICE, choices=YES_NO_NOT_KNOWN, since=FORMS_OF_2021)
        for name, label in (
            ("poverty_or_deprivation", "Poverty or deprivation bore on the child's life"),
            ("barriers_to_services", "The family met barriers to services"),
        )
    ),
)

REPORT_REQUEST = request("report_request", "Request for a report", Realm.CHILD_DEATHS, asking=CDOP, returned=REPORT)
