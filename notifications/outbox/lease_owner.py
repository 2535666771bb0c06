"""Which process has a letter in its hands, and is it still alive?"""

import os
import socket
from collections.abc import Iterable
from secrets import token_hex

_START = token_hex(4)


def this_process() -> str:
    """Give the name under which this process leases letters: machine, process number, and what tells a restart."""
    return f"{socket.gethostname()[:60]}|{os.getpid()}|{_START}"


def gone(holders: Iterable[str]) -> list[str]:
    """Give the holders known to be dead: those of this machine whose process has ended. Of another's, nobody knows."""
    return [holder for holder in holders if _is_gone(holder)]


def _is_gone(holder: str) -> bool:
    machine, _, rest = holder.partition("|")
    number, _, _ = rest.partition("|")
    if machine != socket.gethostname()[:60] or not number.isdecimal():
        return False
    if int(number) == os.getpid():
        return holder != this_process()
    return not _is_running(int(number))


def _is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
