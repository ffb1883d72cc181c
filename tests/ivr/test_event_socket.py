"""What `ivr doctor` says of the event socket, and what the server asks of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from esl.embedded.config import read_config
from esl.embedded.switch import EmbeddedSwitch
from ivr import doctor_switch
from ivr.config import Settings, SwitchSettings
from ivr.errors import PortTaken
from ivr.finding import Finding
from ivr.server import Server
from ivr.voice import Voice

PASSWORD = "a-long-password"


@pytest.fixture
def switch() -> Iterator[EmbeddedSwitch]:
    """Something with FreeSWITCH's event socket."""
    with EmbeddedSwitch(
        read_config({"event_socket": "127.0.0.1:0", "line": "127.0.0.1:0", "password": PASSWORD})
    ) as switch:
        yield switch


def finding(port: int, password: str | None) -> Finding:
    settings = Settings().model_copy(
        update={
            "switch": SwitchSettings(kind="freeswitch", event_port=port).model_copy(
                update={"event_password": password}
            )
        }
    )
    return doctor_switch.event_socket(settings)


@pytest.mark.parametrize(
    ("kind", "state", "said"),
    [("embedded", "note", "embedded switch serves"), ("freeswitch", "bad", "No call comes in without it")],
)
def test_a_freeswitch_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, state: str, said: str
) -> None:
    """Where it is the switch, no embedded one takes its place."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("FREESWITCH_HOME", raising=False)
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        switch = SwitchSettings(kind=kind, event_port=unheard.getsockname()[1])
        found = doctor_switch.installed(Settings().model_copy(update={"switch": switch}))
    assert found.state == state
    assert said in found.remedy


def test_it_is_let_in(switch: EmbeddedSwitch) -> None:
    """With the version, so that the operator sees whom he reached."""
    found = finding(switch.event_socket_address[1], PASSWORD)
    assert found.state == "good"
    assert "1.11.2" in found.found


def test_a_wrong_password_is_named(switch: EmbeddedSwitch) -> None:
    """The remedy names the setting."""
    found = finding(switch.event_socket_address[1], "wrong")
    assert found.state == "bad"
    assert "switch.event_password" in found.remedy


def test_nobody_there() -> None:
    """The remedy names both: start it, or say where it is."""
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        found = finding(unheard.getsockname()[1], PASSWORD)
    assert found.state == "bad"
    assert "switch.event_host" in found.remedy


def test_no_password_is_no_fault() -> None:
    """Calls go on without; but it could be there."""
    assert finding(8021, None).state == "note"


def test_a_taken_port_is_told_before_the_models_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loading takes a minute, and a fetch much longer: the operator hears of the port at once."""

    def loaded(*_arguments: object, **_named: object) -> Voice:
        raise AssertionError("the models were loaded first")

    monkeypatch.setattr("ivr.rooms.Voice.of", loaded)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        outbound = Settings().outbound.model_copy(update={"port": taken.getsockname()[1]})
        server = Server(Settings(home=tmp_path).model_copy(update={"outbound": outbound}))
        with pytest.raises(PortTaken, match=r"outbound\.port"):
            server.start()
