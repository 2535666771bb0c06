"""Compiled templates, kept from one start to the next: compiling all of them takes more than a second."""

import os
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from jinja2 import BytecodeCache, FileSystemBytecodeCache
from jinja2.bccache import Bucket


class _Files(FileSystemBytecodeCache):
    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):  # a full disk costs time, not a page
            super().dump_bytecode(bucket)


def template_cache() -> BytecodeCache | None:
    """Give the cache in the user's folder for caches, or None where there is no safe one.

    What it holds is executed, so the folder must be this user's, and nobody else may read it or write in it.
    """
    try:
        caches = os.environ.get("XDG_CACHE_HOME") or Path("~", ".cache").expanduser()
        folder = Path(caches, "followthrough", "templates")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except (OSError, RuntimeError):  # a service may have no home, or none that it may write in
        return None
    is_safe = found.st_uid == os.getuid() and found.st_mode & 0o777 == 0o700 and os.access(folder, os.W_OK)
    return _Files(str(folder), f"%s-{version('jinja2')}.cache") if is_safe else None
