"""Headings, owners and statuses as people write them."""

import pytest

from reviews.imports.readers.action_rows import doubt_about_owner, read_owners
from reviews.imports.readers.headings import meaning_of
from reviews.imports.readers.row_references import label_of, plain_reference
from reviews.imports.readers.written_states import claims_completion, read_state, stage_name


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Ref No", "reference"),
        ("Action ref.", "reference"),
        ("#", "reference"),
        ("Rec no", "recommendation_reference"),
        ("AREA REQUIRING IMPROVEMENT (Recommendations)", "recommendation"),
        ("DEVELOPMENTAL OBJECTIVE", "recommendation"),
        ("ACTION(s) REQUIRED", "action"),
        ("Recommended actions", "action"),
        ("What will we do?", "action"),
        ("EXPECTED OUTCOME", "outcome"),
        ("How will we know?", "outcome"),
        ("Planned\nCompletion Date", "due"),
        ("WHEN", "due"),
        ("Time-scale", "due"),
        ("Revised date", "revised_due"),
        ("Date completed", "completed_on"),
        ("Lead Officer / Agency", "owner"),
        ("By whom", "owner"),
        ("Lead agency", "agency"),
        ("RAG status", "rating"),
        ("Action status", "status"),
        ("Completed? (Y/N)", "status"),
        ("PROGRESS\nat MARCH 2014", "progress"),
        ("Progress against agreed action and impact monitoring", "progress"),
        ("Evidence of impact", "evidence"),
        ("Cost", ""),
        ("Start date", ""),
    ],
)
def test_a_heading_is_understood(heading, field):
    assert meaning_of(heading, {}).field == field


def test_a_mapping_goes_before_the_guess():
    assert meaning_of("Remarks", {"action": "REMARKS "}).field == "action"
    assert meaning_of("Action", {"action": "Remarks"}).field == ""


@pytest.mark.parametrize(
    ("text", "owners"),
    [
        ("Officer A\nOfficer B", ("Officer A", "Officer B")),
        ("Jane Smith; Named GP", ("Jane Smith", "Named GP")),
        ("Police / Health", ("Police", "Health")),
        ("a@x.example, b@x.example", ("a@x.example", "b@x.example")),
        ("Head of Service, Children", ("Head of Service, Children",)),
        ("Operations Managers (two)", ("Operations Managers (two)",)),
        ("Head of\nSafeguarding", ("Head of Safeguarding",)),
        ("- Designated Nurse\n- Named GP\n- Named GP", ("Designated Nurse", "Named GP")),
        ("TBC", ()),
        ("", ()),
    ],
)
def test_owners_are_split_only_where_it_is_safe(text, owners):
    assert read_owners(text) == owners


def test_an_owner_who_may_be_several_is_put_to_a_person():
    assert doubt_about_owner("Head of Service, Children")
    assert doubt_about_owner("As above")
    assert not doubt_about_owner("Designated Nurse")


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("Complete", "yes"),
        ("COMPLETED.", "yes"),
        ("Closed", "yes"),
        ("Done", "yes"),
        ("Completed 12/03/2015", "yes"),
        ("Complete - March 2015", "yes"),
        ("Not complete", "no"),
        ("Incomplete", "no"),
        ("Nearly complete", "no"),
        ("To be completed by May", "no"),
        ("In progress", "no"),
        ("Complete apart from GPs", "doubt"),
        ("Embedded", "doubt"),
        ("No longer required", "stopped"),
        ("", "not_stated"),
        ("Green", "not_stated"),
        ("Blue", "not_stated"),
    ],
)
def test_only_a_plain_status_completes(text, completed):
    assert read_state(text).completed == completed


def test_yes_completes_only_where_the_heading_asks():
    assert read_state("Yes", asks_if_complete=True).completed == "yes"
    assert read_state("Yes").completed == "no"


@pytest.mark.parametrize(
    "text",
    ["Action completed.\nTo be reviewed", "July 2013: completed", "Now fully complete", "Completed 12 March 2024."],
)
def test_progress_that_claims_completion_is_noticed(text):
    assert claims_completion(text)


