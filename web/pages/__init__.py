"""The pages, one blueprint per noun."""

from flask import Blueprint

from web.pages.action_steps import pages as action_steps
from web.pages.actions import pages as actions
from web.pages.agencies import pages as agencies
from web.pages.answers import pages as answers
from web.pages.assurances import pages as assurances
from web.pages.bank_holidays import pages as bank_holidays
from web.pages.case_particulars import pages as case_particulars
from web.pages.case_steps import pages as case_steps
from web.pages.cases import pages as cases
from web.pages.clock_notes import pages as clock_notes
from web.pages.corrections import pages as corrections
from web.pages.evidence import pages as evidence
from web.pages.findings import pages as findings
from web.pages.health import pages as health
from web.pages.home import pages as home
from web.pages.import_runs import pages as import_runs
from web.pages.imports import pages as imports
from web.pages.inside import pages as inside
from web.pages.leaving import pages as leaving
from web.pages.local_periods import pages as local_periods
from web.pages.many_actions import pages as many_actions
from web.pages.new_action import pages as new_action
from web.pages.people import pages as people
from web.pages.plan_exports import pages as plan_exports
from web.pages.plan_rules import pages as plan_rules
from web.pages.recommendations import pages as recommendations
from web.pages.reminders import pages as reminders
from web.pages.settings import pages as settings
from web.pages.sign_in import pages as sign_in
from web.pages.strands import pages as strands
from web.pages.summary import pages as summary
from web.pages.theme_marks import pages as theme_marks
from web.pages.themes import pages as themes
from web.pages.thread import pages as thread
from web.pages.versions import pages as versions
from web.pages.workflows import pages as workflows

PAGES: tuple[Blueprint, ...] = (
    health,
    sign_in,
    home,
    cases,
    case_steps,
    case_particulars,
    clock_notes,
    corrections,
    inside,
    findings,
    recommendations,
    thread,
    plan_exports,
    plan_rules,
    actions,
    answers,
    strands,
    evidence,
    assurances,
    action_steps,
    many_actions,
    new_action,
    imports,
    import_runs,
    summary,
    themes,
    theme_marks,
    reminders,
    people,
    leaving,
    agencies,
    workflows,
    versions,
    settings,
    local_periods,
    bank_holidays,
)
