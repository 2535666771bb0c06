"""How is a mail sent again from the terminal?"""

import click

from notifications.ledger.resend import replay, send_again
from notifications.letters.letterhead import Letterhead
from notifications.models import Letter
from reviews.transactions.unit_of_work import unit_of_work
from web.cli.runtime import acting, as_json, as_person, emit, open_house
from web.cli.typed import looking_for

number = click.argument("number", metavar="ID", type=click.IntRange(1, 2**63 - 1))


@click.command("replay")
@number
@as_person
@as_json
def replay_letter(number: int, as_: str | None, json_: bool) -> None:
    """Put mail ID, which failed or of which nobody knows whether it arrived, back into the queue."""
    house = open_house()
    with (
        unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit,
        looking_for(f"mail {number}"),
    ):
        letter = replay(unit, number)
    emit(_data(letter), json_, lambda: f"Mail {letter.id} waits to be handed over again.")


@click.command("resend")
@number
@as_person
@as_json
def resend_letter(number: int, as_: str | None, json_: bool) -> None:
    """Send a copy of mail ID, which was handed over, as a new mail."""
    house = open_house()
    letterhead = Letterhead.of(house.settings)
    with (
        unit_of_work(house.database, acting(house.database, house.clock, as_), house.clock) as unit,
        looking_for(f"mail {number}"),
    ):
        letter = send_again(unit, number, letterhead=letterhead)
    emit(_data(letter), json_, lambda: f"Mail {letter.id}, a copy of mail {letter.again_of_id}, waits to be sent.")


def _data(letter: Letter) -> dict[str, object]:
    return {"id": letter.id, "state": letter.state, "copy_of": letter.again_of_id}
