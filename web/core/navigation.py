"""The menu, the pages of setting up, and who is signed in, at the head of every page."""

from collections.abc import Iterator
from dataclasses import dataclass

from reviews.access.permissions import Actor, Permission

HOME, SET_UP = "/", "/settings"
MENU = (
    ("Home", HOME, Permission.SIGNED_IN),
    ("Cases", "/cases", Permission.SEE_TRACKER),
    ("Actions", "/actions", Permission.SEE_ACTIONS),
    ("Learning", "/themes", Permission.SEE_THEMES),
    ("Reports", "/summary", Permission.SEE_SUMMARY),
    ("Set up", SET_UP, Permission.SEE_SETTINGS),
)
PERSONAL_PAGES = (
    ("When you are away", "/people/away", Permission.SEE_ACTIONS),
    ("Your dates in a calendar", "/calendar", Permission.SEE_ACTIONS),
)
"""What a person sets for themselves, in the menu under their name."""


@dataclass(frozen=True, slots=True)
class SetUpPage:
    """A page under *Set up*, and what it is for."""

    title: str
    href: str
    words: str
    permission: Permission


SET_UP_PAGES: dict[str, tuple[SetUpPage, ...]] = {
    "People and agencies": (
        SetUpPage("People", "/people", "Who works here, in which role, and their invitations.", Permission.SEE_PEOPLE),
        SetUpPage("Agencies", "/agencies", "The agencies of the partnership.", Permission.SEE_PEOPLE),
        SetUpPage(
            "Domains of e-mail addresses",
            "/settings/domains",
            "The domains that the addresses of people here must end in.",
            Permission.SET_LOCAL_RULES,
        ),
        SetUpPage(
            "Second factor",
            "/settings/second-factor",
            "Who must prove beside the password that they hold a device of theirs.",
            Permission.MANAGE_PEOPLE,
        ),
    ),
    "Reminders": (
        SetUpPage("Reminders", "/reminders", "What was sent, what goes out next and why.", Permission.SEE_REMINDERS),
        SetUpPage(
            "Reminder policies",
            "/settings/reminders",
            "The days around the due date of an action on which reminders are sent, to whom, and at what hour.",
            Permission.SET_LOCAL_RULES,
        ),
        SetUpPage(
            "Sender of the mails",
            "/settings/mail",
            "The name under which the mails of the partnership go out, and the address for answers to them.",
            Permission.SET_LOCAL_RULES,
        ),
    ),
    "Rules": (
        SetUpPage(
            "Kinds of case",
            "/workflows",
            "The stages, steps and clocks of each kind of case.",
            Permission.MANAGE_WORKFLOWS,
        ),
        SetUpPage(
            "Local periods",
            "/settings/periods",
            "Periods and reminder ladders that the partnership has set itself, beside the national ones.",
            Permission.SET_LOCAL_RULES,
        ),
        SetUpPage(
            "Reasons for being late",
            "/settings/late-reasons",
            "Whether a step that comes after a due date can be recorded without saying why.",
            Permission.SET_LOCAL_RULES,
        ),
        SetUpPage(
            "Bank holidays",
            "/settings/holidays",
            "The bank holidays that are loaded, and clocks that need your approval to move.",
            Permission.MOVE_CLOCKS,
        ),
    ),
    "Records": (
        SetUpPage("Audit log", "/audit", "Who saw a case, and what a person saw.", Permission.SEE_AUDIT),
        SetUpPage(
            "Requests",
            "/registers/requests",
            "Subject access, freedom of information and disclosure, with their clocks.",
            Permission.HANDLE_REQUESTS,
        ),
        SetUpPage("Retention", "/retention", "What is due for review, and what holds it.", Permission.MANAGE_RETENTION),
    ),
    "Running it": (
        SetUpPage("System", "/system", "The reminder process, the mail and the stored files.", Permission.SEE_SYSTEM),
    ),
}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person signed in, as the head of a page names them."""

    name: str
    job_title: str
    partnership_names: list[str]


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the menu. It is active on its own page and on those below it."""

    text: str
    href: str
    active: bool
    is_page: bool

    @property
    def is_set_up(self) -> bool:
        return self.href == SET_UP


def signed_in(actor: Actor) -> SignedIn:
    titles = dict.fromkeys(assignment.job_title for assignment in actor.roles_held)
    return SignedIn(
        name=actor.name,
        job_title=", ".join(titles) or "no role",
        partnership_names=list(dict.fromkeys(assignment.partnership_name for assignment in actor.roles_held)),
    )


def navigation(actor: Actor, path: str) -> list[MenuItem]:
    """List the menu of this person. The entry with the longest address that the path begins with is active."""
    items = [(text, href) for text, href, permission in MENU if actor.may(permission)]
    menus = {href: href for _, href in items} | {page.href: SET_UP for page in set_up_pages(actor)}
    here = max((each for each in menus if path == each or path.startswith(f"{each}/")), key=len, default="")
    return [MenuItem(text, href, active=href == menus.get(here), is_page=href == path) for text, href in items]


def set_up_pages(actor: Actor) -> Iterator[SetUpPage]:
    """List the pages under *Set up* that this person may open."""
    return (page for pages in SET_UP_PAGES.values() for page in pages if actor.may(page.permission))


def personal_pages(actor: Actor) -> list[tuple[str, str]]:
    return [(text, href) for text, href, permission in PERSONAL_PAGES if actor.may(permission)]
