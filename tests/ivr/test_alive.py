"""The word to the service manager: a server that hangs must be ended, so it must fall silent."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ivr.alive import Alive


@contextmanager
def manager(address: str) -> Iterator[socket.socket]:
    """Its datagram socket, as systemd has one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.bind(address)
        ours.settimeout(20)
        yield ours


@pytest.mark.parametrize("abstract", [False, True])
def test_it_is_told_that_we_are_ready_live_and_stop(tmp_path: Path, abstract: bool) -> None:
    """On a socket in a folder, and on one without a file, which systemd writes with @."""
    name = f"@ivr-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with manager(name.replace("@", "\0")) as told:
        alive = Alive({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000", "WATCHDOG_PID": str(os.getpid())})
        alive.start()
        assert [told.recv(100) for _ in range(4)] == [b"READY=1", *[b"WATCHDOG=1"] * 3]
        alive.stopping()
        while told.recv(100) != b"STOPPING=1":
            pass
        assert told.recv(100) == b"WATCHDOG=1"  # the last calls may take long
        alive.stop()


def test_a_hub_that_hangs_says_nothing(tmp_path: Path) -> None:
    """The word comes from where calls are lived, not from a thread beside it."""
    with manager(str(tmp_path / "notify")) as told:
        alive = Alive({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "3000"})
        alive.start()
        assert told.recv(100) == b"READY=1"
        told.setblocking(False)
        until = time.monotonic() + 0.05
        while time.monotonic() < until:  # the hub gets no turn, as in an endless loop
            with pytest.raises(BlockingIOError):
                told.recv(100)
        told.settimeout(20)
        assert told.recv(100) == b"WATCHDOG=1"
        alive.stop()


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"WATCHDOG_USEC": "1000"},
        {"NOTIFY_SOCKET": "/nowhere/at/all", "WATCHDOG_USEC": "1000000"},
        {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "often"},
    ],
)
def test_without_a_manager_nothing_happens(environment: dict[str, str]) -> None:
    """Nor with one that is gone, or says what it cannot mean."""
    alive = Alive(environment)
    alive.start()
    alive.stopping()
    alive.stop()


def test_another_process_watchdog_is_not_ours(tmp_path: Path) -> None:
    """Children inherit the variables; they are not watched."""
    with manager(str(tmp_path / "notify")) as told:
        about = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "3000", "WATCHDOG_PID": "1"}
        alive = Alive(about)
        alive.start()
        assert told.recv(100) == b"READY=1"
        assert alive._greenlet is None
        alive.stop()
