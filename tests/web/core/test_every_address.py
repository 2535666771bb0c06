"""Every address as every role, about things of another partnership, realm and agency: each answers as for unknown."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import cycle

import pytest

from reviews.access.permissions import GRANTS, Permission, realm_of
from tests.builders import Place
from tests.changes import nothing_changes
from tests.web.core.things import filled, make_things, things_of_a_case
from web.core.access import permission_of
from workflows.core.vocabulary import Realm, Role

OF_A_CASE = frozenset(
    {
        "cases.area",
        "cases.case",
        "cases.children",
        "cases.clocks",
        "cases.export_plan",
        "cases.history",
        "cases_access.access",
        "cases_access.confine_case",
        "cases_access.end_access",
        "cases_access.exclude_person",
        "cases_access.grant_access",
        "cases_access.interest",
        "cases_details.forecast",
        "cases_details.late_reason",
        "cases_details.open_child_case",
        "cases_details.plan_rules",
        "cases_details.show_thread",
        "cases_details.start_plan_reminders",
        "cases_edit.change",
        "cases_identities.edit_identity",
        "cases_identities.identities",
        "cases_identities.remove",
        "cases_identities.show_identity",
        "cases_edit.child",
        "cases_edit.choose_kind",
        "cases_edit.edit",
        "cases_files.add",
        "cases_files.download",
        "cases_files.withdraw",
        "cases_steps.correct",
        "cases_steps.record_step",
        "import_questions.named_owners",
        "import_questions.questions",
        "imports.runs",
        "imports.undo",
        "recommendations.challenge",
        "recommendations.edit_recommendation",
        "recommendations.finding",
        "recommendations.new_finding",
        "recommendations.new_recommendation",
        "recommendations.recommendation",
        "recommendations.respond",
        "recommendations.similar",
        "recommendations_themes.themes_of_finding",
        "recommendations_themes.themes_of_recommendation",
        "retention.approve",
        "retention.hold",
        "retention.keep",
        "retention.propose",
        "retention.refuse",
        "retention.release",
        "retention.show_case",
    }
)
OF_AN_ACTION = frozenset(
    {
        "actions.action",
        "actions_edit.add_part",
        "actions_edit.change_part",
        "actions_edit.choose_recommendations",
        "actions_edit.edit_details",
        "actions_edit.rate_as_chair",
        "actions_edit.rate_as_owner",
        "actions_edit.snooze",
        "actions_evidence.add",
        "actions_evidence.assure",
        "actions_evidence.download",
        "actions_evidence.withdraw",
        "actions_steps.take_step",
    }
)
OF_A_PARTNERSHIP = frozenset(
    {
        "audit.notice",
        "calendars.revoke",
        "cases_partners.change_partner",
        "devices.forget",
        "factor_resets.ask",
        "factor_resets.confirm",
        "factor_resets.stop",
        "people.add_role",
        "people.answer_address_change",
        "people.change_address",
        "people.disable",
        "people.end",
        "people_absences.back",
        "people_invite.invitation",
        "recommendations_themes.edit_theme",
        "recommendations_themes.theme",
        "reminders.letter",
        "reminders.replay_letter",
        "reminders.resend_letter",
        "reminders.solve_address",
        "requests.answer",
        "requests.change",
        "requests.clarify",
        "requests.extend",
        "requests.reopen",
        "requests.show_request",
        "retention.show_certificate",
        "role_requests.confirm",
        "role_requests.refuse",
        "settings.reminder_policy",
        "settings.retire_policy",
    }
)
OF_AN_UPLOAD = frozenset({"imports.decide_before", "imports.preview"})
"""Nobody's token: an upload is read by whoever uploaded it."""
NAMES_NOTHING = frozenset(
    {
        "account.confirm",
        "account.stay",
        "account_page.account",
        "account_page.name",
        "account_page.password",
        "account_providers.link",
        "actions.list_actions",
        "actions.mine",
        "actions.new_action",
        "actions_bulk.choose_format",
        "actions_bulk.export_actions",
        "actions_bulk.more_time",
        "actions_bulk.reassign",
        "addresses.new_address",
        "audit.audit",
        "audit.notices",
        "audit.disclosure",
        "audit.disclosure_file",
        "audit.seen_by",
        "audit.who_saw",
        "addresses.withdraw_address",
        "calendars.calendars",
        "cases.list_cases",
        "cases_child_cases.list_processes",
        "cases_child_cases.list_requests",
        "cases_partners.list_partners",
        "cases_partners.new_partner",
        "cases_steps.open_new",
        "devices.list_devices",
        "factor_resets.resets",
        "import_questions.plans",
        "imports.upload",
        "people.list_people",
        "people.new_person",
        "people_absences.list_absences",
        "people_absences.new_absence",
        "people_agencies.change_agency",
        "people_agencies.list_agencies",
        "people_agencies.new_agency",
        "people_invite.invitations",
        "recommendations_themes.new_theme",
        "recommendations_themes.themes",
        "reminders.addresses",
        "reminders.letters",
        "reminders.process",
        "reminders.reminders",
        "reminders.replay_many",
        "reminders.sample_letter",
        "reminders.tomorrow",
        "requests.export",
        "requests.list_requests",
        "requests.new_request",
        "retention.approve_log",
        "retention.audit_log",
        "retention.change_rule",
        "retention.list_certificates",
        "retention.list_due",
        "retention.propose_log",
        "retention.refuse_log",
        "retention.show_schedule",
        "saved_forms.delete_saved",
        "saved_forms.list_saved",
        "saved_forms.open_saved",
        "second_factor.factors",
        "second_factor.new_app",
        "second_factor.new_passkey",
        "second_factor.new_passkey_options",
        "second_factor.new_recovery_codes",
        "second_factor.passkey_options",
        "second_factor.prove",
        "second_factor.prove_passkey",
        "second_factor.prove_recovery_code",
        "second_factor.remove",
        "second_factor.rename",
        "second_factor.set_up_app",
        "second_factor.stop",
        "settings.bank_holidays",
        "settings.email_domains",
        "settings.factor_rule",
        "settings.late_reasons",
        "settings.mail_sender",
        "settings.new_policy",
        "settings.period",
        "settings.periods",
        "settings.reminder_policies",
        "settings.settings",
        "summary.choose_mail",
        "home.home",
        "summary.summary",
        "system.system",
        "workflows.list_workflows",
        "workflows.take_back",
        "workflows.versions",
        "workflows.workflow",
    }
)
"""They are about all that is the reader's, and so must not show the things of others."""
FOR_ANYBODY = frozenset(
    {
        "account.sign_in",
        "account.sign_out",
        "account_links.ask",
        "account_links.invitation",
        "account_links.reset",
        "account_providers.finish",
        "account_providers.sign_in",
        "addresses.confirm",
        "calendars.file",
        "health.alive",
        "health.ready",
        "public.answer_given",
        "public.answer_link",
        "public.notify_callback",
        "static",
    }
)
"""They ask for no session: what they name is sealed in the address, or nothing."""
GROUPS = (OF_A_CASE, OF_AN_ACTION, OF_A_PARTNERSHIP, OF_AN_UPLOAD, NAMES_NOTHING, FOR_ANYBODY)

