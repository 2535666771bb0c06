"""Rows that have a rule of visibility are read in queries that ask it, or in the places listed here with the reason."""

import ast
from collections.abc import Iterator, Mapping

import pytest

from reviews.access import visibility
from tests.repository.repository import modules, named, parsed

RULED = frozenset(table.__name__ for table in visibility.TABLES)
ASKS = frozenset({"visible", "visible_with", "within", "in_realms_of", "for_retention", "manageable_absences"})
READS = frozenset({"select", "get", "get_one", "join", "outerjoin", "select_from"})

FOR_NOBODY = "A round or a delivery reads for nobody. Whom a letter may go to is asked in outbox/recipient_access.py."
DIRECTORY = "It looks up accounts, roles and agencies before it is known who asks, or where that was asked before."
OF_WHAT_WAS_FOUND = "It reads what belongs to a case or an action that its caller found for the reader."
IN_A_POOL = "It reads within a pool, or under conditions, that its caller took from the access layer."
IN_A_PARTNERSHIP = "It reads a partnership, an agency or a person of one in which its caller has required a permission."
TAKEN = "It reads which numbers and names are taken, and gives none of them back."
OPERATOR = "Only the operator gets there, who sees everything."
THEMSELF = "It reads the row of whoever is signed in."
BY_LINK = "A sealed link names what it reads."

FOLDERS: Mapping[str, str] = {
    "notifications/base": FOR_NOBODY,
    "notifications/letters": FOR_NOBODY,
    "notifications/outbox": FOR_NOBODY,
    "notifications/process": FOR_NOBODY,
    "notifications/returns": FOR_NOBODY,
    "notifications/rounds": FOR_NOBODY,
    "reviews/people": DIRECTORY,
    "web/cli": OPERATOR,
}
FUNCTIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    OF_WHAT_WAS_FOUND: {
        "notifications/ledger/queries.py": ("_resent",),
        "reviews/actions/details.py": ("require_safe_name",),
        "reviews/actions/facts.py": ("_open_parts",),
        "reviews/actions/impact.py": ("_answered_by", "_has_other_without_impact"),
        "reviews/actions/page_queries.py": ("job_title_of", "active_snoozes"),
        "reviews/actions/parts.py": ("_record", "parts_led", "_shares", "parts_as_data"),
        "reviews/actions/involvement.py": ("_is_asker",),
        "reviews/cases/attachments.py": ("attach_to_step",),
        "reviews/cases/case_access.py": (
            "_facts_of_access",
            "_tell_manager",
            "case_rights_of",
            "declare_interest",
            "pass_rights_on",
            "require_not_excluded",
        ),
        "reviews/cases/change_kind.py": ("_obstacles",),
        "reviews/cases/child_cases.py": ("end_child_cases",),
        "reviews/cases/corrections.py": ("_was_led_elsewhere",),
        "reviews/cases/details.py": ("children_of",),
        "reviews/cases/edit_case.py": ("_involved",),
        "reviews/cases/event_log.py": ("_page",),
        "reviews/cases/facts.py": ("_without_response", "_not_signed_off", "form_day"),
        "reviews/cases/history.py": ("_STEPS", "definitions_of_events", "read_histories_of", "only_current_facts"),
        "reviews/cases/involvement.py": ("answers_for_agency",),
        "reviews/cases/list_queries.py": ("_stages",),
        "reviews/cases/list_queries_child_cases.py": ("_clocks",),
        "reviews/cases/opening.py": ("agencies_of",),
        "reviews/cases/page_queries.py": (
            "clocks_of_cases",
            "agencies_involved",
            "parent_reference",
            "_clocks",
            "_chased",
        ),
        "reviews/cases/responses.py": ("further_answers", "in_case_plan", "answers_recommendation"),
        "reviews/cases/steps.py": ("_open_next",),
        "reviews/exports/plan_rows.py": ("_agency_parts",),
        "reviews/identities/unusual_openings.py": ("alerted_people", "_was_alerted"),
        "reviews/imports/answer_questions.py": ("matching_answers", "_actions"),
        "reviews/imports/changes.py": ("parts_of",),
        "reviews/imports/import_questions.py": ("NewQuestions.__init__",),
        "reviews/imports/store_rows.py": ("store_new", "_present"),
        "reviews/imports/undo_import.py": ("undone_actions", "_since"),
        "reviews/models/people.py": ("known_as_in",),
        "reviews/recommendations/themes.py": ("_themes_of",),
        "reviews/retention/review_list.py": ("case_trees", "lines_of", "_Obstacles.__init__"),
        "reviews/requests/queries.py": ("requests_holding",),
    },
    IN_A_POOL: {
        "reviews/actions/list_queries.py": ("COLUMNS", "_joined"),
        "reviews/cases/due_date_changes.py": ("_running_clocks", "_lock_cases", "_write"),
        "reviews/cases/version_migration.py": ("plan_migration", "_latest_migrations", "_recorded_since"),
        "reviews/cases/version_plan.py": ("read_snapshots", "_read_cases", "_read_histories", "_child_cases"),
        "reviews/recommendations/queries.py": ("repeats",),
        "reviews/recommendations/similar.py": ("with_outcomes", "_ranked"),
        "reviews/recommendations/theme_counts.py": ("_occurrences", "_actions"),
        "reviews/recommendations/theme_page.py": ("theme_agencies", "theme_recommendations"),
        "reviews/settings/reminder_policies.py": ("_plans_that_follow",),
        "reviews/summary/queries.py": ("near_clocks",),
    },
    IN_A_PARTNERSHIP: {
        "reviews/audit/notices.py": ("_lines", "_partnerships_of", "_recipients"),
        "reviews/audit/queries.py": (
            "_people_ids",
            "case_subject",
            "partnership_named",
            "partnerships_of_reference",
            "people_of",
            "person_by_email",
        ),
        "reviews/cases/child_cases.py": ("_open_child_case", "_agency", "_agencies"),
        "reviews/cases/clocks.py": ("require_late_reason",),
        "reviews/cases/opening.py": ("_add_agencies_asked",),
        "reviews/cases/people.py": ("_holders", "person_id_named"),
        "reviews/recommendations/themes.py": ("ensure_themes", "_theme_called"),
        "reviews/retention/log_disposals.py": ("_require_pending", "approve_log_disposal", "propose_log_disposal"),
        "reviews/retention/review_list.py": ("_partnerships",),
        "reviews/retention/schedule.py": ("set_rule",),
        "web/imports/views_questions.py": ("_agency_called",),
        "web/settings/views.py": ("_show_policies", "mail_sender", "late_reasons", "email_domains", "factor_rule"),
    },
    TAKEN: {
        "reviews/actions/details.py": ("_next_action_reference",),
        "reviews/imports/store_rows.py": ("Recommendations.__init__", "Recommendations._numbers"),
        "reviews/recommendations/commands.py": ("add_finding",),
        "reviews/requests/commands.py": ("_next_reference",),
        "reviews/retention/certificates.py": ("next_number",),
        "reviews/transactions/references.py": ("next_child_number", "_next_reference"),
    },
    FOR_NOBODY: {
        "reviews/audit/anchors.py": ("lines_for_outside",),
        "notifications/factor_letters.py": ("write_about_factor",),
        "reviews/cases/timed_moves.py": ("due_moves",),
    },
    OPERATOR: {
        "reviews/audit/verify_seals.py": ("_OfStream.__init__", "_OfStream._about"),
        "reviews/retention/dispose.py": ("_lock", "_certificate", "_forget_forms", "_Names.of"),
        "reviews/retention/log_disposals.py": ("_certify", "_due_rows", "_held_cases"),
    },
    THEMSELF: {"web/account/views_account.py": ("_person",)},
    BY_LINK: {"notifications/link_answers.py": ("open_link", "_action", "_line", "_sent_to")},
}


