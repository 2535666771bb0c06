"""Letters of a restored installation: they wait until somebody has looked and released it."""

import sqlalchemy as sa

from notifications.models import WAITING, Letter
from reviews.backups.generations import release
from reviews.transactions.unit_of_work import Unit


def release_letters(unit: Unit) -> int:
    """Release a restored installation, and count the letters that wait.

    They count as written now, so that their links work, as those of letters that left before the restore do not.
    """
    release(unit)
    released = sa.update(Letter).where(WAITING).values(written_at=unit.now).returning(Letter.id)
    return len(unit.session.execute(released, execution_options={"synchronize_session": False}).all())
