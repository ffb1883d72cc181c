"""The same contracts on both switches; FreeSWITCH's are skipped by name where it is not installed."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.contract.bridged import EVENTS, Line
from tests.contract.on_embedded import EmbeddedPlace
from tests.contract.on_freeswitch import FreeSwitchPlace, configuration
from tests.contract.place import Application, Place, gone
from tests.freeswitch.conftest import need_freeswitch
from tests.freeswitch.harness import EslSocket, free_port, freeswitch


@pytest.fixture(
    scope="session", params=["embedded", pytest.param("freeswitch", marks=pytest.mark.freeswitch)]
)
def switch(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The switch under test, for the whole run."""
    if request.param == "embedded":
        here = EmbeddedPlace(tmp_path_factory.mktemp("contract"))
        with here.switch:
            yield here
        return
    need_freeswitch()
    port = free_port()
    with freeswitch(configuration(port)) as real:
        yield FreeSwitchPlace(real, port)


@pytest.fixture
def place(switch: Place) -> Iterator[Place]:
    """The same, and whoever is still on the line after a test hangs up; no leg may be left."""
    yield switch
    switch.hang_up_all()
    gone(switch)


@pytest.fixture
def application(place: Place) -> Iterator[Application]:
    """Our server, where the dialplan looks for it."""
    ours = Application(place.port)
    yield ours
    ours.close()


@pytest.fixture
def events(place: Place) -> Iterator[EslSocket]:
    """A connection for events and commands, logged in; it has asked for none yet."""
    address, password = place.events
    esl = EslSocket(socket.create_connection(address, timeout=5))
    esl.reply()
    assert esl.command(f"auth {password}").headers["Reply-Text"] == "+OK accepted"
    yield esl
    esl.close()


@pytest.fixture
def line(place: Place, application: Application, events: EslSocket) -> Line:
    """A caller, and the events of all that is called for them."""
    line = Line(events, place, application)
    events.command(EVENTS)
    return line
