"""The menu, and who is signed in, at the head of every page."""

from dataclasses import dataclass

from reviews.access.permissions import Actor, Permission

MENU = (
    ("My actions", "/actions/mine", Permission.SEE_ACTIONS),
    ("Summary", "/summary", Permission.SEE_SUMMARY),
    ("Cases", "/cases", Permission.SEE_TRACKER),
    ("Actions", "/actions", Permission.SEE_ACTIONS),
    ("Themes", "/themes", Permission.SEE_THEMES),
    ("Reminders", "/reminders", Permission.SEE_REMINDERS),
    ("Requests", "/registers/requests", Permission.HANDLE_REQUESTS),
    ("People", "/people", Permission.SEE_PEOPLE),
    ("Workflows", "/workflows", Permission.SEE_WORKFLOWS),
    ("Audit log", "/audit", Permission.SEE_AUDIT),
    ("Retention", "/retention", Permission.MANAGE_RETENTION),
    ("System", "/system", Permission.SEE_SYSTEM),
    ("Settings", "/settings", Permission.SEE_SETTINGS),
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person signed in, as the head of a page names them."""

    name: str
    job_title: str
    partnership_names: list[str]


def signed_in(actor: Actor) -> SignedIn:
    titles = dict.fromkeys(assignment.job_title for assignment in actor.roles_held)
    return SignedIn(
        name=actor.name,
        job_title=", ".join(titles) or "no role",
        partnership_names=list(dict.fromkeys(assignment.partnership_name for assignment in actor.roles_held)),
    )


def navigation(actor: Actor, path: str) -> list[dict[str, object]]:
    """List the pages this person may open. The one with the longest address that the path begins with is active."""
    items = [(text, href) for text, href, permission in MENU if actor.may(permission)]
    here = max((href for _, href in items if path == href or path.startswith(href + "/")), key=len, default="")
    return [{"text": text, "href": href, "active": href == here} for text, href in items]
