"""Mails about a second factor, which leave at once: to its person, and to those who may confirm a reset."""

from collections.abc import Sequence
from secrets import token_hex

import sqlalchemy as sa

from notifications.letters.compose import message_id, render_mail
from notifications.letters.links import Letterhead
from notifications.letters.wording import one_line
from notifications.models import SECOND_FACTOR, Letter
from reviews.backups.generations import generation_of
from reviews.models import Partnership, Person
from reviews.people.factors import partnerships_of
from reviews.transactions.unit_of_work import Unit

SUBJECT = "Your second factor for Followthrough"
SUBJECT_TO_CONFIRM = "A request about a second factor"


def write_about_factor(
    unit: Unit,
    person_id: int,
    paragraphs: Sequence[str],
    *,
    page: str,
    letterhead: Letterhead,
    subject: str = SUBJECT,
) -> None:
    """Queue a mail of a few paragraphs that ends in the address of a page. Who has no role any more gets none."""
    partnership_ids = partnerships_of(unit.session, person_id)
    if not partnership_ids:
        return
    code = unit.session.scalar(sa.select(Partnership.code).where(Partnership.id == partnership_ids[0]))
    key = f"{code}|{person_id}|{SECOND_FACTOR}|{token_hex(8)}"
    values = {
        "subject": subject,
        "name": one_line(unit.session.get_one(Person, person_id).name),
        "paragraphs": paragraphs,
        "page": f"{letterhead.base_url.rstrip('/')}{page}",
    }
    body, html = render_mail("factor", values)
    unit.session.add(
        Letter(
            letter_key=key,
            kind=SECOND_FACTOR,
            partnership_id=partnership_ids[0],
            person_id=person_id,
            morning=unit.today,
            subject=subject,
            body=body,
            html=html,
            message_id=message_id(letterhead, key, generation_of(unit.session)),
            next_try_at=unit.now,
            written_at=unit.now,
        )
    )
