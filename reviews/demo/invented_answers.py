"""Invented answers to the questions of steps."""

from collections.abc import Sequence
from datetime import date, datetime, time

from reviews.core.clock import LONDON
from workflows.core.questions import Kind, Question, Value

ANSWERS: dict[str, Value] = {
    "referred_by": "Duty social worker",
    "referring_agency": "Children's social care",
    "summary": "A young child was admitted with injuries that the history given does not explain.",
    "decided_by": "Director of children's services",
    "not_notifiable_rationale": "The harm does not meet the statutory definition of serious harm.",
    "dissent": "None",
    "view": "not_notifiable",
    "view_reason": "The injury does not meet the statutory definition of serious harm.",
    "view_given_by": "Head of safeguarding",
    "sin_reference": "SIN-0471",
    "sin_sent_by": "Head of safeguarding",
    "facts_established": "Five agencies knew the family; a change of address was not passed on.",
    "safety_actions": "The other children of the household were seen the same day.",
    "early_learning": "Transfer of health visitor records between areas takes too long.",
    "report_version": "0.3",
    "sent_version": "1.0",
    "decision_rationale": "Two agencies did not share what they knew; the themes have been seen before.",
    "panel_letter": "Case folder, letters, 3",
    "panel_question": "How the voice of the child was heard.",
    "outcome_reasons": "The partners agree with the report and the Panel's view of it.",
    "review_rationale": "There is more to learn about how agencies work together on bruising in babies.",
    "reviewer": "Dr Ottilie Vane",
    "reviewer_organisation": "Independent",
    "conflict_check": "No work for any of the agencies in the last three years.",
    "key_lines": "Information sharing at transfer; response to bruising; the family's experience.",
    "family_contact_plan": "Letters by the key worker, then an offer to meet the reviewer.",
    "request_made": False,
    "checkpoint_progress": "On time; two agencies' chronologies are in.",
    "communications_plan": "A holding statement; a briefing for schools and surgeries.",
    "publication_notice": "The family and practitioners are told a week before.",
    "hold_evidence": "Letter of the Crown Prosecution Service",
    "pause_evidence": "Letter of the coroner",
    "pause_told": "The lead reviewer and the three safeguarding partners",
    "hold_told": "The three safeguarding partners and the lead reviewer",
    "residence": "Anyshire Council",
    "reviewing_cdop": "Anyshire and Midmarch CDOP",
    "designated_doctor": "Designated doctor for child deaths",
    "notified_by": "Consultant paediatrician, hospital trust",
    "plan_version": "1.0",
    "forum": "Exploitation forum",
    "cadence": "Quarterly",
    "reported_to": "Executive board",
    "proposed_by": "Community health trust",
    "proposal": "Why the concerns of the nursery were not put together with those of the health visitor.",
    "new_facts": "A second injury came to light at the hospital.",
    "method": "A learning event with those who worked with the family",
    "findings": "Each agency held a part; nobody asked for the whole.",
    "findings_made": "Three of ten discussions were held without health.",
    "strengths": "Decisions were recorded on the day in every file.",
    "our_part": "A chronology of what schools and health knew of the children.",
    "partners_response": "Accepted; the figures are brought to each meeting from the autumn on.",
    "recommendation_signed_off": "R1",
    "already_done": "The question is asked at the first home visit.",
    "gaps_found": "It is not asked again when a dog joins the household.",
    "challenge": "Referrals without a named worker are returned unread.",
    "answer_given": "They are read the same day now, and the worker is asked for.",
    "risk": "Visits at one year may be missed in two districts.",
    "mitigation": "Bank staff until the spring; districts ranked by need.",
}

HOW_MANY = {Kind.AGENCIES: 5, Kind.PARTNERS: 3}
"""The three statutory partners stand first among the agencies."""


def invented_answer(question: Question, day: date, agencies: Sequence[str]) -> Value:
    """Give an invented answer of the right kind."""
    if question.name in ANSWERS:
        return ANSWERS[question.name]
    match question.kind:
        case Kind.DAY:
            return day
        case Kind.MOMENT:
            return datetime.combine(day, time(9, 30), tzinfo=LONDON)
        case Kind.YES_NO:
            return True
        case Kind.CHOICE:
            return question.choices[0][0]
        case Kind.NUMBER:
            return 12
        case Kind.AGENCIES | Kind.PARTNERS:
            return tuple(agencies[: HOW_MANY[question.kind]])
        case _:
            return "As recorded in the case folder"
