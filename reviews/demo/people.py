"""The invented partnerships, their agencies and people."""

from dataclasses import dataclass

from reviews.models import Agency, AgencyKind, FactorRule, Partnership, Person
from reviews.people.accounts import add_agency, add_partnership, add_person
from reviews.settings.partnership_settings import set_factor_rule, set_mail_sender
from reviews.transactions.unit_of_work import Unit
from workflows.core.vocabulary import Role

DEMO_PASSWORD = "followthrough-demo"  # noqa: S105  # the demonstration's own, printed for everybody
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
    "privacy": Role.PRIVACY_OFFICER,
    "technician": Role.TECHNICIAN,
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
class InventedPartnership:
    """An invented partnership: its sign-in names in order, and one action owner in each agency.

    `partners` are the safeguarding partners of the integrated care board and the police.
    """

    code: str
    name: str
    domain: str
    people: tuple[str, ...]
    owners: tuple[str, ...]
    leaver: str
    partners: tuple[str, str]
    is_large: bool


PARTNERSHIPS = (
    InventedPartnership(
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
            "Isobel Farthing",
            "Kit Mossman",
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
        partners=("Annika Sorley", "Chief Superintendent Dermot Vail"),
        is_large=True,
    ),
    InventedPartnership(
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
            "Desmond Ayre",
            "Pia Lanyon",
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
        partners=("Dr Ingrid Tallow", "Superintendent Owen Farr"),
        is_large=False,
    ),
)

PARTNER_WORDS = ("local_authority", "icb", "police")
"""The statutory partners in the order of the agencies."""

AGENCY_OF = {Role.SUBGROUP_CHAIR: HEALTH, Role.AGENCY_LEAD: POLICE, Role.ACTION_OWNER: POLICE}
AGENCY_OF |= {Role.REVIEW_SUBGROUP_MEMBER: HOSPITALS, Role.CDOP_MANAGER: HEALTH, Role.CDOP_PANEL_MEMBER: HEALTH}
"""The agency of a role, if it is not the council."""
LEADS = {HEALTH: "Designated nurse", HOSPITALS: "Head of safeguarding", SCHOOLS: "Safeguarding lead for schools"}
"""Job titles of the agency leads, who are action owners too. The lead of the police has a sign-in name."""


@dataclass(slots=True)
class SeededPeople:
    """The rows of one invented partnership, in the order of the lists above."""

    partnership: Partnership
    agencies: list[Agency]
    by_role: dict[Role, Person]
    owners: list[Person]
    leaver: Person
    partners: dict[str, tuple[Agency, Person]]


def seed_people(unit: Unit, invented: InventedPartnership, *, password_hash: str) -> SeededPeople:
    partnership = add_partnership(unit, code=invented.code, name=invented.name)
    set_mail_sender(unit, partnership, sender_name=invented.name, reply_to=f"manager@{invented.domain}")
    set_factor_rule(unit, partnership, rule=FactorRule.NOBODY)
    area = invented.name.partition(" ")[0]
    agencies = [
        add_agency(unit, partnership, name=name.format(area), kind=kind)
        for name, kind in zip(AGENCIES, KINDS, strict=True)
    ]

    def add(word: str, name: str, role: Role, agency: int, job_title: str) -> Person:
        return add_person(
            unit,
            partnership,
            email=f"{word}@{invented.domain}",
            name=name,
            job_title=job_title,
            agency=agencies[agency],
            role=role,
            password_hash=password_hash,
        )

    by_role = {
        role: add(word, name, role, AGENCY_OF.get(role, COUNCIL), role.words)
        for (word, role), name in zip(SIGN_IN_NAMES.items(), invented.people, strict=True)
    }
    owners = [
        add(f"owner-{number + 1}", name, Role.ACTION_OWNER, number, f"Safeguarding lead, {agencies[number].name}")
        for number, name in enumerate(invented.owners)
    ]
    for number, job_title in LEADS.items():
        add(f"owner-{number + 1}", invented.owners[number], Role.AGENCY_LEAD, number, job_title)
    leaver = add("leaver", invented.leaver, Role.ACTION_OWNER, COMMUNITY, "Named nurse (left)")
    partners = [by_role[Role.SAFEGUARDING_PARTNER]] + [
        add(f"partner-{word}", name, Role.SAFEGUARDING_PARTNER, agency, Role.SAFEGUARDING_PARTNER.words)
        for word, agency, name in zip(("health", "police"), (HEALTH, POLICE), invented.partners, strict=True)
    ]
    spoken_for = dict(zip(PARTNER_WORDS, zip(agencies, partners, strict=False), strict=True))
    return SeededPeople(partnership, agencies, by_role, owners, leaver, spoken_for)
