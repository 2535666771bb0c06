"""Every blueprint, one for each module of views."""

from flask import Blueprint

from web.account.views import pages as account
from web.actions.views import pages as actions
from web.actions.views_bulk import pages as actions_bulk
from web.actions.views_edit import pages as actions_edit
from web.actions.views_evidence import pages as actions_evidence
from web.actions.views_steps import pages as actions_steps
from web.cases.views import pages as cases
from web.cases.views_details import pages as cases_details
from web.cases.views_steps import pages as cases_steps
from web.core.health import pages as health
from web.imports.views import pages as imports
from web.people.views import pages as people
from web.people.views_absences import pages as people_absences
from web.people.views_agencies import pages as people_agencies
from web.recommendations.views import pages as recommendations
from web.recommendations.views_themes import pages as recommendations_themes
from web.reminders.views import pages as reminders
from web.reminders.views_public import pages as public
from web.settings.views import pages as settings
from web.summary.views import pages as summary
from web.workflows.views import pages as workflows

BLUEPRINTS: tuple[Blueprint, ...] = (
    account,
    actions,
    actions_bulk,
    actions_edit,
    actions_evidence,
    actions_steps,
    cases,
    cases_details,
    cases_steps,
    health,
    imports,
    people,
    people_absences,
    people_agencies,
    recommendations,
    recommendations_themes,
    reminders,
    public,
    settings,
    summary,
    workflows,
)
