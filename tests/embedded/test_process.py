"""The embedded switch as a process of its own, and what it says when it cannot be one."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import gevent
import pytest

from esl.embedded.__main__ import main
from esl.embedded.caller import ScriptedCaller
from esl.embedded.config import read_config, split_address
from esl.embedded.errors import AddressTakenError, ConfigurationError, LineRefusedError
from esl.embedded.switch import EmbeddedSwitch
from tests.embedded.replay import Server


def start(tmp_path: Path, *options: str, **config: object) -> subprocess.Popen[str]:
    file = tmp_path / "switch.json"
    file.write_text(json.dumps({"event_socket": "127.0.0.1:0", "line": "127.0.0.1:0", **config}))
    return subprocess.Popen(
        [sys.executable, "-m", "esl.embedded", "--config", str(file), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "parent"])
def test_ready_line_and_orderly_end(tmp_path: Path, how: str) -> None:
    """One line tells the addresses; a caller can join; a signal, or the parent's end, ends it with 0;
    calls that do not end by themselves are hung up when the time that they have without a parent is over."""
    extensions = [{"destination": "9100", "actions": [["answer"], ["park"]]}]
    process = start(tmp_path, "--linger", "0.5", extensions=extensions)
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
    assert caller.wait_hangup(60) == "MANAGER_REQUEST"
    assert process.wait(60) == 0
    assert process.stdout.read() == ""


@pytest.mark.parametrize("how", ["by itself", "SIGTERM"])
def test_callers_outlive_the_parent(tmp_path: Path, server: Server, how: str) -> None:
    """The parent dies, and with it the server of the call: the caller goes on to the dialplan's next
    action, hears it, and the process ends with the last call (on SIGTERM at once). Nobody else gets in,
    and the ports are free for the parent's successor."""
    tone = "tone_stream://%(1000,0,440)" + (";loops=-1" if how == "SIGTERM" else "")
    call_server = ["socket", f"{server.address} async full"]
    actions = [["set", "socket_resume=true"], call_server, ["answer"], ["playback", tone]]
    process = start(tmp_path, extensions=[{"destination": "9100", "actions": actions}])
    assert process.stdout is not None
    assert process.stdin is not None
    line = split_address(json.loads(process.stdout.readline())["line"])
    caller = ScriptedCaller(line, destination="9100")
    caller.join()
    application = server.accept()
    application.ask("connect")
    process.stdin.close()
    with gevent.Timeout(60, AssertionError("the port was not freed")):
        while not _can_listen(line):
            caller.silent(0.05)
    with pytest.raises(LineRefusedError):
        ScriptedCaller(line, destination="9100").join()
    assert not caller.hung_up.is_set()
    application.close()
    assert caller.wait_for_sound(60)
    if how == "SIGTERM":
        process.terminate()
    assert caller.wait_hangup(60) == ("MANAGER_REQUEST" if how == "SIGTERM" else "NORMAL_CLEARING")
    assert process.wait(60) == 0


def _can_listen(address: tuple[str, int]) -> bool:
    try:
        socket.create_server(address).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("seconds", ["-1", "nan", "soon", "1e9"])
def test_a_linger_that_makes_no_sense(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], seconds: str
) -> None:
    """Status 2, and the option is named."""
    monkeypatch.setattr(sys, "argv", ["esl.embedded", f"--linger={seconds}"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "argument --linger" in capsys.readouterr().err


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """Status 2 and one line with the remedy, as a process and in one's own."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        process = start(tmp_path, line=address)
        _, complaint = process.communicate(timeout=60)
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
