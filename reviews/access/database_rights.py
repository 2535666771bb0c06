"""What each user of a PostgreSQL database may do with each table, and the statements that grant it (ADR 0035)."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

import sqlalchemy as sa

from reviews.core.append_only import APPEND_ONLY
from workflows.core.engine import Refused


class DatabaseUser(StrEnum):
    """Beside the owner of the tables, who alone migrates and restores."""

    APP = "app"
    REMINDERS = "reminders"
    DISPOSAL = "disposal"


REVISION = "alembic_version"
USUAL = ("SELECT", "INSERT", "UPDATE", "DELETE")
READ = ("SELECT",)
REMINDERS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    # letters, reminders, what came back, and the state of the process
    ("SELECT", "INSERT", "UPDATE"): (
        "address_troubles",
        "audit_notices",
        "audit_watch",
        "leaders",
        "letters",
        "reminders",
        "sending_faults",
        "ticks",
        # what a step takes that is recorded because nobody acted by a day
        "case_clocks",
        "case_holds",
    ),
    ("SELECT", "INSERT"): ("account_letters", "account_links", "audit_seals", "case_agencies", "case_facts", "seals"),
    ("SELECT", "INSERT", "DELETE"): ("failures",),
    ("SELECT", "INSERT", "UPDATE", "DELETE"): ("account_mails",),
    ("SELECT", "INSERT", "UPDATE (sent_at)"): ("anchors",),
    ("SELECT", "INSERT", "UPDATE (announced_at)"): ("events",),
    ("SELECT", "UPDATE (version, closed_on, closed_known_to)"): ("cases",),
    ("SELECT", "UPDATE (stage, since_on, since_known_to, ended_on, ended_known_to, held_at)"): ("case_tracks",),
    ("SELECT", "UPDATE (answer, answered_at, answered_by, mailed_at)"): ("role_requests",),
    ("SELECT", "UPDATE (last_on)"): ("summary_rhythms",),
    # to lock a row PostgreSQL asks for the right to change some column of it
    ("SELECT", "UPDATE (id)"): ("partnerships", "people"),
    # what is over is deleted, by its day
    ("SELECT (expires_at)", "DELETE"): ("try_counts",),
    ("SELECT (used_at, ended_at)", "DELETE"): ("known_devices",),
    ("SELECT (saved_at)", "DELETE"): ("saved_forms",),
    READ: (
        "absences",
        "action_answers",
        "action_parts",
        "actions",
        "added_definitions",
        "address_changes",
        "agencies",
        "agency_successions",
        "assurances",
        "audit_entries",
        "bank_holidays",
        "case_links",
        "case_people",
        "case_rights",
        "children",
        "delays",
        "evidence",
        "extension_requests",
        "extensions",
        "findings",
        "generations",
        "impact_checks",
        "invitations",
        "letter_answers",
        "local_rules",
        "memberships",
        "partners",
        "plan_rules",
        "progress_updates",
        "provider_accounts",
        "recommendations",
        "reminder_policies",
        "snoozes",
    ),
    (): (
        "api_tokens",
        "attachments",
        "authenticator_apps",
        "calendar_feeds",
        "child_identities",
        "column_mappings",
        "disclosure_requests",
        "disposal_certificates",
        "disposal_files",
        "log_disposals",
        "disposed_rows",
        "factor_resets",
        "finding_themes",
        "holiday_loads",
        "identity_openings",
        "import_changes",
        "import_questions",
        "import_runs",
        "passkey_challenges",
        "passkeys",
        "recommendation_stems",
        "recommendation_themes",
        "recovery_codes",
        "requested_cases",
        "retention_decisions",
        "retention_holds",
        "retention_rules",
        "sent_forms",
        "sign_in_providers",
        "sign_ins",
        "themes",
        "version_moves",
    ),
}
"""What the reminder process does with every table, by rights: a new table has none before it stands here."""


def rights_of(user: DatabaseUser, table: str) -> tuple[str, ...]:
    """Give what a user may do with a table, as GRANT writes it."""
    if table == REVISION:
        return READ
    if user is DatabaseUser.REMINDERS:
        return next((rights for rights, tables in REMINDERS.items() if table in tables), ())
    limited = next((each for each in APPEND_ONLY if each.table == table), None)
    if limited is None:
        return USUAL
    changes = (f"UPDATE ({', '.join(limited.changes)})",) if limited.changes else ()
    deletes = ("DELETE",) if limited.is_disposed and user is DatabaseUser.DISPOSAL else ()
    return ("SELECT", "INSERT", *changes, *deletes)


def grant_statements(connection: sa.Connection, roles: Mapping[DatabaseUser, str]) -> list[str]:
    """Write the statements that give each role what its user may do, and take everything else from it.

    Raises Refused for a role that is not there, that could do what the owner may, or that is named twice.
    """
    _require_fit(connection, roles)
    quote = connection.dialect.identifier_preparer.quote
    database, schema = (quote(connection.scalar(sa.text(f"SELECT {name}()"))) for name in NAMES)
    tables = sorted(sa.inspect(connection).get_table_names())
    sequences = connection.execute(SEQUENCES).all()
    statements = [
        f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
        f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC",
    ]
    for user, name in roles.items():
        role = quote(name)
        statements += [
            f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}",
            f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {role}",
            f"REVOKE ALL ON SCHEMA {schema} FROM {role}",
            f"GRANT CONNECT ON DATABASE {database} TO {role}",
            f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        ]
        by_rights: dict[tuple[str, ...], list[str]] = {}
        for table in tables:
            by_rights.setdefault(rights_of(user, table), []).append(f"{schema}.{quote(table)}")
        statements += [
            f"GRANT {', '.join(rights)} ON TABLE {', '.join(named)} TO {role}"
            for rights, named in by_rights.items()
            if rights
        ]
        inserted = [f"{schema}.{quote(each)}" for each, table in sequences if "INSERT" in rights_of(user, table)]
        statements.append(f"GRANT USAGE ON SEQUENCE {', '.join(inserted)} TO {role}")
    return statements


def granted_roles(connection: sa.Connection) -> dict[DatabaseUser, str]:
    """Give the roles that have rights already, each known by what it alone may do."""
    rights: dict[str, set[tuple[str, str]]] = {}
    for role, table, right in connection.execute(GRANTED):
        rights.setdefault(role, set()).add((table, right))
    found: dict[DatabaseUser, str] = {}
    for role, has in sorted(rights.items()):
        if ("events", "DELETE") in has:
            found[DatabaseUser.DISPOSAL] = role
        elif ("people", "INSERT") in has:
            found[DatabaseUser.APP] = role
        elif ("letters", "INSERT") in has:
            found[DatabaseUser.REMINDERS] = role
    return found


def changeable_history(connection: sa.Connection) -> Iterator[str]:
    """Name the tables that are only ever added to, and that the present user may change or delete from."""
    for each in APPEND_ONLY:
        row = {"table": each.table, "changes": list(each.changes)}
        if connection.scalar(CHANGEABLE, row):
            yield each.table


def owned_tables(connection: sa.Connection) -> int:
    """Count the tables that the present user owns, or could alter as the owner can."""
    return int(connection.scalar(OWNED) or 0)


NAMES = ("current_database", "current_schema")
SEQUENCES = sa.text("""
SELECT sequence.relname, owner.relname FROM pg_class AS sequence
JOIN pg_depend ON objid = sequence.oid AND classid = 'pg_class'::regclass AND deptype IN ('a', 'i')
JOIN pg_class AS owner ON owner.oid = refobjid AND refclassid = 'pg_class'::regclass
WHERE sequence.relkind = 'S' AND sequence.relnamespace = current_schema()::regnamespace ORDER BY 1
""")
"""Each sequence with its table."""
OWNED = sa.text("""
SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
AND pg_has_role(current_user, relowner, 'USAGE')
""")
NOT_OWNED = sa.text("""
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
AND NOT pg_has_role(current_user, relowner, 'USAGE') LIMIT 1
""")
FIT = sa.text("""
SELECT rolsuper OR EXISTS (
    SELECT FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
    AND pg_has_role(pg_roles.oid, relowner, 'MEMBER')
) FROM pg_roles WHERE rolname = :role
""")
"""Whether a role could do what the owner of the tables may; no row where there is no such role."""
GRANTED = sa.text("""
SELECT rolname, relname, privilege_type FROM pg_class, aclexplode(relacl) JOIN pg_roles ON pg_roles.oid = grantee
WHERE relname IN ('events', 'people', 'letters') AND relnamespace = current_schema()::regnamespace
AND grantee <> relowner
""")
CHANGEABLE = sa.text("""
SELECT has_table_privilege(:table, 'DELETE') OR has_table_privilege(:table, 'TRUNCATE') OR EXISTS (
    SELECT FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 AND NOT attisdropped
    AND attname <> ALL (CAST(:changes AS text[])) AND has_column_privilege(attrelid, attnum, 'UPDATE')
)
""")


def require_owner(connection: sa.Connection) -> None:
    """Raise Refused where the present user does not own the tables, and so cannot give others rights on them."""
    if connection.dialect.name != "postgresql":
        raise Refused("SQLite has no users. On it the triggers alone refuse changes of the history.")
    if not sa.inspect(connection).get_table_names():
        raise Refused("The database has no tables yet: run followthrough migrate first.")
    if table := connection.scalar(NOT_OWNED):
        raise Refused(
            f"The database's user does not own {table}. Set FOLLOWTHROUGH_DATABASE_URL to that of the owner for this "
            "command."
        )


def _require_fit(connection: sa.Connection, roles: Mapping[DatabaseUser, str]) -> None:
    if len(set(roles.values())) < len(roles):
        raise Refused("Give the pages, the reminder process and disposal a role each, of different names.")
    for role in roles.values():
        owns_tables = connection.scalar(FIT, {"role": role})
        if owns_tables is None:
            raise Refused(f"There is no role {role}. Make it first: CREATE ROLE {role} LOGIN PASSWORD '…'.")
        if owns_tables:
            raise Refused(f"{role} owns the tables, or is an administrator. Name a role without such rights.")
