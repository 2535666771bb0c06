"""How does a rapid review run, from the referral to its outcome?"""

from enum import StrEnum

from workflows.core.vocabulary import UNOPENED, Deadline, Edition, Rank, Realm, Step, Track, Workflow
from workflows.core.working_days import Period, Unit
from workflows.definitions import rapid_review_facts as ask
from workflows.definitions.information_request import ask_agencies, ask_more
from workflows.definitions.learning_review import PROPOSED
from workflows.definitions.shared.authorities import PANEL_GUIDANCE_2025, SYSTEM_START, WORKING_TOGETHER, local
from workflows.definitions.shared.deaths import CHILD_DIED
from workflows.definitions.shared.ladder_policies import STATUTORY_LADDER
from workflows.definitions.shared.recorders import (
    CHAIR,
    CHAIR_OR_MANAGER,
    MANAGER,
    PARTNERS,
    PARTNERS_OR_MANAGER,
    UNIT,
    signatures,
)
from workflows.guards.cases import (
    all_three_signed,
    criteria_found_not_met,
    no_review_follows,
    notification_criteria_met,
    panel_disagrees_or_asks,
    partners_invited,
    partners_present,
    partners_told,
    reply_sent_where_panel_disagrees,
    returns_in_or_gap_noted,
    review_must_follow,
)


class S(StrEnum):
    REFERRED = "referred"
    DISCUSSION = "threshold_discussion"
    DUE = "notification_due"
    NOTIFIED = "notified"
    GATHERING = "gathering"
    MEETING = "meeting_held"
    SIGN_OFF = "sign_off"
    SENT = "sent_to_panel"
    ANSWERED = "panel_responded"
    RECONSIDERING = "reconsidering"
    NOT_NOTIFIABLE = "not_notifiable"
    NOTIFIED_ONLY = "notified_only"
    WITHDRAWN = "withdrawn"
    TRANSFERRED = "transferred_out"
    LCSPR = "closed_lcspr"
    NATIONAL = "closed_national_review"
    NO_FURTHER = "closed_no_further_review"
    ABSORBED = "absorbed"


OUTCOME = frozenset({S.LCSPR, S.NATIONAL, S.NO_FURTHER, S.ABSORBED})
FINAL = frozenset({S.NOTIFIED_ONLY, S.TRANSFERRED})
BELOW = frozenset({S.NOT_NOTIFIABLE, S.WITHDRAWN})
"""Below the threshold, and perhaps worth a review all the same."""
EVEN_CLOSED = tuple(stage for stage in S if stage not in FINAL | BELOW)
"""A child may die, and other things become known, after the review."""
OPEN = tuple(stage for stage in EVEN_CLOSED if stage not in OUTCOME)
UNSENT = (S.NOTIFIED, S.GATHERING, S.MEETING, S.SIGN_OFF)
ANSWERED = (S.ANSWERED, S.RECONSIDERING)

LA = PARTNERS_OR_MANAGER
"""The duty to notify is the local authority's alone; its safeguarding partner or the manager records what it did."""

INVITED = (partners_invited,)
NOTIFIED = (review_must_follow, partners_told)
NOTIFIED_ONLY = (no_review_follows, partners_told)
MEETING_READY = (partners_present, returns_in_or_gap_noted)
REPLIED = (reply_sent_where_panel_disagrees,)
JOINT = ("thematic_review", "lcspr")
"""What several rapid reviews may be rolled into, and one into several."""
ABSORBABLE = (*ANSWERED, S.ABSORBED)
LEARNABLE = (S.NOT_NOTIFIABLE, S.WITHDRAWN, S.NO_FURTHER)

