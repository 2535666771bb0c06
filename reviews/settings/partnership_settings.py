"""What a partnership sets for itself: reasons for being late, sender of mails, domains of addresses, second factor."""

import re
from collections.abc import Iterable
from uuid import UUID

from reviews.access.permissions import Permission
from reviews.models import EventKind, FactorRule, Partnership
from reviews.people.accounts import address_of
from reviews.transactions.unit_of_work import Unit
from workflows.core.engine import Refused
from workflows.core.vocabulary import Realm

LONGEST_SENDER_NAME = 100
MOST_DOMAINS, LONGEST_DOMAIN = 100, 200
DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
NOT_IN_A_NAME = frozenset('@<>"\\')


def require_late_reasons(unit: Unit, partnership: Partnership, *, required: bool) -> None:
    """Ask for the reason from now on, or no longer. Raises NotAllowed, and Refused where that is so already."""
    unit.actor.require(Permission.SET_LOCAL_RULES, partnership.id)
    if partnership.late_reasons_required == required:
        now = "already needs the reason for being late" if required else "does not need the reason for being late"
        raise Refused(f"A step that meets a clock late {now} here. You need not change this.")
    partnership.late_reasons_required = required
    unit.record(EventKind.LATE_REASONS_SET, partnership_id=partnership.id, details={"required": required})


def set_mail_sender(
    unit: Unit, partnership: Partnership, *, sender_name: str, reply_to: str, notify_reply_to_id: str = ""
) -> None:
    """Set what recipients see as the sender of a partnership's mails, and where their answers go; empty for neither.

    With GOV.UK Notify the answers go to the address that has this id there. Raises NotAllowed, and Refused.
    """
    unit.actor.require(Permission.SET_LOCAL_RULES, partnership.id, Realm.REVIEWS)
    partnership.sender_name = _sender_name(sender_name)
    partnership.reply_to = address_of(reply_to) if reply_to.strip() else ""
    partnership.notify_reply_to_id = _notify_id(notify_reply_to_id.strip())
    details = {
        "sender_name": partnership.sender_name,
        "reply_to": partnership.reply_to,
        "notify_reply_to_id": partnership.notify_reply_to_id,
    }
    unit.record(EventKind.MAIL_SENDER_SET, partnership_id=partnership.id, details=details)


def set_factor_rule(unit: Unit, partnership: Partnership, *, rule: FactorRule) -> None:
    """Set who must have a second factor, from the next time they sign in. Raises NotAllowed."""
    unit.actor.require(Permission.MANAGE_PEOPLE, partnership.id)
    details = {"was": partnership.factor_rule.value, "now": rule.value}
    partnership.factor_rule = rule
    unit.record(EventKind.FACTOR_RULE_SET, partnership_id=partnership.id, details=details)


def set_email_domains(unit: Unit, partnership: Partnership, domains: Iterable[str]) -> list[str]:
    """Set the domains that new addresses of a partnership's people may have, with those below them; none is any.

    Addresses that are there already stay. Raises NotAllowed, and Refused.
    """
    unit.actor.require(Permission.SET_LOCAL_RULES, partnership.id, Realm.REVIEWS)
    found = sorted({domain.strip().lower().removeprefix("@") for domain in domains if domain.strip()})
    wrong = [domain for domain in found if not DOMAIN.fullmatch(domain) or len(domain) > LONGEST_DOMAIN]
    if wrong:
        raise Refused(f"“{wrong[0]}” is not a domain. Enter one such as council.gov.uk.")
    if len(found) > MOST_DOMAINS:
        raise Refused(f"A partnership can have at most {MOST_DOMAINS} domains.")
    partnership.email_domains = found
    unit.record(EventKind.EMAIL_DOMAINS_SET, partnership_id=partnership.id, details={"domains": found})
    return found


def _sender_name(text: str) -> str:
    """Check a name that stands before the address: no sign in it may make another address of it."""
    name = " ".join(text.split())
    if len(name) > LONGEST_SENDER_NAME or not name.isprintable() or "=?" in name or NOT_IN_A_NAME & set(name):
        raise Refused(
            f"The sender's name must be one line of {LONGEST_SENDER_NAME} characters or fewer, without @, <, > or \"."
        )
    return name


def _notify_id(text: str) -> str:
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        raise Refused("The reply-to id at GOV.UK Notify looks like 8e222534-7f05-4972-86e3-17c5d9f894e2.") from None