SEE_EVERY_ACTION = frozenset({Role.REVIEW_SUBGROUP_MEMBER})
CLOSED_TO = frozenset(
    (endpoint, Role.CDOP_MANAGER) for endpoint in ("settings.reminder_policy", "settings.retire_policy")
)
"""Reminder policies are those of the reviews: who works in child death review alone opens none, whatever its name."""
SEES_REFERENCES = Role.PRIVACY_OFFICER
"""They manage the retention of every case of their partnership, in both realms, and see its reference alone."""
TOGETHER = frozenset({"event", "strand", "piece", "run", "child", "hold"})
"""What is numbered through the whole database, so that one of another case can be put into an address."""


@dataclass(frozen=True)
class Hidden:
    """Things that some must not see: what names them, the roles of a partnership, and the addresses that name them."""

    called: str
    known: dict[str, str]
    place: Place
    roles: Collection[Role]
    endpoints: frozenset[str]
    is_here: bool = False


def hidden_things(doors, world) -> Iterator[Hidden]:
    """Give the things with whoever must not see them. Exclusions from a case belong here too."""
    here, there = world.anyshire, world.midmarch
    everything = make_things(doors, here)
    with doors.database.begin() as session:
        death = things_of_a_case(doors, session, here, "cdop_case")
        review = things_of_a_case(doors, session, here, "rapid_review")
    in_deaths = {role for role in here.people if realm_of(role) is Realm.CHILD_DEATHS}
    yield Hidden(
        "of another partnership", everything, there, set(there.people), OF_A_CASE | OF_AN_ACTION | OF_A_PARTNERSHIP
    )
    yield Hidden("of a child death elsewhere", death, there, set(there.people), OF_A_CASE | OF_AN_ACTION)
    reviewing = set(here.people) - in_deaths
    yield Hidden("of child death review", death, here, reviewing, OF_A_CASE | OF_AN_ACTION, is_here=True)
    yield Hidden("of the reviews", review, here, in_deaths, OF_A_CASE | OF_AN_ACTION)
    relatives = {Role.AGENCY_LEAD, Role.ACTION_OWNER, Role.LEAD_REVIEWER, Role.SCRUTINY_MEMBER}
    yield Hidden("of another agency", review, here, relatives, OF_A_CASE | OF_AN_ACTION)
    yield Hidden(
        "of a case of another agency",
        review,
        here,
        SEE_EVERY_ACTION,
        OF_A_CASE - {"cases.export_plan", "cases_access.interest"},
    )


