"""Backups: made while it runs, verified elsewhere, restored where the data never was; and each harm refused by name."""

import gzip
import io
import json
import shutil

import pytest
import sqlalchemy as sa

from reviews.backups.backup_folder import hash_file, read_manifest, write_manifest
from reviews.core.clock import StoppedClock, read_moment
from reviews.core.db import engine_of, open_database
from reviews.core.keyring import Keyring
from reviews.demo.people import DEMO_PASSWORD
from reviews.files.store import folder_of, store
from reviews.models import Evidence
from reviews.people.sign_in import sign_in
from tests.cli.terminal import Terminal
from tests.postgres import Postgres

HERE = ("--partnership", "ANYSHIRE")
KEY = "one key for tests of backups, 2749 8361 5520"
SUMMARY = ("summary", *HERE, "--as-of", "2026-11-20", "--json")
CANARY = "nobody else wrote this sentence"


@pytest.fixture
def empty_url(request, postgres, tmp_path):
    """Give the URL of a database without tables, of the kind asked for."""

    def make(kind):
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / 'elsewhere' / 'followthrough.db'}"
        server = Postgres(postgres.url, "template0")
        request.addfinalizer(server.close)
        return server.fresh()

    return make


def run(terminal, *arguments, **settings):
    answer = terminal.run(*arguments, SECRET_KEY=KEY, **settings)
    assert (answer.code, answer.err) == (0, ""), answer
    return answer.out


def with_a_file(terminal):
    """Give an action evidence that is a file."""
    folder = folder_of(terminal.home)
    stored = store(folder, io.BytesIO(CANARY.encode()), "minutes.txt", Keyring(terminal.home / "keys"))
    database = open_database(terminal.database_url)
    with database.begin() as session:
        row = session.scalars(sa.select(Evidence).order_by(Evidence.id)).first()
        row.kind, row.file_name, row.stored_as = "file", stored.file_name, stored.stored_as
        row.sha256, row.size, row.text, row.wrapped_key = stored.sha256, stored.size, CANARY, stored.wrapped_key
    engine_of(database).dispose()
    return stored.stored_as


def rows_of(url):
    """Give every row of every table, but for what a restore ends and begins."""
    database, found = open_database(url), {}
    for each in (database, database.audit):
        with engine_of(each).connect() as connection:
            for name in set(sa.inspect(connection).get_table_names()) - {"generations", "sign_ins"}:
                found[name] = connection.scalar(sa.text(f'SELECT count(*) FROM "{name}"'))
        engine_of(each).dispose()
    return found


OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


def test_r24_a_restore_where_the_data_never_was_gives_the_same_summary_on_the_other_database(
    terminal, empty_url, tmp_path
):
    stored_as = with_a_file(terminal)
    before, backup = run(terminal, *SUMMARY), tmp_path / "backups" / "monday"
    run(terminal, "backup", backup)
    whole = json.loads(run(terminal, "backup", "verify", backup, "--json"))
    kind = sa.make_url(terminal.database_url).get_backend_name()
    elsewhere = Terminal(tmp_path / "elsewhere", empty_url(OTHER[kind]))
    assert "files-1 with the fingerprint" in elsewhere.refused("restore", backup, SECRET_KEY=KEY)
    shutil.copytree(terminal.home / "keys", elsewhere.home / "keys")
    restored = json.loads(run(elsewhere, "restore", backup, "--json"))

    assert whole["ok"]
    assert run(elsewhere, *SUMMARY) == before
    assert CANARY.encode() not in (folder_of(elsewhere.home) / stored_as).read_bytes()
    rows = rows_of(terminal.database_url)
    # the summary that was read there is on record there
    assert rows_of(elsewhere.database_url) == rows | {"audit_entries": rows["audit_entries"] + 1}
    assert restored["tables"] == whole["tables"]
    assert json.loads(run(elsewhere, "files", "verify", "--json"))["ok"]
    # ids go on after the last, and a second backup of the copy has the same rows
    added = ("people", "add", "new@anyshire.example", "--name", "Ada Larch", "--job-title", "Nurse")
    run(elsewhere, *added, *HERE, "--agency", "Anyshire Council", "--role", "action_owner")


def test_everything_but_the_keys_is_in_it(terminal, tmp_path):
    with_a_file(terminal)
    terminal.home.joinpath("mail").mkdir(parents=True)
    terminal.home.joinpath("mail", "one.eml").write_text("Subject: one\n\n")
    backup = tmp_path / "monday"
    out = run(terminal, "backup", backup)
    manifest = read_manifest(backup)

    assert set(manifest.tables) >= {"people", "cases", "events", "letters", "generations"}
    assert {path.partition("/")[0] for path in manifest.files} == {"audit", "files", "mail", "tables"}
    assert manifest.keys["FOLLOWTHROUGH_SECRET_KEY"] in out
    assert KEY.encode() not in b"".join(path.read_bytes() for path in backup.rglob("*") if path.is_file())
    assert {path.stat().st_mode & 0o077 for path in (backup, *backup.rglob("files/*"))} == {0}