STEPS = (
    Step("receive_referral", "Log the referral", (UNOPENED,), S.REFERRED, UNIT, asks=ask.REFERRAL),
    Step("convene_discussion", "Discuss the threshold", (S.REFERRED,), S.DISCUSSION, MANAGER, INVITED, ask.DISCUSSION),
    Step("decide_not_notifiable", "Decide not to notify", (S.DISCUSSION,), S.NOT_NOTIFIABLE, LA, (), ask.DECLINED),
    Step("decide_notify", "Decide to notify", (S.DISCUSSION,), S.DUE, LA, (notification_criteria_met,), ask.CRITERIA),
    Step("submit_sin", "Record the notification sent", (S.DUE,), S.NOTIFIED, LA, NOTIFIED, ask.SIN),
    Step("notify_only", "Record one without review", (S.DUE,), S.NOTIFIED_ONLY, LA, NOTIFIED_ONLY, ask.SIN),
    ask_agencies("open_gathering", "Ask the agencies", S.NOTIFIED, S.GATHERING, UNIT),
    ask_more(S.GATHERING),
    Step("hold_meeting", "Record the meeting", (S.GATHERING,), S.MEETING, CHAIR_OR_MANAGER, MEETING_READY, ask.MEETING),
    Step("submit_for_signoff", "Send for sign-off", (S.MEETING,), S.SIGN_OFF, MANAGER, asks=ask.REPORT),
    *signatures(S.SIGN_OFF),
    Step("sign_off", "Send to the Panel", (S.SIGN_OFF,), S.SENT, PARTNERS | UNIT, (all_three_signed,), ask.SENT),
    Step("panel_response", "File the Panel's letter", (S.SENT,), S.ANSWERED, UNIT, asks=ask.PANEL_LETTER),
    Step("reconsider", "Reconsider", (S.ANSWERED,), S.RECONSIDERING, CHAIR, (panel_disagrees_or_asks,), ask.QUESTION),
    Step("confirm_lcspr", "Confirm a practice review", ANSWERED, S.LCSPR, PARTNERS, REPLIED, ask.LCSPR, opens="lcspr"),
    Step("confirm_national_review", "Confirm a national review", ANSWERED, S.NATIONAL, PARTNERS, REPLIED, ask.OUTCOME),
    Step("confirm_no_further_review", "Confirm no review", ANSWERED, S.NO_FURTHER, PARTNERS, REPLIED, ask.NO_REVIEW),
    Step("absorb", "Take into a joint review", ABSORBABLE, S.ABSORBED, PARTNERS, REPLIED, ask.ABSORBED, joins=JOINT),
    Step("look_again", "Look at the decision again", (S.NO_FURTHER,), S.RECONSIDERING, CHAIR, asks=ask.NEW_FACTS),
    Step("child_died", "Tell the CDOP of a death", EVEN_CLOSED, "", UNIT, asks=CHILD_DIED, opens="cdop_case"),
    Step("withdraw", "Withdraw the notification", UNSENT, S.WITHDRAWN, LA, (criteria_found_not_met,), ask.WITHDRAWAL),
    Step("review_locally", "Propose a learning review", LEARNABLE, "", UNIT, asks=PROPOSED, opens="learning_review"),
    Step("transfer", "Hand over to another area", OPEN, S.TRANSFERRED, MANAGER, asks=ask.TRANSFER),
)
OUTCOMES = ("confirm_lcspr", "confirm_national_review", "confirm_no_further_review", "absorb")
GIVEN_UP = ("withdraw", "transfer")
CUSTOM = "Local custom, after the Devon flow"

DEADLINES = (
    Deadline(
        "sin",
        "Serious incident notification",
        counted_from="la_aware_at",
        met_by=("submit_sin", "notify_only"),
        editions=(Edition(SYSTEM_START, Period(5, Unit.WORKING_DAYS), Rank.LAW, WORKING_TOGETHER),),
        ended_by=("decide_not_notifiable", "transfer"),
        ladder=STATUTORY_LADDER,
    ),
    Deadline(
        "letters",
        "Letters to the agencies",
        counted_from="submit_sin",
        met_by=("open_gathering",),
        editions=local(Period(1, Unit.WORKING_DAYS), CUSTOM),
        ended_by=GIVEN_UP,
    ),
    Deadline(
        "meeting",
        "Rapid review meeting",
        counted_from="submit_sin",
        met_by=("hold_meeting",),
        editions=local(Period(12, Unit.WORKING_DAYS), CUSTOM),
        ended_by=GIVEN_UP,
    ),
    Deadline(
        "rapid_review",
        "Rapid review to the Panel",
        counted_from="submit_sin",
        met_by=("sign_off",),
        editions=(
            Edition(
                SYSTEM_START,
                Period(15, Unit.WORKING_DAYS),
                Rank.NATIONAL,
                "Guidance of the national Panel under Working Together 2018",
            ),
            Edition(PANEL_GUIDANCE_2025, Period(15, Unit.WORKING_DAYS), Rank.NATIONAL, "Panel guidance, June 2025"),
        ),
        ended_by=GIVEN_UP,
        ladder=STATUTORY_LADDER,
    ),
    Deadline(
        "panel_question",
        "Answer to the Panel",
        counted_from="reply_wanted_on",
        met_by=OUTCOMES,
        editions=(Edition(SYSTEM_START, Period(0, Unit.DAYS), Rank.NATIONAL, "The Panel's letter"),),
        ended_by=("transfer",),
        ladder=STATUTORY_LADDER,
    ),
)

RAPID_REVIEW = Workflow(
    name="rapid_review",
    title="Rapid review",
    version=2,
    effective_from=PANEL_GUIDANCE_2025,
    prefix="RR",
    realm=Realm.REVIEWS,
    tracks=(Track("rapid_review", "Rapid review", S, S.REFERRED, FINAL, STEPS, settled=OUTCOME | BELOW),),
    deadlines=DEADLINES,
)
