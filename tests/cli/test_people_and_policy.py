"""Accounts and the reminder policy, from the terminal."""

from tests.changes import nothing_changes

HERE = ("--partnership", "ANYSHIRE")
NEW = ("--name", "Ada Fell", "--job-title", "Named nurse", "--agency", "anyshire council", "--role", "action_owner")


def test_somebody_is_added_and_can_be_given_an_action(terminal):
    added = terminal.json("people", "add", "Ada@anyshire.example", *NEW, *HERE)
    given = terminal.json("actions", "assign", "SP-2026-02/R1/A1", "--owner", "ada@anyshire.example", *HERE)

    assert (added["email"], added["role"], added["partnership"]) == ("ada@anyshire.example", "action_owner", "ANYSHIRE")
    assert given["agency"] == "Anyshire Council"


def test_a_wrong_person_is_refused_and_nothing_is_stored(terminal, seeded):
    add = ("people", "add")
    with nothing_changes(seeded):
        assert "in the correct format" in terminal.refused(*add, "no address", *NEW, *HERE)
        assert "already has the role action owner" in terminal.refused(*add, "owner-1@anyshire.example", *NEW, *HERE)
        assert "no agency “Nowhere”" in terminal.refused(*add, "a@b.example", *NEW, "--agency", "Nowhere", *HERE)
        assert "1 to 200 characters" in terminal.refused(*add, "a@b.example", *NEW, "--name", " ", *HERE)
        assert "1 to 200 characters" in terminal.refused(*add, "a@b.example", *NEW, "--name", "a" * 100_000, *HERE)
        assert "Your role cannot do this" in terminal.refused(
            *add, "a@b.example", *NEW, *HERE, "--as", "owner@anyshire.example"
        )
        assert "no partnership NOWHERE" in terminal.refused(*add, "a@b.example", *NEW, "--partnership", "NOWHERE")


def test_a_leaver_is_shut_out_and_their_open_actions_are_listed(terminal):
    found = terminal.json("people", "disable", "owner-8@anyshire.example")

    assert (found["email"], found["disabled"]) == ("owner-8@anyshire.example", True)
    assert "LCSPR-2026-09/R2/A2" in found["open_actions"]
    assert "no person with the address" in terminal.refused("people", "disable", "nobody@anyshire.example")


def test_a_manager_does_not_shut_out_somebody_of_another_partnership(terminal, seeded):
    disable = ("people", "disable", "owner-1@midmarch.example", "--as", "manager@anyshire.example")

    with nothing_changes(seeded):
        assert terminal.refused(*disable).startswith("There is no person")


def test_the_reminder_policy_is_shown_and_set(terminal):
    shown = terminal.json("reminders", "policy", *HERE)
    set_again = terminal.json("reminders", "policy", "calendar-ladder", *HERE, "--as", "manager@anyshire.example")

    assert (shown["partnership"], shown["policy"]) == ("ANYSHIRE", "calendar-ladder")
    assert [rung["name"] for rung in shown["ladder"]["rungs"]][:3] == ["due-30", "due-7", "due"]
    assert set_again == shown
    assert "There is no reminder policy “never”" in terminal.refused("reminders", "policy", "never", *HERE)


def test_the_working_day_ladder_is_set_and_shown_in_words(terminal):
    found = terminal.json("reminders", "policy", "working-day-ladder", *HERE)

    assert (found["policy"], found["begins"]) == ("working-day-ladder", "07:30")
    assert found["ladder"]["rungs"][3] == {
        "name": "late+1wd",
        "days": 1,
        "working": True,
        "every": 5,
        "tells": ["agency_lead", "action_owner"],
    }
    said = terminal.run("reminders", "policy", *HERE).out
    assert "ANYSHIRE follows the working-day-ladder. Its round begins at 07:30." in said
    assert "10 working days before the date" in said


def test_a_policy_goes_out_into_a_file_and_comes_in_as_one_of_their_own(terminal, tmp_path):
    text = terminal.run("reminders", "policy", "working-day-ladder", "--export", *HERE).out
    file = tmp_path / "ours.yaml"
    file.write_text(text.replace("name: working-day-ladder", "name: ours").replace("07:30", "06:30"), encoding="utf-8")

    written = terminal.json("reminders", "policy", "ours", "--file", str(file), *HERE)

    assert (written["policy"], written["begins"]) == ("ours", "06:30")
    assert terminal.run("reminders", "policy", "--export", *HERE).out == file.read_text(encoding="utf-8")


def test_a_policy_that_is_not_sound_is_refused_and_nothing_is_stored(terminal, seeded, tmp_path):
    file = tmp_path / "ours.yaml"
    head = "format: followthrough-reminders-1\nname: ours\ntitle: Ours\nrungs:\n"
    with nothing_changes(seeded):
        file.write_text(f"{head}  - name: due-7\n    tells: action_owner\n", encoding="utf-8")
        assert "tells nobody once an action is late" in terminal.refused(
            "reminders", "policy", "--file", str(file), *HERE
        )
        file.write_text(f"{head}  - name: late\n    tells: action_owner\n", encoding="utf-8")
        assert "must be a rung such as" in terminal.refused("reminders", "policy", "--file", str(file), *HERE)
        owner = ("--as", "owner@anyshire.example")
        assert "Your role cannot do this" in terminal.refused("reminders", "policy", "calendar-ladder", *HERE, *owner)
