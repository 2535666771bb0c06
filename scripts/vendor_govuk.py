"""Fetches the style and script of GOV.UK Frontend, and takes out of them what only GOV.UK may use.

Run as ``python -m scripts.vendor_govuk`` when the version changes; needs npm. The result is committed.
"""

import base64
import hashlib
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

VERSION = "6.3.0"
"""The version whose markup govuk-frontend-jinja 4.1.0 renders."""

INTEGRITY = "sha512-cXIQxm5PHCsbic47GXZrVBZhAeeshTLRL6ZBKilLsR6rMCjJuWb7Fruq0VUNMBJFlJk/srsRj/q8d5bM9cgKoA=="
FOLDER = Path(__file__).parents[1] / "web" / "static" / f"govuk-frontend-{VERSION}"
STYLE, SCRIPT, LICENCE, SUMS = "govuk-frontend.min.css", "govuk-frontend.min.js", "LICENCE.txt", "SHA256SUMS"

GOVUK_BLUE, OUR_COLOUR = "#1d70b8", "#14505a"


def vendor(folder: Path = FOLDER) -> None:
    """Fetch the package, check it and write style, script and checksums; the licence is not in it and already here."""
    with tempfile.TemporaryDirectory() as scratch:
        package = _fetch(Path(scratch))
        style, script = _member(package, STYLE), _member(package, SCRIPT)
    (folder / STYLE).write_text(without_the_crown(style), encoding="utf-8")
    (folder / SCRIPT).write_text(_without_source_map(script), encoding="utf-8")
    (folder / SUMS).write_text(checksums(folder), encoding="utf-8")


def without_the_crown(style: str) -> str:
    """The style as a service outside GOV.UK may use it: no GDS Transport, crown, crest or GOV.UK blue."""
    style = re.sub(r"@font-face\{[^}]*\}", "", style)
    style = style.replace("GDS Transport,arial,sans-serif", "var(--ft-font)")
    style = re.sub(r"[^{}]*(?:__crown|__copyright-logo:before)\{[^}]*\}", "", style)
    return _without_source_map(style.replace(GOVUK_BLUE, OUR_COLOUR))


def checksums(folder: Path) -> str:
    """One line for each vendored file, as sha256sum writes them."""
    names = sorted((STYLE, SCRIPT, LICENCE))
    return "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names)


def _fetch(scratch: Path) -> Path:
    command = ["npm", "pack", f"govuk-frontend@{VERSION}", "--silent", "--pack-destination", str(scratch)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # fixed words, no outside text
    (package,) = scratch.glob("*.tgz")
    found = "sha512-" + base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if found != INTEGRITY:
        raise SystemExit(f"govuk-frontend {VERSION} is not the package we know: {found}")
    return package


def _member(package: Path, name: str) -> str:
    with tarfile.open(package) as archive:
        member = archive.extractfile(f"package/dist/govuk/{name}")
        if member is None:
            raise SystemExit(f"{name} is missing from the package")
        return member.read().decode("utf-8")


def _without_source_map(text: str) -> str:
    return re.sub(r"\s*(?:/\*#|//#) sourceMappingURL=.*\s*\Z", "\n", text)


if __name__ == "__main__":
    vendor()
