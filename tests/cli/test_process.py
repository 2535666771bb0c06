"""The command as it is installed: a process of its own, with exit codes, streams and signals."""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest

COMMAND = Path(sys.executable).with_name("followthrough")
HERE = ("--partnership", "ANYSHIRE")
TRACKER = Path(__file__).parents[1] / "samples" / "P01_pan_dorset_cse_missing_2014-15.xlsx"
MORNING = ("remind", "--as-of", "2026-11-20T08:00", "--json")


@pytest.fixture
def environment(tmp_path):
    """Everything but settings of our own comes from outside."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FOLLOWTHROUGH_")}
    ours = {"HOME": tmp_path / "home", "NOW": "2026-11-20T08:00", "ENV": "test"}
    return inherited | {f"FOLLOWTHROUGH_{name}": str(value) for name, value in ours.items()}


@pytest.fixture
def start(environment):
    """Start the command; whatever still runs at the end of the test is ended."""
    processes = []

    def act(*arguments, **settings):
        process = subprocess.Popen(
            [COMMAND, *arguments],
            env=environment | {f"FOLLOWTHROUGH_{name}": value for name, value in settings.items()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_heed_ctrl_c,
        )
        processes.append(process)
        return process

    yield act
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _heed_ctrl_c():
    """What a shell runs in the background ignores it, and so would whatever it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def run(start):
    def act(*arguments, **settings):
        process = start(*arguments, **settings)
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        return process.returncode, out, err

    return act


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_a_first_command_makes_its_database_and_prints_one_document(run, tmp_path):
    code, out, err = run("reminders", "policy", *HERE, "--json")

    assert (code, out) == (1, "")
    assert err == "There is no partnership ANYSHIRE, or it is not yours to see.\n"
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_a_day_of_the_command_on_both_databases(run, seeded_url):
    url = {"DATABASE_URL": seeded_url}
    code, out, err = run(*MORNING, **url)
    again = json.loads(run(*MORNING, **url)[1])
    summary = json.loads(run("summary", *HERE, "--json", **url)[1])

    assert (code, err) == (0, "")
    assert json.loads(out)["sent"] > 20
    assert (again["mails"], again["sent"]) == ([], 0)
    assert summary["outstanding"] >= 60


@pytest.mark.faults
def test_two_rounds_at_once_mail_everybody_once(start, seeded_url, tmp_path):
    both = [start(*MORNING, DATABASE_URL=seeded_url) for _ in range(2)]
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in both]

    assert [process.returncode for process in both] == [0, 0]
    kept = [path for path in (tmp_path / "home" / "mail").iterdir() if path.suffix == ".eml"]
    assert sum(len(answer["mails"]) for answer in answers) == len(kept)
    assert sum(answer["sent"] for answer in answers) >= len(kept) > 20


@pytest.mark.faults
def test_two_imports_of_one_tracker_at_once_make_its_actions_once(start, run, seeded_url):
    arguments = ("actions", "import", str(TRACKER), "--plan", "T-1", *HERE, "--json")
    both = [start(*arguments, DATABASE_URL=seeded_url) for _ in range(2)]
    said = {process.communicate(timeout=60)[1] for process in both}
    again = json.loads(run(*arguments, DATABASE_URL=seeded_url)[1])

    assert said <= {"", "Somebody else changed this at the same moment: nothing was stored, try again.\n"}
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 6)


@pytest.mark.faults
def test_two_first_commands_at_once_make_one_set_of_tables(start, run):
    both = [start("routes", "--json") for _ in range(2)]
    answers = [process.communicate(timeout=60) for process in both]

    assert [(process.returncode, err) for process, (_, err) in zip(both, answers, strict=True)] == [(0, "")] * 2
    assert answers[0][0] == answers[1][0]
    assert run("check")[0] == 0


def test_the_reader_of_the_output_may_stop_reading(start):
    process = start("workflows", "show", "lcspr", "--json")
    process.stdout.close()
    said = process.stderr.read()
    process.wait(timeout=60)

    assert said == ""


def test_bytes_that_are_no_text_are_wrong_usage(run, tmp_path):
    assert run("cases", "show", b"RR-\xff\xfe")[0] == 2
    assert not (tmp_path / "home").exists()


@pytest.mark.faults
def test_a_database_that_never_answers_is_given_up(run):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql://somebody:secret@127.0.0.1:{silent.getsockname()[1]}/x?connect_timeout=2"
        code, out, err = run("summary", *HERE, DATABASE_URL=url)

    assert (code, out) == (1, "")
    assert err.startswith("The database cannot be opened, or does not answer")
    assert "secret" not in err


def test_production_does_not_start_without_a_key(run):
    code, _, err = run("web", ENV="production")

    assert (code, err) == (1, "FOLLOWTHROUGH_SECRET_KEY is missing: production does not start without it.\n")


def test_serve_answers_and_ends_with_its_reminder_process(start):
    port = free_port()
    process = start("serve", "--port", port)
    for line in process.stderr:
        if "Serving on" in line:
            break
    with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
        assert answer.status == 200
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)

    assert len(children) == 1
    assert not Path(f"/proc/{children[0]}").exists()


def test_a_port_that_is_taken_is_told(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = run("web", "--port", str(taken.getsockname()[1]))

    assert (code, err) == (1, "This port is in use already: choose another with --port.\n")
