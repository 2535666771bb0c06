"""Which commands are there? Each is loaded only when it is called."""

import sys
from importlib import import_module

import click

COMMANDS = {
    "actions": "web.cli.actions",
    "agencies": "web.cli.agencies",
    "bounces": "web.cli.returned_mail",
    "cases": "web.cli.cases",
    "check": "web.cli.check",
    "dates": "web.cli.dates",
    "deliver": "web.cli.reminders",
    "demo": "web.cli.demo",
    "findings": "web.cli.recommendations",
    "holidays": "web.cli.holidays",
    "migrate": "web.cli.serve",
    "partnerships": "web.cli.people",
    "people": "web.cli.people",
    "periods": "web.cli.periods",
    "recommendations": "web.cli.recommendations",
    "remind": "web.cli.reminders",
    "reminders": "web.cli.reminders",
    "routes": "web.cli.serve",
    "serve": "web.cli.serve",
    "summary": "web.cli.summary",
    "web": "web.cli.serve",
    "workflows": "web.cli.workflows",
}


class Commands(click.Group):
    """The top group: finds a command's module by its name, and turns every answer into one sentence and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name]), cmd_name.replace("-", "_"))
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse what is no text before anything is done: bytes that are not UTF-8, and NUL."""
        if not all(_is_text(arg) for arg in args):
            raise click.UsageError("An argument holds bytes that are not text in UTF-8.")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        from web.cli.refusals import ANSWERS, in_words

        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # the reader of our output has gone: the library ends quietly
        except ANSWERS as answer:
            click.echo(in_words(answer), err=True)
            sys.exit(1)


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
