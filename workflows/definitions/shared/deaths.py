"""Questions and answers of the national forms of child death review.

Old and new grades are separate facts with separate values: a figure that counts one cannot include the other.
The wording of grades, domains and age bands is to be verified.
"""

from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import CHILD_CONCERNED
from workflows.definitions.shared.authorities import FORMS_OF_2021

CATEGORIES = (
    ("1", "Deliberately inflicted injury, abuse or neglect"),
    ("2", "Suicide or deliberate self-inflicted harm"),
    ("3", "Trauma and other external factors"),
    ("4", "Malignancy"),
    ("5", "Acute medical or surgical condition"),
    ("6", "Chronic medical condition"),
    ("7", "Chromosomal, genetic and congenital anomalies"),
    ("8", "Perinatal or neonatal event"),
    ("9", "Infection"),
    ("10", "Sudden unexpected, unexplained death"),
)
GRADES = (("0", "Information missing"), ("1", "None, or unlikely to have contributed"), ("2", "May have contributed"))
DOMAINS = {
    "domain_child": "the child's characteristics",
    "domain_social": "the social environment",
    "domain_physical": "the physical environment",
    "domain_services": "service provision",
}
OLD_GRADES = (
    ("0_of_3", "0: information missing"),
    ("1_of_3", "1: none, or unlikely to have contributed"),
    ("1_star_of_3", "1*: as the form has it, and not the same as 1"),
    ("2_of_3", "2: may have contributed"),
    ("3_of_3", "3: explains the death by itself"),
)
"""The grades of the form until March 2019, each stored as what it was: 1* is no 1, and none becomes a new grade."""
OLD_DOMAINS = {
    "old_domain_child": "the child's needs",
    "old_domain_family": "the family and environment",
    "old_domain_parenting": "parenting capacity",
    "old_domain_services": "service provision",
}
MODIFIABLE = (("yes", "Yes"), ("no", "No"), ("inadequate", "Inadequate information"))
AGE_BANDS = (
    ("0_27_days", "0 to 27 days"),
    ("28_364_days", "28 to 364 days"),
    ("1_4_years", "1 to 4 years"),
    ("5_9_years", "5 to 9 years"),
    ("10_14_years", "10 to 14 years"),
    ("15_17_years", "15 to 17 years"),
)
SEXES = (("female", "Female"), ("male", "Male"), ("not_known", "Not known, or indeterminate"))
ETHNIC_GROUPS = (
    ("asian", "Asian or Asian British"),
    ("black", "Black, Black British, Caribbean or African"),
    ("mixed", "Mixed or multiple ethnic groups"),
    ("white", "White"),
    ("other", "Other ethnic group"),
    ("not_known", "Not known, or not stated"),
)
YES_NO_NOT_KNOWN = (("yes", "Yes"), ("no", "No"), ("not_known", "Not known"))


JAR_NEEDED = "A joint agency response is needed"

DEATH = (
    Question("death_on", "Day of the death", Kind.DAY),
    Question("notified_by", "Who notified, by role and agency"),
    Question("notification_form", "Form and its version", required=False),
    Question("under_18", "The child was under 18", Kind.YES_NO),
    Question(
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
    Question("expected", "The death was expected 24 hours before", Kind.YES_NO),
    Question("suspected_stillbirth_at_home", "Suspected stillbirth at home", Kind.YES_NO, since=FORMS_OF_2021),
    Question("neonatal", "The child died within 28 days of birth", Kind.YES_NO, required=False),
    Question("sex", "Sex", Kind.CHOICE, required=False, choices=SEXES),
    Question("ethnic_group", "Ethnic group", Kind.CHOICE, required=False, choices=ETHNIC_GROUPS),
    Question("jar_needed", JAR_NEEDED, Kind.YES_NO, required=False, hint="As it looks now; triage decides."),
)
CHILD_DIED = (
    Question(CHILD_CONCERNED, "Pseudonym of the child who died", hint="As in this case, such as Child A."),
    *DEATH,
    Question("panel_told_of_death_on", "The national Panel was told on", Kind.DAY, required=False),
    Question(
        "decision_affected",
        "What is known now may change the decision on a practice review",
        Kind.YES_NO,
        hint="A harmed child who dies later stays notified as harmed. No second notification is sent unless advised.",
    ),
)
"""Asked in a rapid review about a child who died at the incident or later. A child death review opens for each."""
