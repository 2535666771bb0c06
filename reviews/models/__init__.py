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
from reviews.models.address_changes import AddressChange
from reviews.models.api_tokens import ApiToken, TokenScope
from reviews.models.audit import AuditEntry, AuditKind, Through
from reviews.models.audit_notices import AuditNotice, AuditWatch, NoticeFinding
from reviews.models.case_rights import CaseRight, RightKind
from reviews.models.cases import (
    Attachment,
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
from reviews.models.disclosure_requests import DisclosureRequest, RequestedCase, RequestKind, RequestOutcome
from reviews.models.events import Event, EventKind, SentForm
from reviews.models.factors import AuthenticatorApp, FactorReset, Passkey, PasskeyChallenge, RecoveryCode
from reviews.models.identities import ChildIdentity, IdentityOpening, OpeningPurpose
from reviews.models.imports import ColumnMapping, ImportChange, ImportQuestion, ImportRun
from reviews.models.people import (
    Absence,
    AccountLink,
    AccountMail,
    AccountMailKind,
    Agency,
    AgencyKind,
    AgencySuccession,
    CalendarFeed,
    FactorKind,
    FactorRule,
    Invitation,
    LinkPurpose,
    Membership,
    Partner,
    Partnership,
    Person,
    SavedForm,
    SignIn,
)
from reviews.models.providers import ProviderAccount, SignInProvider
from reviews.models.recommendations import (
    Finding,
    FindingTheme,
    Recommendation,
    RecommendationStem,
    RecommendationTheme,
    Theme,
)
from reviews.models.restores import Generation
from reviews.models.retention import (
    DisposalAnswer,
    DisposalCertificate,
    DisposalFile,
    LogDisposal,
    RetentionDecision,
    RetentionHold,
    RetentionHoldKind,
    RetentionOutcome,
    RetentionRule,
)
from reviews.models.role_requests import RoleAnswer, RoleRequest
from reviews.models.seals import Anchor, AuditSeal, DisposedRows, Seal, SealColumns, Stream
from reviews.models.try_counts import KnownDevice, TryCount
