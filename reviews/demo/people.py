"""Who works in the invented partnerships?"""

from dataclasses import dataclass

from reviews.models import Agency, AgencyKind, Partnership, Person
from reviews.people.accounts import add_agency, add_partnership, add_person
from reviews.transactions.unit_of_work import Unit
from workflows.core.vocabulary import Role

SIGN_IN_NAMES: dict[str, Role] = {
    "manager": Role.BUSINESS_MANAGER,
    "admin": Role.BUSINESS_UNIT_ADMIN,
    "member": Role.REVIEW_SUBGROUP_MEMBER,
    "chair": Role.SUBGROUP_CHAIR,
    "independent-chair": Role.INDEPENDENT_CHAIR,
    "partner": Role.SAFEGUARDING_PARTNER,
    "agency-lead": Role.AGENCY_LEAD,
    "owner": Role.ACTION_OWNER,
    "cdop": Role.CDOP_MANAGER,
    "cdop-member": Role.CDOP_PANEL_MEMBER,
    "reviewer": Role.LEAD_REVIEWER,
    "scrutiny": Role.SCRUTINY_MEMBER,
}
"""The first part of every demonstration address, and the role behind it."""

COUNCIL, HEALTH, POLICE, HOSPITALS, COMMUNITY, SCHOOLS, PROBATION, YOUTH = range(8)
KINDS = (
    AgencyKind.LOCAL_AUTHORITY,
    AgencyKind.INTEGRATED_CARE_BOARD,
    AgencyKind.POLICE,
    *(AgencyKind.OTHER for _ in range(5)),
)
AGENCIES = (
    "{} Council",
    "{} Integrated Care Board",
    "{} Police",
    "{} Hospitals NHS Foundation Trust",
    "{} Community Health NHS Trust",
    "{} Schools Partnership",
    "{} Probation Service",
    "{} Youth Justice Service",
)


@dataclass(frozen=True, slots=True)
class Place:
    """An invented partnership: its twelve sign-in names in order, and one action owner in each agency."""

    code: str
    name: str
    domain: str
    people: tuple[str, ...]
    owners: tuple[str, ...]
    leaver: str
    is_large: bool


PLACES = (
    Place(
        code="ANYSHIRE",
        name="Anyshire Safeguarding Children Partnership",
        domain="anyshire.example",
        people=(
            "Morwenna Tate",
            "Idris Colley",
            "Hester Quill",
            "Oluwaseun Brandt",
            "Dame Philippa Rusk",
            "Gareth Lindqvist",
            "Samira Holloway",
            "Tobias Fenn",
            "Roisin Achterberg",
            "Leander Moss",
            "Dr Ottilie Vane",
            "Councillor Bertram Slade",
        ),
        owners=(
            "Petra Winslow",
            "Dr Kwabena Osei",
            "Inspector Nuala Trent",
            "Sister Marguerite Dole",
            "Anselm Rook",
            "Beatrix Thornquist-Abernathy",
            "Callum Prowse",
            "Yasmin Heddle",
        ),
        leaver="Fergus Nightingale",
        is_large=True,
    ),
    Place(
        code="MIDMARCH",
        name="Midmarch Safeguarding Children Partnership",
        domain="midmarch.example",
        people=(
            "Eluned Sparrow",
            "Jasper Okonkwo",
            "Thea Lockridge",
            "Rosalind Pym",
            "Sir Edmund Hale",
            "Veronica Stubbs",
            "Magnus Rayner",
            "Delphine Carrow",
            "Hamish Ogilvy-Trent",
            "Noor Ellison",
            "Dr Alasdair Whitlock",
            "Councillor Winifred Banks",
        ),
        owners=(
            "Ottoline Marsh",
            "Dr Fabian Kerr",
            "Sergeant Isolde Grant",
            "Matron Cecily Frost",
            "Ruben Aske",
            "Harriet Pelham",
            "Gwendolyn Shore",
            "Marcus Teale",
        ),
        leaver="Lionel Crabbe",
        is_large=False,
    ),
)

AGENCY_OF = {Role.SUBGROUP_CHAIR: HEALTH, Role.AGENCY_LEAD: POLICE, Role.ACTION_OWNER: POLICE}
AGENCY_OF |= {Role.REVIEW_SUBGROUP_MEMBER: HOSPITALS, Role.CDOP_MANAGER: HEALTH, Role.CDOP_PANEL_MEMBER: HEALTH}
"""Where a role sits when it does not sit in the council."""
LEADS = {HEALTH: "Designated nurse", HOSPITALS: "Head of safeguarding", SCHOOLS: "Safeguarding lead for schools"}
"""Agencies whose lead is the owner named for them, beside the police with its sign-in name."""


@dataclass(slots=True)
class Residents:
    """The rows of one invented partnership, in the order of the lists above."""

    partnership: Partnership
    agencies: list[Agency]
    by_role: dict[Role, Person]
    owners: list[Person]
    leaver: Person


def seed_people(unit: Unit, place: Place, *, password_hash: str) -> Residents:
    partnership = add_partnership(unit, code=place.code, name=place.name)
    town = place.name.partition(" ")[0]
    agencies = [
        add_agency(unit, partnership, name=name.format(town), kind=kind)
        for name, kind in zip(AGENCIES, KINDS, strict=True)
    ]

    def add(word: str, name: str, role: Role, agency: int, job_title: str) -> Person:
        return add_person(
            unit,
            partnership,
            email=f"{word}@{place.domain}",
            name=name,
            job_title=job_title,
            agency=agencies[agency],
            role=role,
            password_hash=password_hash,
        )

    by_role = {
        role: add(word, name, role, AGENCY_OF.get(role, COUNCIL), role.words)
        for (word, role), name in zip(SIGN_IN_NAMES.items(), place.people, strict=True)
    }
    owners = [
        add(f"owner-{number + 1}", name, Role.ACTION_OWNER, number, f"Safeguarding lead, {agencies[number].name}")
        for number, name in enumerate(place.owners)
    ]
    for number, job_title in LEADS.items():
        add(f"owner-{number + 1}", place.owners[number], Role.AGENCY_LEAD, number, job_title)
    leaver = add("leaver", place.leaver, Role.ACTION_OWNER, COMMUNITY, "Named nurse (left)")
    return Residents(partnership, agencies, by_role, owners, leaver)
