"""Identities at the terminal, and that what is stored under seal is nowhere else: pages, exports, mails, backups."""

import gzip
import json
import logging
from pathlib import Path

import pytest

from reviews.core.keyring import Keyring
from tests.cli.terminal import Terminal
from tests.cli.test_backups import empty_url

__all__ = ["empty_url"]

AS = ("--as", "manager@anyshire.example")
IN = ("--partnership", "ANYSHIRE")
CANARY = {
    "name": "Zaphodia Canary-Xylotrix",
    "birth": "2016-02-29",
    "nhs_number": "9434765919",
    "home_address": "1 Quokka Row",
}
TRACES = ("Zaphodia", "Xylotrix", "2016-02-29", "29 February 2016", "943 476 5919", "9434765919", "Quokka")


@pytest.fixture
def kept(terminal):
    """Give a case of Anyshire with children, of whom the first has an identity."""
    found = next(
        each["reference"]
        for each in terminal.json("cases", "list", *IN)
        if each["workflow"] == "rapid_review" and each["children"]
    )
    answer = put(terminal, found, CANARY)
    assert answer.code == 0, answer
    return found


def put(terminal, reference, details, *more):
    return terminal.run(
        "identities", "set", reference, *IN, *AS, "--child", "1", *more, piped=json.dumps(details).encode()
    )


def another(terminal, empty_url, tmp_path):
    """Give an empty installation on the same kind of database, with the secret key of the first and no other key."""
    kind = "postgresql" if terminal.database_url.startswith("postgresql") else "sqlite"
    found = Terminal(tmp_path / "elsewhere", empty_url(kind))
    found.home.mkdir()
    secret = terminal.home / "secret.key"
    if secret.exists():
        (found.home / "secret.key").write_text(secret.read_text())
    return found


def opened(terminal, reference, *more):
    return terminal.json("identities", "open", reference, "--child", "1", "--purpose", "family", *IN, *AS, *more)


def test_it_is_stored_opened_changed_and_removed(terminal, kept):
    found = opened(terminal, kept)
    assert {column: found[column] for column in CANARY} == CANARY | {"nhs_number": "943 476 5919"}
    words = terminal.run("identities", "open", kept, "--child", "1", "--purpose", "family", *IN, *AS)
    assert words.out.startswith(f"Name: {CANARY['name']}\nDate of birth: 29 February 2016\n")
    (line, *_) = terminal.json("identities", "list", kept, *IN, *AS)
    assert (line["openings"], line["last_opened_by"].startswith("operator (")) == (2, True)
    assert put(terminal, kept, {"home_address": None, "local_number": "LA 7"}).code == 0
    changed = opened(terminal, kept)
    assert ("home_address" in changed, changed["local_number"]) == (False, "LA 7")
    terminal.json("identities", "remove", kept, "--child", "1", "--reason", "Asked for.", *IN, *AS)
    refused = terminal.refused("identities", "open", kept, "--child", "1", "--purpose", "family", *IN, *AS)
    assert "There is no identity of child 1" in refused


def test_a_refusal_never_repeats_what_was_typed(terminal, kept):
    for piped in (
        '{"name": 7}',
        '{"nhs_number": "9434765918"}',
        '{"birth": "29.2.2016"}',
        "Zaphodia",
        '{"secret": "x"}',
    ):
        answer = terminal.run("identities", "set", kept, *IN, *AS, "--child", "1", piped=piped.encode())
        assert (answer.code, answer.out) == (1, "")
        assert "Zaphodia" not in answer.err
        assert "9434765918" not in answer.err


def test_who_has_no_such_role_opens_nothing_and_a_purpose_is_asked_for(terminal, kept):
    asked = ("identities", "open", kept, "--child", "1", *IN)
    member = terminal.refused(*asked, "--purpose", "family", "--as", "chair@anyshire.example")
    assert "Your role cannot do this" in member
    elsewhere = terminal.refused(*asked, "--purpose", "family", "--as", "manager@midmarch.example")
    assert "There is no case" in elsewhere
    assert terminal.run(*asked, *AS).code == 2
    assert terminal.run(*asked, *AS, "--purpose", "nosiness").code == 2
    assert terminal.run(*asked, "--purpose", "family").code == 2
    assert "Enter what you open" in terminal.refused(*asked, *AS, "--purpose", "other")


