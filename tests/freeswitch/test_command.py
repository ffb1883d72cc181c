"""`ivr freeswitch init`, run as an operator runs it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from ruamel.yaml import YAML as YAML12

from tests.commands import ivr

YAML = """\
outbound: {host: 0.0.0.0, port: 9040, max_calls: 25}
switch: {kind: freeswitch, event_host: 10.0.0.9, event_port: 9021}
recordings: /srv/recordings
freeswitch:
  servers: [10.0.0.1:9040, 10.0.0.2:9040]
  sip_address: 192.0.2.10
  peers: [203.0.113.0/28]
  numbers: ["34911222333"]
  gateways:
    - {name: trunk, proxy: sip.example.net, username: "34911222333", password_file: provider.secret}
  queues:
    - {name: agents, longest_wait: 120}
    - {name: billing}
  agents:
    - {name: "1001", queues: [agents, billing]}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "ivr.yaml").write_text(YAML)
    (tmp_path / "provider.secret").write_text("provided\n")
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/catalogue.yaml").write_text("queues: [billing]\n")
    return tmp_path


def test_the_settings_arrive_in_the_files(home: Path) -> None:
    """The switch and the server agree because both read the same settings."""
    done = ivr(home, "freeswitch", "init", str(home / "conf"))
    assert done.returncode == 0, done.stderr
    dialplan = (home / "conf/dialplan/ivr.xml").read_text()
    assert "10.0.0.1:9040|10.0.0.2:9040 async full" in dialplan
    assert r"^\+?(34911222333)$" in dialplan
    switch = (home / "conf/autoload_configs/switch.conf.xml").read_text()
    assert '"max-sessions" value="51"' in switch
    events = (home / "conf/autoload_configs/event_socket.conf.xml").read_text()
    assert 'value="10.0.0.9"' in events
    assert 'value="9021"' in events
    profile = (home / "conf/sip_profiles/ivr.xml").read_text()
    assert 'value="provided"' in profile
    assert 'recordings_dir=/srv/recordings"' in (home / "conf/freeswitch.xml").read_text()
    queues = ET.parse(home / "conf/autoload_configs/callcenter.conf.xml").iter("queue")
    assert [queue.attrib["name"] for queue in queues] == ["agents@ivr", "billing@ivr"]
    # It says how the server gets the password, and never what it is.
    assert f'event_password: {{file: "{home}/conf/secrets/event_socket"}}' in done.stdout
    assert (home / "conf/secrets/event_socket").read_text().strip() not in done.stdout + done.stderr


