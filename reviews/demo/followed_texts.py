"""What did one invented review find and ask for, and what did the agencies say they would do about it?"""

from dataclasses import dataclass

FINDINGS = (
    (
        "Four schools each held their own record of worry about the same brothers and sisters. Nobody put the four "
        "together, so that each school saw one bad week and no school saw the year.",
        ("Information sharing", "School attendance and elective home education"),
    ),
    (
        "Strategy meetings were held in time. The schools were not at them, and learnt what had been decided after the "
        "half-term holiday, when the oldest child had already gone back to the same house.",
        ("Multi-agency meetings",),
    ),
    (
        "Practitioners who had left could not be spoken to, and their notes did not say why they acted as they did.",
        ("Record keeping",),
    ),
)
"""Text and themes. Nothing was asked for about the last one yet."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A recommendation: the finding it rests on, what it says, and what the partners answered."""

    finding: int
    text: str
    success: str
    evidence_wanted: str
    themes: tuple[str, ...]
    response: str
    reason: str = ""
    addressee: str = ""


SHARED_RECORD, SAME_DAY = 0, 1
"""Places in the list below of what is being done about."""
ASKED = (
    Asked(
        0,
        "Schools that teach children of one family should keep one shared record of their concerns.",
        "A child who has told one adult is not asked to tell it all again at their brother's or sister's school.",
        "Ten families with children in more than one school, their records read by somebody who works in neither.",
        ("Information sharing", "Record keeping"),
        "accepted",
    ),
    Asked(
        1,
        "The school should hear the outcome of a strategy meeting on the day it is held.",
        "No child goes home from school to a plan that the adults at school have not been told of.",
        "The times of thirty meetings set beside the times at which the schools were told.",
        ("Multi-agency meetings", "Information sharing"),
        "accepted_in_part",
        "Accepted for school days. In the holidays there is nobody to tell: the designated lead hears on the first "
        "morning of term, and the duty desk keeps a list until then.",
    ),
    Asked(
        0,
        "Every school should employ a social worker of its own.",
        "",
        "",
        ("Professional curiosity",),
        "rejected",
        "The partners share the aim. There is no money for 214 posts, and the nine link workers appointed in the "
        "spring are meant to do what the review had in mind; how far they reach is looked at after a year.",
    ),
    Asked(
        0,
        "Schools should be able to see that a pupil has a child protection plan in another area.",
        "A family that moves in the middle of a term is known at the new school on the child's first day.",
        "",
        ("Cross-border moves",),
        "national",
        "Only a change of the national systems can do this; the chair has written.",
        "The Department for Education",
    ),
    Asked(
        1,
        "Designated safeguarding leads should have supervision from outside their school each half-term.",
        "",
        "",
        ("Supervision and management oversight",),
        "already_done",
        "In place since last autumn: 198 of 214 schools take it up, and the others are visited.",
    ),
)

SHARED_ACTION = (
    "Agree one shared record of concerns for families with children in more than one school. It says who opens it, who "
    "may read it, and who closes it when the last child leaves.",
    "A brother and a sister at two schools are talked about once, by the people who know them both.",
)
"""Text, and what will be different for children. Five agencies have a part in it."""
STRANDS = (
    ("Signed by the heads of all four school clusters.", True),
    ("Children's services have opened the first eleven records.", True),
    ("The school liaison officers are told of the record in their induction.", True),
    ("School nurses can read it from the spring; until then by telephone.", False),
)
"""What the schools, the council, the police and the community trust say of their part, and whether it is done."""
NO_AGENCY = "St Aldhelm and All Angels Church of England Federation of Infant, Junior and Special Schools"

LINK_ACTION = (
    "Bring the designated leads of the schools of one family together within a week of the first shared concern.",
    "Children say that the grown-ups at school know about each other.",
)
OUTCOME_ACTION = (
    "Let the chair of each strategy meeting tell the school the outcome by three in the afternoon of the same day.",
    "A teacher knows before the bell whether a child may be collected by the usual person.",
)
LETTER_ACTION = (
    "Replace the letter to schools after a strategy meeting by one page in plain words.",
    "",
)
HOLIDAY_ACTION = ("Keep a list of what schools must be told on the first morning of term.", "")
DOOR_ACTION = (
    "Give the police desk and the schools one telephone number for mornings after an incident at home.",
    "A child who was awake half the night is met at the door by somebody who knows.",
)
FORM_ACTION = ("Put the school's name and its designated lead on the invitation form.", "")
"""Each with its text and what will be different for children, where it was said."""
