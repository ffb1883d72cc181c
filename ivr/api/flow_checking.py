"""Checking flows in a process of its own: it is seconds of plain work, and calls are lived here.

Run as a program it reads one line of JSON (what to check) and writes one (what was found).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from gevent import subprocess
from gevent.lock import BoundedSemaphore
from pydantic import BaseModel, Field

from dialogs.errors import FlowsInvalid
from ivr.api.problems import Problem
from ivr.back_ends import live_schemas
from ivr.config import CHECKOUT, Settings
from ivr.publishing.checkup import checked

DEADLINE = 120.0
"""Seconds."""
_MOST = 100
"""Mistakes that are told."""
_busy = BoundedSemaphore(1)


class Found(BaseModel):
    """What a check has found."""

    sound: bool
    problems: list[str] = Field(description="file:line: what, and what to do")
    failed: list[str] = Field(description="Scripted calls that did not go as expected")
    tests: int = Field(description="Scripted calls that were played")


class _Asked(BaseModel):
    folder: Path
    main: str
    back_ends: Path | None
    studio: Path
    queues: Path | None


def check_beside(settings: Settings) -> Found:
    """Checks the folder of flows as a server would use it. One at a time. Raises `Problem`."""
    asked = _Asked(
        folder=settings.flows_folder,
        main=settings.calls.flow,
        back_ends=settings.back_ends_file,
        studio=settings.prompts_folder / "studio",
        queues=settings.queues_file,
    )
    if not _busy.acquire(blocking=False):
        raise Problem(
            409, "busy", "The flows are being checked already", remedy="Try again when that is over"
        )
    try:
        return _checked_beside(asked)
    finally:
        _busy.release()


def _checked_beside(asked: _Asked) -> Found:
    command = [sys.executable, "-m", "ivr.api.flow_checking"]
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
    if process.returncode:
        raise Problem(503, "no_check", "The check could not be made", remedy="ivr check tells why")
    return Found.model_validate_json(told)


def _main() -> None:
    asked = _Asked.model_validate_json(sys.stdin.read())
    try:
        found = checked(
            asked.folder,
            main=asked.main,
            live=live_schemas(asked.back_ends),
            studio=asked.studio,
            queues=asked.queues,
        )
    except FlowsInvalid as fault:
        answer = Found(sound=False, problems=[str(one) for one in fault.problems], failed=[], tests=0)
    else:
        answer = Found(
            sound=found.sound,
            problems=[str(one) for one in found.problems[:_MOST]],
            failed=[one.title for one in found.failed[:_MOST]],
            tests=found.tests,
        )
    sys.stdout.write(json.dumps(answer.model_dump()))


if __name__ == "__main__":
    _main()
