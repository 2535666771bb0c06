"""The invented partnerships: enough of everything to show the product with, on whatever day they are loaded."""

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from notifications.models import Letter
from notifications.process.plan_round import plan_round
from notifications.rounds.report import ClockItem, Item
from reviews.access.permissions import system
from reviews.actions.parts import shares
from reviews.actions.thread import thread
from reviews.core.clock import local_day
from reviews.core.keyring import Keyring
from reviews.demo.people import SIGN_IN_NAMES
from reviews.demo.seed import seed
from reviews.files.store import store
from reviews.models import (
    Action,
    ActionAnswer,
    Agency,
    Assurance,
    Case,
    CaseClock,
    CaseLink,
    CaseTrack,
    Child,
    Event,
    Evidence,
    ExtensionRequest,
    Finding,
    ImpactCheck,
    ImpactResult,
    Membership,
    Partnership,
    Person,
    Recommendation,
)
from reviews.models.recommendations import RESPONSES
from reviews.recommendations.theme_counts import theme_lines
from reviews.summary.queries import chair_summary
from tests.builders import TODAY, a_clock
from tests.changes import nothing_changes
from tests.notifications.mornings import LETTERHEAD
from tests.seeded import seeded, seeded_postgres, seeded_sqlite, seeded_url
from workflows.core.vocabulary import Realm, Role
from workflows.definitions import CASE_WORKFLOWS
from workflows.definitions.action import OPEN, OUTSTANDING, ActionStage

__all__ = ["seeded", "seeded_postgres", "seeded_sqlite", "seeded_url"]

DAYS = (
    "2026-11-21T10:00",
    "2026-11-22T23:50",
    "2026-12-25T08:00",
    "2027-01-01T00:10",
    "2027-03-28T01:30",
    "2027-05-31T09:00",
    "2028-02-29T08:00",
)
HASH = "no password"


def stages(database, workflow, code="ANYSHIRE"):
    with database() as session:
        rows = session.execute(
            sa.select(CaseTrack.name, CaseTrack.stage)
            .join(Case)
            .join(Partnership, Partnership.id == Case.partnership_id)
            .where(Case.workflow == workflow, Partnership.code == code)
        )
        found = {}
        for track, stage in rows:
            found.setdefault(track, set()).add(stage)
        return found


def actions(database, *conditions, code="ANYSHIRE"):
    query = sa.select(Action).join(Partnership, Partnership.id == Action.partnership_id)
    with database() as session:
        return session.scalars(query.where(Partnership.code == code, *conditions).order_by(Action.id)).all()


@pytest.mark.parametrize("workflow", ["rapid_review", "cdop_case", "lcspr"])
def test_a_case_stands_at_every_stage(seeded, workflow):
    found = stages(seeded, workflow)

    for track in CASE_WORKFLOWS[workflow].tracks:
        assert {stage.value for stage in track.stages} - found[track.name] == set()


def test_there_is_a_case_of_every_kind(seeded):
    with seeded() as session:
        here = sa.select(Partnership.id).where(Partnership.code == "ANYSHIRE").scalar_subquery()
        found = set(session.scalars(sa.select(Case.workflow).where(Case.partnership_id == here)))

    assert found == set(CASE_WORKFLOWS)


def test_two_rapid_reviews_were_taken_into_one_thematic_review(seeded):
    with seeded() as session:
        links = session.scalars(sa.select(CaseLink).where(CaseLink.kind == "absorbed_into")).all()
        joint = {session.get_one(Case, link.to_case_id).workflow for link in links}

    assert (len(links), len({link.to_case_id for link in links}), joint) == (2, 1, {"thematic_review"})


def test_anyshire_has_sixty_actions_and_more_over_eight_agencies(seeded):
    outstanding = actions(seeded, Action.stage.in_(sorted(OUTSTANDING)))

    assert len(outstanding) >= 60
    assert len({action.lead_agency_id for action in outstanding if action.owner_id}) == 8


def test_some_are_late_some_nearly_due_and_each_way_an_action_can_stand_is_there(seeded):
    found = actions(seeded)
    running = [action for action in found if action.stage in OPEN and action.due_on]
    by_stage = Counter(action.stage for action in found)

    assert sum(action.due_on < TODAY for action in running) >= 10
    assert sum(TODAY <= action.due_on <= TODAY + timedelta(days=7) for action in running) >= 5
    for stage in (
        ActionStage.AGREED_NO_DATE,
        ActionStage.NOT_STARTED,
        ActionStage.IN_PROGRESS,
        ActionStage.BLOCKED,
        ActionStage.SUBMITTED,
        ActionStage.COMPLETE,
        ActionStage.AWAITING_IMPACT,
    ):
        assert by_stage[stage] > 0, stage
    assert any(action.times_extended for action in found)
    assert any(action.owner_id is None for action in found)


