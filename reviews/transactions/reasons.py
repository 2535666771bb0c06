"""Is a reason given where one is asked for?"""

from workflows.core.engine import NotReady, Refused

LONGEST_REASON = 2_000


def check_reason(reason: str) -> str:
    """Give the reason without spaces around it. Raises NotReady where there is none, Refused for one too long."""
    said = reason.strip()
    if not said:
        raise NotReady("A reason must be given.", ["the reason"])
    if len(said) > LONGEST_REASON:
        raise Refused(f"A reason must be {LONGEST_REASON:,} characters or fewer.")
    return said
