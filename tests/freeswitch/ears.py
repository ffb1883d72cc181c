"""Callers' and agents' ears and mouths, in a process of their own: a busy test must not be late for RTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ivr.config import CHECKOUT


@contextmanager
def ears_of(module: str, *arguments: int) -> Iterator[tuple[list[int], subprocess.Popen[str]]]:
    """Runs a module beside this one: the ports that it listens at, and the process, which reports at the end
    of its input.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.freeswitch.{module}", *map(str, arguments)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline()), process
    finally:
        process.kill()
        process.wait(timeout=5)
        process.stdout.close()
