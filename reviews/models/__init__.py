"""The tables, one file per noun."""

from reviews.models.action import Action, Evidence, Extension, ProgressUpdate, Recommendation
from reviews.models.case import Case, CaseAgency, CaseClock, CaseFact, CaseLink, CasePerson, CaseTrack, Child
from reviews.models.event import Event, EventKind
from reviews.models.form import SentForm
from reviews.models.holiday import BankHoliday, HolidayLoad
from reviews.models.partnership import Agency, AgencyKind, Partnership
from reviews.models.person import Membership, Person, SignIn

__all__ = [
    "Action",
    "Agency",
    "AgencyKind",
    "BankHoliday",
    "Case",
    "CaseAgency",
    "CaseClock",
    "CaseFact",
    "CaseLink",
    "CasePerson",
    "CaseTrack",
    "Child",
    "Event",
    "EventKind",
    "Evidence",
    "Extension",
    "HolidayLoad",
    "Membership",
    "Partnership",
    "Person",
    "ProgressUpdate",
    "Recommendation",
    "SentForm",
    "SignIn",
]
