"""A round of reminders from the terminal: who is mailed, what is held back, and nothing twice."""

from tests.changes import nothing_changes
from tests.notifications.mail_server import MailServer

MORNING = ("remind", "--as-of", "2026-11-20T08:00")


def test_a_round_says_who_was_mailed_about_what_and_mails_it(terminal):
    found = terminal.json(*MORNING)
    [chair] = [mail for mail in found["mails"] if mail["to"] == "chair@anyshire.example"]
    [action, *_] = [item for item in chair["items"] if item["action"]]

    assert {"mails", "held_back", "sent", "failed", "already"} <= found.keys()
    assert (chair["partnership"], action["rung"]) == ("ANYSHIRE", "due+60")
    assert found["sent"] == len(found["mails"]) == len(terminal.mails)
    assert all(held.get("action") or (held["case"] and held["clock"]) for held in found["held_back"])
    assert all(held["why"] for held in found["held_back"])


def test_a_round_says_which_clocks_it_brought_up(terminal):
    found = terminal.json(*MORNING)
    clocks = [(mail["to"], item) for mail in found["mails"] for item in mail["items"] if "clock" in item]

    assert clocks
    assert all(item.keys() == {"case", "clock", "rung", "days_late", "late_unit", "action"} for _, item in clocks)
    running = terminal.json("cases", "show", clocks[0][1]["case"], "--partnership", "ANYSHIRE")["clocks"]
    assert clocks[0][1]["clock"] in {clock["name"] for clock in running}
    of_deaths = [(to.partition("@")[0], item["clock"]) for to, item in clocks if item["case"].startswith("CD-")]
    assert {who for who, clock in of_deaths if clock != "return"} == {"cdop"}
    assert not {who for who, _ in of_deaths} & {"manager", "admin", "chair", "partner"}
    assert all(item["case"].startswith("CD-") for to, item in clocks if to.startswith("cdop@"))


def test_the_same_morning_again_says_nothing_new(terminal):
    first = terminal.json(*MORNING)
    again = terminal.json(*MORNING)

    assert (again["mails"], again["sent"]) == ([], 0)
    assert again["already"] == first["sent"]


def test_a_dry_run_says_the_same_and_writes_nothing(terminal, seeded):
    with nothing_changes(seeded):
        planned = terminal.json(*MORNING, "--dry-run")

    assert planned["mails"] == terminal.json(*MORNING)["mails"]
    assert planned["sent"] == 0


def test_no_mail_goes_out_at_a_weekend(terminal):
    found = terminal.json("remind", "--as-of", "2026-11-21T08:00")

    assert (found["mails"], found["sent"]) == ([], 0)
    assert "a weekend" in found["note"]


def test_what_a_mail_server_missed_is_delivered_when_it_is_back(terminal):
    server = MailServer()
    terminal_with = {"MAIL_URL": server.url}
    stopped = terminal.run(*MORNING, "--json", **terminal_with)
    server.start()
    try:
        delivered = terminal.run("deliver", "--json", **terminal_with)
        again = terminal.run("deliver", "--json", **terminal_with)
    finally:
        server.stop()

    assert '"sent": 0' in stopped.out
    assert f'"sent": {len(server.received)}' in delivered.out
    assert len(server.received) == len(set(server.message_ids())) > 20
    assert '"sent": 0' in again.out


def test_a_moment_or_a_mail_address_that_is_none_is_refused(terminal, seeded):
    with nothing_changes(seeded):
        for moment in ("yesterday", "2026-02-31T08:00", "9999-12-31", "0001-01-01"):
            assert f"“{moment}” is not a moment" in terminal.refused("remind", "--as-of", moment)
        assert "FOLLOWTHROUGH_MAIL_URL" in terminal.refused(*MORNING, MAIL_URL="pigeon://loft")


def test_a_mail_that_went_is_sent_again_as_a_copy_and_not_replayed(terminal):
    terminal.json(*MORNING)
    before = len(terminal.mails)
    copy = terminal.json("reminders", "resend", "1")
    delivered = terminal.json("deliver", "--a-minute", "600")

    assert (copy["state"], copy["copy_of"], delivered["sent"]) == ("queued", 1, 1)
    assert len(terminal.mails) == before + 1
    assert terminal.refused("reminders", "replay", "1").startswith(
        "You can only put a mail back into the queue if it failed"
    )
    assert terminal.refused("reminders", "resend", "999999") == "There is no mail 999999, or it is not yours to see."
