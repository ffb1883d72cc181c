"""The captures in tests/traces are what this FreeSWITCH does today: each call is made again and compared."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from tests.freeswitch.capture import CAPTURES, HOST, nameless, skeleton
from tests.freeswitch.conftest import Scene
from tests.freeswitch.harness import OutboundPort

TRACES = Path(__file__).parents[1] / "traces"


@pytest.mark.freeswitch
@pytest.mark.parametrize("name", CAPTURES)
def test_the_capture_still_holds(scene: Scene, server: OutboundPort, name: str) -> None:
    """The embedded switch and our client are built on these; a new FreeSWITCH that differs must be seen."""
    stored = skeleton((TRACES / f"{name}.esl").read_bytes())
    today = skeleton(CAPTURES[name]((scene.switch, server)))
    pairs = [(stored.exchange, today.exchange)]
    if name == "originate-early-media-inbound":  # its last call ends with two events in either order
        pairs.append((tuple(sorted(stored.events)), tuple(sorted(today.events))))
    else:
        pairs.append((stored.events, today.events))
    for then, now in pairs:
        differences = list(difflib.unified_diff(then, now, "stored", "today", lineterm="", n=1))
        assert not differences, "\n".join(differences)


@pytest.mark.parametrize("name", CAPTURES)
def test_a_capture_names_no_machine(name: str) -> None:
    """They are published: no host name but `fs`, no address but documentation's, no path, no password."""
    text = (TRACES / f"{name}.esl").read_bytes()
    for line in text.splitlines():
        key, _, value = line.partition(b": ")
        if key.removeprefix(b"variable_") in (b"FreeSWITCH-Hostname", b"FreeSWITCH-Switchname"):
            assert value == HOST
        if key == b"FreeSWITCH-IPv4":
            assert value == b"192.0.2.2"
        if key == b"FreeSWITCH-IPv6":
            assert value == b"fd00%3A%3A2"
        if line.startswith(b">>> auth"):
            assert line == b">>> auth secret"
    assert not any(path in text for path in (b"/tmp/", b"/home/", b"/usr/"))


def test_a_new_capture_forgets_the_machine_and_keeps_its_lengths() -> None:
    """Whoever captures again publishes nothing of their own, and the wire still reads it."""
    body = (
        b"Event-Name: DTMF\nFreeSWITCH-Hostname: build-7.example\nFreeSWITCH-Switchname: build-7.example\n\n"
    )
    message = b"Content-Length: %d\nContent-Type: text/event-plain\n\n%b" % (len(body), body)
    stored = nameless(message)
    head, _, rest = stored.partition(b"\n\n")
    assert rest == b"Event-Name: DTMF\nFreeSWITCH-Hostname: fs\nFreeSWITCH-Switchname: fs\n\n"
    assert head == b"Content-Length: %d\nContent-Type: text/event-plain" % len(rest)
    reply = b"variable_FreeSWITCH-Hostname: build-7\nContent-Type: command/reply\n\n"
    assert nameless(reply) == b"variable_FreeSWITCH-Hostname: fs\nContent-Type: command/reply\n\n"
