"""What a status code says of a letter that came back (RFC 3463, and RFC 5321 where a server gives no more)."""

import re

from notifications.models import FailureKind

STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
NOTIFY_PERMANENT = "permanent-failure"
"""Documented by GOV.UK Notify: the address was wrong, and should be removed."""
OF_THE_SENDER = {"5.1.7", "5.1.8"}
"""The only codes under 5.1 that are about our address and not the recipient's."""
LOOPS = {"4.6", "4.14"}
TOO_LATE = {"4.7"}
FULL = {"2.2"}
MAILBOX_FULL = "552"


def kind_of(code: str) -> FailureKind:
    """Return the kind of a status such as `5.1.1`, of a plain code such as `550`, or of a status of Notify."""
    if code == NOTIFY_PERMANENT:
        return FailureKind.ADDRESS
    if code == MAILBOX_FULL:
        return FailureKind.FULL
    status = STATUS.match(code)
    if status is None:
        return FailureKind.OTHER
    subject, about = status[2], f"{status[2]}.{status[3]}"
    if about in FULL:
        return FailureKind.FULL
    if about in LOOPS:
        return FailureKind.LOOP
    if subject == "7" or status[0] in OF_THE_SENDER:
        return FailureKind.POLICY
    if status[1] == "4" or about in TOO_LATE:
        return FailureKind.EXPIRED
    return FailureKind.ADDRESS if subject == "1" else FailureKind.OTHER
