"""How is one invented review followed from what it found to what is different for children?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from reviews.actions.details import NewAction, add_action
from reviews.actions.evidence import add_evidence, record_assurance
from reviews.actions.extensions import ask_extension, refuse_extension
from reviews.actions.impact import answer_check
from reviews.actions.parts import add_strand, end_strand
from reviews.actions.ratings import override_rating, rate_own
from reviews.actions.step_handlers import record_plain_step
from reviews.actions.steps import accept_action, record_progress, submit_action
from reviews.demo import followed_texts as said
from reviews.demo.people import COMMUNITY, COUNCIL, POLICE, SCHOOLS, YOUTH
from reviews.demo.texts import MEETINGS
from reviews.demo.town import Town
from reviews.files.store import store
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

REGISTER = b"School,Designated lead,Came on\nHawthorn Infants,yes,3 March\nMill Lane Juniors,yes,3 March\nSt Bede,no,\n"


@dataclass(frozen=True, slots=True)
class Followed:
    """The review, what it asked for, and a recommendation of another review that one of its actions answers too."""

    town: Town
    case: Case
    asked: Sequence[Recommendation]
    elsewhere: Recommendation | None

    def on(self, days_ago: int, role: Role) -> Unit:
        return self.town.on(self.town.today - timedelta(days=days_ago), role)

    def owner(self, days_ago: int, agency: int) -> Unit:
        unit = self.on(days_ago, Role.BUSINESS_MANAGER)
        return Unit(unit.session, self.town.actor_of(self.town.residents.owners[agency]), unit.now)

    def agree(self, asked: int, words: tuple[str, str], agency: int, *, days_ago: int, due_in: int) -> Action:
        """Add an action to the plan so many days ago."""
        residents = self.town.residents
        new = NewAction(
            text=words[0],
            title=words[0].partition(".")[0],
            title_safe_to_mail=True,
            success_measure=words[1],
            lead_agency_id=residents.agencies[agency].id,
            owner_id=residents.owners[agency].id,
            due_on=self.town.today + timedelta(days=due_in),
            deputy_id=residents.owners[YOUTH].id if agency == SCHOOLS else None,
            kind="practice" if words[1] else "system",
            start_on=self.town.today - timedelta(days=days_ago),
            review_on=self.town.today + timedelta(days=due_in // 2) if due_in > 0 else None,
        )
        return add_action(self.on(days_ago, Role.BUSINESS_MANAGER), self.case, new, recommendation=self.asked[asked])


def seed_followed(town: Town, files: Path | None) -> None:
    """Tell the oldest review whose plan is monitored to its end; without a folder, no file is offered as evidence."""
    monitored = [case for case, wanted in town.plans if wanted == "monitoring"]
    case = min(monitored, key=lambda each: (each.opened_on, each.id))
    followed = Followed(town, case, _asked(town, case), _of_another_review(town, case))
    _share(followed)
    _see_partly(followed, files)
    _wait_for_impact(followed)
    _see_nothing(followed)
    _refuse_time(followed)
    _block(followed)


def _asked(town: Town, case: Case) -> list[Recommendation]:
    """Write down what the review found, what it asked for, and what the partners answered."""
    unit = town.on(town.today - timedelta(days=300), Role.BUSINESS_MANAGER)
    findings = [add_finding(unit, case, text=text) for text, _ in said.FINDINGS]
    for finding, (_, themes) in zip(findings, said.FINDINGS, strict=True):
        set_themes(unit, case, finding, themes)
    made = []
    for each in said.ASKED:
        wording = Wording(each.text, each.success, each.evidence_wanted, each.addressee, findings[each.finding].id)
        one = make_recommendation(unit, case, wording)
        set_themes(unit, case, one, each.themes)
        answer_recommendation(unit, case, one, response=each.response, reason=each.reason, by="Executive group")
        made.append(one)
    return made


def _of_another_review(town: Town, case: Case) -> Recommendation | None:
    others = [one.recommendation for one in town.actions if one.case_id != case.id and one.realm is Realm.REVIEWS]
    return next((one for one in others if one is not None and one.text == MEETINGS.recommendation), None)


def _share(followed: Followed) -> None:
    """Let one action answer two recommendations and one of another review, with a part for each of five agencies."""
    manager = followed.on(120, Role.BUSINESS_MANAGER)
    action = followed.agree(said.SHARED_RECORD, said.SHARED_ACTION, SCHOOLS, days_ago=120, due_in=45)
    for one in (followed.asked[said.SAME_DAY], followed.elsewhere):
        if one is not None:
            add_answer(manager, action, one)
    agencies = [followed.town.residents.agencies[place].id for place in (SCHOOLS, COUNCIL, POLICE, COMMUNITY)]
    for agency_id, (note, is_done) in zip(agencies, said.STRANDS, strict=True):
        strand = add_strand(manager, action, agency_id=agency_id, note=note)
        if is_done:
            end_strand(followed.on(15, Role.BUSINESS_MANAGER), action, strand, state=PartState.DONE)
    due_on = followed.town.today - timedelta(days=4)
    add_strand(manager, action, agency_text=said.NO_AGENCY, due_on=due_on, note="Its governors meet next month.")
    owner = followed.owner(15, SCHOOLS)
    text = "Eleven families have a shared record. The federation has not signed, and its two schools still telephone."
    record_progress(owner, action, text=text, happened_on=owner.today)
    rate_own(owner, action, rating="Green")
    reason = "The date will hold for four of the five; the federation's two schools teach most of these families."
    override_rating(followed.on(3, Role.SUBGROUP_CHAIR), action, rating="Amber", reason=reason)


def _see_partly(followed: Followed, files: Path | None) -> None:
    """Close with evidence of each kind; somebody else looked; after three months it is seen in part."""
    action = followed.agree(said.SHARED_RECORD, said.LINK_ACTION, COUNCIL, days_ago=290, due_in=-240)
    owner = followed.owner(260, COUNCIL)
    add_evidence(
        owner,
        action,
        text="The page of the procedures.",
        link="https://procedures.anyshire.example/schools/one-family",
        shows="policy",
    )
    if files is not None:
        register = store(files, BytesIO(REGISTER), "Register of the first meetings.csv")
        add_evidence(owner, action, text="Who came.", file=register, shows="training")
    text = "Minutes of the first four meetings: nine of eleven families within the week."
    _accept(followed, action, COUNCIL, days_ago=245, evidence=text, shows="minute")
    on = followed.on(180, Role.REVIEW_SUBGROUP_MEMBER)
    seen = "Read the records of six families. In four the leads had met; in two they had spoken on the telephone."
    record_assurance(on, action, kind="dip_sample", seen_on=on.today, text=seen, is_assured=True)
    chair = followed.on(150, Role.SUBGROUP_CHAIR)
    text = "Children of primary schools say so. Of nine at secondary school, three did."
    answer_check(chair, action, result=ImpactResult.PARTLY, text=text, happened_on=chair.today)


def _wait_for_impact(followed: Followed) -> None:
    """Accept one so that its first check is just due."""
    action = followed.agree(said.SAME_DAY, said.OUTCOME_ACTION, POLICE, days_ago=200, due_in=-100)
    text = "The log of the conference desk: 27 of 30 schools were told by three o'clock."
    _accept(followed, action, POLICE, days_ago=95, evidence=text, shows="performance")


def _see_nothing(followed: Followed) -> None:
    """Find that nothing has changed, so that action and recommendation are open again."""
    action = followed.agree(said.SAME_DAY, said.DOOR_ACTION, POLICE, days_ago=280, due_in=30)
    text = "The number is on the cards of all response officers and in the staff rooms."
    _accept(followed, action, POLICE, days_ago=150, evidence=text, shows="")
    chair = followed.on(50, Role.SUBGROUP_CHAIR)
    text = "Of twelve mornings looked at, the school had been telephoned on two. Four children sat through the day."
    answer_check(chair, action, result=ImpactResult.NOT_SEEN, text=text, happened_on=chair.today)


def _refuse_time(followed: Followed) -> None:
    """Let more time be asked for twice: once it was refused, once it waits for an answer."""
    reason, meanwhile = "The letter is with the print unit, which is moving.", "Schools are telephoned."
    letter = followed.agree(said.SAME_DAY, said.LETTER_ACTION, COUNCIL, days_ago=100, due_in=18)
    _ask(followed, letter, COUNCIL, days_ago=9, reason=reason, meanwhile=meanwhile)
    chair = followed.on(6, Role.SUBGROUP_CHAIR)
    answer = "The page is one side of paper: it can go out by e-mail, and the printed one can follow."
    refuse_extension(chair, letter, reason=answer, happened_on=chair.today)
    holiday = followed.agree(said.SAME_DAY, said.HOLIDAY_ACTION, COMMUNITY, days_ago=100, due_in=12)
    reason = "Two of the six duty desks have no shared calendar yet; it comes with the new telephones."
    _ask(followed, holiday, COMMUNITY, days_ago=2, reason=reason, meanwhile="The list is kept on paper at both.")


def _ask(followed: Followed, action: Action, agency: int, *, days_ago: int, reason: str, meanwhile: str) -> None:
    owner = followed.owner(days_ago, agency)
    wanted = (action.due_on or owner.today) + timedelta(days=42)
    ask_extension(owner, action, wanted_due_on=wanted, reason=reason, meanwhile=meanwhile, happened_on=owner.today)
    owner.session.flush()


def _block(followed: Followed) -> None:
    """Let one be blocked while nobody has said what is done about it."""
    action = followed.agree(said.SHARED_RECORD, said.FORM_ACTION, SCHOOLS, days_ago=90, due_in=25)
    owner = followed.owner(20, SCHOOLS)
    given = {"blocked_reason": "The supplier of the case system charges for each new field and has not answered."}
    record_plain_step(owner, action, "block", given=given, happened_on=owner.today)


def _accept(followed: Followed, action: Action, agency: int, *, days_ago: int, evidence: str, shows: str) -> None:
    """Let the owner ask to close, and the chair accept a week later."""
    owner, chair = followed.owner(days_ago + 7, agency), followed.on(days_ago, Role.SUBGROUP_CHAIR)
    submit_action(owner, action, evidence=evidence, shows=shows, happened_on=owner.today)
    accept_action(chair, action, meeting="Review subgroup", happened_on=chair.today)
    chair.session.flush()
