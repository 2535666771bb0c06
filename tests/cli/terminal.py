"""How does a test call the command? In its own process, with an environment of its own."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from web.cli import main


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: str
    err: str


@dataclass(slots=True)
class Terminal:
    """A terminal in a folder of its own. Whatever the command does not answer itself is raised: a traceback."""

    home: Path
    database_url: str = ""
    now: str = "2026-11-20T08:00"

    def run(self, *arguments: str | Path, piped: bytes | None = None, **settings: str) -> Answer:
        """Call it, with what is piped into it and further settings."""
        words = [str(each) for each in arguments]
        result = CliRunner(env=self._environment(settings)).invoke(main, words, input=piped)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    def json(self, *arguments: str | Path) -> Any:
        """Call it with --json, and give the one document it prints and nothing else."""
        answer = self.run(*arguments, "--json")
        assert (answer.code, answer.err) == (0, ""), answer
        return json.loads(answer.out)

    def refused(self, *arguments: str | Path, **settings: str) -> str:
        """Give the one sentence of a refusal: on standard error, with nothing on standard output."""
        answer = self.run(*arguments, **settings)
        assert (answer.code, answer.out) == (1, ""), answer
        sentence = answer.err.removesuffix("\n")
        assert sentence
        assert "\n" not in sentence
        return sentence

    @property
    def mails(self) -> list[str]:
        return [path.read_text() for path in sorted((self.home / "mail").glob("*.eml"))]

    def _environment(self, settings: dict[str, str]) -> dict[str, str | None]:
        ours: dict[str, str | None] = {
            "HOME": str(self.home),
            "ENV": "test",
            "NOW": self.now,
            "DATABASE_URL": self.database_url or None,
            "MAIL_URL": None,
            "BASE_URL": None,
            "SECRET_KEY": None,
        }
        return {f"FOLLOWTHROUGH_{name}": value for name, value in {**ours, **settings}.items()}
