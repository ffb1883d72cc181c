"""Settings: defaults for everything, and one clear line for every mistake."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ivr.config import RecordingSettings, Settings, load
from ivr.errors import ConfigurationError


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The developer's own environment must not decide what is tested."""
    for variable in list(os.environ):
        if variable.startswith("IVR_"):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("IVR_HOME", str(tmp_path))


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_has_a_default(tmp_path: Path) -> None:
    """Without a file the server runs: SQLite in the home folder, the embedded switch, loopback."""
    settings = load()
    assert settings.switch.kind == "embedded"
    assert settings.database_url == f"sqlite:///{tmp_path}/ivr.sqlite3"
    assert settings.outbound.host == "127.0.0.1"
    assert settings.flows_folder.is_dir()


def test_the_file_in_the_home_folder_is_found(tmp_path: Path) -> None:
    """`ivr.yaml` in IVR_HOME needs no option to be read."""
    (tmp_path / "ivr.yaml").write_text("calls: {language: ca}\n", encoding="utf-8")
    assert load().calls.language == "ca"


def test_environment_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One setting of a file can be changed for one run, and its neighbours stay."""
    path = written(tmp_path, "outbound:\n  port: 9000\n  max_calls: 7\n")
    monkeypatch.setenv("IVR_OUTBOUND__PORT", "9001")
    settings = load(path)
    assert (settings.outbound.port, settings.outbound.max_calls) == (9001, 7)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{transport: websocket, host: 0.0.0.0}", "the switch cannot connect to 0.0.0.0: add audio.url"),
        ("{transport: websocket, host: '::1'}", "the switch cannot read the address ::1: add audio.url"),
        ("{url: 'http://ivr:8041'}", "audio.url: write it as ws://10.0.0.5:8041"),
        ("{url: 'ws://ivr/${x}'}", "audio.url: write it as ws://10.0.0.5:8041"),
        ("{transport: pigeon}", "audio.transport"),
    ],
)
def test_live_audio_that_no_switch_could_reach_is_refused(tmp_path: Path, text: str, what: str) -> None:
    """At the start, not when the first caller speaks."""
    with pytest.raises(ConfigurationError) as refused:
        load(written(tmp_path, f"calls: {{language: ca}}\naudio: {text}\n"))
    assert "settings.yaml:2: audio" in str(refused.value)
    assert what in str(refused.value)


def test_the_embedded_switch_has_no_websocket(tmp_path: Path) -> None:
    """Every call would be keys only, and nobody would know why."""
    with pytest.raises(ConfigurationError, match=r"set switch\.kind: freeswitch"):
        load(written(tmp_path, "audio: {transport: websocket}\n"))


def test_live_audio_over_a_websocket(tmp_path: Path) -> None:
    """Address, proxy and switches as they are written."""
    where = "host: 0.0.0.0, url: 'wss://ivr.example.net/audio', allowed: [10.0.0.7]"
    audio = load(
        written(tmp_path, f"switch: {{kind: freeswitch}}\naudio: {{transport: websocket, {where}}}")
    ).audio
    assert (audio.port, audio.url) == (8041, "wss://ivr.example.net/audio")
    assert [str(network) for network in audio.allowed] == ["10.0.0.7/32"]


def test_a_path_alone_is_the_folder_of_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was written before there was a format; and a variable changes one of the two."""
    path = written(tmp_path, "recordings: rec\n")
    monkeypatch.setenv("IVR_RECORDINGS__FORMAT", "opus")
    settings = load(path)
    assert settings.recordings == RecordingSettings(folder=Path("rec"), format="opus")
    assert settings.recordings_folder == tmp_path / "rec"
    monkeypatch.setenv("IVR_RECORDINGS", "rec")
    with pytest.raises(ConfigurationError, match="Write IVR_RECORDINGS__FOLDER"):
        load(path)


