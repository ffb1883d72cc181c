"""Starting worker processes: exec'ed one by one, or forked from an exec'ed template.

Exec'ed (`python -m speech.worker_…`) and never forked from the server itself: that one is patched by
gevent and full of sockets. The worker's standard input is its socket, so it ends when the server does.
"""

from __future__ import annotations

import array
import json
import logging
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import gevent
import gevent.lock
import gevent.socket
import gevent.subprocess

from speech.errors import WorkerLost, WorkerUnfit
from speech.frames import Decoder

LOG = logging.getLogger("speech.workers")

START_TIMEOUT = 60.0
"""Seconds until a worker must have loaded its models."""


@dataclass
class Spawned:
    """A worker that has just been started: its socket, and how to end it by force."""

    connection: gevent.socket.socket
    kill: Callable[[int], None]
    """Called with the pid that the worker reported, 0 if it has not."""
    last_words: Callable[[], str] = lambda: ""


class Spawner(Protocol):
    """A way of starting workers."""

    name: str

    def spawn(self, progress: Callable[[str], None]) -> Spawned: ...

    def close(self) -> None: ...


class Program:
    """Workers that are exec'ed one by one from a module of this package."""

    def __init__(self, module: str, settings: Mapping[str, object]) -> None:
        self.name = module.rpartition(".")[2]
        self._arguments = [sys.executable, "-m", module, json.dumps(settings)]

    def spawn(self, progress: Callable[[str], None]) -> Spawned:
        """Starts a process. Raises `WorkerLost` if the system refuses."""
        del progress
        ours, theirs = gevent.socket.socketpair()
        try:
            process = gevent.subprocess.Popen(
                self._arguments,
                stdin=theirs.fileno(),
                stdout=gevent.subprocess.DEVNULL,
                stderr=gevent.subprocess.PIPE,
                cwd=str(Path(__file__).resolve().parent.parent),
                env=worker_environment(),
            )
        except OSError as fault:
            ours.close()
            raise WorkerLost(f"{self.name} cannot be started: {fault}") from None
        finally:
            theirs.close()
        tail: deque[str] = deque(maxlen=20)
        listener = gevent.spawn(_listen, process, tail)

        def last_words() -> str:
            listener.join(timeout=0.5)  # its last lines may still be on their way
            return " / ".join(list(tail)[-3:])

        return Spawned(ours, lambda _pid: _kill(process), last_words)

    def close(self) -> None:
        """Nothing is kept between workers."""


class Template:
    """Workers that a template process forks, so that they share the models that it has loaded."""

    def __init__(self, program: Program, *, start_timeout: float = START_TIMEOUT) -> None:
        self.name = program.name
        self._program = program
        self._start_timeout = start_timeout
        self._template: Spawned | None = None
        self._turn = gevent.lock.BoundedSemaphore(1)

    def spawn(self, progress: Callable[[str], None]) -> Spawned:
        """Forks a worker off the template, which is started first if it is not there.

        Raises `WorkerLost`.
        """
        with self._turn:
            if self._template is not None:
                try:
                    return self._fork(self._template)
                except OSError:
                    self.close()  # it has died since; a new one is made below
            self._template = self._start(progress)
            try:
                return self._fork(self._template)
            except OSError:
                self.close()
                raise WorkerLost(f"{self.name}: the template process ended") from None

    @staticmethod
    def _fork(template: Spawned) -> Spawned:
        ours, theirs = gevent.socket.socketpair()
        try:
            _send_descriptor(template.connection, theirs.fileno())
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        return Spawned(ours, _kill_pid, template.last_words)

    def _start(self, progress: Callable[[str], None]) -> Spawned:
        template = self._program.spawn(progress)
        overdue = gevent.Timeout(self._start_timeout)
        overdue.start()
        try:
            self._await_ready(template, progress)
            return template
        except BaseException as fault:
            template.connection.close()
            template.kill(0)
            if fault is overdue:
                raise WorkerLost(f"{self.name} was not ready after {self._start_timeout:g} s") from None
            raise
        finally:
            overdue.close()

    def _await_ready(self, template: Spawned, progress: Callable[[str], None]) -> None:
        decoder = Decoder()
        while data := template.connection.recv(1 << 16):
            for header, _body in decoder.push(data):
                match header.get("op"):
                    case "ready":
                        return
                    case "progress":
                        progress(str(header.get("text")))
                    case "fatal":
                        raise WorkerUnfit(f"{self.name}: {header.get('text')}")
        raise WorkerLost(f"{self.name} ended while starting: {template.last_words()}")

    def close(self) -> None:
        """Ends the template; its workers go on until their own sockets close."""
        if self._template is not None:
            self._template.connection.close()
            self._template.kill(0)  # it leaves by itself, unless it hangs
            self._template = None


def worker_environment() -> dict[str, str]:
    """The server's environment, with this package importable and one thread of algebra per process."""
    kept = dict(os.environ)
    ours = str(Path(__file__).resolve().parent.parent)
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (ours, kept.get("PYTHONPATH"))))
    # One thread of linear algebra per process: workers are the unit of parallelism, and idle
    # OpenMP threads that spin take the core that a call needs.
    kept.setdefault("OMP_NUM_THREADS", "1")
    kept.setdefault("OPENBLAS_NUM_THREADS", "1")
    kept["HF_HUB_OFFLINE"] = "1"
    return kept


def _listen(process: gevent.subprocess.Popen[bytes], tail: deque[str]) -> None:
    assert process.stderr is not None
    with process.stderr as stream:
        for line in stream:
            text = line.decode(errors="replace").strip()
            if text:
                tail.append(text[:300])
                LOG.debug("worker %d: %s", process.pid, text)
    process.wait()


def _kill(process: gevent.subprocess.Popen[bytes]) -> None:
    """Gives the process two seconds to leave by itself, without making the caller wait."""

    def end() -> None:
        try:
            process.wait(timeout=2)
        except gevent.subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    gevent.spawn(end)


def _kill_pid(pid: int) -> None:
    """Ends a worker that a template forked (its closed socket does it first), also one that hangs."""
    if not pid:
        return
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _send_descriptor(connection: gevent.socket.socket, descriptor: int) -> None:
    rights = array.array("i", [descriptor])
    connection.sendmsg([b"F"], [(gevent.socket.SOL_SOCKET, gevent.socket.SCM_RIGHTS, rights)])
