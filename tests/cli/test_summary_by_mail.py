"""The summary by mail, from the terminal."""

from tests.changes import nothing_changes

HERE = ("--partnership", "ANYSHIRE")
CHAIR = "chair@anyshire.example"


def test_a_rhythm_is_chosen_and_the_round_follows_it(terminal):
    weekly = terminal.json("summary", "mail", CHAIR, "--rhythm", "weekly", "--weekday", "tuesday", *HERE)

    assert weekly == {
        "email": CHAIR,
        "partnership": "ANYSHIRE",
        "rhythm": "weekly",
        "weekday": "tuesday",
        "meeting_on": None,
        "next_on": "2026-11-24",
    }
    found = terminal.json("remind", "--as-of", "2026-11-24", "--dry-run")
    assert {"to": CHAIR, "kind": "summary", "partnership": "ANYSHIRE", "items": []} in found["mails"]
    assert "the summary" in terminal.run("remind", "--as-of", "2026-11-24", "--dry-run").out


def test_before_a_meeting_and_never(terminal):
    mail = ("summary", "mail", CHAIR, *HERE, "--as", CHAIR)

    said = terminal.run(*mail, "--rhythm", "meeting", "--meeting", "2026-12-03").out
    assert "2 working days before the meeting on 3 December 2026, next on 2026-12-01." in said
    never = terminal.json(*mail, "--rhythm", "never")
    assert (never["rhythm"], never["next_on"]) == ("never", None)


def test_what_cannot_be_chosen_is_refused_and_nothing_is_stored(terminal, seeded):
    mail = ("summary", "mail", CHAIR, *HERE)
    with nothing_changes(seeded):
        assert "Give the day" in terminal.refused(*mail, "--rhythm", "meeting")
        assert "not a date" in terminal.refused(*mail, "--rhythm", "meeting", "--meeting", "2026-02-30")
        theirs = terminal.refused(*mail, "--rhythm", "monthly", "--as", "manager@anyshire.example")
        assert "only choose for yourself" in theirs
        nobody = terminal.refused("summary", "mail", "nobody@anyshire.example", *HERE, "--rhythm", "monthly")
        assert "no person with the address" in nobody


def test_the_summary_itself_still_asks_for_its_partnership(terminal):
    assert terminal.json("summary", *HERE)["partnership"] == "ANYSHIRE"
    answer = terminal.run("summary")
    assert answer.code == 2
    assert "--partnership" in answer.err