def test_every_queue_that_a_flow_names_is_on_the_switch(tmp_path: Path) -> None:
    """A caller whom a flow hands over must not find that the switch has no such queue."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/catalogue.yaml").write_text("queues: [sales, billing]\n")
    done = ivr(tmp_path, "freeswitch", "init", str(tmp_path / "conf"))
    assert done.returncode == 0, done.stderr
    queues = ET.parse(tmp_path / "conf/autoload_configs/callcenter.conf.xml").iter("queue")
    assert [queue.attrib["name"] for queue in queues] == ["agents@ivr", "billing@ivr", "sales@ivr"]


def test_the_second_run_shows_and_changes_nothing(home: Path) -> None:
    """Exit status 0 if there is nothing to do, 1 if there would be; only --force overwrites."""
    folder = str(home / "conf")
    assert ivr(home, "freeswitch", "init", folder).returncode == 0
    again = ivr(home, "freeswitch", "init", folder)
    assert (again.returncode, again.stdout) == (0, f"{folder}: nothing to change\n")
    changed = ivr(home, "freeswitch", "init", folder, IVR_FREESWITCH__SIP_PORT="5999")
    assert changed.returncode == 1
    assert '+      <param name="sip-port" value="5999" />' in changed.stdout.splitlines()
    assert "--force" in changed.stderr
    assert "5999" not in (home / "conf/sip_profiles/ivr.xml").read_text()
    forced = ivr(home, "freeswitch", "init", folder, "--force", IVR_FREESWITCH__SIP_PORT="5999")
    assert forced.returncode == 0
    assert "5999" in (home / "conf/sip_profiles/ivr.xml").read_text()
    assert "5060" in (home / "conf/sip_profiles/ivr.xml.before").read_text()


def test_a_service_starts_with_what_is_there(home: Path) -> None:
    """`--keep` writes what an empty folder needs, then shows what differs, keeps it, and ends with 0."""
    folder, file = str(home / "conf"), home / "conf/sip_profiles/ivr.xml"
    assert ivr(home, "freeswitch", "init", folder, "--keep").returncode == 0
    edited = file.read_text().replace('name="sip-port" value="5060"', 'name="sip-port" value="5999"')
    file.write_text(edited)
    kept = ivr(home, "freeswitch", "init", folder, "--keep")
    assert kept.returncode == 0
    assert '-      <param name="sip-port" value="5999" />' in kept.stdout.splitlines()
    assert "instead of --keep" in kept.stderr
    assert file.read_text() == edited
    assert ivr(home, "freeswitch", "init", folder, "--keep", "--force").returncode == 2


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"IVR_FREESWITCH__SERVERS": "[]"}, "outbound.host is 0.0.0.0"),
        ({"IVR_FREESWITCH__SERVERS": '["ivr"]'}, "not host:port"),
        ({"IVR_FREESWITCH__SERVERS": '["a b:1"]'}, "IPv4 address or a host name"),
        ({"IVR_FREESWITCH__FALLBACK_QUEUE": "sales"}, "agents, billing"),
        ({"IVR_FREESWITCH__LOG_LEVEL": "loud"}, "choose one of"),
        ({"IVR_FREESWITCH__SIP_ADDRESS": "${x}"}, "IP address"),
        ({"IVR_FREESWITCH__SIPADDRESS": "127.0.0.1"}, "no such setting"),
        ({"IVR_SWITCH__EVENT_PORT": "0"}, "from 1 to 65535"),
        ({"IVR_FREESWITCH__SIP_ADDRESS": "0.0.0.0"}, "to which nobody can send"),
        (
            {"IVR_FREESWITCH__RTP_FIRST": "16384", "IVR_FREESWITCH__RTP_LAST": "16400"},
            "carry 9 legs, two each, and there may be 50",
        ),
    ],
)
def test_bad_input_is_one_line_with_the_remedy(home: Path, variables: dict[str, str], words: str) -> None:
    """No stack trace, status 2, nothing written."""
    done = ivr(home, "freeswitch", "init", str(home / "conf"), **variables)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (home / "conf").exists()


def test_a_providers_password_that_is_not_there_is_asked_for(home: Path) -> None:
    """It names the gateway and the file."""
    (home / "provider.secret").unlink()
    done = ivr(home, "freeswitch", "init", str(home / "conf"))
    assert done.returncode == 2
    assert "'trunk' cannot be read from provider.secret" in done.stderr


def test_a_providers_password_with_control_characters_names_its_file(home: Path) -> None:
    """Two lines, or a key that was pressed by mistake."""
    (home / "provider.secret").write_text("one\ntwo\n")
    done = ivr(home, "freeswitch", "init", str(home / "conf"))
    assert done.returncode == 2
    assert "provider.secret" in done.stderr
    assert "control character" in done.stderr


def test_a_second_run_tells_and_closes_secrets_that_others_may_read(home: Path) -> None:
    """Told without --force, and closed with it."""
    folder, secret = home / "conf", home / "conf/secrets/event_socket"
    assert ivr(home, "freeswitch", "init", str(folder)).returncode == 0
    secret.chmod(0o644)
    told = ivr(home, "freeswitch", "init", str(folder))
    assert (told.returncode, told.stdout) == (1, f"{secret}: others than its owner may read it\n")
    assert "--force" in told.stderr
    assert ivr(home, "freeswitch", "init", str(folder), "--force").returncode == 0
    assert secret.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("address", "host", "clients", "words"),
    [
        ("10.0.0.9", "127.0.0.1", '["10.0.0.0/24"]', ["switch.event_host"]),
        ("10.0.0.9", "127.0.0.1", None, ["switch.event_host", "freeswitch.event_clients"]),
        ("10.0.0.9", "10.0.0.9", None, ["freeswitch.event_clients"]),
        ("0.0.0.0", "10.0.0.9", None, ["freeswitch.event_clients"]),
        ("10.0.0.9", "10.0.0.9", '["10.0.0.0/24"]', []),
        ("0.0.0.0", "127.0.0.1", None, []),
        ("127.0.0.1", "localhost", None, []),
    ],
)
def test_an_event_socket_that_the_server_cannot_reach_is_told(
    home: Path, address: str, host: str, clients: str | None, words: list[str]
) -> None:
    """One line for each reason, with the setting that mends it."""
    (home / "ivr.yaml").write_text(YAML.replace("event_host: 10.0.0.9", f"event_host: {host}"))
    given = {"IVR_FREESWITCH__EVENT_ADDRESS": address}
    given |= {} if clients is None else {"IVR_FREESWITCH__EVENT_CLIENTS": clients}
    done = ivr(home, "freeswitch", "init", str(home / "conf"), **given)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == len(words)
    assert all(word in line for word, line in zip(words, lines, strict=True))


def test_sound_files_that_are_not_there_are_told(home: Path) -> None:
    """The last words to a caller whom nobody served must not be silence. It is written all the same: the
    sound may be on another machine, or come later."""
    there = home / "wait.wav"
    there.write_bytes(b"RIFF")
    sounds = {"IVR_FREESWITCH__APOLOGY": "/nonexist/sorry.wav", "IVR_FREESWITCH__HOLD_MUSIC": str(there)}
    done = ivr(
        home,
        "freeswitch",
        "init",
        str(home / "conf"),
        **sounds,
        IVR_FREESWITCH__EVENT_CLIENTS='["10.0.0.0/24"]',
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("Warning: freeswitch.apology is /nonexist/sorry.wav, and no such file")
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("name", ["conf", "a, b} #c", 'it\'s "so": \\x', "ñ", "a\u2028b\x7f", "- [x"])
def test_the_printed_settings_are_yaml_whatever_the_folder_is_called(home: Path, name: str) -> None:
    """They are copied into ivr.yaml; a `#` or a `}` in a path must not cut it short."""
    done = ivr(home, "freeswitch", "init", str(home / name))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    printed = YAML12(typ="safe").load(
        "\n".join(lines[next(n for n, line in enumerate(lines) if line == "  switch:") :])
    )
    assert printed["switch"]["event_password"] == {"file": f"{home}/{name}/secrets/event_socket"}


def test_a_password_that_is_in_use_is_taken_over(home: Path) -> None:
    """A server that already knows its switch's password keeps it."""
    (home / "ivr.yaml").write_text(
        YAML.replace("event_port: 9021", "event_port: 9021, event_password: {env: EVENT_PASSWORD}")
    )
    done = ivr(home, "freeswitch", "init", str(home / "conf"), EVENT_PASSWORD="in use")
    assert done.returncode == 0, done.stderr
    assert 'value="in use"' in (home / "conf/autoload_configs/event_socket.conf.xml").read_text()
    assert "event_password" not in done.stdout


