"""The tables, one file per noun."""

from reviews.models.action import Action, Evidence, Extension, ProgressUpdate, Recommendation
from reviews.models.case import (
    Case,
    CaseAgency,
    CaseClock,
    CaseFact,
    CaseHold,
    CaseLink,
    CasePerson,
    CaseTrack,
    Child,
    OurRole,
)
from reviews.models.definition import AddedDefinition, LocalRule, VersionMove
from reviews.models.event import Event, EventKind
from reviews.models.form import SentForm
from reviews.models.holiday import BankHoliday, HolidayLoad
from reviews.models.partnership import Agency, AgencyKind, AgencySuccession, Partnership
from reviews.models.person import Membership, Person, SignIn

__all__ = [
    "Action",
    "AddedDefinition",
    "Agency",
    "AgencyKind",
    "AgencySuccession",
    "BankHoliday",
    "Case",
    "CaseAgency",
    "CaseClock",
    "CaseFact",
    "CaseHold",
    "CaseLink",
    "CasePerson",
    "CaseTrack",
    "Child",
    "Event",
    "EventKind",
    "Evidence",
    "Extension",
    "HolidayLoad",
    "LocalRule",
    "Membership",
    "OurRole",
    "Partnership",
    "Person",
    "ProgressUpdate",
    "Recommendation",
    "SentForm",
    "SignIn",
    "VersionMove",
]
