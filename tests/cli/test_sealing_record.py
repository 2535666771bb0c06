"""`audit seal` and `audit verify`: what the operator is told of a record that is whole, damaged, or restored."""

import json

import sqlalchemy as sa

from reviews.core.db import engine_of, open_database


def edit(terminal, *statements):
    """Change rows as somebody with all rights, whom no foreign key and no trigger stops."""
    database = open_database(terminal.database_url)
    engine = engine_of(database)
    with engine.connect().execution_options(writes=True) as connection:
        if engine.dialect.name == "sqlite":
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            if engine.dialect.name == "sqlite":
                for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='trigger'").all():
                    connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
            else:
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for statement in statements:
                connection.execute(sa.text(statement))
    engine.dispose()


def test_a_whole_record_is_said_to_be_whole(terminal):
    sealed = terminal.json("audit", "seal")
    assert sealed["sealed"]["history"] > 100
    found = terminal.json("audit", "verify")
    assert (found["ok"], found["first_bad"], found["unsealed"]) == (True, None, 0)
    assert found["rows"] == sum(sealed["sealed"].values())
    assert found["anchors"]["stored"] == sealed["anchors"] > 0
    assert terminal.json("audit", "seal")["sealed"]["history"] == 0
    assert "are as they were sealed" in terminal.run("audit", "verify", "--since-anchor").out


def test_a_damaged_record_names_the_row_and_exits_with_one(terminal):
    terminal.json("audit", "seal")
    edit(terminal, "UPDATE events SET recorded_by = 'somebody else' WHERE id = 50", "DELETE FROM events WHERE id = 70")
    answer = terminal.run("audit", "verify", "--json")
    assert answer.code == 1
    found = json.loads(answer.out)
    assert [(each["kind"], each["table"], each["row"]) for each in found["faults"]] == [
        ("changed", "events", 50),
        ("removed", "events", 70),
    ]
    assert found["first_bad"] == found["faults"][0]
    assert found["first_bad"]["at"]
    words = terminal.run("audit", "verify")
    assert (words.code, "Row 70 of events was removed." in words.out) == (1, True)


def test_anchors_kept_outside_show_what_those_stored_here_no_longer_do(terminal, tmp_path):
    kept = tmp_path / "outside" / "anchors"
    assert terminal.run("audit", "seal", ANCHORS=str(kept)).code == 0
    assert terminal.json("audit", "verify", "--anchors", kept)["anchors"]["outside"] > 0
    edit(terminal, "DELETE FROM seals", "DELETE FROM anchors", "DELETE FROM events WHERE id > 60")
    terminal.run("audit", "seal")
    assert terminal.json("audit", "verify")["ok"]
    answer = terminal.run("audit", "verify", "--anchors", kept)
    assert (answer.code, "its end was cut off" in answer.out) == (1, True)


def test_a_file_that_holds_no_anchor_is_refused(terminal, tmp_path):
    (tmp_path / "note").write_text("Nothing here.\n", encoding="utf-8")
    (tmp_path / "torn").write_text('{"stream": "history", "par\n', encoding="utf-8")
    assert "holds no anchor" in terminal.refused("audit", "verify", "--anchors", tmp_path / "note")
    assert "Line 1" in terminal.refused("audit", "verify", "--anchors", tmp_path / "torn")
    assert "cannot be read" in terminal.refused("audit", "verify", "--anchors", tmp_path / "none")
