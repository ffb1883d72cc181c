"""The captures in tests/traces are what this FreeSWITCH does today: each call is made again and compared."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from tests.freeswitch.capture import CAPTURES, skeleton
from tests.freeswitch.conftest import Scene
from tests.freeswitch.harness import OutboundPort

TRACES = Path(__file__).parents[1] / "traces"


@pytest.mark.freeswitch
@pytest.mark.parametrize("name", CAPTURES)
def test_the_capture_still_holds(scene: Scene, server: OutboundPort, name: str) -> None:
    """The embedded switch and our client are built on these; a new FreeSWITCH that differs must be seen."""
    stored = skeleton((TRACES / f"{name}.esl").read_bytes())
    today = skeleton(CAPTURES[name]((scene.switch, server)))
    for then, now in ((stored.exchange, today.exchange), (stored.events, today.events)):
        differences = list(difflib.unified_diff(then, now, "stored", "today", lineterm="", n=1))
        assert not differences, "\n".join(differences)


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_names_no_machine(name: str) -> None:
    """They are published: no host name but `vm`, no address but documentation's, no path, no password."""
    text = (TRACES / f"{name}.esl").read_bytes()
    for line in text.splitlines():
        key, _, value = line.partition(b": ")
        if key in (b"FreeSWITCH-Hostname", b"FreeSWITCH-Switchname"):
            assert value == b"vm"
        if key == b"FreeSWITCH-IPv4":
            assert value == b"192.0.2.2"
        if key == b"FreeSWITCH-IPv6":
            assert value == b"fd00%3A%3A2"
        if line.startswith(b">>> auth"):
            assert line == b">>> auth secret"
    assert not any(path in text for path in (b"/tmp/", b"/home/", b"/usr/"))