@dataclass(frozen=True)
class Asked:
    """An address with its method, who asks, the answer there must be, and the word it must not have."""

    word: str
    method: str
    address: str
    role: Role
    place: Place
    code: int


def asked_for(doors, hidden: Hidden, method: str) -> Iterator[Asked]:
    """Give each address that names the things, as each role: forbidden where the role opens no such page at all."""
    for rule in sorted(doors.app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.endpoint in hidden.endpoints and method in rule.methods:
            allowed = GRANTS[permission_of(doors.app, rule.endpoint)]
            for role in sorted(hidden.roles):
                if role is SEES_REFERENCES and rule.endpoint.startswith("retention.") and hidden.is_here:
                    continue
                code = 404 if role in allowed and (rule.endpoint, role) not in CLOSED_TO else 403
                yield Asked(hidden.known["word"], method, filled(rule.rule, hidden.known), role, hidden.place, code)


def answers(doors, questions: Collection[Asked]) -> dict[str, tuple[int, int]]:
    """Give the answers that are not as they must be, with the code there should have been."""
    people = {(each.place.partnership.code, each.role): each.place.people[each.role].email for each in questions}
    visitors = {who: doors.visitor(email) for who, email in people.items()}
    wrong = {}
    with nothing_changes(doors.database):
        for each in questions:
            visitor = visitors[each.place.partnership.code, each.role]
            code = visitor.open(each.address) if each.method == "GET" else visitor.send(each.address, text="x")
            if code != each.code or each.word in visitor.html:
                wrong[f"{each.method} {each.address} as {each.role} there"] = (code, each.code)
    return wrong


def one_role_each(questions: Collection[Asked]) -> list[Asked]:
    """Choose for each address one role that may open such pages and one that may not, other ones for the next."""
    chosen = []
    by_address: dict[tuple[str, str, int], list[Asked]] = {}
    for each in questions:
        by_address.setdefault((each.method, each.address, each.code), []).append(each)
    for turn, found in zip(cycle(range(12)), by_address.values(), strict=False):
        chosen.append(found[turn % len(found)])
    return chosen


def test_every_address_has_an_expectation(doors):
    endpoints = {rule.endpoint for rule in doors.app.url_map.iter_rules()}
    assert endpoints == frozenset().union(*GROUPS)
    assert sum(map(len, GROUPS)) == len(endpoints)
    open_to_all = {each for each in endpoints if permission_of(doors.app, each) is Permission.ANYBODY}
    assert open_to_all == FOR_ANYBODY


def test_a1_a2_no_address_tells_of_what_is_hidden_from_a_role_or_changes_it(doors, world):
    wrong = {}
    for hidden in hidden_things(doors, world):
        for method in ("GET", "POST"):
            wrong |= answers(doors, one_role_each(list(asked_for(doors, hidden, method))))
    assert wrong == {}


@pytest.mark.faults
def test_a1_a2_no_address_tells_any_role_of_what_is_hidden_or_lets_them_change_it(doors, world):
    wrong = {}
    for hidden in hidden_things(doors, world):
        for method in ("GET", "POST"):
            wrong |= answers(doors, list(asked_for(doors, hidden, method)))
    assert wrong == {}


def test_a3_a_thing_of_one_case_is_not_found_under_another(doors, world):
    here = world.anyshire
    one = make_things(doors, here)
    with doors.database.begin() as session:
        other = things_of_a_case(doors, session, here, "rapid_review")
    mixed = one | {name: other[name] for name in TOGETHER}
    rules = [rule for rule in doors.app.url_map.iter_rules() if rule.endpoint in OF_A_CASE | OF_AN_ACTION]
    nested = [rule for rule in rules if filled(rule.rule, mixed) != filled(rule.rule, one)]
    assert len(nested) >= 5
    asked = [
        Asked(other["word"], method, filled(rule.rule, mixed), Role.BUSINESS_MANAGER, here, 404)
        for rule in nested
        for method in ("GET", "POST")
        if method in rule.methods
    ]
    assert answers(doors, asked) == {}


def test_a1_what_names_nothing_shows_nothing_that_is_hidden(doors, world):
    found = {}
    addresses = [rule.rule for rule in doors.app.url_map.iter_rules() if rule.endpoint in NAMES_NOTHING]
    for hidden in hidden_things(doors, world):
        if hidden.roles == SEE_EVERY_ACTION:
            continue  # they see the actions, which have the word too
        for turn, rule in zip(cycle(sorted(hidden.roles)), addresses, strict=False):
            visitor = doors.visitor(hidden.place.people[turn].email)
            if visitor.open(filled(rule, hidden.known)) >= 500 or hidden.known["word"] in visitor.html:
                found[hidden.called, rule, turn] = visitor.html
    assert found.keys() == set()