def test_a_review_is_followed_from_its_findings_to_its_impact(seeded):
    for code in ("ANYSHIRE", "MIDMARCH"):
        case, found = followed(seeded, code)
        with seeded() as session:
            asked = session.scalars(sa.select(Recommendation).where(Recommendation.case_id == case)).all()
            resting = {one.finding_id for one in asked}
            findings = set(session.scalars(sa.select(Finding.id).where(Finding.case_id == case)))
        assert {one.response for one in asked} == set(RESPONSES)
        assert all(one.response_reason for one in asked if one.response != "accepted")
        assert len(findings - resting) == 1
        assert any(one.reopened_on for one in asked)
        assert found["done, impact not yet checked"]
        assert found["an agency is late"]


def test_one_action_answers_recommendations_of_two_reviews_and_five_agencies_share_it(seeded):
    with seeded() as session:
        answers = sa.select(ActionAnswer.action_id, Recommendation.case_id).join(
            Recommendation, Recommendation.id == ActionAnswer.recommendation_id
        )
        rows = session.execute(answers).all()
        shared = shares(session, {row.action_id for row in rows}, TODAY)
        own = {key: session.get_one(Action, key).case_id for key in shared}

    assert [(share.ended, share.total, share.late) for share in shared.values()] == [(3, 5, 1)] * 2
    assert all({row.case_id for row in rows if row.action_id == key} > {own[key]} for key in shared)


def test_proof_of_every_kind_is_there_and_every_answer_to_it(seeded):
    with seeded() as session:
        kinds = set(session.scalars(sa.select(Evidence.kind)))
        results = set(session.scalars(sa.select(ImpactCheck.result).where(ImpactCheck.answered_on.is_not(None))))
        waiting = session.scalars(sa.select(ImpactCheck).where(ImpactCheck.answered_on.is_(None))).all()
        wishes = set(session.scalars(sa.select(ExtensionRequest.granted)))
        assured = session.scalars(sa.select(Assurance.is_assured)).all()
        plans = [
            one.blocked_plan for one in session.scalars(sa.select(Action).where(Action.stage == ActionStage.BLOCKED))
        ]

    assert kinds == {"text", "link"}
    assert results == {ImpactResult.PARTLY, ImpactResult.NOT_SEEN}
    assert {each.due_on <= TODAY for each in waiting} == {True, False}
    assert wishes == {False, None}
    assert assured
    assert {bool(plan) for plan in plans} == {True, False}


def test_what_is_kept_of_actions_is_kept_of_some(seeded):
    found = actions(seeded)

    for column in ("deputy_id", "kind", "start_on", "review_on", "owner_rating", "chair_rating", "success_measure"):
        assert any(getattr(action, column) for action in found), column
    assert not any(action.deputy_id == action.owner_id for action in found if action.owner_id)


def test_a_theme_is_repeated_after_it_was_closed_and_findings_have_themes(seeded):
    with seeded() as session:
        place = session.scalars(sa.select(Partnership.id).where(Partnership.code == "ANYSHIRE")).one()
        lines = theme_lines(session, system("test"), partnership_id=place, realm=Realm.REVIEWS, today=TODAY)
    told = {line.name: (line.repeated, line.findings) for line in lines}

    assert told["Bruising in babies who cannot move"] > (1, 1)


def test_it_loads_on_both_databases_with_the_files_of_its_evidence(database, clock, tmp_path):
    keyring = Keyring(tmp_path / "keys")

    def store_file(stream, name):
        return store(tmp_path / "files", stream, name, keyring)

    assert seed(database, clock, password_hash=HASH, store_file=store_file) is True
    assert len(actions(database, code="MIDMARCH")) > 10
    with database() as session:
        kept = session.scalars(sa.select(Evidence.stored_as).where(Evidence.kind == "file")).all()

    assert len(kept) == 2
    assert {path.name for path in tmp_path.joinpath("files").iterdir()} == set(kept)


def followed(seeded, code):
    """Give the case that is told to its end, and where its thread is broken."""
    with seeded() as session:
        rejected = sa.select(Case).join(Recommendation, Recommendation.case_id == Case.id)
        here = rejected.join(Partnership, Partnership.id == Case.partnership_id).where(Partnership.code == code)
        case = session.scalars(here.where(Recommendation.response == "rejected")).one()
        return case.id, thread(session, system("test"), case, today=TODAY).broken


def test_a_publication_is_held_back_by_a_trial_while_its_actions_run(seeded):
    with seeded() as session:
        held = session.scalars(sa.select(CaseTrack.case_id).where(CaseTrack.stage == "on_hold")).all()
        reasons = [fact.value for fact in session.get_one(Case, held[0]).facts if fact.name == "hold_reason"]

    assert reasons == ["criminal_proceedings"]
    assert [action for action in actions(seeded, Action.case_id.in_(held)) if action.stage in OPEN and action.due_on]


