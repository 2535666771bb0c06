"""Reading a reminder policy from a file, and reporting faults with their lines."""

import pytest

from workflows.core.vocabulary import Ladder, Role, Rung
from workflows.definitions.shared.ladder_policies import POLICIES
from workflows.files.policy_files import read_policy, write_policy
from workflows.files.read import NotADefinition

OURS = Ladder(
    "ours",
    "Ours: every week",
    (Rung("due+7", 7, frozenset({Role.AGENCY_LEAD}), every=7, deputy=True),),
    "",
)


@pytest.mark.parametrize("ladder", [*POLICIES.values(), OURS], ids=lambda ladder: ladder.name)
def test_what_is_written_reads_back_the_same(ladder):
    read, begins = read_policy(write_policy(ladder, "06:45"), "ours.yaml")

    assert (read.name, read.title, read.rungs, begins) == (ladder.name, ladder.title, ladder.rungs, "06:45")


def test_a_file_may_say_no_hour():
    text = "format: followthrough-reminders-1\nname: a\ntitle: A\nrungs:\n  - name: due+1\n    tells: deputy\n"

    assert read_policy(text, "a.yaml")[1] == ""


@pytest.mark.parametrize(
    ("line", "instead", "fault"),
    [
        ("format: followthrough-reminders-1", "format: another-1", "x.yaml:1: format of the policy is unknown: “anoth"),
        ("name: ours", "names: ours", "x.yaml:2: the policy has an unknown key, “names”. Did you mean name?"),
        ("  - name: due+7", "  - name: later", "x.yaml:6: name of rung later must be a rung such as due-30, due,"),
        ("every: 7", "every: often", "x.yaml:7: every of rung due+7 must be a whole number from 1 to 400"),
        ("agency_lead", "agency", "x.yaml:8: tells of rung due+7 is unknown: “agency”."),
        ("rungs:", "rungs: [", "x.yaml:6: this is not YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(line, instead, fault):
    text = write_policy(OURS, "07:30").replace(line, instead, 1)

    with pytest.raises(NotADefinition) as told:
        read_policy(text, "x.yaml")
    assert any(each.startswith(fault) for each in told.value.faults), told.value.faults
