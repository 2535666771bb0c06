"""The topics of the invented reviews: findings, recommendations and actions."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """One recurring topic. `success` is what will be different for children."""

    finding: str
    recommendation: str
    success: str
    evidence_wanted: str
    themes: tuple[str, ...]
    actions: tuple[str, ...]


BRUISING = Topic(
    "A bruise on a baby of four months was seen by three practitioners. Each took it that another would ask.",
    "Practitioners in every agency should know what to do when a baby who cannot move has a bruise.",
    "Every baby with a bruise who cannot move yet is seen by a paediatrician on the same day.",
    "Twenty files of babies with a bruise, read against the protocol by another agency.",
    ("Bruising in babies who cannot move", "Training"),
    (
        "Rewrite the bruising protocol with the hospitals and the community trust. Publish it on one page.",
        "Train all duty social workers in the bruising protocol. Keep a register of who has come.",
        "Audit thirty files of babies under one year for the use of the protocol.",
    ),
)
MOVES = Topic(
    "The family moved twice in a year. The health visitor's notes followed after eleven weeks.",
    "Information about a family should follow it within two working days when it moves between areas.",
    "Children who move are known to a health visitor and a school before their boxes are unpacked.",
    "The days between move and transfer for every family of a quarter.",
    ("Cross-border moves", "Information sharing"),
    (
        "Agree one transfer form for health visiting, school nursing and general practice.",
        "Check each month that transfers are made within two working days. Report the figure to the subgroup.",
        "Set out in one page who may share what with whom when a child moves into the county.",
    ),
)
MEETINGS = Topic(
    "The school knew the children best, and heard of the strategy meeting from their grandmother.",
    "Schools should be told of every strategy meeting about one of their pupils, and invited to it.",
    "The adult at school whom a child trusts knows what was decided about them.",
    "",
    ("Information sharing", "Multi-agency meetings"),
    (
        "Add the school's safeguarding lead to the invitation list for strategy meetings.",
        "Brief every designated safeguarding lead on what a strategy meeting is for.",
    ),
)
MEN = Topic(
    "The assessments describe the mother on nine pages. The man she lived with is “partner” throughout.",
    "Fathers and other men in the household should be part of every assessment.",
    "Children are safe with each adult who lives with them, not only with their mother.",
    "Assessments of one month, looked at for what they say of men.",
    ("Fathers and other men in the household", "Professional curiosity"),
    (
        "Ask about fathers and other men in the household in the assessment template.",
        "Review twenty assessments for what they say of fathers. Share the findings with team managers.",
    ),
)
VOICE = Topic(
    "What the child said was written down as a score, not in the child's own words.",
    "The voice of the child should be recorded in their own words before a decision is made.",
    "Children can read what they said, and say that it is right.",
    "What children say when they are asked, collected by the youth forum.",
    ("Voice of the child", "Record keeping"),
    (
        "Run three workshops on direct work with children who do not use words.",
        "Ask the youth forum how children would like to be heard. Bring the answer to the executive.",
    ),
)
NEGLECT = Topic(
    "Supervision asked whether visits had been made, not what had been seen on them.",
    "Every agency should show the partnership that its supervision asks about neglect.",
    "A child's home is talked about before it gets worse, not after.",
    "",
    ("Neglect", "Supervision and management oversight"),
    (
        "Put neglect on the agenda of every safeguarding supervision session.",
        "Survey practitioners on whether supervision helped them with neglect cases.",
    ),
)
UNSEEN = Topic(
    "For fourteen months no professional saw the child alone, or on the same day as anybody else.",
    "Children who are out of school should be seen by a professional each week.",
    "No child is unseen for more than a week.",
    "The register of children who are out of school, with the day each was last seen.",
    ("School attendance and elective home education",),
    (
        "Name one professional for each child who is out of school, and record the weekly visit.",
        "Agree with the police how missing episodes are shared with schools by nine in the morning.",
    ),
)
EXPLOITED = Topic(
    "Three agencies each scored the risk with a tool of their own, and came to three answers in one week.",
    "Agencies should judge exploitation by one tool, and hear from each child who comes back from being missing.",
    "A child who goes missing is asked what happened by somebody they know.",
    "The number of interviews offered, and what the children said of them.",
    ("Exploitation", "Missing from home or care"),
    (
        "Update the multi-agency exploitation screening tool, and retire the three older ones that are still in use.",
        "Offer return home interviews within seventy-two hours, and count how many are taken up.",
        "Map which licensed premises and drivers have had the exploitation training.",
        "Test the out-of-hours telephone line with ten unannounced calls.",
    ),
)
SLEEP = Topic(
    "Advice on sleep was given before the birth, in English, to a mother who reads Tigrinya.",
    "Every family with a baby should have advice on safer sleep that they can use where they live.",
    "Babies sleep on their backs in a place of their own, on bad nights too.",
    "What families say at six weeks about where the baby slept last night.",
    ("Safer sleeping",),
    (
        "Write a seven-minute briefing on unsafe sleeping for everybody who visits families at home.",
        "Give each maternity ward safer-sleep packs in six languages.",
        "Check in six months whether safer-sleep advice is recorded before discharge from the ward.",
    ),
)
TOPICS = (BRUISING, MOVES, MEETINGS, MEN, VOICE, NEGLECT, UNSEEN, EXPLOITED, SLEEP)

KINDS = {
    "Train": "training",
    "Brief": "training",
    "Run": "training",
    "Audit": "audit",
    "Review": "audit",
    "Test": "assurance",
    "Check": "assurance",
    "Survey": "assurance",
    "Rewrite": "policy",
    "Agree": "policy",
    "Set out": "policy",
    "Update": "system",
    "Add": "system",
}
"""Kind of an action by the word it begins with."""

PLANS = (
    ("Child exploitation strategy", 400, (EXPLOITED, UNSEEN)),
    ("Neglect strategy", 250, (NEGLECT, VOICE)),
    ("Modern slavery plan", 150, (EXPLOITED, MOVES)),
    ("Domestic abuse and children", 90, (MEN, MEETINGS)),
)
"""Title, days since the plan was drafted, and its topics."""

EARLIER = "Staff who see babies should know the bruising protocol, and supervision should ask whether it was used."
EARLIER_THEMES = ("Bruising in babies who cannot move", "Supervision and management oversight")
"""A recommendation of one of the first reviews: it was closed, and others have repeated it since."""