def test_keys_are_listed_and_rotated_and_the_old_one_may_go(terminal, kept):
    (key,) = terminal.json("keys", "list")
    assert (key["purpose"], key["number"], key["in_use"], key["depends_on_it"]) == ("identities", 1, True, 1)
    assert terminal.json("keys", "rotate", "identities")["rewrapped"] == 1
    old, new = terminal.json("keys", "list")
    assert (old["may_be_put_away"], new["depends_on_it"], new["may_be_put_away"]) == (True, 1, False)
    assert "may be put away" in terminal.run("keys", "list").out
    Path(old["file"]).unlink()
    assert opened(terminal, kept)["name"] == CANARY["name"]
    assert terminal.json("keys", "add", "seals")["number"] == 1


def test_a_canary_is_in_no_page_export_mail_log_database_or_backup(terminal, kept, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    opened(terminal, kept)
    out = tmp_path / "out"
    out.mkdir()
    for name in ("xlsx", "csv", "json"):
        terminal.run("actions", "export", "--plan", kept, *IN, "--format", name, "--out", out / f"plan.{name}")
        terminal.run("cases", "export", *IN, "--format", name, "--out", out / f"cases.{name}")
    said = [
        terminal.run("cases", "show", kept, *IN, "--json").out,
        terminal.run("cases", "list", *IN, "--json").out,
        terminal.run("identities", "list", kept, *IN, *AS).out,
        terminal.run("summary", *IN, "--as-of", "2026-11-20", "--json").out,
        terminal.run("remind", "--as-of", "2026-11-21T08:00", "--json").out,
    ]
    terminal.run("deliver", "--json")
    terminal.run("backup", tmp_path / "backup")
    texts = {f"printed {number}": text.encode() for number, text in enumerate(said)}
    texts["log"] = caplog.text.encode()
    folders = [terminal.home, out, tmp_path / "backup"]
    if terminal.database_url.startswith("sqlite"):
        folders.append(Path(terminal.database_url.removeprefix("sqlite:///")).parent)
    for folder in folders:
        texts |= {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    texts |= {f"{path} unpacked": gzip.decompress(each) for path, each in texts.items() if path.endswith(".gz")}
    assert len([path for path in texts if "child_identities" in path]) == 2
    found = {path: trace for path, each in texts.items() for trace in TRACES if trace.encode() in each}
    assert found == {}


def test_a_backup_names_the_keys_and_a_restore_refuses_without_them(terminal, kept, tmp_path, empty_url):
    made = terminal.json("backup", tmp_path / "backup")
    (key,) = Keyring(terminal.home / "keys").every()
    assert made["keys"]["identities-1"] == key.fingerprint
    assert not [path for path in (tmp_path / "backup").rglob("*") if path.suffix == ".key"]
    elsewhere = another(terminal, empty_url, tmp_path)
    refusal = elsewhere.refused("restore", tmp_path / "backup")
    assert f"identities-1 with the fingerprint {key.fingerprint}" in refusal
    assert str(elsewhere.home / "keys") in refusal
    without = elsewhere.json("restore", tmp_path / "backup", "--without-identities")
    assert [each.partition(" ")[0] for each in without["without_keys"]] == ["identities-1"]
    asked = ("identities", "open", kept, "--child", "1", "--purpose", "family", *IN, *AS)
    assert key.fingerprint in elsewhere.refused(*asked)
    found = {each["code"]: each for each in json.loads(elsewhere.run("check", "--json").out)["findings"]}
    assert not found["C12"]["sound"]
    assert key.fingerprint in found["C12"]["finding"]
    (elsewhere.home / "keys").mkdir(exist_ok=True)
    (elsewhere.home / "keys" / "identities-9.key").write_text(key.path.read_text())
    assert opened(elsewhere, kept)["name"] == CANARY["name"]


def test_a_key_that_nothing_needs_any_more_is_not_asked_for(terminal, kept, tmp_path):
    terminal.json("keys", "rotate", "identities")
    made = terminal.json("backup", tmp_path / "backup")
    assert [name for name in made["keys"] if name.startswith("identities")] == ["identities-2"]


def test_a_removed_identity_leaves_nothing_that_the_keys_of_today_open(terminal, kept, tmp_path, empty_url):
    """After the rotation the old key file is destroyed: then a backup of before tells nothing either."""
    terminal.json("backup", tmp_path / "before")
    terminal.json("identities", "remove", kept, "--child", "1", "--reason", "Asked for.", *IN, *AS)
    terminal.json("keys", "rotate", "identities")
    (old, _) = terminal.json("keys", "list")
    assert old["may_be_put_away"]
    Path(old["file"]).unlink()
    elsewhere = another(terminal, empty_url, tmp_path)
    (elsewhere.home / "keys").symlink_to(terminal.home / "keys")
    elsewhere.json("restore", tmp_path / "before", "--without-identities")
    asked = ("identities", "open", kept, "--child", "1", "--purpose", "family", *IN, *AS)
    assert old["fingerprint"] in elsewhere.refused(*asked)
