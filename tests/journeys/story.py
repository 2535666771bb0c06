"""How is a story told? People act one after the other, days pass, and each morning has its round and its mails."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from notifications.models import Letter
from notifications.process.plan_round import plan_round
from notifications.process.worker import deliver
from notifications.rounds.report import ClockItem, Item, Round
from notifications.transports.configured import transport_for
from reviews.actions.details import NewAction, add_action, assign_action
from reviews.actions.extensions import ask_extension
from reviews.actions.steps import accept_action, record_progress, return_action, submit_action
from reviews.cases.steps import open_case, take_case_step
from reviews.core.clock import StoppedClock, local_day, read_moment
from reviews.core.db import Database
from reviews.definitions.installed import definition_of
from reviews.models import AccountMailKind, Action, Agency, Case
from reviews.people.agencies import AgencyChange, Successor, merge_or_split_agency
from reviews.people.offboarding import disable_person
from reviews.people.queries import actor_by_email
from reviews.recommendations.commands import add_recommendation, answer_recommendation
from reviews.transactions.unit_of_work import unit_of_work
from tests.builders import WORDS, World, a_person, actor_of, facts_for
from tests.notifications.mail_server import MailServer
from tests.notifications.mornings import LETTERHEAD
from tests.web.visitor import rows
from workflows.core.questions import Value
from workflows.core.vocabulary import Role
from workflows.definitions import CASE_WORKFLOWS

PLACE = "ANYSHIRE"
EVERY_PARTNER_SIGNS = "every statutory partner signs"
SIGNED = ((Role.SAFEGUARDING_PARTNER, EVERY_PARTNER_SIGNS),)
"""All three partners sign a report."""
EARLIER_SIGNATURES = {"Council": "sign_local_authority", "Integrated Care Board": "sign_icb", "Police": "sign_police"}


def email_of(role: Role) -> str:
    return f"{WORDS[role]}@anyshire.example"


@dataclass(slots=True)
class Story:
    """Everything happens in Anyshire, through the commands, by a person with a role, at the moment of the clock."""

    database: Database
    clock: StoppedClock
    world: World
    server: MailServer

    def on(self, day: str, time: str = "10:00") -> None:
        self.clock.at = read_moment(f"{day}T{time}")

    def today(self) -> date:
        return local_day(self.clock.now())

    def days_pass(self, days: int) -> None:
        self.clock.at += timedelta(days=days)

    def case_is_opened(
        self,
        by: Role,
        workflow: str,
        reference: str,
        *,
        children: tuple[str, ...] = ("Child Kestrel",),
        **answers: Value,
    ) -> None:
        opening = CASE_WORKFLOWS[workflow].opening
        assert opening is not None
        with self._as(by) as unit:
            open_case(
                unit,
                workflow=workflow,
                partnership=unit.partnership(PLACE),
                happened_on=unit.today,
                answers=facts_for(opening, on=unit.today, **answers),
                title="Canary House",
                reference=reference,
                pseudonyms=children,
            )

    def step_is_taken(self, by: Role, reference: str, name: str, **answers: Value) -> str:
        """Record a step with all it asks for, and give the reference of the case it opened, if it did."""
        if name == EVERY_PARTNER_SIGNS:
            self.partners_sign(reference, *EARLIER_SIGNATURES)
            return ""
        with self._as(by) as unit:
            case = unit.case(reference, partnership=PLACE)
            step = definition_of(unit.session, case).step(name)
            assert step is not None, name
            facts = facts_for(step, on=unit.today, **answers)
            opened = take_case_step(unit, case, name, happened_on=unit.today, answers=facts)
            return opened.reference if opened else ""

    def partners_sign(self, reference: str, *words: str) -> None:
        """Let the partners of these agencies sign, each for their own."""
        for word in words:
            agency = self.world.anyshire.agencies[word]
            with self.database.begin() as session:
                partner = a_person(session, self.world.anyshire.partnership, Role.SAFEGUARDING_PARTNER, agency)
                actor = actor_of(session, partner)
            with unit_of_work(self.database, actor, self.clock) as unit:
                case = unit.case(reference, partnership=PLACE)
                workflow = definition_of(unit.session, case)
                step = workflow.step("sign") or workflow.step(EARLIER_SIGNATURES[word])
                assert step is not None
                own = {"signed_for": (agency.name,)} if step.name == "sign" else {}
                facts = facts_for(step, on=unit.today, **own)
                take_case_step(unit, case, step.name, happened_on=unit.today, answers=facts)

    def steps_are_taken(self, reference: str, steps: Iterable[tuple[Role, str]]) -> None:
        for by, name in steps:
            self.step_is_taken(by, reference, name)

    def review_is_answered(
        self, reference: str, *, decision: str, panel_view: str = "agrees", **notified: Value
    ) -> None:
        """Live through a rapid review in a day, from the referral that is logged to the Panel's letter."""
        self.steps_are_taken(reference, [(Role.BUSINESS_MANAGER, "convene_discussion")])
        self.step_is_taken(Role.SAFEGUARDING_PARTNER, reference, "decide_notify", **notified)
        self.steps_are_taken(
            reference, [(Role.BUSINESS_MANAGER, "submit_sin"), (Role.BUSINESS_MANAGER, "open_gathering")]
        )
        self.step_is_taken(Role.AGENCY_LEAD, f"{reference}.I1", "receive")
        self.step_is_taken(Role.SUBGROUP_CHAIR, reference, "hold_meeting", draft_decision=decision)
        self.step_is_taken(Role.BUSINESS_MANAGER, reference, "submit_for_signoff", decision=decision)
        self.steps_are_taken(reference, [*SIGNED, (Role.BUSINESS_MANAGER, "sign_off")])
        self.step_is_taken(Role.BUSINESS_MANAGER, reference, "panel_response", panel_view=panel_view)

    def action_is_agreed(self, reference: str, *, due_in: int | None, owner: str, by: Role, success: str = "") -> str:
        """Add an accepted recommendation with one action; give the action's reference."""
        with self._as(by) as unit:
            case = unit.case(reference, partnership=PLACE)
            recommendation = add_recommendation(unit, case, text="Agencies should share what they know.")
            answer_recommendation(unit, case, recommendation, response="accepted", reason="", by="Executive group")
            due_on = None if due_in is None else unit.today + timedelta(days=due_in)
            person = actor_by_email(unit.session, owner, today=unit.today)
            new = NewAction(
                text="Train the staff of the hospital.",
                owner_id=person.person_id,
                lead_agency_id=person.roles_held[0].agency_id,
                due_on=due_on,
                success_measure=success,
            )
            return add_action(unit, case, new, recommendation=recommendation).reference

    def progress_is_reported(self, by: str, action: str, text: str) -> None:
        with self._as(by) as unit:
            record_progress(unit, unit.action(action, partnership=PLACE), text=text, happened_on=unit.today)

    def action_is_submitted(self, by: str, action: str, evidence: str) -> None:
        with self._as(by) as unit:
            submit_action(unit, unit.action(action, partnership=PLACE), evidence=evidence, happened_on=unit.today)

    def action_is_returned(self, by: Role, action: str, reason: str) -> None:
        with self._as(by) as unit:
            return_action(unit, unit.action(action, partnership=PLACE), reason=reason, happened_on=unit.today)

    def action_is_accepted(self, by: Role | str, action: str) -> None:
        with self._as(by) as unit:
            accept_action(unit, unit.action(action, partnership=PLACE), happened_on=unit.today)

    def more_time_is_asked(self, by: str, action: str, until: date, reason: str) -> None:
        with self._as(by) as unit:
            found = unit.action(action, partnership=PLACE)
            ask_extension(unit, found, wanted_due_on=until, reason=reason, happened_on=unit.today)

    def action_is_given_to(self, owner: str, action: str, by: Role = Role.BUSINESS_MANAGER) -> None:
        with self._as(by) as unit:
            assign_action(unit, unit.action(action, partnership=PLACE), owner_email=owner)

    def person_leaves(self, email: str) -> dict[str, str | None]:
        """Shut the account, and give to whom each open action went."""
        with self._as(Role.BUSINESS_MANAGER) as unit:
            return {each.reference: each.to for each in disable_person(unit, email=email)}

    def agencies_become_one(self, old: list[Agency], name: str, on: date) -> AgencyChange:
        with self._as(Role.BUSINESS_MANAGER) as unit:
            return merge_or_split_agency(unit, unit.partnership(PLACE), old=old, new=[Successor(name)], on=on)

    def morning(self, day: str) -> Round:
        """Live through the round of a morning: decided, queued, and handed to the mail server."""
        self.on(day, "08:00")
        found = plan_round(self.database, self.clock.now(), letterhead=LETTERHEAD)
        of_accounts = self._letters_about_accounts()
        sent = deliver(
            self.database,
            self.clock,
            transport_for(self.server.url, "followthrough@anyshire.example"),
            letterhead=LETTERHEAD,
        )
        assert sent.sent == len(found.mails) + self._letters_about_accounts() - of_accounts
        self.on(day)
        return found

    def _letters_about_accounts(self) -> int:
        return rows(self.database, Letter, Letter.kind.in_(list(AccountMailKind)))

    def mornings(self, first: str, last: str, action: str) -> list[tuple[str, str, str]]:
        """Live through every day of a span, and give what was said of an action: day, who, rung."""
        day, end = read_moment(first), read_moment(last)
        heard = []
        while day <= end:
            for mail in self.morning(local_day(day).isoformat()).mails:
                who = mail.to.partition("@")[0]
                items = (item for item in mail.items if isinstance(item, Item) and item.action == action)
                heard += [(f"{day:%m-%d}", who, item.rung) for item in items]
            day += timedelta(days=1)
        return heard

    def clocks_told_of(self, day: str) -> list[tuple[str, str, str, str]]:
        """Live through a morning, and give what was said of clocks: who, case, clock, rung."""
        mails = self.morning(day).mails
        return [
            (mail.to.partition("@")[0], item.case, item.clock, item.rung)
            for mail in mails
            for item in mail.items
            if isinstance(item, ClockItem)
        ]

    def stages(self, reference: str) -> dict[str, str]:
        with self.database() as session:
            case = session.scalars(sa.select(Case).where(Case.reference == reference)).one()
            return {track.name: track.stage for track in case.tracks}

    def action(self, reference: str) -> Action:
        with self.database() as session:
            return session.scalars(sa.select(Action).where(Action.reference == reference)).one()

    def _as(self, who: Role | str):
        with self.database() as session:
            email = who if isinstance(who, str) and "@" in who else email_of(Role(who))
            actor = actor_by_email(session, email, today=local_day(self.clock.now()))
        return unit_of_work(self.database, actor, self.clock)
