"""Which roles are there, and in which bodies of records do they work?"""

from enum import StrEnum

from workflows.core.labels import mid_sentence, sentence


class Role(StrEnum):
    """What a person is in a partnership (the roles of the access matrix)."""

    BUSINESS_MANAGER = "business_manager"
    BUSINESS_UNIT_ADMIN = "business_unit_admin"
    REVIEW_SUBGROUP_MEMBER = "review_subgroup_member"
    SUBGROUP_CHAIR = "subgroup_chair"
    INDEPENDENT_CHAIR = "independent_chair"
    SAFEGUARDING_PARTNER = "safeguarding_partner"
    AGENCY_LEAD = "agency_lead"
    ACTION_OWNER = "action_owner"
    CDOP_MANAGER = "cdop_manager"
    CDOP_PANEL_MEMBER = "cdop_panel_member"
    LEAD_REVIEWER = "lead_reviewer"
    SCRUTINY_MEMBER = "scrutiny_member"

    @property
    def words(self) -> str:
        return sentence(self.value)

    @property
    def in_sentence(self) -> str:
        """The words as they stand within a sentence: abbreviations keep their capitals."""
        return mid_sentence(self.words)


class Realm(StrEnum):
    """A body of records with its own readers; what is known for child death review stays there (s16N CA 2004)."""

    REVIEWS = "reviews"
    CHILD_DEATHS = "child_deaths"
