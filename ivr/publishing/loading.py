"""A folder of flows becomes a `FlowSet` without holding up the calls.

Reading and checking hundreds of steps takes seconds of pure computing. In a thread it would fight with the
calls for the interpreter; so a process beside the server does it, and the server takes over the result in
bites, letting the calls go on between them.
"""

from __future__ import annotations

import gc
import json
import pickle
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gevent
import gevent.subprocess

from dialogs.catalogue import Catalogue, LookupSchema, WriteSchema
from dialogs.flow import Flow, FlowSet
from ivr.back_ends.agreement import OWN, LiveSchemas, differing
from ivr.errors import FlowsNotLoaded
from ivr.publishing.worker import LENGTH
from speech.spawning import worker_environment

LONGEST = 120.0
"""Seconds until a process that reads flows is given up."""
BITE = 0.004
"""Seconds of taking over after which the calls have their turn."""


class FlowReader:
    """Reads folders of flows, each in a process of its own.

    The process for the next folder is up already: to start one takes seconds on a busy machine, and all
    servers are to change over at one instant. Idle, it costs its memory (about 50 MB).
    """

    def __init__(
        self, extra_languages: Sequence[str] = (), *, ahead: bool = True, live: LiveSchemas = OWN
    ) -> None:
        """`ahead`: keep a process ready; without it, one is started when it is needed. `live`: what the
        server can look up and write, which must be as the flows' catalogue says."""
        self._live = live
        self._arguments = [sys.executable, "-m", "ivr.publishing.worker", *extra_languages]
        self._ahead = ahead
        self._ready: gevent.subprocess.Popen[bytes] | None = self._started() if ahead else None

    def __call__(self, folder: Path) -> FlowSet:
        """The flows of the folder, read and checked; waits cooperatively.

        Raises `FlowsNotLoaded` with the first problem of flows that are not sound.
        """
        process, self._ready = self._ready or self._started(), None
        try:
            written, said = process.communicate(f"{folder}\n".encode(), timeout=LONGEST)
        except gevent.subprocess.TimeoutExpired:
            raise _not_loaded(folder, f"not read within {LONGEST:g} s") from None
        finally:
            _end(process)
            if self._ahead:
                self._ready = self._started()
        if process.returncode:
            lines = said.decode(errors="replace").strip().splitlines()
            raise _not_loaded(folder, lines[-1] if lines else f"ended with status {process.returncode}")
        with _uncollected():
            return _taken_over(folder, _Parts(written), self._live)

    def close(self) -> None:
        """Ends the process that waits."""
        self._ahead = False
        if self._ready is not None:
            _end(self._ready)
            self._ready = None

    def _started(self) -> gevent.subprocess.Popen[bytes]:
        return gevent.subprocess.Popen(
            self._arguments,
            env=worker_environment(),
            stdin=gevent.subprocess.PIPE,
            stdout=gevent.subprocess.PIPE,
            stderr=gevent.subprocess.PIPE,
        )


def _end(process: gevent.subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def load_beside(folder: Path, *, extra_languages: Sequence[str] = ()) -> FlowSet:
    """One folder, read by a process that is started for it. Raises `FlowsNotLoaded`."""
    return FlowReader(extra_languages, ahead=False)(folder)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keeps the collector from looking through the new flows, now and later: that would stop all calls.

    Thousands of steps make it run a full collection (50 ms and more). Flows hold no cycles, so that
    counting references frees them. What else is alive at this moment is not looked through either; of
    that, a few objects of the calls under way may never be freed, once for each publish.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


BREATH = 0.001
"""Seconds of rest after a bite. Not 0: that lets waiting greenlets run, but not the loop look at sockets."""


class _Parts:
    """What the process wrote, part by part, with turns for the calls between them."""

    def __init__(self, written: bytes) -> None:
        self._rest = memoryview(written)
        self._turn_began = time.perf_counter()

    def next(self) -> bytes:
        (length,) = LENGTH.unpack_from(self._rest)
        part = self._rest[LENGTH.size : LENGTH.size + length]
        self._rest = self._rest[LENGTH.size + length :]
        if time.perf_counter() - self._turn_began > BITE:
            gevent.sleep(BREATH)
            self._turn_began = time.perf_counter()
        return bytes(part)

    def next_object(self) -> Any:
        return pickle.loads(self.next())  # noqa: S301 - written by our own process just now


def _schemas(told: Mapping[str, Any]) -> dict[str, LookupSchema]:
    return {name: LookupSchema(tuple(by), fields) for name, (by, fields) in told.items()}


def _taken_over(folder: Path, parts: _Parts, live: LiveSchemas) -> FlowSet:
    found = json.loads(parts.next())
    if found["problems"]:
        more = f" (and {len(found['problems']) - 1} more)" if len(found["problems"]) > 1 else ""
        raise _not_loaded(folder, found["problems"][0] + more)
    declared = Catalogue(
        lookups=_schemas(found["lookups"]),
        identities=_schemas(found["identities"]),
        writes={
            name: WriteSchema(values, frozenset(reasons), fields)
            for name, (values, reasons, fields) in found["writes"].items()
        },
    )
    if wrong := [what for _, what in differing(declared, live)]:
        raise _not_loaded(folder, "; ".join(wrong))
    head = parts.next_object()
    flows: dict[str, Flow] = {}
    for size in head.pop("sizes"):
        flow: Flow = parts.next_object()
        steps = dict(parts.next_object() for _ in range(size))
        object.__setattr__(flow, "steps", steps)  # frozen for everybody who is given it, from here on
        flows[flow.name] = flow
    return FlowSet(flows=flows, **head)


def _not_loaded(folder: Path, why: str) -> FlowsNotLoaded:
    return FlowsNotLoaded(
        f"The flows in {folder} cannot be used ({why})", "Publish them again, or go back: ivr flow rollback"
    )
