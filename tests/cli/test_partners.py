"""Naming safeguarding partners at the terminal."""

HERE = ("--partnership", "ANYSHIRE")


def test_partners_are_named_and_listed(terminal):
    found = terminal.json("partners", "list", *HERE)
    assert [each["agency"] for each in found["partners"] if each["statutory"]] == [
        "Anyshire Council",
        "Anyshire Integrated Care Board",
        "Anyshire Police",
    ]
    assert found["not_named"] == []
    terminal.json("agencies", "add", "Anyshire Schools", *HERE)
    made = terminal.json("partners", "set", "Anyshire Schools", "--from", "2026-09-01", *HERE)
    assert (made["statutory"], made["from"], made["until"]) == (False, "2026-09-01", None)
    terminal.json("partners", "set", "Anyshire Police", "--until", "2026-06-30", *HERE)
    assert terminal.json("partners", "list", *HERE)["not_named"] == ["the police"]


def test_what_is_no_agency_and_days_that_contradict_each_other_are_refused(terminal):
    assert "has no agency “Anyshire Zoo”" in terminal.refused("partners", "set", "Anyshire Zoo", *HERE)
    days = ("--from", "2026-09-01", "--until", "2026-08-01")
    assert "must not be before the first" in terminal.refused("partners", "set", "Anyshire Police", *days, *HERE)