AGENTS = """\
agents:
  1001: {skills: [billing], pin: null}
  1002: {queues: [agents]}
"""


def tiers(home: Path) -> set[tuple[str, str]]:
    found = ET.parse(home / "conf/autoload_configs/callcenter.conf.xml").iter("tier")
    return {(tier.attrib["queue"], tier.attrib["agent"]) for tier in found}


def test_agents_yaml_may_name_the_fallback_queue_and_takes_no_telephone_away(home: Path) -> None:
    """What `freeswitch.agents` asks for stays when an agents.yaml declares the same people."""
    (home / "ivr.yaml").write_text(YAML.replace("queues: [agents, billing]}", "queues: [agents]}"))
    (home / "flows/queues.yaml").write_text("queues:\n  billing: {skills: [billing]}\n")
    (home / "flows/agents.yaml").write_text(AGENTS)
    done = ivr(home, "freeswitch", "init", str(home / "conf"))
    assert done.returncode == 0, done.stderr
    assert "fallback" not in done.stderr
    assert tiers(home) == {
        ("agents@ivr", "1001@ivr"),
        ("agents@ivr", "1002@ivr"),
        ("billing@ivr", "1001@ivr"),
    }
    checked = ivr(home, "queues", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_telephone_of_the_settings_is_an_agent(home: Path) -> None:
    """`ivr agent in` works for whoever stands in `freeswitch.agents` alone."""
    assert ivr(home, "db", "upgrade").returncode == 0
    done = ivr(home, "agent", "in", "1001")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_fallback_queue_without_anybody_is_told(home: Path) -> None:
    """Callers whose server is lost would wait for nobody: `init` says so, and what to write."""
    (home / "ivr.yaml").write_text(YAML.replace("queues: [agents, billing]}", "queues: [billing]}"))
    done = ivr(home, "freeswitch", "init", str(home / "conf"))
    assert done.returncode == 0
    assert "nobody serves the fallback queue agents" in done.stderr
    assert "freeswitch.agents" in done.stderr


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"IVR_FREESWITCH__SERVERS": '["0.0.0.0:9040"]'}, "0.0.0.0"),
        ({"IVR_FREESWITCH__SERVERS": '["10.0.0.1:9040", "10.0.0.1:9040"]'}, "10.0.0.1:9040 is named twice"),
        ({"IVR_FREESWITCH__SERVERS": '["127.0.0.1:9021"]'}, "Port 9021"),
        ({"IVR_FREESWITCH__SIP_PORT": "20000"}, "SIP port 20000 lies among the RTP ports"),
        (
            {"IVR_FREESWITCH__QUEUES": '[{"name": "agents"}, {"name": "agents"}]'},
            "'agents' stands there twice",
        ),
        ({"IVR_FREESWITCH__AGENTS": '[{"name": "1001"}, {"name": "1001"}]'}, "'1001' stands there twice"),
        ({"IVR_FREESWITCH__LIVE_AUDIO": "/etc/passwd"}, "/etc/passwd is no folder"),
        ({"IVR_FREESWITCH__JITTER_BUFFER": "-1"}, "from 20 to 500, or 0 for none"),
    ],
)
def test_what_could_carry_no_calls_is_refused(home: Path, variables: dict[str, str], words: str) -> None:
    """One line that names it, and nothing is written."""
    done = ivr(home, "freeswitch", "init", str(home / "conf"), **variables)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert not (home / "conf").exists()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"IVR_FREESWITCH__LOG_LEVEL": "debug"}, "every key that a caller presses"),
        ({"IVR_FREESWITCH__PEERS": '["0.0.0.0/0"]'}, "the whole internet"),
        ({"IVR_FREESWITCH__EVENT_CLIENTS": '["::/0"]'}, "lets everybody try the password"),
        ({"IVR_FREESWITCH__PEERS": "[]"}, "nobody may bring calls"),
        ({"IVR_FREESWITCH__EVENT_CLIENTS": "[]"}, "this server neither"),
    ],
)
def test_what_is_hardly_meant_is_told(home: Path, variables: dict[str, str], words: str) -> None:
    """It is written all the same: for a test it may be meant."""
    done = ivr(home, "freeswitch", "init", str(home / "conf"), **variables)
    assert done.returncode == 0, done.stderr
    assert words in done.stderr


def test_the_password_file_may_be_named_before_it_is_made(home: Path) -> None:
    """`init` makes what a finished ivr.yaml names; every other command still wants the file."""
    made = home / "conf/secrets/event_socket"
    named = f"kind: freeswitch, event_password: {{file: {made}}}"
    (home / "ivr.yaml").write_text(YAML.replace("kind: freeswitch", named))
    assert "cannot be read" in ivr(home, "queues", "list").stderr
    done = ivr(home, "freeswitch", "init", str(home / "conf"))
    assert done.returncode == 0, done.stderr
    assert made.read_text().strip()


@pytest.mark.parametrize("folder", ["", " "])
def test_no_folder_is_not_this_folder(tmp_path: Path, folder: str) -> None:
    """A variable that is not set must not become the folder in which one happens to be."""
    done = ivr(tmp_path, "freeswitch", "init", folder)
    assert done.returncode == 2
    assert "it is empty: name the folder" in done.stderr
