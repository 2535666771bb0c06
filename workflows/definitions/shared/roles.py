"""Sets of roles that record steps, and questions and steps for each safeguarding partner.

What happened outside (a form sent, a meeting held, a letter received) may be recorded by the business unit for those
who did it. A decision that only some people may take is recorded by them.
"""

from workflows.core.labels import sentence
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import Role, Step
from workflows.guards.cases import PARTNERS as PARTNER_NAMES

MANAGER = frozenset({Role.BUSINESS_MANAGER})
UNIT = frozenset({Role.BUSINESS_MANAGER, Role.BUSINESS_UNIT_ADMIN})
UNIT_OR_AGENCY = UNIT | {Role.AGENCY_LEAD}
CHAIR = frozenset({Role.SUBGROUP_CHAIR})
PARTNERS = frozenset({Role.SAFEGUARDING_PARTNER})
SCRUTINEER = frozenset({Role.INDEPENDENT_CHAIR})

CHAIR_OR_MANAGER = CHAIR | MANAGER
CHAIR_OR_PARTNERS = CHAIR | PARTNERS
PARTNERS_OR_MANAGER = PARTNERS | MANAGER
REVIEWER_OR_UNIT = UNIT | {Role.LEAD_REVIEWER}
UNIT_OR_PARTNERS = UNIT | PARTNERS
ANY_AGENCY = UNIT_OR_AGENCY | PARTNERS
BOARD = CHAIR_OR_PARTNERS | SCRUTINEER

CDOP = frozenset({Role.CDOP_MANAGER})
CDOP_OR_AGENCY = CDOP | {Role.AGENCY_LEAD}
ANY_CDOP_PROFESSIONAL = CDOP_OR_AGENCY | {Role.CDOP_PANEL_MEMBER}

OFFICE = UNIT | CDOP
"""The staff who run a case, in either realm."""


def of_each_partner(fact: str, words: str) -> tuple[Question, ...]:
    """Ask a yes or no about each partner: `of_each_partner("invited", "was invited")` asks `police_invited`."""
    return tuple(
        Question(f"{key}_{fact}", f"{sentence(who)} {words}", Kind.YES_NO) for key, who in PARTNER_NAMES.items()
    )


def signatures(stage: str) -> tuple[Step, ...]:
    """Give a step for each partner to sign by. The guard `all_three_signed` requires all of them."""
    return tuple(_signature(stage, key, who) for key, who in PARTNER_NAMES.items())


def _signature(stage: str, key: str, who: str) -> Step:
    signatory = Question(f"{key}_signatory", f"Name and role of the person who signed for {who}")
    return Step(f"sign_{key}", f"Sign for {who}", (stage,), "", PARTNERS, questions=(signatory,))
