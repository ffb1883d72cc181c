"""The embedded switch as a process of its own, and what it says when it cannot be one."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from esl.embedded.caller import ScriptedCaller
from esl.embedded.config import read_config, split_address
from esl.embedded.errors import AddressTakenError, ConfigurationError
from esl.embedded.switch import EmbeddedSwitch


def start(tmp_path: Path, **config: object) -> subprocess.Popen[str]:
    file = tmp_path / "switch.json"
    file.write_text(json.dumps({"event_socket": "127.0.0.1:0", "line": "127.0.0.1:0", **config}))
    return subprocess.Popen(
        [sys.executable, "-m", "esl.embedded", "--config", str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "parent"])
def test_ready_line_and_orderly_end(tmp_path: Path, how: str) -> None:
    """One line tells the addresses; a caller can join; a signal, or the parent's end, ends it with 0."""
    extensions = [{"destination": "9100", "actions": [["answer"], ["park"]]}]
    process = start(tmp_path, extensions=extensions)
    assert process.stdout is not None
    assert process.stdin is not None
    ready = json.loads(process.stdout.readline())
    assert ready["ready"] is True
    assert ready["pid"] == process.pid
    caller = ScriptedCaller(split_address(ready["line"]), destination="9100")
    caller.join()
    assert caller.wait_for_answer()
    with socket.create_connection(split_address(ready["event_socket"])) as client:
        client.sendall(f"auth {ready['password']}\n\napi status\n\n".encode())
        received = b""
        while b" session(s) max" not in received:
            received += client.recv(4096)
    if how == "parent":
        process.stdin.close()
    else:
        process.send_signal(getattr(signal, how))
    assert caller.wait_hangup(20) == "MANAGER_REQUEST"
    assert process.wait(20) == 0
    assert process.stdout.read() == ""


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """Status 2 and one line with the remedy, as a process and in one's own."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        process = start(tmp_path, line=address)
        _, complaint = process.communicate(timeout=20)
        with pytest.raises(AddressTakenError, match="another address"):
            EmbeddedSwitch(read_config({"event_socket": "127.0.0.1:0", "line": address})).start()
    assert process.returncode == 2
    assert len(complaint.strip().split("\n")) == 1
    assert address in complaint


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "not JSON"),
        ('{"lines": "x"}', "lines: Extra inputs"),
        ('{"line": "nowhere"}', "line: Value error, 'nowhere' is no host:port"),
        ('{"password": "short"}', "password"),
        ('{"extensions": [{"destination": "9100", "actions": []}]}', "extensions.0.actions"),
        (
            '{"queues": [{"name": "q", "agents": [{"name": "a", "talks_for": 0}]}]}',
            "queues.0.agents.0.talks_for",
        ),
    ],
)
def test_a_configuration_that_makes_no_sense(tmp_path: Path, content: str, complaint: str) -> None:
    """One line that names the file, the place and the problem."""
    file = tmp_path / "switch.json"
    file.write_text(content)
    with pytest.raises(ConfigurationError) as fault:
        read_config(file)
    assert complaint in str(fault.value)
    assert str(file) in str(fault.value)
    assert "\n" not in str(fault.value)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_config(tmp_path / "none.json")


def test_extensions_match_whole_numbers() -> None:
    """A pattern is for all of the number called, a broken one is taken literally, a plus is no operator."""
    actions = [["park"]]
    config = read_config(
        {
            "extensions": [
                {"destination": "+34600", "actions": actions},
                {"destination": "(9\\d)00", "actions": actions},
                {"destination": "*98(", "actions": actions},
            ]
        }
    )
    plus, pattern, broken = config.extensions
    assert plus.matches("+34600")
    assert not plus.matches("34600")
    assert pattern.matches("9100") == ("9100", "91")
    assert not pattern.matches("91001")
    assert broken.matches("*98(") == ("*98(", "*98(")
