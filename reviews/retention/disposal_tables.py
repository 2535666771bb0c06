"""Which rows belong to a case, by table: what disposal deletes, in this order, and what it leaves, with the reason.

Every table from which foreign keys lead to a case stands in one of the two, and so does each of these keys.
"""

from collections.abc import Mapping

import sqlalchemy as sa

from reviews.core.db import Base

CASES = "cases"
DISPOSED: Mapping[str, Mapping[str, str]] = {
    # told of it
    "letter_answers": {"action_id": "actions"},
    "reminders": {"action_id": "actions", "clock_id": "case_clocks"},
    "snoozes": {"action_id": "actions"},
    # imports
    "import_questions": {"case_id": CASES, "action_id": "actions"},
    "import_changes": {"run_id": "import_runs", "action_id": "actions"},
    "import_runs": {"case_id": CASES},
    # actions
    "action_answers": {"action_id": "actions", "recommendation_id": "recommendations"},
    "action_parts": {"action_id": "actions"},
    "assurances": {"action_id": "actions"},
    "delays": {"action_id": "actions"},
    "evidence": {"action_id": "actions"},
    "extension_requests": {"action_id": "actions"},
    "extensions": {"action_id": "actions"},
    "impact_checks": {"action_id": "actions"},
    "progress_updates": {"action_id": "actions"},
    # what was recorded and found
    "case_facts": {"case_id": CASES},
    "attachments": {"case_id": CASES},
    "events": {"case_id": CASES, "action_id": "actions"},
    "actions": {"case_id": CASES},
    "finding_themes": {"finding_id": "findings"},
    "recommendation_themes": {"recommendation_id": "recommendations"},
    "recommendation_stems": {"recommendation_id": "recommendations"},
    "recommendations": {"case_id": CASES},
    "findings": {"case_id": CASES},
    # the case
    "retention_decisions": {"case_id": CASES},
    "retention_holds": {"case_id": CASES},
    "plan_rules": {"case_id": CASES},
    "identity_openings": {"case_id": CASES},
    "child_identities": {"child_id": "children"},
    "children": {"case_id": CASES},
    "case_agencies": {"case_id": CASES},
    "case_people": {"case_id": CASES},
    "case_rights": {"case_id": CASES},
    "case_links": {"from_case_id": CASES, "to_case_id": CASES},
    "case_holds": {"case_id": CASES},
    "case_clocks": {"case_id": CASES},
    "case_tracks": {"case_id": CASES},
    CASES: {},
}
"""The columns by which rows of a table belong to rows of another, the case itself last."""

EXEMPT: Mapping[str, str] = {
    "account_mails": "It points at events about people, which belong to no case.",
    "account_letters": "It is about account_mails.",
}
"""Tables from which keys lead to a case, and whose rows are none of a case."""
SAME_CASE: Mapping[str, tuple[str, ...]] = {
    "actions": ("recommendation_id",),
    "attachments": ("event_id",),
    "case_facts": ("event_id",),
    "cases": ("kind_changed_id", "parent_id"),
    "events": ("corrects_id",),
    "import_questions": ("run_id",),
    "recommendations": ("finding_id",),
}
"""Keys that stay within one case, which has its rows by another key; if one does not, the database refuses."""
STORED_AS = "stored_as"
"""The column, in any of the tables, with the name of a stored file."""


def belongs_to(table: str, case_ids: sa.ColumnElement[list[int]] | list[int]) -> sa.ColumnElement[bool]:
    """Give the condition for the rows of a table that belong to these cases."""
    stored = Base.metadata.tables[table]
    if table == CASES:
        return stored.c.id.in_(case_ids)
    return sa.or_(
        *(
            stored.c[column].in_(sa.select(_key_of(other)).where(belongs_to(other, case_ids)))
            for column, other in DISPOSED[table].items()
        )
    )


def _key_of(table: str) -> sa.Column[int]:
    return Base.metadata.tables[table].c.id
