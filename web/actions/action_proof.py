"""What does the page of an action say of its evidence, and of what others saw?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from reviews.access.independence import why_not_assured_by
from reviews.access.policies import keeps_the_plan
from reviews.actions.assurances import KINDS
from reviews.actions.evidence import SHOWS
from reviews.actions.page_queries import ActionFile
from reviews.actions.queries_assurances import assurances_of
from reviews.actions.strands import parts_led
from reviews.actions.withdrawing import may_withdraw
from reviews.models import Assurance, Evidence
from web.actions.history import name_in
from web.core.context import actor, reader
from workflows.definitions.action import AGREED, A

WORDS: Mapping[str, str] = {"text": "Evidence", "link": "Link", "file": "File"}


@dataclass(frozen=True, slots=True)
class Assured:
    title: str
    seen_on: date
    by: str
    text: str


def proof_of(file: ActionFile) -> dict[str, Any]:
    """Give what is shown; nobody who reads only what is published gets any of it."""
    seen = () if file.published_only else assurances_of(reader(), actor(), file.action)
    return {
        "evidence_title": evidence_title,
        "assurances": [_assured(row) for row in seen],
        "may_offer": may_offer(file),
        "may_withdraw": lambda piece: may_withdraw(actor(), file.action, piece),
        "keeps_plan": keeps_the_plan(actor(), file.action),
        "may_assure": file.action.stage != A.PROPOSED and not why_not_assured_by(actor(), file.action),
    }


def may_offer(file: ActionFile) -> bool:
    """Whether this person may add evidence: to the action, or as the lead of an agency that has a part in it."""
    if file.may("progress") or file.may("note"):
        return True
    return file.action.stage in AGREED and bool(parts_led(reader(), actor(), file.action))


def evidence_title(piece: Evidence) -> str:
    """Say what a piece is: `Audit (file)`."""
    kind, shows = WORDS.get(piece.kind, "Evidence"), SHOWS.get(piece.shows, "")
    return kind if not shows else shows if piece.kind == "text" else f"{shows} ({kind.lower()})"


def _assured(row: Assurance) -> Assured:
    outcome = "assured" if row.is_assured else "not assured"
    return Assured(f"{KINDS.get(row.kind, row.kind)}: {outcome}", row.seen_on, name_in(row.given_by), row.text)
