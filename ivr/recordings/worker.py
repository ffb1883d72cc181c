"""The converting child of the server: `python -m ivr.recordings.worker`.

Its order comes on standard input, one line of JSON (a database's address may hold a password); when that
ends, the server is gone, and so is the child. One child works on a folder, however many servers there are.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import sys
import time
from pathlib import Path

import structlog

from data.errors import DataError
from data.store import Store
from ivr.config import LogSettings
from ivr.logs import configure
from ivr.recordings.converting import Converter

log = structlog.get_logger(__name__)

LOCK = ".converting"
_POLITE = 10  # nice: calls come first


def work(order: dict[str, str], *, every: float) -> None:
    """Looks through the folder every `every` seconds until standard input ends."""
    folder = Path(order["folder"])
    store = Store(order["database"])
    converter = Converter(store, folder, order["format"])  # type: ignore[arg-type] # from checked settings
    told = False
    with (folder / LOCK).open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                converter.look()
                told = False
            except BlockingIOError:
                pass  # another server's child is at it
            except (DataError, OSError) as later:
                if not told:
                    log.warning("recordings_wait", reason=str(later))
                told = True
            if _server_gone(every):
                store.close()
                return


def _server_gone(seconds: float) -> bool:
    """Waits so long, or until the server is gone."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        readable, _, _ = select.select([sys.stdin], [], [], left)
        if readable and not sys.stdin.readline():
            return True
    return False


def main() -> None:
    order = json.loads(sys.stdin.readline())
    configure(LogSettings.model_validate(order.pop("log")))
    os.nice(_POLITE)
    work(order, every=float(order.pop("every")))


if __name__ == "__main__":
    main()
