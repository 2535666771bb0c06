"""What may the partners answer to a recommendation?"""

RESPONSES = {
    "accepted": "Accepted",
    "accepted_in_part": "Accepted in part",
    "rejected": "Rejected",
    "national": "For national bodies",
    "already_done": "Already done",
}
WITHOUT_ACTION = frozenset({"rejected", "national", "already_done"})
"""Responses after which no action here is waited for: such a recommendation is never one “without an action”."""
