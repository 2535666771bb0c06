"""Which answers do the national forms of child death review offer?

Old and new grades are facts of their own, with values of their own: a figure that counts the one cannot take in the
other. The wording of grades, domains and age bands is to be verified.
"""

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
    ("2_of_3", "2: may have contributed"),
    ("3_of_3", "3: explains the death by itself"),
)
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
KNOWN_YES_NO = (("yes", "Yes"), ("no", "No"), ("not_known", "Not known"))
