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
from reviews.models.plan import ColumnMapping, ImportChange, ImportRun, PlanRules
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
