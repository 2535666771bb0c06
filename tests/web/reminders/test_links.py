"""The link of a mail: read without effect, used once, taken back, and worth nothing when it has had its day."""

from datetime import date
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from notifications.letters.links import Letterhead, Link, Sealer
from notifications.models import LetterAnswer
from notifications.process.plan_round import plan_round
from reviews.actions.details import assign_action
from reviews.cases.case_access import exclude
from reviews.core.clock import read_moment
from reviews.models import Action, Case, Event, EventKind, Evidence, ExtensionRequest, ProgressUpdate, SignIn
from reviews.people.offboarding import disable_person
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import BUILDER, a_case, an_action
from tests.changes import changes_of, nothing_changes
from tests.notifications.mornings import letters_of, said
from tests.web.visitor import rows
from workflows.core.vocabulary import Role
from workflows.definitions.action import ActionStage

MORNING = date(2026, 11, 23)
DUE = date(2026, 11, 30)
NAME = "link sent to"


@pytest.fixture
def action(doors, world):
    with doors.database.begin() as session:
        case = a_case(session, world.anyshire.partnership, title="Canary House")
        owner, council = world.anyshire.people[Role.ACTION_OWNER], world.anyshire.agencies["Council"]
        return an_action(
            session,
            case,
            due_on=DUE,
            owner=owner,
            agency=council,
            stage=ActionStage.IN_PROGRESS,
            text="Canary text",
            title="Canary title",
        )


@pytest.fixture
def letterhead(doors):
    return Letterhead("https://followthrough.example", doors.app.config["SECRET_KEY"])


@pytest.fixture
def link(doors, action, letterhead, world):
    """The owner had a mail this morning."""
    a_morning(doors, letterhead, "2026-11-23")
    return address(letterhead, world, action, MORNING)


def a_morning(doors, letterhead, day):
    doors.clock.at = read_moment(f"{day}T08:00")
    return plan_round(doors.database, doors.clock.now(), letterhead=letterhead)


def address(letterhead, world, action, morning, role=Role.ACTION_OWNER):
    person = world.anyshire.people[role]
    return f"/l/{Sealer(letterhead).token(Link(action.partnership_id, person.id, action.id, morning))}"


def at(doors, moment):
    doors.clock.at = read_moment(moment)


def stage(doors, action):
    with doors.database() as session:
        return session.get_one(Action, action.id).stage


def kinds(doors, action):
    with doors.database() as session:
        return list(session.scalars(sa.select(Event.kind).where(Event.action_id == action.id).order_by(Event.id)))


def test_the_mail_holds_the_link(doors, link):
    letter = next(each for each in letters_of(doors.database) if "/l/" in each.body)

    assert f"Seen, on track, done, more time, not mine: https://followthrough.example{link}\n" in letter.body
    assert f'<a href="https://followthrough.example{link}?answer=on-track">on track</a>' in letter.html


@pytest.mark.parametrize("headers", [{}, {"Sec-Purpose": "prefetch"}, {"Purpose": "preview"}, {"X-Moz": "prefetch"}])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_c1_reading_it_changes_nothing_however_it_is_read(doors, link, action, method, headers):
    visitor = doors.visitor()
    with nothing_changes(doors.database):
        for _ in range(5):
            assert visitor.client.open(f"{link}?answer=done", method=method, headers=headers).status_code == 200
        assert visitor.client.open(f"{link}/answer", method=method, headers=headers).status_code == 410

    assert visitor.send(link, answer="seen") == 303


def test_c4_the_page_shows_the_reference_and_the_due_date_and_signs_nobody_in(doors, link, action):
    visitor = doors.visitor()
    visitor.open(f"{link}?answer=on-track")

    assert action.reference in visitor.said
    assert "30 November 2026" in visitor.said
    assert "Canary" not in visitor.html
    assert "Anyshire" not in visitor.html
    assert "@" not in visitor.said
    assert 'value="on-track" checked' in " ".join(visitor.html.split())
    assert visitor.open("/actions/mine") == 303
    assert rows(doors.database, SignIn) == 0


def test_no_other_page_learns_the_address(doors, link):
    for path, code in ((link, 200), (f"{link}/answer", 410), (f"{link}x", 404)):
        answer = doors.visitor().client.get(path)
        assert answer.status_code == code
        assert answer.headers.getlist("Referrer-Policy") == ["no-referrer"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]


def test_a_page_that_is_no_link_keeps_its_own_policy(doors):
    assert doors.visitor().client.get("/sign-in").headers.getlist("Referrer-Policy") == ["same-origin"]


