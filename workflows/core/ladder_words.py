"""In which words is a rung said, and who is told at it?"""

from workflows.core.deadlines import Rung
from workflows.core.ladders import Occurrence, read_name
from workflows.core.roles import Role

DEPUTY = "deputy"
"""How data names the deputy of an action, who is told though it is no role."""
WORDS = {
    Role.ACTION_OWNER: "owner",
    Role.SUBGROUP_CHAIR: "chair of the subgroup",
}
NEAREST = (Role.ACTION_OWNER, Role.AGENCY_LEAD, Role.BUSINESS_MANAGER)
ORDER = (*NEAREST, *(role for role in Role if role not in NEAREST))


def day_words(days: int, *, working: bool) -> str:
    """Say when: `30 days before the date`, `on the day`, `6 working days after the date`."""
    if not days:
        return "on the day, or the working day before" if working else "on the day"
    kind = "working day" if working else "day"
    return f"{_count(abs(days), kind)} {'after' if days > 0 else 'before'} the date"


def rung_words(rung: Rung) -> str:
    """Say when a rung comes, and how often."""
    when = day_words(rung.days, working=rung.working)
    kind = "working day" if rung.working else "day"
    return f"{when}, then every {kind if rung.every == 1 else _count(rung.every, kind)}" if rung.every else when


def name_words(name: str) -> str:
    """Say a rung by its name: `14 days after the date`; empty for a name that is none of a ladder's."""
    found = read_name(name)
    return day_words(found[0], working=found[1]) if found else ""


def told_words(rung: Rung | Occurrence) -> str:
    """Say who is told: `owner and agency lead`."""
    roles = [WORDS.get(role, role.in_sentence) for role in ORDER if role in rung.tells]
    *first, last = [*roles, *_deputy(rung)] or ["nobody"]
    return f"{', '.join(first)} and {last}" if first else last


def told_names(rung: Rung) -> list[str]:
    """Give the stored names of those who are told."""
    return [role.value for role in Role if role in rung.tells] + _deputy(rung)


def _deputy(rung: Rung | Occurrence) -> list[str]:
    return [DEPUTY] if rung.deputy else []


def _count(number: int, kind: str) -> str:
    return f"{number} {kind}" if number == 1 else f"{number} {kind}s"
