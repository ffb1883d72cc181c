"""Checking flows in a process of its own (`flow_worker`): seconds of plain work, and here calls are lived."""

from __future__ import annotations

import sys

from gevent import subprocess
from gevent.lock import BoundedSemaphore

from ivr.api.flow_worker import Asked, Found
from ivr.api.problems import Problem
from ivr.config import CHECKOUT, Settings

DEADLINE = 600.0
"""Seconds."""
_busy = BoundedSemaphore(1)


def check_beside(settings: Settings) -> Found:
    """Checks the folder of flows as a server would use it. One at a time. Raises `Problem`."""
    asked = Asked(
        folder=settings.flows_folder,
        main=settings.calls.flow,
        back_ends=settings.back_ends_file,
        studio=settings.prompts_folder / "studio",
        queues=settings.queues_file,
        strategies=settings.path(settings.strategies),
        besides=settings.freeswitch.queue_names,
    )
    if not _busy.acquire(blocking=False):
        raise Problem(
            409, "busy", "The flows are being checked already", remedy="Try again when that is over"
        )
    try:
        return _checked_beside(asked)
    finally:
        _busy.release()


def _checked_beside(asked: Asked) -> Found:
    command = [sys.executable, "-m", "ivr.api.flow_worker"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=CHECKOUT
    ) as process:
        try:
            told, _ = process.communicate(asked.model_dump_json().encode(), timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Problem(
                503,
                "slow_check",
                f"The check took longer than {DEADLINE:g} s",
                remedy="ivr check has no limit",
            ) from None
        except BaseException:
            process.kill()  # the server ends: nobody will ask for the answer
            raise
    if process.returncode:
        raise Problem(503, "no_check", "The check could not be made", remedy="ivr check tells why")
    return Found.model_validate_json(told)
