"""The words for entries of the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass

from reviews.models import AuditKind, Through
from workflows.core.labels import mid_sentence, sentence
from workflows.core.vocabulary import Role

LOG_READ = "/audit"
"""How the route of a reading of the audit log itself begins, at the terminal without the stroke."""


@dataclass(frozen=True, slots=True)
class KindGroup:
    """Kinds of entries that are looked at together."""

    title: str
    kinds: frozenset[AuditKind]


GROUPS: Mapping[str, KindGroup] = {
    "views": KindGroup("Cases and actions looked at", frozenset({AuditKind.SEEN})),
    "lists": KindGroup("Lists", frozenset({AuditKind.LISTED})),
    "files": KindGroup("Files", frozenset({AuditKind.FILE_TAKEN})),
    "exports": KindGroup("Exports", frozenset({AuditKind.EXPORTED})),
    "identities": KindGroup("Identities", frozenset({AuditKind.IDENTITY_OPENED})),
    "refusals": KindGroup("Refusals", frozenset({AuditKind.REFUSED})),
    "sign-ins": KindGroup(
        "Signing in and out",
        frozenset({AuditKind.SIGNED_IN, AuditKind.SIGN_IN_FAILED, AuditKind.LOCKED_OUT, AuditKind.SIGNED_OUT}),
    ),
}
"""Every kind stands in one of them."""

KIND_TITLES: Mapping[AuditKind, str] = {
    AuditKind.SEEN: "Looked at",
    AuditKind.LISTED: "Looked at a list",
    AuditKind.FILE_TAKEN: "Took a file",
    AuditKind.EXPORTED: "Exported",
    AuditKind.IDENTITY_OPENED: "Opened an identity",
    AuditKind.REFUSED: "Was refused",
    AuditKind.SIGNED_IN: "Signed in",
    AuditKind.SIGN_IN_FAILED: "Failed to sign in",
    AuditKind.LOCKED_OUT: "Was locked out",
    AuditKind.SIGNED_OUT: "Signed out",
}
HOW: Mapping[Through, str] = {
    Through.PAGE: "on a page",
    Through.LINK: "by the link in a mail",
    Through.CALENDAR: "in a calendar",
    Through.TERMINAL: "at the terminal",
    Through.PROGRAM: "by a program",
}
REFUSALS: Mapping[str, str] = {
    "400": "the form did not come from this person",
    "403": "their role may not do this",
    "404": "answered as not there",
    "409": "not possible as things stood",
    "410": "the link no longer works",
    "413": "the file was too large",
    "415": "it was no form",
    "429": "too many in a short time",
}
"""What the first word of the outcome of a refusal says."""


def roles_in_words(role: str) -> str:
    """Give the roles of an entry, such as `business_manager, subgroup_chair`, in words."""
    known = {each.value: each.in_sentence for each in Role}
    return " and ".join(known.get(each, mid_sentence(each)) for each in role.split(", ") if each)


def outcome_in_words(kind: AuditKind, outcome: str) -> str:
    """Give why something was refused, how it was exported, or for what an identity was opened."""
    if kind is AuditKind.REFUSED:
        code = outcome.partition(" ")[0]
        return REFUSALS.get(code, sentence(outcome).lower())
    return outcome.replace("_", " ")


def is_log_read(route: str) -> bool:
    """Whether an entry tells that somebody read the audit log."""
    return route.startswith((LOG_READ, LOG_READ.lstrip("/") + " "))
