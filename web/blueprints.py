"""The pages, one blueprint per noun."""

from flask import Blueprint

from web.account.sign_in import pages as sign_in
from web.account.views import pages as calendars
from web.actions.actions import pages as actions
from web.actions.answers import pages as answers
from web.actions.arranging import pages as arranging
from web.actions.assurances import pages as assurances
from web.actions.ratings import pages as ratings
from web.actions.snoozes import pages as snoozes
from web.actions.views import pages as new_action
from web.actions.views_bulk import pages as many_actions
from web.actions.views_edit import pages as strands
from web.actions.views_evidence import pages as evidence
from web.actions.views_steps import pages as action_steps
from web.cases.case_particulars import pages as case_particulars
from web.cases.corrections import pages as corrections
from web.cases.inside import pages as inside
from web.cases.plan_exports import pages as plan_exports
from web.cases.plan_rules import pages as plan_rules
from web.cases.thread import pages as thread
from web.cases.views import pages as cases
from web.cases.views_more import pages as clock_notes
from web.cases.views_steps import pages as case_steps
from web.core.health import pages as health
from web.imports.import_runs import pages as import_runs
from web.imports.views import pages as imports
from web.people.new_address import pages as new_address
from web.people.new_person import pages as new_person
from web.people.people import pages as people
from web.people.views import pages as leaving
from web.people.views_absences import pages as absences
from web.people.views_agencies import pages as agencies
from web.recommendations.findings import pages as findings
from web.recommendations.theme_marks import pages as theme_marks
from web.recommendations.views import pages as recommendations
from web.recommendations.views_themes import pages as themes
from web.reminders.callbacks import pages as callbacks
from web.reminders.letters import pages as letters
from web.reminders.next_morning import pages as next_morning
from web.reminders.put_right import pages as put_right
from web.reminders.reminders import pages as reminders
from web.reminders.views import pages as letter_file
from web.reminders.views_public import pages as links
from web.settings.bank_holidays import pages as bank_holidays
from web.settings.local_periods import pages as local_periods
from web.settings.settings import pages as settings
from web.settings.views import pages as reminder_policies
from web.summary.home import pages as home
from web.summary.summary import pages as summary
from web.summary.views import pages as summary_mail
from web.workflows.views import pages as versions
from web.workflows.workflows import pages as workflows

PAGES: tuple[Blueprint, ...] = (
    health,
    callbacks,
    sign_in,
    links,
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
    snoozes,
    evidence,
    assurances,
    arranging,
    ratings,
    action_steps,
    many_actions,
    new_action,
    imports,
    import_runs,
    summary,
    summary_mail,
    themes,
    theme_marks,
    reminders,
    letter_file,
    next_morning,
    put_right,
    letters,
    people,
    new_person,
    new_address,
    leaving,
    absences,
    calendars,
    agencies,
    workflows,
    versions,
    settings,
    local_periods,
    reminder_policies,
    bank_holidays,
)