@pytest.mark.parametrize(
    "text",
    [
        "5 out of 9 authorities have completed this, 4 of the others are nearing completion",
        "all have completed or have nearly completed this",
        "53 assessments completed between April and July",
        "March 2014 – common dataset now finalised",
        "Not yet completed",
    ],
)
def test_progress_that_counts_or_denies_claims_nothing(text):
    assert not claims_completion(text)


def test_references_are_made_plain_before_they_are_compared():
    assert plain_reference(" 1. ") == "1"
    assert plain_reference("１.1") == "1.1"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("(1a) Raise", "1a"),
        ("ii. Train", "ii"),
        ("1.1 Review", "1.1"),
        ("R2: Audit", "R2"),
        ("53 cases seen", ""),
        ("A plan", ""),
    ],
)
def test_a_reference_inside_a_text_is_found(text, label):
    assert label_of(text) == label


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("Not started", "not_started"),
        ("Yet to begin", "not_started"),
        ("0%", "not_started"),
        ("On track", "in_progress"),
        ("50% complete", "in_progress"),
        ("Open – Partially Addressed", "in_progress"),
        ("On hold", "blocked"),
        ("Awaiting funding", "blocked"),
        ("Deferred to 2027", "blocked"),
        ("100%", "closed_complete"),
        ("Closed – Implemented", "closed_complete"),
        ("Closed - Superseded", "superseded"),
        ("Merged with 5", "superseded"),
        ("Duplicate of A2", "superseded"),
        ("Rejected", "rejected"),
        ("No longer applicable", "no_longer_needed"),
        ("Discontinued", "no_longer_needed"),
        ("Transferred to the adults board", "transferred"),
        ("Complete awaiting impact", "complete_awaiting_impact"),
    ],
)
def test_a_state_that_is_said_plainly_is_taken(text, stage):
    assert read_state(text).stage == stage


@pytest.mark.parametrize(
    ("text", "likeliest"),
    [
        ("addressed", "complete"),
        ("in place", "complete"),
        ("Delivered", "complete"),
        ("sign off", "complete"),
        ("Awaiting sign-off", "complete"),
        ("now complete, will be signed off", "complete"),
        ("✅", "complete"),
        ("Closed – Not Implemented", "not_needed"),
        ("Withdrawn - funding ended", "not_needed"),
        ("Risk accepted", "not_needed"),
        ("N/A", "not_needed"),
        ("2", "in_progress"),
    ],
)
def test_what_may_mean_an_end_is_asked_with_the_likeliest_answer_first(text, likeliest):
    state = read_state(text)

    assert (state.stage, bool(state.reason)) == (None, True)
    assert stage_name(state.offered[0]) == likeliest


@pytest.mark.parametrize("text", ["not addressed", "Not in place", "To be completed by May", "Open", "Red"])
def test_what_says_nothing_of_an_end_is_not_asked(text):
    assert read_state(text).reason == ""


def test_codes_and_percentages_are_read_by_their_heading():
    assert read_state("1").completed == read_state("Fully Achieved").completed == "doubt"
    assert read_state("100", asks_percent=True).completed == "yes"
    assert read_state("0.5", asks_percent=True).stage == "in_progress"
    assert read_state("1", asks_percent=True).completed == "doubt"


@pytest.mark.parametrize(
    ("text", "owners"),
    [
        ("CSE group/ Training sub.", ("CSE group", "Training sub.")),
        ("Smith, Jane;#14;#Hall, Tom", ("Smith, Jane", "Hall, Tom")),
        ("Jane Smith;Tom Hall", ("Jane Smith", "Tom Hall")),
        ("i:0#.f|membership|a@b.example", ("i:0#.f|membership|a@b.example",)),
        ("Unassigned", ()),
    ],
)
def test_owners_of_other_tools_are_parted(text, owners):
    assert read_owners(text) == owners
