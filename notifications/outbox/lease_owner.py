"""The name under which a process leases letters, and whether that process is still alive."""

import os
import socket
from collections.abc import Iterable
from secrets import token_hex

_START = token_hex(4)


def this_process() -> str:
    """Return the name of this process: machine, process id, and a token that is new with each start."""
    return f"{socket.gethostname()[:60]}|{os.getpid()}|{_START}"


def gone(lease_owners: Iterable[str]) -> list[str]:
    """Return the owners known to be dead: those of this machine whose process has ended."""
    return [lease_owner for lease_owner in lease_owners if _is_gone(lease_owner)]


def _is_gone(lease_owner: str) -> bool:
    machine, number, *_ = [*lease_owner.split("|"), ""]
    if machine != socket.gethostname()[:60] or not number.isdecimal():
        return False
    if int(number) == os.getpid():
        return lease_owner != this_process()
    return not _is_running(int(number))


def _is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
