"""The pages, one blueprint per noun."""

from flask import Blueprint

from web.pages.action_steps import pages as action_steps
from web.pages.actions import pages as actions
from web.pages.case_steps import pages as case_steps
from web.pages.cases import pages as cases
from web.pages.health import pages as health
from web.pages.home import pages as home
from web.pages.new_action import pages as new_action
from web.pages.people import pages as people
from web.pages.recommendations import pages as recommendations
from web.pages.reminders import pages as reminders
from web.pages.sign_in import pages as sign_in
from web.pages.summary import pages as summary
from web.pages.workflows import pages as workflows

PAGES: tuple[Blueprint, ...] = (
    health,
    sign_in,
    home,
    cases,
    case_steps,
    recommendations,
    actions,
    action_steps,
    new_action,
    summary,
    reminders,
    people,
    workflows,
)