def test_a_folder_that_is_not_empty_is_left_alone(terminal, tmp_path):
    tmp_path.joinpath("old").mkdir()
    tmp_path.joinpath("old", "note").write_text("mine")

    assert "is not empty" in terminal.refused("backup", tmp_path / "old")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.fixture(scope="module")
def small(tmp_path_factory, sqlite_template):
    """Give the backup of an installation with one partnership and one agency."""
    folder = tmp_path_factory.mktemp("small")
    installation = Terminal(folder / "home", f"sqlite:///{shutil.copy(sqlite_template, folder)}")
    run(installation, "partnerships", "add", "ANYSHIRE", "--name", "Anyshire")
    run(installation, "agencies", "add", "Anyshire Council", *HERE)
    run(installation, "backup", folder / "sound")
    return folder / "sound"


@pytest.fixture
def sound(small, tmp_path):
    """Give a copy of it that a test may harm."""
    return shutil.copytree(small, tmp_path / "sound")


def flip_a_byte(backup):
    path = backup / "tables" / "people.jsonl.gz"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def lose(backup):
    (backup / "tables" / "people.jsonl.gz").unlink()


def add_a_table(backup):
    shutil.copy(backup / "tables" / "people.jsonl.gz", backup / "tables" / "spies.jsonl.gz")


def truncate(backup):
    path = backup / "tables" / "people.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-3])


def empty(backup):
    (backup / "tables" / "people.jsonl.gz").write_bytes(b"")


def change_the_manifest(backup):
    path = backup / "manifest.json"
    path.write_text(path.read_text().replace('"rows": 1', '"rows": 2', 1))


def lose_the_manifest(backup):
    (backup / "manifest.json").unlink()


HARMS = {
    flip_a_byte: "tables/people.jsonl.gz was changed",
    lose: "tables/people.jsonl.gz is missing",
    add_a_table: "tables/spies.jsonl.gz is not in manifest.json",
    truncate: "tables/people.jsonl.gz has ",
    empty: "tables/people.jsonl.gz has 0 bytes",
    change_the_manifest: "manifest.json and manifest.sha256 do not agree",
    lose_the_manifest: "manifest.json is missing",
}


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_r25_each_harm_is_refused_by_the_name_of_its_file(sound, tmp_path, harm):
    harm(sound)
    target = Terminal(tmp_path / "target")

    assert HARMS[harm] in target.refused("backup", "verify", sound)
    assert HARMS[harm] in target.refused("restore", sound)
    assert not target.home.joinpath("followthrough.db").exists()


def rewritten(backup, **changes):
    """Write a manifest that agrees with itself, as somebody would who changes a backup on purpose."""
    write_manifest(backup, read_manifest(backup).model_copy(update=changes))


def test_rows_that_are_not_those_of_the_manifest_are_named(sound, bare):
    manifest = read_manifest(sound)
    more = {**manifest.tables, "partnerships": manifest.tables["partnerships"].model_copy(update={"rows": 2})}
    rewritten(sound, tables=more)
    assert bare.refused("backup", "verify", sound) == "Table partnerships has 1 rows, and the manifest says 2."


def test_a_row_that_points_at_nothing_is_named(sound, bare):
    path = sound / "tables" / "partnerships.jsonl.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"")
    manifest = read_manifest(sound)
    files = {**manifest.files, "tables/partnerships.jsonl.gz": hash_file(path)}
    tables = {**manifest.tables, "partnerships": manifest.tables["partnerships"].model_copy(update={"rows": 0})}
    rewritten(sound, files=files, tables=tables)
    assert "has a row that points at nothing in partnerships" in bare.refused("backup", "verify", sound)


def test_a_backup_of_a_newer_version_is_refused(sound, bare):
    rewritten(sound, revision="9999")
    assert "revision 9999 and this version knows" in bare.refused("backup", "verify", sound)


def test_d19_a_sealed_backup_shows_nothing_and_opens_with_its_key_alone(terminal, empty_url, tmp_path):
    with_a_file(terminal)
    key, other = tmp_path / "backup.key", tmp_path / "other.key"
    recipient = terminal.json("backup", "key", key)["recipient"]
    terminal.json("backup", "key", other)
    backup = tmp_path / "sealed"
    run(terminal, "backup", backup, BACKUP_RECIPIENTS=recipient)
    everything = b"".join(path.read_bytes() for path in backup.rglob("*") if path.is_file())
    plain = b"".join(gzip.decompress(p.read_bytes()) if _packed(p) else b"" for p in backup.rglob("*"))

    for canary in (CANARY, "Morwenna Tate", "anyshire.example"):
        assert canary.encode() not in everything + plain
    assert key.read_text().splitlines()[-1].encode() not in everything
    assert key.stat().st_mode & 0o077 == 0
    assert f"sealed for {recipient}. Name the file with the key" in terminal.refused("backup", "verify", backup)
    wrong = terminal.refused("backup", "verify", backup, "--key", other)
    assert ".jsonl.gz.age is sealed for " in wrong
    assert "this key does not open it" in wrong
    assert terminal.json("backup", "verify", backup, "--key", key)["ok"]
    elsewhere = Terminal(tmp_path / "elsewhere", empty_url("sqlite"))
    shutil.copytree(terminal.home / "keys", elsewhere.home / "keys")
    run(elsewhere, "restore", backup, "--key", key)
    assert run(elsewhere, *SUMMARY) == run(terminal, *SUMMARY)


