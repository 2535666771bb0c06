"""Who records which kind of step?

A step belongs to whoever records it. What happened outside (a form sent, a meeting held, a letter received) may be
recorded by the business unit for those who did it; a decision that only some people may take is recorded by them.
"""

from workflows.core.roles import Role

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
"""Whoever keeps the case, in the realm it belongs to."""