def test_what_a_leaver_had_open_is_parked_and_they_are_not_written_to(seeded):
    with seeded() as session:
        leavers = session.scalars(sa.select(Person.id).where(Person.disabled_at.is_not(None))).all()
    left = actions(seeded, Action.owner_id.in_(leavers), Action.ended_on.is_(None))
    parked = actions(seeded, Action.awaiting_owner)
    without = actions(seeded, Action.owner_id.is_(None), Action.owner_text == "", Action.ended_on.is_(None))
    said = plan_round(seeded, a_clock().now(), letterhead=LETTERHEAD)

    assert len(leavers) == 2
    assert left == []
    assert len(parked) + len(without) > 3
    assert not [mail for mail in said.mails if mail.to.startswith("leaver@")]


def test_each_role_has_one_sign_in_name_in_each_partnership(seeded):
    with seeded() as session:
        roles = dict(session.execute(sa.select(Person.email, Membership.role).join(Membership)).all())
        hashes = session.scalars(sa.select(Person.password_hash)).all()
        names = session.scalars(sa.select(Agency.name)).all()

    for domain in ("anyshire.example", "midmarch.example"):
        assert {word: roles[f"{word}@{domain}"] for word in SIGN_IN_NAMES} == SIGN_IN_NAMES
    assert set(SIGN_IN_NAMES.values()) == set(Role)
    assert all(hashes)
    assert {"Anyshire Council", "Midmarch Council"} <= set(names)


def test_loading_it_again_changes_nothing(seeded):
    with nothing_changes(seeded):
        assert seed(seeded, a_clock("2027-02-01T08:00"), password_hash=HASH) is False


def test_no_mail_it_leads_to_holds_a_pseudonym_or_the_title_of_a_case(seeded):
    plan_round(seeded, a_clock().now(), letterhead=LETTERHEAD)
    with seeded() as session:
        texts = "\n".join(f"{letter.subject}\n{letter.body}" for letter in session.scalars(sa.select(Letter)))
        secrets = [*session.scalars(sa.select(Child.pseudonym)), *session.scalars(sa.select(Case.title))]

    assert len(texts) > 10_000
    assert [secret for secret in secrets if secret and secret in texts] == []


def test_nothing_of_child_death_review_reaches_an_agency_lead_or_the_business_manager(seeded):
    said = plan_round(seeded, a_clock().now(), letterhead=LETTERHEAD)
    deaths = {action.reference for action in actions(seeded, Action.realm == Realm.CHILD_DEATHS)}
    with seeded() as session:
        cases = set(session.scalars(sa.select(Case.reference).where(Case.realm == Realm.CHILD_DEATHS)))
        requests = set(session.scalars(sa.select(Case.reference).where(Case.workflow == "report_request")))
        lead = (Membership.person_id == Person.id) & (Membership.role == Role.AGENCY_LEAD)
        leads = set(session.scalars(sa.select(Person.email).join(Membership, lead)))
    items = [(mail.to, item) for mail in said.mails if "anyshire" in mail.to for item in mail.items]
    told = {to for to, item in items if isinstance(item, Item) and item.action in deaths}
    of_clocks = [(to, item.case) for to, item in items if isinstance(item, ClockItem) and item.case in cases]

    assert deaths
    assert told <= {f"owner-{number}@anyshire.example" for number in range(1, 9)} | {
        "owner@anyshire.example",
        "cdop@anyshire.example",
    }
    assert of_clocks
    assert {to for to, case in of_clocks if case not in requests} == {"cdop@anyshire.example"}
    assert {to for to, case in of_clocks if case in requests} <= {"cdop@anyshire.example"} | leads


@pytest.mark.faults
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("day", DAYS)
def test_it_loads_on_any_day_and_nothing_lies_ahead(database, day):
    clock = a_clock(day)
    today = local_day(clock.now())

    assert seed(database, clock, password_hash=HASH)

    with database() as session:
        place = session.scalars(sa.select(Partnership).where(Partnership.code == "ANYSHIRE")).one()
        found = chair_summary(session, system("test"), partnership_id=place.id, today=today)
        assert session.scalar(sa.select(sa.func.max(Event.happened_on))) <= today
        assert session.scalar(sa.select(sa.func.max(Event.recorded_at))) <= clock.now()
        assert session.scalar(sa.select(sa.func.max(CaseClock.met_on))) <= today
    assert found.totals["outstanding"] >= 60
    assert found.totals["overdue"] >= 10
    assert found.totals["due_soon"] >= 10
