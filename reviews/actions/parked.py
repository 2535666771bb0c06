"""Which action has been parked with somebody until it gets an owner of its own?"""

PARKED = "No owner of its own yet"


def parked(before: str) -> str:
    """Give what stands beside the keeper of a parked action until it is given to somebody."""
    return f"{PARKED}; before: {before}"


def is_parked(owner_text: str) -> bool:
    return owner_text.startswith(PARKED)
