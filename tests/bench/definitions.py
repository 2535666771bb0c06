"""How long does it take to load every definition and to find it sound? Run alone, it prints the two times of a process.

Counted is our own code, its import included; not Python's start, nor the import of libraries.
"""

import json
import subprocess
import sys
from statistics import median
from time import perf_counter

import transitions  # noqa: F401  # imported before the time is taken
import yaml  # noqa: F401  # imported before the time is taken

from tests.migrating import ROOT

PROCESSES = 7
WANTED = 0.2


def measure_definitions() -> tuple[int, float, float]:
    """Give how many there are, and the seconds to load and check them as they come and out of YAML files: medians."""
    found = [_in_a_process() for _ in range(PROCESSES)]
    return int(found[0][0]), median(each[1] for each in found), median(each[2] for each in found)


def _in_a_process() -> tuple[float, float, float]:
    command = [sys.executable, "-m", "tests.bench.definitions"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    number, brought, read = json.loads(said.stdout)
    return number, brought, read


def _measure() -> tuple[int, float, float]:
    begun = perf_counter()
    # here, because their import is what is measured
    from workflows.catalogue import BUILT_IN
    from workflows.checks import require_sound
    from workflows.definitions.action import ACTION

    every = BUILT_IN.every()
    require_sound([*every, ACTION])
    brought = perf_counter() - begun
    from workflows.files.read import read_workflows
    from workflows.files.write import write_workflow

    texts = [(f"{each.name}-{each.version}.yaml", write_workflow(each)) for each in every]
    begun = perf_counter()
    assert len(read_workflows(texts, [ACTION])) == len(every)
    return len(every), brought, perf_counter() - begun


if __name__ == "__main__":
    print(json.dumps(_measure()))  # noqa: T201  # another process reads it
