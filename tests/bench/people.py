"""The people of an invented partnership."""

from reviews.core.secrets import hash_password
from reviews.models import AgencyKind
from tests.bench.nation import Draft, Row
from workflows.core.vocabulary import Role

PASSWORD = "a password of the benchmark"
PASSWORD_HASH = hash_password(PASSWORD)
AGENCIES = {
    "Council": AgencyKind.LOCAL_AUTHORITY,
    "Integrated Care Board": AgencyKind.INTEGRATED_CARE_BOARD,
    "Police": AgencyKind.POLICE,
    "Hospitals": AgencyKind.OTHER,
    "Probation": AgencyKind.OTHER,
    "Schools": AgencyKind.OTHER,
    "Mental Health": AgencyKind.OTHER,
    "Youth Justice": AgencyKind.OTHER,
}
OFFICERS = (
    Role.BUSINESS_MANAGER,
    Role.BUSINESS_UNIT_ADMIN,
    Role.SUBGROUP_CHAIR,
    Role.INDEPENDENT_CHAIR,
    Role.CDOP_MANAGER,
    Role.CDOP_PANEL_MEMBER,
    Role.LEAD_REVIEWER,
    Role.SCRUTINY_MEMBER,
)
FIRST = ("Amira", "Ben", "Chidi", "Dilys", "Ewan", "Farah", "Gwen", "Hugo", "Imani", "Jo", "Kasia", "Liam")
LAST = ("Abbott", "Bevan", "Clarke", "Dhillon", "Evans", "Fraser", "Green", "Hughes", "Iqbal", "Jones", "Kaur", "Lewis")


def add_people(draft: Draft) -> list[Row]:
    """Add the partnership, its agencies and everybody in it; give the memberships of its action owners."""
    code = f"AREA-{draft.place + 1:03}"
    place = draft.add(
        "partnerships",
        code=code,
        name=f"Area {draft.place + 1} Safeguarding Children Partnership",
        reminder_policy="calendar-ladder",
        factor_rule="nobody",
    )
    agencies = [
        draft.add("agencies", partnership_id=place["id"], name=f"Area {draft.place + 1} {name}", kind=kind.value)
        for name, kind in AGENCIES.items()
    ]
    for agency in agencies:
        if agency["kind"] != AgencyKind.OTHER.value:
            draft.add_plain("partners", agency_id=agency["id"], from_on=None, until_on=None)
    for role in OFFICERS:
        _add_person(draft, agencies[0], role, f"{role.value}@{code.lower()}.example")
    for number, agency in enumerate(agencies):
        statutory = agency["kind"] != AgencyKind.OTHER.value
        for role in (
            Role.REVIEW_SUBGROUP_MEMBER,
            Role.AGENCY_LEAD,
            *([Role.SAFEGUARDING_PARTNER] if statutory else []),
        ):
            _add_person(draft, agency, role, f"{role.value}-{number}@{code.lower()}.example")
    return [
        _add_person(
            draft, agencies[number % len(agencies)], Role.ACTION_OWNER, f"owner-{number}@{code.lower()}.example"
        )
        for number in range(draft.part(draft.size.owners))
    ]


def _add_person(draft: Draft, agency: Row, role: Role, email: str) -> Row:
    person = draft.add(
        "people",
        email=email,
        name=f"{draft.random.choice(FIRST)} {draft.random.choice(LAST)}",
        password_hash=PASSWORD_HASH,
        disabled_at=None,
    )
    return draft.add(
        "memberships",
        person_id=person["id"],
        partnership_id=agency["partnership_id"],
        agency_id=agency["id"],
        role=role.value,
        job_title=role.words,
        ended_on=None,
    )
