"""A text in every column of the database that holds what somebody typed."""

from collections.abc import Iterator

import sqlalchemy as sa

import notifications.models  # noqa: F401  # the tables register themselves
from reviews.core.db import Base, Database
from tests.builders import rewriting_history

NOT_TYPED = frozenset(
    {
        *(
            "address",
            "reference",
            "reference_name",
            "code",
            "email",
            "was",
            "reply_to",
            "notify_reply_to_id",
            "sender_name",
        ),
        *("reminder_policy", "stored_as", "sha256", "headings_sha256", "token_hash", "password_hash", "code_hash"),
        *("message_id", "letter_key", "lease_by", "provider_id", "sent_to", "subject", "body", "html", "holder"),
        *("issuer", "client_id", "tenant_id", "object_id", "rp_id", "leads_to", "content", "start_rule"),
    }
)
"""What the product makes itself, what it opens things by, and what stands in headers, checked when it comes in."""
OF_THE_MACHINE = frozenset({"added_definitions", "generations", "leaders", "ticks", "try_counts", "sign_in_providers"})
SHORTEST = 100


def plant(database: Database, text: str) -> set[str]:
    """Put a text into every row of those columns, and give their names. A number keeps what must differ apart."""
    planted = set()
    with database.begin() as session, rewriting_history(session):
        for table, column in typed_columns():
            if table.name == "case_facts":
                only = sa.true() if column.name != "words" else table.c.kind == "text"
            else:
                only = sa.true()
            number = sa.cast(table.c.id, sa.String) if "id" in table.c else sa.literal("")
            session.execute(sa.update(table).where(only, column.is_not(None)).values({column.name: text + number}))
            planted.add(f"{table.name}.{column.name}")
    return planted


def typed_columns() -> Iterator[tuple[sa.Table, sa.Column[str]]]:
    for table in Base.metadata.sorted_tables:
        if table.name in OF_THE_MACHINE:
            continue
        for column in table.columns:
            of_text = isinstance(column.type, sa.String) and not isinstance(column.type, sa.Enum)
            long = of_text and (column.type.length is None or column.type.length >= SHORTEST)
            if long and not column.foreign_keys and column.name not in NOT_TYPED:
                yield table, column