def _packed(path):
    return path.is_file() and path.read_bytes()[:2] == b"\x1f\x8b"


def test_it_is_restored_only_into_what_is_empty(sound, bare, tmp_path):
    run(bare, "restore", sound)
    assert "is a database already" in bare.refused("restore", sound, SECRET_KEY=KEY)
    target = Terminal(tmp_path / "target")
    folder_of(target.home).mkdir(parents=True)
    folder_of(target.home).joinpath("somebody's").write_text("own")
    assert "is not empty" in target.refused("restore", sound, SECRET_KEY=KEY)


def test_it_is_restored_only_into_a_database_that_nobody_uses(sound, empty_url, tmp_path):
    url = empty_url("postgresql")
    target = Terminal(tmp_path / "target", url)
    engine = engine_of(open_database(url))
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        assert "Another program is connected" in target.refused("restore", sound, SECRET_KEY=KEY)
    engine.dispose()
    run(target, "restore", sound)
    assert "tables already" in target.refused("restore", sound, SECRET_KEY=KEY)


def test_a_fault_leaves_the_database_of_postgresql_empty(sound, empty_url, tmp_path):
    manifest = read_manifest(sound)
    wrong = {**manifest.tables, "partnerships": manifest.tables["partnerships"].model_copy(update={"rows": 9})}
    rewritten(sound, tables=wrong)
    url = empty_url("postgresql")
    assert "has 1 rows" in Terminal(tmp_path / "target", url).refused("restore", sound, SECRET_KEY=KEY)
    engine = engine_of(open_database(url))
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()


def test_the_key_it_needs_is_named_by_its_fingerprint(sound, tmp_path):
    mark = read_manifest(sound).keys["FOLLOWTHROUGH_SECRET_KEY"]
    target = Terminal(tmp_path / "target")
    refusal = target.refused("restore", sound)
    assert f"FOLLOWTHROUGH_SECRET_KEY with the fingerprint {mark}" in refusal
    assert not target.home.joinpath("secret.key").exists()
    target.home.joinpath("secret.key").write_text(KEY)
    assert target.json("restore", sound)["without_keys"] == []


def test_without_the_key_it_goes_on_where_somebody_asks_for_it(sound, tmp_path):
    found = Terminal(tmp_path / "target").json("restore", sound, "--without-identities")
    assert [each.partition(" ")[0] for each in found["without_keys"]] == ["FOLLOWTHROUGH_SECRET_KEY"]


def test_a_restore_ends_sessions_and_sends_nothing_until_it_is_released(terminal, empty_url, tmp_path):
    database = open_database(terminal.database_url)
    clock = StoppedClock(read_moment("2026-11-20T08:00"))
    assert sign_in(database, clock, email="chair@anyshire.example", password=DEMO_PASSWORD)
    engine_of(database).dispose()
    run(terminal, "backup", tmp_path / "monday")
    elsewhere = Terminal(tmp_path / "elsewhere", empty_url("sqlite"))
    restored = json.loads(run(elsewhere, "restore", tmp_path / "monday", "--json"))

    assert (restored["held"], restored["ended"]["sign_ins"]) == (True, 1)
    check = elsewhere.run("check")
    assert (check.code, "C11 FAULT This installation was restored" in check.out) == (1, True)
    held = json.loads(run(elsewhere, "remind", "--json"))
    assert (held["mails"], held["sent"], elsewhere.mails) == ([], 0, [])
    assert "until it is released" in held["note"]
    assert json.loads(run(elsewhere, "deliver", "--json"))["is_held"]
    assert json.loads(run(elsewhere, "reminders", "release", "--json"))["released"]
    assert "Nothing is held" in elsewhere.refused("reminders", "release", SECRET_KEY=KEY)
    sent = json.loads(run(elsewhere, "remind", "--json"))
    assert sent["sent"] == len(elsewhere.mails) > 0


def test_a_file_that_was_lost_or_damaged_before_is_named_and_does_not_stop_the_backup(terminal, tmp_path):
    stored_as = with_a_file(terminal)
    (folder_of(terminal.home) / stored_as).write_text("something else")
    assert f"Damaged: {stored_as}" in terminal.run("backup", tmp_path / "monday").err
    assert json.loads(terminal.run("files", "verify", "--json").out)["changed"] == [stored_as]
    (folder_of(terminal.home) / stored_as).unlink()
    assert f"Lost: {stored_as}" in terminal.run("backup", tmp_path / "tuesday").err
    found = terminal.run("files", "verify", "--json")
    assert (found.code, json.loads(found.out)["missing"]) == (1, [stored_as])
    assert terminal.json("backup", "verify", tmp_path / "tuesday")["lost"] == [stored_as]
