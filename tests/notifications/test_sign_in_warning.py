"""The mail to somebody whose password others try."""

import sqlalchemy as sa

from notifications.letters.account_letters import write_account_letters
from notifications.models import Letter
from reviews.models import AccountMail, AccountMailKind, Event, EventKind
from tests.builders import a_partnership, a_person, a_unit
from tests.notifications.mornings import LETTERHEAD
from workflows.core.vocabulary import Role


def test_c9_the_person_is_told_and_of_a_name_nobody_has_nothing_stays(database):
    with database.begin() as session:
        ada = a_person(session, a_partnership(session), Role.SUBGROUP_CHAIR, email="ada@anyshire.example")
        unit = a_unit(session)
        for email in (ada.email, "nobody@anyshire.example"):
            session.add(AccountMail(kind=AccountMailKind.SIGN_IN_TRIED, email=email, asked_at=unit.now))
        session.flush()
        write_account_letters(unit, LETTERHEAD)
        session.flush()
        letter = session.scalars(sa.select(Letter)).one()
        assert (letter.person_id, letter.subject) == (ada.id, "Somebody tries to sign in to Followthrough as you")
        assert "the last time on 20 November 2026 at 8:00am" in " ".join(letter.body.split())
        assert session.scalars(sa.select(AccountMail.person_id)).all() == [ada.id]
        event = session.scalars(sa.select(Event).where(Event.kind == EventKind.SIGN_IN_WARNED)).one()
        assert event.details == {"person": ada.id}
