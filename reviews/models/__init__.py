"""The tables of reviews, one module for each noun."""

from reviews.models.actions import (
    Action,
    ActionAnswer,
    ActionPart,
    Assurance,
    Delay,
    Evidence,
    Extension,
    ExtensionRequest,
    ImpactCheck,
    ImpactResult,
    PartState,
    ProgressUpdate,
    Snooze,
)
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
from reviews.models.definitions import (
    AddedDefinition,
    BankHoliday,
    HolidayLoad,
    LocalRule,
    PlanRules,
    ReminderPolicy,
    VersionMigration,
)
from reviews.models.events import Event, EventKind, SentForm
from reviews.models.imports import ColumnMapping, ImportChange, ImportQuestion, ImportRun
from reviews.models.people import (
    Absence,
    Agency,
    AgencyKind,
    AgencySuccession,
    CalendarFeed,
    Membership,
    Partner,
    Partnership,
    Person,
    SignIn,
)
from reviews.models.recommendations import (
    Finding,
    FindingTheme,
    Recommendation,
    RecommendationStem,
    RecommendationTheme,
    Theme,
)
from reviews.models.restores import Generation
