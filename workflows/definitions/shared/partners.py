"""What is asked of, and done by, each of the three safeguarding partners?"""

from workflows.core.labels import sentence
from workflows.core.questions import Asked, Kind
from workflows.core.vocabulary import Step
from workflows.definitions.shared.recorders import PARTNERS as SAFEGUARDING_PARTNERS
from workflows.guards.cases import PARTNERS


def of_each_partner(fact: str, words: str) -> tuple[Asked, ...]:
    """Ask a yes or no of each: `of_each_partner("invited", "was invited")` gives `police_invited` and two more."""
    return tuple(Asked(f"{key}_{fact}", f"{sentence(who)} {words}", Kind.YES_NO) for key, who in PARTNERS.items())


def signatures(stage: str) -> tuple[Step, ...]:
    """One self step for each partner to sign with; the guard `all_three_signed` counts them."""
    return tuple(_signature(stage, key, who) for key, who in PARTNERS.items())


def _signature(stage: str, key: str, who: str) -> Step:
    signatory = Asked(f"{key}_signatory", f"Name and role of the person who signed for {who}")
    return Step(f"sign_{key}", f"Sign for {who}", (stage,), "", SAFEGUARDING_PARTNERS, asks=(signatory,))
