"""What may a mail know of an action?"""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from reviews.models import Action
from workflows.core.roles import Realm


@dataclass(frozen=True, slots=True)
class ActionLine:
    """What a mail may know of an action. `title` is empty unless it is safe to mail.

    `aspect` is empty for the whole action. Otherwise `due_on` is that of one agency's part (parts.py) or
    of a check of its impact (impact_checks.py).
    """

    id: int
    reference: str
    address: str
    title: str
    realm: Realm
    stage: str
    agency_id: int | None
    owner_id: int | None
    due_on: date | None
    case_id: int = 0
    deputy_id: int | None = None
    aspect: str = ""


COLUMNS = (
    Action.id,
    Action.reference,
    Action.address,
    sa.case((Action.title_safe_to_mail, Action.title), else_=""),
    Action.realm,
    Action.stage,
    Action.lead_agency_id,
    Action.owner_id,
    Action.due_on,
    Action.case_id,
    Action.deputy_id,
)
"""The fields of a line in their order, but for `aspect`."""
