"""What is said of a death when the child death overview panel is told of it? (Never the child's name.)"""

from workflows.core.questions import Asked, Kind
from workflows.core.vocabulary import CHILD_CONCERNED
from workflows.definitions.shared.authorities import FORMS_OF_2021
from workflows.definitions.shared.deaths import ETHNIC_GROUPS, SEXES

JAR_NEEDED = "A joint agency response is needed"

DEATH = (
    Asked("death_on", "Day of the death", Kind.DAY),
    Asked("notified_by", "Who notified, by role and agency"),
    Asked("notification_form", "Form and its version", required=False),
    Asked("under_18", "The child was under 18", Kind.YES_NO),
    Asked(
        "birth",
        "Birth",
        Kind.CHOICE,
        choices=(
            ("live_born", "Live-born"),
            ("unattended_stillbirth", "Stillborn with nobody attending"),
            ("attended_stillbirth", "Stillborn, attended"),
            ("late_foetal_loss", "Late foetal loss"),
            ("lawful_termination", "Lawful termination"),
            ("not_known", "Not yet known"),
        ),
    ),
    Asked("expected", "The death was expected 24 hours before", Kind.YES_NO),
    Asked("suspected_stillbirth_at_home", "Suspected stillbirth at home", Kind.YES_NO, since=FORMS_OF_2021),
    Asked("neonatal", "The child died within 28 days of birth", Kind.YES_NO, required=False),
    Asked("sex", "Sex", Kind.CHOICE, required=False, choices=SEXES),
    Asked("ethnic_group", "Ethnic group", Kind.CHOICE, required=False, choices=ETHNIC_GROUPS),
    Asked("jar_needed", JAR_NEEDED, Kind.YES_NO, required=False, hint="As it looks now; triage decides."),
)
CHILD_DIED = (
    Asked(CHILD_CONCERNED, "Pseudonym of the child who died", hint="As in this case, such as Child A."),
    *DEATH,
    Asked("panel_told_of_death_on", "The national Panel was told on", Kind.DAY, required=False),
    Asked(
        "decision_affected",
        "What is known now may change the decision on a practice review",
        Kind.YES_NO,
        hint="A harmed child who dies later stays notified as harmed. No second notification is sent unless advised.",
    ),
)
"""Said in a rapid review: of a child who died at the incident, or later. A child death review opens for each."""
