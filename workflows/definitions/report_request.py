"""How is one agency asked for its reporting form on the death of a child? A small case inside the review of it."""

from workflows.core.questions import Asked, Kind
from workflows.core.roles import Realm
from workflows.definitions.information_request import RETURNED, request
from workflows.definitions.shared.authorities import FORMS_OF_2021
from workflows.definitions.shared.deaths import KNOWN_YES_NO
from workflows.definitions.shared.recorders import CDOP

REPORT = (
    *RETURNED,
    *(
        Asked(name, label, Kind.CHOICE, choices=KNOWN_YES_NO, since=FORMS_OF_2021)
        for name, label in (
            ("poverty_or_deprivation", "Poverty or deprivation bore on the child's life"),
            ("barriers_to_services", "The family met barriers to services"),
        )
    ),
)

REPORT_REQUEST = request("report_request", "Request for a report", Realm.CHILD_DEATHS, asking=CDOP, returned=REPORT)
