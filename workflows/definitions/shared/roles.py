"""Sets of roles that record steps, and the steps by which safeguarding partners sign.

What happened outside (a form sent, a meeting held, a letter received) may be recorded by the business unit for those
who did it. A decision that only some people may take is recorded by them.
"""

from workflows.core.involvement import NOBODY, Involvement
from workflows.core.questions import Kind, Question
from workflows.core.vocabulary import SIGNED_FOR, Role, Step

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


SIGNATURE = Question(SIGNED_FOR, "Signed for", Kind.PARTNERS, hint="A partner signs for their own body only.")


def signing(stage: str) -> tuple[Step, ...]:
    """Give the steps by which partners sign, or a manager records what one said. See `every_partner_signed`."""
    own = (SIGNATURE, Question("signatory", "Name and role of the person who signs"))
    on_behalf = (
        SIGNATURE,
        Question("confirmed_by", "Who confirmed it, by name and role"),
        Question("confirmed_on", "They confirmed it on", Kind.DAY),
        Question("confirmation_filed", "Where that is filed", hint="Such as the e-mail or the minute."),
    )
    return (
        Step(
            "sign",
            "Sign for your body",
            (stage,),
            "",
            PARTNERS,
            questions=own,
            barred=frozenset({Involvement.SUBMITTER}),
        ),
        Step(
            "sign_on_behalf",
            "Record a signature on behalf of",
            (stage,),
            "",
            MANAGER,
            questions=on_behalf,
            barred=NOBODY,
        ),
    )
