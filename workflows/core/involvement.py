"""What a case or an action is to a person, by which the steps that decide on it are barred to them."""

from enum import StrEnum


class Involvement(StrEnum):
    """Why something is a person's own. A step names those who may not take it, whatever their role.

    `OWNER` is the owner of an action, their deputy named on it, and who stands in for them while they are away.
    `SUBMITTER` recorded what the step decides on, or it was recorded for them as owner of the action. `ASKER` asked for
    the time, or it was asked for them; where nobody has asked, whoever owned the action under its present due date.
    `LEAD_REVIEWER` has the case, or is given it by this step. `AGENCY_ASKED` leads for the agency that a request inside
    a case goes to, or stands in for its lead.
    """

    OWNER = "owner"
    SUBMITTER = "submitter"
    ASKER = "asker"
    LEAD_REVIEWER = "lead_reviewer"
    AGENCY_ASKED = "agency_asked"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Involvement.OWNER: "the owner and their deputy",
    Involvement.SUBMITTER: "whoever submitted it",
    Involvement.ASKER: "whoever asked for the time",
    Involvement.LEAD_REVIEWER: "the lead reviewer of the case",
    Involvement.AGENCY_ASKED: "the lead of the agency that was asked",
}

NOBODY: frozenset[Involvement] = frozenset()
"""A step that decides on nobody's work: it says so, and does not leave it out."""