def test_a_form_without_the_token_of_this_browser_is_shown_again_with_its_text(doors, link):
    doors.app.config["WTF_CSRF_ENABLED"] = True
    visitor = doors.visitor()
    with nothing_changes(doors.database):
        assert visitor.send(link, answer="on-track", text="Half of the staff are trained.") == 400
    assert "Nothing was recorded, because you opened this page too long ago." in visitor.said
    assert "Half of the staff are trained." in visitor.said


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": "null"}, 303),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 400),
        ({"Origin": "https://evil.example"}, 400),
    ],
)
def test_a_page_without_referrer_sends_its_form_from_nowhere_and_another_site_cannot(doors, link, headers, code):
    assert doors.visitor().client.post(link, data={"answer": "on-track"}, headers=headers).status_code == code


def test_our_own_form_is_taken_over_tls_without_a_referrer(doors, link, action):
    doors.app.config["WTF_CSRF_ENABLED"] = True
    visitor = doors.visitor()
    visitor.html = visitor.client.get(link, base_url="https://localhost").get_data(as_text=True)
    typed = {"answer": "on-track", "csrf_token": visitor.hidden("csrf_token")}

    assert visitor.client.post(link, base_url="https://localhost", data=typed).status_code == 303
    assert rows(doors.database, LetterAnswer) == 1


def test_seen_leaves_the_history_alone(doors, link, action):
    visitor = doors.visitor()

    assert visitor.send(link, answer="seen", text="Thank you") == 303
    assert visitor.follow() == 200
    assert "Recorded" in visitor.said
    with doors.database() as session:
        event = session.scalars(sa.select(Event).where(Event.kind == EventKind.ANSWERED_BY_LINK)).one()
        assert event.recorded_by.startswith(NAME)
        assert event.details == {"link_answer": "seen", "link_words": "Thank you"}
        assert (event.action_id, rows(doors.database, ProgressUpdate)) == (action.id, 0)


def test_c4_on_track_is_progress_by_the_link(doors, link, action):
    doors.visitor().send(link, answer="on-track", text="The first session was held.")

    with doors.database() as session:
        report = session.scalars(sa.select(ProgressUpdate)).one()
        assert report.text == "On track. The first session was held."
        assert report.reported_by.startswith(NAME)
        assert session.get_one(Action, action.id).last_progress_on == MORNING
    manager = doors.visitor("manager@anyshire.example")
    manager.open(f"/actions/{action.address}")
    assert "by link sent to" in manager.said


def test_done_asks_to_close_with_what_shows_it(doors, link, action):
    visitor = doors.visitor()
    assert visitor.send(link, answer="done") == 422
    assert "There is no evidence yet that it was done" in visitor.said
    assert "sign in" in visitor.said
    assert visitor.send(link, answer="done", text="Minutes of 3 November") == 303

    with doors.database() as session:
        assert session.scalars(sa.select(Evidence.text)).all() == ["Minutes of 3 November"]
    assert stage(doors, action) == ActionStage.SUBMITTED


def test_where_something_shows_it_what_is_typed_is_what_was_done(doors, link, action):
    with doors.database.begin() as session:
        session.add(Evidence(action_id=action.id, text="Minutes", offered_by="x", offered_at=doors.clock.now()))
    doors.visitor().send(link, answer="done", text="All trained")

    with doors.database() as session:
        assert session.scalars(sa.select(Evidence.text)).all() == ["Minutes"]
        submitted = session.scalars(sa.select(Event).where(Event.kind == EventKind.ACTION_SUBMITTED)).one()
        assert submitted.details["done_summary"] == "All trained"


def test_more_time_is_a_wish_with_date_and_reason(doors, link, action):
    visitor = doors.visitor()
    assert visitor.send(link, answer="more-time") == 422
    assert visitor.send(link, answer="more-time", text="Illness", wanted_due_on="2026-11-24") == 422
    assert "The new date must be after" in visitor.said
    assert visitor.send(link, answer="more-time", text="Illness", wanted_due_on="2027-01-15") == 303

    with doors.database() as session:
        wish = session.scalars(sa.select(ExtensionRequest)).one()
        assert (wish.wanted_due_on, wish.reason, wish.answered_at) == (date(2027, 1, 15), "Illness", None)
        assert session.get_one(Action, action.id).due_on == DUE


def test_not_mine_is_told_to_the_manager_and_the_lead_and_the_owner_stays(doors, link, action, letterhead, world):
    doors.visitor().send(link, answer="not-mine", text="It is for the ICB")

    told = said(a_morning(doors, letterhead, "2026-11-24"))
    assert (action.reference, "not-mine") in told["manager@anyshire.example"]
    assert told["agency-lead@anyshire.example"] == [(action.reference, "not-mine")]
    with doors.database() as session:
        assert session.get_one(Action, action.id).owner_id == world.anyshire.people[Role.ACTION_OWNER].id


