"""How are the rules of a plan said in words?"""

from collections.abc import Mapping

LABELS: Mapping[str, str] = {
    "first_impact_months": "first impact check after {} months",
    "second_impact_months": "second impact check after {} months",
    "amber_days": "amber {} days before the date",
    "red_moves": "red when moved more than {} times",
    "cadence_days": "amber without a report for {} days",
    "reminder_policy": "reminded by the policy {}",
}


def rules_in_words(rules: Mapping[str, int | str | None]) -> str:
    """Say what a plan does otherwise than the others: `second impact check after 12 months`."""
    said = [words.format(rules[name]) for name, words in LABELS.items() if rules.get(name) is not None]
    return ", ".join(said) or "the usual ones"
