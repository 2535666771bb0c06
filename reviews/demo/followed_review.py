"""One review that is followed from its findings to their impact: the texts, and the steps that record them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

from reviews.actions.details import NewAction, add_action
from reviews.actions.evidence import add_evidence, record_assurance
from reviews.actions.extensions import ask_extension, refuse_extension
from reviews.actions.impact import answer_check
from reviews.actions.parts import add_action_part, end_action_part
from reviews.actions.ratings import set_chair_rating, set_owner_rating
from reviews.actions.step_handlers import record_plain_step
from reviews.actions.steps import accept_action, record_progress, submit_action
from reviews.demo.history_writer import HistoryWriter
from reviews.demo.people import COMMUNITY, COUNCIL, POLICE, SCHOOLS, YOUTH
from reviews.demo.texts import MEETINGS
from reviews.files.store import StoreFile
from reviews.models import Action, Case, ImpactResult, PartState, Recommendation
from reviews.recommendations.commands import (
    Wording,
    add_answer,
    add_finding,
    answer_recommendation,
    make_recommendation,
)
from reviews.recommendations.themes import set_themes
from reviews.transactions.unit_of_work import Unit
from workflows.core.vocabulary import Realm, Role

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
"""Text and themes. There is no recommendation for the last one yet."""


@dataclass(frozen=True, slots=True)
class RecommendationText:
    """A recommendation: the index of its finding, its text, and the response of the partners."""

    finding: int
    text: str
    success: str
    evidence_wanted: str
    themes: tuple[str, ...]
    response: str
    reason: str = ""
    addressee: str = ""


SHARED_RECORD, SAME_DAY = 0, 1
"""Indexes in the list below: the recommendations that have actions."""
RECOMMENDATIONS = (
    RecommendationText(
        0,
        "Schools that teach children of one family should keep one shared record of their concerns.",
        "A child who has told one adult is not asked to tell it all again at their brother's or sister's school.",
        "Ten families with children in more than one school, their records read by somebody who works in neither.",
        ("Information sharing", "Record keeping"),
        "accepted",
    ),
    RecommendationText(
        1,
        "The school should hear the outcome of a strategy meeting on the day it is held.",
        "No child goes home from school to a plan that the adults at school have not been told of.",
        "The times of thirty meetings set beside the times at which the schools were told.",
        ("Multi-agency meetings", "Information sharing"),
        "accepted_in_part",
        "Accepted for school days. In the holidays there is nobody to tell: the designated lead hears on the first "
        "morning of term, and the duty desk keeps a list until then.",
    ),
    RecommendationText(
        0,
        "Every school should employ a social worker of its own.",
        "",
        "",
        ("Professional curiosity",),
        "rejected",
        "The partners share the aim. There is no money for 214 posts, and the nine link workers appointed in the "
        "spring are meant to do what the review had in mind; how far they reach is looked at after a year.",
    ),
    RecommendationText(
        0,
        "Schools should be able to see that a pupil has a child protection plan in another area.",
        "A family that moves in the middle of a term is known at the new school on the child's first day.",
        "",
        ("Cross-border moves",),
        "national",
        "Only a change of the national systems can do this; the chair has written.",
        "The Department for Education",
    ),
    RecommendationText(
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
"""Text and success measure. Five bodies have a part in it."""
PARTS = (
    ("Signed by the heads of all four school clusters.", True),
    ("Children's services have opened the first eleven records.", True),
    ("The school liaison officers are told of the record in their induction.", True),
    ("School nurses can read it from the spring; until then by telephone.", False),
)
"""Notes of the schools, the council, the police and the community trust on their parts, and whether each is done."""
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
"""Each with its text and its success measure, if any."""
REGISTER = b"School,Designated lead,Came on\nHawthorn Infants,yes,3 March\nMill Lane Juniors,yes,3 March\nSt Bede,no,\n"


@dataclass(frozen=True, slots=True)
class FollowedReview:
    """The review, its recommendations, and one of another review that one of its actions answers too."""

    writer: HistoryWriter
    case: Case
    recommendations: Sequence[Recommendation]
    elsewhere: Recommendation | None

    def on(self, days_ago: int, role: Role) -> Unit:
        return self.writer.on(self.writer.today - timedelta(days=days_ago), role)

    def owner(self, days_ago: int, agency: int) -> Unit:
        unit = self.on(days_ago, Role.BUSINESS_MANAGER)
        return Unit(unit.session, self.writer.actor_of(self.writer.people.owners[agency]), unit.now)

    def agree(self, recommendation: int, words: tuple[str, str], agency: int, *, days_ago: int, due_in: int) -> Action:
        """Add an action to the plan so many days ago."""
        people = self.writer.people
        new = NewAction(
            text=words[0],
            title=words[0].partition(".")[0],
            title_safe_to_mail=True,
            success_measure=words[1],
            lead_agency_id=people.agencies[agency].id,
            owner_id=people.owners[agency].id,
            due_on=self.writer.today + timedelta(days=due_in),
            deputy_id=people.owners[YOUTH].id if agency == SCHOOLS else None,
            kind="practice" if words[1] else "system",
            start_on=self.writer.today - timedelta(days=days_ago),
            review_on=self.writer.today + timedelta(days=due_in // 2) if due_in > 0 else None,
        )
        return add_action(
            self.on(days_ago, Role.BUSINESS_MANAGER),
            self.case,
            new,
            recommendation=self.recommendations[recommendation],
        )


def seed_followed(writer: HistoryWriter, store_file: StoreFile | None) -> None:
    """Follow the oldest review whose plan is monitored. Where nothing stores files, no evidence is one."""
    monitored = [case for case, last_stage in writer.plans if last_stage == "monitoring"]
    case = min(monitored, key=lambda each: (each.opened_on, each.id))
    review = FollowedReview(writer, case, _recommend(writer, case), _of_another_review(writer, case))
    _share_among_agencies(review)
    _find_partial_impact(review, store_file)
    _wait_for_impact(review)
    _find_no_impact(review)
    _ask_for_more_time(review)
    _block_without_plan(review)


def _recommend(writer: HistoryWriter, case: Case) -> list[Recommendation]:
    """Record findings, recommendations and the responses of the partners."""
    unit = writer.on(writer.today - timedelta(days=300), Role.BUSINESS_MANAGER)
    findings = [add_finding(unit, case, text=text) for text, _ in FINDINGS]
    for finding, (_, themes) in zip(findings, FINDINGS, strict=True):
        set_themes(unit, case, finding, themes)
    made = []
    for each in RECOMMENDATIONS:
        wording = Wording(each.text, each.success, each.evidence_wanted, each.addressee, findings[each.finding].id)
        recommendation = make_recommendation(unit, case, wording)
        set_themes(unit, case, recommendation, each.themes)
        answer_recommendation(
            unit, case, recommendation, response=each.response, reason=each.reason, by="Executive group"
        )
        made.append(recommendation)
    return made


def _of_another_review(writer: HistoryWriter, case: Case) -> Recommendation | None:
    others = (each for each in writer.actions if each.case_id != case.id and each.realm is Realm.REVIEWS)
    found = (each.recommendation for each in others if each.recommendation is not None)
    return next((each for each in found if each.text == MEETINGS.recommendation), None)


def _share_among_agencies(review: FollowedReview) -> None:
    """Add an action that answers three recommendations, one of another review, with parts for five bodies."""
    manager = review.on(120, Role.BUSINESS_MANAGER)
    action = review.agree(SHARED_RECORD, SHARED_ACTION, SCHOOLS, days_ago=120, due_in=45)
    for recommendation in (review.recommendations[SAME_DAY], review.elsewhere):
        if recommendation is not None:
            add_answer(manager, action, recommendation)
    agencies = [review.writer.people.agencies[agency].id for agency in (SCHOOLS, COUNCIL, POLICE, COMMUNITY)]
    for agency_id, (note, is_done) in zip(agencies, PARTS, strict=True):
        part = add_action_part(manager, action, agency_id=agency_id, note=note)
        if is_done:
            end_action_part(review.on(15, Role.BUSINESS_MANAGER), action, part, state=PartState.DONE)
    due_on = review.writer.today - timedelta(days=4)
    add_action_part(manager, action, agency_text=NO_AGENCY, due_on=due_on, note="Its governors meet next month.")
    owner = review.owner(15, SCHOOLS)
    text = "Eleven families have a shared record. The federation has not signed, and its two schools still telephone."
    record_progress(owner, action, text=text, happened_on=owner.today)
    set_owner_rating(owner, action, rating="Green")
    reason = "The date will hold for four of the five; the federation's two schools teach most of these families."
    set_chair_rating(review.on(3, Role.SUBGROUP_CHAIR), action, rating="Amber", reason=reason)


def _find_partial_impact(review: FollowedReview, store_file: StoreFile | None) -> None:
    """Accept an action with evidence of each kind and an assurance. After three months there is partial impact."""
    action = review.agree(SHARED_RECORD, LINK_ACTION, COUNCIL, days_ago=290, due_in=-240)
    owner = review.owner(260, COUNCIL)
    add_evidence(
        owner,
        action,
        text="The page of the procedures.",
        link="https://procedures.anyshire.example/schools/one-family",
        shows="policy",
    )
    if store_file is not None:
        register = store_file(BytesIO(REGISTER), "Register of the first meetings.csv")
        add_evidence(owner, action, text="Who came.", file=register, shows="training")
    text = "Minutes of the first four meetings: nine of eleven families within the week."
    _accept(review, action, COUNCIL, days_ago=245, evidence=text, shows="minute")
    on = review.on(180, Role.REVIEW_SUBGROUP_MEMBER)
    seen = "Read the records of six families. In four the leads had met; in two they had spoken on the telephone."
    record_assurance(on, action, kind="dip_sample", seen_on=on.today, text=seen, is_assured=True)
    chair = review.on(150, Role.SUBGROUP_CHAIR)
    text = "Children of primary schools say so. Of nine at secondary school, three did."
    answer_check(chair, action, result=ImpactResult.PARTLY, text=text, happened_on=chair.today)


def _wait_for_impact(review: FollowedReview) -> None:
    """Accept an action whose first impact check is due now."""
    action = review.agree(SAME_DAY, OUTCOME_ACTION, POLICE, days_ago=200, due_in=-100)
    text = "The log of the conference desk: 27 of 30 schools were told by three o'clock."
    _accept(review, action, POLICE, days_ago=95, evidence=text, shows="performance")


def _find_no_impact(review: FollowedReview) -> None:
    """Accept an action whose impact check finds no change, so that it and its recommendation open again."""
    action = review.agree(SAME_DAY, DOOR_ACTION, POLICE, days_ago=280, due_in=30)
    text = "The number is on the cards of all response officers and in the staff rooms."
    _accept(review, action, POLICE, days_ago=150, evidence=text, shows="")
    chair = review.on(50, Role.SUBGROUP_CHAIR)
    text = "Of twelve mornings looked at, the school had been telephoned on two. Four children sat through the day."
    answer_check(chair, action, result=ImpactResult.NOT_SEEN, text=text, happened_on=chair.today)


def _ask_for_more_time(review: FollowedReview) -> None:
    """Ask for more time twice: once it is refused, once it waits for an answer."""
    reason, meanwhile = "The letter is with the print unit, which is moving.", "Schools are telephoned."
    letter = review.agree(SAME_DAY, LETTER_ACTION, COUNCIL, days_ago=100, due_in=18)
    _request(review, letter, COUNCIL, days_ago=9, reason=reason, meanwhile=meanwhile)
    chair = review.on(6, Role.SUBGROUP_CHAIR)
    answer = "The page is one side of paper: it can go out by e-mail, and the printed one can follow."
    refuse_extension(chair, letter, reason=answer, happened_on=chair.today)
    holiday = review.agree(SAME_DAY, HOLIDAY_ACTION, COMMUNITY, days_ago=100, due_in=12)
    reason = "Two of the six duty desks have no shared calendar yet; it comes with the new telephones."
    _request(review, holiday, COMMUNITY, days_ago=2, reason=reason, meanwhile="The list is kept on paper at both.")


def _request(
    review: FollowedReview, action: Action, agency: int, *, days_ago: int, reason: str, meanwhile: str
) -> None:
    owner = review.owner(days_ago, agency)
    new_due_on = (action.due_on or owner.today) + timedelta(days=42)
    ask_extension(owner, action, wanted_due_on=new_due_on, reason=reason, meanwhile=meanwhile, happened_on=owner.today)
    owner.session.flush()


def _block_without_plan(review: FollowedReview) -> None:
    """Block an action without a plan for what blocks it."""
    action = review.agree(SHARED_RECORD, FORM_ACTION, SCHOOLS, days_ago=90, due_in=25)
    owner = review.owner(20, SCHOOLS)
    facts = {"blocked_reason": "The supplier of the case system charges for each new field and has not answered."}
    record_plain_step(owner, action, "block", answers=facts, happened_on=owner.today)


def _accept(review: FollowedReview, action: Action, agency: int, *, days_ago: int, evidence: str, shows: str) -> None:
    """Submit an action as its owner, and accept it as the chair a week later."""
    owner, chair = review.owner(days_ago + 7, agency), review.on(days_ago, Role.SUBGROUP_CHAIR)
    submit_action(owner, action, evidence=evidence, shows=shows, happened_on=owner.today)
    accept_action(chair, action, meeting="Review subgroup", happened_on=chair.today)
    chair.session.flush()
