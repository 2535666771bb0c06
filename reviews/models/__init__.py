"""The tables, one file per noun."""

from reviews.models.actions import Action, Evidence, Extension, ProgressUpdate, Recommendation
from reviews.models.calendars import BankHoliday, HolidayLoad
from reviews.models.cases import (
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
from reviews.models.definitions import AddedDefinition, LocalRule, VersionMove
from reviews.models.events import Event, EventKind
from reviews.models.form import SentForm
from reviews.models.imports import ColumnMapping, ImportChange, ImportRun, PlanRules
from reviews.models.partnership import Agency, AgencyKind, AgencySuccession, Partnership
from reviews.models.people import Membership, Person, SignIn
from reviews.models.quiet import Absence, CalendarFeed, ReminderPolicy, Snooze
from reviews.models.thread import (
    ActionAnswer,
    ActionStrand,
    Assurance,
    ExtensionRequest,
    Finding,
    FindingTheme,
    ImpactCheck,
    ImpactResult,
    RecommendationStem,
    RecommendationTheme,
    StrandState,
    Theme,
)

__all__ = [
    "Absence",
    "Action",
    "ActionAnswer",
    "ActionStrand",
    "AddedDefinition",
    "Agency",
    "AgencyKind",
    "AgencySuccession",
    "Assurance",
    "BankHoliday",
    "CalendarFeed",
    "Case",
    "CaseAgency",
    "CaseClock",
    "CaseFact",
    "CaseHold",
    "CaseLink",
    "CasePerson",
    "CaseTrack",
    "Child",
    "ColumnMapping",
    "Event",
    "EventKind",
    "Evidence",
    "Extension",
    "ExtensionRequest",
    "Finding",
    "FindingTheme",
    "HolidayLoad",
    "ImpactCheck",
    "ImpactResult",
    "ImportChange",
    "ImportRun",
    "LocalRule",
    "Membership",
    "OurRole",
    "Partnership",
    "Person",
    "PlanRules",
    "ProgressUpdate",
    "Recommendation",
    "RecommendationStem",
    "RecommendationTheme",
    "ReminderPolicy",
    "SentForm",
    "SignIn",
    "Snooze",
    "StrandState",
    "Theme",
    "VersionMove",
]
