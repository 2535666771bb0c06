"""Which recommendations and actions stand in the invented plans?"""

PLANS = (
    ("Child exploitation strategy", 400),
    ("Neglect strategy", 250),
    ("Modern slavery plan", 150),
    ("Domestic abuse and children", 90),
)
"""Title, and days since the plan was drafted."""

RECOMMENDATIONS = (
    "Practitioners in every agency should know what to do when a baby who cannot move has a bruise.",
    "Information about a family should follow it within two working days when it moves between areas.",
    "Schools should be told of every strategy meeting about one of their pupils, and invited to it.",
    "Fathers and other men in the household should be part of every assessment.",
    "The voice of the child should be recorded in their own words before a decision is made.",
    "Every agency should show the partnership that its supervision asks about neglect.",
    "Children who are out of school should be seen by a professional each week.",
)

THEMES = (
    ("Bruising in babies who cannot move", "Training"),
    ("Cross-border moves", "Information sharing"),
    ("Information sharing", "Multi-agency meetings"),
    ("Fathers and other men in the household", "Professional curiosity"),
    ("Voice of the child", "Record keeping"),
    ("Neglect", "Supervision and management oversight"),
    ("School attendance and elective home education",),
)
"""Of each recommendation, in their order."""

EARLIER = "Staff who see babies should know the bruising protocol, and supervision should ask whether it was used."
EARLIER_THEMES = ("Bruising in babies who cannot move", "Supervision and management oversight")
"""What one of the first reviews asked for: it was closed, and others have asked for it since."""

ACTIONS = (
    "Rewrite the bruising protocol with the hospitals and the community trust. Publish it on one page.",
    "Train all duty social workers in the bruising protocol. Keep a register of who has come.",
    "Audit thirty files of babies under one year for the use of the protocol.",
    "Agree one transfer form for health visiting, school nursing and general practice.",
    "Check each month that transfers are made within two working days. Report the figure to the subgroup.",
    "Add the school's safeguarding lead to the invitation list for strategy meetings.",
    "Brief every designated safeguarding lead on what a strategy meeting is for.",
    "Ask about fathers and other men in the household in the assessment template.",
    "Review twenty assessments for what they say of fathers. Share the findings with team managers.",
    "Run three workshops on direct work with children who do not use words.",
    "Ask the youth forum how children would like to be heard. Bring the answer to the executive.",
    "Put neglect on the agenda of every safeguarding supervision session.",
    "Survey practitioners on whether supervision helped them with neglect cases.",
    "Name one professional for each child who is out of school, and record the weekly visit.",
    "Agree with the police how missing episodes are shared with schools by nine in the morning.",
    "Update the multi-agency exploitation screening tool, and retire the three older ones that are still in use.",
    "Offer return home interviews within seventy-two hours, and count how many are taken up.",
    "Map which licensed premises and drivers have had the exploitation training.",
    "Write a seven-minute briefing on unsafe sleeping for everybody who visits families at home.",
    "Give each maternity ward safer-sleep packs in six languages.",
    "Check in six months whether safer-sleep advice is recorded before discharge from the ward.",
    "Set out in one page who may share what with whom when a child moves into the county.",
    "Test the out-of-hours telephone line with ten unannounced calls.",
)
