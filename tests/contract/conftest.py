"""The same contracts on both switches; FreeSWITCH's are skipped by name where it is not installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.on_embedded import EmbeddedPlace
from tests.contract.on_freeswitch import FreeSwitchPlace, configuration
from tests.contract.place import Application, Place, gone
from tests.freeswitch.conftest import need_freeswitch
from tests.freeswitch.harness import free_port, freeswitch


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
