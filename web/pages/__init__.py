"""The pages, one blueprint per noun."""

from flask import Blueprint

from web.pages.absences import pages as absences
from web.pages.action_steps import pages as action_steps
from web.pages.actions import pages as actions
from web.pages.agencies import pages as agencies
from web.pages.answers import pages as answers
from web.pages.arranging import pages as arranging
from web.pages.assurances import pages as assurances
from web.pages.bank_holidays import pages as bank_holidays
from web.pages.calendars import pages as calendars
from web.pages.callbacks import pages as callbacks
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
from web.pages.letter_file import pages as letter_file
from web.pages.letters import pages as letters
from web.pages.links import pages as links
from web.pages.local_periods import pages as local_periods
from web.pages.many_actions import pages as many_actions
from web.pages.new_action import pages as new_action
from web.pages.new_address import pages as new_address
from web.pages.new_person import pages as new_person
from web.pages.next_morning import pages as next_morning
from web.pages.people import pages as people
from web.pages.plan_exports import pages as plan_exports
from web.pages.plan_rules import pages as plan_rules
from web.pages.put_right import pages as put_right
from web.pages.ratings import pages as ratings
from web.pages.recommendations import pages as recommendations
from web.pages.reminder_policies import pages as reminder_policies
from web.pages.reminders import pages as reminders
from web.pages.settings import pages as settings
from web.pages.sign_in import pages as sign_in
from web.pages.snoozes import pages as snoozes
from web.pages.strands import pages as strands
from web.pages.summary import pages as summary
from web.pages.summary_mail import pages as summary_mail
from web.pages.theme_marks import pages as theme_marks
from web.pages.themes import pages as themes
from web.pages.thread import pages as thread
from web.pages.versions import pages as versions
from web.pages.workflows import pages as workflows

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
