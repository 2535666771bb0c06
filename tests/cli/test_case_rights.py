"""Who sees a case, at the terminal."""

HERE = ("--partnership", "ANYSHIRE")
CHAIR, OWNER, MANAGER = "chair@anyshire.example", "owner@anyshire.example", "manager@anyshire.example"
WHY = ("--reason", "To help.")


def people(terminal, reference, *more):
    found = terminal.json("cases", "access", reference, *HERE, *more)
    return found, {line["person"]: line for line in found["people"]}


def a_reference(terminal):
    """Give a review on which nobody has a right by name yet."""
    reviews = [each["reference"] for each in terminal.json("cases", "list", *HERE, "--workflow", "rapid_review")]
    return next(each for each in reviews if not terminal.json("cases", "access", each, *HERE)["rights"])


def test_a_case_is_granted_hidden_confined_and_opened_again(terminal):
    reference = a_reference(terminal)
    grant = ("cases", "grant", reference, "--person", OWNER, *WHY, *HERE)
    assert terminal.json(*grant, "--to", "read", "--until", "2026-12-31")["case"] == reference
    terminal.json("cases", "exclude", reference, "--person", CHAIR, *WHY, *HERE, "--as", MANAGER)
    found, lines = people(terminal, reference)
    assert (found["confined"], lines[OWNER]["sees"], lines[CHAIR]["sees"]) == (False, True, False)
    assert lines[CHAIR]["reasons"][0] == "Excluded"
    assert "May read it by name until 31 December 2026" in lines[OWNER]["reasons"]
    assert terminal.json("cases", "show", reference, *HERE, "--as", OWNER)["reference"] == reference
    assert "not yours to see" in terminal.refused("cases", "show", reference, *HERE, "--as", CHAIR)
    terminal.json("cases", "confine", reference, *WHY, *HERE)
    assert {person for person, line in people(terminal, reference)[1].items() if line["sees"]} == {OWNER, MANAGER}
    terminal.json("cases", "end-confinement", reference, *WHY, *HERE)
    terminal.json("cases", "end-exclusion", reference, "--person", CHAIR, *WHY, *HERE)
    terminal.json("cases", "end-grant", reference, "--person", OWNER, *WHY, *HERE)
    _, lines = people(terminal, reference)
    assert lines[CHAIR]["sees"]
    assert not lines.get(OWNER, {"sees": False})["sees"]


def test_who_does_not_manage_a_case_sees_neither_the_list_nor_changes_it(terminal):
    reference = a_reference(terminal)
    assert "business manager" in terminal.refused("cases", "access", reference, *HERE, "--as", CHAIR)
    exclude = ("cases", "exclude", reference, "--person", MANAGER, *WHY, *HERE)
    assert "business manager" in terminal.refused(*exclude, "--as", CHAIR)
    assert "not yours to see" in terminal.refused(*exclude, "--as", OWNER)


def test_an_interest_is_declared_by_the_person_alone(terminal):
    reference = a_reference(terminal)
    declare = ("cases", "declare-interest", reference, "--reason", "I know this family.", *HERE)
    assert "Only a person" in terminal.refused(*declare)
    assert terminal.json(*declare, "--as", CHAIR)["done"] == f"You are excluded from {reference}."
    assert "not yours to see" in terminal.refused(*declare, "--as", CHAIR)
    exclude = ("cases", "exclude", reference, "--person", CHAIR, *WHY, *HERE)
    assert "excluded from this case already" in terminal.refused(*exclude)
