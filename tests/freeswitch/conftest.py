"""One FreeSWITCH for the room's tests; skipped by name where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from esl.freeswitch.configuration import Agent, Gateway, Limits, Queue, Server, SwitchConfiguration
from tests.freeswitch.harness import FreeSwitch, OutboundPort, find_freeswitch, free_port, freeswitch


@dataclass
class Scene:
    """A FreeSWITCH whose dialplan tries `port` (which nobody listens on unless a test does), then people."""

    switch: FreeSwitch
    port: int
    loading: list[str]
    """What the switch complained about before it took its first call."""

    def server(self) -> OutboundPort:
        return OutboundPort(self.port)


def need_freeswitch() -> None:
    """Skips, by name, where there is none."""
    if find_freeswitch() is None:
        pytest.skip(
            "FreeSWITCH is not installed: put `freeswitch` on PATH, or its folder into FREESWITCH_HOME"
        )


@pytest.fixture(scope="session")
def scene() -> Iterator[Scene]:
    need_freeswitch()
    port = free_port()
    configuration = SwitchConfiguration(
        servers=(Server("127.0.0.1", port),),
        limits=Limits(calls=300, calls_per_second=200),
        queues=(Queue("agents", longest_wait_without_agents=1), Queue("staffed")),
        agents=(Agent("1001", ("staffed",)),),
        gateways=(Gateway("trunk", f"127.0.0.1:{free_port()}", "a&c$${domain}t", register=False),),
    )
    with freeswitch(configuration) as switch:
        yield Scene(switch, port, switch.complaints())


@pytest.fixture
def server(scene: Scene) -> Iterator[OutboundPort]:
    """Our side of the dialplan's `socket`."""
    port = scene.server()
    try:
        yield port
    finally:
        port.close()