def test_a_link_works_once(doors, link, action):
    visitor = doors.visitor()
    assert visitor.send(link, answer="on-track") == 303
    with nothing_changes(doors.database):
        assert visitor.send(link, answer="on-track") == 410
        assert visitor.send(link, answer="not-mine") == 410

    assert visitor.open(link) == 410
    assert action.reference in visitor.said
    assert "Sign in to carry on" in visitor.said


def test_of_several_presses_at_once_one_counts(doors, link):
    """The pages may not have seen each other's answer: the row of the action lets one in after the other."""
    start, codes = Barrier(4), []

    def press():
        visitor = doors.visitor()
        start.wait()
        codes.append(visitor.send(link, answer="on-track"))

    presses = [Thread(target=press) for _ in range(4)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()

    assert set(codes) <= {303, 410}
    assert (rows(doors.database, LetterAnswer), rows(doors.database, ProgressUpdate)) == (1, 1)


def test_c4_a_wrong_answer_is_refused(doors, link):
    with nothing_changes(doors.database):
        assert doors.visitor().send(link, answer="close") == 422
        assert doors.visitor().send(link) == 422
        assert doors.visitor().send(link, answer="seen", text="x" * 2001) == 422


def test_what_the_stage_does_not_allow_is_refused_without_a_word_of_it(doors, link, action):
    with doors.database.begin() as session:
        session.get_one(Action, action.id).stage = ActionStage.BLOCKED
    visitor = doors.visitor()

    assert visitor.send(link, answer="done", text="All done") == 422
    assert "cannot give this answer by a link" in visitor.said
    assert "blocked" not in visitor.said.lower()
    assert (rows(doors.database, Evidence), rows(doors.database, LetterAnswer)) == (0, 0)


def gone(doors, link):
    visitor = doors.visitor()
    with nothing_changes(doors.database):
        assert visitor.send(link, answer="on-track") == 410
        assert visitor.open(link) == 410
    return visitor.said


def test_c3_every_dead_link_reads_alike(doors, link, action, letterhead, world):
    with doors.database() as session:
        reference = session.get_one(Action, action.id).reference
    at(doors, "2026-12-24T08:00")
    expired = gone(doors, link)
    assert reference in expired
    at(doors, "2026-12-23T08:00")
    assert doors.visitor().open(link) == 200

    a_morning(doors, letterhead, "2026-12-21")
    assert gone(doors, link) == expired
    later = address(letterhead, world, action, date(2026, 12, 21))
    assert doors.visitor().open(later) == 200

    with doors.database.begin() as session:
        session.get_one(Action, action.id).stage = ActionStage.SUBMITTED
    assert gone(doors, later) == expired


def test_a_new_owner_ends_the_old_ones_link(doors, link, action):
    with unit_of_work(doors.database, BUILDER, doors.clock) as unit:
        assign_action(unit, unit.action(action.reference), owner_email="chair@anyshire.example")

    gone(doors, link)


def test_who_has_left_answers_nothing(doors, link):
    with unit_of_work(doors.database, BUILDER, doors.clock) as unit:
        disable_person(unit, email="owner@anyshire.example")

    gone(doors, link)


def test_c2_what_was_not_made_here_does_not_exist(doors, link, action, letterhead, world):
    visitor = doors.visitor()
    unknown = visitor.client.get("/l/" + "x" * 56)
    token = link.removeprefix("/l/")
    tampered = [token[:n] + ("A" if token[n] != "A" else "B") + token[n + 1 :] for n in range(0, len(token), 5)]
    other_key = Letterhead("https://followthrough.example", "another key, that is just as long as the first")
    strangers = [address(other_key, world, action, MORNING), address(letterhead, world, action, date(2026, 11, 20))]
    strangers.append(address(letterhead, world, action, MORNING, role=Role.SUBGROUP_CHAIR))
    with changes_of(doors.database) as changes:
        for number, path in enumerate([*(f"/l/{each}" for each in (*tampered, token[:-1], token + "A")), *strangers]):
            visitor.client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"  # so that it is not limited
            assert visitor.send(path, answer="on-track") == 404
            answer = visitor.client.get(path)
            assert (answer.status_code, len(answer.data)) == (404, len(unknown.data))
    assert changes.none
    assert changes.changed == {}


def test_a_link_leads_to_no_other_partnerships_action(doors, link, letterhead, world):
    person = world.anyshire.people[Role.ACTION_OWNER]
    with doors.database.begin() as session:
        case = a_case(session, world.midmarch.partnership)
        theirs = an_action(session, case, owner=world.midmarch.people[Role.ACTION_OWNER])
    forged = Link(world.anyshire.partnership.id, person.id, theirs.id, MORNING)

    assert doors.visitor().open(f"/l/{Sealer(letterhead).token(forged)}") == 404


@pytest.mark.parametrize("answer", ["seen", "on-track", "done", "more-time", "not-mine"])
def test_c4_an_answer_is_taken_back_within_seven_days(doors, link, action, letterhead, answer):
    visitor = doors.visitor()
    before = stage(doors, action)
    visitor.send(link, answer=answer, text="Because", wanted_due_on="2027-01-15")
    at(doors, "2026-11-30T23:00")
    visitor.follow()
    assert "Undo this answer" in visitor.said
    assert visitor.send(f"{link}/answer") == 303
    visitor.follow()

    assert "Undone" in visitor.said
    assert "Undo this answer" not in visitor.said
    assert kinds(doors, action)[-1] is EventKind.ANSWER_UNDONE
    assert stage(doors, action) == before
    with doors.database() as session:
        assert all(each.taken_back_at for each in session.scalars(sa.select(ProgressUpdate)))
        assert all(each.withdrawn_on for each in session.scalars(sa.select(Evidence)))
        wishes = session.scalars(sa.select(ExtensionRequest)).all()
        assert all(each.answered_at is not None and each.granted is None for each in wishes)
        assert session.get_one(Action, action.id).last_progress_on is None
    with nothing_changes(doors.database):
        visitor.send(f"{link}/answer")
        assert visitor.send(link, answer="seen") == 410
    manager = doors.visitor("manager@anyshire.example")
    assert manager.open(f"/actions/{action.address}") == 200
    assert "taken back" in manager.said.lower()
    told = [each for lines in said(a_morning(doors, letterhead, "2026-12-01")).values() for each in lines]
    assert not {"not-mine", "more-time", "submitted"} & {rung for _, rung in told}


def test_after_seven_days_it_stands(doors, link):
    visitor = doors.visitor()
    visitor.send(link, answer="on-track")
    at(doors, "2026-12-01T00:30")

    assert visitor.open(f"{link}/answer") == 200
    assert "You can no longer change it with this link." in visitor.said
    with nothing_changes(doors.database):
        visitor.send(f"{link}/answer")


def test_what_was_decided_since_stands(doors, link, action):
    visitor = doors.visitor()
    visitor.send(link, answer="more-time", text="Illness", wanted_due_on="2027-01-15")
    with doors.database.begin() as session:
        wish = session.scalars(sa.select(ExtensionRequest)).one()
        wish.granted, wish.answered_at = False, doors.clock.now()

    assert visitor.send(f"{link}/answer") == 409
    assert "already been answered" in visitor.said
    assert EventKind.ANSWER_UNDONE not in kinds(doors, action)


def test_c4_the_owner_is_told_in_the_next_mail_and_once(doors, link, action, letterhead):
    doors.visitor().send(link, answer="on-track")
    a_morning(doors, letterhead, "2026-11-30")
    a_morning(doors, letterhead, "2026-12-01")
    told = [each for each in letters_of(doors.database) if "Answered by a link" in each.body]

    assert [each.morning for each in told] == [date(2026, 11, 30)]
    assert f"  {action.reference}\n  on track, on 23 November 2026\n" in told[0].body
    assert f"{link}/answer" in told[0].body
    assert f'href="https://followthrough.example{link}/answer"' in told[0].html


def test_c7_an_evil_host_changes_no_link_and_no_redirect(doors, link):
    visitor = doors.visitor()
    answer = visitor.client.post(link, data={"answer": "seen"}, headers={"X-Forwarded-Host": "evil.example"})

    assert answer.headers["Location"] == f"{link}/answer"


def test_a9_a_link_of_who_is_excluded_since_answers_like_one_that_never_was(doors, world, action, link):
    with unit_of_work(doors.database, BUILDER, doors.clock) as unit:
        case = unit.session.get_one(Case, action.case_id)
        exclude(unit, case, email="owner@anyshire.example", reason="They know the family.")
    visitor = doors.visitor()
    with nothing_changes(doors.database):
        codes = visitor.open(link), visitor.send(link, answer="done", text="It is done.")
    assert "Canary" not in visitor.html
    assert action.reference not in visitor.html
    unknown = doors.visitor()
    assert codes == (unknown.open(f"{link}x"), unknown.send(f"{link}x", answer="done", text="It is done."))
