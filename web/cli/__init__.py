"""The command `followthrough`. The module of a command is loaded only when the command is called."""

import sys
from importlib import import_module

import click

COMMANDS = {
    "actions": "web.cli.actions",
    "agencies": "web.cli.agencies",
    "audit": "web.cli.audit",
    "backup": "web.cli.backups",
    "bounces": "web.cli.returned_mail",
    "cases": "web.cli.cases",
    "check": "web.cli.check",
    "database": "web.cli.database",
    "dates": "web.cli.dates",
    "deliver": "web.cli.reminders",
    "demo": "web.cli.demo",
    "files": "web.cli.files",
    "findings": "web.cli.recommendations",
    "holidays": "web.cli.holidays",
    "identities": "web.cli.identities",
    "keys": "web.cli.keys",
    "mail": "web.cli.mail",
    "migrate": "web.cli.serve",
    "partners": "web.cli.partners",
    "partnerships": "web.cli.people",
    "people": "web.cli.people",
    "periods": "web.cli.periods",
    "providers": "web.cli.providers",
    "recommendations": "web.cli.recommendations",
    "registers": "web.cli.registers",
    "remind": "web.cli.reminders",
    "reminders": "web.cli.reminders",
    "requests": "web.cli.requests",
    "restore": "web.cli.backups",
    "retention": "web.cli.retention",
    "routes": "web.cli.serve",
    "serve": "web.cli.serve",
    "summary": "web.cli.summary",
    "token": "web.cli.token",
    "web": "web.cli.serve",
    "workflows": "web.cli.workflows",
}


class Commands(click.Group):
    """The group of all commands. An exception that is an answer is printed as one sentence, with exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name]), cmd_name.replace("-", "_"))
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Raise UsageError for an argument that is not text: bytes that are not UTF-8, or a NUL."""
        if not all(_is_text(arg) for arg in args):
            raise click.UsageError("An argument contains bytes that are not UTF-8 text.")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        from web.cli.refusals import ANSWERS, in_words

        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # whoever read our output has closed the pipe: click ends without a message
        except ANSWERS as answer:
            click.echo(in_words(_put_on_record(ctx, answer)), err=True)
            sys.exit(1)


def _put_on_record(context: click.Context, answer: BaseException) -> BaseException:
    """Put on record what was refused for want of a right, or of such a thing; gives the answer, or why it is none."""
    from reviews.access.permissions import NotAllowed
    from reviews.transactions.unit_of_work import NotFound
    from web.cli.runtime import put_refusal_on_record
    from workflows.core.engine import Refused

    if isinstance(answer, NotFound | NotAllowed):
        try:
            put_refusal_on_record(context)
        except Refused as unwritten:
            return unwritten
    return answer


def _is_text(arg: str) -> bool:
    try:
        arg.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in arg


@click.group(cls=Commands)
@click.version_option(package_name="followthrough")
def main() -> None:
    """Followthrough tracks safeguarding reviews, their clocks and the actions that follow."""