def test_a_secret_comes_from_environment_or_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two ways to name a secret both give its value."""
    monkeypatch.setenv("SWITCH_PASSWORD", "from-env")
    (tmp_path / "secret").write_text("from-file\n", encoding="utf-8")
    by_env = load(written(tmp_path, "switch: {event_password: {env: SWITCH_PASSWORD}}\n"))
    by_file = load(written(tmp_path, f"switch: {{event_password: {{file: {tmp_path}/secret}}}}\n"))
    assert (by_env.switch.event_password, by_file.switch.event_password) == ("from-env", "from-file")
    assert "from-env" not in repr(by_env)


MISTAKES = {
    "misspelt key": (
        "calls:\n  language: es\n  flwo: main\n",
        ":3:",
        "calls.flwo: no such setting: did you mean `flow`?",
    ),
    "misspelt section": ("cals: {}\n", ":1:", "cals: no such setting: did you mean `calls`?"),
    "port out of range": ("outbound:\n  port: 70000\n", ":2:", "outbound.port"),
    "wrong choice": ("speech:\n  engine: siri\n", ":2:", "speech.engine"),
    "literal secret": ("switch:\n  event_password: ClueCon\n", ":2:", "never literally"),
    "missing variable": ("switch:\n  event_password: {env: NOT_THERE}\n", ":2:", "NOT_THERE is not set"),
    "broken YAML": ("calls: [es\nlog: x\n", ":", "not valid YAML"),
    "a list": ("- calls\n", ":1:", "a mapping of settings"),
    "no such zone": ("calls:\n  zone: Mars/Phobos\n", ":2:", "no time zone is called 'Mars/Phobos'"),
    "no currency": (
        "calls:\n  currency: eur\n",
        ":2:",
        "calls.currency: no currency that can be said: choose",
    ),
    "no list": (
        "speech:\n  servers: {es: 'ws://10.0.0.6:2700'}\n",
        ":2:",
        "speech.servers.es: a list is expected",
    ),
    "no websocket": (
        "speech:\n  servers: {es: ['10.0.0.6:2700']}\n",
        ":2:",
        "write it as ws://10.0.0.6:2700",
    ),
    "no address": ("outbound:\n  allowed: [nowhere]\n", ":2:", "outbound.allowed"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_one_line_with_file_and_remedy(tmp_path: Path, mistake: str) -> None:
    """File, line, what is wrong; never a stack trace, never more than one line."""
    text, line, what = MISTAKES[mistake]
    path = written(tmp_path, text)
    with pytest.raises(ConfigurationError) as raised:
        load(path)
    message = str(raised.value)
    assert message.startswith(f"{path}{line}")
    assert what in message
    assert "\n" not in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """`--config` with a typing error says so."""
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml cannot be read"):
        load(tmp_path / "nowhere.yaml")


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    """A device or a dump given by mistake must not fill the memory."""
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(2_000_000)
    with pytest.raises(ConfigurationError, match="larger than"):
        load(path)


def test_an_unknown_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """IVR_DATABSE__URL set in a unit file and silently ignored would lose a company's calls."""
    monkeypatch.setenv("IVR_DATABSE__URL", "sqlite:///x")
    with pytest.raises(ConfigurationError, match="IVR_DATABSE__URL names no setting"):
        load()


def test_relative_paths_lie_below_home(tmp_path: Path) -> None:
    """Recordings land where the operator said that everything lands."""
    settings = Settings(
        home=tmp_path, recordings=RecordingSettings(folder=Path("rec")), spool=Path("/var/spool/ivr")
    )
    assert settings.recordings_folder == tmp_path / "rec"
    assert settings.spool_folder == Path("/var/spool/ivr")
    assert settings.models_folder is None
    named = Settings.model_validate({"home": tmp_path, "speech": {"models": "models"}})
    assert named.models_folder == tmp_path / "models"


def test_a_servers_password_stands_apart_from_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret of the environment, put into the address with its signs escaped, and shown nowhere."""
    monkeypatch.setenv("DB_PASSWORD", "p@ss/w%rd")
    file = tmp_path / "ivr.yaml"
    file.write_text("database: {url: 'postgresql://ivr@db/ivr', password: {env: DB_PASSWORD}}")
    settings = load(file)
    assert settings.database_url == "postgresql://ivr:p%40ss%2Fw%25rd@db/ivr"
    assert "p@ss" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("home: .\nfreeswitch:\n", ":2: freeswitch: a section of settings is expected"),
        (
            "home: .\naudio:\n  transport: websocket\n",
            ":3: audio.transport: the embedded switch has no websocket",
        ),
        ("callbacks:\n  first: nobody\n", ":2: callbacks.first"),
    ],
)
def test_a_mistake_has_file_and_line(tmp_path: Path, text: str, words: str) -> None:
    """Also where a whole section is empty, or two settings do not go together; no class is named."""
    file = tmp_path / "ivr.yaml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        load(file)
    assert f"{file}{words}" in str(refused.value)
    assert "Settings" not in str(refused.value)
