"""Every kind of page in a real browser, on a narrow screen and under axe's eyes."""

import pytest

from tests.web.browsing import ACTION, CASE, address, browser, look_at, signed_in, watch

__all__ = ["address", "browser", "signed_in", "watch"]

FOLLOWED, SHARED, PROVEN = "LCSPR-2025-02", "LCSPR-2025-02.R3.A1", "LCSPR-2025-02.R3.A2"
"""The review that is told to its end, an action of it that five agencies share, and one with proof of every kind."""
PAGES = (
    "/cases?standing=all&workflow=lcspr",
    "/cases/LCSPR-2026-09",
    f"/cases/{CASE}/clocks",
    f"/cases/{CASE}/history",
    f"/cases/{CASE}/steps/panel_response",
    f"/cases/{CASE}/recommendations/new",
    f"/cases/{CASE}/recommendations/R1",
    f"/cases/{CASE}/recommendations/R1/themes",
    f"/cases/{CASE}/recommendations/R1/response",
    "/themes",
    "/themes/2",
    "/themes/2/edit",
    f"/cases/{FOLLOWED}/thread",
    f"/cases/{FOLLOWED}/findings/F3",
    f"/cases/{FOLLOWED}/recommendations/R5",
    f"/cases/{FOLLOWED}/plan-rules",
    "/cases/LCSPR-2026-09.P1",
    "/cases/DARDR-2026-01.I1",
    "/cases/DARDR-2026-01.I1/steps/receive",
    "/cases/new",
    "/cases/new?kind=rapid_review",
    "/actions?group=overdue&sort=-due",
    "/actions/mine",
    f"/actions/{ACTION}/assign",
    f"/actions/{ACTION}/evidence/new",
    f"/actions/{SHARED}",
    f"/actions/{SHARED}/assurance",
    f"/actions/{SHARED}/strands/new",
    f"/actions/{PROVEN}",
    f"/actions/new?case={CASE}",
    "/reminders",
    "/reminders/tomorrow?on=2026-11-21",
    "/reminders/process",
    "/reminders/addresses",
    "/reminders/replay",
    "/people",
    "/people/new",
    "/people/3/roles/new",
    "/people/3/disable",
    "/people/3/email",
    "/people/3/invitation",
    "/people/invitations",
    "/account",
    "/account/name",
    "/account/password",
    "/reset",
    "/agencies",
    "/workflows",
    "/workflows/lcspr",
    f"/workflows/rapid_review?case={CASE}",
    "/workflows/lcspr?case=LCSPR-2026-09",
    f"/cases/{CASE}/kind",
    f"/cases/{CASE}/kind/learning_review",
    f"/cases/{CASE}/edit",
    "/actions/import",
    "/actions/questions",
)


@pytest.mark.parametrize("path", PAGES)
def test_it_is_accessible_and_fits_the_narrowest_screen(signed_in, watch, path):
    look_at(signed_in, watch, path)
