"""Simulations in a process of their own (`simulation_worker`): minutes of work, and here calls are lived.

Rules:
1. One at a time on each server, `DEADLINE` at most; it ends with the server.
2. The newest `KEPT` are remembered, in memory: whoever asks another server, or after a restart, asks again.
"""

from __future__ import annotations

import json
import pickle
import sys
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import gevent
import structlog
from gevent import subprocess

from data.ids import new_id
from ivr.api.problems import conflict
from ivr.config import CHECKOUT, Settings

log = structlog.get_logger(__name__)

DEADLINE = 900.0
"""Seconds."""
KEPT = 20


@dataclass
class Job:
    """One that was asked for."""

    id: UUID
    begun_at: datetime
    begun_by: str
    state: Literal["running", "done", "failed"] = "running"
    runs: int = 0
    """How many it will be; 0: not known yet."""
    runs_done: int = 0
    figures: dict[str, Any] | None = None
    problem: str = ""
    remedy: str = ""

    def fail(self, problem: str, remedy: str) -> None:
        self.figures, self.problem, self.remedy = None, problem, remedy

    def over(self) -> None:
        """Its process has ended."""
        if self.figures is None and not self.problem:
            self.fail("The simulation broke off", "ivr campaign simulate tells why")
        self.state = "failed" if self.problem else "done"


class Simulations:
    """Those of this server."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[UUID, Job] = OrderedDict()
        self._following: gevent.Greenlet[..., None] | None = None

    def begin(self, settings: Settings, asked: dict[str, Any], *, by: str, at: datetime) -> Job:
        """Begins one; `asked` is the worker's. Raises `Problem`: another one is under way."""
        if self._following is not None and not self._following.dead:
            raise conflict("busy", "Another simulation is under way", "Try again when that is over")
        job = Job(new_id(), at, by)
        self._jobs[job.id] = job
        while len(self._jobs) > KEPT:
            self._jobs.popitem(last=False)
        self._following = gevent.spawn(self._follow, job, pickle.dumps((settings, asked)))
        return job

    def get(self, one: UUID) -> Job | None:
        """By its id."""
        return self._jobs.get(one)

    def close(self) -> None:
        """Ends the one that is under way."""
        if self._following is not None:
            self._following.kill()

    def _follow(self, job: Job, order: bytes) -> None:
        try:
            _lived(job, order)
        except (OSError, ValueError) as refused:  # not begun, or lost in the middle of a line
            log.error("simulation_lost", reason=str(refused))
            job.fail("The simulation broke off", "The operator sees why in the log")
        job.over()


def _lived(job: Job, order: bytes) -> None:
    """Follows one process to its end."""
    command = [sys.executable, "-m", "ivr.api.simulation_worker"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=CHECKOUT
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with gevent.Timeout(DEADLINE):
                process.stdin.write(order)
                process.stdin.close()
                for line in process.stdout:
                    _hear(job, json.loads(line))
        except gevent.Timeout:
            process.kill()
            job.fail(f"It took longer than {DEADLINE:g} s", "ivr campaign simulate has no limit")
        except BaseException:
            process.kill()  # the server ends: nobody will ask for the figures
            raise


def _hear(job: Job, line: dict[str, Any]) -> None:
    match line:
        case {"runs": runs}:
            job.runs = runs
        case {"done": done}:
            job.runs_done = done
        case {"figures": figures}:
            job.figures = figures
        case {"problem": problem, "remedy": remedy}:
            job.fail(problem, remedy)
