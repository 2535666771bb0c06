"""The shape of the product: how many modules, how long, and which are the shortest and the longest.

There is no limit: a short module may be right, twenty of them in a row are not. A person judges.
"""

import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
PACKAGES = ("workflows", "reviews", "notifications", "web", "scripts")
LISTED = 15


def lengths() -> list[tuple[int, str]]:
    """Give the lines of every module that has any, and its path, the shortest first."""
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    counted = (
        (len(path.read_text(encoding="utf-8").splitlines()), path.relative_to(ROOT).as_posix()) for path in paths
    )
    return sorted((length, path) for length, path in counted if length)


def report() -> str:
    found = lengths()
    counts = [length for length, _ in found]
    return "\n".join(
        [
            f"{len(found)} modules, {sum(counts):,} lines, median {median(counts):.0f}",
            "",
            "The shortest:",
            *(f"{length:6} {path}" for length, path in found[:LISTED]),
            "",
            "The longest:",
            *(f"{length:6} {path}" for length, path in found[-LISTED:]),
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(report() + "\n")