def test_rows_with_a_rule_are_read_through_it_or_in_a_listed_place():
    """A further place asks visible(), or is listed by whoever can say why it need not."""
    listed = {(path, name) for paths in FUNCTIONS.values() for path, names in paths.items() for name in names}
    found = {(path, name) for path, name in raw_reads() if not path.startswith(tuple(FOLDERS))}

    assert found - listed == set()
    assert listed - found == set()


def raw_reads() -> Iterator[tuple[str, str]]:
    """Give file and function of each read of ruled rows that neither asks the access layer nor calls what asks it."""
    for path in modules("reviews", "notifications", "web"):
        if path.parent.name not in ("access", "demo"):
            yield from ((named(path), name) for name in unasked(parsed(path)))


def unasked(module: ast.Module) -> list[str]:
    """Give the functions and constants of a module that read ruled rows, and neither ask nor use one that asks."""
    parts = dict(_parts(module))
    asking = {name for name, part in parts.items() if ASKS & _called(part)}
    while more := {name for name, part in parts.items() if name not in asking and _bare(asking) & _names(part)}:
        asking |= more
    ruled = RULED | {name for part in ast.walk(module) for name in _aliases(part)}
    return [name for name, part in parts.items() if name not in asking and ruled & _read(part)]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def read(session): return session.scalars(sa.select(Case))", ["read"]),
        ("def read(session): return session.get(Action, 1)", ["read"]),
        ("def read(session): return sa.select(Event.id).join(Case)", ["read"]),
        ("other = aliased(Case)\nQUERY = sa.select(other.reference)", ["QUERY"]),
        ("class Reader:\n    def read(self): return self.session.get_one(Child, 1)", ["Reader.read"]),
        ("def read(session, actor): return sa.select(Case).where(visible(actor, Case))", []),
        ("def read(actor): return sa.select(Case).where(*_mine(actor))\ndef _mine(a): return visible(a, Case)", []),
        ("def read(session): return sa.select(Letter)", []),
    ],
)
def test_a_read_that_asks_nobody_is_found(source, found):
    assert unasked(ast.parse(source)) == found


def _parts(module: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    for node in module.body:
        match node:
            case ast.FunctionDef():
                yield node.name, node
            case ast.ClassDef():
                methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
                yield from ((f"{node.name}.{each.name}", each) for each in methods)
            case ast.Assign(targets=[ast.Name() as name]) | ast.AnnAssign(target=ast.Name() as name):
                yield name.id, node


def _bare(names: set[str]) -> set[str]:
    return {name.rpartition(".")[2] for name in names}


def _names(node: ast.AST) -> set[str]:
    found = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return found | {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}


def _called(node: ast.AST) -> set[str]:
    return {name for call in ast.walk(node) if isinstance(call, ast.Call) for name in _names(call.func)}


def _read(node: ast.AST) -> set[str]:
    calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
    reading = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in READS]
    return {name for call in reading for argument in call.args for name in _names(argument)}


def _aliases(node: ast.AST) -> list[str]:
    match node:
        case ast.Assign(
            targets=[ast.Name() as name], value=ast.Call(func=ast.Name("aliased"), args=[ast.Name() as of])
        ):
            return [name.id] if of.id in RULED else []
    return []
